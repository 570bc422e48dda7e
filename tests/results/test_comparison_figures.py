from pathlib import Path

import pandas as pd
import pytest

from napari_ben.results import (
    accuracy_figure,
    batch_effect_figure,
    class_figure,
    drift_figure,
    sweep_figure,
    write_figure,
)

RUNS = [("new batch", "erm", "none"), ("new batch", "erm", "ben"), ("other lab", "erm", "none")]


@pytest.fixture
def summary() -> pd.DataFrame:
    table = pd.DataFrame(RUNS, columns=["group", "model", "method"])
    return table.assign(well_accuracy=[0.5, 0.9, 0.2], well_low=[0.4, 0.8, 0.1], well_high=[0.6, 0.95, 0.3])


def test_each_group_has_a_panel_and_each_run_a_row_with_its_interval(summary: pd.DataFrame) -> None:
    figure = accuracy_figure(summary)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["new batch", "other lab"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["erm · none", "erm · ben"]
    bars = [line.get_xdata() for line in figure.axes[0].lines]
    assert [list(map(float, ends)) for ends in bars] == [[0.4, 0.6], [0.5], [0.8, 0.95], [0.9]]


def test_methods_differ_in_colour_and_marker(summary: pd.DataFrame) -> None:
    points = [line for line in accuracy_figure(summary).axes[0].lines if len(line.get_xdata()) == 1]
    assert len({line.get_color() for line in points}) == len({line.get_marker() for line in points}) == 2


def test_a_class_that_a_group_lacks_is_left_blank() -> None:
    table = pd.DataFrame(RUNS, columns=["group", "model", "method"]).assign(truth=["a", "a", "b"], accuracy=[1, 0.5, 0])
    texts = [text.get_text() for text in class_figure(table).axes[0].texts]
    assert sorted(texts) == ["", "", "", "0.00", "0.50", "1.00"]


def test_a_sweep_is_a_line_a_run() -> None:
    table = pd.DataFrame(
        {"setting": [1, 8, 1, 8], "model": "m", "method": ["x", "x", "y", "y"], "group": "", "accuracy": [0.1, 0.9] * 2}
    ).assign(low=0.0, high=1.0)
    axes = sweep_figure(table, "context wells", "drawn").axes[0]
    assert [line.get_label() for line in axes.lines] == ["m · x", "m · y"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "8"]
    assert axes.get_title(loc="left") == "all plates"


def test_figures_that_are_not_known_are_left_out() -> None:
    table = pd.DataFrame({"model": ["m"], "method": ["x"], "plate_predictability": [0.5], "chance": [0.25]})
    figure = batch_effect_figure(table.assign(control_distance=1.3, replicate_precision=float("nan")))
    assert len(figure.axes) == 2


def test_drift_is_drawn_over_depth(tmp_path: Path) -> None:
    table = pd.DataFrame({"plate": ["P1", "P1", "P2", "P2"], "depth": [0, 1, 0, 1], "distance": [0.1, 0.2, 0.3, 0.4]})
    figure = drift_figure(table)
    assert [line.get_label() for line in figure.axes[0].lines] == ["P1", "P2"]
    write_figure(figure, tmp_path / "drift.svg")
    assert "normalisation layer" in (tmp_path / "drift.svg").read_text()
