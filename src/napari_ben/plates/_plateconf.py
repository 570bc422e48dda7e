"""The plate configuration of cellHTS2: wells and plates as regular expressions, later lines before earlier ones.

``Wells: 384`` and ``Plates: 57`` lead a table of ``Plate``, ``Well`` and ``Content``; ``*`` stands for all. See the
vignette of cellHTS2 (Boutros, Brás, Huber 2006, doi:10.1186/gb-2006-7-7-r66).
"""

import re
from collections.abc import Iterator

import pandas as pd

from napari_ben.errors import PlateMapError
from napari_ben.plates._formats import FORMATS

_HEADER = re.compile(r"\A\s*(?:#[^\n]*\n\s*)*wells:\s*(\d+)", re.IGNORECASE)
_PLATES = re.compile(r"^\s*plates:\s*(\d+)", re.IGNORECASE | re.MULTILINE)
_REPEATS = re.compile(r"[*+?{]")
_REPEATED_GROUP = re.compile(r"\)[*+{]")
MAX_PLATES = 2000
LONGEST = 200
MOST_REPEATS = 8  # of a name of four signs: a few hundred steps at most


def is_plateconf(text: str) -> bool:
    """Whether a text begins as a plate configuration does."""
    return bool(_HEADER.match(text))


def read_plateconf(text: str, name: str) -> pd.DataFrame:
    """Wells of a plate configuration, one row each; index ``line``.

    Parameters
    ----------
    text
        The file.
    name
        How errors call it.

    Returns
    -------
    DataFrame
        ``well, content``, and ``plate`` (a number) where the file tells plates apart.

    Raises
    ------
    PlateMapError
        When the header or a pattern cannot be read.
    """
    n_wells, n_plates = _sizes(text, name)
    rules = list(_rules(text, name))
    tells_apart = any(plate is not None for _, plate, _, _ in rules)
    plates = [str(number) for number in range(1, n_plates + 1)] if tells_apart else [""]
    wells = FORMATS[n_wells].well_names()
    rows = [
        {"line": line, "plate": plate, "well": well, "content": content}
        for plate in plates
        for well, (line, content) in _of_plate(rules, plate, wells).items()
    ]
    table = pd.DataFrame(rows, columns=["line", "plate", "well", "content"], dtype=object).set_index("line")
    return table if tells_apart else table.drop(columns="plate")


Rule = tuple[int, re.Pattern[str] | None, re.Pattern[str] | None, str]


def _of_plate(rules: list[Rule], plate: str, wells: tuple[str, ...]) -> dict[str, tuple[int, str]]:
    told: dict[str, tuple[int, str]] = {}
    for line, plate_pattern, well_pattern, content in rules:
        if plate_pattern is None or plate_pattern.fullmatch(plate):
            told |= {well: (line, content) for well in wells if well_pattern is None or well_pattern.fullmatch(well)}
    return told


def _sizes(text: str, name: str) -> tuple[int, int]:
    header, plates = _HEADER.match(text), _PLATES.search(text)
    n_wells, n_plates = int(header[1]) if header else 0, int(plates[1]) if plates else 1
    if n_wells not in FORMATS or not 0 < n_plates <= MAX_PLATES:
        raise PlateMapError(
            f"{name!r} speaks of {n_wells} wells and {n_plates} plates; "
            f"plates have {', '.join(map(str, FORMATS))} wells, and there may be {MAX_PLATES}.",
            "Correct the lines 'Wells:' and 'Plates:'.",
        )
    return n_wells, n_plates


def _rules(text: str, name: str) -> Iterator[Rule]:
    for line, content in enumerate(text.splitlines(), start=1):
        cells = [cell.strip().strip('"') for cell in content.split("\t")]
        if len(cells) < 3 or [cell.casefold() for cell in cells[:3]] == ["plate", "well", "content"]:
            continue
        yield line, _pattern(cells[0], line, name), _pattern(cells[1], line, name), cells[2]


def _pattern(text: str, line: int, name: str) -> re.Pattern[str] | None:
    """Compile a pattern; None stands for all. One that could try without end is refused."""
    if text in ("*", ".*"):
        return None
    reason = f"it is longer than {LONGEST} signs" if len(text) > LONGEST else ""
    if len(_REPEATS.findall(text)) > MOST_REPEATS or _REPEATED_GROUP.search(text):
        reason = "it repeats too much"
    try:
        if not reason:
            return re.compile(text, re.IGNORECASE)
    except (re.error, OverflowError) as error:
        reason = str(error)
    raise PlateMapError(
        f"{name!r} has {text[:40]!r} on line {line}, which is no pattern of plates or wells: {reason}.",
        "Write it as cellHTS2 does, such as A0[1-2] or *.",
    )
