"""Embeddings made elsewhere: a table with the plate, the well and the field of each, and its numbers.

CSV, Parquet and AnnData are read by the names that the Cell Painting community's tools write; what a timm network gave
is kept as safetensors.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from napari_ben._whole import saved_file
from napari_ben.errors import ArgumentError, FileError
from napari_ben.plates import find_well

__all__ = ["EmbeddingTable", "read_embeddings", "write_embeddings"]

_NAMES = {
    "plate": ("Metadata_Plate", "Metadata_plate", "plate", "Plate", "barcode", "Metadata_Barcode"),
    "well": ("Metadata_Well", "Metadata_well", "well", "Well", "Metadata_well_position", "well_position"),
    "field": ("Metadata_Site", "Metadata_site", "site", "Site", "field", "Field", "Metadata_Field"),
}
_PREFIXES = ("embedding_", "emb_", "feature_", "feat_", "X_", "dim_")
_READERS = {".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".h5ad": "anndata", ".safetensors": "own"}
_NEEDS = {"parquet": "pyarrow", "anndata": "anndata"}
_FORMAT = "napari-ben embeddings 1"


@dataclass(frozen=True, eq=False)
class EmbeddingTable:
    """Embeddings and where they are from.

    Parameters
    ----------
    keys
        (n,) rows with ``plate`` (empty where the file does not say), ``well`` (``A01``), ``field`` (a number, or NaN
        where an embedding is of a whole well).
    vectors
        (n, d) float32.
    """

    keys: pd.DataFrame
    vectors: NDArray[np.float32]

    def of_plate(self, name: str) -> "EmbeddingTable":
        """Give the rows of one plate; all of them when the file names no plate."""
        chosen = self.keys["plate"].isin([name, ""]).to_numpy()
        return EmbeddingTable(self.keys[chosen].reset_index(drop=True), self.vectors[chosen])


def read_embeddings(path: str | Path) -> EmbeddingTable:
    """Read a table of embeddings.

    Parameters
    ----------
    path
        ``.csv``, ``.tsv``, ``.parquet``, ``.h5ad``, or ``.safetensors`` of `write_embeddings`. Columns that begin with
        ``embedding_`` or the like are the embedding; where there are none, all columns of numbers that are no
        ``Metadata_``.

    Raises
    ------
    ArgumentError
        When the ending is unknown, or a package that reads it is not installed.
    FileError
        When the file is not there, cannot be read, names no wells, or lacks numbers.
    """
    path = Path(path)
    kind = _READERS.get(path.suffix.lower())
    if kind is None:
        raise ArgumentError(
            f"{path.name!r} is no table of embeddings: the endings are {', '.join(_READERS)}.", "Give one of these."
        )
    if kind in _NEEDS and find_spec(_NEEDS[kind]) is None:
        raise ArgumentError(
            f"{path.name!r} needs {_NEEDS[kind]}, which is not installed.", f"Run: pip install 'napari-ben[{kind}]'."
        )
    if not path.is_file():
        raise FileError(f"There is no file {str(path)!r} of embeddings.", "Check the spelling.")
    try:
        table, vectors = _READ[kind](path)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise FileError(f"{path.name!r} cannot be read: {error}.", "Write it again, or give another file.") from error
    return _checked(path.name, table, vectors)


def write_embeddings(table: EmbeddingTable, path: Path) -> None:
    """Write embeddings as safetensors: numbers and a header, nothing that could run.

    Raises
    ------
    SaveError
        When the disk is full, or the place cannot be written.
    """
    header = {
        "plate": list(table.keys["plate"]),
        "well": list(table.keys["well"]),
        "field": [None if np.isnan(value) else int(value) for value in table.keys["field"]],
    }
    with saved_file(path, "The table of embeddings") as unfinished:
        save_file({"vectors": table.vectors}, unfinished, {"format": _FORMAT, "keys": json.dumps(header)})


def _read_text(path: Path) -> tuple[pd.DataFrame, NDArray[Any] | None]:
    return pd.read_csv(path, sep="\t" if path.suffix.lower() == ".tsv" else ","), None


def _read_parquet(path: Path) -> tuple[pd.DataFrame, NDArray[Any] | None]:
    return pd.read_parquet(path), None


def _read_anndata(path: Path) -> tuple[pd.DataFrame, NDArray[Any] | None]:
    from anndata import read_h5ad

    content = read_h5ad(path)
    values = content.X.toarray() if hasattr(content.X, "toarray") else content.X
    return content.obs, np.asarray(values)


def _read_own(path: Path) -> tuple[pd.DataFrame, NDArray[Any] | None]:
    with safe_open(path, framework="numpy") as file:
        header = file.metadata() or {}
        if header.get("format") != _FORMAT:
            message = "it holds no embeddings"
            raise ValueError(message)
        return pd.DataFrame(json.loads(header["keys"])), file.get_tensor("vectors")


_READ = {"csv": _read_text, "parquet": _read_parquet, "anndata": _read_anndata, "own": _read_own}


def _checked(name: str, table: pd.DataFrame, vectors: NDArray[Any] | None) -> EmbeddingTable:
    table = table.reset_index(drop=True)  # tables put together keep the numbers that they had apart
    columns = {key: next((known for known in names if known in table), None) for key, names in _NAMES.items()}
    if columns["well"] is None:
        raise FileError(
            f"{name!r} has no column of wells; it has {', '.join(map(str, table.columns[:8]))}.",
            "Name that column Metadata_Well.",
        )
    wells = [find_well(str(text)) for text in table[columns["well"]]]
    if None in wells:
        odd = table[columns["well"]].iloc[wells.index(None)]
        raise FileError(f"{name!r} names a well {str(odd)!r}.", "Name wells as A01, B12 and so on.")
    values = _numbers(table, [known for known in columns.values() if known]) if vectors is None else vectors
    if values.ndim != 2 or not values.shape[1] or len(values) != len(table):
        raise FileError(
            f"{name!r} holds no columns of numbers.", "Name the columns embedding_0, embedding_1 and so on."
        )
    values = np.asarray(values, dtype=np.float32)
    _refuse_gaps(name, values, wells)
    keys = pd.DataFrame({"well": wells})
    keys.insert(0, "plate", _texts(table, columns["plate"]))
    keys["field"] = np.nan if columns["field"] is None else pd.to_numeric(table[columns["field"]], errors="coerce")
    return EmbeddingTable(keys, values)


def _refuse_gaps(name: str, values: NDArray[np.float32], wells: Sequence[str | None]) -> None:
    is_whole = np.isfinite(values).all(axis=1)
    if not is_whole.all():
        raise FileError(
            f"{(~is_whole).sum()} of {len(values)} rows of {name!r} hold numbers that are missing or infinite, such as "
            f"the one of well {wells[int(np.argmin(is_whole))]}.",
            "Leave these rows out of the file, or the columns that have gaps.",
        )


def _texts(table: pd.DataFrame, column: str | None) -> list[str]:
    return [""] * len(table) if column is None else [str(value) for value in table[column]]


def _numbers(table: pd.DataFrame, keys: Sequence[str]) -> NDArray[Any]:
    numeric = [name for name in table.select_dtypes("number") if name not in keys]
    named = [name for name in numeric if str(name).startswith(_PREFIXES)]
    chosen = named or [name for name in numeric if not str(name).startswith("Metadata_")]
    return table[chosen].to_numpy(dtype=np.float32)
