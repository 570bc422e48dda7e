"""Records that follow each other with the same markup: read by one pattern, not by an event an element.

An index of 17,280 images says the same thirty elements of each, and half a million events are what reading it costs. So
the first record of a kind is heard element by element; its markup, with the values left open, is a pattern, and the
records behind it that match are columns at once, without being heard. Nothing is guessed: a record that is otherwise in
any way (an element more, a reference, a character that XML does not allow) is heard again, and from the first comment,
section, instruction or further namespace on, everything is.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import BinaryIO, NamedTuple, Protocol

from napari_ben.readers._xml import CHUNK, read_in_chunks

KINDS = 8  # of records of one name: where there are more, the others are heard
WORTH = 16  # records: a pattern is made where the text ahead is longer than so many
LONGEST = 1 << 14  # characters of a record whose pattern is made: the time that this takes grows with it
_CODECS = {"": "utf-8", "utf-8": "utf-8", "us-ascii": "ascii", "iso-8859-1": "latin-1"}
_DECLARED = re.compile(rb"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([\w.-]+)[\"']")
_BOM = b"\xef\xbb\xbf"
_NEVER = r"\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"  # in XML; surrogates are bytes of no character
_TEXT = rf"[^<>&{_NEVER}]*+"  # without ">", so that it holds no "]]>"
_LEAF = rf"[^<>&\r{_NEVER}]*+"
_VALUE = {quote: rf"[^<&{quote}\t\n\r{_NEVER}]*+" for quote in "\"'"}
_TAG = re.compile(r"""<(/?)([^\s<>/="'!?&]+)((?:\s+[^\s<>/="']+\s*=\s*(?:"[^"<&]*"|'[^'<&]*'))*)(\s*/?>)[^<>&]*""")
_ATTRIBUTE = re.compile(r"""(\s+([^\s="']+)\s*=\s*)(["'])[^<&]*?\3""")
_ODD_AT_FIRST, _ODD = re.compile(r"<!|<\?(?!xml\s)"), re.compile(r"<[!?]|xmlns")


class Rows(Protocol):
    """Where records go: it hears them one by one, and takes many at once."""

    @property
    def begun(self) -> int:
        """How many records were begun."""

    @property
    def opened(self) -> str:
        """Name of the record that was begun last; empty after the section that it lay in."""

    @property
    def wanted(self) -> Collection[str]:
        """Columns that records like the opened one still fill."""

    def add(self, columns: Mapping[str, Sequence[str]], count: int) -> None:
        """Put so many records like the opened one behind it."""


class _Kind(NamedTuple):
    """Records of one markup."""

    match: Callable[[str, int], re.Match[str] | None]
    columns: tuple[str, ...]


class _Tag(NamedTuple):
    """A tag, in parts."""

    slash: str
    name: str
    attributes: str
    close: str

    @property
    def is_empty(self) -> bool:
        """Whether it is a whole element, with nothing in it."""
        return "/" in self.close

    @property
    def begins(self) -> bool:
        """Whether something may lie between it and its end."""
        return not self.slash and not self.is_empty


def outside_runs(file: BinaryIO, names: Collection[str], rows: Rows) -> Iterator[bytes]:
    """Pieces of a document that have to be heard; the records between them are in the rows.

    Parameters
    ----------
    file
        The document, from its beginning.
    names
        Of the records, without namespace.
    rows
        Have heard a piece when the next is asked for.
    """
    head = file.read(CHUNK)
    codec = _codec(head)
    if codec is None:
        yield head
        yield from read_in_chunks(file)
        return
    for piece in _skip(_texts(head, file, codec), names, rows):
        yield piece.encode(codec, "surrogateescape")


def _skip(texts: Iterator[str], names: Collection[str], rows: Rows) -> Iterator[str]:
    ends = re.compile(rf"</(?:[^\s<>:]+:)?({'|'.join(map(re.escape, names))})\s*>")
    kinds: dict[str, dict[str, _Kind]] = {name: {} for name in names}
    odd, rest = _ODD_AT_FIRST, ""
    for more in texts:
        text, at = rest + more, 0
        while end := ends.search(text, at):
            piece, name, begun, at = text[at : end.end()], end[1], rows.begun, end.end()
            yield piece
            if odd.search(piece):
                break
            odd = _ODD
            if (rows.begun, rows.opened) == (begun + 1, name):
                _learn(kinds[name], piece, name, rows.wanted, len(text) - at)
                at = _take_run(text, at, kinds[name].values(), rows)
        rest = text[at:]
        if end or len(rest) > CHUNK:
            break
    yield rest
    yield from texts


def _codec(head: bytes) -> str | None:
    """How a document is encoded; None where that is not one of a few ways, in which bytes of markup are ASCII."""
    declared = _DECLARED.match(head.removeprefix(_BOM))
    name = declared[1].decode().lower() if declared else ""
    if b"\0" in head or (head.startswith(_BOM) and name not in {"", "utf-8"}):
        return None
    return _CODECS.get(name)


def _texts(head: bytes, file: BinaryIO, codec: str) -> Iterator[str]:
    """Text of a document in chunks that end behind a tag; bytes that are no character are kept as surrogates."""
    rest, chunk = b"", head
    while chunk:
        content = rest + chunk
        end = content.rfind(b">") + 1 or len(content)
        yield content[:end].decode(codec, "surrogateescape")
        rest, chunk = content[end:], file.read(CHUNK)
    yield rest.decode(codec, "surrogateescape")


def _learn(kinds: dict[str, _Kind], piece: str, name: str, wanted: Collection[str], ahead: int) -> None:
    """Know the kind of the record that a piece ends with, if it is plain, short and much text lies ahead."""
    begins = [found.start() for found in re.finditer(rf"<(?:[^\s<>:/]+:)?{re.escape(name)}(?=[\s>])", piece)]
    if not begins or len(kinds) == KINDS or any(kind.match(piece, begins[-1]) for kind in kinds.values()):
        return
    record = piece[begins[-1] :]
    if len(record) <= min(LONGEST, ahead // WORTH):
        pattern, columns = _markup(record, wanted)
        kinds |= {pattern: _Kind(re.compile(_TEXT + pattern).match, columns)} if pattern else {}


def _take_run(text: str, at: int, kinds: Collection[_Kind], rows: Rows) -> int:
    """Put the records that follow each other from a position on into the rows; returns where they end."""
    start = -1
    while start != at:
        start = at
        for kind in kinds:
            taken = []
            while record := kind.match(text, at):
                taken.append(record.groups())
                at = record.end()
            if taken:
                rows.add(dict(zip(kind.columns, zip(*taken, strict=True), strict=False)), len(taken))
    return at


def _markup(record: str, wanted: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """Pattern of a record's markup, and the columns of its groups; an empty one where the record is not plain.

    A column that is there twice has two groups, of which the later counts.
    """
    columns: list[str] = []
    parts: list[str] = []

    def value(column: str, pattern: str) -> str:
        if column not in wanted:
            return pattern
        columns.append(column)
        return f"({pattern})"

    tags = _tags(record)
    for tag, after in zip_longest(tags, tags[1:]):
        element = _local(tag.name) if parts else ""
        text = (element or ".") if tag.begins else ""
        if text in wanted and not (after and after.slash):  # its text goes on in what lies within it
            return "", ()
        parts += [_tag_pattern(tag, element, value), value(text, _LEAF if text in wanted else _TEXT)]
    return "".join(parts[:-1]), tuple(columns)


def _tag_pattern(tag: _Tag, element: str, value: Callable[[str, str], str]) -> str:
    parts = ["<", tag.slash, re.escape(tag.name)]
    for begin, name, quote in _ATTRIBUTE.findall(tag.attributes):
        parts += [re.escape(begin), quote, value(f"{element}@{_local(name)}", _VALUE[quote]), quote]
    parts.append(re.escape(tag.close))
    if tag.is_empty:
        parts.append(value(element, ""))
    return "".join(parts)


def _tags(record: str) -> list[_Tag]:
    """Tags of a record; none where it is anything but plain elements, all with the same prefix."""
    tags: list[_Tag] = []
    depth = at = 0
    while (depth or not tags) and (found := _TAG.match(record, at)):
        tags.append(_Tag(*found.groups()))
        depth += -1 if tags[-1].slash else tags[-1].begins
        at = found.end()
    prefixes = {tag.name.rpartition(":")[0] for tag in tags}
    return tags if at == len(record) and not depth and len(prefixes) == 1 else []


def _local(name: str) -> str:
    return name.rpartition(":")[2]
