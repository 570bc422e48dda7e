"""Folders of named image files: what is odd about them, and what is done about it."""

import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_ben.errors import ArgumentError, PlateError
from napari_ben.plates import FORMATS
from napari_ben.readers import _pattern, open_plate
from napari_ben.readers._index_grid import natural


def test_channels_are_in_natural_order():
    assert sorted(["w10", "w2", "DNA"], key=natural) == ["DNA", "w2", "w10"]


def test_a_field_without_some_channels_is_stated_and_not_crashed_on(write_images):
    paths = [f"B02_s1_w{w}.png" for w in range(1, 7)] + [f"B02_s2_w{w}.png" for w in range(1, 5)]
    folder, _ = write_images(paths, folder="HEPG2-01/Plate3", dtype=np.uint8)
    plate = open_plate(folder)
    assert (plate.name, plate.experiment) == ("HEPG2-01_Plate3", "HEPG2-01")
    assert plate.format == FORMATS[384]
    assert plate.fields["missing"].tolist() == [(), ("w5", "w6")]
    assert plate.problems == ("1 of 2 fields lack 2 of 6 channels (w5, w6), such as field 2 of well B02.",)
    assert plate.read_field(1, [0, 3]).shape == (2, 24, 24)
    with pytest.raises(PlateError, match=r"Field 2 of well B02 .* has no channel 'w5'"):
        plate.read_field(1)


def test_wells_with_fewer_fields_are_stated(write_images):
    paths = [f"r01c0{c}f0{f}p01-ch1sk1fk1fl1.tiff" for c in (1, 2) for f in (1, 2, 3)] + [
        "r01c03f02p01-ch1sk1fk1fl1.tiff"
    ]
    folder, _ = write_images(paths)
    assert open_plate(folder).problems == ("Wells with fewer than 3 fields: 1 (A03 has 1).",)


def test_planes_and_times_are_chosen_and_stated(write_images):
    paths = [f"r01c01f01p0{p}-ch1sk{t}fk1fl1.tiff" for p in (1, 2, 3) for t in (1, 2)]
    folder, pixels = write_images(paths)
    plate = open_plate(folder)
    assert np.array_equal(plate.read_field(0)[0], pixels["r01c01f01p02-ch1sk1fk1fl1.tiff"])
    assert plate.problems == ()
    assert plate.notes == (
        "Fields have up to 3 z planes; the middle one is shown.",
        "Fields have up to 2 time points; the first one is shown.",
    )


def test_a_projection_is_preferred(write_images):
    paths = [f"ZStep_{z}/x_A01_s1_w1.tif" for z in (0, 1, 2)]
    folder, pixels = write_images(paths)
    plate = open_plate(folder)
    assert np.array_equal(plate.read_field(0)[0], pixels["ZStep_0/x_A01_s1_w1.tif"])
    assert plate.notes == ("Fields have up to 2 z planes; the projection is shown.",)


def test_two_files_of_one_plane_are_stated(write_images):
    folder, pixels = write_images([f"x_A01_s1_w1{digit}A1B2C3D-0A1B-2C3D-4E5F-0A1B2C3D4E5F.tif" for digit in "01"])
    plate = open_plate(folder)
    assert np.array_equal(plate.read_field(0)[0], next(iter(pixels.values())))
    assert plate.problems[0].startswith(
        "Planes with more than one file: 1; the first is shown (for example of 'x_A01_s1_w10A1B2C3D"
    )


def test_files_of_another_naming_are_left_out_and_stated(write_images):
    folder, _ = write_images([f"r01c0{c}f01p01-ch1sk1fk1fl1.tiff" for c in (1, 2)] + ["flatfield.tif"])
    plate = open_plate(folder)
    assert len(plate.fields) == 2
    assert plate.problems == ("Image files that are named otherwise were left out: 1, such as 'flatfield.tif'.",)


def test_folders_of_plates_are_not_one_plate(write_images, tmp_path):
    write_images(["r01c01f01p01-ch1sk1fk1fl1.tiff"], folder="screen/p1")
    with pytest.raises(PlateError, match=r"is not a plate that can be opened \(Folders named by well"):
        open_plate(tmp_path / "screen")


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


