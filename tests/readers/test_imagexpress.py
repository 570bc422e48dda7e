"""ImageXpress plates: what the plate file and a handful of headers add to the names."""

import numpy as np
import pytest
from lookalikes import imagexpress as looks

from napari_ben.errors import PlateError
from napari_ben.plates import PlateFormat
from napari_ben.readers import _imagexpress, open_plate
from napari_ben.readers._htd import read_htd
from napari_ben.readers._imagexpress import index_imagexpress, refuse_imagexpress
from napari_ben.readers._metaseries import read_metaseries
from napari_ben.readers._place import Place


@pytest.fixture
def count_headers(monkeypatch):
    read = []

    def counted(path):
        read.append(path)
        return read_metaseries(path)

    monkeypatch.setattr(_imagexpress, "read_metaseries", counted)
    return read


def test_an_exported_plate(tmp_path, count_headers):
    pixels = looks.write_exported(tmp_path / "9987_Plate_3434")
    plate = open_plate(tmp_path / "9987_Plate_3434")
    assert (plate.name, plate.layout) == ("9987_Plate_3434", "TIFF folder, ImageXpress with HTD")
    assert plate.channels == ("DAPI", "FITC")
    assert plate.format == PlateFormat(8, 12)
    assert plate.pixel_um == pytest.approx(1.3668)
    assert plate.problems == ()
    assert plate.fields[["well", "field", "y_um", "x_um"]].to_numpy().tolist() == [
        ["B02", 1, 0, 700],
        ["B02", 2, 0, 1400],
        ["B03", 1, 0, 700],
        ["B03", 2, 0, 1400],
    ]
    assert len(count_headers) == 3  # two sites of one well, and the second channel
    assert np.array_equal(plate.read_field(1)[1], pixels["TimePoint_1/ZStep_0/9987_B02_s2_w2.TIF"])
    assert np.array_equal(plate.at(z=2).read_field(1)[1], pixels["TimePoint_1/ZStep_2/9987_B02_s2_w2.TIF"])


def test_the_plate_file_itself_opens_the_plate(tmp_path):
    looks.write_exported(tmp_path / "p")
    assert open_plate(tmp_path / "p/9987.HTD").channels == ("DAPI", "FITC")


def test_a_stored_plate(tmp_path):
    pixels = looks.write_native(tmp_path / "Mix")
    plate = open_plate(tmp_path / "Mix")
    assert (plate.name, plate.layout) == ("Mix", "TIFF folder, ImageXpress names")
    assert plate.channels == ("FITC_05", "Cy5")
    assert plate.fields["x_um"].tolist() == [0, 700, 0, 700]
    assert plate.problems == ()
    assert np.array_equal(plate.read_field(0)[0], pixels[f"2023-02-21/1334/Mix_E07_s1_w1{looks.GUID}.tif"]), (
        "the image above the z steps is their projection"
    )


def test_two_channels_of_one_light_keep_their_numbers(tmp_path):
    looks.write_native(tmp_path / "p", channels=("FITC", "FITC"))
    assert open_plate(tmp_path / "p").channels == ("w1", "w2")


def test_a_single_channel_and_site_are_named_by_nothing(tmp_path):
    looks.write_image(tmp_path / "p/TimePoint_1/9987_B02.TIF", np.ones((12, 10), np.uint16))
    (tmp_path / "p/9987.HTD").write_text(looks.htd(("B02",), (1, 1), ("DAPI",)), "latin-1")
    plate = open_plate(tmp_path / "p")
    assert plate.channels == ("DAPI",)
    assert plate.fields[["well", "field"]].to_numpy().tolist() == [["B02", 1]]
    assert plate.pixel_um is None
    assert plate.problems == ()


def test_a_channel_of_only_one_z_is_shown_in_all_views(tmp_path):
    looks.write_exported(tmp_path / "p")
    for step in (0, 1):
        for path in (tmp_path / f"p/TimePoint_1/ZStep_{step}").glob("*_w2.TIF"):
            path.unlink()
    plate = open_plate(tmp_path / "p")
    assert plate.channels == ("DAPI", "FITC")
    assert plate.fields["missing"].tolist() == [()] * 4
    assert plate.read_field(0).shape == (2, 12, 10)


