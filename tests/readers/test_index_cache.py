"""The index of a large plate is kept, and is never older than the plate."""

import os

import numpy as np
import pandas as pd
import pytest

from napari_ben.plates import FORMATS
from napari_ben.readers import Place, _index_cache
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._index_cache import keep_index

COLUMNS = ("wells", "fields", "channels", "files", "z", "times", "pages", "bands", "acquisitions", "y_um", "x_um")


@pytest.fixture(autouse=True)
def small_plates_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("NAPARI_BEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NAPARI_BEN_INDEX_CACHE", raising=False)
    monkeypatch.setattr(_index_cache, "SMALLEST", 2)


class Layout:
    """A layout that counts how often it is asked."""

    def __init__(self, **facts):
        self.asked = 0
        self.facts = facts

    def __call__(self, place):
        self.asked += 1
        index = PlaneIndex(
            wells=["B02", "A01", "B02"],
            fields=np.array([1, 2, 3]),
            channels=("Hoechst 33342 é", "ER", "ER"),
            files=["a.tif", "b\udc80.tif", "Images/c.tif"],
            z=[1, 1, 2],
            acquisitions=["", "2", "2"],
            y_um=[0.5, np.nan, -3.0],
        )
        return index, PlateFacts("P", "test", **self.facts)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "plate").mkdir()
    for name in ("a.tif", "b.tif", "Index.xml"):
        (tmp_path / "plate" / name).write_text(name)
    return tmp_path / "plate"


def kept_files(tmp_path):
    return list((tmp_path / "cache/index").glob("*"))


FULL = {
    "channels": ("ER", "DNA"),
    "format": FORMATS[384],
    "experiment": "week 1",
    "shape": (np.int64(3), 4),
    "dtype": np.dtype(">u2"),
    "pixel_um": np.float64(0.6),
    "projection": 0,
    "platemap": pd.DataFrame({"well": ["A01"], "treatment": ["NA"]}),
    "problems": ("Odd.",),
}


@pytest.mark.parametrize("facts", [{}, FULL], ids=["bare", "full"])
def test_what_was_found_comes_back(facts, folder, tmp_path):
    layout = Layout(**facts)
    index = keep_index("test", layout)
    (first, about), (again, kept) = index(Place(folder)), index(Place(folder))
    assert layout.asked == 1
    assert len(kept_files(tmp_path)) == 1
    for name in COLUMNS:
        assert np.array_equal(np.asarray(getattr(first, name)), np.asarray(getattr(again, name))) or name == "y_um"
    assert np.array_equal(np.asarray(first.y_um), again.y_um, equal_nan=True)
    for name, value in vars(about).items():
        if name != "platemap":
            assert getattr(kept, name) == value
    assert (kept.platemap is None) == (about.platemap is None)
    assert about.platemap is None or kept.platemap.equals(about.platemap)


def touch(path):
    os.utime(path, ns=(1, 1))


CHANGES = {
    "another time": lambda folder: touch(folder / "Index.xml"),
    "another size": lambda folder: (folder / "Index.xml").write_text("changed"),
    "an image more": lambda folder: (folder / "c.tif").write_text(""),
    "an image less": lambda folder: (folder / "b.tif").unlink(),
    "a table more": lambda folder: (folder / "table.csv").write_text(""),
    "a table less": lambda folder: (folder / "Index.xml").unlink(),
    "beside it": lambda folder: touch(folder.parent / "beside.xml"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_plate_that_changed_is_read_anew(change, folder, tmp_path):
    (tmp_path / "beside.xml").write_text("")
    layout = Layout()
    index = keep_index("test", layout, lambda _: [tmp_path / "beside.xml"])
    index(Place(folder))
    change(folder)
    index(Place(folder))
    index(Place(folder))
    assert layout.asked == 2


DAMAGE = {
    "empty": lambda content: b"",
    "no archive": lambda content: b"nothing",
    "cut short": lambda content: content[: len(content) // 2],
    "one byte": lambda content: content[:300] + bytes([content[300] ^ 255]) + content[301:],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_read_over(damage, folder, tmp_path):
    layout = Layout()
    index = keep_index("test", layout)
    index(Place(folder))
    (path,) = kept_files(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    assert list(index(Place(folder))[0].files) == ["a.tif", "b\udc80.tif", "Images/c.tif"]
    index(Place(folder))
    assert layout.asked <= 2


@pytest.mark.parametrize("damage", [{"wells": np.array([0])}, {"wells": np.array([0, 9, 0])}, {"facts": {}}])
def test_a_file_that_is_no_index_is_read_over(damage, folder, tmp_path):
    layout = Layout()
    index = keep_index("test", layout)
    index(Place(folder))
    (path,) = kept_files(tmp_path)
    with np.load(path) as kept:
        arrays = dict(kept)
    if "facts" in damage:
        about = _index_cache._to_text(arrays["about"]).replace('"layout": "test"', '"title": 1')
        damage = {"about": _index_cache._to_bytes(about)}
    np.savez(path, **arrays | damage)
    index(Place(folder))
    assert layout.asked == 2


def test_nothing_is_ever_unpickled(folder, tmp_path):
    layout = Layout()
    index = keep_index("test", layout)
    index(Place(folder))
    (path,) = kept_files(tmp_path)
    with np.load(path) as kept:
        arrays = dict(kept)
    np.savez(path, **arrays | {"z": np.array([print], object)})
    index(Place(folder))
    assert layout.asked == 2


@pytest.mark.parametrize("word", ["off", "0", "OFF"])
def test_it_can_be_turned_off(word, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("NAPARI_BEN_INDEX_CACHE", word)
    index = keep_index("test", Layout())
    index(Place(folder))
    assert not kept_files(tmp_path)


def test_small_plates_and_what_cannot_be_kept_are_read_anew(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(_index_cache, "SMALLEST", 9)
    keep_index("test", Layout())(Place(folder))
    monkeypatch.setattr(_index_cache, "SMALLEST", 2)
    keep_index("test", Layout(read_page=print))(Place(folder))
    keep_index("test", Layout(problems=(object(),)))(Place(folder))
    monkeypatch.setattr(_index_cache, "MOST_STATED", 0)
    keep_index("test", Layout())(Place(folder))
    assert not [path for path in kept_files(tmp_path) if path.suffix == ".npz"]


def test_a_cache_that_cannot_be_written_is_no_error(folder, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    layout = Layout()
    assert keep_index("test", layout)(Place(folder))[1].name == "P"


def test_layouts_and_places_are_kept_apart(folder, tmp_path):
    keep_index("test", Layout())(Place(folder))
    keep_index("other", Layout())(Place(folder))
    keep_index("test", Layout())(Place(folder / "Index.xml"))
    assert len(kept_files(tmp_path)) == 3
