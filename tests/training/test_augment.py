"""Turning and cutting move pixels and make none."""

import numpy as np
import pytest

from napari_ben.training import TrainingConfig
from napari_ben.training._augment import augment


@pytest.mark.parametrize("shape", [(20, 3, 8, 8), (5, 3, 8, 6), (1, 1, 4, 4)])
def test_pixels_are_only_moved(shape: tuple[int, ...]):
    images = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    turned = augment(images, TrainingConfig(), np.random.default_rng(0))
    assert turned.shape == shape
    for before, after in zip(images, turned, strict=True):
        for one, other in zip(before, after, strict=True):
            np.testing.assert_array_equal(np.sort(one, axis=None), np.sort(other, axis=None))


def test_a_turn_is_one_of_the_eight_of_a_square():
    image = np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)
    turns = {np.rot90(flip, k).tobytes() for flip in (image[0, 0], image[0, 0].T) for k in range(4)}
    seen = {augment(image, TrainingConfig(), np.random.default_rng(seed)).tobytes() for seed in range(60)}
    assert seen == turns


def test_nothing_changes_when_nothing_is_asked():
    images = np.random.default_rng(0).random((6, 2, 5, 5), np.float32)
    config = TrainingConfig(augment=False)
    np.testing.assert_array_equal(augment(images, config, np.random.default_rng(0)), images)


def test_a_window_is_cut_at_random_and_never_larger_than_the_image():
    images = np.arange(200, dtype=np.float32).reshape(2, 1, 10, 10)
    config = TrainingConfig(augment=False, crop=4)
    cut = [augment(images, config, np.random.default_rng(seed)) for seed in range(20)]
    assert {part.shape for part in cut} == {(2, 1, 4, 4)}
    assert len({float(part[0, 0, 0, 0]) for part in cut}) > 5
    assert augment(images, TrainingConfig(crop=99), np.random.default_rng(0)).shape == images.shape
