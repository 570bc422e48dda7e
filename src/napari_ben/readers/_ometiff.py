"""OME-TIFF plates: a companion file with many TIFFs, or TIFFs that carry their OME-XML themselves."""

import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.readers._concurrently import read_all
from napari_ben.readers._containers import Pages
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._ome_model import Document
from napari_ben.readers._ome_planes import Rows, add_planes
from napari_ben.readers._ome_xml import find_plate, read_ome
from napari_ben.readers._place import Place

COMPANION = r".+\.companion\.ome|.+\.ome\.xml|.+\.ome"
TIFF = (".ome.tif", ".ome.tiff")
MANY_PAGES = 64
_Read = Callable[[Path, bytes | None], Document]
_Told = tuple[str, Document]  # a file, and the document that is in it


def refuse_ometiff(place: Place) -> str | None:
    """Why a place is no OME-TIFF plate, in words; None when it is one, damaged or not."""
    try:
        found = _first(place, find_plate)
    except PlateError:
        return None
    if found is None:
        return "it has no OME-XML, neither in a file of its own nor in a file named .ome.tif"
    return None if found[1].n_plates else f"the OME-XML of {found[0]!r} names no plate"


def index_ometiff(place: Place) -> tuple[PlaneIndex, PlateFacts]:
    """Planes of an OME-TIFF plate, and what its OME-XML says.

    Raises
    ------
    PlateError
        When there is no OME-XML that names a plate, or it claims more planes than a plate can have.
    """
    first = _first(place, read_ome)
    if first is None or not first[1].n_plates:
        raise PlateError(
            f"No OME-XML in {place.path} names a plate.", "Choose the folder or the companion file of one plate."
        )
    documents = [first, *_others(place, first)]
    rows = Rows()
    for file, document in documents:
        add_planes(rows, document, file if _is_tiff(file) else "", file.rpartition("/")[0])
    if not rows.files:
        raise PlateError(
            f"The OME-XML of {first[0]!r} lists {len(first[1].samples)} fields, but none of them has an image.",
            "Export the plate again, with its images.",
        )
    plate = first[1]
    lengths = {image.pixel_um for _, document in documents for image in document.images.values()}
    index, read_page = _kept_open(rows.index())
    return index, PlateFacts(
        name=plate.name or place.path.name.partition(".")[0],
        layout="OME-TIFF" if _is_tiff(first[0]) else "OME-TIFF with companion file",
        channels=tuple(dict.fromkeys(rows.channels)),
        format=plate.format,
        pixel_um=lengths.pop() if len(lengths) == 1 else None,
        problems=tuple(_problems(documents, rows)),
        read_page=read_page,
    )


def _kept_open(index: PlaneIndex) -> tuple[PlaneIndex, Pages | None]:
    """Keep files of very many pages open: to find a page, a TIFF is gone through from its first."""
    if not len(index.pages) or max(index.pages) < MANY_PAGES:
        return index, None
    from tifffile import TiffFileError

    pages = np.asarray(index.pages, np.int64).reshape(-1, 1)
    damaged = (TiffFileError, OSError, ValueError, RuntimeError, LookupError, MemoryError, struct.error)
    return replace(index, pages=np.arange(len(index))), Pages(_open_tiff, _read_tiff_page, pages, damaged)


def _open_tiff(path: Path) -> Any:
    import tifffile

    return tifffile.TiffFile(path)


def _read_tiff_page(file: Any, page: NDArray[np.int64]) -> NDArray[Any]:
    return np.asarray(file.pages[int(page[0])].asarray())


def _first(place: Place, read: _Read) -> _Told | None:
    """Read the document that tells most: one of its own, else that of the first TIFF, or the one that this names."""
    for name in place.named(COMPANION)[:1]:
        return name, read(place.folder / name, None)
    for name in islice(_tiffs(place), 1):
        document = _embedded(place.folder, name, read)
        if document is not None and document.metadata_file in place.siblings:
            return document.metadata_file, read(place.folder / document.metadata_file, None)
        return None if document is None else (name, document)
    return None


def _others(place: Place, first: _Told) -> Iterator[_Told]:
    """Documents of the TIFFs that the first does not tell of."""
    if not _is_tiff(first[0]):
        return
    told = {first[0], *(block.file for image in first[1].images.values() for block in image.blocks)}
    names = [name for name in _tiffs(place) if name not in told]
    for name, document in zip(
        names, read_all(lambda name: _embedded(place.folder, name, read_ome), names), strict=True
    ):
        if document is not None and document.n_plates:
            yield name, document


def _embedded(folder: Path, name: str, read: _Read) -> Document | None:
    """Document in a TIFF's description; None where it has none or cannot be read: its header tells that again."""
    import tifffile  # 0.1 s: only where a TIFF is read

    damaged = (tifffile.TiffFileError, OSError, ValueError, LookupError, MemoryError, struct.error)
    try:
        with tifffile.TiffFile(folder / name) as file:
            text = file.pages.first.description
    except damaged:
        return None
    return read(folder / name, text.encode()) if "<OME" in text[:2000] or ":OME" in text[:2000] else None


def _is_tiff(name: str) -> bool:
    return name.lower().endswith((".tif", ".tiff"))


def _tiffs(place: Place) -> Iterator[str]:
    if TIFF[0] not in "\n".join(place.images).lower():  # rather than 35,000 names one by one
        return iter(())
    return (name for name in place.images if name.lower().endswith(TIFF))


def _problems(documents: Sequence[_Told], rows: Rows) -> Iterator[str]:
    yield from _some([problem for _, document in documents for problem in document.problems])
    naming = documents[0][1].naming
    if naming == ("number", "letter"):
        yield "The plate names rows by numbers and columns by letters; here rows have letters, as on every other plate."
    if rows.blank:
        more = f"{len(rows.blank)} (such as of well {rows.blank[0]})"
        yield f"Fields are listed but have no image: {more}."


def _some(problems: Iterable[str]) -> list[str]:
    counted: Any = Counter(problems)
    shown = list(counted)
    return shown[:3] + ([f"{len(shown) - 3} more problems of this kind."] if len(shown) > 3 else [])
