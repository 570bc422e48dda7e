import json
from pathlib import Path

import pytest

from .conftest import Command


@pytest.mark.slow
def test_headless_demo_tells_the_story(command: Command, tmp_path: Path) -> None:
    code, out, err = command("demo", "--headless", "--out", tmp_path / "demo")
    assert code == 0, err
    summary = json.loads((tmp_path / "demo" / "summary.json").read_text())
    assert set(summary) == {"in_domain", "other_lab"}
    assert set(summary["in_domain"]) == set(summary["other_lab"]) == {"none", "ben", "cs-arm-bn"}
    at_home, away = summary["in_domain"], summary["other_lab"]
    assert at_home["none"] >= 0.9
    assert at_home["none"] - away["none"] >= 0.25
    assert all(away[method] >= at_home["none"] - 0.07 for method in ("ben", "cs-arm-bn"))
    assert "| none |" in out
    folder = tmp_path / "demo" / "other_lab-cs-arm-bn"
    assert {"plate_map.png", "embedding_pca.png", "wells.csv", "run.json"} <= {path.name for path in folder.iterdir()}


def test_without_a_display_the_demo_says_so_and_goes_on(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_ben.cli import _demo, _window

    done = []
    monkeypatch.setattr(_window, "window_refusal", lambda: "there is no display")
    monkeypatch.setattr(_demo, "run_demo", lambda out, seed: done.append((out, seed)))
    code, _, err = command("demo", "--out", tmp_path / "demo", "--seed", 3)
    assert code == 0
    assert "there is no display. Figures and tables are written instead" in err
    assert done == [(tmp_path / "demo", 3)]


def test_with_a_display_the_demo_opens_the_sample(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_ben import samples
    from napari_ben.cli import _window

    opened = []
    monkeypatch.setattr(samples, "sample_screen", lambda seed: f"screen {seed}")
    monkeypatch.setattr(_window, "window_refusal", lambda: None)
    monkeypatch.setattr(_window, "open_window", opened.append)
    assert command("demo")[0] == 0
    assert opened == ["screen 0"]
