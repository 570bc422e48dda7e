"""From plates to training data: labels from any column, controls as context, tiles, one scaling for all."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from napari_ben.errors import ArgumentError, ChannelError, PlateError, SelectionError
from napari_ben.models import Tiling
from napari_ben.plates import Plate, plate_from_arrays
from napari_ben.training import TrainingConfig, collect_data
from napari_ben.training._pixels import chunks_of, load_rows, to_inputs

from .conftest import inputs_of

ROLES = {"A1": "negative_control", "A2": "positive_control", "A3": "treatment", "B1": "treatment", "B2": "empty"}


def make_plate(name: str = "P", channels: tuple[str, ...] = ("DNA", "Mito"), size: int = 8) -> Plate:
    """Two fields a well; pixel values tell well and field, the second channel is 100 higher."""
    images = {}
    for number, well in enumerate(["A1", "A2", "A3", "B1", "B2", "B3"]):
        values = 10 * number + np.arange(2)[:, None, None, None] + 100 * np.arange(2)[None, :, None, None]
        images[well] = np.broadcast_to(values, (2, 2, size, size)).astype(np.uint16)
    plate = plate_from_arrays(images, channels, name=name, roles=ROLES)
    plate.wells["mechanism"] = ["DMSO", "kinase", "actin", "kinase", "actin", "nan"]
    return plate


def wells_of(plates: list[Plate], **settings: object) -> dict[str, str]:
    """Well → class of the training data of these settings, '-' without one."""
    data = collect_data(plates, TrainingConfig(**({"labels": "mechanism"} | settings)))
    names = np.append(np.array(data.classes, object), "-")
    return dict(zip(data.wells.tolist(), names[data.labels].tolist(), strict=True))


def test_labels_are_a_platemap_column_and_controls_have_none():
    assert wells_of([make_plate()]) == {"A01": "-", "A02": "kinase", "A03": "actin", "B01": "kinase"}


def test_controls_can_be_a_class():
    assert wells_of([make_plate()], label_controls=True)["A01"] == "DMSO"


def test_the_role_can_be_the_label():
    wells = "role:negative_control, role:positive_control"
    found = wells_of([make_plate()], labels="role", label_controls=True, wells=wells)
    assert found == {"A01": "negative_control", "A02": "positive_control"}


def test_excluded_wells_take_no_part():
    plate = make_plate()
    plate.wells["excluded"] = plate.wells.index == "A02"
    assert "A02" not in wells_of([plate])


def test_rows_are_the_fields_of_all_plates():
    data = collect_data([make_plate("P"), make_plate("Q")], TrainingConfig(labels="mechanism"))
    assert len(data) == 16
    assert data.plate_names == ("P", "Q")
    assert data.plates.tolist() == [0] * 8 + [1] * 8
    assert data.is_control.sum() == 4
    assert (data.labels[data.is_control] == -1).all()
    assert data.wells[:4].tolist() == ["A01", "A01", "A02", "A02"]


def test_one_range_one_mean_and_one_deviation_serve_all_images():
    data = collect_data([make_plate()], TrainingConfig(labels="mechanism"))
    assert data.scaling.limits == (0, 65535)
    images = inputs_of(data)
    np.testing.assert_allclose(images.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(images.std(axis=(0, 2, 3)), 1, atol=1e-4)
    raw = np.array([0, 1, 10, 11, 20, 21, 30, 31])  # A1, A2, A3, B1
    np.testing.assert_allclose(np.diff(images[:, 0, 0, 0]), np.diff(raw) / raw.std(), rtol=1e-4)


@pytest.mark.parametrize("kind", ["percentile", "image"])
def test_other_scalings_need_no_measurement(kind: str):
    assert collect_data([make_plate()], TrainingConfig(labels="mechanism", scaling=kind)).scaling.kind == kind


def test_floats_are_scaled_by_what_is_met():
    images = {well: np.full((1, 1, 4, 4), 3.0 + number, np.float32) for number, well in enumerate(["A1", "A2"])}
    plate = plate_from_arrays(images)
    plate.wells["treatment"] = ["x", "y"]
    data = collect_data([plate], TrainingConfig())
    assert data.scaling.limits == (0, 4)


def test_channels_are_found_by_name():
    swapped = make_plate("Q", channels=("Mito", "DNA"))
    data = collect_data([make_plate("P"), swapped], TrainingConfig(labels="mechanism", channels=("Mito",)))
    assert data.images.shape[1] == 1
    assert data.images[0, 0, 0, 0] > data.images[8, 0, 0, 0]  # 100 higher on P, where Mito is the second channel


def test_fields_become_tiles():
    tiling = Tiling(size=(4, 4), fit="tiles")
    data = collect_data([make_plate()], TrainingConfig(labels="mechanism", tiling=tiling))
    assert data.images.shape == (32, 2, 4, 4)
    assert data.wells[:8].tolist() == ["A01"] * 8


def test_fields_that_lack_a_channel_take_no_part():
    plate = make_plate()
    plate.fields["missing"] = pd.Series([("Mito",)] + [()] * 11)
    data = collect_data([plate], TrainingConfig(labels="mechanism"))
    assert data.wells[:2].tolist() == ["A01", "A02"]


@pytest.mark.parametrize(
    ("settings", "error", "match"),
    [
        ({"labels": "dose"}, ArgumentError, "no column 'dose'"),
        ({"wells": "A2"}, ArgumentError, "gives one in these wells: kinase"),
        ({"wells": "Z9"}, SelectionError, "Z"),
        ({"channels": ("Golgi",)}, ChannelError, r"Plate '.*' has not all of the channels .* \(Golgi\); it has .*DNA"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(settings: dict[str, object], error: type[Exception], match: str):
    with pytest.raises(error, match=match):
        collect_data([make_plate()], TrainingConfig(**({"labels": "mechanism"} | settings)))


def test_no_plates_are_refused():
    with pytest.raises(ArgumentError, match="no plate to train on"):
        collect_data([], TrainingConfig())


@pytest.mark.parametrize("scaling", ["range", "image"])
def test_pixels_that_are_no_numbers_are_refused(scaling: str):
    images = {well: np.full((1, 1, 4, 4), np.nan, np.float32) for well in ["A1", "A2"]}
    plate = plate_from_arrays(images)
    plate.wells["treatment"] = ["x", "y"]
    with pytest.raises(PlateError, match="NaN"):
        collect_data([plate], TrainingConfig(scaling=scaling))


def test_collecting_knows_no_torch():
    code = "import sys, napari_ben.training, napari_ben.samples; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 – our own interpreter


def textured(name: str, gain: float) -> Plate:
    """Noise with a gain and an offset of the plate's own."""
    images = {well: np.random.default_rng(n).gamma(2, 50, (2, 2, 8, 8)) * gain + 100 for n, well in enumerate(ROLES)}
    plate = plate_from_arrays(images, ("DNA", "Mito"), name=name, roles=ROLES)
    plate.wells["mechanism"] = ["DMSO", "kinase", "actin", "kinase", "actin"]
    plate.wells["cell_type"] = "U2OS"
    return plate


