"""A person who follows a document: a folder with what was downloaded, and the document's commands one by one."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from napari_ben.cli import main

from .documents import RECIPES, commands_of

Follow = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in an empty folder with the recipes' settings; nothing of the person's own is touched."""
    monkeypatch.setenv("NAPARI_BEN_CACHE", str(tmp_path / "cache"))
    for settings in RECIPES.glob("*.toml"):
        shutil.copy(settings, tmp_path / settings.name)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    os.chdir("/")


@pytest.fixture
def follow(capsys: pytest.CaptureFixture[str]) -> Follow:
    """Run the commands of a document in order, each with more options for its words; gives what each printed."""

    def run(document: str, more: Mapping[str, tuple[object, ...]]) -> list[str]:
        printed = []
        for command in commands_of(document):
            added = [str(option) for word, options in more.items() if word in command for option in options]
            with pytest.raises(SystemExit) as exit_:
                main([*command, *added])
            out, err = capsys.readouterr()
            assert not exit_.value.code, f"napari-ben {' '.join([*command, *added])}\n{err}"
            printed.append(out)
        return printed

    return run
