"""Distortions keep what they promise, and the plate jitter is its formula."""

import numpy as np
import pytest
import torch

from napari_ben.training._distort import _draw_maps, _draw_zooms, distort, jitter_intensity


def make_images(n: int = 8) -> torch.Tensor:
    return torch.rand(n, 2, 24, 24, generator=torch.Generator().manual_seed(0)) + 1


@pytest.mark.parametrize("strength", ["easy", "normal", "hard"])
def test_distortions_are_the_seeds_and_leave_the_images_alone(strength: str):
    images = make_images()
    before = images.clone()
    first, again, other = (distort(images, strength, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == images.shape
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(images, before)


def test_without_distortion_nothing_changes():
    images = make_images()
    assert distort(images, "none", np.random.default_rng(0)) is images


def test_half_of_the_images_stay_as_they_are_when_easily_distorted():
    images = make_images(200)
    changed = distort(images, "easy", np.random.default_rng(0))
    stays = (changed - images).abs().amax((1, 2, 3)) < 1e-5
    assert 0.4 < stays.float().mean() < 0.6


def test_normal_erases_a_rectangle_in_half_of_the_images():
    erased = distort(torch.ones(200, 1, 40, 40), "normal", np.random.default_rng(0))[:, 0] == 0
    shares = erased.float().mean((1, 2))
    assert (shares > 0.35).sum() > 5  # an image of ones is erased, or shifted by a tenth at most
    assert shares.max() < 0.75


def test_gain_and_bias_act_on_whole_channels():
    images = make_images(50)
    changed = jitter_intensity(images, 0.1, 0.2, np.random.default_rng(0))
    x, y = images.flatten(2), changed.flatten(2)
    gain = (y[..., 0] - y[..., 1]) / (x[..., 0] - x[..., 1])
    bias = y[..., 0] - gain * x[..., 0]
    torch.testing.assert_close(y, gain[..., None] * x + bias[..., None], rtol=1e-2, atol=1e-2)
    assert gain.std().item() == pytest.approx(0.1, rel=0.4)
    assert jitter_intensity(images, 0, 0, np.random.default_rng(0)) is images


@pytest.mark.parametrize("strength", ["easy", "hard"])
def test_images_are_resampled_as_by_an_affine_grid(strength: str):
    images = make_images()
    found = distort(images.contiguous(memory_format=torch.channels_last), strength, np.random.default_rng(4))
    moves, scale, shift = _draw_maps(8, rng := np.random.default_rng(4))
    if strength == "hard":
        zoom, part = _draw_zooms(8, rng)
        scale, shift, moves = scale * zoom, scale * part + shift, np.arange(8)
    maps = np.zeros((8, 2, 3))
    maps[:, [0, 1], [0, 1]], maps[:, :, 2] = scale, shift
    grid = torch.nn.functional.affine_grid(torch.from_numpy(maps).float(), list(images.shape), align_corners=False)
    expected = torch.nn.functional.grid_sample(images, grid, align_corners=False)
    kept = found != 0 if strength == "hard" else torch.ones_like(found, dtype=torch.bool)  # a rectangle is erased
    assert kept.float().mean() > 0.5
    torch.testing.assert_close(found[kept], expected[kept], rtol=1e-4, atol=1e-4)
    stays = np.setdiff1d(np.arange(8), moves)
    assert torch.equal(found[stays], images[stays])
    assert (len(stays) > 0) == (strength == "easy")
