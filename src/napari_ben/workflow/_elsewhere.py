"""Embeddings that no model here gave: of a table, or of a frozen network of timm, as runs that can be aligned."""

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

import numpy as np

from napari_ben.embedding import EmbeddingTable, read_embeddings, write_embeddings
from napari_ben.errors import ArgumentError
from napari_ben.evaluation import Run
from napari_ben.plates import Plate, select_wells
from napari_ben.results import Predictions, check_export
from napari_ben.workflow._compare_config import CompareConfig
from napari_ben.workflow._contenders import Entrant
from napari_ben.workflow._frozen import embed_with_timm
from napari_ben.workflow._gather import field_index
from napari_ben.workflow._progress import Progress

__all__ = ["find_embeddings", "runs_elsewhere"]

TIMM = "timm:"


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
        Where the embeddings of networks are kept, and found again where they are of all plates; nowhere when None.
    device
        As in `PredictConfig`.

    Yields
    ------
    Progress
        Stage ``prediction``, of networks.
    """
    if folder is not None:
        check_export(folder, ())
    found = {}
    for label, source in sources.items():
        if not source.startswith(TIMM):
            found[label] = read_embeddings(source)
            continue
        kept = None if folder is None else folder / "embeddings" / f"{source.removeprefix(TIMM)}.safetensors"
        earlier = None if kept is None else _kept_of(kept, entrants)
        if earlier is not None:
            found[label] = earlier
            continue
        found[label] = yield from embed_with_timm(source.removeprefix(TIMM), [one.plate for one in entrants], device)
        if kept is not None:
            write_embeddings(found[label], kept)
    return found


def _kept_of(path: Path, entrants: Sequence[Entrant]) -> EmbeddingTable | None:
    """Give the embeddings that are kept there; None unless they are of all these plates."""
    kept = read_embeddings(path) if path.is_file() else None
    is_whole = kept is not None and {one.plate.name for one in entrants} <= set(kept.keys["plate"])
    return kept if is_whole else None


def runs_elsewhere(
    tables: Mapping[str, EmbeddingTable], entrants: Sequence[Entrant], config: CompareConfig
) -> tuple[Run, ...]:
    """Join embeddings with the plates, as runs of the method ``none`` without any prediction.

    Parameters
    ----------
    tables
        Label → embeddings. One of a whole well counts as its only field.
    entrants
        The plates.
    config
        Its ``labels``, ``wells`` and ``fields``: embeddings of others take no part, as for networks.

    Raises
    ------
    ArgumentError
        When no column of classes is named, or a plate has no embedding.
    """
    if not tables:
        return ()
    classes = _classes(entrants, config.labels)
    return tuple(
        Run(
            label, "none", _joined(table, entrant.plate, classes, (label, config)), 0, entrant.group, entrant.experiment
        )
        for label, table in tables.items()
        for entrant in entrants
    )


def _classes(entrants: Sequence[Entrant], labels: str | None) -> tuple[str, ...]:
    if labels is None:
        raise ArgumentError(
            "Embeddings made elsewhere name no classes.", "Name the column of the platemap with the true class: labels."
        )
    known = [one.plate.wells for one in entrants if labels in one.plate.wells]
    treated = [wells.loc[~wells["role"].isin(["negative_control", "empty"]), labels] for wells in known]
    return tuple(sorted({str(name) for column in treated for name in column.dropna() if str(name)}))


def _joined(
    table: EmbeddingTable, plate: Plate, classes: tuple[str, ...], wish: tuple[str, CompareConfig]
) -> Predictions:
    label, config = wish
    own = table.of_plate(plate.name)
    found = _places(own, plate, config)
    rows = np.array([row for row, place in enumerate(found) if place is not None], dtype=np.int64)
    if not len(rows):
        asked = "the wells and fields asked for on " if config.wells or config.fields else ""
        raise ArgumentError(
            f"The embeddings {label!r} have none for {asked}plate {plate.name!r}; their plates are "
            f"{', '.join(dict.fromkeys(table.keys['plate'])) or 'not named'}.",
            "Name plates, wells and fields as they are called here.",
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


def _places(own: EmbeddingTable, plate: Plate, config: CompareConfig) -> list[int | None]:
    """Give for each field of the plate the row of its embedding, or None; one of a whole well is its first field's."""
    keys = {key: row for row, key in enumerate(zip(own.keys["well"], own.keys["field"], strict=True))}
    of_wells = {well: row for (well, field), row in keys.items() if np.isnan(field)}
    wells = set(plate.wells.index if config.wells is None else select_wells(config.wells, plate))
    numbers = plate.fields["field"]
    is_asked = ~plate.fields["well"].duplicated() if of_wells else numbers.isin(config.fields or numbers.unique())
    return [
        (of_wells.get(well) if of_wells else keys.get((well, float(number)))) if asked and well in wells else None
        for well, number, asked in zip(plate.fields["well"], numbers, is_asked, strict=True)
    ]
