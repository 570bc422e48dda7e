import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from napari_ben.errors import MethodError
from napari_ben.methods._moments import concatenate, moments_of

FLOATS = arrays.arrays(np.float64, st.tuples(st.integers(1, 12), st.just(2), st.just(3)), elements=st.floats(-1e3, 1e3))


def of(values, weights=None):
    return moments_of(torch.from_numpy(values), np.ones(len(values)) if weights is None else weights)


@given(values=FLOATS, cut=st.integers(1, 11), data=st.data())
def test_merged_parts_are_the_whole(values, cut, data):
    weights = np.array(data.draw(st.lists(st.floats(0.01, 100), min_size=len(values), max_size=len(values))))
    whole = of(values, weights)
    merged = of(values[:cut], weights[:cut])
    if cut < len(values):
        merged = of(values[cut:], weights[cut:]).merge(merged)
    np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(merged.variance, whole.variance, rtol=1e-9, atol=1e-7)
    assert merged.count == pytest.approx(whole.count)


@given(values=FLOATS)
def test_without_weights_it_is_numpy(values):
    moments = of(values)
    np.testing.assert_allclose(moments.mean, values.mean((0, 2)), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(moments.variance, values.var((0, 2)), rtol=1e-9, atol=1e-7)
    assert moments.count == values.shape[0] * values.shape[2]


def test_whole_weights_are_repetitions():
    values, weights = np.random.default_rng(0).normal(size=(4, 3, 5)), np.array([1, 2, 1, 3])
    weighted, repeated = of(values, weights.astype(float)), of(np.repeat(values, weights, axis=0))
    np.testing.assert_allclose(weighted.mean, repeated.mean)
    np.testing.assert_allclose(weighted.variance, repeated.variance)
    assert weighted.count == pytest.approx(5 * weights.sum() ** 2 / (weights**2).sum())  # Kish


@pytest.mark.parametrize("shape", [(6, 4), (6, 4, 5), (6, 4, 5, 7), (6, 4, 3, 5, 7), (300, 4, 64, 64)])
def test_every_number_of_dimensions(shape):
    values = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    moments = moments_of(values, np.ones(len(values)))
    flat = values.double().transpose(0, 1).flatten(1).numpy()
    np.testing.assert_allclose(moments.mean, flat.mean(1), atol=1e-7)
    np.testing.assert_allclose(moments.variance, flat.var(1), rtol=1e-6)
    assert moments.count == flat.shape[1]


def test_channels_last_gives_the_same():
    values = torch.randn(5, 8, 6, 6, generator=torch.Generator().manual_seed(0))
    one, other = (moments_of(v, np.ones(5)) for v in (values, values.contiguous(memory_format=torch.channels_last)))
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-7)


def test_concatenated_parts_are_the_concatenation():
    values = np.random.default_rng(0).normal(size=(4, 6, 5))
    joined, whole = concatenate([of(values[:, :2]), of(values[:, 2:])]), of(values)
    np.testing.assert_allclose(joined.mean, whole.mean)
    np.testing.assert_allclose(joined.variance, whole.variance)
    assert joined.count == whole.count


def test_rows_that_are_not_images_need_equal_weights():
    assert moments_of(torch.ones(8, 2), np.full(4, 0.5)).weight == 4
    with pytest.raises(MethodError, match="8 rows for 4 images, so the images' weights cannot be followed"):
        moments_of(torch.ones(8, 2), np.array([1, 1, 1, 2.0]))
