"""The mean teacher: whose parameters, whose buffers, whose labels."""

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_ben.errors import ArgumentError
from napari_ben.models import build_network
from napari_ben.training import Teacher, TrainingConfig, TrainingData, fit
from napari_ben.training._teacher import MeanTeacher, decay_at, ramp_up

from .test_loop import drain, make_config, same_weights


@pytest.fixture
def half(data: TrainingData) -> TrainingData:
    """The second plate without its labels."""
    return replace(data, labels=np.where(data.plates == 1, -1, data.labels))


def make_teacher(data: TrainingData, **options: object) -> MeanTeacher:
    network = build_network("resnet10", 2, 2, width=4)
    return MeanTeacher(network, Teacher(**options), data)


@pytest.mark.parametrize(
    ("epoch", "step", "decay"),
    [(1, 0, 0.0), (1, 1, 0.5), (1, 50, 0.5), (2, 3, 0.75), (2, 50, 0.9), (11, 500, 0.99), (21, 5000, 0.999)],
)
def test_the_decay_rises_and_starts_low(epoch: int, step: int, decay: float):
    assert decay_at(epoch, step, Teacher()) == pytest.approx(decay)


@pytest.mark.parametrize(
    ("epoch", "weight"), [(1, 100 * math.exp(-3.2)), (3, 100 * math.exp(-0.8)), (5, 100), (9, 100)]
)
def test_consistency_ramps_up(epoch: int, weight: float):
    assert ramp_up(epoch, Teacher(consistency=100)) == pytest.approx(weight)


def test_the_consistency_of_deepnoise_is_the_published_one_for_its_classes():
    student, teacher = torch.rand(2, 4, 1139, dtype=torch.float64).softmax(2)
    published = 100 * torch.nn.functional.mse_loss(student, teacher)
    assert Teacher().consistency * (student - teacher).square().sum(1).mean() == pytest.approx(published.item())


def test_parameters_are_averaged_and_buffers_are_not(half: TrainingData):
    teacher = make_teacher(half)
    student = build_network("resnet10", 2, 2, width=4, seed=5)
    with torch.no_grad():
        student.train()(torch.from_numpy(half.images))
    before = {name: tensor.clone() for name, tensor in teacher.network.state_dict().items()}
    teacher.follow(student, epoch=5, step=1000)
    parameters = dict(student.named_parameters())
    for name, tensor in teacher.network.state_dict().items():
        expected = 0.9 * before[name] + 0.1 * parameters[name] if name in parameters else before[name]
        torch.testing.assert_close(tensor, expected)


def test_the_loss_is_its_formula(half: TrainingData):
    teacher = make_teacher(half, consistency=50, pseudo_from=1, pseudo_weight=0.05)
    student = build_network("resnet10", 2, 2, width=4, seed=5).train()
    rows = np.arange(6)
    teacher.labels[:6] = torch.tensor([-1, 1, -1, 0, 0, -1])
    easy, hard = torch.from_numpy(half.images[rows]), torch.from_numpy(half.images[rows] * 1.1)
    with torch.no_grad():
        z_s, z_t = copy.deepcopy(student)(easy).double(), copy.deepcopy(teacher.network).train()(hard).double()
        found = teacher.join(torch.tensor(2.0), student, (easy, hard), rows, epoch=7).item()
    consistency = ((z_s.softmax(1) - z_t.softmax(1)) ** 2).sum() / 6
    pseudo = -z_s.log_softmax(1)[[1, 3, 4], [1, 0, 0]].mean()
    assert found == pytest.approx((0.95 * 2 + 50 * consistency + 0.05 * pseudo).item(), rel=1e-5)


def test_the_buffers_are_those_of_images_as_inference_shows_them(half: TrainingData):
    teacher = make_teacher(half)
    rows = np.arange(12)
    images = torch.from_numpy(half.images[rows])
    with torch.no_grad():
        teacher.network.train()(images * 3 + 5)
        expected = copy.deepcopy(teacher.network)(images)
        teacher.settle(rows)
        torch.testing.assert_close(teacher.network.eval()(images), expected, rtol=1e-4, atol=1e-4)
    assert not any(parameter.requires_grad for parameter in teacher.network.parameters())


def test_a_network_without_batchnorm_has_nothing_to_measure(half: TrainingData):
    network = torch.nn.Sequential(torch.nn.Conv2d(2, 2, 3), torch.nn.GroupNorm(1, 2))
    teacher = MeanTeacher(network, Teacher(), half)
    before = copy.deepcopy(network.state_dict())
    teacher.settle(np.arange(4))
    torch.testing.assert_close(teacher.network.state_dict(), before, rtol=0, atol=0)


def test_pseudo_labels_are_one_a_well_and_refreshed_when_the_teacher_is_better(half: TrainingData):
    teacher = make_teacher(half, memory=0.9)
    rows = np.flatnonzero((half.labels == -1) & ~half.is_control)
    half.wells[rows[:2]] = "A01"
    teacher.listen(rows, 0.5)
    first = teacher.logits.clone()
    expected = teacher._predict(rows)
    torch.testing.assert_close(first[torch.from_numpy(rows)], expected)
    assert teacher.labels[rows[0]] == teacher.labels[rows[1]] == expected[:2].mean(0).argmax()
    assert (teacher.labels[[row for row in range(len(half)) if row not in rows]] == -1).all()
    with torch.no_grad():
        next(teacher.network.parameters()).mul_(2)
    teacher.listen(rows, 0.5)
    assert torch.equal(teacher.logits, first)
    teacher.listen(rows, 0.6)
    mixed = 0.9 * expected + 0.1 * teacher._predict(rows)
    torch.testing.assert_close(teacher.logits[torch.from_numpy(rows)], mixed)


def test_pseudo_labels_follow_the_design_where_it_is_known(half: TrainingData):
    teacher = make_teacher(half, per_plate=4)
    rows = np.flatnonzero((half.labels == -1) & ~half.is_control)
    teacher.listen(rows, None)
    assert np.bincount(teacher.labels[rows].numpy(), minlength=2).tolist() == [4, 4]


def test_a_run_with_a_teacher_goes_on_to_the_same_losses(half: TrainingData, tmp_path):
    options = {"pseudo_from": 1, "unlabelled": 0.5}
    config = make_config("erm", epochs=4, teacher=options, loss="arcface", distortion="normal", cutmix=0.5)
    _, whole = drain(fit(half, config))
    first = fit(half, config, checkpoint=tmp_path / "run")
    next(epoch for epoch in first if epoch.number == 3)
    first.close()
    _, resumed = drain(fit(half, config, checkpoint=tmp_path / "run"))
    assert resumed.losses == whole.losses
    assert same_weights(resumed, whole)


def test_a_teacher_needs_images_without_a_label(data: TrainingData):
    with pytest.raises(ArgumentError, match="every image has a label"):
        next(fit(data, make_config(teacher={})))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "ben", "teacher": {}}, "a teacher goes with method='erm'"),
        ({"method": "erm", "unlabelled_plates": ("P",)}, "unlabelled_plates serve a teacher"),
        ({"method": "erm", "teacher": {"decays": ((5, 0.5), (1, 0.9))}}, "the epochs of the decays must rise"),
        ({"controls_in_loss": True}, "controls_in_loss needs label_controls"),
        ({"method": "simclr", "loss": "arcface"}, "simclr takes loss='softmax'"),
        ({"schedule": {"kind": "step", "at": (0.5, 0.2)}}, "the steps must rise"),
    ],
)
def test_what_does_not_go_together_is_refused(options: dict, words: str):
    with pytest.raises(ValueError, match=words):
        TrainingConfig(**options)
