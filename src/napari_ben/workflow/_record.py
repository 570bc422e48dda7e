"""The run file: everything that a run depended on, so that it can be replayed and gives the same table.

It holds the wells with their roles as they were, not the name of a platemap, because roles can be edited by hand.
"""

import platform
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, JsonValue, model_validator

from napari_ben import __version__
from napari_ben.plates import Plate
from napari_ben.results import Reducer
from napari_ben.workflow._config import PredictConfig
from napari_ben.workflow._progress import FieldBatch
from napari_ben.workflow._scores import Scores

if TYPE_CHECKING:
    from napari_ben.workflow._plan import Plan

SCHEMA: Literal[1] = 1


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Table(_Record):
    """A pandas table in JSON types.

    Parameters
    ----------
    index
        Well names.
    columns, dtypes
        Values and pandas data type of each column.
    """

    index: tuple[str, ...]
    columns: dict[str, list[JsonValue]]
    dtypes: dict[str, str]

    @model_validator(mode="after")
    def _refuse_what_is_no_table(self) -> Self:
        try:
            to_table(self, "well")
        except (KeyError, OverflowError, TypeError) as error:  # ValueErrors are pydantic's already
            message = f"not a table: {error}"
            raise ValueError(message) from error
        return self


class ViewRecord(_Record):
    """What was shown of a plate that has several z planes, time points or acquisitions."""

    z: int | Literal["auto", "max"] = "auto"
    time: int | None = None
    acquisition: str | None = None


class OpeningRecord(_Record):
    """What a plate was opened by: a file in its folder, a layout, a pattern of file names."""

    path: str | None = None
    layout: str | None = None
    pattern: str | None = None


class PlateRecord(_Record):
    """The plate that was predicted: where it lay, how it was opened, and what would show that it changed."""

    name: str
    path: str
    layout: str
    format: int
    channels: tuple[str, ...]
    shape: tuple[int, int]
    fields_sha256: str
    wells: Table
    view: ViewRecord = ViewRecord()
    opening: OpeningRecord = OpeningRecord()


class ModelRecord(_Record):
    """The model, by name, file and content."""

    name: str
    path: str | None
    sha256: str


class ContextRecord(_Record):
    """The wells whose images gave the statistics."""

    kind: str
    text: str
    wells: tuple[str, ...]
    n_images: int
    description: str


class RunRecord(_Record):
    """One prediction run.

    Parameters
    ----------
    ensemble
        Further models that answered together with `model`.
    pixels_sha256
        Of all pixels that were answered, in order.
    scores
        How good the run is, where that was asked for.
    layouts_followed
        Those of `layouts` that were made to lie as in an earlier run of the same session; a replay, which has no
        earlier run, lays them out anew, and only in their columns its tables differ.
    """

    schema_version: Literal[1] = SCHEMA
    task: Literal["predict"] = "predict"
    napari_ben: str
    versions: dict[str, str]
    device: str
    plate: PlateRecord
    model: ModelRecord
    method_title: str
    context: ContextRecord | None
    control_weight: float | Literal["count"] | None
    config: PredictConfig
    reducer: Reducer
    complete: bool
    n_wells: int
    n_fields: int
    forward_passes: int
    ensemble: tuple[ModelRecord, ...] = ()
    pixels_sha256: str
    layouts: tuple[str, ...] = ()
    layouts_followed: tuple[str, ...] = ()
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    scores: Scores | None = None


def record_run(plan: "Plan", finished: Sequence[FieldBatch], *, is_complete: bool) -> dict[str, Any]:
    """Write down a run in JSON types."""
    seen = [problem for batch in finished for problem in batch.problems]
    record = RunRecord(
        napari_ben=__version__,
        versions=_versions(finished),
        device=finished[0].circumstances.device if finished else "",
        plate=record_plate(plan.plate),
        model=record_model(plan),
        method_title=plan.method.title,
        context=_record_context(plan),
        control_weight=plan.weight,
        config=plan.config,
        reducer=plan.config.reducer,
        complete=is_complete,
        n_wells=sum(len(batch.wells) for batch in finished),
        n_fields=sum(len(batch.rows) for batch in finished),
        forward_passes=plan.forward_passes,
        pixels_sha256=sha256(b"".join(digest for batch in finished for digest in batch.digests)).hexdigest(),
        problems=tuple(dict.fromkeys([*plan.plate.stated, *plan.problems, *seen, *_met(plan.plate, seen)])),
        warnings=plan.warnings,
    )
    return record.model_dump(mode="json")


def record_plate(plate: Plate) -> PlateRecord:
    """Write down a plate."""
    fields = "\n".join(
        f"{well} {field}" for well, field in zip(plate.fields["well"], plate.fields["field"], strict=True)
    )
    opening = plate.opening
    return PlateRecord(
        name=plate.name,
        path=str(plate.path.resolve()) if plate.path.parts else "",
        layout=plate.layout,
        format=plate.format.n_wells,
        channels=plate.channels,
        shape=plate.shape,
        fields_sha256=sha256(fields.encode()).hexdigest(),
        wells=to_record(plate.wells),
        view=ViewRecord(**asdict(plate.view)),
        opening=OpeningRecord(
            path=str(opening.path.resolve()) if opening.path else None, layout=opening.layout, pattern=opening.pattern
        ),
    )


def to_record(table: pd.DataFrame) -> Table:
    """Turn a table into JSON types."""
    return Table(
        index=tuple(map(str, table.index)),
        columns={str(name): [_plain(value) for value in table[name].tolist()] for name in table},
        dtypes={str(name): str(table[name].dtype) for name in table},
    )


def to_table(record: Table, index_name: str) -> pd.DataFrame:
    """Turn a recorded table back into the one it was."""
    index = pd.Index(record.index, name=index_name, dtype=object)
    return pd.DataFrame(record.columns, index=index, dtype=object).astype(record.dtypes)


def _met(plate: Plate, seen: Sequence[str]) -> list[str]:
    """Problems met while reading that are not part of what was seen; sorted, because several threads met them."""
    return sorted(problem for problem in plate.met if not any(problem in told for told in seen))


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value


def record_model(plan: "Plan") -> ModelRecord:
    """Write down a plan's model."""
    path = plan.model.path
    return ModelRecord(
        name=plan.model.card.name, path=None if path is None else str(path.resolve()), sha256=plan.model.sha256
    )


def _record_context(plan: "Plan") -> ContextRecord | None:
    context = plan.context
    if context is None:
        return None
    return ContextRecord(
        kind=context.kind,
        text=context.text,
        wells=context.wells,
        n_images=len(plan.context_rows),
        description=context.describe(plan.plate),
    )


def _versions(finished: Sequence[FieldBatch]) -> dict[str, str]:
    of_torch = finished[0].circumstances.torch if finished else ""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "torch": of_torch,
    }
