"""Tables of images: CellProfiler's wide ones and plain ones, however they name their files."""

import gzip
import sys

import numpy as np
import pandas as pd
import pytest
from lookalikes import tables as looks

from napari_ben.errors import PlateError
from napari_ben.readers import _table_file, open_plate, open_screen
from napari_ben.readers._image_table import refuse_image_table
from napari_ben.readers._load_data import refuse_load_data
from napari_ben.readers._place import Place
from napari_ben.readers._table_file import read_columns, read_rows

CHANNELS = ("DNA", "ER")


@pytest.mark.parametrize("name", ["load_data.csv", "load_data.csv.gz", "load_data.parquet", "load_data.tsv"])
@pytest.mark.parametrize("point", ["file", "folder"])
def test_a_load_data_table(name, point, tmp_path):
    pixels = looks.write_images(tmp_path / "images")
    table = looks.write_table(looks.load_data(illum=True), tmp_path / name)
    plate = open_plate(table if point == "file" else tmp_path)
    assert (plate.name, plate.layout, plate.path) == ("BR00117035", "CellProfiler image table", table)
    assert plate.channels == CHANNELS
    assert plate.fields[["well", "field"]].to_numpy().tolist() == [["A01", 1], ["A01", 2], ["B03", 1], ["B03", 2]]
    assert np.array_equal(plate.read_field(3), np.stack([pixels[f"{ch}-B03-2.tiff"] for ch in ("ch1", "ch2")]))
    assert plate.problems == ()
    assert plate.wells["batch"].tolist() == ["b1", "b1"]


def test_the_table_with_illumination_functions_is_second_choice(tmp_path):
    looks.write_images(tmp_path / "images")
    looks.write_table(looks.load_data(illum=True), tmp_path / "load_data_with_illum.csv")
    assert open_plate(tmp_path).path.name == "load_data_with_illum.csv"
    looks.write_table(looks.load_data(), tmp_path / "load_data.csv")
    assert open_plate(tmp_path).path.name == "load_data.csv"


# folder of the images below the table's own or above it, folder that the table names
PLACES = [
    ("images", "images", False),
    ("images", "./images/", False),
    (".", "", False),
    ("images", "/home/ubuntu/bucket/BR00117035/images", True),
    ("images", r"D:\plates\BR00117035\images", True),
    ("images", "file:/home/ubuntu/images", True),
    (".", "/home/ubuntu/elsewhere", True),
    ("../../images/b1/BR1/Images", "s3://cellpainting-gallery/cpg0016/source_4/images/b1/BR1/Images", True),
    ("images/orig", "/nowhere/at/all", True),
]


@pytest.mark.parametrize(
    ("where", "says", "is_told", "kind"),
    [(*place, kind) for place in PLACES for kind in ("FileName", "URL") if place[1] or kind == "FileName"],
)
def test_images_are_found_where_they_are(where, says, is_told, kind, tmp_path):
    folder = tmp_path / "source_4/workspace/load_data"
    pixels = looks.write_images(folder / where)
    table = looks.write_table(looks.load_data(path=says, kind=kind), folder / "load_data.csv")
    plate = open_plate(table)
    assert np.array_equal(plate.read_field(0)[0], pixels["ch1-A01-1.tiff"])
    assert [problem.startswith("The table says that images are in") for problem in plate.problems] == [True] * is_told


def test_a_whole_path_is_believed(tmp_path):
    looks.write_images(tmp_path / "far/away")
    table = looks.write_table(looks.load_data(path=str(tmp_path / "far/away")), tmp_path / "here/load_data.csv")
    assert open_plate(table).problems == ()


