"""What a run predicted: one value, with tables, files and figures as views of it.

`Predictions` holds the fields' logits and embeddings; everything else is computed from these, so a table on screen, a
CSV and a figure cannot disagree. Nothing is read back from layers or widgets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import ArgumentError
from napari_ben.results._balance import OUTSIDE_THE_DESIGN, Design, assign_classes
from napari_ben.results._reduce import Reducer, group_mean, normalised_entropy, softmax

RESERVED_COLUMNS = ("pred_class", "likeliest_class", "confidence", "uncertainty", "in_context", "n_fields")
_OF_THE_FIELD = ("site",)


class Statistics(Protocol):
    """The measured context statistics, as far as an export needs them."""

    def save(self, path: Path) -> Any:
        """Write them to a file."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of one model on one plate.

    Parameters
    ----------
    plate_name
        Name of the plate.
    classes
        (K,) class names, in the order of the logits.
    logits
        (n_fields, K) float32.
    embeddings
        (n_fields, d) float32.
    well_logits
        (n_wells, K) float32, the classifier's answer to each well's mean direction (`mean_direction`), wells in the
        order in which they first appear in `index`.
    index
        (n_fields,) rows with ``well``, ``site``, ``role``, ``treatment``, other platemap columns, ``in_context``.
    run
        The run file's content (JSON types only).
    reducer
        How fields become wells.
    complete
        False when the run was stopped before its last well.
    layouts
        Name, such as ``PCA`` → (n_fields, 2) float64 coordinates.
    statistics
        The context statistics of the run; None when the method has none.
    design
        What the plate's layout promises about its treatments; None when nobody said. Then `wells` holds the class under
        the design, and beside it the one that the images alone speak for.
    """

    plate_name: str
    classes: tuple[str, ...]
    logits: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    well_logits: NDArray[np.float32]
    index: pd.DataFrame
    run: Mapping[str, Any]
    reducer: Reducer = "logit"
    complete: bool = True
    layouts: Mapping[str, NDArray[np.float64]] = field(default_factory=lambda: MappingProxyType({}))
    statistics: Statistics | None = None
    design: Design | None = None

    def __len__(self) -> int:
        """Count the fields."""
        return len(self.index)

    def __repr__(self) -> str:
        state = "" if self.complete else ", stopped early"
        sizes = f"{self.index['well'].nunique()} wells, {len(self)} fields, {len(self.classes)} classes"
        return f"<Predictions {self.plate_name!r}: {sizes}{state}>"

    @cached_property
    def fields(self) -> pd.DataFrame:
        """One row a field: where it lies, what was on it, what was predicted."""
        return _with_prediction(self.index, softmax(self.logits), self.classes)

    @cached_property
    def wells(self) -> pd.DataFrame:
        """One row a well, index ``well``; the fields are reduced as `reducer` says."""
        first = self.index.drop_duplicates("well").set_index("well")
        first = first.drop(columns=[name for name in _OF_THE_FIELD if name in first])
        probabilities = self.well_probabilities()
        table = _with_prediction(first, probabilities, self.classes)
        if self.design is not None and self.complete:  # a part of a plate fits no design
            table = _under_design(table, probabilities, self.classes, self.design)
        table["n_fields"] = self.index.groupby("well", sort=False).size().reindex(table.index)
        return table

    def well_probabilities(self, reducer: Reducer | None = None) -> NDArray[np.float64]:
        """Give the (n_wells, K) float64 probabilities of the wells, under this or another reducer."""
        groups = self.index["well"].to_numpy(dtype=object)
        match reducer or self.reducer:
            case "logit":
                return softmax(group_mean(self.logits, groups))
            case "probability":
                return group_mean(softmax(self.logits), groups)
            case "embedding":
                return softmax(self.well_logits)

    def with_reducer(self, reducer: Reducer) -> "Predictions":
        """Give the same predictions with fields reduced to wells in another way.

        Raises
        ------
        ArgumentError
            When there is no such reducer.
        """
        if reducer not in get_args(Reducer):
            allowed = ", ".join(get_args(Reducer))
            raise ArgumentError(f"There is no reducer {reducer!r}; there are {allowed}.", "Choose one of these.")
        return replace(self, reducer=reducer, run={**self.run, "reducer": reducer})

    def with_layout(self, name: str, coordinates: NDArray[np.float64], *, has_followed: bool = False) -> "Predictions":
        """Add, or replace, a two-dimensional layout of the fields.

        Parameters
        ----------
        name
            Such as ``PCA``.
        coordinates
            (n_fields, 2).
        has_followed
            Whether it was made to lie as that of an earlier run; then a replay lays it out otherwise, which is noted.
        """
        if coordinates.shape != (len(self), 2):
            raise ArgumentError(
                f"The layout {name!r} has shape {coordinates.shape}, but there are {len(self)} fields.",
                "Compute it from these predictions' embeddings.",
            )
        layouts = {**self.layouts, name: coordinates}
        followed = [known for known in self.run.get("layouts_followed", ()) if known != name]
        run = {**self.run, "layouts": list(layouts), "layouts_followed": followed + [name] * has_followed}
        return replace(self, layouts=MappingProxyType(layouts), run=run)

    def save(self, folder: str | Path, formats: Sequence[str] = ("csv", "png", "svg")) -> tuple[Path, ...]:
        """Write tables, figures, statistics and the run file; all of them or none.

        Parameters
        ----------
        folder
            Made when absent; files of an earlier export there are replaced.
        formats
            Any of ``csv``, ``parquet``, ``anndata``, ``png``, ``svg``, and ``archive``, which `restore_predictions`
            gives back to the bit. The run file is always written.

        Returns
        -------
        tuple of Path
            The files written.

        Raises
        ------
        ArgumentError
            When a format is unknown, or needs a package that is not installed.
        SaveError
            When the disk is full or the folder cannot be written; then nothing was changed in it.
        """
        from napari_ben.results._save import save_predictions

        return save_predictions(self, Path(folder), formats)


def _with_prediction(table: pd.DataFrame, probabilities: NDArray[np.float64], classes: Sequence[str]) -> pd.DataFrame:
    best = probabilities.argmax(axis=1) if len(probabilities) else np.zeros(0, dtype=np.intp)
    names = np.asarray(classes, dtype=object)
    predicted = pd.DataFrame(
        {
            "pred_class": names[best],
            "confidence": probabilities.max(axis=1, initial=0.0),
            "uncertainty": normalised_entropy(probabilities),
            **{f"prob_{name}": probabilities[:, number] for number, name in enumerate(classes)},
        },
        index=table.index,
    )
    return pd.concat([table, predicted], axis=1)


def _under_design(
    table: pd.DataFrame, probabilities: NDArray[np.float64], classes: Sequence[str], design: Design
) -> pd.DataFrame:
    """Give the wells that the design speaks of the classes that it allows; controls and empty wells keep theirs."""
    role = table["role"] if "role" in table else pd.Series("treatment", index=table.index)
    rows = np.flatnonzero(~role.isin(OUTSIDE_THE_DESIGN))
    logarithms = np.log(np.maximum(probabilities[rows], 1e-300))
    chosen = probabilities.argmax(axis=1)
    chosen[rows] = assign_classes(logarithms, design.prior, design.places(classes))
    return table.assign(
        pred_class=np.asarray(classes, dtype=object)[chosen],
        likeliest_class=table["pred_class"],
        confidence=probabilities[np.arange(len(chosen)), chosen],
    )
