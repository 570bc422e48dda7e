"""The screen on disk."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaozarrs
import zarr

from napari_ben.errors import ArgumentError, SaveError
from napari_ben.samples import ScreenDesign, draw_field, iter_screen, plan_screen, sample_screen, write_screen

TINY = ScreenDesign(in_domain=1, new_batch=0, other_lab=1, n_fields=1, size=32)


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_screen(tmp_path_factory.mktemp("samples") / "screen", 3, TINY)


def test_screen_csv_names_every_plate(screen: Path):
    table = pd.read_csv(screen / "screen.csv")
    assert list(table.columns) == ["plate", "experiment", "lab", "split"]
    assert table["split"].tolist() == ["in_domain", "other_lab"]
    for name in table["plate"]:
        assert (screen / f"{name}.ome.zarr").is_dir()
        assert len(pd.read_csv(screen / f"{name}.csv")) == 96


def test_plates_are_valid_ome_zarr(screen: Path):
    for path in screen.glob("*.ome.zarr"):
        yaozarrs.validate_zarr_store(str(path))
        content = json.loads((path / "zarr.json").read_text())["attributes"]["ome"]["plate"]
        assert len(content["wells"]) == 96
        assert content["field_count"] == 1


def test_pixels_on_disk_are_those_drawn(screen: Path):
    plate = plan_screen(3, TINY)[0]
    group = zarr.open_group(screen / f"{plate.name}.ome.zarr", mode="r")
    drawn = draw_field(plate, 13, 0, 32)  # row B, second column
    np.testing.assert_array_equal(group["B/2/0/0"][:], drawn)
    halves = drawn.reshape(5, 16, 2, 16, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(group["B/2/0/1"][:], halves, atol=0.51)


def test_one_chunk_is_one_plane(screen: Path):
    plate = next(screen.glob("*.ome.zarr"))
    assert zarr.open_array(plate / "A/1/0/0", mode="r").chunks == (1, 32, 32)


def test_progress_counts_fields(tmp_path: Path):
    steps = list(iter_screen(tmp_path / "screen", 1, TINY))
    assert steps == [(done, 192) for done in range(1, 193)]


def test_a_stopped_writer_leaves_nothing(tmp_path: Path):
    writing = iter_screen(tmp_path / "screen", 1, TINY)
    next(writing)
    writing.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(ArgumentError, match="holds something already"):
        write_screen(tmp_path, 1, TINY)


def test_an_empty_folder_is_filled(tmp_path: Path):
    assert (write_screen(tmp_path, 1, ScreenDesign(1, 0, 0, n_fields=1, size=32)) / "screen.csv").is_file()


def test_a_full_disk_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(SaveError, match="No space left"):
        write_screen(tmp_path / "screen", 1, TINY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"size": 33}, "even"),
        ({"n_fields": 0}, "at least 1"),
        ({"in_domain": 13}, "12 training"),
        ({"size": 512}, "384"),
    ],
)
def test_an_impossible_design_is_refused(change: dict[str, int], match: str):
    with pytest.raises(ArgumentError, match=match):
        ScreenDesign(**change)


def test_a_negative_seed_is_refused(tmp_path: Path):
    with pytest.raises(ArgumentError, match="-1"):
        write_screen(tmp_path / "screen", -1)


def test_the_sample_screen_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NAPARI_BEN_CACHE", str(tmp_path))
    first = sample_screen(2, TINY)
    written = (first / "screen.csv").stat().st_mtime_ns
    assert sample_screen(2, TINY) == first
    assert (first / "screen.csv").stat().st_mtime_ns == written
    assert sample_screen(4, TINY) != first
