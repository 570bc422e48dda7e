"""Several tables of a platemap become one: a row a well, with what the other tables say about its reagent or plate.

What was joined on what is told with counts, and a join that finds nothing is an error, because it is a wrong file more
often than a wish.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from napari_ben.errors import PlateMapError
from napari_ben.plates._names import find_well
from napari_ben.plates._plate_rows import rows_of_plate
from napari_ben.plates._platemap import column_names, find_columns, normalise_column
from napari_ben.plates._sources import Source, find_map
from napari_ben.plates._table_join import (
    Keys,
    choose_keys,
    count_found,
    join_tables,
    key_rows,
    of_use,
    shared_columns,
)

if TYPE_CHECKING:
    from napari_ben.plates._plate import Plate

_PLACES = (("well",), ("row", "column"), ("well_number",))


def combine(sources: Sequence[Source], plate: "Plate") -> tuple[Source, tuple[str, ...]]:
    """One table of the plate's wells, and sentences about what was joined.

    Raises
    ------
    PlateMapError
        When no table has wells, none has this plate, or two tables do not fit together.
    """
    sources, notes = _follow_barcodes(sources, plate)
    with_wells = [source for source in sources if source.has_wells] or list(sources[:1])
    others = [source for source in sources if source not in with_wells]
    main, told = _of_plate(with_wells[0], plate)
    notes += told
    for source in with_wells[1:]:
        own, told = _of_plate(source, plate)
        main, joined = _merge_wells(main, own)
        notes += (*told, joined)
    return _join_all(main, others, plate, notes)


def _of_plate(source: Source, plate: "Plate") -> tuple[Source, tuple[str, ...]]:
    rows, notes = rows_of_plate(source.rows, plate, source.name)
    return replace(source, rows=rows), notes


def _follow_barcodes(sources: Sequence[Source], plate: "Plate") -> tuple[list[Source], tuple[str, ...]]:
    """Put the plate's own map in the place of all maps, where a table of barcodes says which it is."""
    barcodes = next((source for source in sources if source.is_barcodes), None)
    column = barcodes.map_column if barcodes else None
    if barcodes is None or column is None:
        return list(sources), ()
    rows, notes = rows_of_plate(barcodes.rows, plate, barcodes.name, by_name=True)
    own = replace(barcodes, rows=rows)
    named = own.rows[column].iloc[0].strip()
    others = [source for source in sources if source is not barcodes]
    maps = [narrowed for source in others if source.has_wells for narrowed in _maps_named(source, named)]
    if not maps and barcodes.path is not None:
        maps = [find_map(barcodes.path, named)]
    if not maps:
        raise PlateMapError(
            f"{barcodes.name!r} names the platemap {named!r} for plate {plate.name!r}, and it is not among the tables.",
            "Add it to the list.",
        )
    told = f"{barcodes.name!r} gives plate {plate.name!r} the platemap {named!r}."
    return [*maps, own, *(source for source in others if not source.has_wells)], (*notes, told)


def _maps_named(source: Source, name: str) -> list[Source]:
    """Find the part of a map, or of many maps in one file, that has this name."""
    if source.path is not None and source.path.name.partition(".")[0] == name.partition(".")[0]:
        return [source]
    if source.map_column is None:
        return []
    rows = source.rows[source.rows[source.map_column].str.strip() == name]
    return [replace(source, rows=rows)] if len(rows) else []


def _merge_wells(left: Source, right: Source) -> tuple[Source, str]:
    """Put columns side by side where wells are in both tables, and rows below each other where they are not."""
    ours, theirs = find_columns(left.rows), find_columns(right.rows)
    place = next((words for words in _PLACES if all(word in ours and word in theirs for word in words)), None)
    if place is None:
        raise PlateMapError(
            f"{left.name!r} and {right.name!r} name their wells in different ways.", "Name wells alike in both."
        )
    words = [word for word in ("experiment", "plate") if word in ours and word in theirs] + list(place)
    keys = tuple(ours[word] for word in words)
    rows = _with_wells_alike(left.rows, ours)
    more = _with_wells_alike(right.rows, theirs).rename(columns={theirs[word]: ours[word] for word in words})
    known = set(key_rows(rows, keys))
    is_known = [key in known for key in key_rows(more, keys)]
    is_new = [not known for known in is_known]
    if any(is_known):
        rows = join_tables(rows, replace(right, rows=more[is_known]), Keys(keys, keys))
    joined = pd.concat([rows, more[is_new]]).fillna("").rename_axis(index="line")
    told = f"{right.name!r} was put together with {left.name!r}: {sum(is_known)} wells in both, {sum(is_new)} new."
    return replace(left, rows=joined), told


