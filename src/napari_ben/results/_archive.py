"""Predictions as one file that gives them back to the bit, so that a stopped comparison goes on where it was.

Arrays and a JSON header in a safetensors file: nothing in it can run. The statistics of the context lie in a file of
their own beside it, as in an export.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from napari_ben.errors import FileError
from napari_ben.results._balance import Design

if TYPE_CHECKING:
    from napari_ben.results._predictions import Predictions

__all__ = ["ARCHIVE_FILE", "restore_predictions", "store_predictions"]

ARCHIVE_FILE = "predictions.safetensors"
_FORMAT = "napari-ben predictions 1"
_ARRAYS = ("logits", "embeddings", "well_logits")
_COLUMNS = frozenset({"well", "site", "role", "treatment", "in_context"})


def store_predictions(predictions: "Predictions", path: Path) -> None:
    """Write predictions, but for their statistics."""
    tensors = {name: np.ascontiguousarray(getattr(predictions, name)) for name in _ARRAYS}
    tensors |= {f"layout.{name}": np.ascontiguousarray(xy) for name, xy in predictions.layouts.items()}
    header = {
        "format": _FORMAT,
        "plate_name": predictions.plate_name,
        "classes": list(predictions.classes),
        "index": _to_json(predictions.index),
        "run": dict(predictions.run),
        "reducer": predictions.reducer,
        "complete": predictions.complete,
        "layouts": list(predictions.layouts),
        "design": None if predictions.design is None else asdict(predictions.design),
    }
    path.write_bytes(save(tensors, {"header": json.dumps(header)}))  # one key: several have no order of their own


def restore_predictions(path: Path) -> "Predictions":
    """Read what `store_predictions` wrote.

    Raises
    ------
    FileError
        When the file is absent, damaged, or something else.
    """
    from napari_ben.results._predictions import Predictions

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            header = json.loads(metadata.get("header", "{}"))
            if header.pop("format", metadata.get("format")) != _FORMAT:
                raise FileError(f"'{path}' holds no predictions.", "Give a file that napari-ben wrote.")
            arrays = {name: file.get_tensor(name) for name in _ARRAYS}
            layouts = {name: file.get_tensor(f"layout.{name}") for name in header["layouts"]}
        design = header.get("design")
        parts: dict[str, Any] = {
            "classes": tuple(header["classes"]),
            "index": _to_table(header["index"]),
            "layouts": layouts,
            "design": None if design is None else Design(**design),
        }
        _check(parts["index"], len(parts["classes"]), arrays, layouts)
        return Predictions(**arrays, **{**header, **parts})
    except (OSError, SafetensorError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(
            f"'{path}' cannot be read as predictions ({error}).", "Delete it; the run is then done again."
        ) from error


def _check(
    index: pd.DataFrame, n_classes: int, arrays: Mapping[str, NDArray[Any]], layouts: Mapping[str, NDArray[Any]]
) -> None:
    """Refuse parts that do not belong together, as in a file that was changed by hand."""
    n_fields = len(index)
    shapes = [arrays[name].shape for name in _ARRAYS] + [xy.shape for xy in layouts.values()]
    of_embeddings = (n_fields, shapes[1][-1])
    n_wells = index["well"].nunique()
    expected = [(n_fields, n_classes), of_embeddings, (n_wells, n_classes), *[(n_fields, 2)] * len(layouts)]
    if shapes != expected or not set(index) >= _COLUMNS:
        message = "its tables and arrays do not fit together"
        raise ValueError(message)


def _to_json(table: pd.DataFrame) -> dict[str, Any]:
    columns = {str(name): [_plain(value) for value in table[name].tolist()] for name in table}
    return {"columns": columns, "dtypes": {str(name): str(table[name].dtype) for name in table}}


def _to_table(content: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(content["columns"], dtype=object).astype(content["dtypes"])


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value
