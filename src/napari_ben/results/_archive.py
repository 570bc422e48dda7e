"""Predictions as one file that gives them back to the bit, so that a stopped comparison goes on where it was.

Arrays and a JSON header in a safetensors file: nothing in it can run. The statistics of the context lie in a file of
their own beside it, as in an export.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from napari_ben.errors import FileError

if TYPE_CHECKING:
    from napari_ben.results._predictions import Predictions

__all__ = ["ARCHIVE_FILE", "restore_predictions", "store_predictions"]

ARCHIVE_FILE = "predictions.safetensors"
_FORMAT = "napari-ben predictions 1"
_ARRAYS = ("logits", "embeddings", "well_logits")


def store_predictions(predictions: "Predictions", path: Path) -> None:
    """Write predictions, but for their statistics."""
    tensors = {name: np.ascontiguousarray(getattr(predictions, name)) for name in _ARRAYS}
    tensors |= {f"layout.{name}": np.ascontiguousarray(xy) for name, xy in predictions.layouts.items()}
    header = {
        "plate_name": predictions.plate_name,
        "classes": list(predictions.classes),
        "index": _to_json(predictions.index),
        "run": dict(predictions.run),
        "reducer": predictions.reducer,
        "complete": predictions.complete,
        "layouts": list(predictions.layouts),
    }
    path.write_bytes(save(tensors, {"format": _FORMAT, "header": json.dumps(header)}))


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
            if metadata.get("format") != _FORMAT:
                raise FileError(f"'{path}' holds no predictions.", "Give a file that napari-ben wrote.")
            header = json.loads(metadata["header"])
            arrays = {name: file.get_tensor(name) for name in _ARRAYS}
            layouts = {name: file.get_tensor(f"layout.{name}") for name in header.pop("layouts")}
        return Predictions(
            **arrays,
            **{**header, "classes": tuple(header["classes"]), "index": _to_table(header["index"]), "layouts": layouts},
        )
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(
            f"'{path}' cannot be read as predictions ({error}).", "Delete it; the run is then done again."
        ) from error


def _to_json(table: pd.DataFrame) -> dict[str, Any]:
    columns = {str(name): [_plain(value) for value in table[name].tolist()] for name in table}
    return {"columns": columns, "dtypes": {str(name): str(table[name].dtype) for name in table}}


def _to_table(content: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(content["columns"], dtype=object).astype(content["dtypes"])


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value
