"""What is offered to napari for what is dropped."""

import time

import numpy as np
import pytest
import tifffile

from napari_ben.contrib import get_reader
from napari_ben.errors import SessionFileError
from napari_ben.session import Session, plate_of


def test_a_plate_becomes_layers(tiff_plate):
    reader = get_reader(str(tiff_plate))
    layers = reader(str(tiff_plate))
    assert [keywords["name"] for _, keywords, _ in layers] == ["Channel1", "Channel2"]
    for levels, keywords, kind in layers:
        assert kind == "image"
        assert plate_of(keywords["metadata"]) == tiff_plate
        assert np.asarray(levels[-1]).any()
        assert keywords["contrast_limits"][1] > keywords["contrast_limits"][0]


def test_a_folder_of_plates_is_taken_too(tiff_plate):
    assert get_reader(str(tiff_plate.parent)) is not None


@pytest.mark.parametrize("what", ["empty folder", "file", "several", "absent", "pictures"])
def test_what_is_no_plate_is_none_of_our_business(tmp_path, what):
    (tmp_path / "empty").mkdir()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "holiday.jpg").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x")
    offered = {
        "empty folder": str(tmp_path / "empty"),
        "file": str(tmp_path / "notes.txt"),
        "several": [str(tmp_path / "empty"), str(tmp_path / "pictures")],
        "absent": str(tmp_path / "nowhere"),
        "pictures": str(tmp_path / "pictures"),
    }
    assert get_reader(offered[what]) is None


def test_a_large_folder_is_refused_quickly(tmp_path):
    for number in range(3000):
        (tmp_path / f"document {number}.txt").touch()
    for number in range(60):
        (tmp_path / f"folder {number}").mkdir()
    start = time.perf_counter()
    assert get_reader(str(tmp_path)) is None
    assert time.perf_counter() - start < 1


def test_a_file_that_describes_a_plate_is_taken(tmp_path):
    for number in (1, 2):
        tifffile.imwrite(tmp_path / f"{number}.tif", np.full((8, 8), number, np.uint16))
    (tmp_path / "images.csv").write_text("well,channel,path\nA01,DNA,1.tif\nA02,DNA,2.tif\n")
    reader = get_reader(str(tmp_path / "images.csv"))
    ((levels, keywords, _),) = reader(str(tmp_path / "images.csv"))
    assert keywords["name"] == "DNA"
    assert plate_of(keywords["metadata"]) == tmp_path / "images.csv"
    assert np.asarray(levels[-1]).max() == 2
    assert get_reader(str(tmp_path / "1.tif")) is None


def test_a_session_gives_its_plate_and_says_which_session_it_is(tiff_plate, tmp_path, monkeypatch):
    monkeypatch.setenv("NAPARI_BEN_CACHE", str(tmp_path / "cache"))
    session = Session()
    session.wanted.connect(lambda task: drain(session, task))
    session.open(tiff_plate)
    session.save_session(tmp_path / "s.bensession")
    file = session.state.file
    layers = get_reader(str(file))(str(file))
    assert [keywords["name"] for _, keywords, _ in layers] == ["Channel1", "Channel2"]
    assert {plate_of(keywords["metadata"]) for _, keywords, _ in layers} == {file}
    tiff_plate.rename(tmp_path / "moved")
    with pytest.raises(SessionFileError, match="is no longer at"):
        get_reader(str(file))(str(file))


def drain(session, task):
    try:
        while True:
            session.receive(task, next(task.work))
    except StopIteration as finished:
        session.finish(task, finished.value)
