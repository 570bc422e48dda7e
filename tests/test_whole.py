"""What is not finished is not there, and does not stay."""

import subprocess
import sys
from pathlib import Path

import pytest

from napari_ben._whole import scratch_folder, whole_file

KILLED = """
import os, signal, sys
from pathlib import Path
from napari_ben._whole import whole_file
with whole_file(Path(sys.argv[1])) as unfinished:
    unfinished.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_file_is_replaced_at_the_end(tmp_path: Path):
    path = tmp_path / "new" / "file.txt"
    with whole_file(path) as unfinished:
        unfinished.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def fill() -> None:
        with whole_file(path) as unfinished:
            unfinished.write_text("half")
            raise OSError(28, "full")

    with pytest.raises(OSError, match="full"):
        fill()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_what_a_killed_process_left_goes_with_the_next_one(tmp_path: Path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)  # noqa: S603
    left = [folder for folder in tmp_path.iterdir() if folder.is_dir()]
    assert len(left) == 1
    assert path.read_text() == "old"
    elsewhere = tmp_path / ".napari-ben-anothermachine-1-x"
    elsewhere.mkdir()
    with scratch_folder(tmp_path) as mine, scratch_folder(tmp_path):
        assert not left[0].exists()
        assert mine.exists()
    assert sorted(tmp_path.iterdir()) == [elsewhere, path]
