"""The loop learns, is repeatable, and goes on after a kill as if nothing had happened."""

from collections.abc import Generator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from napari_ben.errors import ArgumentError, MethodError, RunFileError, SaveError
from napari_ben.models import Classifier, Tiling, load_model
from napari_ben.training import TRAINING_METHODS, Epoch, Schedule, TrainedNetwork, TrainingConfig, TrainingData, fit
from napari_ben.training._learner import Learner
from napari_ben.training._network import check_network
from napari_ben.training._schedule import learning_rate

METHODS = [name for name in TRAINING_METHODS if name not in ("simclr", "minclr")]
LEARN = {"erm": 0.6, "ben": 0.6, "arm-bn": 0.6, "arm-cml": 0.6, "cs-arm-bn": 0.6, "controls": 0.8}


def make_config(method: str = "erm", **changes: Any) -> TrainingConfig:
    settings: dict[str, Any] = {
        "architecture": "resnet10",
        "options": {"width": 4},
        "epochs": 3,
        "batch_size": 4,
        "control_batch_size": 4,
        "accumulation": 2,
        "learning_rate": 3e-3,
    }
    if method == "erm":
        del settings["accumulation"]
    if method == "arm-cml":
        settings["options"] = {"width": 4, "context_width": 4}
    return TrainingConfig(method=method, **(settings | changes))


def drain(run: Generator[Epoch, None, TrainedNetwork]) -> tuple[list[Epoch], TrainedNetwork]:
    epochs = []
    while True:
        try:
            epochs.append(next(run))
        except StopIteration as stop:
            return epochs, stop.value


def same_weights(one: TrainedNetwork, other: TrainedNetwork) -> bool:
    pairs = zip(one.network.state_dict().values(), other.network.state_dict().values(), strict=True)
    return all(torch.equal(first, second) for first, second in pairs)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns(data: TrainingData, method: str):
    config = make_config(method, epochs=12, batch_size=8, learning_rate=1e-2, label_smoothing=0, random_context=False)
    _, trained = drain(fit(data, config))
    assert min(trained.losses[-3:]) < LEARN[method] * trained.losses[0]


@pytest.mark.parametrize("method", METHODS)
def test_the_seed_decides(data: TrainingData, method: str):
    runs = [drain(fit(data, make_config(method, seed=seed)))[1] for seed in (1, 1, 2)]
    assert runs[0].losses == runs[1].losses
    assert same_weights(runs[0], runs[1])
    assert runs[0].losses != runs[2].losses


@pytest.mark.parametrize("method", METHODS)
def test_a_killed_run_goes_on_to_the_same_losses(data: TrainingData, method: str, tmp_path: Path):
    config = make_config(method, validation_by="well", validation_share=0.3)
    _, whole = drain(fit(data, config))
    checkpoint = tmp_path / "run.safetensors"
    first = fit(data, config, checkpoint=checkpoint)
    next(epoch for epoch in first if epoch.number == 2)  # into the second epoch
    first.close()
    epochs, resumed = drain(fit(data, config, checkpoint=checkpoint))
    assert epochs[0].number >= 2
    assert resumed.losses == whole.losses
    assert resumed.accuracies == whole.accuracies
    assert same_weights(resumed, whole)


def test_a_finished_run_is_not_trained_again(data: TrainingData, tmp_path: Path):
    _, first = drain(fit(data, make_config(), checkpoint=tmp_path / "run"))
    epochs, again = drain(fit(data, make_config(), checkpoint=tmp_path / "run"))
    assert epochs == []
    assert same_weights(first, again)


def test_a_checkpoint_of_another_run_is_refused(data: TrainingData, tmp_path: Path):
    drain(fit(data, make_config(), checkpoint=tmp_path / "run"))
    with pytest.raises(ArgumentError, match="other settings or other images"):
        next(fit(data, make_config(seed=9), checkpoint=tmp_path / "run"))


def test_a_damaged_checkpoint_is_refused(data: TrainingData, tmp_path: Path):
    (tmp_path / "run").write_bytes(b"not a checkpoint")
    with pytest.raises(RunFileError, match="not a checkpoint"):
        next(fit(data, make_config(), checkpoint=tmp_path / "run"))