PHENIX = [f"r01c0{c}f01p01-ch1sk1fk1fl1.tiff" for c in range(1, 8)]


@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
def test_a_truncated_tiff_is_an_error_in_words_and_a_problem(compression, write_images):
    folder, pixels = write_images(PHENIX)
    tifffile.imwrite(folder / PHENIX[1], pixels[PHENIX[1]], compression=compression)
    truncate(folder / PHENIX[1])
    plate = open_plate(folder)
    with pytest.raises(PlateError, match=rf"'{PHENIX[1]}' cannot be read: the file is cut short or damaged.*Copy"):
        plate.read_field(1)
    assert len(plate.problems) == 1
    assert PHENIX[1] in plate.problems[0]
    assert not plate.image(1).compute().any()
    assert plate.image(2).compute().any()


def test_a_file_without_a_header_is_stated_on_opening(write_images):
    folder, _ = write_images(PHENIX[:3])
    (folder / PHENIX[0]).write_bytes(b"")
    plate = open_plate(folder)
    assert len(plate.problems) == 1
    assert "0 bytes" in plate.problems[0]
    for name in PHENIX[:3]:
        (folder / name).write_bytes(b"nothing")
    with pytest.raises(PlateError, match=r"None of the first image files.*can be read.*Copy or export the plate again"):
        open_plate(folder)


def test_a_file_that_went_away_is_an_error_in_words(write_images):
    folder, _ = write_images(PHENIX[:2])
    plate = open_plate(folder)
    (folder / PHENIX[1]).unlink()
    with pytest.raises(PlateError, match=r"is not in .* any more\. Bring it back"):
        plate.read_field(1)


@pytest.mark.parametrize("suffix", [".tiff", ".png"])
def test_colour_among_grey_is_an_error_in_words(suffix, write_images):
    names = PHENIX if suffix == ".tiff" else [f"A0{c}_s1_w1.png" for c in range(1, 8)]
    folder, _ = write_images(names, dtype=np.uint8)
    colour = np.zeros((24, 24, 3), np.uint8)
    if suffix == ".tiff":
        tifffile.imwrite(folder / names[0], colour, photometric="rgb")
    else:
        from PIL import Image

        Image.fromarray(colour).save(folder / names[0])
    plate = open_plate(folder)
    assert plate.problems == (f"{names[0]!r} is no grey image: its shape is 24×24×3.",)
    with pytest.raises(PlateError, match=r"is no grey image: its shape is 24×24×3\. Export one grey image a channel"):
        plate.read_field(0)
    assert plate.read_field(1).shape == (1, 24, 24)


def test_the_first_file_is_not_taken_for_typical(write_images):
    folder, _ = write_images(PHENIX)
    tifffile.imwrite(folder / PHENIX[0], np.ones((30, 10), np.uint8))
    plate = open_plate(folder)
    assert plate.shape == (24, 24)
    assert plate.dtype == np.uint16
    assert plate.read_field(0).shape == (1, 30, 10)
    assert len(plate.problems) == 2


def test_wells_that_are_named_by_number_are_counted_row_by_row_and_that_is_said(write_images):
    folder, _ = write_images([f"--W{well:05d}--P00001--Z00000--T00000--dapi.tif" for well in (1, 13, 96)])
    plate = open_plate(folder)
    assert plate.wells.index.tolist() == ["A01", "B01", "H12"]
    assert plate.problems == ("Names say wells by number only; they are counted row by row over the plate.",)


def test_an_own_pattern(write_images):
    folder, _ = write_images(["exp_DAPI_B-3_002.tif", "exp_GFP_B-3_002.tif"])
    plate = open_plate(folder, pattern=r"exp_(?P<channel>\w+)_(?P<well>[A-H]-\d+)_(?P<field>\d+)\.tif")
    assert plate.channels == ("DAPI", "GFP")
    assert plate.fields.loc[0, ["well", "field"]].tolist() == ["B03", 2]
    assert plate.layout == "TIFF folder, own pattern"
    rows = open_plate(folder, pattern=r".*_(?P<channel>[A-Z]+)_(?P<row>[A-H])-(?P<column>\d+)_.*")
    assert rows.fields["well"].tolist() == ["B03"]


