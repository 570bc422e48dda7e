"""From an index of planes to a plate: which plane is shown, and what is said of what is not there."""

import pickle
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_ben.errors import ArgumentError, PlateError
from napari_ben.plates import FORMATS, well_position
from napari_ben.readers import Place
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._index_plate import is_inside, plate_from_index

FACTS = PlateFacts("P", "test", shape=(2, 3), dtype=np.dtype(np.uint16))


def make_index(planes) -> PlaneIndex:
    """Index of (well, field, channel, z, time, acquisition) → number of the file that holds that number."""
    wells, fields, channels, z, times, acquisitions = zip(*planes, strict=True)
    files = [f"{number}.tif" for number in range(len(planes))]
    return PlaneIndex(wells, fields, channels, files, z=z, times=times, acquisitions=acquisitions)


@pytest.fixture
def write_plate(tmp_path):
    """Write a file for each plane that is full of its number, and open the plate."""

    def write(planes, **facts):
        for number in range(len(planes)):
            tifffile.imwrite(tmp_path / f"{number}.tif", np.full((2, 3), number + 1, np.uint16))
        return plate_from_index(Place(tmp_path), make_index(planes), PlateFacts(**{**vars(FACTS), **facts}))

    return write


def shown(plate):
    """Number of the plane that is seen of each field and channel; None where there is none."""
    seen = {}
    for row, (well, number) in enumerate(zip(plate.fields["well"], plate.fields["field"], strict=True)):
        for channel, name in enumerate(plate.channels):
            try:
                seen[well, number, name] = int(plate.read_plane(row, channel).max()) - 1
            except PlateError:
                seen[well, number, name] = None
    return seen


STACK = [("A01", 1, "DNA", z, 0, "") for z in (4, 5, 6, 7)] + [("A01", 1, "ER", 5, 0, "")]


@pytest.mark.parametrize(
    ("z", "expected", "note"),
    [
        ("auto", (2, 4), "the middle one is shown"),
        ("max", (3, 4), "their maximum is shown"),
        (4, (0, 4), "plane 4 is shown"),
        (7, (3, 4), "plane 7 is shown"),
    ],
)
def test_a_z_plane_is_chosen_for_each_field_and_channel(z, expected, note, write_plate):
    plate = write_plate(STACK).at(z=z)
    assert tuple(shown(plate).values()) == expected
    assert plate.notes == (f"Fields have up to 4 z planes; {note}.",)
    assert plate.problems == ()
    assert (plate.n_z, plate.z_planes, plate.n_times, plate.view.z) == (4, (4, 5, 6, 7), 1, z)


def test_a_stored_projection_is_preferred_and_no_part_of_a_maximum(write_plate):
    planes = [("A01", 1, "DNA", z, 0, "") for z in (1, 2, 0)] + [("A01", 1, "ER", z, 0, "") for z in (1, 2, 3)]
    plate = write_plate(planes, projection=0)
    assert plate.z_planes == (1, 2, 3)
    assert tuple(shown(plate).values()) == (2, 4)
    assert tuple(shown(plate.at(z="max")).values()) == (1, 5)
    assert plate.fields["missing"].tolist() == [()]
    third = plate.at(z=3)
    assert tuple(shown(third).values()) == (None, 5)
    assert third.problems == ("1 of 1 fields lack 1 of 2 channels (DNA), such as field 1 of well A01.",)
    with pytest.raises(ArgumentError, match=r"has no z plane 0; it has 1, 2, 3\. Choose one of these.*'auto' and"):
        plate.at(z=0)


def test_only_a_projection_is_one_plane(write_plate):
    plate = write_plate([("A01", 1, "DNA", 0, 0, "")], projection=0)
    assert (plate.n_z, plate.notes) == (1, ())


TIMES = [("A01", 1, "DNA", 0, t, "") for t in (3, 1, 2)] + [("A01", 1, "ER", 0, 1, ""), ("A02", 1, "DNA", 0, 2, "")]


@pytest.mark.parametrize(("time", "expected"), [(None, (1, 3, 4, None)), (2, (2, 3, 4, None)), (3, (0, 3, 4, None))])
def test_what_was_imaged_once_is_shown_at_every_time(time, expected, write_plate):
    plate = write_plate(TIMES).at(time=time)
    assert tuple(shown(plate).values()) == expected
    words = "the first one" if time is None else f"time point {time}"
    assert plate.notes == (f"Fields have up to 3 time points; {words} is shown.",)
    assert (plate.n_times, plate.times) == (3, (1, 2, 3))
    with pytest.raises(ArgumentError, match=r"has no time point 9; it has 1, 2, 3"):
        plate.at(time=9)


