"""Harmony and Columbus: channels by name, positions upwards, times from 1, what was not taken."""

import csv
from pathlib import Path

import numpy as np
import pytest
from lookalikes import xml_plates as looks

from napari_ben.errors import PlateError
from napari_ben.plates import FORMATS, describe
from napari_ben.readers import Place, open_plate
from napari_ben.readers._harmony import index_harmony, refuse_harmony

ONE = [("A01", 1, "DNA", 1, 1), ("A01", 1, "ER", 1, 1), ("B02", 1, "DNA", 1, 1), ("B02", 1, "ER", 1, 1)]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "BR1__2021-05-02T16_02_51-Measurement 1" / "Images"


@pytest.mark.parametrize("namespace", [looks.V5, looks.V7])
def test_channels_are_named_and_in_the_order_of_their_identifiers(namespace, folder):
    planes = [("A01", 1, name, 1, 1) for name in ("Digital Phase Contrast", "488 650", "HOECHST 33342")]
    looks.write_harmony(folder, planes[::-1], namespace=namespace)
    plate = open_plate(folder.parent)
    assert plate.channels == ("HOECHST 33342", "488 650", "Digital Phase Contrast")
    assert (plate.name, plate.layout) == ("BR1", f"Harmony {namespace[-2:]} index, Phenix")


def test_channels_of_one_name_are_told_apart_and_nameless_ones_are_named_as_files_are(folder):
    planes = [("A01", 1, name, 1, 1) for name in ("Alexa 488", "x", "y")]
    changes = {1: {"ChannelName": "Alexa 488"}, 2: {"ChannelName": None}}
    looks.write_harmony(folder, planes, changes=changes)
    assert open_plate(folder).channels == ("Alexa 488 (ch1)", "Alexa 488 (ch2)", "ch3")


def test_an_image_s_own_word_counts_before_the_map(folder):
    looks.write_harmony(folder, ONE[:2], namespace=looks.V7, changes={0: {"ChannelName": "HOECHST"}})
    assert open_plate(folder).channels == ("HOECHST", "ER")


def test_positions_are_micrometres_and_grow_downwards(folder):
    planes = [("A01", field, "DNA", 1, 1) for field in (1, 2, 3)]
    looks.write_harmony(folder, planes, positions=[(-322.9, -10.0), (0.0, 0.0), (322.9, 645.8)])
    assert '<PositionY Unit="m">0.0003229</PositionY>' in (folder / "Index.idx.xml").read_text("utf-8-sig")
    found = open_plate(folder).fields[["y_um", "x_um"]].to_numpy()
    assert np.allclose(found, [[-322.9, -10], [0, 0], [322.9, 645.8]])


@pytest.mark.parametrize(("namespace", "first"), [(looks.V5, "0"), (looks.V7, "1")])
def test_times_count_from_1_as_in_file_names(namespace, first, folder):
    planes = [("A01", 1, "DNA", 1, time) for time in (1, 2, 3)]
    looks.write_harmony(folder, planes, namespace=namespace)
    assert f"<TimepointID>{first}</TimepointID>" in (folder / "Index.idx.xml").read_text("utf-8-sig")
    plate = open_plate(folder)
    assert plate.times == (1, 2, 3)
    assert plate.at(time=3).read_plane(0, 0).max() == 3


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"State": "Failed"}, "1 of 4 planes are not 'Ok' in the index but 'Failed': they are left out"),
        ({"URL": ""}, "1 of 4 planes were not taken: the index names no file for them"),
    ],
)
def test_what_was_not_taken_is_left_out_and_stated(change, problem, folder):
    looks.write_harmony(folder, ONE, changes={3: change})
    plate = open_plate(folder)
    assert plate.problems == (
        f"{problem} (such as field 1 of well B02).",
        "1 of 2 fields lack 1 of 2 channels (ER), such as field 1 of well B02.",
    )


@pytest.mark.parametrize("own", [{"Row": 0}, {"Row": 99}, {"Col": "x"}, {"Row": None}, {"Col": 1e30}])
def test_images_of_no_well_are_counted(own, folder):
    looks.write_harmony(folder, ONE, changes={0: own})
    plate = open_plate(folder)
    assert "1 of 4 planes are of no well: their rows and columns are on no plate." in plate.problems


