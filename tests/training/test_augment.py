"""Turning and cutting move pixels and make none."""

from typing import Any

import numpy as np
import pytest
import torch

from napari_ben.training import TrainingConfig
from napari_ben.training._augment import cut_and_turn, see
from napari_ben.training._pixels import Load

CPU = torch.device("cpu")


def moved(images: np.ndarray, seed: int = 0, **options: Any) -> np.ndarray:
    """(n, C, Y, X) images after cutting and turning."""
    rng = np.random.default_rng(seed)
    kept = torch.from_numpy(np.ascontiguousarray(np.moveaxis(images, 1, -1)))
    return np.moveaxis(cut_and_turn(kept, TrainingConfig(**options), rng).numpy(), -1, 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
@pytest.mark.parametrize("shape", [(20, 3, 8, 8), (5, 3, 8, 6), (1, 1, 4, 4)])
def test_pixels_are_only_moved(shape: tuple[int, ...], dtype: type):
    images = (np.arange(np.prod(shape)) % 251).astype(dtype).reshape(shape)
    turned = moved(images)
    assert turned.shape == shape
    assert turned.dtype == dtype
    for before, after in zip(images, turned, strict=True):
        for one, other in zip(before, after, strict=True):
            np.testing.assert_array_equal(np.sort(one, axis=None), np.sort(other, axis=None))


def test_each_image_has_a_turn_of_its_own_one_of_the_eight_of_a_square():
    image = np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)
    turns = {np.rot90(flip, k).tobytes() for flip in (image[0, 0], image[0, 0].T) for k in range(4)}
    seen = {turned.tobytes() for turned in moved(np.repeat(image, 200, axis=0))}
    assert seen == turns


def test_channels_turn_together():
    images = np.random.default_rng(0).integers(0, 99, (30, 1, 5, 5)) + 100 * np.arange(3)[:, None, None]
    turned = moved(images.astype(np.int16))
    np.testing.assert_array_equal(
        turned - turned[:, :1], 100 * np.broadcast_to(np.arange(3)[:, None, None], turned.shape)
    )


def test_nothing_changes_when_nothing_is_asked():
    images = np.random.default_rng(0).random((6, 2, 5, 5), np.float32)
    np.testing.assert_array_equal(moved(images, augment=False), images)


@pytest.mark.parametrize("augment", [False, True])
def test_a_window_is_cut_at_random_out_of_each_image(augment: bool):
    image = np.arange(90, dtype=np.float32).reshape(1, 1, 9, 10)
    cut = moved(np.repeat(image, 300, axis=0), augment=augment, crop=4)
    assert cut.shape == (300, 1, 4, 4)
    corners = cut.min((1, 2, 3))
    assert set(corners) == {float(10 * y + x) for y in range(6) for x in range(7)}
    lowest = corners[:, None, None] + 10 * np.arange(4)[:, None] + np.arange(4)
    np.testing.assert_array_equal(np.sort(cut.reshape(300, -1)), lowest.reshape(300, -1))


def test_a_window_is_never_larger_than_the_image():
    images = np.arange(200, dtype=np.float32).reshape(2, 1, 10, 10)
    np.testing.assert_array_equal(moved(images, augment=False, crop=99), images)


def test_the_plates_jitter_scales_as_if_it_had_been_measured_wrongly():
    counts = np.random.default_rng(3).integers(0, 256, (6, 5, 5, 2), np.uint8)
    mean, std = np.array([120, 20.0]), np.array([50, 9.0])
    line = np.tile(mean, (6, 1)), np.tile(std, (6, 1))
    load = Load(np.arange(6), torch.from_numpy(counts), *line)
    config = TrainingConfig(augment=False, pixel_jitter=0.1)
    found = see(load, line[0] / line[1], config, "none", np.random.default_rng(5))
    a, b = np.random.default_rng(5).uniform(-0.1, 0.1, (2, 6, 1, 1, 2))
    expected = (counts - mean * (1 + a)) / (std * (1 + b))
    np.testing.assert_allclose(found.permute(0, 2, 3, 1).numpy(), expected, rtol=1e-5, atol=1e-5)
    assert load.pixels.numpy().tobytes() == counts.tobytes()


def test_a_view_lies_channels_last_in_memory():
    load = Load(np.arange(3), torch.zeros(3, 8, 8, 2, dtype=torch.uint8), np.zeros((3, 2)), np.ones((3, 2)))
    view = see(load, None, TrainingConfig(), "none", np.random.default_rng(0))
    assert view.shape == (3, 2, 8, 8)
    assert view.is_contiguous(memory_format=torch.channels_last)