def test_acquisitions_have_wells_and_channels_of_their_own(write_plate):
    planes = [("A01", 1, "DNA", 0, 0, "2"), ("B02", 1, "ER", 0, 0, "10"), ("B02", 2, "AGP", 0, 0, "10")]
    plate = write_plate(planes, channels=("ER", "DNA")).with_roles({"B02": "empty"})
    assert plate.acquisitions == ("2", "10")
    assert shown(plate) == {("A01", 1, "DNA"): 0}
    assert plate.wells["n_fields"].tolist() == [1, 0]
    other = plate.at(acquisition="10")
    assert shown(other) == {
        ("B02", 1, "ER"): 1,
        ("B02", 1, "AGP"): None,
        ("B02", 2, "ER"): None,
        ("B02", 2, "AGP"): 2,
    }
    assert other.wells["n_fields"].tolist() == [0, 2]
    assert other.wells.loc["B02", "role"] == "empty"
    assert other.notes == ("The plate has 2 acquisitions ('2', '10'); '10' is shown.",)
    assert shown(other.at(acquisition="2")) == shown(plate)
    with pytest.raises(ArgumentError, match=r"has no acquisition '3'; it has '2', '10'"):
        plate.at(acquisition="3")


def test_a_plate_without_numbers_refuses_them_in_words(write_plate):
    plate = write_plate([("A01", 1, "DNA", 0, 0, "")])
    assert shown(plate.at(z="max")) == shown(plate)
    bare = plate_from_index(Place(plate.path), PlaneIndex(["A01"], [1], ["DNA"], ["0.tif"]), FACTS)
    with pytest.raises(ArgumentError, match=r"has no z plane 1; it has one, without a number or name"):
        bare.at(z=1)


def test_a_view_forgets_what_was_met_in_another(write_plate):
    plate = write_plate(STACK)
    (plate.path / "2.tif").unlink()
    assert shown(plate)["A01", 1, "DNA"] is None
    assert len(plate.problems) == 1
    assert plate.at(z=4).problems == ()


def test_planes_of_different_sizes_have_no_maximum(write_plate):
    plate = write_plate(STACK).at(z="max")
    tifffile.imwrite(plate.path / "1.tif", np.zeros((5, 5), np.uint16))
    with pytest.raises(PlateError, match=r"'1.tif' differs in size from the other z planes of its field\. Show one"):
        plate.read_plane(0, 0)


def test_a_maximum_reads_each_plane_once_and_nothing_before_it_is_asked_for(write_plate, count_pixels):
    plate = write_plate(STACK).at(z="max")
    assert plate.images.shape == (1, 2, 2, 3)
    assert count_pixels == []
    plate.read_field(0)
    assert len(count_pixels) == 5


def test_pages_of_one_file(tmp_path):
    pages = np.arange(1, 7, dtype=np.uint16).reshape(6, 1, 1) * np.ones((6, 2, 3), np.uint16)
    tifffile.imwrite(tmp_path / "well.tif", pages, photometric="minisblack")
    index = PlaneIndex(["A01"] * 6, [1] * 6, list("abcabc"), ["well.tif"] * 6, z=[1, 1, 1, 2, 2, 2], pages=range(6))
    plate = plate_from_index(Place(tmp_path), index, PlateFacts("P", "test"))
    assert (plate.shape, plate.dtype) == ((2, 3), np.uint16)
    assert [int(plane.max()) for plane in plate.at(z=1).read_field(0)] == [1, 2, 3]
    assert [int(plane.max()) for plane in plate.read_field(0)] == [4, 5, 6]
    again = pickle.loads(pickle.dumps(plate))
    assert np.array_equal(again.at(z="max").read_field(0), plate.read_field(0))
    beyond = PlaneIndex(["A01"], [1], ["a"], ["well.tif"], pages=[9])
    with pytest.raises(PlateError, match=r"'well.tif' cannot be read"):
        plate_from_index(Place(tmp_path), beyond, FACTS).read_plane(0, 0)


def test_facts_of_the_plate_are_kept(write_plate):
    table = pd.DataFrame({"well": ["A01"], "role": ["negative control"], "treatment": ["DMSO"]})
    plate = write_plate(
        [("A01", 2, "DNA", 0, 0, "")],
        format=FORMATS[384],
        pixel_um=0.65,
        experiment="week 1",
        platemap=table,
        problems=("Odd.",),
    )
    assert (plate.name, plate.layout, plate.pixel_um, plate.experiment) == ("P", "test", 0.65, "week 1")
    assert (plate.format, plate.format_is_guess) == (FORMATS[384], False)
    assert plate.wells.loc["A01", ["role", "treatment"]].tolist() == ["negative_control", "DMSO"]
    assert plate.problems[0] == "Odd."


def test_stage_positions_come_with_the_fields(tmp_path):
    index = PlaneIndex(["A01", "A01"], [2, 1], ["a", "a"], ["0.tif", "1.tif"], y_um=[5.5, 0], x_um=[1, 2.5])
    for name in index.files:
        tifffile.imwrite(tmp_path / name, np.zeros((2, 3), np.uint16))
    plate = plate_from_index(Place(tmp_path), index, FACTS)
    assert plate.fields[["field", "y_um", "x_um"]].to_numpy().tolist() == [[1, 0, 2.5], [2, 5.5, 1]]


