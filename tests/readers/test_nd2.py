"""ND2 plates. No microscope's file is at hand: the files are written here, byte by byte, and read by nd2 itself."""

import pickle
import struct
import sys
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_ben.errors import PlateError
from napari_ben.readers import READERS, open_plate
from napari_ben.readers._place import Place

pytest.importorskip("nd2", reason="nd2 is an extra")

SIDES = (6, 8)
CHANNELS = ("DNA", "ER")
KINDS = {bool: "bool", int: "lx_uint32", float: "double", str: "CLxStringW"}


def variant(value, name="no_name"):
    """Values as NIS-Elements writes them in files of version 2: XML of typed elements."""
    if isinstance(value, dict):
        inside = "".join(variant(of, key) for key, of in value.items())
        return f'<{name} runtype="CLxListVariant">{inside}</{name}>'
    text = str(value).lower() if isinstance(value, bool) else value
    return f'<{name} runtype="{KINDS[type(value)]}" value="{text}"/>'


def chunk(name, data, length=None):
    """Header, name (padded to the 4072 bytes that are reserved before a frame, or as it is), data."""
    padded = name.ljust(length or len(name) + 20, b"\0")
    return struct.pack("<IIQ", 0x0ABECEDA, len(padded), len(data)) + padded + data


def loop(kind, parameters, inner=None, **more):
    return {"eType": kind, "uLoopPars": parameters, **more, **({"ppNextLevelEx": {"i0": inner}} if inner else {})}


def frame_of(seed, place, channels=2):
    return np.random.default_rng([seed, *place]).integers(0, 60_000, (*SIDES, channels), np.uint16)


def ndindex(*counts):
    """Places in order, the last index fastest; without a list of them, for there may be billions."""
    for number in range(np.prod(counts, dtype=object)):
        yield tuple(
            number // int(np.prod(counts[axis + 1 :], dtype=object)) % count for axis, count in enumerate(counts)
        )


def write_nd2(
    path, *, names=(), n_z=1, n_times=1, channels=CHANNELS, seed=0, taken=None, calibration=0.5, components=1
):
    """A file of time points, positions and planes, in this order; ``taken``: frames that were imaged."""
    experiment = None
    if n_z > 1:
        experiment = loop(
            4, {"uiCount": n_z, "dZLow": 0.0, "dZHigh": 1.0, "dZStep": 1.0, "dZHome": 0.0, "iType": 0}, experiment
        )
    if names:
        points = {
            f"i{i:010}": {"dPosX": 100.0 * i, "dPosY": 5.0, "dPosZ": 0.0, "dPosName": name}
            for i, name in enumerate(names)
        }
        experiment = loop(2, {"bUseZ": False, "Points": points}, experiment)
    if n_times > 1:
        experiment = loop(1, {"uiCount": n_times, "dStart": 0.0, "dPeriod": 1.0, "dDuration": 1.0}, experiment)
    places = list(islice(ndindex(n_times, len(names) or 1, n_z), taken))
    n_components = len(channels) * components
    planes = {
        f"a{i}": {
            "sDescription": name,
            "uiCompCount": components,
            "uiColor": 255,
            "pFluorescentProbe": {"m_sName": name},
        }
        for i, name in enumerate(channels)
    }
    metadata = {
        "bCalibrated": calibration is not None,
        "dCalibration": calibration or 0.0,
        "sPicturePlanes": {"uiCount": len(channels), "sPlaneNew": planes},
    }
    attributes = {
        "uiWidth": SIDES[1],
        "uiHeight": SIDES[0],
        "uiWidthBytes": SIDES[1] * 2 * n_components,
        "uiComp": n_components,
        "uiBpcInMemory": 16,
        "uiBpcSignificant": 16,
        "uiSequenceCount": len(places),
        "eCompression": 2,
    }
    parts = [(b"ImageAttributes!", variant(attributes, "variant").encode(), None)]
    parts += [(b"ImageMetadataSeq|0!", variant(metadata, "variant").encode(), None)]
    if experiment:
        parts += [(b"ImageMetadata!", variant(experiment, "variant").encode(), None)]
    for number, place in enumerate(places):
        pixels = struct.pack("<d", 0) + frame_of(seed, place, n_components).tobytes()
        parts.append((b"ImageDataSeq|%d!" % number, pixels, 4072))
    content = chunk(b"ND2 FILE SIGNATURE CHUNK NAME01!", b"Ver2.1".ljust(64, b"\0"), 32)
    table = b""
    for name, data, length in parts:
        table += name + struct.pack("<QQ", len(content), len(data))
        content += chunk(name, data, length)
    at = len(content)
    content += chunk(b"ND2 FILEMAP SIGNATURE NAME 0001!", table + b"ND2 CHUNK MAP SIGNATURE 0000001!")
    path.write_bytes(content + struct.pack("<32sQ", b"ND2 CHUNK MAP SIGNATURE 0000001!", at))
    return path