def _with_wells_alike(rows: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """Spell A1 and A01 in one way; what is no well stays, and is an error later."""
    if "well" not in columns:
        return rows
    spelled = rows[columns["well"]]
    return rows.assign(**{columns["well"]: spelled.map({text: find_well(text) or text for text in spelled.unique()})})


def _join_all(
    main: Source, others: Sequence[Source], plate: "Plate", notes: tuple[str, ...]
) -> tuple[Source, tuple[str, ...]]:
    """Join table after table; one may bring the column on which the next is joined."""
    waiting = list(others)
    while waiting:
        source = next((source for source in waiting if _can_join(main, source)), None)
        if source is None:
            raise PlateMapError(
                f"{waiting[0].name!r} has no column in common with {main.name!r} ({_listed(main.rows)}); "
                f"it has {_listed(waiting[0].rows)}.",
                "Give a file that shares a column, such as the compound's name, or name the columns alike.",
            )
        waiting.remove(source)
        rows, told = _join_one(main, source, plate)
        main = replace(main, rows=rows)
        notes += told
    return main, notes


def _can_join(main: Source, source: Source) -> bool:
    return source.plate_column is not None or bool(shared_columns(main.rows, source.rows).ours)


def _join_one(main: Source, source: Source, plate: "Plate") -> tuple[pd.DataFrame, tuple[str, ...]]:
    own = _rows_about(source, plate, can_join=bool(shared_columns(main.rows, source.rows).ours))
    if len(own) == 1:
        return _spread(main.rows, own.iloc[0]), ()
    source = of_use(main.rows, source)
    keys = choose_keys(main.rows, source)
    found = count_found(main.rows, source.rows, keys)
    if not found and source.is_optional:
        return main.rows, ()
    if not found:
        raise _nothing_found(main, source, keys)
    words = " and ".join(map(repr, keys.theirs))
    sentence = (
        f"{source.name!r} was joined with {main.name!r} on {words}: {found} of {len(main.rows)} wells have a row."
    )
    return join_tables(main.rows, source, keys), (sentence,)


def _rows_about(source: Source, plate: "Plate", *, can_join: bool) -> pd.DataFrame:
    """Rows about the whole plate; none where the plates of a table are others, such as those of a library."""
    if source.plate_column is None:
        return source.rows.iloc[:0]
    try:
        return rows_of_plate(source.rows, plate, source.name, by_name=True)[0]
    except PlateMapError:
        if not can_join:
            raise
        return source.rows.iloc[:0]


def _spread(rows: pd.DataFrame, said: pd.Series) -> pd.DataFrame:
    """Give every well what is said about its plate."""
    known = {normalise_column(column) for column in column_names(rows)}
    fresh = {str(column): value for column, value in said.items() if normalise_column(str(column)) not in known}
    return rows.assign(**fresh)


def _nothing_found(main: Source, source: Source, keys: Keys) -> PlateMapError:
    mine = ", ".join(map(repr, main.rows[keys.ours[0]].unique()[:3]))
    other = ", ".join(map(repr, source.rows[keys.theirs[0]].unique()[:3]))
    return PlateMapError(
        f"{source.name!r} and {main.name!r} share {', '.join(map(repr, keys.theirs))}, but no value is in both "
        f"({other} … against {mine} …).",
        "Give the files that belong together.",
    )


def _listed(table: pd.DataFrame) -> str:
    return ", ".join(map(str, table.columns[:8])) + (" …" if len(table.columns) > 8 else "")
