"""The package as a whole: light to import, honest about its parts, one manifest."""

import subprocess
import sys
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

import napari_ben

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "napari", "qtpy", "PyQt6", "PySide6", "umap", "matplotlib")


def modules_after(code: str) -> set[str]:
    """The top-level modules that a fresh Python holds after running `code`."""
    script = f"{code}\nimport sys; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    return set(done.stdout.split())


ENTRANCES = {
    "import napari_ben": (*HEAVY, "pandas", "numpy"),
    "import napari_ben.plates": HEAVY,
    "import napari_ben.readers": HEAVY,
    "import napari_ben.results": HEAVY,
    "import napari_ben.samples": HEAVY,
    "import napari_ben.embedding": HEAVY,
    "import napari_ben.models": HEAVY,
    "import napari_ben.methods": HEAVY,
    "import napari_ben.workflow": HEAVY,
    "import napari_ben.session": HEAVY,
    "import napari_ben.cli": HEAVY,
    "import napari_ben.contrib": HEAVY,
    "import napari_ben.widgets": ("torch", "umap"),
    "from napari_ben import open_plate, open_screen, load_model, predict": HEAVY,
}


@pytest.mark.parametrize(("code", "absent"), ENTRANCES.items(), ids=ENTRANCES)
def test_each_entrance_loads_only_what_it_needs(code, absent):
    assert modules_after(code).isdisjoint(absent)


def test_public_names_exist():
    for name in napari_ben.__all__:
        assert getattr(napari_ben, name) is not None


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        napari_ben.nonsense  # noqa: B018


def test_versions_agree():
    assert version("napari-ben") == napari_ben.__version__


def test_top_level_manifest_equals_the_packaged_one():
    assert (ROOT / "napari.yaml").read_bytes() == (ROOT / "src" / "napari_ben" / "napari.yaml").read_bytes()


def test_napari_finds_the_manifest():
    (entry,) = (entry for entry in entry_points(group="napari.manifest") if entry.name == "napari-ben")
    assert entry.value == "napari_ben:napari.yaml"
