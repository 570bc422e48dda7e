"""CZI plates, written by libCZI itself."""

import pickle
import sys
from uuid import uuid4

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_ben.errors import PlateError
from napari_ben.plates import well_name
from napari_ben.readers import READERS, open_plate
from napari_ben.readers._place import Place

czi = pytest.importorskip("pylibCZIrw.czi", reason="pylibCZIrw is an extra")

SIDES = (12, 16)
CHANNELS = {0: "DNA", 1: "ER"}


def tile(scene, number, channel, z, time, dtype=np.uint16):
    rng = np.random.default_rng([scene, number, channel, z, time])
    return rng.integers(0, 200, SIDES).astype(dtype)


@pytest.fixture
def write_czi(tmp_path):
    """Write a CZI; ``scenes``: what the metadata say of each."""

    def write(scenes, name="plate.czi", *, tiles=1, n_z=1, n_times=1, dtype=np.uint16, n_channels=2):
        path = tmp_path / name
        with czi.create_czi(str(path)) as file:
            for scene in range(len(scenes)):
                for number in range(tiles):
                    for channel, z, time in np.ndindex(n_channels, n_z, n_times):
                        pixels = tile(scene, number, channel, z, time, dtype)
                        where = (scene * 1000 + (number % 2) * SIDES[1], (number // 2) * SIDES[0])
                        file.write(pixels, location=where, plane={"C": channel, "Z": z, "T": time}, scene=scene)
            file.write_metadata(name, channel_names=CHANNELS, scale_x=0.5e-6, scale_y=0.5e-6)
        described = "".join(f'<Scene Index="{index}" {text}</Scene>' for index, text in enumerate(scenes) if text)
        if described:
            with czi.edit_czi(str(path)) as editor:
                text = editor.read_metadata_xml()
                scenes_xml = f"<Dimensions><S><Scenes>{described}</Scenes></S>"
                with editor.edit_session() as builder:
                    builder.set_xml(text.replace("<Dimensions>", scenes_xml))
        return path

    return write


# what a scene's metadata say, and the well
SCENES = [
    ('Name="P1"><ArrayName>B2</ArrayName>', "B02"),
    ('Name="P1"><Shape Name="C4" Id="x"></Shape>', "C04"),
    ('Name="P1"><Shape Name="x"><RowIndex>4</RowIndex><ColumnIndex>11</ColumnIndex></Shape>', "D11"),
    ('Name="x"><ArrayName>B2</ArrayName><Shape><RowIndex>1</RowIndex><ColumnIndex>1</ColumnIndex></Shape>', "B02"),
    ('Name="E5">', "E05"),
    ('Name="P3-F6">', "F06"),
]


@pytest.mark.parametrize(("text", "well"), SCENES)
def test_scenes_tell_their_wells(text, well, write_czi):
    plate = open_plate(write_czi([text]))
    assert plate.imaged.index.tolist() == [well]
    assert plate.problems == ()


def test_a_plate_of_scenes(write_czi):
    scenes = [f'Name="P{i}"><ArrayName>{well}</ArrayName>' for i, well in enumerate(["B2", "A1", "B2"])]
    path = write_czi(scenes, n_z=3, n_times=2)
    for place in (path, path.parent):
        plate = open_plate(place)
        assert (plate.layout, plate.channels, plate.pixel_um) == ("CZI", ("DNA", "ER"), 0.5)
        assert plate.fields[["well", "field"]].to_numpy().tolist() == [["A01", 1], ["B02", 1], ["B02", 2]]
        assert (plate.shape, plate.dtype, plate.n_z, plate.n_times) == (SIDES, np.uint16, 3, 2)
        assert plate.problems == ()
    for row, scene in enumerate([1, 0, 2]):
        shown = plate.at(z=2, time=1)
        for channel in range(2):
            assert np.array_equal(shown.read_plane(row, channel), tile(scene, 0, channel, 2, 1))
        stack = [tile(scene, 0, 1, z, 0) for z in range(3)]
        assert np.array_equal(plate.at(z="max").read_plane(row, 1), np.max(stack, axis=0))


def test_tiles_of_a_mosaic_are_fields(write_czi):
    path = write_czi(['Name="P1"><ArrayName>A1</ArrayName>', 'Name="P2"><ArrayName>A2</ArrayName>'], tiles=4)
    plate = open_plate(path)
    assert plate.fields["field"].tolist() == [1, 2, 3, 4] * 2
    assert plate.fields["y_um"].tolist() == [0, 0, 6, 6] * 2
    assert plate.fields["x_um"].tolist() == [0, 8, 0, 8] * 2
    for row in range(8):
        assert np.array_equal(plate.read_plane(row, 0), tile(row // 4, row % 4, 0, 0, 0))


def test_a_file_a_well(write_czi):
    for well in ("WellB03_x.czi", "WellA01_x.czi"):
        path = write_czi([""], name=well, n_channels=1 + (well[4] == "B"))
    plate = open_plate(path.parent)
    assert plate.layout == "CZI, a file a well"
    assert plate.fields["well"].tolist() == ["A01", "B03"]
    assert plate.fields["missing"].tolist() == [("ER",), ()]
    assert np.array_equal(plate.read_plane(1, 0), tile(0, 0, 0, 0, 0))


def test_files_that_are_plates_are_opened_one_by_one(write_czi):
    for name in ("first.czi", "second.czi"):
        path = write_czi([SCENES[0][0]], name=name)
    with pytest.raises(PlateError, match=r"holds 2 \.czi files whose names do not tell wells"):
        open_plate(path.parent, layout="czi")
    assert READERS["czi"].plates(Place(path.parent)) == (path.parent / "first.czi", path.parent / "second.czi")
    assert open_plate(path).name == "second"


def test_scenes_without_wells_are_said(write_czi):
    plate = open_plate(write_czi([SCENES[0][0], 'Name="P9x">']))
    assert plate.problems == ("1 scenes of 'plate.czi' lie in no well; they were left out.",)
    with pytest.raises(PlateError, match=r"No scene of .* tells its well, and no file name does\. Name the file"):
        open_plate(write_czi(["", ""], name="other.czi"))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_kinds_of_pixels(dtype, write_czi):
    plate = open_plate(write_czi([SCENES[0][0]], dtype=dtype))
    assert plate.dtype == dtype
    assert np.array_equal(plate.read_plane(0, 1), tile(0, 0, 1, 0, 0, dtype))


def test_colour_images_are_refused_when_read(tmp_path):
    path = tmp_path / "A01.czi"
    with czi.create_czi(str(path)) as file:
        file.write(np.zeros((*SIDES, 3), np.uint8))
    plate = open_plate(path)
    with pytest.raises(PlateError, match=r"'A01.czi' holds no grey images: the shape of one is 12×16×3"):
        plate.read_plane(0, 0)


def test_damaged_files_are_told(write_czi):
    path = write_czi([SCENES[0][0]])
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(PlateError, match=r"'plate.czi' cannot be read: the file is cut short or damaged"):
        open_plate(path)


def is_open(path):
    return any(file.path == str(path) for file in psutil.Process().open_files())


def test_the_file_is_open_only_while_its_plate_is_read(write_czi):
    path = write_czi([SCENES[0][0]])
    plate = open_plate(path)
    assert not is_open(path)
    plate.read_plane(0, 0)
    copied = pickle.loads(pickle.dumps(plate))
    assert np.array_equal(copied.read_plane(0, 0), plate.read_plane(0, 0))
    del plate, copied
    assert not is_open(path)


def test_without_the_library_the_error_says_what_to_install(write_czi, monkeypatch):
    path = write_czi([SCENES[0][0]])
    monkeypatch.setitem(sys.modules, "pylibCZIrw", None)
    with pytest.raises(PlateError, match=r"not installed\. Install it with: pip install 'napari-ben\[czi\]'"):
        open_plate(path)


def test_other_folders_are_refused(tmp_path):
    assert READERS["czi"].refusal(Place(tmp_path)) == "it has no .czi file"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wells=st.lists(st.tuples(st.integers(0, 15), st.integers(0, 23)), min_size=1, max_size=4),
    tiles=st.integers(1, 3),
    n_z=st.integers(1, 2),
    n_times=st.integers(1, 2),
    data=st.data(),
)
def test_random_plates_are_read_back(wells, tiles, n_z, n_times, data, write_czi):
    names = [well_name(*well) for well in wells]
    scenes = [f'Name="P{number}"><ArrayName>{name}</ArrayName>' for number, name in enumerate(names)]
    plate = open_plate(write_czi(scenes, name=f"{uuid4().hex}.czi", tiles=tiles, n_z=n_z, n_times=n_times))
    assert len(plate.fields) == len(wells) * tiles
    row = data.draw(st.integers(0, len(plate.fields) - 1))
    well, field = plate.fields["well"][row], plate.fields["field"][row]
    scene = [number for number, name in enumerate(names) if name == well][(field - 1) // tiles]
    z, time = data.draw(st.integers(0, n_z - 1)), data.draw(st.integers(0, n_times - 1))
    shown = plate.at(z=z if plate.z_planes else "auto", time=time if plate.times else None)
    for channel in range(2):
        assert np.array_equal(shown.read_plane(row, channel), tile(scene, (field - 1) % tiles, channel, z, time))
