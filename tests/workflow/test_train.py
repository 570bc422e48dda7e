from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from napari_ben.errors import ArgumentError, ChannelError, SaveError, SelectionError
from napari_ben.models import load_model
from napari_ben.plates import Plate, Screen
from napari_ben.training import TrainingConfig
from napari_ben.workflow import plan_training, predict, run_training, train

OPTIONS = {
    "labels": "mechanism",
    "architecture": "resnet10",
    "options": {"width": 8},
    "epochs": 2,
    "batch_size": 8,
    "control_batch_size": 4,
    "accumulation": 1,
    "device": "cpu",
    "threads": 1,
}


def test_a_trained_model_predicts(plate: Plate, tmp_path: Path) -> None:
    model = train(plate, "cs-arm-bn", out=tmp_path / "mine.safetensors", **OPTIONS)
    assert model.card.name == "mine"
    assert load_model(tmp_path / "mine.safetensors").sha256 == model.sha256
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["mine.safetensors"]
    predictions = predict(plate, model)
    assert set(predictions.wells["pred_class"]) <= set(model.card.classes)


def test_a_stopped_run_goes_on_where_it_was(plate: Plate, tmp_path: Path) -> None:
    whole = train(plate, "ben", out=tmp_path / "whole.safetensors", **OPTIONS)
    config = TrainingConfig(method="ben", **{k: v for k, v in OPTIONS.items() if k not in ("device", "threads")})
    steps = run_training([plate], config, tmp_path / "part.safetensors", device="cpu", threads=1)
    while not next(steps).is_complete:
        pass
    steps.close()
    assert not (tmp_path / "part.safetensors").exists()
    numbers = [epoch.number for epoch in run_training([plate], config, tmp_path / "part.safetensors", resume=True)]
    assert set(numbers) == {2}
    trained = load_model(tmp_path / "part.safetensors").network().state_dict()
    expected = whole.network().state_dict()
    assert all(trained[name].allclose(tensor, atol=1e-5) for name, tensor in expected.items())


def test_a_stopped_run_is_neither_imagined_nor_thrown_away(plate: Plate, tmp_path: Path) -> None:
    out = tmp_path / "part.safetensors"
    with pytest.raises(ArgumentError, match=r"There is no stopped run to go on with.* Leave --resume out"):
        train(plate, "erm", out=out, resume=True, **OPTIONS)
    checkpoint = tmp_path / "part.safetensors.checkpoint"
    checkpoint.write_bytes(b"hours of work")
    with pytest.raises(ArgumentError, match=r"A stopped run is kept in 'part.safetensors.checkpoint'"):
        train(plate, "erm", out=out, **OPTIONS)
    assert checkpoint.read_bytes() == b"hours of work"


def test_a_finished_model_is_replaced_only_when_asked(plate: Plate, tmp_path: Path) -> None:
    out = tmp_path / "mine.safetensors"
    out.write_bytes(b"a night of work")
    with pytest.raises(ArgumentError, match=r"There is a model 'mine\.safetensors' in .* already\. .* --replace"):
        train(plate, "erm", out=out, **OPTIONS)
    with pytest.raises(ArgumentError, match=r"no stopped run .* its run has ended, and the model is in 'mine"):
        train(plate, "erm", out=out, resume=True, **OPTIONS)
    assert out.read_bytes() == b"a night of work"
    model = train(plate, "erm", out=out, replace=True, **{**OPTIONS, "epochs": 1})
    assert load_model(out).sha256 == model.sha256


@pytest.mark.parametrize(("out", "log"), [("file/m.safetensors", "log"), ("m.safetensors", "file/log")])
def test_a_place_that_takes_no_model_is_refused_before_an_image_is_read(
    counted: Plate, tmp_path: Path, out: str, log: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SaveError, match=r"could not be saved in '.*': .*file is a file\. Choose another folder"):
        train(counted, "erm", out=tmp_path / out, log=tmp_path / log, **OPTIONS)
    assert counted.source.reads == []


UNFIT = {
    "no classes": ({"labels": "dose"}, "no column 'dose'"),
    "no controls": ({"wells": "!role:negative_control"}, "no negative controls among the training wells"),
    "nothing to hold out": ({"validation_share": 0.5}, "one plate with labels"),
    "no such network": ({"architecture": "vgg"}, "no architecture 'vgg'"),
    "no such channel": ({"channels": ("Golgi",)}, r"has not all of the channels .* \(Golgi\)"),
    "too small": ({"architecture": "densenet121", "options": {}, "crop": 8}, "does not take images of 8 × 8"),
}


@pytest.mark.parametrize(("options", "words"), UNFIT.values(), ids=UNFIT)
def test_what_cannot_be_trained_is_refused_before_an_image_is_read(
    counted: Plate, tmp_path: Path, options: dict[str, object], words: str
) -> None:
    with pytest.raises((ArgumentError, ChannelError), match=words):
        train(counted, "cs-arm-bn", out=tmp_path / "m.safetensors", **{**OPTIONS, **options})
    assert counted.source.reads == []


@pytest.mark.parametrize("tiling", [None, {"size": (16, 16), "fit": "tiles"}, {"size": (16, 16), "fit": "crop"}])
def test_a_plan_knows_the_split_without_an_image(counted: Plate, tmp_path: Path, tiling: object) -> None:
    options = {"validation_by": "well", "validation_share": 0.3, "tiling": tiling, "crop": 8, "epochs": 1}
    settings = {**OPTIONS, **options}
    config = TrainingConfig(method="ben", **{k: v for k, v in settings.items() if k not in ("device", "threads")})
    planned = plan_training([counted], config)
    assert counted.source.reads == []
    steps = run_training([counted], config, tmp_path / "m.safetensors", device="cpu", threads=1)
    assert next(steps).split == planned
    steps.close()


def test_options_are_checked(plate: Plate, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="'method' cannot be 'dann'"):
        train(plate, "dann", out=tmp_path / "m.safetensors")
    with pytest.raises(ArgumentError, match="no option 'epoch'"):
        train(plate, out=tmp_path / "m.safetensors", epoch=3)


def test_plates_to_validate_on_are_selected_in_a_screen(plate: Plate, tmp_path: Path) -> None:
    plates = tuple(replace(plate, name=name) for name in ("P1", "P2", "P3"))
    table = pd.DataFrame({"experiment": ["a", "b", "b"], "part": ["train", "val", "val"]}, index=["P1", "P2", "P3"])
    screen = Screen("s", tmp_path, plates, table)
    model = train(
        screen, "ben", out=tmp_path / "m.safetensors", **{**OPTIONS, "epochs": 1}, validation_plates=["part:val"]
    )
    assert model.card.training.settings["validation_plates"] == ["P2", "P3"]
    with pytest.raises(SelectionError, match="No plate of the screen 's' is named 'P9'; it has P1, P2, P3"):
        train(screen, "ben", out=tmp_path / "n.safetensors", **OPTIONS, validation_plates=["P9"])