def test_positions_named_by_wells(tmp_path):
    path = write_nd2(tmp_path / "plate.nd2", names=["B03_0001", "A01_0001", "B03_0002"], n_z=3, n_times=2)
    for place in (path, tmp_path):
        plate = open_plate(place)
        assert (plate.layout, plate.channels, plate.pixel_um) == ("ND2", CHANNELS, 0.5)
        assert (plate.shape, plate.dtype, plate.n_z, plate.n_times) == (SIDES, np.uint16, 3, 2)
        assert plate.fields[["well", "field"]].to_numpy().tolist() == [["A01", 1], ["B03", 1], ["B03", 2]]
        assert plate.fields["x_um"].tolist() == [100, 0, 200]
        assert plate.problems == ()
    for row, position in enumerate([1, 0, 2]):
        stack = [frame_of(0, (1, position, z)) for z in range(3)]
        for channel in range(2):
            assert np.array_equal(plate.at(time=1, z=2).read_plane(row, channel), stack[2][:, :, channel])
            expected = np.max(stack, axis=0)[:, :, channel]
            assert np.array_equal(plate.at(time=1, z="max").read_plane(row, channel), expected)


def test_a_file_a_well(tmp_path):
    for seed, well in enumerate(["B03", "A01"]):
        write_nd2(
            tmp_path / f"Well{well}_Channel_Seq000{seed}.nd2", seed=seed, names=["", ""], channels=CHANNELS[: seed + 1]
        )
    plate = open_plate(tmp_path)
    assert plate.layout == "ND2, a file a well"
    assert plate.fields[["well", "field"]].to_numpy().tolist() == [["A01", 1], ["A01", 2], ["B03", 1], ["B03", 2]]
    assert plate.channels == CHANNELS
    assert plate.fields["missing"].tolist() == [(), (), ("ER",), ("ER",)]
    assert np.array_equal(plate.read_plane(2, 0), frame_of(0, (0, 0, 0), 1)[:, :, 0])
    assert np.array_equal(plate.read_plane(1, 1), frame_of(1, (0, 1, 0))[:, :, 1])


def test_a_file_a_point_of_a_well(tmp_path):
    for seed in range(3):
        write_nd2(tmp_path / f"WellC04_PointC04_000{seed}_Seq.nd2", seed=seed)
    plate = open_plate(tmp_path)
    assert plate.fields["field"].tolist() == [1, 2, 3]
    assert np.array_equal(plate.read_plane(2, 0), frame_of(2, (0, 0, 0))[:, :, 0])


def test_frames_that_were_never_taken_are_missing(tmp_path):
    plate = open_plate(write_nd2(tmp_path / "plate.nd2", names=["A01", "A02"], n_times=3, taken=5))
    assert np.array_equal(plate.at(time=2).read_plane(0, 1), frame_of(0, (2, 0, 0))[:, :, 1])
    with pytest.raises(PlateError, match=r"Field 1 of well A02 .* has no channel 'DNA'"):
        plate.at(time=2).read_plane(1, 0)


