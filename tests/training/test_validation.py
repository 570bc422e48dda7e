"""Held-out wells are judged with the statistics that the method uses at inference."""

import copy

import numpy as np
import pytest
import torch

from napari_ben.models import build_network
from napari_ben.training import TrainingConfig, TrainingData
from napari_ben.training._mixture import accept_shares, follow_shares
from napari_ben.training._split import hold_out
from napari_ben.training._validation import well_accuracy

CPU = torch.device("cpu")


def expected_accuracy(logits: np.ndarray, data: TrainingData, held: np.ndarray) -> float:
    right = []
    for plate, well in {(p, w) for p, w in zip(data.plates[held], data.wells[held], strict=True)}:
        rows = (data.plates == plate) & (data.wells == well) & data.is_labelled
        if rows.any():
            right.append(logits[rows].mean(axis=0).argmax() == data.labels[rows][0])
    return float(np.mean(right))


def make_network(data: TrainingData) -> torch.nn.Module:
    network = build_network("resnet10", len(data.channels), len(data.classes), width=4)
    with torch.no_grad():
        network.train()(torch.from_numpy(data.images))
    return network


def test_erm_is_judged_with_its_own_statistics(data: TrainingData):
    network = make_network(data)
    held = np.ones(len(data), bool)
    with torch.no_grad():
        logits = copy.deepcopy(network).eval()(torch.from_numpy(data.images)).numpy()
    accuracy = well_accuracy(network, data, held, TrainingConfig(method="erm"), CPU)
    assert accuracy == pytest.approx(expected_accuracy(logits, data, held))


@pytest.mark.parametrize("method", ["ben", "cs-arm-bn", "controls"])
def test_adapting_methods_are_judged_as_one_training_batch_a_plate(data: TrainingData, method: str):
    network = make_network(data)
    held = hold_out(data, TrainingConfig(validation_by="well", validation_share=0.5))
    config = TrainingConfig(method=method, control_weight=0.8)
    reference = copy.deepcopy(network).train()
    accept_shares(reference)
    logits = np.zeros((len(data), 2), np.float32)
    for plate in range(2):
        rows = np.flatnonzero(data.plates == plate)
        controls = torch.from_numpy(data.is_control[rows])
        weight = 1.0 if method == "controls" else 0.8
        shares = torch.where(controls, weight / controls.sum(), (1 - weight) / (~controls).sum())
        if method == "ben":
            shares = torch.full_like(shares, 1 / len(rows))
        with follow_shares(reference, shares), torch.no_grad():
            logits[rows] = reference(torch.from_numpy(data.images[rows])).numpy()
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    assert well_accuracy(network, data, held, config, CPU) == pytest.approx(expected_accuracy(logits, data, held))
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())
