"""OME-TIFF plates of every schema that has wells: a companion document, and a TIFF a plane."""

from collections import defaultdict
from pathlib import Path

from lookalikes import xml_plates

SCHEMAS = [f"{year}-{month:02}" for year, month in ((2007, 6), (2008, 2), (2008, 9), (2009, 9), (2010, 4), (2010, 6))]
SCHEMAS += ["2011-06", "2012-06", "2013-06", "2015-01", "2016-06"]
OME, SPW = (f"http://www.openmicroscopy.org/Schemas/{part}/{{}}" for part in ("OME", "SPW"))
PIXEL_UM = 0.5


def write_ome_tiff(folder: Path, planes, *, schema="2016-06") -> Path:
    """A plate of one document; returns the folder. Fields lie 100 µm apart to the right."""
    fields = defaultdict(list)
    for plane in planes:
        fields[plane[:2]].append(plane)
    names = {plane: f"images/{number}.ome.tif" for number, plane in enumerate(planes)}
    xml_plates.write_pixels(folder, names.values())
    sizes = {axis: max(plane[at] for plane in planes) for axis, at in (("C", 2), ("Z", 3), ("T", 4))}
    images = "".join(image(key, of, sizes, names, schema) for key, of in enumerate(fields.values()))
    prefix, own = ("", "") if schema == "2016-06" else ("SPW:", f' xmlns:SPW="{SPW.format(schema)}"')
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<OME xmlns="{OME.format(schema)}"{own}>'
        f"{plate(list(fields), schema).replace('<', f'<{prefix}').replace(f'<{prefix}/', f'</{prefix}')}{images}</OME>"
    )
    (folder / "plate.companion.ome").write_text(text, "utf-8")
    return folder


def plate(fields, schema: str) -> str:
    sides = ' Rows="16" Columns="24"' if schema >= "2010-04" else ""
    place = "Position" if schema >= "2009-09" else "Pos"
    wells = defaultdict(list)
    for key, (well, field) in enumerate(fields):
        at = f'{place}X="{100 * field}.0" {place}Y="0.0"'
        wells[well].append(
            f'<WellSample ID="WellSample:{key}" Index="{key}" {at}><ImageRef ID="Image:{key}"/></WellSample>'
        )
    listed = ""
    for number, (well, samples) in enumerate(wells.items()):
        row, column = xml_plates.place(well)
        listed += f'<Well ID="Well:{number}" Row="{row - 1}" Column="{column - 1}">{"".join(samples)}</Well>'
    return f'<Plate ID="Plate:0" Name="P1"{sides}>{listed}</Plate>'


def image(key: int, planes, sizes, names, schema: str) -> str:
    n_channels = sizes["C"]
    count = "PlaneCount" if schema >= "2009-09" else "NumPlanes"
    data = "".join(
        f'<TiffData IFD="0" FirstC="{c - 1}" FirstZ="{z - 1}" FirstT="{t - 1}" {count}="1">'
        f'<UUID FileName="{names[well, field, c, z, t]}">urn:uuid:{key:08}-0000-0000-0000-000000000000</UUID>'
        "</TiffData>"
        for well, field, c, z, t in planes
    )
    is_old = schema < "2009-09"
    kind = "PixelType" if is_old else "Type"
    side = "".join(f' Size{axis}="{size}"' for axis, size in sizes.items())
    pixels = (
        f'<Pixels ID="Pixels:{key}" DimensionOrder="XYCZT" {kind}="uint16" SizeX="6" SizeY="4"{side}'
        f' PhysicalSizeX="{PIXEL_UM}" PhysicalSizeY="{PIXEL_UM}">'
    )
    numbers = range(1, n_channels + 1)
    if is_old:
        logical = "".join(
            f'<LogicalChannel ID="LogicalChannel:{key}:{c}" Name="dye {c}">'
            f'<ChannelComponent Pixels="Pixels:{key}" Index="{c - 1}"/></LogicalChannel>'
            for c in numbers
        )
        return f'<Image ID="Image:{key}">{logical}{pixels}{data}</Pixels></Image>'
    channels = "".join(f'<Channel ID="Channel:{key}:{c}" Name="dye {c}"/>' for c in numbers)
    return f'<Image ID="Image:{key}">{pixels}{channels}{data}</Pixels></Image>'