LOST = [
    (
        "s3://bucket/images",
        "FileName",
        r"names images on the network \(s3://bucket/images/ch1-A01-1.tiff\); they are not",
    ),
    ("https://host/images", "URL", r"names images on the network .* Download them"),
    ("../../secret", "FileName", r"names images outside its own folder \(\.\./\.\./secret/ch1"),
    ("/nowhere", "FileName", r"None of the images that 'load_data\.csv' names is here \(such as 'nowhere/ch1-A01-1"),
    ("", "FileName", r"None of the images that 'load_data\.csv' names is here \(such as 'ch1-A01-1"),
]


@pytest.mark.parametrize(("path", "kind", "message"), LOST)
def test_images_that_are_not_here_are_refused_in_words(path, kind, message, tmp_path):
    looks.write_images(tmp_path / "secret")
    table = looks.write_table(looks.load_data(path=path, kind=kind), tmp_path / "a/b/load_data.csv")
    with pytest.raises(PlateError, match=message):
        open_plate(table)


def test_a_missing_image_is_said_and_the_others_open(tmp_path):
    looks.write_images(tmp_path / "images")
    (tmp_path / "images/ch1-A01-1.tiff").unlink()
    plate = open_plate(looks.write_table(looks.load_data(), tmp_path / "load_data.csv"))
    assert len(plate.fields) == 4
    assert plate.fields["missing"].tolist()[0] == ("DNA",)
    assert "1 of 8 image files are not on disk" in plate.problems[0]


def test_a_table_of_several_plates(tmp_path):
    pixels = {}
    parts = []
    for plate in ("BR1", "BR2"):
        pixels[plate] = looks.write_images(tmp_path / plate, wells=("A01",) if plate == "BR1" else ("A01", "A02"))
        parts.append(looks.load_data(wells=("A01",) if plate == "BR1" else ("A01", "A02"), plate=plate, path=plate))
    table = looks.write_table(pd.concat(parts), tmp_path / "load_data.csv")
    with pytest.raises(PlateError, match=r"lists 2 plates: BR1, BR2\. Add one to the path \(load_data\.csv/BR1\)"):
        open_plate(table)
    screen = open_screen(table)
    assert [plate.path for plate in screen] == [table / "BR1", table / "BR2"]
    assert [len(plate.fields) for plate in screen] == [2, 4]
    assert screen.experiments == ("b1",)
    assert [plate.name for plate in open_screen(tmp_path)] == ["BR1", "BR2"]
    assert [plate.name for plate in open_screen(table / "BR2")] == ["BR2"]
    plate = open_plate(table / "BR2")
    assert (plate.name, plate.path, len(plate.fields)) == ("BR2", table / "BR2", 4)
    assert open_plate(plate.opening.path).name == "BR2"
    with pytest.raises(PlateError, match=r"lists 2 plates, not 'BR3': BR1, BR2"):
        open_plate(table / "BR3")
    with pytest.raises(PlateError, match=r"does not exist"):
        open_plate(tmp_path / "absent.csv/BR1")


@pytest.mark.parametrize("name", ["load_data.csv", "images.csv"])
def test_a_table_of_one_plate_is_a_screen_of_one(name, tmp_path):
    looks.write_images(tmp_path / "images")
    rows = (
        looks.load_data() if name == "load_data.csv" else plain(site=[1, 1, 2, 2] * 2, channel=[1, 2] * 4, plate="P1")
    )
    table = looks.write_table(rows, tmp_path / name)
    (plate,) = open_screen(table)
    assert plate.path == table
    assert [plate.name for plate in open_screen(tmp_path)] == [plate.name]


def test_a_plain_table_of_several_plates_is_a_screen(tmp_path):
    looks.write_images(tmp_path / "images")
    rows = plain(site=[1, 1, 2, 2] * 2, channel=[1, 2] * 4, barcode=["P1"] * 4 + ["P2"] * 4)
    table = looks.write_table(rows, tmp_path / "images.parquet")
    assert [(plate.name, plate.wells.index.tolist()) for plate in open_screen(table)] == [
        ("P1", ["A01"]),
        ("P2", ["B03"]),
    ]


