"""Records of an XML document as columns of text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from napari_ben.readers._xml import Begin, Hear, read_xml
from napari_ben.readers._xml_runs import outside_runs

Columns = dict[str, list[str]]


@dataclass(frozen=True)
class Record:
    """Elements that are alike, and what is wanted of each.

    Parameters
    ----------
    name
        Of the element.
    columns
        ``URL`` is the text of an element within the record, ``@filename`` an attribute of the record itself,
        ``Row@number`` an attribute of an element within, and ``.`` the record's own text.
    within
        Element in which such records are meant; anywhere when empty.
    once
        Those texts that all records repeat: they are read in the first that has them, and empty in all others.
    """

    name: str
    columns: Sequence[str]
    within: str = ""
    once: Sequence[str] = ()


def read_records(path: Path, records: Sequence[Record]) -> tuple[dict[str, Columns], str]:
    """Columns of all records of a document, read in one pass.

    Parameters
    ----------
    path
        The file.
    records
        With different names.

    Returns
    -------
    tables
        Columns by the record's name; text without space around it, empty where a record lacks an element. The last
        record before a damage is left out: it may not be whole.
    damage
        Where the document is damaged, in a sentence; empty when it is whole.

    Raises
    ------
    PlateError
        When the file cannot be read, or is dangerous.
    """
    filler = _Filler(records)
    skip_runs = partial(outside_runs, names=[record.name for record in records], rows=filler)
    damage = read_xml(path, filler.begins(), filler.texts(), pieces=skip_runs)
    if damage:  # what is wrong, and in which line, shows where all is heard
        filler = _Filler(records)
        damage = read_xml(path, filler.begins(), filler.texts())
        filler.drop_last()
    return {record.name: filler.columns(record) for record in records}, damage


class _Filler:
    """Puts what is heard into columns: the row by its number, so that a record that lacks an element shifts nothing."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self._tables: dict[str, dict[str, dict[int, str]]] = {
            record.name: {column: {} for column in record.columns} for record in records
        }
        self._counts = dict.fromkeys(self._tables, 0)
        self._open: dict[str, dict[int, str]] = {}
        self._opened = ""
        self._row = 0
        self._section = ""

    @property
    def begun(self) -> int:
        return sum(self._counts.values())

    @property
    def opened(self) -> str:
        return self._opened if self._open else ""

    @property
    def wanted(self) -> set[str]:
        once = {column for record in self._records if record.name == self._opened for column in record.once}
        return {*self._open} - once

    def add(self, columns: Mapping[str, Sequence[str]], count: int) -> None:
        """Put so many records like the open one behind it."""
        for name, texts in columns.items():
            self._open[name].update(zip(range(self._row + 1, self._row + 1 + count), texts, strict=True))
        self._row += count
        self._counts[self._opened] += count

    def columns(self, record: Record) -> Columns:
        count = self._counts[record.name]
        return {name: _column(cells, count) for name, cells in self._tables[record.name].items()}

    def drop_last(self) -> None:
        """Forget the record that was begun last."""
        for cells in self._open.values():
            cells.pop(self._row, None)
        if self._open:
            self._counts[self._opened] -= 1

    def begins(self) -> dict[str, Begin]:
        wanted: dict[str, list[str]] = {}
        for record in self._records:
            for name, _, attribute in (column.partition("@") for column in record.columns):
                if name and attribute and attribute not in wanted.setdefault(name, []):
                    wanted[name].append(attribute)
        inner = {name: self._taking(name, attributes) for name, attributes in wanted.items()}
        outer = {record.name: self._opening(record) for record in self._records}
        return {**inner, **{record.within: self._entering(record.within) for record in self._records}, **outer}

    def texts(self) -> dict[str, Hear]:
        hears: dict[str, Hear] = {}
        for record in self._records:
            for column in record.columns:
                if "@" not in column:
                    hears[record.name if column == "." else column] = self._hearing(column)
        return hears

    def _opening(self, record: Record) -> Begin:
        table, name = self._tables[record.name], record.name
        own = [(table[column], column[1:]) for column in record.columns if column[0] == "@"]

        def begin(attributes: Mapping[str, str]) -> None:
            if record.within in ("", self._section):
                self._open, self._opened, self._row = table, name, self._counts[name]
                self._counts[name] += 1
                for column, attribute in own:
                    column[self._row] = attributes.get(attribute, "")

        return begin

    def _entering(self, section: str) -> Begin:
        def begin(_: Mapping[str, str]) -> None:
            self._open, self._section = {}, section

        return begin

    def _taking(self, name: str, wanted: Sequence[str]) -> Begin:
        keys = [(f"{name}@{attribute}", attribute) for attribute in wanted]

        def begin(attributes: Mapping[str, str]) -> None:
            for key, attribute in keys:
                column = self._open.get(key)
                if column is not None and attribute in attributes:
                    column[self._row] = attributes[attribute]

        return begin

    def _hearing(self, column: str) -> Hear:
        once = {record.name for record in self._records if column in record.once}

        def hear(text: str) -> bool:
            cells = self._open.get(column)
            if cells is None:
                return False
            cells[self._row] = text
            return self._opened in once

        return hear


def _column(cells: dict[int, str], count: int) -> list[str]:
    texts = cells.values() if len(cells) == count else [cells.get(row, "") for row in range(count)]
    return list(map(str.strip, texts))