PLATE_NORM = {"labels": "mechanism", "scaling": "plate"}


def test_pixels_are_scaled_by_the_whole_plate_but_its_empty_wells():
    plate = textured("P", 3)
    data = collect_data([plate], TrainingConfig(**PLATE_NORM, wells="A2-A3, B1"))
    used = plate.rows_of(["A01", "A02", "A03", "B01"])
    pixels = np.stack([plate.read_field(int(row)) for row in used])
    mean, std = pixels.mean((0, 2, 3)), pixels.std((0, 2, 3))
    first = plate.rows_of([data.wells[0]])[0]
    expected = (plate.read_field(int(first)) - mean[:, None, None]) / std[:, None, None]
    np.testing.assert_allclose(inputs_of(data)[0], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(data.offsets, [mean / std])
    assert data.scaling.kind == "plate"
    assert data.scaling.over == "plate"


@pytest.mark.parametrize(("over", "experiments"), [("experiment", {"P": "X", "Q": "X"}), ("cell_type", None)])
def test_plates_may_share_their_pixel_statistics(over: str, experiments: dict[str, str] | None):
    plates = [textured("P", 3), textured("Q", 9)]
    data = collect_data(plates, TrainingConfig(**PLATE_NORM, scale_over=over), experiments)
    usable = [plate.read_field(int(row)) for plate in plates for row in plate.rows_of(["A01", "A02", "A03", "B01"])]
    pixels = np.stack(usable)
    np.testing.assert_allclose(data.offsets, np.tile(pixels.mean((0, 2, 3)) / pixels.std((0, 2, 3)), (2, 1)))
    assert data.scaling.over == over


def test_plates_without_a_group_are_refused():
    with pytest.raises(ArgumentError, match="Plate 'P' has no single 'experiment' to measure its pixels with"):
        collect_data([textured("P", 3)], TrainingConfig(**PLATE_NORM, scale_over="experiment"))


def test_a_teacher_keeps_wells_without_a_label():
    plates = [make_plate("P"), make_plate("Q")]
    del plates[1].wells["mechanism"]  # nobody has labelled it
    config = TrainingConfig(method="erm", labels="mechanism", teacher={}, unlabelled_plates=("Q",))
    data = collect_data(plates, config)
    free = ~data.is_labelled & ~data.is_control
    assert sorted(set(zip(data.plates[free].tolist(), data.wells[free].tolist(), strict=True))) == [
        (0, "B03"),
        (1, "A02"),
        (1, "A03"),
        (1, "B01"),
        (1, "B03"),
    ]
    with pytest.raises(ArgumentError, match="no plate 'R' to take as unlabelled"):
        collect_data(plates, config.model_copy(update={"unlabelled_plates": ("R",)}))


def test_some_of_the_fields_of_a_well_are_trained_on():
    plate = make_plate()
    number = int(plate.fields["field"].max())
    data = collect_data([plate], TrainingConfig(labels="mechanism", fields=(number,), scaling="image"))
    assert len(data) == 4
    with pytest.raises(ArgumentError, match=r"Plate 'P' has no complete field 9; there is \d, \d"):
        collect_data([plate], TrainingConfig(labels="mechanism", fields=(9,)))


@pytest.mark.parametrize(("crop", "kept"), [(None, (2, 2)), (2, (4, 4))])
def test_windows_come_from_the_whole_field_and_inference_sees_its_centre(crop: int | None, kept: tuple[int, int]):
    tiling = Tiling(size=(2, 2), fit="crop")
    config = TrainingConfig(labels="mechanism", field_size=(4, 4), tiling=tiling, crop=crop)
    data = collect_data([make_plate()], config)
    assert (data.images.shape[2:], data.tiling) == (kept, tiling)
    rows = np.array([0, 3])
    seen = torch.cat(list(chunks_of(data, rows, torch.device("cpu"))))
    assert seen.shape == (2, 2, 2, 2)
    load = load_rows(data, rows, torch.device("cpu"))
    whole = to_inputs(load.pixels, load.zero, load.unit)
    start = (kept[0] - 2) // 2
    assert torch.equal(seen, whole[:, :, start : start + 2, start : start + 2])
