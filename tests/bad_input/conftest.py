"""A plate of TIFF files that can be spoiled, and a small model for it."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_ben.cli import main
from napari_ben.models import ModelCard, Scaling, Tiling, TrainingRecord, build_network, save_model

Command = Callable[..., tuple[int, str, str]]
WELLS = [f"{row}{column:02d}" for row in "ABC" for column in range(1, 5)]
PLATEMAP = "well,role,treatment\n" + "".join(
    f"{well},negative_control,DMSO\n" if well.endswith("01") else f"{well},treatment,drug {well}\n" for well in WELLS
)


def file_of(plate: Path, well: str, channel: int = 1) -> Path:
    """Path of one image, under Opera Phenix's names."""
    row, column = "ABC".index(well[0]) + 1, int(well[1:])
    return plate / "Images" / f"r{row:02d}c{column:02d}f01p01-ch{channel}sk1fk1fl1.tiff"


def write_image(plate: Path, well: str, channel: int, pixels: np.ndarray) -> None:
    tifffile.imwrite(file_of(plate, well, channel), pixels)


def pixels_of(plate: Path, well: str, channel: int = 1) -> np.ndarray:
    return tifffile.imread(file_of(plate, well, channel)).astype(np.float32)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes into the person's own cache or folder."""
    monkeypatch.setenv("NAPARI_BEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """Twelve wells of one field and two channels; the first column are controls."""
    folder = tmp_path / "plate"
    (folder / "Images").mkdir(parents=True)
    random = np.random.default_rng(0)
    for number, well in enumerate(WELLS):
        for channel in (1, 2):
            write_image(folder, well, channel, random.gamma(2, 200 + 50 * number, (32, 32)).astype(np.uint16))
    (folder / "platemap.csv").write_text(PLATEMAP)
    return folder


def write_model(path: Path, **changes: object) -> Path:
    """Write an untrained model; `changes` are of its card."""
    facts = {
        "channels": ("ch1", "ch2"),
        "scaling": Scaling(kind="range", limits=(0, 4000)),
        **changes,
    }
    network = build_network("resnet10", len(facts["channels"]), 3, seed=1, width=8)
    card = ModelCard(
        name=path.stem,
        architecture="resnet10",
        options={"width": 8},
        classes=("actin", "tubulin", "kinase"),
        tiling=Tiling(size=(32, 32)),
        embedding_size=network.embedding_size,
        training=TrainingRecord(method="cs-arm-bn"),
        **facts,
    )
    save_model(path, network, card)
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "tiny.safetensors")


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run ``napari-ben ARGUMENTS``; gives exit code, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return int(exit_.value.code or 0), captured.out, captured.err

    return run


@pytest.fixture
def refused(command: Command) -> Callable[..., None]:
    """Assert that a command line ends with the two lines of an error, and that the words are in it."""

    def check(words: str, *arguments: object) -> None:
        code, _, said = command(*arguments)
        assert code == 2, said
        problem, remedy = re.search(r"^Error: (.+)\n(.+)\n\Z", said, re.MULTILINE).groups()
        assert re.search(words, problem), problem
        assert remedy.endswith(".")
        assert "Traceback" not in said

    return check
