import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter

from napari_ben.evaluation import QualityLimits, flag_fields, full_scale, measure_plane, quality_of_wells


def draw_cells(blur: float = 1.0, gain: float = 1.0, n_cells: int = 30, seed: int = 0, size: int = 256) -> np.ndarray:
    """Round cells on a noisy background, camera counts."""
    random = np.random.default_rng(seed)
    places = np.zeros((size, size))
    places[random.integers(0, size, n_cells), random.integers(0, size, n_cells)] = 1
    cells = gaussian_filter(places, 5) > 0.001
    image = gaussian_filter(cells * random.gamma(4, 250, (size, size)), blur) * gain
    return np.clip(200 + image + random.normal(0, 12, (size, size)), 0, 65535).astype(np.uint16)


@pytest.mark.parametrize("seed", range(3))
def test_focus_falls_with_every_step_of_blur(seed: int) -> None:
    slopes = [measure_plane(draw_cells(blur, seed=seed), 65535)["focus"] for blur in (0.7, 1.5, 3)]
    assert sorted(slopes, reverse=True) == slopes


def test_focus_does_not_depend_on_the_gain_of_a_noiseless_image() -> None:
    plane = gaussian_filter(np.random.default_rng(0).random((128, 128)), 2) * 1e4
    assert measure_plane(plane, 65535)["focus"] == pytest.approx(measure_plane(plane * 3, 65535)["focus"])


@pytest.mark.parametrize("ratio", [0.01, 1.0])
def test_focus_is_fine_power_over_coarse_power(ratio: float) -> None:
    x = np.arange(256) / 256 * 2 * np.pi
    plane = 1000 + 10 * np.sin(6 * x) + 10 * np.sqrt(ratio) * np.sin(30 * x)[:, None]
    assert measure_plane(plane, 65535)["focus"] == pytest.approx(np.log10(ratio), abs=0.01)


def test_saturation_and_intensity_are_counts() -> None:
    plane = np.full((64, 64), 100, np.uint16)
    plane[:8] = 4095
    found = measure_plane(plane, full_scale(4095))
    assert found["saturation"] == 1 / 8
    assert found["intensity"] == pytest.approx(100 * 7 / 8 + 4095 / 8)


def test_noise_has_no_signal_and_cells_have() -> None:
    random = np.random.default_rng(0)
    assert measure_plane(random.normal(500, 20, (256, 256)), 65535)["signal"] < 4
    assert measure_plane(random.poisson(30, (256, 256)), 65535)["signal"] < 5
    assert measure_plane(draw_cells(), 65535)["signal"] > 10


def test_a_constant_plane_has_no_focus_and_no_signal() -> None:
    found = measure_plane(np.full((64, 64), 7, np.uint16), 255)
    assert np.isnan(found["focus"])
    assert found["signal"] == 0


@pytest.mark.parametrize(("largest", "limit"), [(12, 255), (256, 4095), (4096, 16383), (60000, 65535), (1e6, 1e6)])
def test_the_camera_is_guessed_from_the_largest_pixel(largest: float, limit: float) -> None:
    assert full_scale(largest) == limit


@pytest.fixture(scope="module")
def fields() -> pd.DataFrame:
    """Forty fields of twenty wells in two channels, some of them spoilt."""
    rows = []
    for row in range(40):
        kind = {3: "blur", 7: "dim", 11: "bright", 15: "empty"}.get(row, "")
        for channel in ("DNA", "ER"):
            plane = draw_cells(
                blur=7 if kind == "blur" else 1,
                gain={"dim": 0.1, "bright": 8}.get(kind, 1),
                n_cells=0 if kind == "empty" else 12,
                size=128,
                seed=2 * row + (channel == "ER"),
            )
            where = {"row": row, "well": f"A{row // 2 + 1:02d}", "channel": channel}
            rows.append({**where, **measure_plane(plane, 16383)})
    return flag_fields(pd.DataFrame(rows))


def test_spoilt_fields_are_flagged_and_no_others(fields: pd.DataFrame) -> None:
    flagged = fields.loc[fields["flags"] != "", "flags"]
    assert flagged.index.tolist() == [3, 7, 11, 15]
    words = ["out of focus", "dim", "bright", "empty"]
    assert [word in text for word, text in zip(words, flagged, strict=True)] == [True] * 4


def test_wells_keep_the_words_of_half_of_their_fields(fields: pd.DataFrame) -> None:
    wells = quality_of_wells(fields)
    assert len(wells) == 20
    assert wells.loc["A02", "n_flagged"] == 1
    assert "out of focus" in wells.loc["A02", "quality_flags"]
    assert wells.loc["A01", "quality_flags"] == ""


def test_limits_can_be_moved(fields: pd.DataFrame) -> None:
    table = pd.DataFrame(
        {"row": [0, 1], "well": ["A01", "A02"], "channel": "DNA", "focus": -2.0, "intensity": 5.0, "signal": 50.0}
    ).assign(saturation=[0.0, 0.05])
    assert flag_fields(table)["flags"].tolist() == ["", "saturated"]
    assert flag_fields(table, QualityLimits(saturation=0.1))["flags"].tolist() == ["", ""]
