"""Every layout that can be opened, and how one is chosen.

A reader says in words why a place is not its own; opening takes the first that does not refuse. Layouts that have
metadata come before those that have names only: what the microscope wrote down is trusted, names are the fallback. A
new layout is one more entry in `READERS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from napari_ben.errors import ArgumentError, PlateError
from napari_ben.plates import Plate
from napari_ben.readers._cellreporter import index_cellreporter, refuse_cellreporter
from napari_ben.readers._image_folder import index_names, refuse_names
from napari_ben.readers._image_table import index_image_table, refuse_image_table
from napari_ben.readers._imagexpress import index_imagexpress, refuse_imagexpress
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._index_plate import plate_from_index
from napari_ben.readers._load_data import index_load_data, refuse_load_data
from napari_ben.readers._namings import NAMINGS
from napari_ben.readers._ometiff import index_ometiff, refuse_ometiff
from napari_ben.readers._omezarr import read_omezarr, refuse_omezarr
from napari_ben.readers._place import Place
from napari_ben.readers._rxrx import index_rxrx, refuse_rxrx
from napari_ben.readers._zarr_acquisitions import ImagesAre

Refuse = Callable[[Place], str | None]
Index = Callable[[Place], tuple[PlaneIndex, PlateFacts]]


@dataclass(frozen=True)
class Reader:
    """One way in which plates lie on disk.

    Parameters
    ----------
    title
        In words.
    refusal
        Why a place is not such a plate; None when it is one. Reads as little as it can.
    read
        The plate; reads no pixel.
    """

    title: str
    refusal: Refuse
    read: Callable[[Place], Plate]


def index_reader(title: str, refuse: Refuse, index: Index) -> Reader:
    """Reader of a layout whose planes lie in image files.

    Parameters
    ----------
    title
        In words.
    refuse
        Why a place is not such a plate; None when it is one.
    index
        Its planes, and what is known of all of them.
    """
    return Reader(title, refuse, lambda place: plate_from_index(place, *index(place)))


def _named_reader(key: str) -> Reader:
    namings = {key: NAMINGS[key]}
    return index_reader(
        NAMINGS[key].title, lambda place: refuse_names(place, namings), lambda place: index_names(place, namings)
    )


def _overruled(images_are: ImagesAre) -> Reader:
    title = f"OME-Zarr HCS, images of a well are {images_are}"
    return Reader(title, refuse_omezarr, lambda place: read_omezarr(place, images_are))


READERS: dict[str, Reader] = {
    "ome-zarr": Reader("OME-Zarr HCS", refuse_omezarr, read_omezarr),
    "cellreporter": index_reader("ImageXpress HCS.ai / CellReporterXpress", refuse_cellreporter, index_cellreporter),
    "load-data": index_reader("CellProfiler image table", refuse_load_data, index_load_data),
    "image-table": index_reader("Table of images", refuse_image_table, index_image_table),
    "imagexpress": index_reader("ImageXpress", refuse_imagexpress, index_imagexpress),
    "rxrx": index_reader("RxRx data sets", refuse_rxrx, index_rxrx),
    "ome-tiff": index_reader("OME-TIFF plate", refuse_ometiff, index_ometiff),
    "images": index_reader("TIFF or PNG files named by well", refuse_names, index_names),
}
LAYOUTS: dict[str, Reader] = {
    **READERS,
    **{f"ome-zarr-{images}": _overruled(images) for images in ("fields", "cycles")},
    **{key: _named_reader(key) for key in NAMINGS if key not in READERS},
}


def find_reader(place: Place, layout: str | None = None) -> Reader:
    """Reader of a place.

    Parameters
    ----------
    place
        A folder, or a file that describes a plate.
    layout
        A key of `LAYOUTS`; found when left out.

    Raises
    ------
    ArgumentError
        When the layout is unknown.
    PlateError
        When no reader takes it; says why each refused.
    """
    if layout is not None and layout not in LAYOUTS:
        raise ArgumentError(f"{layout!r} is not a layout; known are {', '.join(LAYOUTS)}.", "Choose one of these.")
    readers = {layout: LAYOUTS[layout]} if layout else READERS
    refusals = []
    for reader in readers.values():
        reason = reader.refusal(place)
        if reason is None:
            return reader
        refusals.append(f"{reader.title}: {reason}")
    raise PlateError(
        f"{place.path} is not a plate that can be opened ({'; '.join(refusals)}).",
        "Choose the folder of one plate, or give a pattern of its file names.",
    )
