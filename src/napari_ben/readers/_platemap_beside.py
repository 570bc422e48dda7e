"""The platemap that lies beside a plate, found without being asked for.

Only files that are this plate's are taken: a table with wells, of which at least one is imaged; the map that
``barcode_platemap.csv`` names for it; RxRx1's two tables, of treatments and of controls. What does not fit is passed
over, because many tables lie beside plates; what was tried is not worth a word unless the person names the file, and
then every problem with it is told.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from napari_ben.errors import PlateMapError
from napari_ben.plates import Plate
from napari_ben.readers._place import Place

_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".csv.gz")
_NAMED = re.compile(
    r"(platemap|plate_map|plateconf|layout)\.(csv|tsv|txt|xlsx)|.*metadata.*\.(csv|tsv)(\.gz)?", re.IGNORECASE
)
_BARCODES = re.compile(r"barcode_platemap\.(csv|tsv|txt)", re.IGNORECASE)
_CONTROLS = re.compile(r"(?P<set>train|test)_controls\.csv", re.IGNORECASE)
_METADATA = re.compile(r"metadata.*\.csv", re.IGNORECASE)
LARGEST = 50 * 2**20
RXRX_LEVELS = 4  # images/HUVEC-1/Plate1 below metadata.csv
Files = tuple[Path, ...]


def with_platemap_beside(plate: Plate, place: Place) -> Plate:
    """Attach the first platemap beside a plate that fits; leave the plate as it is where there is none.

    Parameters
    ----------
    plate
        The plate.
    place
        Where it was opened; what lies there has been listed already.
    """
    for files in _candidates(plate, place):
        try:
            told = plate.with_platemap(files)
        except PlateMapError:  # some other table; see above
            continue
        if (told.imaged["role"] != "unknown").any() or (told.imaged["treatment"] != "").any():
            return told
    return plate


def _candidates(plate: Plate, place: Place) -> Iterator[Files]:
    folder = plate.path
    stems = {plate.name.casefold(), re.sub(r"(\.ome)?\.zarr$", "", folder.name).casefold()}
    inside = _fitting(folder, place.others) if place.path == folder else _tables(folder)
    beside = [*inside, *_tables(folder.parent)]
    yield from ((path,) for path in beside if path.name.partition(".")[0].casefold() in stems)
    yield from ((path,) for path in beside if _BARCODES.fullmatch(path.name))
    yield from ((path,) for path in beside if _NAMED.fullmatch(path.name))
    if plate.experiment:
        for above in folder.parents[1:RXRX_LEVELS]:
            yield from _of_rxrx(_tables(above))


def _of_rxrx(tables: list[Path]) -> Iterator[Files]:
    """Whole tables first, then the controls together with the treatments that lie beside them."""
    yield from ((path,) for path in tables if _METADATA.fullmatch(path.name))
    for path in tables:
        if match := _CONTROLS.fullmatch(path.name):
            treatments = [other for other in tables if other.name.casefold() == f"{match['set'].casefold()}.csv"]
            yield (*treatments, path)


def _tables(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:  # not Path.iterdir: 17,000 Paths cost 0.1 s
            names = [entry.name for entry in entries]
    except OSError:
        return []
    return _fitting(folder, names)


def _fitting(folder: Path, names: Iterable[str]) -> list[Path]:
    paths = [folder / name for name in sorted(names) if name.lower().endswith(_SUFFIXES) and "/" not in name]
    return [path for path in paths if path.is_file() and path.stat().st_size <= LARGEST]
