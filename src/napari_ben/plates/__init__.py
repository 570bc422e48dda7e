"""What was imaged: plates, wells, fields, channels, roles, and the wells that a person chooses."""

from napari_ben.plates._arrays import plate_from_arrays
from napari_ben.plates._context import Context, ContextKind, context_warnings, edge_wells, resolve_context
from napari_ben.plates._controls import control_choices
from napari_ben.plates._describe import PlateDescription, ScreenDescription, describe, describe_screen
from napari_ben.plates._formats import FORMATS, PlateFormat, guess_format, smallest_format
from napari_ben.plates._join import PlatemapUse
from napari_ben.plates._mosaic import Mosaic
from napari_ben.plates._names import find_well, parse_well, row_name, well_name, well_position
from napari_ben.plates._overviews import Overviews
from napari_ben.plates._plate import Plate
from napari_ben.plates._plate_selection import select_plates
from napari_ben.plates._platemap import WellOrder, has_wells, read_platemap
from napari_ben.plates._screen import Screen, screen_of
from napari_ben.plates._selection import format_selection, select_wells
from napari_ben.plates._source import ArraySource, OnDisk, PixelSource
from napari_ben.plates._sources import Platemap, PlatemapFiles
from napari_ben.plates._suggestions import Suggestion
from napari_ben.plates._tables import ROLES, Role, fields_table, sort_wells, wells_table
from napari_ben.plates._texts import read_text_table
from napari_ben.plates._views import Opening, Shown, View, Views, ZChoice

__all__ = [
    "FORMATS",
    "ROLES",
    "ArraySource",
    "Context",
    "ContextKind",
    "Mosaic",
    "OnDisk",
    "Opening",
    "Overviews",
    "PixelSource",
    "Plate",
    "PlateDescription",
    "PlateFormat",
    "Platemap",
    "PlatemapFiles",
    "PlatemapUse",
    "Role",
    "Screen",
    "ScreenDescription",
    "Shown",
    "Suggestion",
    "View",
    "Views",
    "WellOrder",
    "ZChoice",
    "context_warnings",
    "control_choices",
    "describe",
    "describe_screen",
    "edge_wells",
    "fields_table",
    "find_well",
    "format_selection",
    "guess_format",
    "has_wells",
    "parse_well",
    "plate_from_arrays",
    "read_platemap",
    "read_text_table",
    "resolve_context",
    "row_name",
    "screen_of",
    "select_plates",
    "select_wells",
    "smallest_format",
    "sort_wells",
    "well_name",
    "well_position",
    "wells_table",
]
