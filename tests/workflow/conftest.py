"""A small plate in memory and small networks: every path of a run, in seconds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_ben.errors import PlateError
from napari_ben.models import Model, ModelCard, Scaling, Tiling, TrainingRecord, build_network, save_model, to_model
from napari_ben.plates import PixelSource, Plate, plate_from_arrays
from napari_ben.samples import CHANNELS as SAMPLE_CHANNELS
from napari_ben.samples import MECHANISMS, ScreenDesign, write_screen

CHANNELS = ("DNA", "ER", "Mito")
CLASSES = ("actin", "tubulin", "kinase", "DMSO")

collect_ignore = ["killing.py"]  # a script that test_killed starts


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test writes into the person's own cache."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("NAPARI_BEN_CACHE", str(folder))
    return folder


@dataclass(eq=False)
class CountingSource:
    """Counts what is read, and fails where it is told to."""

    source: PixelSource
    reads: list[tuple[int, int]] = field(default_factory=list)
    broken: frozenset[int] = frozenset()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def read(self, row: int, channel: int, level: int = 0) -> np.ndarray:
        self.reads.append((row, channel))
        if row in self.broken:
            raise PlateError(f"'image {row}.tif' is truncated.", "Copy it again.")
        return self.source.read(row, channel, level)


def make_plate(n_fields: int = 2, size: int = 32, seed: int = 0) -> Plate:
    """Twelve wells, the first column controls; each well has a brightness and a texture of its own."""
    random = np.random.default_rng(seed)
    images = {}
    for row in range(3):
        for column in range(4):
            level = 400 + 300 * row + 150 * column
            shape = (n_fields, 3, size, size)
            images["ABC"[row] + str(column + 1)] = random.gamma(2.0, level / 2, shape).astype(np.uint16)
    controls = {f"{row}01": "negative_control" for row in "ABC"}
    plate = plate_from_arrays(images, CHANNELS, name="P1", roles={**controls, "C04": "empty"})
    wells = plate.wells.copy()
    wells["treatment"] = ["DMSO" if role == "negative_control" else "drug" for role in wells["role"]]
    wells["mechanism"] = [CLASSES[number % 4] for number in range(len(wells))]
    wells["confidence"] = "from the platemap"
    return replace(plate, wells=wells)


@pytest.fixture
def plate() -> Plate:
    return make_plate()


@pytest.fixture
def counted(plate: Plate) -> Plate:
    return replace(plate, source=CountingSource(plate.source))


def make_model(method: str = "cs-arm-bn", control_weight: float | None = None, **changes: Any) -> Model:
    """An untrained ResNet-10 whose running statistics are far from any plate's."""
    import torch

    network = build_network("resnet10", 3, 4, seed=1, width=8)
    with torch.no_grad():
        for name, buffer in network.named_buffers():
            if name.endswith("running_mean"):
                buffer.fill_(0.3)
    card = ModelCard(
        **{
            "name": "tiny",
            "architecture": "resnet10",
            "options": {"width": 8},
            "channels": CHANNELS,
            "classes": CLASSES,
            "scaling": Scaling(kind="range", limits=(0, 4000)),
            "tiling": Tiling(size=(32, 32)),
            "embedding_size": network.embedding_size,
            "training": TrainingRecord(method=method, control_weight=control_weight),
            **changes,
        }
    )
    return to_model(network, card)


@pytest.fixture(scope="session")
def model() -> Model:
    return make_model()


@pytest.fixture
def count_images(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Number of images in each call of a network's first convolution."""
    sizes: list[int] = []
    build: Callable[[Model], Any] = Model.network

    def counting(model: Model) -> Any:
        network = build(model)
        network.conv1.register_forward_pre_hook(lambda _, arguments: sizes.append(len(arguments[0])))
        return network

    monkeypatch.setattr(Model, "network", counting)
    return sizes


@pytest.fixture(scope="session")
def screen_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two plates of 96 wells on disk, one field of 32 pixels each, with platemaps."""
    design = ScreenDesign(in_domain=1, new_batch=0, other_lab=1, n_fields=1, size=32)
    return write_screen(tmp_path_factory.mktemp("samples") / "screen", 3, design)


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small untrained model for the sample's channels and mechanisms."""
    network = build_network("resnet10", 5, len(MECHANISMS), seed=2, width=8)
    card = make_model().card.model_copy(
        update={
            "name": "tiny-sample",
            "channels": tuple(SAMPLE_CHANNELS),
            "classes": tuple(MECHANISMS),
            "scaling": Scaling(kind="image"),
        }
    )
    return save_model(tmp_path_factory.mktemp("models") / "tiny-sample.safetensors", network, card).path
