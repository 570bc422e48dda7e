"""Embeddings of a frozen network of timm, which knows colour photographs.

As is common for foundation models on fluorescence images, each channel goes through it as a grey picture by itself, and
the embeddings of the channels stand one after the other.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.embedding import EmbeddingTable
from napari_ben.errors import ArgumentError, PlateError
from napari_ben.plates import Plate
from napari_ben.workflow._device import find_device
from napari_ben.workflow._progress import Progress

if TYPE_CHECKING:
    import torch

__all__ = ["embed_with_timm"]

_BRIGHTEST = 0.999
_AT_ONCE = 16


def embed_with_timm(
    name: str, plates: Sequence[Plate], device: str = "auto", *, pretrained: bool = True
) -> Generator[Progress, None, EmbeddingTable]:
    """Embed every readable field with a frozen network of timm.

    Parameters
    ----------
    name
        Of timm, such as ``resnet50.a1_in1k``; its weights are downloaded by timm when they are not there.
    plates
        The plates.
    device
        As in `PredictConfig`.
    pretrained
        Without it the weights are random, for trials.

    Yields
    ------
    Progress
        Stage ``prediction``.

    Raises
    ------
    ArgumentError
        When timm is not installed, has no network of this name, or cannot get its weights.
    """
    network, inputs = _timm(name, pretrained=pretrained)
    target = find_device(device)
    network = network.to(target).eval()
    keys, vectors = [], []
    total = sum(len(plate.fields) for plate in plates)
    done = 0
    for plate in plates:
        for row in range(len(plate.fields)):
            if done % _AT_ONCE == 0:
                yield Progress(done, total, "images", "prediction")
            done += 1
            try:
                image = plate.read_field(row)
            except PlateError:  # the plate states it
                continue
            keys.append(
                {"plate": plate.name, "well": plate.fields["well"].iat[row], "field": plate.fields["field"].iat[row]}
            )
            vectors.append(_embed(network, image, inputs, target))
    return EmbeddingTable(pd.DataFrame(keys), np.stack(vectors))


def _timm(name: str, *, pretrained: bool) -> tuple[Any, dict[str, Any]]:
    from napari_ben.models import import_timm  # needs torch

    timm = import_timm(name)
    try:
        network = timm.create_model(name, pretrained=pretrained, num_classes=0)
    except (OSError, RuntimeError, ValueError) as error:  # no connection, no such weights, a damaged download
        raise ArgumentError(
            f"timm cannot get the weights of {name!r}: {str(error).splitlines()[0]}",
            "Connect to the internet once so that timm keeps them, or choose a network that it has weights of "
            "(timm.list_models(pretrained=True)).",
        ) from error
    return network, timm.data.resolve_data_config({}, model=network)


def _embed(network: Any, image: NDArray[Any], inputs: Mapping[str, Any], device: "torch.device") -> NDArray[np.float32]:
    """(C·d,) embedding of one field: each channel stretched to 0–1, grey, at the network's size and normalisation."""
    import torch

    flat = image.reshape(len(image), -1).astype(np.float32)
    low, high = flat.min(axis=1), np.quantile(flat, _BRIGHTEST, axis=1)
    unit = np.clip((flat - low[:, None]) / np.maximum(high - low, 1e-6)[:, None], 0, 1).reshape(image.shape)
    grey = torch.from_numpy(unit)[:, None].expand(-1, 3, -1, -1)
    sized = torch.nn.functional.interpolate(grey, size=inputs["input_size"][1:], mode="bilinear", antialias=True)
    mean, std = (torch.tensor(inputs[key]).reshape(1, 3, 1, 1) for key in ("mean", "std"))
    with torch.inference_mode():
        embedding = network(((sized - mean) / std).to(device))
    vector: NDArray[np.float32] = embedding.float().cpu().numpy().ravel()
    return vector
