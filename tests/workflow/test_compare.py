from pathlib import Path

import pandas as pd
import pytest

from napari_ben.errors import MethodError, SaveError
from napari_ben.models import Model
from napari_ben.plates import Plate
from napari_ben.workflow import compare, open_plates

from .conftest import make_model


def test_methods_and_models_stand_side_by_side(counted: Plate, model: Model) -> None:
    other = make_model(method="erm", name="other")
    comparison = compare(counted, [model, other], methods=("none", "ben"), labels="mechanism")
    table = comparison.table
    assert table[["model", "method"]].to_numpy().tolist() == [
        ["tiny", "none"],
        ["tiny", "ben"],
        ["other", "none"],
        ["other", "ben"],
    ]
    assert (table["n_wells"] == 9).all()
    assert comparison.counts.to_numpy().sum(axis=0).tolist() == [12] * 4
    assert len(counted.source.reads) == 24 * 3


def test_tables_are_saved_together(plate: Plate, model: Model, tmp_path: Path) -> None:
    comparison = compare(plate, [model], methods=("none",))
    comparison.save(tmp_path / "out")
    assert pd.read_csv(tmp_path / "out" / "comparison.csv")["method"].tolist() == ["none"]
    assert (tmp_path / "out" / "comparison.md").read_text().startswith("| plate | model | method |")
    (tmp_path / "file").touch()
    with pytest.raises(SaveError, match="could not be written"):
        comparison.save(tmp_path / "file")


def test_nothing_runs_when_one_of_the_runs_is_refused(counted: Plate, model: Model) -> None:
    with pytest.raises(MethodError, match="no method 'best'"):
        compare(counted, [model], methods=("none", "best"))
    assert counted.source.reads == []


def test_plates_are_opened_from_whatever_names_them(plate: Plate, screen_folder: Path) -> None:
    assert open_plates(plate) == (plate,)
    names = [member.name for member in open_plates([plate, screen_folder])]
    assert names == ["P1", *sorted(names[1:], reverse=True)]
    assert len(names) == 3