def test_an_own_pattern_of_folders(write_images):
    paths = [f"day{day}/B-{column}/site{site}_DAPI.tif" for day in (1, 2) for column in (2, 3) for site in (1, 2)]
    folder, pixels = write_images([*paths, "readme.tif"])
    pattern = r"day(?P<time>\d)/(?P<well>[A-H]-\d+)/site(?P<field>\d)_(?P<channel>[^/_]+)\.tif"
    plate = open_plate(folder, pattern=pattern)
    assert plate.fields[["well", "field"]].to_numpy().tolist() == [["B02", 1], ["B02", 2], ["B03", 1], ["B03", 2]]
    assert plate.channels == ("DAPI",)
    assert np.array_equal(plate.at(time=2).read_field(2)[0], pixels["day2/B-3/site1_DAPI.tif"])


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(?P<well>[A-H", r"is no regular expression: .*Use named groups"),
        (r"(?P<field>\d+)\.tif", r"does not say which part of a name is the well; its groups are field\. Use named"),
        ("a" * 1000, r"does not say which part"),
    ],
)
def test_patterns_that_cannot_be_used_are_refused(pattern, message, write_images):
    folder, _ = write_images(["A01.tif"])
    with pytest.raises(ArgumentError, match=message):
        open_plate(folder, pattern=pattern)
    with pytest.raises(ArgumentError, match=r"Both a layout \('sbs'\) and a pattern"):
        open_plate(folder, pattern=pattern, layout="sbs")


def test_a_pattern_that_matches_nothing_is_refused(write_images):
    folder, _ = write_images(["A01.tif"])
    with pytest.raises(PlateError, match=r"No file in .* shows a well: 'A01.tif'\. Choose the folder"):
        open_plate(folder, pattern=r"(?P<well>[A-H]\d+)\.png")


def test_a_pattern_cannot_hang_the_program(write_images, monkeypatch):
    folder, _ = write_images(["a" * 60 + ".tif"])
    monkeypatch.setattr(_pattern, "TIME_LIMIT", 1.0)
    start = time.monotonic()
    with pytest.raises(ArgumentError, match=r"took more than 1 s on 1 file names.*repetitions inside repetitions"):
        open_plate(folder, pattern=r"(?P<well>(a+)+)b")
    assert time.monotonic() - start < 10


def claim(path: Path, height: int, width: int) -> None:
    """Let a TIFF say that it is larger than it is."""
    with tifffile.TiffFile(path, mode="r+") as file:
        tags = file.pages.first.tags
        tags["ImageLength"].overwrite(height)
        tags["ImageWidth"].overwrite(width)


def test_a_claim_of_many_gigabytes_is_refused_before_memory_is_taken(write_images):
    folder, _ = write_images(PHENIX)
    claim(folder / PHENIX[3], 100_000, 50_000)
    plate = open_plate(folder)
    assert plate.shape == (24, 24)
    start = time.monotonic()
    with pytest.raises(PlateError, match=r"ch1sk1fk1fl1.tiff' claims 100000×50000 pixels of uint16, 9 GB; an image of"):
        plate.read_field(3)
    assert not plate.image(3).compute().any()
    for name in PHENIX:
        claim(folder / name, 100_000, 50_000)
    with pytest.raises(PlateError, match=r"None of the first image files in .* can be read\. .* claims 100000×50000"):
        open_plate(folder)
    assert time.monotonic() - start < 5


def test_a_smaller_claim_than_memory_is_a_file_cut_short(write_images):
    folder, _ = write_images(PHENIX)
    claim(folder / PHENIX[3], 4000, 4000)
    with pytest.raises(PlateError, match="cut short or damaged"):
        open_plate(folder).read_field(3)
