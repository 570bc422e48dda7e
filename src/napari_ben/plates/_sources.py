"""What a person gives as a platemap: a file, a table, several of them, or a folder in one of the known shapes.

Broad's laboratories keep ``barcode_platemap.csv`` (plate → name of its map) beside ``platemap/<name>.txt``; JUMP keeps
``plate.csv.gz``, ``well.csv.gz`` and tables of reagents. Both are folders here; every other set of files is a list.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from napari_ben.errors import PlateMapError
from napari_ben.plates._platemap import WellOrder, column_names, find_columns, has_wells, normalise_column, to_text
from napari_ben.plates._texts import read_text_table

BARCODES = "barcode_platemap"
MAP_NAME = "plate_map_name"
_JUMP = ("well", "plate", "perturbation_control", "compound", "orf", "crispr")
_ENDINGS = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".xlsx")
_MAP_FOLDERS = ("platemap", "platemaps", ".")


@dataclass(frozen=True)
class PlatemapFiles:
    """A platemap of several files, or one that needs a word about how to read it.

    Parameters
    ----------
    files
        Files, folders or tables; the one with wells is joined with the others on the columns that they share.
    well_order
        What numbers of wells mean, where wells have no names.
    """

    files: tuple[Path | str | pd.DataFrame, ...]
    well_order: WellOrder | None = None


Platemap = Path | str | pd.DataFrame | PlatemapFiles | Sequence[Path | str | pd.DataFrame]


@dataclass(frozen=True, eq=False)
class Source:
    """One table of a platemap.

    Parameters
    ----------
    name
        How messages call it.
    rows
        Text; the index is the line.
    path
        None for a table in memory.
    is_optional
        Whether a table that says nothing about the plate is passed over.
    """

    name: str
    rows: pd.DataFrame
    path: Path | None = None
    is_optional: bool = False

    @property
    def has_wells(self) -> bool:
        """Whether it has a row a well."""
        return has_wells(self.rows)

    @property
    def plate_column(self) -> str | None:
        """The column that tells plates apart."""
        return find_columns(self.rows).get("plate")

    @property
    def map_column(self) -> str | None:
        """The column that names a plate's map."""
        return next((column for column in column_names(self.rows) if normalise_column(column) == MAP_NAME), None)

    @property
    def is_barcodes(self) -> bool:
        """Whether it says which map each plate has."""
        return not self.has_wells and self.plate_column is not None and self.map_column is not None


def to_files(platemap: Platemap) -> PlatemapFiles:
    """One shape for everything that a person may give.

    Raises
    ------
    PlateMapError
        When it is an empty list.
    """
    if isinstance(platemap, PlatemapFiles):
        files = platemap
    elif isinstance(platemap, (str, Path, pd.DataFrame)):
        files = PlatemapFiles((platemap,))
    else:
        files = PlatemapFiles(tuple(platemap))
    if not files.files:
        raise PlateMapError("The platemap is a list of no files.", "Give at least the file with the wells.")
    return files


def open_sources(files: PlatemapFiles) -> list[Source]:
    """Read all tables; a folder becomes its files.

    Raises
    ------
    PlateMapError
        When one cannot be read, or a folder has none of the known shapes.
    """
    return [source for item in files.files for source in _open(item)]


def _open(item: Path | str | pd.DataFrame) -> Iterator[Source]:
    if isinstance(item, pd.DataFrame):
        yield Source("the table", to_text(item))
    elif Path(item).is_dir():
        yield from _open_folder(Path(item))
    else:
        yield _read(Path(item))


def _open_folder(folder: Path) -> Iterator[Source]:
    if barcodes := find_table(folder, BARCODES):
        yield _read(barcodes)
    elif find_table(folder, "well") and find_table(folder, "plate"):
        for stem in _JUMP:
            if path := find_table(folder, stem):
                yield _read(path, is_optional=stem not in _JUMP[:2])
    else:
        names = sorted(path.name for path in folder.iterdir())
        raise PlateMapError(
            f"The folder {folder.name!r} has neither barcode_platemap.csv nor plate.csv and well.csv; it has "
            f"{', '.join(names[:8]) or 'no file'}{' …' if len(names) > 8 else ''}.",
            "Give the file with the wells, and the files to be joined with it, by name.",
        )


def find_table(folder: Path, stem: str) -> Path | None:
    """Find a table of this name in a folder, whatever its ending."""
    return next((path for ending in _ENDINGS if (path := folder / f"{stem}{ending}").is_file()), None)


def find_map(barcodes: Path, name: str) -> Source:
    """Read the map that a table of barcodes names, from where it may lie.

    Parameters
    ----------
    barcodes
        The table of barcodes.
    name
        Of the map; a plain name, not a path.

    Raises
    ------
    PlateMapError
        When there is no such file; lists what there is.
    """
    is_plain = name == Path(name).name
    folders = [barcodes.parent / folder for folder in _MAP_FOLDERS]
    found = (path for folder in folders if is_plain for path in [find_table(folder, name)] if path)
    if path := next(found, None):
        return _read(path)
    there = sorted(path.name for folder in folders[:2] if folder.is_dir() for path in folder.iterdir())
    raise PlateMapError(
        f"{barcodes.name!r} names the platemap {name!r}, which is not in the folder 'platemap' beside it; "
        f"there is {', '.join(there[:6]) or 'nothing'}{' …' if len(there) > 6 else ''}.",
        "Bring the file there, or give it by name with the table of barcodes.",
    )


def _read(path: Path, *, is_optional: bool = False) -> Source:
    return Source(path.name, read_text_table(path), path, is_optional)
