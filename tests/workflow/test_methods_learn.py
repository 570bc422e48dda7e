"""Every training method on the sample screen, in seconds: it learns, and its bundle answers as its validation said."""

from pathlib import Path

import pytest

import napari_ben as nb
from napari_ben.plates import Screen
from napari_ben.samples import ScreenDesign, write_screen
from napari_ben.training import TRAINING_METHODS, Epoch, TrainingConfig
from napari_ben.workflow import make_config, run_training

pytestmark = pytest.mark.slow

AT_INFERENCE = {
    "erm": "none",
    "ben": "ben",
    "arm-bn": "arm-bn",
    "arm-cml": "arm-bn",
    "cs-arm-bn": "cs-arm-bn",
    "controls": "controls",
    "simclr": "ben",
    "minclr": "ben",
}
TILES = {"tiling": {"size": (24, 24), "fit": "tiles"}, "contrast": {"probe_epochs": 60}}
OF_METHOD = {
    "arm-cml": {"options": {"width": 8, "context": 4, "context_width": 4}},
    "simclr": TILES,
    "minclr": TILES,
}


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Screen:
    design = ScreenDesign(in_domain=3, new_batch=0, other_lab=0, n_fields=1, size=48)
    return nb.open_screen(write_screen(tmp_path_factory.mktemp("learn") / "screen", 5, design))


def train(screen: Screen, path: Path, **options: object) -> list[Epoch]:
    settings = {
        "labels": "mechanism",
        "architecture": "resnet10",
        "options": {"width": 8},
        "epochs": 8,
        "batch_size": 24,
        "control_batch_size": 16,
        "accumulation": 1,
        "learning_rate": 1e-2,
        "label_smoothing": 0.0,
        "validation_plates": (screen.plates[2].name,),
    }
    config = make_config(TrainingConfig, **(settings | options))
    return [epoch for epoch in run_training(screen, config, path, device="cpu", threads=1) if epoch.is_complete]


@pytest.mark.parametrize("method", TRAINING_METHODS)
def test_a_method_learns_and_its_bundle_answers_as_its_validation_said(screen: Screen, tmp_path: Path, method: str):
    epochs = train(screen, tmp_path / "m.safetensors", method=method, **OF_METHOD.get(method, {}))
    losses = [epoch.loss for epoch in epochs]
    assert min(losses[-2:]) < 0.93 * losses[0]
    model = nb.load_model(tmp_path / "m.safetensors")
    plate = screen.plates[2]
    wells = nb.predict(plate, model, AT_INFERENCE[method], threads=1).wells
    treated = wells[wells["role"] == "treatment"]
    kept = epochs[-1] if method in ("simclr", "minclr") else epochs[model.card.training.epochs - 1]
    assert (treated["pred_class"] == treated["mechanism"]).mean() == pytest.approx(kept.accuracy, abs=2 / len(treated))
    assert method in ("simclr", "minclr") or kept.accuracy > 1 / 8


def test_deepnoise_as_a_whole_runs_on_a_screen(screen: Screen, tmp_path: Path):
    """Plate scaling with jitter, ArcFace, a teacher on an unlabelled plate, two models, turns, and the layout."""
    held = screen.plates[2].name
    for seed in (0, 1):
        epochs = train(
            screen,
            tmp_path / f"{seed}.safetensors",
            method="erm",
            epochs=4,
            scaling="plate",
            loss="arcface",
            teacher={"pseudo_from": 1, "ramp_up": 3, "per_plate": 9, "decays": ((1, 0.5), (3, 0.9))},
            validation_plates=(),
            unlabelled_plates=(held,),
            distortion="normal",
            precision="mixed",
            seed=seed,
        )
        assert len(epochs) == 4
    models = [nb.load_model(tmp_path / f"{seed}.safetensors") for seed in (0, 1)]
    asked = {"test_time": "dihedral", "prior": "both", "per_plate": 9, "threads": 1}
    wells = nb.predict(screen.plates[2], models, "none", **asked).wells
    counts = wells.loc[wells["role"] == "treatment", "pred_class"].value_counts()
    assert (counts == 9).all()
    assert len(counts) == 8
