"""RxRx data sets in their three shapes."""

import numpy as np
import pytest
from lookalikes import rxrx as looks
from PIL import Image

from napari_ben.errors import PlateError
from napari_ben.plates import FORMATS
from napari_ben.readers import open_plate, open_screen
from napari_ben.readers._place import Place
from napari_ben.readers._rxrx import refuse_rxrx


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("images/HUVEC-1/Plate1", "HUVEC-1_Plate1"),
        ("train/HEPG2-01/Plate4", "HEPG2-01_Plate4"),
        ("images/gene-001/Plate 2", "gene-001_Plate 2"),
    ],
)
def test_grey_plates(folder, name, tmp_path):
    pixels = looks.write_plate(tmp_path / folder)
    plate = open_plate(tmp_path / folder)
    assert (plate.name, plate.experiment, plate.layout) == (name, name.split("_")[0], "PNG folder, RxRx names")
    assert plate.channels == tuple(f"w{wave}" for wave in range(1, 7))
    assert plate.format == FORMATS[384]
    assert plate.problems == ()
    assert np.array_equal(plate.read_field(3)[4], pixels["M23_s2_w5.png"])


def test_a_colour_image_is_three_channels(tmp_path):
    pixels = looks.write_colour_plate(tmp_path / "images/HUVEC-01/Plate1")
    plate = open_plate(tmp_path / "images/HUVEC-01/Plate1")
    assert plate.channels == ("w1", "w2", "w3")
    assert (len(plate.fields), plate.shape, plate.dtype) == (4, (12, 10), np.uint8)
    assert plate.problems == ()
    assert np.array_equal(plate.read_field(3), np.moveaxis(pixels["M23_s2.png"], -1, 0))


def test_a_grey_image_among_colour_ones_is_an_error_in_words(tmp_path):
    folder = tmp_path / "HUVEC-01/Plate1"
    looks.write_colour_plate(folder)
    Image.fromarray(np.zeros((12, 10), np.uint8)).save(folder / "M23_s1.png")
    plate = open_plate(folder)
    with pytest.raises(PlateError, match=r"'M23_s1\.png' has no colour 1: its shape is 12×10\. Export it"):
        plate.read_field(2)
    assert plate.read_field(3).shape == (3, 12, 10)


def test_1536_wells(tmp_path):
    looks.write_plate(tmp_path / "gene-088/Plate1", wells=("AA31", "B02"), sites=(1,))
    plate = open_plate(tmp_path / "gene-088/Plate1")
    assert plate.format == FORMATS[1536]
    assert plate.wells.index.tolist() == ["B02", "AA31"]


def test_a_folder_of_experiments_is_a_screen(tmp_path):
    for experiment in ("HUVEC-01", "RPE-02"):
        for number in (1, 2):
            looks.write_plate(tmp_path / f"images/{experiment}/Plate{number}", wells=("B02",), sites=(1,))
    screen = open_screen(tmp_path)
    assert [plate.name for plate in screen] == ["HUVEC-01_Plate1", "HUVEC-01_Plate2", "RPE-02_Plate1", "RPE-02_Plate2"]
    assert screen.experiments == ("HUVEC-01", "RPE-02")


def test_what_is_no_such_plate_is_said(tmp_path):
    (tmp_path / "HUVEC-01/Plate1").mkdir(parents=True)
    assert "is not a folder such as 'HUVEC-01/Plate1'" in refuse_rxrx(Place(tmp_path))
    assert refuse_rxrx(Place(tmp_path / "HUVEC-01/Plate1")) == "it holds no PNG files"
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "HUVEC-01/Plate1/overview.png")
    assert "no images that are named as in RxRx" in refuse_rxrx(Place(tmp_path / "HUVEC-01/Plate1"))
