"""Real tables of images and real ImageXpress metadata; skipped where they are not beside the checkout."""

import numpy as np
import pytest

from napari_ben.errors import PlateError
from napari_ben.readers import open_plate, preview_pattern
from napari_ben.readers._htd import read_htd
from napari_ben.readers._naming import read_names, vote
from napari_ben.readers._namings import NAMINGS

HARMONY = "harmony_pe2loaddata/Version{0}/load_data_version{0}.csv"
PROFILES = "cellpainting_cytodataframe"

# table, name, channels, wells and fields, pixel, beginnings of problems
TABLES = [
    (
        HARMONY.format(1),
        *("BR00121482", ("RNA", "ER", "AGP", "Mito", "Brightfield", "DNA"), [["A01", 1]], 0.597976),
        ["The table says that images are in 'tests/data/Version1/images'; they were found in"],
    ),
    (
        HARMONY.format(5),
        *("BR00122249", ("RNA", "ER", "AGP", "Mito", "Brightfield", "DPC"), [["A01", 1]], 0.597976),
        ["The table says that images are in 'tests/data/Version5/images'; they were found in"],
    ),
    (
        f"{PROFILES}/pediatric_cancer_atlas_profiling/BR00143976_shrunken.parquet",
        *("BR00143976", ("AGP", "Brightfield", "DNA", "ER", "Mito", "RNA"), [["C03", 3]], None),
        [],
    ),
    (
        f"{PROFILES}/JUMP_plate_BR00117006/BR00117006_shrunken.parquet",
        *("BR00117006", ("AGP", "DNA", "RNA"), [["A01", 1]], 0.597976),
        [
            "The table says that images are in '/home/ubuntu/local_input/projects/2019_07_11_JUMP-CP/",
            "Images that the table names and that are not here: 5, such as",
        ],
    ),
]


@pytest.mark.parametrize(
    ("table", "name", "channels", "fields", "pixel_um", "problems"), TABLES, ids=[case[0] for case in TABLES]
)
def test_real_tables_open(table, name, channels, fields, pixel_um, problems, realdata):  # noqa: PLR0917 – one case
    plate = open_plate(realdata / table)
    assert (plate.name, plate.channels, plate.path) == (name, channels, realdata / table)
    assert plate.fields[["well", "field"]].to_numpy().tolist() == fields
    assert plate.pixel_um == (None if pixel_um is None else pytest.approx(pixel_um, abs=1e-6))
    assert [said.startswith(told) for said, told in zip(plate.problems, problems, strict=True)] == [True] * len(
        problems
    )
    assert plate.read_field(0).std() > 0


def test_a_load_data_table_shows_the_pixels_that_the_instrument_wrote(realdata):
    folder = realdata / "harmony_pe2loaddata/Version1"
    by_table = open_plate(folder / "load_data_version1.csv")
    by_names = open_plate(folder, layout="phenix")
    dna, channel_5 = by_table.channels.index("DNA"), by_names.channels.index("ch5")
    assert np.array_equal(by_table.read_field(0)[dna], by_names.read_field(0)[channel_5])


def test_images_that_were_left_out_are_said(realdata):
    with pytest.raises(PlateError, match=r"None of the images that 'load_data_version7\.csv' names is here"):
        open_plate(realdata / HARMONY.format(7))
    table = realdata / "platemaps/bbbc021/BBBC021_v1_image.csv"
    with pytest.raises(PlateError, match=r"lists 55 plates: Week4_27481, Week4_27521"):
        open_plate(table)
    with pytest.raises(PlateError, match=r"such as 'Week4/Week4_27481/G10_s1_w1BEDC2073"):
        open_plate(table / "Week4_27481")


def test_all_names_of_bbbc021_are_read(realdata):
    import pandas as pd

    table = pd.read_csv(realdata / "platemaps/bbbc021/BBBC021_v1_image.csv", dtype=str)
    names = [name for channel in ("DAPI", "Tubulin", "Actin") for name in table[f"Image_FileName_{channel}"]]
    assert vote(names, NAMINGS) is NAMINGS["imagexpress"]
    index, unread = read_names(names, NAMINGS["imagexpress"])
    assert (len(names), len(index), unread) == (39_600, 39_600, ())
    assert list(index.wells) == 3 * table["Image_Metadata_Well_DAPI"].tolist()
    assert set(index.channels) == {"w1", "w2", "w4"}


HTD = [
    ("9987_Plate_3420", ("B02",), 1, ("DAPI",), 1, 1),
    ("9987_Plate_3434", ("B02", "B03"), 2, ("DAPI", "FITC", "Texas Red", "Cy5"), 3, 1),
    ("9987_Plate_3435", ("B02", "B03"), 2, ("DAPI", "FITC", "Texas Red", "Cy5"), 1, 6),
]


@pytest.mark.parametrize(("folder", "wells", "n_sites", "channels", "n_z", "n_times"), HTD)
def test_real_plate_files(folder, wells, n_sites, channels, n_z, n_times, realdata):  # noqa: PLR0917 – one case
    htd = read_htd(realdata / f"imagexpress_faim/ImageXpress_exported/{folder}/9987.HTD")
    assert (htd.wells, htd.n_sites, htd.channels, htd.n_z, htd.n_times) == (wells, n_sites, channels, n_z, n_times)
    assert htd.format.n_wells == 96


STAGES = [
    (
        "ImageXpress_exported/9987_Plate_3434",
        ("DAPI", "FITC", "Texas Red"),
        1.3672,
        [[-315.0, -315.0], [-315.0, 0.0]],
    ),
    ("ImageXpress/1well-3C-2S-Zmix-T", ("FITC", "Cy3", "Texas Red"), 13.5504, [[-1734.3, 0.0], [1734.5, 0.0]]),
    ("ImageXpress/SingleChannel", ("FITC_05",), 1.3668, None),
]


@pytest.mark.parametrize(("folder", "channels", "pixel_um", "places"), STAGES)
def test_real_headers_say_channel_pixel_and_place(folder, channels, pixel_um, places, realdata):
    plate = open_plate(realdata / "imagexpress_faim" / folder)
    assert plate.channels == channels
    assert plate.pixel_um == pytest.approx(pixel_um)
    if places is not None:
        first = plate.fields[plate.fields["well"] == plate.fields["well"].iloc[0]]
        assert np.allclose(first[["y_um", "x_um"]], places, atol=0.1)


def test_a_pattern_is_previewed_on_real_names(realdata):
    names = sorted(path.name for path in (realdata / "bbbc013_sbs_96well").glob("*.tif"))
    preview = preview_pattern(names, r"Channel(?P<channel>\d)-\d\d-(?P<row>[A-H])-(?P<column>\d\d)\.tif")
    assert (preview.n_matched, preview.problem) == (192, None)
    assert preview.values["well"][0] == 96
    assert preview.values["channel"] == (2, ("1", "2"))
