"""Real plates of the layouts that are read; skipped where they are not beside the checkout."""

import pytest

from napari_ben.errors import PlateError
from napari_ben.plates import describe, resolve_context
from napari_ben.readers import open_plate, open_screen

RXRX_DEFECT = "1 of 2 fields lack 2 of 6 channels (w5, w6), such as field 2 of well B02."
INCOMPLETE = "cellpainting_cytodataframe"

# folder, format, wells, fields, channels, shape, dtype, problems
PLATES = [
    ("bbbc013_sbs_96well", 96, 96, 96, 2, [640, 640], "uint8", []),
    ("rxrx1_sample/train/HEPG2-01/Plate1", 384, 1, 2, 6, [512, 512], "uint8", [RXRX_DEFECT]),
    ("rxrx1_sample/test/HEPG2-08/Plate2", 384, 1, 2, 6, [512, 512], "uint8", [RXRX_DEFECT]),
    ("omezarr04_apx/hcs_ngff_2D.zarr", 96, 2, 2, 2, [128, 128], "uint8", []),
    ("omezarr04_apx/hcs_ngff_3D.zarr", 96, 2, 2, 2, [128, 128], "uint8", []),
    (f"{INCOMPLETE}/JUMP_plate_BR00117006/images/orig", 96, 1, 1, 3, [1080, 1080], "uint16", []),
    (f"{INCOMPLETE}/pediatric_cancer_atlas_profiling/images/orig", 96, 1, 1, 6, [1080, 1080], "uint16", []),
    ("harmony_pe2loaddata/Version1", 384, 1, 1, 6, [1080, 1080], "uint16", []),
    ("harmony_pe2loaddata/Version5/images", 384, 1, 1, 6, [1080, 1080], "uint16", []),
    ("harmony_v6_operetta_compose/operetta_plate", 384, 1, 2, 1, [1080, 1080], "uint16", []),
    ("imagexpress_faim/ImageXpress/Projection-Mix", 96, 2, 4, 4, [512, 512], "uint16", []),
    ("imagexpress_faim/ImageXpress/SingleChannel", 96, 2, 4, 1, [512, 512], "uint16", []),
    ("imagexpress_faim/ImageXpress/1well-3C-2S-Zmix-T", 96, 1, 2, 3, [256, 256], "uint16", []),
    ("imagexpress_faim/ImageXpress_exported/9987_Plate_3420", 96, 1, 1, 1, [256, 256], "uint16", []),
    (
        "imagexpress_faim/ImageXpress_exported/9987_Plate_3434",
        *(96, 2, 4, 3, [256, 256], "uint16"),
        ["Channels that were to be imaged but have no image: Cy5."],
    ),
    (
        "imagexpress_faim/ImageXpress_exported/9987_Plate_3435",
        *(96, 2, 4, 2, [256, 256], "uint16"),
        [
            "Channels that were to be imaged but have no image: Texas Red, Cy5.",
            "Of 6 time points that were to be imaged, 2 can be found.",
        ],
    ),
    (f"{INCOMPLETE}/NF1_cellpainting_data_shrunken/Plate_2_images", 96, 5, 5, 3, [904, 1224], "uint16", []),
]


@pytest.mark.parametrize(
    ("folder", "n_format", "n_wells", "n_fields", "n_channels", "shape", "dtype", "problems"),
    PLATES,
    ids=[case[0] for case in PLATES],
)
def test_real_plates_open(  # noqa: PLR0917
    folder, n_format, n_wells, n_fields, n_channels, shape, dtype, problems, realdata, count_pixels
):
    plate = open_plate(realdata / folder)
    said = describe(plate)
    assert count_pixels == []
    assert said["format"] == n_format
    assert (said["n_wells"], said["n_fields"], len(said["channels"])) == (n_wells, n_fields, n_channels)
    assert (said["shape"], said["dtype"]) == (shape, dtype)
    assert said["problems"] == problems
    image = plate.read_field(0)
    assert image.shape == (n_channels, *shape)
    assert image.std() > 0
    assert list(plate.problems) == problems


# folder, wells, fields, channels, images: documents whose images are elsewhere
DOCUMENTS = [
    ("harmony_pe2loaddata/Version7", 1, 1, 7, 7),
    ("incell6000_xdce_metadata_only/cycle_0", 2, 4, 4, 16),
]


@pytest.mark.parametrize(("folder", "n_wells", "n_fields", "n_channels", "n_images"), DOCUMENTS)
def test_real_documents_without_images_say_what_the_plate_is(folder, n_wells, n_fields, n_channels, n_images, realdata):
    plate = open_plate(realdata / folder)
    assert (len(plate.imaged), len(plate.fields), len(plate.channels)) == (n_wells, n_fields, n_channels)
    assert plate.pixel_um
    said = f"None of the {n_images} image files that the metadata name is on disk"
    assert any(problem.startswith(said) for problem in plate.problems)
    with pytest.raises(PlateError, match="is not in"):
        plate.read_field(0)


