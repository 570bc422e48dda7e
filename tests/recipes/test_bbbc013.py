"""docs/recipes/bbbc013.md on the real plate: half of the controls teach, all other wells are asked."""

import shutil
import sys
from pathlib import Path
from runpy import run_path

import numpy as np
import pandas as pd
import pytest
import tifffile

from .conftest import Follow
from .documents import RECIPES, python_of

FIGURE = RECIPES.parents[1] / "benchmarks" / "dose_curves.py"


@pytest.mark.slow
def test_half_of_the_controls_predict_the_dose_curve(follow: Follow, folder: Path, realdata: Path) -> None:
    shutil.copytree(realdata / "bbbc013_sbs_96well", folder / "bbbc013")
    follow("bbbc013.md", {"train": ("--device", "cpu", "--threads", 1), "predict": ("--threads", 1)})
    (folder / "look.py").write_text(python_of("bbbc013.md"))
    found = run_path("look.py")
    assert len(found["controls"]) == 12
    assert len(found["dosed"]) == 72
    assert found["area"] >= 0.99
    assert found["rank"].statistic >= 0.8


def write_bbbc013(folder: Path, size: int = 64) -> Path:
    """A plate of its layout: two channels, and a table of doses and controls."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    rows = []
    for number, (row, column) in enumerate(((row, column) for row in "ABCDEFGH" for column in range(1, 13)), 1):
        dose = min(max(column - 2, 0), 9)
        role = -1 if column <= 2 else 1 if column == 12 else 0
        for channel in (1, 2):
            plane = rng.integers(20, 60, (size, size)) + (60 if role == 1 else 6 * dose) * (channel == 1)
            tifffile.imwrite(folder / f"Channel{channel}-{number:02d}-{row}-{column:02d}.tif", plane.astype(np.uint8))
        rows.append((number, f"{column:02d}", row, 0 if role else dose, role))
    table = pd.DataFrame(rows, columns=["ImageNumber", "Column", "Row", "SBS_Doses", "SBS_Controls"])
    table.to_csv(folder / "1049_Metadata.csv", index=False)
    return folder


def test_every_method_has_a_dose_curve_in_one_figure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plate = write_bbbc013(folder / "plate")
    wishes = [str(FIGURE), str(plate), "--out", "curves", "--seeds", "1", "--epochs", "1"]
    monkeypatch.setattr(sys, "argv", wishes)
    for _ in range(2):  # what is there is not done again
        run_path(str(FIGURE), run_name="__main__")
        table = pd.read_csv("curves/dose_curves.csv")
        assert sorted(set(table["way"])) == ["ben", "controls", "cs-arm-bn", "none", "plate-norm (pixels)"]
        assert table["mean"].between(table["min"], table["max"]).all()
        assert (folder / "curves/dose_curves.png").stat().st_size > 10_000
        shutil.rmtree(folder / "plate", ignore_errors=True)
