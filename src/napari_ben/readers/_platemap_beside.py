"""The platemap that lies beside a plate, found without being asked for.

Only a file that is this plate's is taken: one that has wells, of which at least one is imaged. A file that does not
fit is passed over, because many tables lie beside plates; what was tried is not worth a word unless the person names
the file, and then every problem with it is told.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from napari_ben.errors import PlateMapError
from napari_ben.plates import Plate

_SUFFIXES = (".csv", ".tsv", ".txt")
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
    beside = [path for place in (folder, folder.parent) for path in _tables(place)]
    yield from (path for path in beside if path.stem.casefold() in stems)
    yield from (path for path in beside if _NAMED.fullmatch(path.name))
    if plate.experiment:
        for place in folder.parents[1:RXRX_LEVELS]:
            yield from (path for path in _tables(place) if _CONTROLS.fullmatch(path.name))


def _tables(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:  # not Path.iterdir: 17,000 Paths cost 0.1 s
            names = [entry.name for entry in entries if entry.name.lower().endswith(_SUFFIXES)]
    except OSError:
        return []
    paths = [folder / name for name in sorted(names)]
    return [path for path in paths if path.is_file() and path.stat().st_size <= LARGEST]
