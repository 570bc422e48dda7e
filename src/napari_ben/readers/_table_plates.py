"""What tables of images have in common: which one lies in a folder, and which of its plates is meant.

A table that lists several plates is opened like a folder of plates: ``load_data.csv/BR00117035`` is the plate
BR00117035 of the table.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from napari_ben.errors import PlateError
from napari_ben.plates import find_well
from napari_ben.readers._place import Place
from napari_ben.readers._table_file import is_table, read_rows


def find_table(place: Place, named: str) -> Path | None:
    """Table that a place is, or that lies in its folder under a name; None where there is none.

    Parameters
    ----------
    place
        A file or a folder.
    named
        Regular expression of the names that tables in a folder have.
    """
    if not place.is_folder:
        return place.path if is_table(place.path.name) else None
    try:
        found = [name for name in place.named(named) if "/" not in name and is_table(name)]
    except PlateError:
        return None
    return place.path / min(found, key=lambda name: (len(name), name)) if found else None


def plate_paths(place: Place, table: Path, column: str | None) -> tuple[Path, ...]:
    """Paths that open the plates of a table; none where it lists one, or one is chosen already.

    Parameters
    ----------
    place
        The table, or its folder.
    table
        Its file.
    column
        That names the plates; None where the table has none.
    """
    names = () if column is None or place.plate else tuple(dict.fromkeys(read_rows(table, [column])[column]))
    return tuple(table / name for name in names) if len(names) > 1 else ()


def rows_of_plate(rows: pd.DataFrame, column: str | None, place: Place) -> tuple[pd.DataFrame, str]:
    """Rows of the plate that is meant, and its name.

    Raises
    ------
    PlateError
        When the table lists several plates and none of them is chosen, or does not list the chosen one.
    """
    if column is None:
        return rows, place.plate
    plates = tuple(dict.fromkeys(rows[column]))
    if len(plates) == 1 and place.plate in ("", plates[0]):
        return rows, plates[0]
    if place.plate not in plates:
        shown = ", ".join(plates[:6]) + (" …" if len(plates) > 6 else "")
        asked = f", not {place.plate!r}" if place.plate else ""
        raise PlateError(
            f"{place.path.name!r} lists {len(plates)} plates{asked}: {shown}.",
            f"Add one to the path ({place.path.name}/{plates[0] if plates else 'NAME'}), or open all as a screen.",
        )
    return rows[rows[column] == place.plate].reset_index(drop=True), place.plate


def with_wells(rows: pd.DataFrame, spelled: Iterable[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Rows whose well can be read, with a column ``well`` as we write it, and what is said about the others."""
    texts = list(spelled)
    known = {text: find_well(text) for text in set(texts)}
    wells = pd.Series([known[text] for text in texts], index=rows.index, dtype=object)
    unread = [text for text in texts if known[text] is None]
    kept = rows.assign(well=wells)[wells.notna()].reset_index(drop=True)
    if not unread:
        return kept, ()
    return kept, (f"Rows whose well cannot be read were left out: {len(unread)}, such as {unread[0]!r}.",)


def about_wells(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame | None:
    """Tell what a table says of each well: its columns that are the same in all rows of a well."""
    known = rows[["well", *(column for column in columns if column != "well")]]
    wells = known.groupby("well", sort=False)
    constant = [column for column in known.columns[1:] if (wells[column].nunique() <= 1).all()]
    return wells[constant].first().reset_index() if constant else None