def test_bbbc021s_list(tmp_path):
    rows = [
        {
            "ImageNumber": number,
            **{
                f"Image_FileName_{channel}": f"G10_s{number}_w{wave}.tif"
                for wave, channel in enumerate(("DAPI", "Actin"))
            },
            **{f"Image_PathName_{channel}": "Week4/Week4_27481" for channel in ("DAPI", "Actin")},
            "Image_Metadata_Plate_DAPI": "Week4_27481",
            "Image_Metadata_Well_DAPI": "G10",
            "Replicate": "1",
            "Image_Metadata_Compound": "DMSO",
            "Image_Metadata_Concentration": "0.0",
        }
        for number in (1, 2)
    ]
    folder = tmp_path / "Week4/Week4_27481"
    folder.mkdir(parents=True)
    import tifffile

    for row in rows:
        for channel in ("DAPI", "Actin"):
            tifffile.imwrite(folder / row[f"Image_FileName_{channel}"], np.ones((4, 4), np.uint16))
    plate = open_plate(looks.write_table(pd.DataFrame(rows), tmp_path / "BBBC021_v1_image.csv"))
    assert (plate.name, plate.channels) == ("Week4_27481", ("DAPI", "Actin"))
    assert plate.fields["field"].tolist() == [1, 2]
    assert plate.wells.loc["G10", "treatment"] == "DMSO"
    assert plate.problems == ()


def plain(**columns):
    names = [f"ch{channel}-{well}-{site}.tiff" for well in ("A01", "B03") for site in (1, 2) for channel in (1, 2)]
    wells = [name.split("-")[1] for name in names]
    return pd.DataFrame({"path": [f"images/{name}" for name in names], "well": wells, **columns})


def test_a_plain_table(tmp_path):
    pixels = looks.write_images(tmp_path / "images")
    table = plain(
        Site=[1, 1, 2, 2] * 2,
        channel=["DNA", "ER"] * 4,
        x_um=[0, 0, 650, 650] * 2,
        y_um=0,
        treatment=["DMSO"] * 4 + ["x"] * 4,
    )
    plate = open_plate(looks.write_table(table, tmp_path / "images.csv"))
    assert (plate.layout, plate.channels) == ("image table", CHANNELS)
    assert plate.fields[["field", "x_um"]].to_numpy().tolist() == [[1, 0], [2, 650], [1, 0], [2, 650]]
    assert np.array_equal(plate.read_field(1)[1], pixels["ch2-A01-2.tiff"])
    assert plate.wells["treatment"].tolist() == ["DMSO", "x"]
    assert open_plate(tmp_path).path == tmp_path / "images.csv"


def test_a_plain_table_of_z_time_and_rows(tmp_path):
    pixels = looks.write_images(tmp_path / "images")
    table = plain(row=["A"] * 4 + ["2"] * 4, col=[1] * 4 + [3] * 4, z=[0, 1] * 4, t=[0, 0, 1, 1] * 2).drop(
        columns="well"
    )
    plate = open_plate(looks.write_table(table, tmp_path / "list.parquet"))
    assert plate.wells.index.tolist() == ["A01", "B03"]
    assert plate.channels == ("1",)
    assert np.array_equal(plate.at(z=1, time=1).read_field(1)[0], pixels["ch2-B03-2.tiff"])


def test_pages_of_files(tmp_path):
    import tifffile

    stack = np.arange(3 * 4 * 4, dtype=np.uint16).reshape(3, 4, 4)
    tifffile.imwrite(tmp_path / "a.tif", stack, photometric="minisblack")
    table = pd.DataFrame({"file": ["a.tif"] * 3, "well": ["A1"] * 3, "channel": list("abc"), "page": [0, 1, 2]})
    plate = open_plate(looks.write_table(table, tmp_path / "list.csv"))
    assert np.array_equal(plate.read_field(0), stack)


