"""Kept pixels: how many bytes they take, and that the network sees in training what it sees at inference."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_ben.errors import PlateError, SaveError
from napari_ben.models import ModelCard, Tiling, Unscaled, prepare_image
from napari_ben.plates import Plate, plate_from_arrays
from napari_ben.training import TrainingConfig, TrainingData, collect_data, fit
from napari_ben.training._scaling import measure_plates
from napari_ben.training._store import UINT8, PixelStore

from .conftest import inputs_of
from .test_loop import drain, make_config

WELLS = ["A1", "A2", "A3", "A4"]
SIDE, N_CHANNELS = 12, 2
TOP = {"uint8": 256, "uint16": 65536, "int32": 100_000, "float32": 3.0}


def make_plate(dtype: str, name: str = "P", n_fields: int = 2) -> Plate:
    rng = np.random.default_rng(len(dtype))
    shape = (n_fields, N_CHANNELS, SIDE, SIDE)
    images = {well: (rng.random(shape) ** 2 * TOP[dtype]).astype(dtype) for well in WELLS}
    plate = plate_from_arrays(images, name=name)
    plate.wells["treatment"] = ["x", "y", "x", "y"]
    return plate


def at_inference(plate: Plate, data: TrainingData) -> np.ndarray:
    """What `predict` shows to a network that was trained on this."""
    card = ModelCard(
        name="twin",
        architecture="none",
        channels=data.channels,
        classes=data.classes,
        scaling=data.scaling,
        tiling=data.tiling,
        embedding_size=1,
    )
    own = measure_plates([plate], [(0, 1)], ["P"])[0]
    return np.concatenate([prepare_image(plate.read_field(row), card, own) for row in range(len(plate.fields))])


TILINGS = {
    "whole": None,
    "crop": Tiling(size=(8, 10)),
    "mirrored": Tiling(size=(16, 16)),
    "tiles": Tiling(size=(8, 8), fit="tiles"),
    "resize": Tiling(size=(7, 9), fit="resize"),
}


@pytest.mark.parametrize("tiling", TILINGS)
@pytest.mark.parametrize("scaling", ["range", "percentile", "image", "plate"])
@pytest.mark.parametrize("dtype", TOP)
def test_training_sees_what_inference_sees(dtype: str, scaling: str, tiling: str):
    plate = make_plate(dtype)
    data = collect_data([plate], TrainingConfig(scaling=scaling, tiling=TILINGS[tiling]))
    found, expected = inputs_of(data), at_inference(plate, data)
    zero, unit = (values[..., None, None] for values in data.lines(np.arange(len(data))))
    bound = 2.0**-22 * (np.abs(expected * unit + zero) + np.abs(zero)) / unit
    assert found.shape == expected.shape
    assert (np.abs(found - expected.astype(np.float64)) <= bound + 1e-30).all()


@pytest.mark.parametrize(
    ("dtype", "settings", "bytes_a_pixel"),
    [
        ("uint8", {}, 1),
        ("uint16", {}, 2),
        ("uint16", {"scaling": "percentile"}, 1),
        ("float32", {"scaling": "percentile"}, 1),
        ("uint16", {"cache": "uint8"}, 1),
        ("uint16", {"cache": "float32"}, 4),
        ("uint16", {"tiling": Tiling(size=(SIDE, SIDE), fit="resize")}, 4),
        ("int32", {}, 4),
        ("float32", {}, 4),
        ("float32", {"cache": "uint8"}, 1),
    ],
)
def test_bytes_held_for_an_image(dtype: str, settings: dict[str, Any], bytes_a_pixel: int):
    data = collect_data([make_plate(dtype)], TrainingConfig(**settings))
    assert data.images.nbytes == len(data) * N_CHANNELS * SIDE * SIDE * bytes_a_pixel


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_rounding_to_a_byte_is_off_by_half_a_level_at_most(dtype: str):
    plate = make_plate(dtype)
    data = collect_data([plate], TrainingConfig(cache="uint8"))
    expected = at_inference(plate, data)
    half_a_level = np.ptp(expected, axis=(2, 3), keepdims=True) / 510
    off = np.abs(inputs_of(data) - expected)
    assert (off <= half_a_level * 1.001).all()
    assert off.max() > half_a_level.min() / 2


def test_eight_and_sixteen_bits_share_a_run():
    plates = [make_plate("uint8", "P"), make_plate("uint16", "Q")]
    data = collect_data(plates, TrainingConfig(scaling="image"))
    assert data.images.dtype == np.int16
    expected = np.concatenate([at_inference(plate, data) for plate in plates])
    np.testing.assert_allclose(inputs_of(data), expected, rtol=1e-5, atol=1e-5)


def test_an_image_that_does_not_fit_is_refused_in_words():
    wide = Unscaled(np.zeros((1, 2, 4, 4), np.uint16), np.zeros(2), np.ones(2))
    with pytest.raises(PlateError, match="uint16 pixels, where the plates of this run have uint8"):
        PixelStore(UINT8).add(wide)


def test_a_large_screen_goes_to_a_file_that_nobody_sees(tmp_path: Path):
    plates, config = [make_plate("uint16")], TrainingConfig()
    n_bytes = len(plates[0].fields) * N_CHANNELS * SIDE * SIDE * 2
    small = collect_data(plates, config, folder=tmp_path, in_memory=n_bytes)
    large = collect_data(plates, config, folder=tmp_path, in_memory=n_bytes - 1)
    assert [isinstance(data.images, np.memmap) for data in (small, large)] == [False, True]
    assert list(tmp_path.iterdir()) == []
    np.testing.assert_array_equal(small.images, large.images)
    config = make_config(epochs=2)
    assert drain(fit(small, config))[1].losses == drain(fit(large, config))[1].losses


def test_a_run_on_a_file_goes_on_to_the_same_losses(tmp_path: Path):
    config = make_config(epochs=3)

    def collect() -> TrainingData:
        return collect_data([make_plate("uint16")], TrainingConfig(), folder=tmp_path / "new", in_memory=0)

    _, whole = drain(fit(collect(), config))
    first = fit(collect(), config, checkpoint=tmp_path / "run")
    next(epoch for epoch in first if epoch.number == 2)
    first.close()
    _, resumed = drain(fit(collect(), config, checkpoint=tmp_path / "run"))
    assert resumed.losses == whole.losses


def test_a_file_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "taken").write_text("no folder")
    with pytest.raises(SaveError, match="larger than the memory, and could not be put into a file"):
        collect_data([make_plate("uint16")], TrainingConfig(), folder=tmp_path / "taken", in_memory=0)
