"""Tiny training data: two plates that differ in brightness, two classes that differ in texture."""

import numpy as np
import pytest
import torch

from napari_ben.models import Scaling, Tiling
from napari_ben.training import TrainingData
from napari_ben.training._pixels import chunks_of


def make_data(n_plates: int = 2, n_wells: int = 8, n_controls: int = 4, size: int = 32) -> TrainingData:
    """Narrow or wide stripes in noise; each plate with a gain and an offset of its own."""
    rng = np.random.default_rng(7)
    images, labels, is_control, plates, wells = [], [], [], [], []
    axis = np.arange(size)
    for plate in range(n_plates):
        for well in range(n_wells + n_controls):
            control = well >= n_wells
            kind = -1 if control else well % 2
            wave = np.sin(axis * (0.6 if kind else 1.6) + rng.uniform(0, 6)) * (not control)
            image = wave + rng.normal(0, 0.4, (2, size, size))
            images.append(image * (1 + plate) + plate)
            labels.append(kind)
            is_control.append(control)
            plates.append(plate)
            wells.append(f"A{well + 1:02d}")
    return TrainingData(
        images=np.array(images, np.float32),
        labels=np.array(labels, np.int64),
        is_control=np.array(is_control),
        plates=np.array(plates, np.int64),
        wells=np.array(wells),
        plate_names=tuple(f"plate-{number}" for number in range(n_plates)),
        classes=("narrow", "wide"),
        channels=("DNA", "Mito"),
        scaling=Scaling(kind="range", limits=(0, 255)),
        tiling=Tiling(size=(size, size)),
    )


def inputs_of(data: TrainingData) -> np.ndarray:
    """(N, C, y, x), what the network sees."""
    return torch.cat(list(chunks_of(data, np.arange(len(data)), torch.device("cpu")))).numpy()


@pytest.fixture
def data() -> TrainingData:
    return make_data()
