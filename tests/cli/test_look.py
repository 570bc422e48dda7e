import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_ben import __version__
from napari_ben.readers import open_plate

from .conftest import Command

LIGHT = """
import sys, time
from napari_ben.cli import main
try:
    main(sys.argv[1:])
except SystemExit as exit_:
    assert not exit_.code, exit_.code
heavy = {"torch", "napari", "qtpy", "umap", "sklearn", "matplotlib", "anndata", "dask"} & sys.modules.keys()
assert not heavy, heavy
assert time.process_time() < 1.5, time.process_time()
"""


@pytest.mark.parametrize("arguments", [["--help"], ["predict", "--help"], ["models", "list"], ["info", "--json"]])
def test_looking_is_quick_and_loads_no_torch(plate: Path, arguments: list[str]) -> None:
    whole = [*arguments, str(plate)] if arguments[0] == "info" else arguments
    subprocess.run([sys.executable, "-c", LIGHT, *whole], check=True, capture_output=True)  # noqa: S603  our own words


def test_info_writes_the_promised_json(command: Command, screen: Path) -> None:
    code, out, _ = command("info", screen, "--json")
    plates = json.loads(out)["plates"]
    assert code == 0
    assert len(plates) == 2
    assert list(plates[0]) == [
        *("name", "layout", "format", "n_wells", "n_fields", "channels", "shape", "dtype", "roles"),
        *("suggestions", "problems", "notes", "n_z", "n_times", "acquisitions", "pixel_um"),
    ]
    assert plates[0]["format"] == 96
    assert plates[0]["shape"] == [32, 32]
    assert plates[0]["roles"]["negative_control"] + plates[0]["roles"]["treatment"] == 96


def test_info_in_words(command: Command, plate: Path) -> None:
    _, out, _ = command("info", plate)
    assert open_plate(plate).name in out
    assert "96 of 96" in out
    assert "DNA, ER, RNA, AGP, Mito" in out


def test_another_platemap_changes_the_roles(command: Command, plate: Path, tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("well,role,treatment\nA1,negative control,DMSO\nA2,poscon,taxol\n")
    _, out, _ = command("info", plate, "--platemap", tmp_path / "map.csv", "--json")
    assert json.loads(out)["plates"][0]["roles"] == {"negative_control": 1, "positive_control": 1, "unknown": 94}


BAD = {
    "empty folder": ("", r"Error: "),
    "absent folder": ("nowhere", r"Error: "),
}


@pytest.mark.parametrize(("name", "words"), BAD.values(), ids=BAD)
def test_errors_are_two_lines_without_a_traceback(command: Command, tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "empty").mkdir()
    code, out, err = command("info", tmp_path / (name or "empty"))
    assert (code, out) == (2, "")
    assert err.startswith(words)
    assert err.count("\n") == 2
    assert "Traceback" not in err


PLATEMAPS = {
    "no wells": ("a,b\n1,2\n", "map.csv"),
    "a well of another plate": ("well,treatment\nP24,DMSO\n", "P24"),
    "a well twice": ("well,treatment\nA1,x\nA01,y\n", "A01"),
    "not a table": ("\0\0\0", "is not a text table"),
}


@pytest.mark.parametrize(("text", "words"), PLATEMAPS.values(), ids=PLATEMAPS)
def test_a_platemap_that_does_not_fit_is_refused(
    command: Command, plate: Path, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "map.csv").write_text(text)
    code, _, err = command("info", plate, "--platemap", tmp_path / "map.csv")
    assert code == 2
    assert words in err
    assert err.count("\n") == 2


def test_version(command: Command) -> None:
    assert command("--version")[:2] == (0, f"{__version__}\n")


def test_no_window_without_a_display(command: Command, plate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_ben.cli import _window

    monkeypatch.setattr(_window, "window_refusal", lambda: "there is no display")
    code, _, err = command("open", plate)
    assert code == 2
    assert "napari cannot open a window: there is no display" in err


REFUSALS = {
    "linux without display": ({}, "linux", "there is no display"),
    "linux with X": ({"DISPLAY": ":1"}, "linux", None),
    "linux with Wayland": ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", None),
    "a Mac has a screen": ({}, "darwin", None),
}


@pytest.mark.parametrize(("environment", "system", "expected"), REFUSALS.values(), ids=REFUSALS)
def test_when_a_window_can_be_opened(
    environment: dict[str, str], system: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_ben.cli import _window

    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(_window.sys, "platform", system)
    assert _window.window_refusal() == expected
    monkeypatch.setattr(_window, "find_spec", lambda _: None)
    assert "no Qt is installed" in (_window.window_refusal() or "")


def test_info_shows_what_a_pattern_matches(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "plate"
    folder.mkdir()
    for name in ("exp_A-1_1.tif", "exp_A-2_1.tif", "notes.tif"):
        tifffile.imwrite(folder / name, np.ones((8, 8), np.uint16))
    pattern = r"exp_(?P<well>[A-H]-\d+)_(?P<field>\d)\.tif"
    code, out, _ = command("info", folder, "--pattern", pattern)
    assert code == 0
    assert out.splitlines()[:2] == [
        "  pattern   matches 2 of 3 names, not 'notes.tif'",
        "  example   exp_A-1_1.tif: well A01, field 1, channel 1",
    ]
    code, out, _ = command("info", folder, "--pattern", pattern, "--json")
    said = json.loads(out)
    assert (said["pattern"]["n_matched"], len(said["plates"])) == (2, 1)
    code, out, error = command("info", folder, "--pattern", r"(?P<well>nothing)")
    assert code != 0
    assert "None of 3 names matches, such as 'exp_A-1_1.tif'" in out
    assert "No file in" in error


def test_open_takes_what_info_takes(command: Command, plate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_ben.cli import _window
    from napari_ben.plates import View

    asked = []
    monkeypatch.setattr(_window, "open_window", lambda path, **opening: asked.append((path, opening)))
    assert command("open", plate)[0] == 0
    assert command("open", plate, "--layout", "phenix", "--z", "max", "--time", "2")[0] == 0
    assert asked == [(plate, {}), (plate, {"layout": "phenix", "view": View("max", 2)})]
    code, _, said = command("open", plate, "--z", "middle")
    assert (code, "Error: --z 'middle' is no z plane." in said) == (2, True)


def test_info_says_planes_times_and_pixel_size(command: Command, tmp_path: Path) -> None:
    import numpy as np
    import tifffile

    for z in range(3):
        tifffile.imwrite(tmp_path / f"r01c01f01p{z + 4:02d}-ch1sk1fk1fl1.tiff", np.zeros((4, 4), np.uint16))
    _, out, _ = command("info", tmp_path, "--z", "5")
    assert "z planes  3 (4 to 6)" in out
    assert "plane 5 is shown" in out
    code, _, said = command("info", tmp_path, "--z", "9")
    assert (code, "has no z plane 9; it has 4, 5, 6." in said) == (2, True)


def test_a_session_says_itself_how_its_plate_is_opened(command: Command, tmp_path: Path) -> None:
    code, _, err = command("open", tmp_path / "s.bensession", "--layout", "omezarr")
    assert code == 2
    assert "The session 's.bensession' says itself how its plate is opened; layout was given too." in err
