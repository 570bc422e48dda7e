"""Saving that leaves either everything or nothing.

The files are first written into a hidden folder beside their destination, on the same disk, and then moved into place
one by one. Moving needs no space, so a full disk is met before anything of an earlier export is touched.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_ben.errors import ArgumentError, NapariBenError, SaveError
from napari_ben.results._figures import embedding_map, plate_map, write_figure
from napari_ben.results._tables import fields_table, run_text, to_anndata, wells_table, write_csv, write_parquet

if TYPE_CHECKING:
    from napari_ben.results._predictions import Predictions

RUN_FILE = "run.json"
STATISTICS_FILE = "statistics.safetensors"


def save_predictions(predictions: "Predictions", folder: Path, formats: Sequence[str]) -> tuple[Path, ...]:
    """Write the predictions in every format asked for, then the run file; see `Predictions.save`."""
    unknown = [name for name in formats if name not in _WRITERS]
    if unknown:
        raise ArgumentError(
            f"Results cannot be saved as {unknown[0]!r}; the formats are {', '.join(_WRITERS)}.", "Choose among these."
        )

    def write(target: Path) -> None:
        for name in dict.fromkeys(formats):
            _WRITERS[name](predictions, target)
        if predictions.statistics is not None:
            predictions.statistics.save(target / STATISTICS_FILE)
        (target / RUN_FILE).write_text(run_text(predictions), encoding="utf-8")

    return write_folder(folder, write)


def write_folder(folder: Path, write: Callable[[Path], None]) -> tuple[Path, ...]:
    """Let `write` fill a folder, so that `folder` afterwards holds all of its files or none.

    Parameters
    ----------
    folder
        Made when absent; files of the same name are replaced, others stay.
    write
        Gets an empty folder on the same disk.

    Returns
    -------
    tuple of Path
        The files, in order of their names.

    Raises
    ------
    SaveError
        When the disk is full or the place cannot be written.
    """
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".napari-ben-", dir=folder) as stage:
            write(Path(stage))
            return tuple(_move(path, folder / path.name) for path in sorted(Path(stage).iterdir()))
    except NapariBenError:
        _forget(folder, is_new=is_new)
        raise
    except OSError as error:
        _forget(folder, is_new=is_new)
        reason = error.strerror or str(error)
        raise SaveError(
            f"The results could not be written into {str(folder)!r}: {reason}. Nothing was left half-written.",
            "Free some space, or choose another folder.",
        ) from error


def _forget(folder: Path, *, is_new: bool) -> None:
    if is_new:
        shutil.rmtree(folder, ignore_errors=True)


def _move(source: Path, target: Path) -> Path:
    return source.replace(target)


def _write_csv(predictions: "Predictions", folder: Path) -> None:
    write_csv(fields_table(predictions), folder / "fields.csv")
    write_csv(wells_table(predictions), folder / "wells.csv")


def _write_parquet(predictions: "Predictions", folder: Path) -> None:
    write_parquet(fields_table(predictions), folder / "fields.parquet")
    write_parquet(wells_table(predictions), folder / "wells.parquet")


def _write_anndata(predictions: "Predictions", folder: Path) -> None:
    to_anndata(predictions).write_h5ad(folder / "fields.h5ad")


def _write_figures(predictions: "Predictions", folder: Path, ending: str) -> None:
    write_figure(plate_map(predictions), folder / f"plate_map.{ending}")
    for name in predictions.layouts:
        write_figure(embedding_map(predictions, name), folder / f"embedding_{name.lower()}.{ending}")


def _write_png(predictions: "Predictions", folder: Path) -> None:
    _write_figures(predictions, folder, "png")


def _write_svg(predictions: "Predictions", folder: Path) -> None:
    _write_figures(predictions, folder, "svg")


_WRITERS: dict[str, Callable[["Predictions", Path], None]] = {
    "csv": _write_csv,
    "parquet": _write_parquet,
    "anndata": _write_anndata,
    "png": _write_png,
    "svg": _write_svg,
}
FORMATS = tuple(_WRITERS)
