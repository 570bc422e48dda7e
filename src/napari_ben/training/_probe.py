"""The linear probe that ends self-supervision (Lin, Lu 2022): the encoder stays, a linear layer learns on top of it.

Embeddings of tiles are brought to length 1 and averaged over a field, with the statistics of the whole plate. A mean
over tiles and a linear map can change places, so at inference the mean of the tiles' logits is the field's logit.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from napari_ben.models import Classifier
from napari_ben.training._config import TrainingConfig
from napari_ben.training._data import TrainingData
from napari_ben.training._pixels import chunks_of
from napari_ben.training._validation import follow_plates

__all__ = ["field_features", "fit_probe"]

Rows = NDArray[np.int64]


def field_features(
    network: Classifier, data: TrainingData, rows: Rows, config: TrainingConfig, device: torch.device
) -> tuple[Tensor, Tensor]:
    """(m, d) mean unit vector and (m,) label of each field among the rows."""
    vectors, order = [], []
    for adapted, members in follow_plates(network, data, rows, config, device):
        with torch.inference_mode():
            parts = [functional.normalize(adapted.embed(chunk)).cpu() for chunk in chunks_of(data, members, device)]
        vectors.append(torch.cat(parts))
        order.append(members)
    members = np.concatenate(order)
    fields = members if data.fields is None else data.fields[members]
    _, first, field = np.unique(fields, return_index=True, return_inverse=True)
    units = torch.cat(vectors)
    sums = torch.zeros(len(first), units.shape[1]).index_add_(0, torch.from_numpy(field), units)
    return sums / torch.from_numpy(np.bincount(field))[:, None], torch.from_numpy(data.labels[members[first]])


def fit_probe(features: Tensor, labels: Tensor, probe: nn.Linear, config: TrainingConfig) -> None:
    """Train a linear layer, in place: Adam, the rate falling linearly to zero.

    Parameters
    ----------
    features, labels
        From `field_features`.
    probe
        Starts from zero.
    config
        Its ``contrast`` and ``seed``.
    """
    options = config.contrast
    rng = np.random.default_rng([config.seed, 0])
    features, labels = features.to(probe.weight), labels.to(probe.weight.device)
    for parameter in probe.parameters():
        nn.init.zeros_(parameter)
    optimizer = torch.optim.Adam(probe.parameters(), lr=options.probe_rate)
    n_batches = -(-len(labels) // options.probe_batch)
    batches = [
        rows for _ in range(options.probe_epochs) for rows in np.array_split(rng.permutation(len(labels)), n_batches)
    ]
    for step, members in enumerate(batches):
        rows = torch.from_numpy(members).to(labels.device)
        optimizer.param_groups[0]["lr"] = options.probe_rate * (1 - step / len(batches))
        optimizer.zero_grad()
        torch.autograd.backward(functional.cross_entropy(probe(features[rows]), labels[rows]))
        optimizer.step()