def test_positions_in_no_well_are_said(tmp_path):
    plate = open_plate(write_nd2(tmp_path / "plate.nd2", names=["A01_1", "spot"]))
    assert plate.problems == ("1 positions of 'plate.nd2' lie in no well; they were left out.",)
    write_nd2(tmp_path / "plate.nd2", names=["spot", "other"])
    with pytest.raises(PlateError, match=r"No position of .* tells its well, and no file name does\. Name the files"):
        open_plate(tmp_path)


def test_a_pixel_of_unknown_size(tmp_path):
    assert open_plate(write_nd2(tmp_path / "A01.nd2", calibration=None)).pixel_um is None


def test_colour_images_are_refused_when_read(tmp_path):
    plate = open_plate(write_nd2(tmp_path / "A01.nd2", channels=("RGB",), components=3))
    with pytest.raises(PlateError, match=r"'A01.nd2' holds no grey images: the shape of one is 6×8×3"):
        plate.read_plane(0, 0)


def test_one_damaged_file_among_others_is_a_problem(tmp_path):
    for well in ("A01", "A02"):
        path = write_nd2(tmp_path / f"{well}.nd2")
    path.write_bytes(path.read_bytes()[:-100])
    plate = open_plate(tmp_path)
    assert plate.imaged.index.tolist() == ["A01"]
    assert plate.problems[0].startswith("'A02.nd2' cannot be read: the file is cut short or damaged (")
    with pytest.raises(PlateError, match=r"'A02.nd2' cannot be read"):
        open_plate(path)


def test_more_frames_than_a_plate_can_have_are_refused(tmp_path):
    path = write_nd2(tmp_path / "A01.nd2", n_times=4_000_000_000, n_z=2, taken=0)
    with pytest.raises(PlateError, match=r"claims more frames than a plate can have"):
        open_plate(path)


def test_the_file_is_open_only_while_its_plate_is_read(tmp_path):
    path = write_nd2(tmp_path / "A01.nd2")
    plate = open_plate(path)
    process = psutil.Process()
    assert not [file for file in process.open_files() if file.path == str(path)]
    kept = plate.read_plane(0, 1)
    copied = pickle.loads(pickle.dumps(plate))
    del plate
    assert np.array_equal(copied.read_plane(0, 1), kept)
    del copied
    assert not [file for file in process.open_files() if file.path == str(path)]
    assert np.array_equal(kept, frame_of(0, (0, 0, 0))[:, :, 1])


def test_without_the_library_the_error_says_what_to_install(tmp_path, monkeypatch):
    path = write_nd2(tmp_path / "A01.nd2")
    monkeypatch.setitem(sys.modules, "nd2", None)
    with pytest.raises(PlateError, match=r"not installed\. Install it with: pip install 'napari-ben\[nd2\]'"):
        open_plate(path)


def test_other_folders_are_refused(tmp_path):
    assert READERS["nd2"].refusal(Place(tmp_path)) == "it has no .nd2 file"


@settings(max_examples=10, deadline=None)
@given(
    wells=st.lists(st.sampled_from(["A01", "B02", "H12", "P24"]), min_size=1, max_size=5),
    n_z=st.integers(1, 2),
    n_times=st.integers(1, 2),
    data=st.data(),
)
def test_random_plates_are_read_back(wells, n_z, n_times, data):
    names = [f"{well}_{wells[:number].count(well) + 1:04}" for number, well in enumerate(wells)]
    with TemporaryDirectory() as folder:
        plate = open_plate(write_nd2(Path(folder) / "plate.nd2", names=names, n_z=n_z, n_times=n_times))
        row = data.draw(st.integers(0, len(wells) - 1))
        position = names.index(f"{plate.fields['well'][row]}_{plate.fields['field'][row]:04}")
        z, time = data.draw(st.integers(0, n_z - 1)), data.draw(st.integers(0, n_times - 1))
        shown = plate.at(z=z if plate.z_planes else "auto", time=time if plate.times else None)
        expected = frame_of(0, (time, position, z))
        assert len(plate.fields) == len(wells)
        assert all(np.array_equal(shown.read_plane(row, channel), expected[:, :, channel]) for channel in range(2))
