"""What all layouts with an XML document share: planes come back, and what is hostile or damaged is said."""

import re
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lookalikes import xml_plates as looks

from napari_ben.errors import PlateError
from napari_ben.plates import FORMATS
from napari_ben.readers import open_plate

WRITERS = {
    "harmony-v5": (lambda folder, planes: looks.write_harmony(folder, planes), "Index.idx.xml", "harmony"),
    "harmony-v6": (
        lambda folder, planes: looks.write_harmony(folder, planes, namespace=looks.V6, index="Index.xml"),
        *("Index.xml", "harmony"),
    ),
    "harmony-v7": (
        lambda folder, planes: looks.write_harmony(folder, planes, namespace=looks.V7, index="Index.xml"),
        *("Index.xml", "harmony"),
    ),
    "columbus": (looks.write_columbus, "ImageIndex.ColumbusIDX.xml", "harmony"),
    "cellvoyager": (looks.write_cellvoyager, "MeasurementData.mlf", "cellvoyager-mlf"),
    "incell": (looks.write_incell, "plate.xdce", "incell-xdce"),
}
PLANES = [
    (well, field, channel, z, 1)
    for well in ("A01", "H12")
    for field in (1, 2)
    for channel in ("DNA", "ER")
    for z in (1, 2)
]


@pytest.fixture(params=WRITERS)
def layout(request):
    return request.param


@pytest.fixture
def plate(layout, tmp_path):
    return WRITERS[layout][0](tmp_path / "plate", PLANES)


def test_a_plate_is_what_its_document_says(layout, plate, count_pixels):
    opened = open_plate(plate)
    assert count_pixels == []
    assert open_plate(plate, layout=WRITERS[layout][2]).layout == opened.layout
    assert opened.channels == ("DNA", "ER")
    assert opened.format == FORMATS[96]
    assert not opened.format_is_guess
    assert (len(opened.fields), opened.z_planes, opened.times) == (4, (1, 2), (1,))
    assert opened.pixel_um == pytest.approx({"cellvoyager": 0.325, "incell": 0.1625}.get(layout, 0.5979760809567617))
    assert opened.problems == ()
    assert [int(plane.max()) for plane in opened.at(z=1).read_field(0)] == [1, 3]


def test_its_document_opens_it_too(layout, plate):
    document = plate / WRITERS[layout][1]
    assert open_plate(document).channels == ("DNA", "ER")
    assert len(open_plate(document).fields) == 4


ANY_PLANES = st.sets(
    st.tuples(
        st.sampled_from(["A01", "B02", "C11", "H12"]),
        st.integers(1, 3),
        st.sampled_from(["DNA", "ER & RNA", "µ <1>"]),
        st.integers(1, 2),
        st.integers(1, 2),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("key", WRITERS)
@settings(max_examples=15, deadline=None)
@given(planes=ANY_PLANES.flatmap(lambda found: st.permutations(sorted(found))))
def test_any_small_plate_comes_back(key, planes):
    if not any(plane[4] == 1 for plane in planes):
        planes = [(*plane[:4], 1) for plane in planes]  # times count from the first that there is
    with tempfile.TemporaryDirectory() as folder:
        opened = open_plate(WRITERS[key][0](Path(folder) / "plate", planes))
        assert set(opened.wells.index[opened.wells["n_fields"] > 0]) == {plane[0] for plane in planes}
        assert set(opened.channels) == {plane[2] for plane in planes}
        index = opened.views.index
        columns = (index.wells, index.fields, index.channels, index.z, index.times)
        found = list(zip(*(np.asarray(column, object).tolist() for column in columns), strict=True))
        assert found == planes


def open_without_document(layout, plate, problem):
    """The document's own reader says what is wrong; another opens the plate by the names of its files."""
    with pytest.raises(PlateError, match=problem):
        open_plate(plate, layout=WRITERS[layout][2])
    if layout != "columbus":
        opened = open_plate(plate)
        assert re.search(problem, opened.problems[0])
        assert (len(opened.fields), len(opened.channels), opened.n_z) == (4, 2, 2)


def test_a_bomb_is_refused_at_once_and_in_words(layout, plate):
    document = plate / WRITERS[layout][1]
    content = document.read_bytes().removeprefix(b"\xef\xbb\xbf")
    head, mark, rest = content.rpartition(b"?>")
    document.write_bytes(head + mark + looks.BOMB.encode() + rest)
    start = time.perf_counter()
    open_without_document(layout, plate, rf"'{document.name}' is refused: it declares a document type \('lolz'\)")
    assert time.perf_counter() - start < 2


def test_what_stands_before_a_cut_is_shown(layout, plate):
    document = plate / WRITERS[layout][1]
    content = document.read_bytes()
    closing = {"cellvoyager": b"</bts:MeasurementRecord>"}.get(layout, b"</Image>")
    ends = [at for at in range(len(content)) if content.startswith(closing, at)]
    document.write_bytes(content[: ends[9] + len(closing) + 3])
    opened = open_plate(plate)
    assert opened.problems[0].startswith(f"'{document.name}' is damaged or cut short: line ")
    assert set(opened.imaged.index) == {"A01", "H12"}
    assert len(opened.views.index) == 9  # the last one may not be whole


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"plate,well\n1,A01\n"], ids=["empty", "zeros", "csv"])
def test_a_document_that_is_no_xml_is_said_to_be_none(content, layout, plate):
    (plate / WRITERS[layout][1]).write_bytes(content)
    open_without_document(layout, plate, rf"'{WRITERS[layout][1]}' is (no XML|damaged)")


def test_a_document_without_images_is_said_to_be_empty(layout, plate):
    document = plate / WRITERS[layout][1]
    document.write_bytes(re.sub(rb"(</?(bts:)?)(Image|MeasurementRecord)(?=[ >])", rb"\1Other", document.read_bytes()))
    open_without_document(layout, plate, rf"'{document.name}' (tells of|names) no image\.")


def test_another_root_is_left_to_other_layouts(layout, tmp_path):
    (tmp_path / WRITERS[layout][1]).write_text("<Recipes/>")
    with pytest.raises(PlateError, match=r"'Recipes'"):
        open_plate(tmp_path)


def test_images_that_are_not_on_disk_are_counted_one_by_one_or_all(layout, plate):
    images = sorted(plate.glob("*.tif*"))
    mine = [path for path in images if not path.name.startswith(("SC_", "DC_"))]
    mine[0].unlink()
    opened = open_plate(plate)
    assert any(
        f"1 of {len(mine)} image files are not on disk, such as {mine[0].name!r}." in text for text in opened.problems
    )
    for path in mine[1:]:
        path.unlink()
    opened = open_plate(plate)
    assert f"None of the {len(mine)} image files that the metadata name is on disk" in opened.problems[-1]
    assert (len(opened.fields), opened.channels, opened.source.shape) == (4, ("DNA", "ER"), looks.SHAPE)


def test_images_that_nobody_named_are_counted(layout, plate):
    shutil.copy(next(plate.glob("*.tif*")), plate / "zz_extra.tif")
    assert any("image files are of this plate; not of it is " in note for note in open_plate(plate).notes)
