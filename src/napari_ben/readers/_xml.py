"""XML that microscopes write, read as a stream and without trust.

The parser is expat of the standard library, with everything refused that makes XML dangerous: a document type, and with
it every entity, whether it grows (a "bomb") or points elsewhere. defusedxml refuses the same; lxml would be one more
library, and keeps the whole document. An event an element is what costs: 0.5 s of the processor for an index of 17,280
images (26 MB), and as much by ElementTree's ``iterparse``. `_xml_runs` has most of its records heard by nobody.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NoReturn
from xml.parsers import expat

from napari_ben.errors import PlateError

CHUNK = 1 << 20
LONGEST = 4 * CHUNK  # of a tag, a comment, or a text that is heard: what is kept whole
DEEPEST = 100
_NATIVE = frozenset({"UTF-8", "UTF-16", "UTF-16BE", "UTF-16LE", "ISO-8859-1", "US-ASCII"})

Begin = Callable[[Mapping[str, str]], object]
Hear = Callable[[str], object]


@dataclass(frozen=True)
class Root:
    """The first element of a document.

    Parameters
    ----------
    name
        Without its namespace.
    namespace
        Empty when there is none.
    attributes
        By name without namespace.
    """

    name: str
    namespace: str
    attributes: Mapping[str, str]


def read_root(path: Path) -> Root:
    """First element of a document; reads no further.

    Raises
    ------
    PlateError
        When the file cannot be read, does not begin as XML, or is dangerous.
    """
    parser = _safe_parser(path)
    found: list[Root] = []

    def start(tag: str, attributes: list[str]) -> None:
        namespace, _, name = tag.rpartition(" ")
        found.append(Root(name, namespace, _named(attributes)))
        parser.StartElementHandler = None

    parser.StartElementHandler = start
    problem = "no tag in its first bytes"
    try:
        with path.open("rb") as file:
            parser.Parse(file.read(CHUNK // 16))
    except OSError as error:
        raise _unreadable(path, error) from error
    except expat.ExpatError as error:
        problem = _words(error)
    if not found:
        raise PlateError(f"{path.name!r} is no XML: {problem}.", "Copy or export the plate again.")
    return found[0]


def read_in_chunks(file: BinaryIO) -> Iterator[bytes]:
    """All of a document, piece by piece."""
    return iter(lambda: file.read(CHUNK), b"")


def read_xml(
    path: Path,
    begins: Mapping[str, Begin],
    texts: Mapping[str, Hear],
    content: bytes | None = None,
    pieces: Callable[[BinaryIO], Iterator[bytes]] = read_in_chunks,
    also: re.Pattern[str] | None = None,
) -> str:
    """Go through a document once, and say what is wrong with it.

    Elements count only when they are of the root's namespace, or of another that is meant. What stands before a damage
    has been heard: an index that is cut short still tells of the images before the cut.

    Parameters
    ----------
    path
        The file.
    begins
        What to do with the attributes (by name without namespace) where an element begins, by the element's name
        without namespace.
    texts
        Who hears an element's text, up to its end or that of its first child, by the element's name; who answers True
        has heard enough of such elements.
    content
        The document, where it is a part of the file and was read already.
    pieces
        Gives what of the document is to be heard, piece by piece: a piece has been heard when the next is asked for.
    also
        Namespaces that are meant beside the root's.

    Returns
    -------
    str
        Where the document is damaged, in a sentence; empty when it is whole.

    Raises
    ------
    PlateError
        When the file cannot be read, or is dangerous.
    """
    parser = _safe_parser(path)
    kept = _listen(parser, _Known(begins, texts, also))
    fed = 0
    try:
        with path.open("rb") if content is None else BytesIO(content) as file:
            for piece in pieces(file):
                parser.Parse(piece)
                fed += len(piece)
                depth, length = kept()
                if depth > DEEPEST:
                    _refuse(path, f"its elements lie more than {DEEPEST} deep in each other")
                if max(length, fed - parser.CurrentByteIndex) > LONGEST:
                    _refuse(path, f"a tag or text of it is longer than {LONGEST:,} bytes")
            parser.Parse(b"", True)  # noqa: FBT003 – the parser's own signature
    except OSError as error:
        raise _unreadable(path, error) from error
    except expat.ExpatError as error:
        return f"{path.name!r} is damaged or cut short: {_words(error)}."
    return ""


def _listen(parser: expat.XMLParserType, known: "_Known") -> Callable[[], tuple[int, int]]:
    """Set what hears the parser; returns what tells how deep it is, and how much text it holds.

    Half a million elements pass here. Functions that share variables take three quarters of the time of an object's
    methods, and text is heard only where somebody listens. It is told when its element ends, because expat gives a text
    that spans two chunks of the file in two parts.
    """
    parts: list[str] = []
    hear: Hear | None = None
    depth = 0

    def start(tag: str, attributes: list[str]) -> None:
        nonlocal depth, hear
        depth += 1
        wanted = known[tag]
        if wanted is not None:
            begin, hears = wanted
            if begin is not None:
                begin(_named(attributes))
            if hears is not None:
                hear = hears
                parser.CharacterDataHandler = parts.append

    def end(tag: str) -> None:
        nonlocal depth, hear
        depth -= 1
        if hear is not None:
            parser.CharacterDataHandler = None
            if hear(parts[0] if len(parts) == 1 else "".join(parts)):
                known.forget(tag, hear)
            parts.clear()
            hear = None

    parser.StartElementHandler, parser.EndElementHandler = start, end
    return lambda: (depth, sum(map(len, parts)))


class _Known(dict[str, tuple[Begin | None, Hear | None] | None]):
    """What is wanted of the elements of each tag; the first tag that is asked for sets the namespace."""

    def __init__(self, begins: Mapping[str, Begin], texts: Mapping[str, Hear], also: re.Pattern[str] | None) -> None:
        self._begins, self._texts, self._also = begins, texts, also
        self._namespace: str | None = None

    def __missing__(self, tag: str) -> tuple[Begin | None, Hear | None] | None:
        namespace, _, name = tag.rpartition(" ")
        if self._namespace is None:
            self._namespace = namespace
        both = self._begins.get(name), self._texts.get(name)
        is_meant = namespace == self._namespace or (self._also is not None and self._also.fullmatch(namespace))
        wanted = self[tag] = both if is_meant and any(both) else None
        return wanted

    def forget(self, tag: str, hear: Hear) -> None:
        """Want no more texts of elements that somebody has heard enough of."""
        begin, heard = self[tag] or (None, None)
        if heard is hear:
            self[tag] = (begin, None) if begin else None


def _safe_parser(path: Path) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text, parser.ordered_attributes = True, True

    def refuse_doctype(name: str, *_: Any) -> None:
        _refuse(path, f"it declares a document type ({name!r}), by which a file can grow or read other files")

    def refuse_encoding(_: str, encoding: str | None, *__: Any) -> None:
        if encoding is not None and not _is_known(encoding):
            _refuse(path, f"it declares an encoding that is not known ({encoding!r})")

    parser.StartDoctypeDeclHandler, parser.XmlDeclHandler = refuse_doctype, refuse_encoding
    return parser


def _is_known(encoding: str) -> bool:
    """Whether expat reads an encoding: its own, or one of a byte a character that Python knows."""
    if encoding.upper() in _NATIVE:
        return True
    try:
        return len(bytes(range(256)).decode(encoding, "replace")) == 256
    except (LookupError, ValueError):
        return False


def _named(attributes: list[str]) -> dict[str, str]:
    return {name.rpartition(" ")[2]: value for name, value in zip(attributes[::2], attributes[1::2], strict=True)}


def _refuse(path: Path, why: str) -> NoReturn:
    raise PlateError(
        f"{path.name!r} is refused: {why}. No microscope writes this.",
        "Open only files that you trust; export the plate again.",
    )


def _words(error: expat.ExpatError) -> str:
    return f"line {error.lineno}, {expat.errors.messages.get(error.code, 'unknown error')}"


def _unreadable(path: Path, error: OSError) -> PlateError:
    return PlateError(
        f"{path.name!r} cannot be read: {error.strerror}.", "Ask for the right to read it, or connect its drive."
    )
