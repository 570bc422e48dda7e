"""The command line as a person runs it, on a small screen and with a small model."""

from collections.abc import Callable
from pathlib import Path

import pytest

from napari_ben.cli import main
from napari_ben.models import ModelCard, Scaling, Tiling, TrainingRecord, build_network, save_model
from napari_ben.samples import CHANNELS, MECHANISMS, ScreenDesign, write_screen

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes into the person's own cache or folder."""
    monkeypatch.setenv("NAPARI_BEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run ``napari-ben ARGUMENTS``; gives exit code, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return int(exit_.value.code or 0), captured.out, captured.err

    return run


@pytest.fixture(scope="session")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two plates of 96 wells, one field of 32 pixels each."""
    design = ScreenDesign(in_domain=1, new_batch=0, other_lab=1, n_fields=1, size=32)
    return write_screen(tmp_path_factory.mktemp("samples") / "screen", 3, design)


@pytest.fixture(scope="session")
def plate(screen: Path) -> Path:
    return min(screen.glob("*.ome.zarr"))


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained network for the sample's channels and mechanisms."""
    network = build_network("resnet10", len(CHANNELS), len(MECHANISMS), seed=2, width=8)
    card = ModelCard(
        name="tiny",
        architecture="resnet10",
        options={"width": 8},
        channels=tuple(CHANNELS),
        classes=tuple(MECHANISMS),
        scaling=Scaling(kind="image"),
        tiling=Tiling(size=(32, 32)),
        embedding_size=network.embedding_size,
        training=TrainingRecord(method="cs-arm-bn"),
    )
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    save_model(path, network, card)
    return path
