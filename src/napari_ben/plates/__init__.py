"""What was imaged: plates, wells, fields, channels, roles, and the wells that a person chooses."""

from napari_ben.plates._arrays import plate_from_arrays
from napari_ben.plates._formats import FORMATS, PlateFormat, smallest_format
from napari_ben.plates._mosaic import Mosaic
from napari_ben.plates._names import find_well, parse_well, row_name, well_name, well_position
from napari_ben.plates._plate import Plate
from napari_ben.plates._source import ArraySource, PixelSource
from napari_ben.plates._tables import ROLES, Role, fields_table, sort_wells, wells_table

__all__ = [
    "FORMATS",
    "ROLES",
    "ArraySource",
    "Mosaic",
    "PixelSource",
    "Plate",
    "PlateFormat",
    "Role",
    "fields_table",
    "find_well",
    "parse_well",
    "plate_from_arrays",
    "row_name",
    "smallest_format",
    "sort_wells",
    "well_name",
    "well_position",
    "wells_table",
]
