"""Saving that leaves either everything or nothing.

A new folder is filled beside its destination and moved into place in one step. Into a folder that is there, finished
files are moved one by one: that needs no space, so a full disk is met before anything of an earlier export is touched.
Should the process be killed meanwhile, the seal tells: it is the first to go and the last to come, and what has one is
whole.
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from napari_ben._whole import place_refusal, scratch_folder
from napari_ben.errors import ArgumentError, NapariBenError, SaveError
from napari_ben.results._archive import ARCHIVE_FILE, store_predictions
from napari_ben.results._figures import embedding_map, plate_map, write_figure
from napari_ben.results._tables import fields_table, run_text, to_anndata, wells_table, write_csv, write_parquet

if TYPE_CHECKING:
    from napari_ben.results._predictions import Predictions

RUN_FILE = "run.json"
STATISTICS_FILE = "statistics.safetensors"


def save_predictions(predictions: "Predictions", folder: Path, formats: Sequence[str]) -> tuple[Path, ...]:
    """Write the predictions in every format asked for, then the run file; see `Predictions.save`."""
    _check_formats(formats)

    def write(target: Path) -> None:
        for name in _TABLES.keys() & set(formats):
            _TABLES[name](predictions, target)
        _write_figures(predictions, target, [ending for ending in _FIGURES if ending in formats])
        if predictions.statistics is not None:
            predictions.statistics.save(target / STATISTICS_FILE)
        (target / RUN_FILE).write_text(run_text(predictions), encoding="utf-8")

    return write_folder(folder, write)


def check_export(folder: Path, formats: Sequence[str]) -> None:
    """Refuse before a run what could not be saved after it.

    Raises
    ------
    ArgumentError
        When a format is unknown.
    SaveError
        When the folder is a file, or lies where nothing can be written.
    """
    _check_formats(formats)
    if reason := place_refusal(folder):
        raise SaveError(f"The results could not be written into {str(folder)!r}: {reason}.", "Choose another folder.")


def _check_formats(formats: Sequence[str]) -> None:
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise ArgumentError(
            f"Results cannot be saved as {unknown[0]!r}; the formats are {', '.join(FORMATS)}.", "Choose among these."
        )


def write_folder(folder: Path, write: Callable[[Path], None], seal: str = RUN_FILE) -> tuple[Path, ...]:
    """Let `write` fill a folder, so that `folder` afterwards holds all of its files or none.

    Parameters
    ----------
    folder
        Made when absent; files of the same name are replaced, others stay.
    write
        Gets an empty folder on the same disk.
    seal
        The file whose presence says that the others are whole.

    Returns
    -------
    tuple of Path
        The files, in order of their names, the run file last: where it is, the others are.

    Raises
    ------
    SaveError
        When the disk is full or the place cannot be written.
    """
    is_new = not folder.exists()
    try:
        with scratch_folder(folder.parent if is_new else folder) as scratch:
            stage = scratch / "whole"
            stage.mkdir()
            write(stage)
            names = sorted(path.name for path in stage.iterdir())
            if is_new:
                stage.replace(folder)
            else:
                _move_into(folder, stage, sorted(names, key=seal.__eq__), seal)
            return tuple(folder / name for name in names)
    except NapariBenError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise SaveError(
            f"The results could not be written into {str(folder)!r}: {reason}. Nothing was left half-written.",
            "Free some space, or choose another folder.",
        ) from error


def _move_into(folder: Path, stage: Path, names: Sequence[str], seal: str) -> None:
    if seal in names:
        (folder / seal).unlink(missing_ok=True)
    for name in names:
        (stage / name).replace(folder / name)


def _write_csv(predictions: "Predictions", folder: Path) -> None:
    write_csv(fields_table(predictions), folder / "fields.csv")
    write_csv(wells_table(predictions), folder / "wells.csv")


def _write_parquet(predictions: "Predictions", folder: Path) -> None:
    write_parquet(fields_table(predictions), folder / "fields.parquet")
    write_parquet(wells_table(predictions), folder / "wells.parquet")


def _write_anndata(predictions: "Predictions", folder: Path) -> None:
    to_anndata(predictions).write_h5ad(folder / "fields.h5ad")


def _write_archive(predictions: "Predictions", folder: Path) -> None:
    store_predictions(predictions, folder / ARCHIVE_FILE)


def _write_figures(predictions: "Predictions", folder: Path, endings: Sequence[str]) -> None:
    """Draw each figure once, and write it with every ending."""
    if not endings:
        return
    figures = {"plate_map": plate_map(predictions)}
    figures |= {f"embedding_{name.lower()}": embedding_map(predictions, name) for name in predictions.layouts}
    for name, figure in figures.items():
        for ending in endings:
            write_figure(figure, folder / f"{name}.{ending}")


_TABLES: dict[str, Callable[["Predictions", Path], None]] = {
    "csv": _write_csv,
    "parquet": _write_parquet,
    "anndata": _write_anndata,
    "archive": _write_archive,
}
_FIGURES = ("png", "svg")
FORMATS = (*_TABLES, *_FIGURES)
_NEEDS = {"parquet": "pyarrow", "anndata": "anndata"}


def installed_formats() -> tuple[str, ...]:
    """List the formats that can be written here: all but those whose library is not installed."""
    return tuple(name for name in FORMATS if name not in _NEEDS or find_spec(_NEEDS[name]))
