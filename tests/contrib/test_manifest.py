"""The manifest: valid, and true to the code."""

from importlib import import_module
from pathlib import Path

import pytest
from npe2 import PluginManifest

from napari_ben.contrib import _sample, sample_plate
from napari_ben.methods import METHODS
from napari_ben.widgets._preferences import Defaults

PACKAGED = Path(__file__).parents[2] / "src" / "napari_ben" / "napari.yaml"


@pytest.fixture(scope="module")
def manifest():
    return PluginManifest.from_file(PACKAGED)


def test_every_command_can_be_imported(manifest):
    manifest.validate_imports()
    for command in manifest.contributions.commands:
        module, _, name = command.python_name.partition(":")
        assert callable(getattr(import_module(module), name))


def test_widget_reader_and_sample_are_declared(manifest):
    contributions = manifest.contributions
    assert [widget.display_name for widget in contributions.widgets] == ["Plates"]
    assert contributions.readers[0].accepts_directories
    assert contributions.sample_data[0].display_name == "Cell Painting sample plate"


def test_preferences_have_the_same_defaults_without_napari(manifest):
    declared = manifest.contributions.configurations["running"].properties
    assert {name: declared[name].default for name in declared} == vars(Defaults())
    assert set(declared["method"].enum) == set(METHODS)


def test_the_sample_is_drawn_with_progress_and_its_first_plate_is_opened(tiff_plate, monkeypatch):
    def draw():
        yield 1, 2
        yield 2, 2
        return tiff_plate

    monkeypatch.setattr(_sample, "iter_sample_screen", draw)
    assert [keywords["name"] for _, keywords, _ in sample_plate()] == ["Channel1", "Channel2"]
