"""Plates with a folder a well, and folders that only look like wells."""

import numpy as np
import pytest
from PIL import Image

from napari_ben.errors import PlateError
from napari_ben.readers import open_plate, open_screen
from napari_ben.readers._place import Place
from napari_ben.readers._well_folders import refuse_well_folders


def write(folder, paths):
    pixels = {}
    for path in paths:
        pixels[path] = np.full((12, 10), len(pixels) + 1, np.uint8)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[path]).save(folder / path)
    return pixels


# paths in two wells; field and channel of the last
INSIDE = [
    (["A1/field001.tif", "B-02/field001.tif", "B-02/field002.tif"], 2, "1"),
    (["Well-A005/DAPI.jpeg", "Well-B006/DAPI.jpeg", "Well-B006/FITC.jpeg"], 1, "FITC"),
    (["A01/s1_w1.png", "B02/s1_w1.png", "B02/s2_w2.png"], 2, "w2"),
    (["A01/DAPI_001.tif", "C12/DAPI_001.tif", "C12/GFP_003.tif"], 3, "GFP"),
    (["A01/f1_DAPI_z1.tif", "B02/f1_DAPI_z1.tif", "B02/f4_DAPI_z1.tif"], 4, "DAPI"),
    (["well A1/1.png", "well A2/1.png", "well A2/7.png"], 7, "1"),
    (["D02/ch1_003.bmp", "D03/ch1_003.bmp", "D03/ch2_003.bmp"], 3, "ch2"),
]


@pytest.mark.parametrize(("paths", "field", "channel"), INSIDE, ids=[case[0][-1] for case in INSIDE])
def test_wells_in_folders(paths, field, channel, tmp_path):
    pixels = write(tmp_path / "plate", paths)
    plate = open_plate(tmp_path / "plate")
    assert plate.name == "plate"
    assert len(plate.wells) == 2
    assert channel in plate.channels
    row = plate.fields.index[(plate.fields["field"] == field) & (plate.fields["well"] == plate.wells.index[1])][0]
    if plate.channels[-1] == channel:
        assert pixels[paths[-1]][0, 0] in plate.read_field(row, [len(plate.channels) - 1])
    assert plate.problems == () or "lack" in plate.problems[0]


def test_z_and_time_in_folders(tmp_path):
    paths = [f"A01/f{field}_z{z}_t{time}.tif" for field in (1, 2) for z in (1, 2, 3) for time in (1, 2)]
    pixels = write(tmp_path / "plate", paths)
    plate = open_plate(tmp_path / "plate").at(z=3, time=2)
    assert (plate.n_z, plate.n_times) == (3, 2)
    assert np.array_equal(plate.read_field(1)[0], pixels["A01/f2_z3_t2.tif"])


PLATES = [f"{plate}/r01c0{column}f01p01-ch1sk1fk1fl1.tif" for plate in ("A1", "B2") for column in (1, 2)]
NO_PLATES = [
    (PLATES, "what lies in them is named by well too"),
    (["P1/1.png", "P2/1.png"], r"its folders (P1, P2) may be wells, or something else"),
    (["D1/1.png", "D2/1.png", "D3/1.png"], r"may be wells, or something else"),
    (["A1/one.two.three.png", "B1/one.two.three.png"], "are not named by field or channel"),
    (["A1/1.png", "results/1.png", "figures/1.png"], "holds no folders that are named as wells"),
    (["ZZ1/1.png"], "holds no folders that are named as wells"),
    (["A01_s1_w1.png", "B01_s1_w1.png", "A1/1.png", "B1/1.png"], "or images of wells beside them"),
]


@pytest.mark.parametrize(("paths", "words"), NO_PLATES)
def test_folders_that_only_look_like_wells(paths, words, tmp_path):
    write(tmp_path / "plate", paths)
    assert words in refuse_well_folders(Place(tmp_path / "plate"))


def test_plates_that_are_named_like_wells_are_a_screen(tmp_path):
    write(tmp_path / "screen", PLATES)
    with pytest.raises(PlateError, match=r"its folders are named as wells, but what lies in them is named by well too"):
        open_plate(tmp_path / "screen")
    assert [plate.name for plate in open_screen(tmp_path / "screen")] == ["A1", "B2"]
