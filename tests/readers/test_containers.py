"""Files of a microscope's own format: opened late, few at a time, closed, one thread at a time."""

import pickle
import threading

import numpy as np
import pytest

from napari_ben.errors import PlateError
from napari_ben.readers import _containers
from napari_ben.readers._containers import Pages, well_in_name

OPENED = []


class File:
    """Counts who reads it at the same time."""

    def __init__(self, path):
        if not path.exists():
            raise OSError("nothing there")
        self.closed = False
        self.readers = 0
        OPENED.append(self)

    def close(self):
        self.closed = True


def read(file, plane):
    assert not file.closed
    file.readers += 1
    assert file.readers == 1
    pixels = np.full((2, 3) if plane[0] < 100 else (2, 3, 3), plane[0])
    file.readers -= 1
    return pixels


@pytest.fixture
def pages(tmp_path):
    OPENED.clear()
    for number in range(12):
        (tmp_path / f"{number}.raw").touch()
    return Pages(File, read, np.array([[7], [8], [100]]), (OSError,)), tmp_path


def test_files_are_opened_late_and_closed_with_the_plate(pages):
    reader, folder = pages
    assert OPENED == []
    assert reader(folder / "0.raw", 1).tolist() == [[8] * 3] * 2
    assert reader(folder / "0.raw", 0).max() == 7
    assert len(OPENED) == 1
    copied = pickle.loads(pickle.dumps(reader))
    assert len(OPENED) == 1
    del reader, pages
    copied(folder / "0.raw", 0)
    assert [file.closed for file in OPENED] == [False, False]


def test_the_last_reference_closes(tmp_path):
    OPENED.clear()
    (tmp_path / "0.raw").touch()
    reader = Pages(File, read, np.array([[7]]), (OSError,))
    reader(tmp_path / "0.raw", 0)
    del reader
    assert [file.closed for file in OPENED] == [True]


def test_a_few_files_are_open_at_a_time(pages):
    reader, folder = pages
    for number in range(12):
        reader(folder / f"{number}.raw", 0)
    assert sum(not file.closed for file in OPENED) == _containers.OPEN_FILES


def test_threads_take_turns(pages):
    reader, folder = pages
    failures = []

    def work():
        for number in range(30):
            try:
                reader(folder / f"{number % 12}.raw", number % 2)
            except AssertionError as error:
                failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_damage_is_told_in_words(pages):
    reader, folder = pages
    with pytest.raises(PlateError, match=r"'gone.raw' is not in .* any more\. Bring it back"):
        reader(folder / "gone.raw", 0)
    with pytest.raises(PlateError, match=r"'0.raw' holds no grey images: the shape of one is 2×3×3"):
        reader(folder / "0.raw", 2)


@pytest.mark.parametrize(
    ("name", "well"),
    [
        ("WellA01_PointA01_0000_ChannelDAPI_Seq0001", "A01"),
        ("well b-3", "B03"),
        ("Plate1_C04", "C04"),
        ("2024-01-05_AF48_x", "AF48"),
        ("scan C4", "C04"),
        ("A01_B02", None),
        ("A01_A01", "A01"),
        ("CH02", None),
        ("image", None),
        ("P12345", None),
    ],
)
def test_wells_in_names(name, well):
    assert well_in_name(name) == well


def test_a_left_over_beside_images_is_no_plate(tmp_path):
    from napari_ben.readers import READERS, Place

    (tmp_path / "overview_A01.czi").touch()
    assert READERS["czi"].refusal(Place(tmp_path)) is None
    for name in ("A01_s1_w1.tif", "A02_s1_w1.tif"):
        (tmp_path / name).touch()
    assert READERS["czi"].refusal(Place(tmp_path)) == "it has fewer .czi files than image files"


@pytest.mark.parametrize("suffix", ["czi", "nd2"])
def test_a_folder_of_plates_is_a_screen(suffix, tmp_path):
    from napari_ben.readers import READERS, Place

    for name in ("one", "two"):
        (tmp_path / f"{name}.{suffix}").touch()
    assert READERS[suffix].plates(Place(tmp_path)) == tuple(tmp_path / f"{name}.{suffix}" for name in ("one", "two"))
    for name in ("one", "two"):
        (tmp_path / f"{name}.{suffix}").unlink()
        (tmp_path / f"{name}_WellA0{len(name)}.{suffix}").touch()
        (tmp_path / f"{name}_WellB0{len(name)}.{suffix}").touch()
    assert READERS[suffix].plates(Place(tmp_path)) == ()