def test_a_checkpoint_is_written_whole_or_not_at_all(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    checkpoint = tmp_path / "run"
    list(islice(fit(data, make_config(), checkpoint=checkpoint), 5))
    before = checkpoint.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("napari_ben.training._checkpoint.save_file", fail)
    with pytest.raises(SaveError, match=r"No space left.* go on with --resume from the epochs that are kept"):
        drain(fit(data, make_config(), checkpoint=checkpoint))
    assert checkpoint.read_bytes() == before
    assert list(tmp_path.iterdir()) == [checkpoint]


def test_progress_tells_every_step(data: TrainingData):
    epochs, _ = drain(fit(data, make_config(epochs=2, validation_by="well", validation_share=0.3)))
    assert [epoch.number for epoch in epochs if epoch.is_complete] == [1, 2]
    assert all(epoch.accuracy is not None for epoch in epochs if epoch.is_complete)
    assert all(epoch.step <= epoch.n_steps for epoch in epochs)
    steps = [epoch.step for epoch in epochs if epoch.number == 1]
    assert steps == list(range(epochs[0].n_steps + 1))
    assert [epoch.split is not None for epoch in epochs] == [True] + [False] * (len(epochs) - 1)


def test_the_best_epoch_is_kept(data: TrainingData):
    _, trained = drain(fit(data, make_config(epochs=6, validation_plates=("plate-1",))))
    assert trained.epoch == trained.accuracies.index(max(trained.accuracies)) + 1


def test_patience_ends_a_run_early(data: TrainingData):
    config = make_config(epochs=30, patience=2, validation_by="well", validation_share=0.3, learning_rate=1e-9)
    _, trained = drain(fit(data, config))
    assert len(trained.losses) == trained.epoch + 2


def test_patience_needs_something_to_wait_for():
    with pytest.raises(ValueError, match="patience needs plates"):
        make_config(patience=3)


def test_an_unknown_validation_plate_is_refused(data: TrainingData):
    with pytest.raises(ArgumentError, match="no plate 'Q'"):
        next(fit(data, make_config(validation_plates=("Q",))))


def test_cs_arm_bn_needs_controls(data: TrainingData):
    bare = TrainingData(**(vars(data) | {"is_control": np.zeros(len(data), bool)}))
    with pytest.raises(ArgumentError, match="no negative controls"):
        next(fit(bare, make_config("cs-arm-bn")))


def test_nothing_left_to_train_on_is_refused(data: TrainingData):
    with pytest.raises(ArgumentError, match="No labelled images"):
        next(fit(data, make_config(validation_plates=data.plate_names)))


def test_training_leaves_torchs_random_state_and_the_images_alone(data: TrainingData):
    images, state = data.images.copy(), torch.get_rng_state()
    drain(fit(data, make_config(epochs=1)))
    np.testing.assert_array_equal(data.images, images)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("method", "context_size", "control_weight"),
    [
        ("erm", None, None),
        ("ben", 4, None),
        ("arm-bn", 4, None),
        ("arm-cml", 4, None),
        ("cs-arm-bn", 8, 2 / 3),
        ("controls", 4, 1.0),
    ],
)
def test_the_bundle_tells_how_it_was_made(
    data: TrainingData, tmp_path: Path, method: str, context_size: int | None, control_weight: float | None
):
    _, trained = drain(fit(data, make_config(method, epochs=1)))
    trained.save(tmp_path / "tiny.safetensors", "tiny", licence="BSD-3-Clause")
    card = load_model(tmp_path / "tiny.safetensors").card
    assert card.training.method == method
    assert card.training.context_size == context_size
    assert card.training.control_weight == control_weight
    assert card.training.plates == data.plate_names
    assert card.classes == data.classes
    assert card.licence == "BSD-3-Clause"
    network = load_model(tmp_path / "tiny.safetensors").network()
    x = torch.from_numpy(data.images[:3])
    torch.testing.assert_close(network(x), trained.network(x))


def test_a_crop_is_smaller_and_inference_takes_the_whole(data: TrainingData):
    _, trained = drain(fit(data, make_config(epochs=1, crop=12)))
    assert trained.network(torch.from_numpy(data.images[:1])).shape == (1, 2)


def test_a_network_starts_from_the_weights_of_another(data: TrainingData, tmp_path: Path):
    _, first = drain(fit(data, make_config(epochs=1)))
    first.save(tmp_path / "first.safetensors", "first")
    config = make_config(epochs=1, start_from=str(tmp_path / "first.safetensors"), seed=5)
    learner = Learner(data, config, torch.device("cpu"))
    start = first.network.state_dict()
    assert all(torch.equal(tensor, start[name]) for name, tensor in learner.network.state_dict().items())
    wider = Learner(replace(data, classes=("a", "b", "c")), config, torch.device("cpu")).network
    differs = [name for name, tensor in wider.state_dict().items() if tensor.shape != start[name].shape]
    assert {name.partition(".")[0] for name in differs} == {"fc"}
    with pytest.raises(ArgumentError, match=r"cannot start from 'first': it is a 'resnet10', and a 'resnet18' is"):
        Learner(data, config.model_copy(update={"architecture": "resnet18"}), torch.device("cpu"))
    with pytest.raises(ArgumentError, match=r"none of its layers has the size .* options are \{'width': 4\}"):
        Learner(data, config.model_copy(update={"options": {"width": 8}}), torch.device("cpu"))


class Mean(Classifier):
    """The smallest network: it has no normalisation, and takes no image under four pixels."""

    def __init__(self) -> None:
        super().__init__(2, 2, 2)
        self.fc = torch.nn.Linear(2, 2)

    def embed(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.avg_pool2d(x, 4).mean((2, 3))

    def classify(self, z: torch.Tensor) -> torch.Tensor:
        return self.fc(z)


def test_a_network_that_cannot_do_what_is_asked_is_refused(data: TrainingData):
    check_network(Mean(), data, make_config("erm"))
    for method in ("ben", "arm-bn", "controls"):
        with pytest.raises(MethodError, match=r"Mean has no BatchNorm layer .* Train with 'erm'"):
            check_network(Mean(), data, make_config(method))
    with pytest.raises(ArgumentError, match=r"'resnet10' does not take images of 3 × 3 pixels: .* too small"):
        check_network(Mean(), data, make_config("erm", crop=3))
    with pytest.raises(ArgumentError, match="does not take images of 2 × 9 pixels"):
        check_network(Mean(), replace(data, tiling=Tiling(size=(2, 9))), make_config("erm"))


def test_the_rate_falls_by_one_factor_a_step():
    schedule = Schedule(kind="step", warm_up=0, at=(0.5, 0.8), factor=(0.5, 0.1))
    config = TrainingConfig(learning_rate=1, schedule=schedule)
    assert [learning_rate(share, config) for share in (0, 0.5, 0.9)] == pytest.approx([1, 0.5, 0.05])
    with pytest.raises(ValueError, match="2 steps take one factor, or one each, not 3"):
        Schedule(kind="step", at=(0.5, 0.8), factor=(0.5, 0.1, 0.1))