def test_what_the_metadata_name_and_is_not_there_is_counted(write_plate):
    plate = write_plate([("A01", 1, "DNA", 0, 0, ""), ("A02", 1, "DNA", 0, 0, "")])
    (plate.path / "1.tif").unlink()
    (plate.path / "shading.tif").write_bytes(b"")
    again = plate_from_index(Place(plate.path), plate.views.index, FACTS)
    assert again.problems == ("1 of 2 image files are not on disk, such as '1.tif'.",)
    assert again.notes == ("1 of 2 image files are of this plate; not of it is 'shading.tif'.",)
    assert again.imaged.index.tolist() == ["A01"]
    (plate.path / "0.tif").unlink()
    described = plate_from_index(Place(plate.path), plate.views.index, FACTS)
    assert described.problems == ("None of the 2 image files that the metadata name is on disk, such as '0.tif'.",)
    assert described.imaged.index.tolist() == ["A01", "A02"]
    with pytest.raises(PlateError, match=r"No image of .* can be found\. 2 of 2 image files are not on disk.*Choose"):
        plate_from_index(Place(plate.path), plate.views.index, replace(FACTS, shape=None))


OUTSIDE = ["../secret.tif", "/etc/passwd", "a/../../b.tif", "C:\\x.tif", "\\\\server\\x.tif", "a\\..\\..\\x.tif", ""]


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_path_that_leaves_the_folder_is_left_out_and_stated(path, write_plate):
    assert not is_inside(path)
    plate = write_plate([("A01", 1, "DNA", 0, 0, "")])
    index = PlaneIndex(["A01", "A02"], [1, 1], ["DNA", "DNA"], ["0.tif", path])
    assert plate_from_index(Place(plate.path), index, FACTS).problems == (
        f"1 of 2 image files lie outside the plate's folder, such as {path!r}.",
    )


@pytest.mark.parametrize("path", ["a.tif", "Images/a..b.tif", "..a/b.tif", "2020-01-01 12:30/x.tif"])
def test_a_path_that_stays_is_taken(path):
    assert is_inside(path)


PLANES = st.tuples(
    st.sampled_from(["B02", "A10", "A02", "P24"]),
    st.sampled_from([1, 2, 7]),
    st.sampled_from(["ch10", "ch2"]),
    st.integers(0, 3),
    st.integers(0, 2),
    st.sampled_from(["", "2"]),
)


def expect(planes, view, projection):
    """What must be seen, plane by plane and by the words of the contract."""
    acquisitions = sorted({plane[5] for plane in planes})
    wanted = [plane for plane in planes if plane[5] == (view["acquisition"] or acquisitions[0])]
    cells = defaultdict(list)
    for plane in wanted:
        cells[plane[:3]].append(plane)
    seen = {}
    for cell, there in cells.items():
        times = sorted({plane[4] for plane in there})
        time = times[0] if view["time"] is None or len(times) == 1 else view["time"]
        stack = sorted(plane for plane in there if plane[4] == time)
        heights = [plane[3] for plane in stack]
        if len(stack) > 1 and view["z"] == "max":
            stack = [plane for plane in stack if plane[3] != projection]
        elif len(stack) > 1 and view["z"] == "auto":
            height = projection if projection in heights else heights[len(heights) // 2]
            stack = [plane for plane in stack if plane[3] == height]
        elif len(stack) > 1:
            stack = [plane for plane in stack if plane[3] == view["z"]]
        seen[cell] = max((planes.index(plane) for plane in stack), default=None)
    fields = sorted({cell[:2] for cell in cells}, key=lambda field: (well_position(field[0]), field[1]))
    channels = sorted({cell[2] for cell in cells}, key=lambda name: int(name[2:]))
    return {(*field, channel): seen.get((*field, channel)) for field in fields for channel in channels}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    planes=st.lists(PLANES, min_size=1, max_size=24, unique=True),
    view=st.fixed_dictionaries(
        {
            "z": st.sampled_from(["auto", "max", 1, 2]),
            "time": st.sampled_from([None, 1, 2]),
            "acquisition": st.sampled_from([None, "2"]),
        }
    ),
    projection=st.sampled_from([None, 0]),
)
def test_any_index_shows_what_is_asked_for(planes, view, projection, write_plate):
    plate = write_plate(planes, projection=projection)
    known = {"z": ("auto", "max", *plate.z_planes), "time": (None, *plate.times)}
    known["acquisition"] = (None, *plate.acquisitions)
    view = {part: value if value in known[part] else known[part][0] for part, value in view.items()}
    assert shown(plate.at(**view)) == expect(planes, view, projection)
    assert plate.at(**view).fields["missing"].map(len).sum() == list(shown(plate.at(**view)).values()).count(None)


def test_metadata_that_claim_another_size_are_not_believed(write_plate):
    plate = write_plate([("A01", 1, "DNA", 0, 0, "")], shape=(20, 30), dtype=None)
    assert plate.shape == (2, 3)
    assert plate.problems == ("The metadata say that fields are 20×30 pixels; the image files are 2×3.",)
    with pytest.raises(PlateError, match=r"metadata's image claims 1000000×1000000 pixels of uint16, 1,863 GB"):
        write_plate([("A01", 1, "DNA", 0, 0, "")], shape=(10**6, 10**6))
