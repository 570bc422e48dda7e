"""What a pattern makes of a folder's names while it is typed."""

import time

import pytest

from napari_ben.readers import _pattern_preview
from napari_ben.readers._pattern_preview import preview_pattern

NAMES = [
    f"exp_{channel}_{row}-{column}_{field:03d}.tif"
    for row in "AB"
    for column in (1, 2, 12)
    for field in (1, 2)
    for channel in ("DAPI", "GFP")
]
PATTERN = r"exp_(?P<channel>\w+)_(?P<well>[A-H]-\d+)_(?P<field>\d+)\.tif"


def test_a_pattern_that_fits():
    preview = preview_pattern([*NAMES, "notes.tif"], PATTERN)
    assert (preview.n_names, preview.n_tried, preview.n_matched) == (25, 25, 24)
    assert preview.unmatched == ("notes.tif",)
    assert preview.problem is None
    assert preview.examples[0] == ("exp_DAPI_A-1_001.tif", {"well": "A01", "field": "1", "channel": "DAPI"})
    assert len(preview.examples) == 3
    assert preview.values == {
        "well": (6, ("A01", "A02", "A12", "B01", "B02", "B12")),
        "field": (2, ("1", "2")),
        "channel": (2, ("DAPI", "GFP")),
    }


def test_many_names_are_sampled_over_all_of_them():
    names = [f"{row}{column:02d}_{field}.tif" for row in "ABCDEFGH" for column in range(1, 13) for field in range(180)]
    preview = preview_pattern(names, r"(?P<well>[A-H]\d+)_(?P<field>\d+)\.tif")
    assert (preview.n_names, preview.n_tried, preview.n_matched) == (17_280, 500, 500)
    assert preview.values["well"][0] == 96
    all_of_them = preview_pattern(names, r"(?P<well>[A-D]\d+)_(?P<field>\d+)\.tif", sample=len(names))
    assert (all_of_them.n_tried, all_of_them.n_matched) == (17_280, 8_640)


PROBLEMS = [
    (NAMES, "(?P<well>[A-H", r"is no regular expression: .*Use named groups"),
    (NAMES, r"exp_(?P<field>\d+)", r"does not say which part of a name is the well; its groups are field\."),
    (NAMES, "", r"its groups are none"),
    (NAMES, r"(?P<well>[A-H]\d+)\.png", r"None of 24 names matches, such as 'exp_DAPI_A-1_001\.tif'"),
    (NAMES, r"exp_\w+_(?P<well>[A-H]-\d+)_\d+\.tif", r"Several names say the same well, field and channel\. Name what"),
    (["x_CH02.tif"], r"x_(?P<well>CH\d\d)\.tif", r"None of 1 names matches, such as 'x_CH02\.tif'"),
    ([], PATTERN, r"There are no image files"),
]


@pytest.mark.parametrize(("names", "pattern", "words"), PROBLEMS)
def test_what_is_wrong_is_said_and_nothing_is_raised(names, pattern, words):
    import re

    assert re.search(words, preview_pattern(names, pattern).problem)


def test_what_tells_planes_apart_need_not_be_the_field():
    names = [f"A01_z{z}.tif" for z in range(3)]
    assert preview_pattern(names, r"(?P<well>A\d\d)_z(?P<z>\d)\.tif").problem is None


def test_a_pattern_cannot_hang_the_preview(monkeypatch):
    monkeypatch.setattr(_pattern_preview, "PATIENCE", 0.5)
    start = time.monotonic()
    preview = preview_pattern(["a" * 60 + ".tif"], r"(?P<well>(a+)+)b")
    assert time.monotonic() - start < 5
    assert "took more than 0.5 s on 1 file names" in preview.problem
    assert preview.n_matched == 0


@pytest.mark.parametrize(
    "pattern", [r"(?P<well>A\d\d)(unnamed)?_(?P<field>\d)(x)?\.tif", r"(x)?(?P<field>\d)_(?P<well>\w+)\.tif"]
)
def test_groups_without_a_name_do_not_shift_the_others(pattern):
    names = ["A01_3.tif", "3_A01.tif"]
    assert preview_pattern(names, pattern).examples[0][1] == {"well": "A01", "field": "3", "channel": "1"}
