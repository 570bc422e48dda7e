"""Parity with github.com/ml-jku/cs-arm-bn: the published predictor, from 16-bit files to probabilities.

The files are 512×512, the size to which it resizes: the Pillow that its environment names (9.1.1) takes the nearest
pixel of a 16-bit image there, as the model card does, while later ones smooth.
"""

import numpy as np
import pandas as pd
import pytest
import tifffile
import torch

from napari_ben.embedding import fit_alignment
from napari_ben.methods import apply_statistics, measure_statistics
from napari_ben.models import import_model, prepare_image

from .conftest import same_up_to_signs, shifted_batches

REFERENCE = "cs_arm_bn"
CHANNELS = ("RNA", "ER", "AGP", "Mito", "DNA")
N_IMAGES = 6


@pytest.fixture
def predictor(checkout, zoo, tmp_path):
    for package in ("hydra", "omegaconf"):
        pytest.importorskip(package, reason="the published predictor is configured with it")
    resnet, featurizer = checkout.load("plt.model.resnet"), checkout.load("plt.model.featurizer")
    for seed in (1, 2):
        torch.manual_seed(seed)
        body = resnet.ResNet(block="bottleneck", layers=[3, 4, 6, 3], input_shape=5, output_dim=32, features=True)
        network = featurizer.Featurizer(body, {"in_features": 2048, "out_features": 8})
        torch.save(network.state_dict(), tmp_path / f"seed{seed}.pt")
    config = checkout.folder / "config" / "trainer" / "model" / "featurizer.yaml"
    return checkout.load("plt.model.pretrained").PreTrainedCSARMBN(tmp_path, config=config)


@pytest.fixture
def images(tmp_path):
    """(N, C, Y, X) uint16, and the table by which the reference finds them."""
    counts = np.random.default_rng(3).gamma(2.0, 400.0, (N_IMAGES, 5, 512, 512)).astype(np.uint16)
    rows = []
    for number, image in enumerate(counts):
        row = {"img_path": str(tmp_path)}
        for channel, plane in zip(CHANNELS, image, strict=True):
            row[f"FileName_Orig{channel}"] = f"{number}_{channel}.tiff"
            tifffile.imwrite(tmp_path / row[f"FileName_Orig{channel}"], plane)
        rows.append(row)
    return counts, pd.DataFrame(rows)


def _ours(paths, counts, chunk, variance):
    """Mean probabilities of both networks, statistics from all images in chunks."""
    probabilities = []
    for path in paths:
        model = import_model(path, architecture="resnet50_avgstride")
        network = model.network()
        inputs = torch.from_numpy(np.concatenate([prepare_image(image, model.card) for image in counts]))
        statistics = measure_statistics(network, inputs.split(chunk))
        adapted = apply_statistics(network, statistics, variance=variance)
        with torch.inference_mode():
            probabilities.append(torch.softmax(adapted(inputs), dim=1))
    return torch.stack(probabilities).mean(dim=0)


def test_adapted_predictions_equal_the_published_predictor(predictor, images, tmp_path):
    counts, table = images
    predictor.adapt(table)
    expected, entropy = predictor.predict(table)
    paths = sorted(tmp_path.glob("*.pt"))
    for chunk in (1, 2, N_IMAGES):
        ours = _ours(paths, counts, chunk, "unbiased")
        difference = (ours - expected).abs().max().item()
        print(f"chunks of {chunk}: largest difference of a probability {difference:.1e}")
        assert difference <= 1e-5
    torch.testing.assert_close(-(ours * ours.log()).sum(dim=1), entropy, rtol=1e-4, atol=1e-5)
    biased = _ours(paths, counts, N_IMAGES, "biased")
    assert (biased - expected).abs().max() > 1e-5  # the predictor's variance is a running one: unbiased


def test_a_predictor_that_is_not_adapted_differs(predictor, images, tmp_path):
    counts, table = images
    expected, _ = predictor.predict(table)
    ours = _ours(sorted(tmp_path.glob("*.pt")), counts, N_IMAGES, "unbiased")
    assert (ours - expected).abs().max() > 1e-3


def test_tvn_of_treated_images_equals_theirs(checkout, zoo):
    embeddings, batches, is_control = shifted_batches()
    controls, of = embeddings[is_control], batches[is_control]
    reference = checkout.load("plt.data.transforms").TVN()
    reference.fit(controls, of)
    theirs = reference.transform(embeddings[~is_control], batches[~is_control], controls, of)
    ours = fit_alignment(controls, of, "tvn-csarmbn").transform(embeddings[~is_control], batches[~is_control])
    difference = same_up_to_signs(ours, theirs)
    print(f"largest difference {difference:.1e}")
    assert difference < 1e-9
