"""What the command line says about wells: several files, numbers, suggestions, quality, screens."""

import json
from pathlib import Path

import pytest

from .conftest import Command


def roles_of(out: str) -> dict[str, int]:
    return json.loads(out)["plates"][0]["roles"]


def test_platemaps_are_joined(command: Command, plate: Path, tmp_path: Path) -> None:
    (tmp_path / "wells.csv").write_text("well,compound\nA1,a\nA2,b\n")
    (tmp_path / "compounds.csv").write_text("compound,role\na,negcon\nb,trt\n")
    files = ("--platemap", tmp_path / "wells.csv", "--platemap", tmp_path / "compounds.csv")
    code, out, _ = command("info", plate, *files, "--json")
    assert code == 0
    assert roles_of(out) == {"treatment": 1, "negative_control": 1, "unknown": 94}
    _, out, _ = command("info", plate, *files)
    assert "'compounds.csv' was joined with 'wells.csv' on 'compound': 2 of 2 wells have a row." in out


@pytest.mark.parametrize(("order", "role"), [("row-major", "A02"), ("column-major", "B01")])
def test_numbers_of_wells_need_an_order(command: Command, plate: Path, tmp_path: Path, order: str, role: str) -> None:
    (tmp_path / "map.csv").write_text("well,compound\n2,DMSO\n")
    words = ("info", plate, "--platemap", tmp_path / "map.csv", "--json")
    code, _, err = command(*words)
    assert code == 2
    assert "row-major" in err
    _, out, _ = command(*words, "--well-order", order)
    assert json.loads(out)["plates"][0]["suggestions"] == [
        "1 well looks like a negative control ('DMSO'): not used until you confirm."
    ]
    _, out, _ = command(*words, "--well-order", order, "--accept-suggestions")
    assert roles_of(out)["negative_control"] == 1


def test_an_order_of_wells_that_is_none_is_refused(command: Command, plate: Path) -> None:
    code, _, err = command("info", plate, "--well-order", "spiral")
    assert code == 2
    assert "--well-order 'spiral' says how a platemap numbers its wells" in err


def test_wells_that_failed_are_told_and_can_be_kept(command: Command, plate: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("well,role,qc\nA1,negcon,pass\nA2,negcon,fail\nA3,negcon,pass\n")
    words = ("--platemap", tmp_path / "map.csv")
    _, out, _ = command("info", plate, *words)
    assert "1 well is left out of contexts, because quality control says 'fail'." in out
    wells = []
    for more in ((), ("--keep-failed",)):
        out = tmp_path / f"out{len(wells)}"
        options = ("--model", model, "--context", "controls", "--out", out, "--format", "csv")
        code, _, err = command("predict", plate, *words, *options, *more)
        assert code == 0, err
        wells.append(json.loads((out / "run.json").read_text())["context"]["wells"])
    assert wells == [["A01", "A03"], ["A01", "A02", "A03"]]


def test_info_describes_the_screen(command: Command, screen: Path) -> None:
    _, out, _ = command("info", screen)
    assert f"{screen.name} · 2 plates" in out
    assert "treatments on all plates: " in out
    _, out, _ = command("info", screen, "--json")
    described = json.loads(out)["screen"]
    assert described["n_plates"] == 2
    assert described["shared_treatments"]["negative_control"] == 1