@pytest.mark.parametrize("url", ["../../secret.tiff", "/etc/passwd", r"C:\x.tiff", r"..\..\x.tiff", "file:///x.tiff"])
def test_a_file_outside_the_plate_is_never_read(url, folder):
    looks.write_harmony(folder, ONE, changes={0: {"URL": url}})
    plate = open_plate(folder.parent)
    assert plate.problems[0].startswith("1 of 4 image files lie outside the plate's folder, such as ")
    assert plate.fields["missing"].tolist() == [("DNA",), ()]


def test_what_was_imaged_again_is_another_acquisition(folder):
    planes = [("A01", 1, "DNA", 1, 1), ("A01", 1, "ER", 1, 1)]
    looks.write_harmony(
        folder,
        [*planes, *planes],
        namespace=looks.V7,
        changes={at: {"SequenceID": 1 + at // 2, "URL": f"{at}.tiff"} for at in range(4)},
    )
    looks.write_pixels(folder, [f"{at}.tiff" for at in range(4)])
    plate = open_plate(folder)
    assert plate.acquisitions == ("sequence 1", "sequence 2")
    assert [int(image.max()) for image in plate.at(acquisition="sequence 2").read_field(0)] == [3, 4]


def test_sequences_of_different_planes_are_one_acquisition(folder):
    looks.write_harmony(folder, ONE, namespace=looks.V7, changes={at: {"SequenceID": at} for at in range(4)})
    assert open_plate(folder).acquisitions == ()


def test_an_image_that_is_named_twice_is_stated(folder):
    looks.write_harmony(folder, [*ONE, ONE[0]])
    assert any(text.startswith("Planes with more than one file: 1") for text in open_plate(folder).problems)


def test_planes_of_columbus_are_pages(tmp_path):
    planes = [("A01", 1, channel, z, 1) for z in (1, 2, 3) for channel in ("DNA", "ER")]
    plate = open_plate(looks.write_columbus(tmp_path / "p", planes))
    assert plate.layout == "Columbus index, Phenix"
    assert [int(image.max()) for image in plate.at(z=3).read_field(0)] == [5, 6]


def test_an_unknown_schema_is_read_and_stated(folder):
    looks.write_harmony(folder, ONE, namespace="http://example.org/Harmony2040")
    plate = open_plate(folder)
    assert len(plate.fields) == 2
    assert plate.problems[0] == (
        "'Index.idx.xml' is of a schema that is not known ('http://example.org/Harmony2040'); it is read as Harmony's."
    )


def test_elements_of_another_namespace_do_not_count(folder):
    looks.write_harmony(folder, ONE)
    path = folder / "Index.idx.xml"
    text = path.read_text("utf-8-sig").replace("<ChannelName>", '<ChannelName xmlns="http://else">')
    path.write_text(text, "utf-8")
    assert open_plate(folder).channels == ("ch1", "ch2")


def test_a_plate_smaller_than_its_wells_is_not_believed(folder):
    looks.write_harmony(folder, [("P24", 1, "DNA", 1, 1)], shape=(8, 12))
    assert (open_plate(folder).format, open_plate(folder).format_is_guess) == (FORMATS[384], True)


def test_pixels_of_different_sizes_are_stated(folder):
    looks.write_harmony(folder, ONE, namespace=looks.V7)
    path = folder / "Index.idx.xml"
    path.write_text(path.read_text("utf-8-sig").replace("5.979760809567617e-07", "1.2e-06", 1), "utf-8")
    assert "Channels have pixels of different sizes (0.598, 1.2 µm)." in open_plate(folder).problems


def test_folders_without_an_index_are_refused(tmp_path):
    assert refuse_harmony(Place(tmp_path)) == "it holds no index of Harmony or Columbus (Index.idx.xml, Index.xml)"
    with pytest.raises(PlateError, match="holds no index of Harmony"):
        index_harmony(Place(tmp_path))


LAYERS = {"Compound": {"A01": "DMSO", "B02": "taxol & co"}, "Concentration": {"B02": "0.3", "C03": ""}}


@pytest.mark.parametrize("where", ["../Assaylayout", "assaylayout"])
def test_an_assay_layout_is_the_plate_s_platemap(where, folder):
    looks.write_harmony(folder, ONE)
    (folder / where).mkdir()
    (folder / where / "Unnamed.xml").write_text(looks.assay_layout(LAYERS), "utf-8-sig")
    wells = open_plate(folder).wells
    assert wells.loc["B02", ["treatment", "concentration"]].tolist() == ["taxol & co", "0.3"]
    assert wells.loc["A01", "suggested_role"] == "negative_control"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"a.xml": looks.assay_layout({"Compound": {"A01": ""}})}, None),
        ({"a.xml": "<Recipes/>"}, None),
        ({"a.xml": "no"}, "'a.xml' is no XML"),
        ({"a.xml": looks.BOMB + "<AssayLayout/>"}, "'a.xml' is refused"),
        (
            {"a.xml": looks.assay_layout(LAYERS), "b.xml": looks.assay_layout(LAYERS)},
            r"2 assay layouts \('a.xml', 'b.xml'\)",
        ),
    ],
    ids=["blank", "other", "no xml", "bomb", "two"],
)
def test_an_assay_layout_that_says_nothing_is_no_platemap(files, problem, folder):
    looks.write_harmony(folder, ONE)
    (folder.parent / "Assaylayout").mkdir()
    for name, text in files.items():
        (folder.parent / "Assaylayout" / name).write_text(text)
    plate = open_plate(folder)
    assert plate.wells["role"].tolist() == ["unknown", "unknown"]
    assert len(plate.problems) == (problem is not None)
    if problem:
        with pytest.raises(AssertionError, match=problem):
            raise AssertionError(plate.problems[0])


