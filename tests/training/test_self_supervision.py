"""Learning without labels, and the probe at the end."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_ben.errors import ArgumentError
from napari_ben.models import load_model
from napari_ben.training import TrainingConfig, TrainingData, fit
from napari_ben.training._probe import field_features, fit_probe
from napari_ben.training._recipes import RECIPES, make_pool

from .conftest import make_data
from .test_loop import drain, make_config, same_weights

CPU = torch.device("cpu")
PROBE = {"probe_epochs": 200, "probe_batch": 8}


@pytest.fixture
def tiles() -> TrainingData:
    """Fields of two tiles each."""
    data = make_data(n_wells=16)
    fields = np.arange(len(data)) // 2
    return replace(data, fields=fields, labels=data.labels[2 * fields], wells=data.wells[2 * fields])


def test_minclr_draws_tiles_of_the_same_fields(tiles: TrainingData):
    config = TrainingConfig(method="minclr", batch_size=8, accumulation=1)
    pool = make_pool(tiles, np.ones(len(tiles), bool), config)
    for step in RECIPES["minclr"].draw(pool, config, np.random.default_rng(0)):
        fields, counts = np.unique(tiles.fields[step[0].rows], return_counts=True)
        assert len(fields) == 4
        assert (counts == 2).all()
        assert len(np.unique(step[0].rows)) == 8


def test_minclr_needs_fields_of_several_tiles(data: TrainingData):
    with pytest.raises(ArgumentError, match=r"compares tiles of one field, and each field is one image here\..*--tile"):
        drain(fit(data, make_config("minclr")))


@pytest.mark.parametrize("method", ["simclr", "minclr"])
def test_a_run_without_labels_ends_in_a_probe(tiles: TrainingData, method: str, tmp_path):
    config = make_config(method, epochs=3, batch_size=8, contrast=PROBE, validation_plates=("plate-1",))
    epochs, trained = drain(fit(tiles, config))
    assert [epoch.accuracy is None for epoch in epochs if epoch.is_complete] == [True, True, False]
    assert trained.network.probe.weight.any()
    trained.save(tmp_path / "ssl.safetensors", "ssl")
    model = load_model(tmp_path / "ssl.safetensors")
    assert model.card.options["head"] == "unit"
    images = torch.from_numpy(tiles.images[:3])
    torch.testing.assert_close(model.network()(images), trained.network(images))


def test_a_killed_run_goes_on_to_the_same_probe(tiles: TrainingData, tmp_path):
    config = make_config("simclr", epochs=2, batch_size=8, contrast=PROBE)
    _, whole = drain(fit(tiles, config))
    first = fit(tiles, config, checkpoint=tmp_path / "run")
    next(epoch for epoch in first if epoch.number == 2)
    first.close()
    _, resumed = drain(fit(tiles, config, checkpoint=tmp_path / "run"))
    assert resumed.losses == whole.losses
    assert same_weights(resumed, whole)


def test_features_are_mean_directions_of_the_tiles_of_a_field(tiles: TrainingData):
    config = make_config("simclr")
    _, trained = drain(fit(tiles, make_config("simclr", epochs=1, contrast={"probe_epochs": 1})))
    rows = np.flatnonzero(tiles.is_labelled & (tiles.plates == 0))
    features, labels = field_features(trained.network, tiles, rows, config, CPU)
    twin = trained.network.train()  # the whole plate as one batch is what the statistics are
    with torch.no_grad():
        z = twin.embed(torch.from_numpy(tiles.images[tiles.plates == 0])).numpy()[: len(rows)]
    units = z / np.linalg.norm(z, axis=1, keepdims=True)
    np.testing.assert_allclose(features.numpy(), units.reshape(-1, 2, z.shape[1]).mean(1), rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(labels.numpy(), tiles.labels[rows][::2])


def test_the_probe_separates_what_can_be_separated():
    rng = np.random.default_rng(0)
    labels = torch.from_numpy(np.arange(40) % 4)
    features = torch.from_numpy(np.eye(4)[labels] + rng.normal(0, 0.1, (40, 4))).float()
    probe = torch.nn.Linear(4, 4)
    fit_probe(features, labels, probe, TrainingConfig(contrast=PROBE))
    assert (probe(features).argmax(1) == labels).all()
