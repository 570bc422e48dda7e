"""Every layout that can be opened: a new one is one more entry in `READERS`.

Readers are asked in this order. Layouts that have metadata come before those that have names only: what the microscope
wrote down is trusted, names are the fallback.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from napari_ben.plates import Plate
from napari_ben.readers._cellreporter import index_cellreporter, refuse_cellreporter
from napari_ben.readers._cellvoyager import index_cellvoyager, refuse_cellvoyager
from napari_ben.readers._czi import index_czi, plates_czi, refuse_czi
from napari_ben.readers._harmony import beside_harmony, index_harmony, refuse_harmony
from napari_ben.readers._image_folder import index_names, refuse_names
from napari_ben.readers._image_table import index_image_table, plates_image_table, refuse_image_table
from napari_ben.readers._imagexpress import index_imagexpress, refuse_imagexpress
from napari_ben.readers._incell import index_incell, refuse_incell
from napari_ben.readers._incucyte import index_incucyte, plates_incucyte, refuse_incucyte
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._index_cache import keep_index
from napari_ben.readers._index_plate import plate_from_index
from napari_ben.readers._load_data import index_load_data, plates_load_data, refuse_load_data
from napari_ben.readers._namings import NAMINGS
from napari_ben.readers._nd2 import index_nd2, plates_nd2, refuse_nd2
from napari_ben.readers._ometiff import index_ometiff, refuse_ometiff
from napari_ben.readers._omezarr import read_omezarr, refuse_omezarr
from napari_ben.readers._place import Place
from napari_ben.readers._rxrx import index_rxrx, refuse_rxrx
from napari_ben.readers._well_folders import index_well_folders, refuse_well_folders
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
        Why a place is not such a plate; None when its files are there, damaged or not. Reads as little as it can.
        Where there is no sign of the layout it begins with "it has no", "it holds no", "it is not" or the like.
    read
        The plate, or a `PlateError` where its files are damaged; reads no pixel.
    plates
        Paths of the plates of a place that holds several; None where a place is always one plate.
    """

    title: str
    refusal: Refuse
    read: Callable[[Place], Plate]
    plates: Callable[[Place], tuple[Path, ...]] | None = None


def index_reader(
    title: str, refuse: Refuse, index: Index, plates: Callable[[Place], tuple[Path, ...]] | None = None
) -> Reader:
    """Reader of a layout whose planes lie in image files.

    Parameters
    ----------
    title
        In words.
    refuse
        Why a place is not such a plate; None when it is one.
    index
        Its planes, and what is known of all of them.
    plates
        Paths of the plates of a place that holds several.
    """
    return Reader(title, refuse, lambda place: plate_from_index(place, *index(place)), plates)


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
    "harmony": index_reader(
        "Harmony / Operetta / Opera Phenix / Columbus",
        refuse_harmony,
        keep_index("harmony", index_harmony, beside_harmony),
    ),
    "cellvoyager-mlf": index_reader(
        "Yokogawa CellVoyager", refuse_cellvoyager, keep_index("cellvoyager", index_cellvoyager)
    ),
    "incell-xdce": index_reader("IN Cell Analyzer", refuse_incell, keep_index("incell", index_incell)),
    "cellreporter": index_reader("ImageXpress HCS.ai / CellReporterXpress", refuse_cellreporter, index_cellreporter),
    "load-data": index_reader("CellProfiler image table", refuse_load_data, index_load_data, plates_load_data),
    "image-table": index_reader("Table of images", refuse_image_table, index_image_table, plates_image_table),
    "imagexpress": index_reader("ImageXpress", refuse_imagexpress, index_imagexpress),
    "rxrx": index_reader("RxRx data sets", refuse_rxrx, index_rxrx),
    "incucyte-scans": index_reader("Incucyte archive", refuse_incucyte, index_incucyte, plates_incucyte),
    "ome-tiff": index_reader("OME-TIFF plate", refuse_ometiff, index_ometiff),
    "well-folders": index_reader("Folders named by well", refuse_well_folders, index_well_folders),
    "czi": index_reader("ZEISS CZI", refuse_czi, index_czi, plates_czi),
    "nd2": index_reader("Nikon ND2", refuse_nd2, index_nd2, plates_nd2),
    "images": index_reader("TIFF or PNG files named by well", refuse_names, keep_index("images", index_names)),
}
LAYOUTS: dict[str, Reader] = {
    **READERS,
    **{f"ome-zarr-{images}": _overruled(images) for images in ("fields", "cycles")},
    **{key: _named_reader(key) for key in NAMINGS if key not in READERS},
}