def test_numbers_that_are_none_are_refused_in_words(tmp_path):
    looks.write_images(tmp_path / "images")
    table = looks.write_table(plain(site=["x", *"1234567"]), tmp_path / "images.csv")
    with pytest.raises(PlateError, match=r"has 'x' as field of 'ch1-A01-1\.tiff'\. Write a number"):
        open_plate(table)


def test_rows_without_a_well_are_counted(tmp_path):
    looks.write_images(tmp_path / "images")
    table = plain(channel=["DNA", "ER"] * 4, site=[1, 1, 2, 2] * 2)
    table.loc[0, "well"] = "ZZ99"
    plate = open_plate(looks.write_table(table, tmp_path / "images.csv"))
    assert plate.problems[0] == "Rows whose well cannot be read were left out: 1, such as 'ZZ99'."


def test_the_plates_of_a_table_cost_no_more_reads_than_one(tmp_path, monkeypatch):
    looks.write_images(tmp_path / "images")
    rows = pd.concat([looks.load_data(plate=f"BR{number}") for number in range(9)])
    table = looks.write_table(rows, tmp_path / "load_data.csv")
    read, original = [], _table_file._bytes
    monkeypatch.setattr(_table_file, "_bytes", lambda *given, **how: read.append(given) or original(*given, **how))
    assert len(open_screen(table)) == 9
    assert len(read) <= 4  # the columns, which plates, and once all rows; the threads wait for each other


REFUSED = [
    (refuse_load_data, "FileName_OrigDNA\nx.tif", "has no column 'Metadata_Well'"),
    (refuse_load_data, "Metadata_Well\nA01", "has no column such as 'FileName_OrigDNA'"),
    (refuse_load_data, "", "cannot be read as a table of images"),
    (refuse_image_table, "well\nA01", "has no column 'path' or 'file'"),
    (refuse_image_table, "path,row\nx.tif,A", "has neither a column 'well' nor"),
]


@pytest.mark.parametrize(("refuse", "content", "words"), REFUSED)
def test_what_is_no_table_of_images_is_said(refuse, content, words, tmp_path):
    (tmp_path / "a.csv").write_text(content)
    assert words in refuse(Place(tmp_path / "a.csv"))
    assert "neither a table nor a folder" in refuse(Place(tmp_path))


def test_a_table_that_unpacks_to_gigabytes_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "load_data.csv.gz"
    path.write_bytes(gzip.compress(b"path,well\n" + b"a.tif,A01\n" * 300_000))
    assert read_columns(path) == ("path", "well")
    monkeypatch.setattr("napari_ben.readers._table_file.MAX_BYTES", 2**20)
    with pytest.raises(PlateError, match=r"holds more than 1 MB of text"):
        read_rows(path, ["path"])


@pytest.mark.parametrize("name", ["a.csv.gz", "a.parquet"])
def test_damaged_packed_tables_are_refused_in_words(name, tmp_path):
    (tmp_path / name).write_bytes(b"no such thing")
    with pytest.raises(PlateError, match=r"cannot be read as a table of images"):
        read_columns(tmp_path / name)


def test_parquet_without_its_library_is_refused_in_words(tmp_path, monkeypatch):
    table = looks.write_table(looks.load_data(), tmp_path / "load_data.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(PlateError, match=r"is a Parquet table, and pyarrow is not installed\. Install it"):
        read_columns(table)


def test_cells_are_text(tmp_path):
    table = pd.DataFrame({"a": ["None", "NA", ""], "b": [1.0, 2.0, np.nan], "c": [1, 2, 3]})
    for name in ("a.csv", "a.parquet"):
        rows = read_rows(looks.write_table(table, tmp_path / name), ["a", "c"])
        assert rows.to_numpy().tolist() == [["None", "1"], ["NA", "2"], ["", "3"]]
    assert read_rows(tmp_path / "a.parquet", ["b"])["b"].tolist() == ["1", "2", ""]
