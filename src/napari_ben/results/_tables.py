"""Export tables in the names that the Cell Painting community's tools join on."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from napari_ben.errors import ArgumentError

if TYPE_CHECKING:
    from napari_ben.results._predictions import Predictions

_KEYS = {"well": "Metadata_Well", "site": "Metadata_Site"}
_PREDICTED = ("in_context", "pred_class", "likeliest_class", "confidence", "uncertainty", "n_fields")


def fields_table(predictions: "Predictions", *, with_embeddings: bool = True) -> pd.DataFrame:
    """Give the fields for export.

    Returns
    -------
    pandas.DataFrame
        ``Metadata_Plate``, ``Metadata_Well``, ``Metadata_Site``, the platemap as ``Metadata_*``, the prediction, the
        layouts (``PCA_1`` …) and the embedding (``embedding_0`` …).
    """
    parts = [_named(predictions.fields.reset_index(drop=True), predictions)]
    parts += [
        pd.DataFrame(coordinates, columns=[f"{name}_1", f"{name}_2"])
        for name, coordinates in predictions.layouts.items()
    ]
    if with_embeddings:
        width = predictions.embeddings.shape[1]
        digits = len(str(max(width - 1, 0)))
        names = [f"embedding_{number:0{digits}d}" for number in range(width)]
        parts.append(pd.DataFrame(predictions.embeddings, columns=names))
    return pd.concat(parts, axis=1)


def wells_table(predictions: "Predictions") -> pd.DataFrame:
    """Give the wells for export; the names are those of `fields_table`."""
    return _named(predictions.wells.reset_index(names="well"), predictions)


def to_anndata(predictions: "Predictions") -> Any:
    """Give the fields as AnnData: embeddings in ``X``, the table in ``obs``, layouts in ``obsm``, the run in ``uns``.

    Raises
    ------
    ArgumentError
        When anndata is not installed.
    """
    if find_spec("anndata") is None:
        raise _not_installed("AnnData", "anndata")
    from anndata import AnnData

    observations = fields_table(predictions, with_embeddings=False).apply(_for_hdf5)
    observations.index = _numbered("", len(predictions))
    return AnnData(
        X=predictions.embeddings.astype(np.float32),
        obs=observations,
        var=pd.DataFrame(index=_numbered("embedding_", predictions.embeddings.shape[1])),
        obsm={f"X_{name.lower()}": np.asarray(xy) for name, xy in predictions.layouts.items()},
        uns={"napari_ben": run_text(predictions)},
    )


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as UTF-8 CSV with the same line ends everywhere."""
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet.

    Raises
    ------
    ArgumentError
        When pyarrow is not installed.
    """
    if find_spec("pyarrow") is None:
        raise _not_installed("Parquet", "parquet")
    table.to_parquet(path, index=False, engine="pyarrow")


def run_text(predictions: "Predictions") -> str:
    """Give the run file's text: JSON with the keys in the order of the run."""
    return json.dumps(dict(predictions.run), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _numbered(stem: str, count: int) -> "pd.Index[Any]":
    return pd.Index([f"{stem}{number}" for number in range(count)], dtype=object)


def _for_hdf5(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Text as plain strings: HDF5 takes no mixed columns, and anndata none of pandas 3's own strings."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    return pd.Series([str(value) for value in column], index=column.index, dtype=object)


def _named(table: pd.DataFrame, predictions: "Predictions") -> pd.DataFrame:
    names = {str(column): _export_name(str(column)) for column in table.columns}
    exported = table.rename(columns=names)
    if "Metadata_Plate" in exported:
        exported = exported.drop(columns="Metadata_Plate")
    exported.insert(0, "Metadata_Plate", predictions.plate_name)
    return exported.loc[:, ~exported.columns.duplicated()]


def _export_name(column: str) -> str:
    if column in _KEYS:
        return _KEYS[column]
    if column in _PREDICTED or column.startswith(("prob_", "Metadata_")):
        return column
    return f"Metadata_{column}"


def _not_installed(what: str, extra: str) -> ArgumentError:
    return ArgumentError(
        f"{what} needs a package that is not installed.",
        f"Run: pip install 'napari-ben[{extra}]', or export CSV, which always works.",
    )