# folder, z planes, times, acquisitions
STACKS = [
    ("imagexpress_faim/ImageXpress/Projection-Mix", 10, 1, ()),
    ("imagexpress_faim/ImageXpress/1well-3C-2S-Zmix-T", 1, 2, ()),
    ("omezarr04_apx/hcs_ngff_3D.zarr", 5, 1, ("cycle 0", "cycle 1", "cycle 2")),
]


@pytest.mark.parametrize(("folder", "n_z", "n_times", "acquisitions"), STACKS)
def test_real_stacks_show_other_planes_times_and_acquisitions(folder, n_z, n_times, acquisitions, realdata):
    plate = open_screen(realdata / folder).plates[0]
    assert (plate.n_z, plate.n_times, plate.acquisitions) == (n_z, n_times, acquisitions)
    planes = {plate.at(z=z).read_plane(0, 0).tobytes() for z in (*plate.z_planes[:2], "max")}
    assert len(planes) == min(n_z, 2) + (n_z > 1)
    assert len({plate.at(time=time).read_plane(0, 0).tobytes() for time in plate.times}) == len(plate.times)
    shown = {plate.at(acquisition=name).read_plane(0, 0).tobytes() for name in acquisitions}
    assert len(shown) == len(acquisitions)


REFUSED = [
    ("omezarr_metadata_only_yaozarrs/v04/4007801.zarr", r"OME-Zarr image, not a plate"),
    ("omezarr_metadata_only_yaozarrs/v04/2551.zarr", r"None of the images .* can be read"),
    ("omezarr_metadata_only_yaozarrs/v05/190129.zarr", r"lists 49 wells, but none of them has an image on disk"),
    ("omezarr_metadata_only_yaozarrs/v05/Target-TS.ome.zarr", r"lists 25 wells, but none of them has an image"),
    ("omezarr_metadata_only_yaozarrs/v05/76-45.ome.zarr", r"has no array '0' of 5 axes"),
    ("omezarr_metadata_only_yaozarrs/v05/emimmsyn1.zarr", r"its metadata name no plate"),
]


@pytest.mark.parametrize(("folder", "message"), REFUSED, ids=[case[0] for case in REFUSED])
def test_real_folders_without_pixels_or_of_other_layouts_are_refused(folder, message, realdata):
    with pytest.raises(PlateError, match=message):
        open_plate(realdata / folder)


def test_shading_images_are_no_wells(realdata):
    (folder,) = (path.parent for path in (realdata / "cellvoyager_cv8000_faim").rglob("MeasurementData.mlf"))
    plate = open_plate(folder)
    assert (set(plate.wells.index), plate.n_z) == ({"D08", "E03", "F08"}, 4)


def test_a_broken_plate_opens_with_its_defects_stated(realdata):
    plate = open_plate(realdata / "omezarr_metadata_only_yaozarrs/broken/broken_v05.ome.zarr")
    assert len(plate.imaged) == 9
    assert len(plate.problems) == 3


def test_bbbc013_opens_without_a_pixel_and_with_its_controls(realdata, count_pixels):
    plate = open_plate(realdata / "bbbc013_sbs_96well")
    assert count_pixels == []
    assert describe(plate)["roles"] == {"treatment": 72, "negative_control": 16, "positive_control": 8}
    assert plate.platemap.name == "1049_Metadata.csv"
    assert plate.wells["SBS_Doses"].tolist()[:4] == ["0", "0", "1", "2"]
    assert resolve_context(plate, "controls").n_images == 16


def test_bbbc013_roles_agree_with_an_independent_table(realdata):
    folder = realdata / "bbbc013_sbs_96well"
    derived = open_plate(folder, platemap=folder / "platemap_derived.csv")
    assert derived.wells["role"].equals(open_plate(folder).wells["role"])
    assert "says 'BBBC013'" in derived.notes[0]


def test_rxrx1_is_a_screen_of_18_plates(realdata, count_pixels):
    screen = open_screen(realdata / "rxrx1_sample")
    assert len(screen) == 18
    assert screen.experiments == ("HEPG2-08", "HEPG2-01", "HUVEC-01", "RPE-01", "U2OS-01")
    assert count_pixels == []
    assert {plate.problems for plate in screen} == {(RXRX_DEFECT,)}
    assert {plate.wells.loc["B02", "treatment"] for plate in screen} == {"UNTREATED"}


@pytest.mark.parametrize("table", ["metadata_sample.csv", "train_controls.csv"])
def test_rxrx1_tables_are_filtered_to_the_plate(table, realdata):
    folder = realdata / "rxrx1_sample/train/HUVEC-01/Plate3"
    plate = open_plate(folder, platemap=realdata / "rxrx1_sample" / table)
    assert plate.wells.loc["B02", "role"] == "negative_control"
    assert set(plate.wells["experiment"]) == {"HUVEC-01"}
    assert set(plate.wells["plate"]) == {"3"}
