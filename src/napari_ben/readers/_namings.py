"""The ways in which instruments and public data sets name their image files: one table.

The naming of a folder is found by a vote over names spread through it. Numbers are kept as they are written: fields
and channels count from 0 on ArrayScan, ScanR and CellReporterXpress, from 1 elsewhere. Names that say a well by its
number alone (``W0021``) are counted row by row.
"""

from napari_ben.readers._naming import Naming, by_pattern

_GUID = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
_WELL = r"(?P<well>[A-Z]{1,2}\d{2})"
_LOOSE_WELL = r"(?P<well>[A-P]\d{1,2})"

NAMINGS: dict[str, Naming] = {
    "phenix": by_pattern(
        "Opera Phenix / Operetta names",
        r"r(?P<row>\d+)c(?P<column>\d+)f(?P<field>\d+)p(?P<z>\d+)-ch(?P<channel>\d+)sk(?P<time>\d+)"
        r"(?:fk\d+)?(?:fl\d+)?\.tiff?",
        channel_prefix="ch",
    ),
    "columbus": by_pattern(
        "Operetta / Columbus names",
        r"(?P<row>\d{3})(?P<column>\d{3})-(?P<field>\d+)-(?P<z>\d{3})(?P<time>\d{3})0{0,2}(?P<channel>[1-9]\d{0,2})\.(?:tiff?|TIFF?)",
        channel_prefix="ch",
    ),
    "cellvoyager": by_pattern(
        "CellVoyager names",
        rf"(?P<plate>.+?)_{_WELL}_T(?P<time>\d{{4}})F(?P<field>\d{{3}})L\d\dA\d\dZ(?P<z>\d\d)C(?P<channel>\d\d)"
        r"\.(?:tiff?|png)",
        channel_prefix="C",
    ),
    "cellvoyager-export": by_pattern(
        "CellVoyager export names",
        r"(?P<well>[A-Z]{1,2}-?\d{2})_F(?P<field>\d{4})_T(?P<time>\d{4})_Z(?P<z>\d{4})_C(?P<channel>\d\d)\.tiff?",
        channel_prefix="C",
    ),
    "cq1": by_pattern(
        "CQ1 names",
        r"W(?P<well_number>\d{4})F(?P<field>\d{4})T(?P<time>\d{4})Z(?P<z>\d{3})C(?P<channel>\d+)\.tiff?",
        channel_prefix="C",
    ),
    "incell": by_pattern(
        "IN Cell names",
        r"(?:(?P<plate>.+?)_)?(?P<row>[A-Z]{1,2}) - (?P<column>\d+)\(fld (?P<field>\d+)(?: wv (?P<channel>[^)]*?))?"
        r"(?: z (?P<z>\d+))?(?: time (?P<time>\d+)[^)]*)?\)\.tiff?",
    ),
    "cellreporter": by_pattern(
        "CellReporterXpress / IN Carta names",
        rf"(?P<plate>.+?)_t(?P<time>\d+)_{_WELL}_s(?P<field>\d+)_w(?P<channel>\d+)_z(?P<z>\d+)\.tiff?",
        channel_prefix="w",
    ),
    "imagexpress": by_pattern(
        "ImageXpress names",
        rf"(?:(?P<plate>.+?)_)?{_WELL}(?:_s(?P<field>\d+?))?(?:_w(?P<channel>\d+?))?(?:_z(?P<z>\d+))?"
        rf"(?P<thumb>_thumb)?(?:{_GUID})?\.(?:tiff?|TIFF?)",
        channel_prefix="w",
        projection=0,
    ),
    "rxrx1": by_pattern(
        "RxRx names",
        rf"{_WELL}_s(?P<field>\d+)(?:_w(?P<channel>\d+))?\.(?:png|jp2|tif)",
        channel_prefix="w",
    ),
    "sbs": by_pattern(
        "SBS / BBBC013 names",
        r"Channel ?(?P<channel>\d)-\d\d-(?P<row>[A-P])-(?P<column>\d\d)(?:-(?P<field>\d\d))?\.(?:tiff?|bmp|BMP|TIF)",
        channel_prefix="Channel",
    ),
    "arrayscan": by_pattern(
        "ArrayScan / CellInsight / EVOS names",
        rf"(?P<plate>.+?)_(?:p\d\d_z(?P<z>\d\d)_\d+_)?{_LOOSE_WELL}(?=f\d|[do]\d|\.(?:C01|DIB))(?:f(?P<field>\d{{2,3}}))?(?:[do](?P<channel>\d))?"
        r"\.(?:tiff?|TIFF?|png|C01|DIB)",
        channel_prefix="d",
    ),
    "scanr": by_pattern(
        "ScanR names",
        rf"(?:(?P<plate>.+?)--)?{_LOOSE_WELL}--W\d+--P(?P<field>\d+)--Z(?P<z>\d+)--T(?P<time>\d+)--(?P<channel>[^.]+)"
        r"\.(?:ome\.)?tiff?",
    ),
    "scanr-number": by_pattern(
        "ScanR names",
        r"(?:.*?--)?W(?P<well_number>\d+)--P(?P<field>\d+)--Z(?P<z>\d+)--T(?P<time>\d+)--(?P<channel>[^.]+)"
        r"\.(?:ome\.)?tiff?",
    ),
    "almf": by_pattern(
        "ALMF / EMBL names",
        rf"(?P<plate>.+?)--{_LOOSE_WELL}--.+?--W\d+--P(?P<field>\d+)--T(?P<time>\d+)--Z(?P<z>\d+)--C(?P<channel>\d+)"
        r"\.(?:ome\.)?(?:tiff?|jpe?g)",
        channel_prefix="C",
    ),
    "almf-number": by_pattern(
        "ALMF / EMBL names",
        r"(?:.*?--)?W(?P<well_number>\d+)--P(?P<field>\d+)--T(?P<time>\d+)--Z(?P<z>\d+)--C(?P<channel>\d+)"
        r"\.(?:ome\.)?(?:tiff?|jpe?g)",
        channel_prefix="C",
    ),
    "cytation": by_pattern(
        "Cytation / Gen5 names",
        rf"{_LOOSE_WELL}_\d+_\d+_(?P<field>\d+)_(?P<channel>[^_]+)_(?P<time>\d+)\.tiff?",
    ),
    "incucyte": by_pattern(
        "Incucyte names",
        rf"(?:(?P<plate>.+?)_)??(?:(?P<channel>(?i:phase|brightfield|green|red|nir|orange|blue|image))_)?{_LOOSE_WELL}"
        r"_(?P<field>\d+)_(?P<time>\d\dd\d\dh\d\dm|\d{4}y\d\dm\d\dd_\d\dh\d\dm)\.(?:tiff?|png|jpe?g)",
    ),
    "incucyte-archive": by_pattern(
        "Incucyte archive names",
        rf"{_LOOSE_WELL}-(?P<field>\d+)-(?P<channel>C\d|Ph|P)\.tiff?",
    ),
    "nis": by_pattern(
        "Nikon JOBS names",
        rf"Well{_LOOSE_WELL}_Point[^_]+_(?P<field>\d+)_Channel(?P<channel>.*?)_Seq\d+\.tiff?",
    ),
}