def test_what_was_to_be_imaged_and_is_not_there_is_said(tmp_path):
    looks.write_exported(tmp_path / "p", n_times=6)
    text = looks.htd(("B02", "B03", "H12"), (1, 2), ("DAPI", "FITC", "Cy5"), n_times=6)
    (tmp_path / "p/9987.HTD").write_text(text, "latin-1")
    assert open_plate(tmp_path / "p").problems == (
        "Wells selected for imaging that have no image: 1 of 3 (H12).",
        "Channels that were to be imaged but have no image: Cy5.",
        "Of 6 time points that were to be imaged, 1 can be found.",
    )


def test_many_sites_cost_no_headers(tmp_path, count_headers):
    paths = [f"x_A01_s{site}_w1.TIF" for site in range(1, 40)]
    for path in paths:
        looks.write_image(tmp_path / "p" / path, np.ones((12, 10), np.uint16))
    assert open_plate(tmp_path / "p").fields["y_um"].isna().all()
    assert len(count_headers) == 1


HTD = [
    (b"", r"YWells is '', not a number up to 32"),
    (b'"YWells", 8\r\n"XWells", 999\r\n', r"XWells is '999', not a number up to 48"),
    (b'"YWells", 8\r\n"XWells", 12\r\n"XSites", 99999999999999999999\r\n', r"XSites is '9999"),
    (b'"YWells", -1\r\n', r"YWells is '-1'"),
    (b"\x00\xff" * 1000, r"YWells is ''"),
]


@pytest.mark.parametrize(("content", "message"), HTD)
def test_a_damaged_plate_file_is_refused_in_words_and_the_names_remain(content, message, tmp_path):
    looks.write_exported(tmp_path / "p", steps=(0,))
    (tmp_path / "p/9987.HTD").write_bytes(content)
    with pytest.raises(PlateError, match=message):
        read_htd(tmp_path / "p/9987.HTD")
    plate = open_plate(tmp_path / "p")
    assert plate.channels == ("DAPI", "FITC")  # the headers name the light
    assert len(plate.problems) == 1
    assert "describes no plate" in plate.problems[0]


HEADERS = [
    (looks.header("DAPI", offset=(-3.5, 7)), ("DAPI", 1.3668, -3.5, 7)),
    (looks.header(offset=None), ("FITC", 1.3668, 41385.4, 88813.4)),
    (looks.header(pixel_um="nan", offset=("inf", "x")), ("FITC", None, 41385.4, 88813.4)),
    (looks.header().replace('value="on"', 'value="off"'), ("FITC", None, 0, 0)),
]


@pytest.mark.parametrize(("text", "said"), HEADERS)
def test_headers(text, said, tmp_path):
    looks.write_image(tmp_path / "a.tif", np.ones((4, 4), np.uint16), text)
    head = read_metaseries(tmp_path / "a.tif")
    assert (head.channel, head.pixel_um, head.y_um, head.x_um) == said


def test_other_and_damaged_tiffs_have_no_header(tmp_path):
    looks.write_image(tmp_path / "a.tif", np.ones((4, 4), np.uint16))
    (tmp_path / "b.tif").write_bytes(b"II*\0")
    assert read_metaseries(tmp_path / "a.tif") is None
    assert read_metaseries(tmp_path / "b.tif") is None
    assert read_metaseries(tmp_path / "absent.tif") is None


def test_what_is_no_imagexpress_plate_is_said(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    assert refuse_imagexpress(Place(tmp_path)) == "it holds no TIFF files"
    assert "neither a folder nor" in refuse_imagexpress(Place(tmp_path / "notes.txt"))
    looks.write_image(tmp_path / "r01c01f01p01-ch1sk1fk1fl1.tiff", np.ones((4, 4), np.uint16))
    assert "no images that are named as MetaXpress" in refuse_imagexpress(Place(tmp_path))
    with pytest.raises(PlateError, match=r"No file in .* is named as MetaXpress"):
        index_imagexpress(Place(tmp_path))
