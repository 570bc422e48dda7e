"""MetaXpress' plate file (``.HTD``): a list of lines of a quoted key and its values.

It lies in every folder of an exported plate, always the same. Its description holds bytes of the station's own code
page, so it is read as Latin-1, in which every byte is a character.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from napari_ben.errors import PlateError
from napari_ben.plates import PlateFormat, well_name

MAX_BYTES = 2**20
_LINE = re.compile(r'\s*"([^"]+)"\s*,(.*)')


@dataclass(frozen=True)
class Htd:
    """What was to be imaged.

    Parameters
    ----------
    format
        Rows and columns of the plate.
    wells
        Selected for imaging.
    n_sites
        Sites selected in each well.
    channels
        Names of w1, w2, …; blank where the file has none.
    n_z, n_times
        Planes and time points; 1 where there is no series.
    """

    format: PlateFormat
    wells: tuple[str, ...]
    n_sites: int
    channels: tuple[str, ...]
    n_z: int
    n_times: int


def read_htd(path: Path) -> Htd:
    """Read a plate file.

    Raises
    ------
    PlateError
        When it cannot be read, or describes no plate.
    """
    lines = _lines(path)
    rows, columns = (_count(path, lines, key, most) for key, most in (("YWells", 32), ("XWells", 48)))
    sites_down, sites_across = (_count(path, lines, key, 1000, 1) for key in ("YSites", "XSites"))
    selected = [_flags(lines.get(f"SiteSelection{row + 1}", ""), sites_across) for row in range(sites_down)]
    chosen = [_flags(lines.get(f"WellsSelection{row + 1}", ""), columns) for row in range(rows)]
    return Htd(
        format=PlateFormat(rows, columns),
        wells=tuple(well_name(row, column) for row in range(rows) for column in range(columns) if chosen[row][column]),
        n_sites=sum(map(sum, selected)) or 1,
        channels=tuple(
            lines.get(f"WaveName{wave + 1}", "").strip().strip('"').strip()
            for wave in range(_count(path, lines, "NWavelengths", 100, 1))
        ),
        n_z=max(1, _count(path, lines, "ZSteps", 10_000, 1)),
        n_times=max(1, _count(path, lines, "TimePoints", 1_000_000, 1)),
    )


def _lines(path: Path) -> dict[str, str]:
    try:
        size = path.stat().st_size
        text = path.read_text("latin-1") if size <= MAX_BYTES else ""
    except OSError as error:
        raise PlateError(f"{path.name!r} cannot be read: {error.strerror}.", "Copy the plate again.") from error
    found = (_LINE.match(line) for line in text.splitlines())
    return {line[1]: line[2].strip() for line in found if line}


def _count(path: Path, lines: dict[str, str], key: str, most: int, otherwise: int | None = None) -> int:
    text = lines.get(key, "" if otherwise is None else str(otherwise))
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if (otherwise is None and number < 1) or not 0 <= number <= most:
        raise PlateError(
            f"{path.name!r} describes no plate: {key} is {text[:40]!r}, not a number up to {most}.",
            "Copy it again from the microscope, or move it away to open the plate by its file names.",
        )
    return number


def _flags(text: str, count: int) -> list[bool]:
    flags = [part.strip().upper() == "TRUE" for part in text.split(",")]
    return (flags + [False] * count)[:count]
