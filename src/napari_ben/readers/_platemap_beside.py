"""The platemap that lies beside a plate, found without being asked for.

Only a file that is this plate's is taken: one that has wells, of which at least one is imaged. A file that does not
fit is passed over, because many tables lie beside plates; what was tried is not worth a word unless the person names
the file, and then every problem with it is told.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from napari_ben.errors import PlateMapError
from napari_ben.plates import Plate

_TABLE = re.compile(r"\.(csv|tsv|txt)$", re.IGNORECASE)
_NAMED = re.compile(r"(platemap|plate_map|layout)\.(csv|tsv|txt)|.*metadata.*\.(csv|tsv)", re.IGNORECASE)
_CONTROLS = re.compile(r"(train|test)_controls\.csv|metadata.*\.csv", re.IGNORECASE)
LARGEST = 50 * 2**20
RXRX_LEVELS = 4  # images/HUVEC-1/Plate1 below metadata.csv


def with_platemap_beside(plate: Plate) -> Plate:
    """Attach the first platemap beside a plate that fits; leave the plate as it is where there is none."""
    for path in _candidates(plate):
        try:
            told = plate.with_platemap(path)
        except PlateMapError:  # some other table; see above
            continue
        if (told.imaged["role"] != "unknown").any() or (told.imaged["treatment"] != "").any():
            return told
    return plate


def _candidates(plate: Plate) -> Iterator[Path]:
    folder = plate.path
    stems = {plate.name.casefold(), re.sub(r"(\.ome)?\.zarr$", "", folder.name).casefold()}
    for place in (folder, folder.parent):
        tables = _tables(place)
        yield from (path for path in tables if path.stem.casefold() in stems)
    for place in (folder, folder.parent):
        yield from (path for path in _tables(place) if _NAMED.fullmatch(path.name))
    if plate.experiment:
        for place in folder.parents[1:RXRX_LEVELS]:
            yield from (path for path in _tables(place) if _CONTROLS.fullmatch(path.name))


def _tables(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if _TABLE.search(path.name) and path.stat().st_size <= LARGEST)
    except OSError:
        return []
