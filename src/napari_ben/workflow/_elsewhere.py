"""Embeddings that no model here gave: of a table, or of a frozen network of timm, as runs that can be aligned.

A frozen network knows colour photographs. As is common for foundation models on fluorescence images, each channel goes
through it as a grey picture by itself, and the embeddings of the channels stand one after the other.
"""

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.embedding import EmbeddingTable, read_embeddings, write_embeddings
from napari_ben.errors import ArgumentError, PlateError
from napari_ben.evaluation import Run
from napari_ben.plates import Plate
from napari_ben.results import Predictions
from napari_ben.workflow._contenders import Entrant
from napari_ben.workflow._device import find_device
from napari_ben.workflow._gather import field_index
from napari_ben.workflow._progress import Progress

if TYPE_CHECKING:
    import torch

__all__ = ["embed_with_timm", "find_embeddings", "runs_elsewhere"]

TIMM = "timm:"
_BRIGHTEST = 0.999
_AT_ONCE = 16


def find_embeddings(
    sources: Mapping[str, str], entrants: Sequence[Entrant], folder: Path | None = None, device: str = "auto"
) -> Generator[Progress, None, dict[str, EmbeddingTable]]:
    """Read tables, and let frozen networks look at the plates.

    Parameters
    ----------
    sources
        Label → file, or ``timm:NAME``.
    entrants
        The plates.
    folder
        Where the embeddings of networks are kept and found again; nowhere when None.
    device
        As in `PredictConfig`.

    Yields
    ------
    Progress
        Stage ``prediction``, of networks.
    """
    found = {}
    for label, source in sources.items():
        if not source.startswith(TIMM):
            found[label] = read_embeddings(source)
            continue
        kept = None if folder is None else folder / "embeddings" / f"{source.removeprefix(TIMM)}.safetensors"
        if kept is not None and kept.is_file():
            found[label] = read_embeddings(kept)
            continue
        found[label] = yield from embed_with_timm(source.removeprefix(TIMM), [one.plate for one in entrants], device)
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_embeddings(found[label], kept)
    return found


def runs_elsewhere(
    tables: Mapping[str, EmbeddingTable], entrants: Sequence[Entrant], labels: str | None
) -> tuple[Run, ...]:
    """Join embeddings with the plates, as runs of the method ``none`` without any prediction.

    Parameters
    ----------
    tables
        Label → embeddings. One of a whole well counts as its only field.
    entrants
        The plates.
    labels
        Platemap column with the true class.

    Raises
    ------
    ArgumentError
        When no column of classes is named, or a plate has no embedding.
    """
    if not tables:
        return ()
    classes = _classes(entrants, labels)
    return tuple(
        Run(label, "none", _joined(table, entrant.plate, classes, label), 0, entrant.group, entrant.experiment)
        for label, table in tables.items()
        for entrant in entrants
    )


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
        When timm is not installed, or has no network of this name.
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
    try:
        import timm
    except (ImportError, RuntimeError) as error:
        raise ArgumentError(
            f"'timm:{name}' needs timm, which cannot be imported here ({str(error).splitlines()[0]}).",
            'Install it with pip install "napari-ben[timm]", with the torchvision that goes with this torch.',
        ) from error
    if not timm.is_model(name):
        raise ArgumentError(f"timm {timm.__version__} has no network {name!r}.", "timm.list_models() lists them.")
    network = timm.create_model(name, pretrained=pretrained, num_classes=0)
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


def _classes(entrants: Sequence[Entrant], labels: str | None) -> tuple[str, ...]:
    if labels is None:
        raise ArgumentError(
            "Embeddings made elsewhere name no classes.", "Name the column of the platemap with the true class: labels."
        )
    known = [one.plate.wells for one in entrants if labels in one.plate.wells]
    treated = [wells.loc[~wells["role"].isin(["negative_control", "empty"]), labels] for wells in known]
    return tuple(sorted({str(name) for column in treated for name in column.dropna() if str(name)}))


def _joined(table: EmbeddingTable, plate: Plate, classes: tuple[str, ...], label: str) -> Predictions:
    own = table.of_plate(plate.name)
    places = {key: row for row, key in enumerate(zip(own.keys["well"], own.keys["field"], strict=True))}
    of_wells = {well: row for (well, field), row in places.items() if np.isnan(field)}
    fields = zip(plate.fields["well"], plate.fields["field"], strict=True)
    if of_wells:
        first = ~plate.fields["well"].duplicated().to_numpy()
        found = [of_wells.get(well) if is_first else None for (well, _), is_first in zip(fields, first, strict=True)]
    else:
        found = [places.get((well, float(field))) for well, field in fields]
    rows = np.array([row for row, place in enumerate(found) if place is not None], dtype=np.int64)
    if not len(rows):
        raise ArgumentError(
            f"The embeddings {label!r} have none for plate {plate.name!r}; their plates are "
            f"{', '.join(dict.fromkeys(table.keys['plate'])) or 'not named'}.",
            "Name plates and wells as they are called here.",
        )
    index = field_index(plate, rows, rows[:0])
    return Predictions(
        plate_name=plate.name,
        classes=classes,
        logits=np.zeros((len(rows), len(classes)), np.float32),
        embeddings=own.vectors[[place for place in found if place is not None]],
        well_logits=np.zeros((index["well"].nunique(), len(classes)), np.float32),
        index=index,
        run={
            "plate": {"name": plate.name, "format": plate.format.n_wells},
            "model": {"name": label},
            "reducer": "logit",
        },
    )
