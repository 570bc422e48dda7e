import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_ben.errors import ArgumentError, ChannelError, PlateError
from napari_ben.models import ChannelStatistics, Scaling, scale_image

PERCENTILE = Scaling(kind="percentile")
PER_IMAGE = Scaling(kind="image")

# 512 × 512 has 26 brightest pixels, so the threshold is the 26th largest value. Counts, their threshold and the bytes
# that the published pre-processing gives, worked out by hand: floor(count · (255 / threshold)), at most 255.
FROZEN = [
    (4095, [0, 1, 16, 17, 2047, 2048, 4094, 4095, 60000], [0, 0, 0, 1, 127, 127, 254, 255, 255]),
    (255, [0, 1, 2, 127, 254, 255, 65535], [0, 1, 2, 127, 254, 255, 255]),
    (1000, [3, 4, 7, 8, 500, 996, 997, 1000, 1001], [0, 1, 1, 2, 127, 253, 254, 255, 255]),
    (65535, [256, 257, 514, 65277, 65278, 65534], [0, 1, 2, 253, 254, 254]),
    (1, [0, 1], [0, 255]),
]


def field_with(threshold: int, counts: list[int]) -> np.ndarray:
    """A 512 × 512 field whose 26 brightest pixels start at the threshold, with the counts in its first row."""
    pixels = np.zeros(512 * 512, dtype=np.uint16)
    pixels[: len(counts)] = counts
    missing = 26 - sum(count >= threshold for count in counts)
    pixels[-missing:] = threshold
    return pixels.reshape(1, 512, 512)


@pytest.mark.parametrize(("threshold", "counts", "wanted"), FROZEN)
def test_brightest_pixels_rule_is_exact_to_the_integer(threshold, counts, wanted):
    scaled = scale_image(field_with(threshold, counts), PERCENTILE)
    assert (scaled[0, 0, : len(counts)] * 255).tolist() == wanted


@pytest.mark.parametrize(("pixels", "brightest"), [(512 * 512, 26), (256 * 256, 7), (540 * 540, 29), (64 * 64, 1)])
def test_number_of_brightest_pixels_rounds_to_the_nearest_and_is_at_least_one(pixels, brightest):
    ramp = np.arange(1, pixels + 1, dtype=np.float64).reshape(1, 1, -1)
    saturated = int((scale_image(ramp, PERCENTILE) == 1).sum())
    threshold = pixels - brightest + 1
    assert saturated == brightest - (int(threshold * (255 / threshold)) < 255)


@settings(deadline=None)
@given(hnp.arrays(np.uint16, (2, 7, 9)), st.sampled_from([1e-4, 0.1, 0.3]))
def test_brightest_pixels_rule_agrees_with_a_plain_loop(image, share):
    scaled = scale_image(image, Scaling(kind="percentile", brightest=share))
    for channel, result in zip(image, scaled, strict=True):
        values = sorted(channel.ravel().tolist())
        threshold = values[-max(1, round(63 * share))]
        wanted = [min(255, int(count * (255 / threshold))) if threshold else 0 for count in channel.ravel().tolist()]
        assert np.rint(result.ravel() * 255).astype(int).tolist() == wanted


@settings(deadline=None)
@given(hnp.arrays(np.uint16, (2, 5, 6)), st.sampled_from(["percentile", "image", "range"]))
def test_counts_and_numbers_give_the_same_input(image, kind):
    scaling = Scaling(kind=kind, limits=(10, 900) if kind == "range" else None)
    wanted = scale_image(image.astype(np.float64), scaling)
    for dtype in (np.uint16, ">u2", np.int32):
        np.testing.assert_allclose(scale_image(image.astype(dtype), scaling), wanted, rtol=1e-6, atol=1e-6)


def test_card_means_follow_the_eight_bits():
    image = field_with(255, [0, 51, 255])
    scaled = scale_image(image, Scaling(kind="percentile", mean=(0.5,), std=(0.25,)))
    np.testing.assert_allclose(scaled[0, 0, :3], [-2, -1.2, 2], rtol=1e-6)


def test_each_image_and_channel_gets_mean_zero_and_sample_deviation_one():
    image = np.random.default_rng(0).integers(0, 4000, (3, 40, 50), dtype=np.uint16)
    scaled = scale_image(image, PER_IMAGE)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled.mean(axis=(1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(axis=(1, 2), ddof=1), 1, rtol=1e-5)


def test_range_goes_to_the_unit_interval_and_keeps_what_is_outside():
    image = np.array([[[100, 600, 1100, 1600]]], dtype=np.uint16)
    scaled = scale_image(image, Scaling(kind="range", limits=(100, 1100)))
    np.testing.assert_allclose(scaled[0, 0], [0, 0.5, 1, 1.5])


def test_plate_statistics_scale_every_image_alike():
    statistics = ChannelStatistics(np.array([10.0, 20.0]), np.array([2.0, 0.0]))
    scaled = scale_image(np.full((2, 1, 1), 14, dtype=np.uint8), Scaling(kind="plate"), statistics)
    assert scaled.ravel().tolist() == [2, -6]


@pytest.mark.parametrize("kind", ["percentile", "image"])
@pytest.mark.parametrize("pixels", [np.zeros((2, 8, 8), np.uint16), np.full((2, 8, 8), 0.1), np.full((2, 1, 1), 7.5)])
def test_constant_images_give_constant_input_without_warnings(kind, pixels):
    scaled = scale_image(pixels, Scaling(kind=kind))
    assert np.isfinite(scaled).all()
    assert np.ptp(scaled) == 0
    assert kind == "percentile" or not scaled.any()


@pytest.mark.parametrize("pixel", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kind", ["percentile", "image"])
def test_unfinite_pixels_are_refused_in_words(pixel, dtype, kind):
    image = np.ones((2, 4, 4), dtype)
    image[1, 2, 3] = pixel
    with pytest.raises(PlateError, match="1 pixels that are NaN or infinite, out of 32"):
        scale_image(image, Scaling(kind=kind))


@pytest.mark.parametrize("shape", [(4, 4), (2, 0, 4), (1, 2, 3, 4)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(PlateError, match=r"\(channels, height, width\)"):
        scale_image(np.zeros(shape), PER_IMAGE)


def test_means_of_other_channels_are_refused():
    scaling = Scaling(kind="range", limits=(0, 255), mean=(0.5,) * 3, std=(0.5,) * 3)
    with pytest.raises(ChannelError, match="2 channels, but the model scales 3"):
        scale_image(np.ones((2, 4, 4)), scaling)


def test_plate_scaling_without_the_plate_is_refused():
    with pytest.raises(ArgumentError, match="none were given"):
        scale_image(np.ones((1, 2, 2)), Scaling(kind="plate"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "range"}, "limits go with"),
        ({"kind": "image", "limits": (0, 1)}, "limits go with"),
        ({"kind": "range", "limits": (5, 5)}, "limits must rise"),
        ({"kind": "percentile", "mean": (0.1,)}, "come together"),
        ({"kind": "percentile", "mean": (0.1, 0.2), "std": (1,)}, "come together"),
        ({"kind": "image", "mean": (0.1,), "std": (1,)}, "from the images"),
        ({"kind": "percentile", "mean": (0.1,), "std": (0,)}, "above zero"),
        ({"kind": "percentile", "brightest": 0}, "greater than 0"),
        ({"kind": "range", "limits": (0, float("inf"))}, "finite"),
        ({"kind": "gamma"}, "Input should be"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(fields, words):
    with pytest.raises(ValueError, match=words):
        Scaling(**fields)
