"""The overview: read once, kept on disk, and rebuilt when it does not fit; finer levels without reading."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from napari_ben.errors import PlateError
from napari_ben.plates import FORMATS, OnDisk, Plate, fields_table, wells_table
from napari_ben.session import _overview_files as files
from napari_ben.session._picture import develop, first_picture

WELLS = ["A01", "A02", "B06"]
UINT8 = np.dtype(np.uint8)


@dataclass(eq=False)
class CountedSource:
    """One `.npy` file a plane, 640 × 640, which gives levels 1, 2, 4; counts what is opened."""

    folder: Path
    opened: int = 0
    dtype: np.dtype = UINT8
    shape: tuple = (640, 640)
    downsampling: tuple = (1,)

    def path(self, field, channel):
        return self.folder / f"{field}-{channel}.npy"

    def read(self, field, channel, level=0):
        self.opened += 1
        try:
            return np.load(self.path(field, channel))
        except OSError as error:
            raise PlateError(f"{self.path(field, channel).name} is not there.", "Copy it again.") from error


def open_plate(folder) -> Plate:
    fields = fields_table(WELLS, [1] * 3)
    return Plate(
        name="p",
        path=folder,
        layout="test",
        format=FORMATS[24],
        channels=("DNA", "ER"),
        fields=fields,
        wells=wells_table(fields),
        source=CountedSource(folder),
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Planes of noise on disk, and an empty cache."""
    monkeypatch.setenv("NAPARI_BEN_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    (tmp_path / "plate").mkdir()
    for field in range(3):
        for channel in range(2):
            np.save(tmp_path / "plate" / f"{field}-{channel}.npy", rng.integers(1, 250, (640, 640), np.uint8))
    return tmp_path / "plate"


def show(folder):
    """Open the plate and let its overview develop: the picture, and the files opened for contrast and overview."""
    plate = open_plate(folder)
    picture = first_picture(plate)
    contrast = plate.source.opened
    for _ in develop(plate, picture):
        pass
    return plate, picture, (contrast, plate.source.opened - contrast)


def cached(folder):
    return sorted((folder.parent / "cache" / "overviews").glob("*"))


def test_the_overview_is_the_coarsest_level(folder):
    plate, picture, opened = show(folder)
    assert isinstance(plate.source, OnDisk)
    assert opened == (6, 6)
    for channel in range(2):
        assert np.array_equal(picture.overviews[channel], plate.mosaic.levels(channel)[-1].compute())


def test_the_second_opening_reads_nothing_and_shows_the_same(folder):
    _, first, _ = show(folder)
    plate, second, opened = show(folder)
    assert opened == (0, 0)
    assert second.limits == first.limits
    assert all(np.array_equal(*pair) for pair in zip(first.overviews, second.overviews, strict=True))
    assert second.overviews[0].dtype == plate.dtype
    assert len(cached(folder)) == 2


def test_news_comes_from_the_first_field_on(folder):
    plate = open_plate(folder)
    picture = first_picture(plate)
    work = develop(plate, picture)
    assert next(work) == (0, 1)
    assert picture.overviews[0].any()
    with pytest.raises(StopIteration):
        work.send(True)
    assert cached(folder) == []


def rewrite_an_image(folder):
    np.save(folder / "1-0.npy", np.full((640, 640), 9, np.uint8))
    os.utime(folder / "1-0.npy", (1, 1))


def add_a_file(folder):
    (folder / "new.npy").touch()
    os.utime(folder, (2, 2))


def damage(folder):
    for path in cached(folder):
        path.write_bytes(path.read_bytes()[:-40])


def flip_a_bit(folder):
    for path in cached(folder):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)


def empty(folder):
    for path in cached(folder):
        path.write_bytes(b"")


@pytest.mark.parametrize("change", [rewrite_an_image, add_a_file, damage, flip_a_bit, empty])
def test_an_overview_that_does_not_fit_is_made_anew(folder, change):
    show(folder)
    change(folder)
    plate, picture, opened = show(folder)
    assert opened[1] > 0
    assert np.array_equal(picture.overviews[0], plate.mosaic.levels(0)[-1].compute())
    assert show(folder)[2] == (0, 0)


def test_what_is_shown_is_part_of_the_key(folder):
    plate = open_plate(folder)
    views = [replace(plate, view=replace(plate.view, z=z)) for z in ("auto", "max", 3)]
    others = [replace(plate, pixel_um=0.5, fields=plate.fields.assign(x_um=[0.0, 9.0, 4.0], y_um=0.0))]
    names = {files.overview_file(each, channel) for each in (*views, *others) for channel in range(2)}
    assert len(names) == 6  # one field a well lies in the same place wherever the stage was
    assert files.overview_file(replace(plate, path=Path("elsewhere")), 0) not in names


def test_a_field_that_could_not_be_read_is_stated_and_tried_again(folder):
    away = folder / "2-1.npy"
    content = away.read_bytes()
    away.unlink()
    plate, *_ = show(folder)
    assert plate.problems == ("2-1.npy is not there.",)
    again, _, opened = show(folder)
    assert again.problems == plate.problems
    assert opened == (0, 1)
    away.write_bytes(content)
    plate, picture, _ = show(folder)
    assert np.array_equal(picture.overviews[1], plate.mosaic.levels(1)[-1].compute())


def test_the_cache_is_bounded_and_lets_go_of_the_oldest(folder, monkeypatch):
    show(folder)
    first = cached(folder)
    for number, path in enumerate(first):
        os.utime(path, (number, number))
    monkeypatch.setattr(files, "MOST_BYTES", 3 * first[0].stat().st_size)
    plate = replace(open_plate(folder), view=replace(open_plate(folder).view, z="max"))
    for _ in develop(plate, first_picture(plate)):
        pass
    assert len(cached(folder)) == 3
    assert first[0] not in cached(folder)


def test_a_cache_that_cannot_be_written_is_done_without(folder, monkeypatch):
    monkeypatch.setenv("NAPARI_BEN_CACHE", str(folder / "0-0.npy"))
    _, picture, _ = show(folder)
    assert picture.overviews[0].any()


def test_pixels_in_memory_are_not_cached(plate, tmp_path, monkeypatch):
    monkeypatch.setenv("NAPARI_BEN_CACHE", str(tmp_path))
    for _ in develop(plate, first_picture(plate)):
        pass
    assert list(tmp_path.iterdir()) == []