REAL = {  # version: folder of images, channels that LoadData names, what is on disk
    "Version1": ("images", 6, True),
    "Version5": ("images", 6, True),
    "Version7": ("images", 7, False),
}


@pytest.mark.parametrize("version", REAL)
def test_real_indexes_agree_with_their_load_data(version, realdata):
    """LoadData was made from each index by another program (pe2loaddata)."""
    folder = realdata / "harmony_pe2loaddata" / version
    (table,) = folder.glob("load_data*.csv")
    (row,) = csv.DictReader(table.read_text().splitlines())
    index, facts = index_harmony(Place(folder / "images"))
    roles = [name.removeprefix("FileName_") for name in row if name.startswith("FileName_")]
    channels = dict(zip(index.files, index.channels, strict=True))
    assert len(index) == len(roles) == REAL[version][1]
    assert {row[f"FileName_{role}"]: row[f"Metadata_ChannelName_{role}"] for role in roles} == channels
    order = sorted(roles, key=lambda role: int(row[f"Metadata_ChannelID_{role}"]))
    assert facts.channels == tuple(row[f"Metadata_ChannelName_{role}"] for role in order)
    assert set(index.wells) == {row["Metadata_Well"]}
    assert set(index.fields.tolist()) == {int(row["Metadata_Site"])}
    assert set(index.z.tolist()) == {int(row["Metadata_PlaneID"])}
    assert facts.name == row["Metadata_Plate"]
    assert facts.pixel_um == pytest.approx(1e6 * float(row["Metadata_ImageResolutionX"]))
    assert facts.shape == (int(row["Metadata_ImageSizeY"]), int(row["Metadata_ImageSizeX"]))
    assert index.x_um[0] == pytest.approx(1e6 * float(row["Metadata_PositionX"]))
    assert index.y_um[0] == pytest.approx(-1e6 * float(row["Metadata_PositionY"]))


@pytest.mark.parametrize("version", REAL)
def test_real_plates_open_or_say_that_their_images_are_absent(version, realdata):
    inner, n_channels, on_disk = REAL[version]
    plate = open_plate(realdata / "harmony_pe2loaddata" / version / inner)
    said = describe(plate)
    assert (said["n_wells"], said["n_fields"], len(said["channels"])) == (1, 1, n_channels)
    absent = f"None of the {n_channels} image files that the metadata name is on disk, such as 'r01c01f01p01-ch1sk1"
    assert said["problems"] == ([] if on_disk else [f"{absent}fk1fl1.tiff'."])
    if on_disk:
        assert plate.read_field(0).shape == (n_channels, 1080, 1080)


def test_a_real_operetta_plate_with_an_empty_assay_layout(realdata):
    plate = open_plate(realdata / "harmony_v6_operetta_compose/operetta_plate")
    assert (plate.name, plate.layout, plate.format) == ("Test_Sample_BALL", "Harmony V5 index, Sonata", FORMATS[384])
    assert plate.fields[["well", "field"]].to_numpy().tolist() == [["C03", 1], ["C03", 2]]
    assert np.allclose(plate.fields[["y_um", "x_um"]], [[-645.814, -645.814], [-645.814, 645.814]])
    assert plate.problems == ()
    assert Path(plate.path).name == "operetta_plate"
