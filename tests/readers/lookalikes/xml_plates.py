"""Plates whose images are named by an XML document, as Harmony, Columbus, CellVoyager and IN Cell write them.

A plane is ``(well, field, channel, z, time)``; its file is full of the plane's number in the list, from 1.
"""

from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import tifffile

SHAPE = (4, 6)
PHENIX = "r{row:02}c{column:02}f{field:02}p{z:02}-ch{channel}sk{time}fk1fl1.tiff"
V5 = "http://www.perkinelmer.com/PEHH/HarmonyV5"
V6 = "http://www.perkinelmer.com/PEHH/HarmonyV6"
V7 = "43B2A954-E3C3-47E1-B392-6635266B0DD3/HarmonyV7"
COLUMBUS = "http://www.perkinelmer.com/Columbus"
BTS = 'xmlns:bts="http://www.yokogawa.co.jp/BTS/BTSSchema/1.0"'
BOMB = '<!DOCTYPE lolz [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


def write_pixels(folder: Path, files: Iterable[str]) -> None:
    """A file of one page for each path; where a path comes again, a page more."""
    pages: dict[str, list[np.ndarray]] = {}
    for number, file in enumerate(files, start=1):
        pages.setdefault(file, []).append(np.full(SHAPE, number, np.uint16))
    for file, images in pages.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with tifffile.TiffWriter(path) as tiff:
            for image in images:
                tiff.write(image, contiguous=False)


def place(well: str) -> tuple[int, int]:
    """1-based row and column."""
    letters = well.rstrip("0123456789")
    row = ord(letters[-1]) - 64 + (26 if len(letters) == 2 else 0)
    return row, int(well[len(letters) :])


def channels_of(planes) -> list[str]:
    return list(dict.fromkeys(plane[2] for plane in planes))


def tags(indent=0, **texts) -> str:
    """Elements of text, a line each."""
    units = {"Resolution": ' Unit="m"', "Position": ' Unit="m"'}
    unit = {name: next((text for word, text in units.items() if word in name), "") for name in texts}
    return "".join(f"{' ' * indent}<{name}{unit[name]}>{escape(str(text))}</{name}>\n" for name, text in texts.items())


def describe_channel(name: str) -> dict[str, object]:
    return {
        "ChannelName": name,
        "ImageType": "Signal",
        "ImageResolutionX": 5.979760809567617e-07,
        "ImageResolutionY": 5.979760809567617e-07,
        "ImageSizeX": SHAPE[1],
        "ImageSizeY": SHAPE[0],
        "MaxIntensity": 65535,
    }


def harmony_image(plane, channel: int, url: str, namespace: str, position=(0.0, 0.0), **own) -> str:
    """One ``Image`` of an index; ``own`` replaces what it says, and None leaves it out."""
    well, field, name, z, time = plane
    row, column = place(well)
    said = {
        "id": f"{row:02}{column:02}K{time}F{field}P{z}R{channel}",
        "State": "Ok",
        "URL": url,
        "Row": row,
        "Col": column,
        "FieldID": field,
        "PlaneID": z,
        "TimepointID": time - (namespace == V5),
        **({"SequenceID": 1, "GroupID": 1} if namespace in {V6, V7} else {}),
        "ChannelID": channel,
        "FlimID": 1,
        **(describe_channel(name) if namespace in {V5, COLUMBUS} else {}),
        "PositionX": position[1] / 1e6,
        "PositionY": -position[0] / 1e6,
        **own,
    }
    return (
        '<Image Version="1">\n'
        + tags(2, **{key: text for key, text in said.items() if text is not None})
        + "</Image>\n"
    )


def harmony_index(images: Iterable[str], channels, namespace=V5, shape=(8, 12), name="BR1") -> str:
    """An index of images, with a map of flat fields before what is known of channels."""
    flat = [f'<Entry ChannelID="{key}"><FlatfieldProfile>{{a: 1}}</FlatfieldProfile></Entry>' for key in channels]
    known = [
        f'<Entry ChannelID="{key}">\n{tags(2, **describe_channel(text))}</Entry>'
        for key, text in reversed(channels.items())
    ]
    maps = [flat[::-1], *([known] if namespace in {V6, V7} else [])]
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<EvaluationInputData xmlns="{namespace}" Version="1">\n'
        f"<User>me</User>\n<InstrumentType>Phenix</InstrumentType>\n<Plates><Plate>"
        f"{tags(PlateID=name, Name=name, PlateRows=shape[0], PlateColumns=shape[1])}"
        '<Well id="0101" /></Plate></Plates>\n<Wells><Well><id>0101</id><Row>1</Row><Col>1</Col>'
        '<Image id="0101K1F1P1R1" /></Well></Wells>\n<Maps>\n'
        + "".join(f"<Map>{''.join(entries)}</Map>\n" for entries in maps)
        + f"</Maps>\n<Images>\n{''.join(images)}</Images>\n</EvaluationInputData>\n"
    )


def write_harmony(folder: Path, planes, *, namespace=V5, index="Index.idx.xml", changes=None, positions=None, **plate):
    """A Harmony export; returns the folder. ``changes`` replaces what images say, by their number from 0."""
    names = dict(enumerate(channels_of(planes), start=1))
    numbers = {name: key for key, name in names.items()}
    files, images = [], []
    for at, plane in enumerate(planes):
        well, field, channel, z, time = plane
        row, column = place(well)
        url = PHENIX.format(row=row, column=column, field=field, z=z, channel=numbers[channel], time=time)
        files.append(url)
        position = positions[at] if positions else (0.0, 0.0)
        own = (changes or {}).get(at, {})
        images.append(harmony_image(plane, numbers[channel], url, namespace, position, **own))
    write_pixels(folder, files)
    (folder / index).write_text(harmony_index(images, names, namespace, **plate), "utf-8-sig")
    return folder


def write_columbus(folder: Path, planes):
    """A Columbus export: a file of many pages a well."""
    numbers = {name: key for key, name in enumerate(channels_of(planes), start=1)}
    pages, files, images = {}, [], []
    for plane in planes:
        row, column = place(plane[0])
        files.append(f"{row:03}{column:03}-1.tif")
        page = pages[files[-1]] = pages.get(files[-1], -1) + 1
        text = harmony_image(plane, numbers[plane[2]], files[-1], COLUMBUS)
        images.append(text.replace("<URL>", f'<URL BufferNo="{page}">').replace("\n", ""))
    write_pixels(folder, files)
    names = {key: name for name, key in numbers.items()}
    text = harmony_index(images, names, COLUMBUS).replace("\n", "")
    (folder / "ImageIndex.ColumbusIDX.xml").write_text(text, "utf-8")
    return folder


def assay_layout(layers: dict[str, dict[str, str]]) -> str:
    """Layers of values by well."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<AssayLayout xmlns="{V5}"><PlateCols>12</PlateCols>'
        "<PlateRows>8</PlateRows>"
        + "".join(
            f"<Layer><Name>{name}</Name><ValueType>string</ValueType>"
            + "".join(
                f"<Well>{tags(Row=place(well)[0], Col=place(well)[1], Value=text, Color=4294967295)}</Well>"
                for well, text in values.items()
            )
            + "</Layer>"
            for name, values in layers.items()
        )
        + "</AssayLayout>"
    )


def voyager_record(plane, channel: int, file: str, position=(0.0, 0.0), **own) -> str:
    """One record of an image; ``own`` replaces its attributes, and None leaves one out."""
    well, field, _, z, time = plane
    row, column = place(well)
    said = {
        "Type": "IMG",
        "Time": "2023-09-18T13:58:44.438+02:00",
        "Column": column,
        "Row": row,
        "TimePoint": time,
        "FieldIndex": field,
        "ZIndex": z,
        "TimelineIndex": 1,
        "ActionIndex": channel,
        "Action": "3D",
        "X": position[1],
        "Y": -position[0],
        "Z": 3.0 * z,
        "Ch": channel,
        **own,
    }
    words = " ".join(f"bts:{name}={quoteattr(str(text))}" for name, text in said.items() if text is not None)
    return f"<bts:MeasurementRecord {words}>{escape(file)}</bts:MeasurementRecord>\n"


def voyager_data(records: Iterable[str]) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<bts:MeasurementData bts:Version="1.0" {BTS}>\n'
        f"{''.join(records)}</bts:MeasurementData>\n"
    )


def write_cellvoyager(folder: Path, planes, *, changes=None, shape=(8, 12), with_setting=True, errors=0):
    """A CellVoyager measurement with its shading and dark-current images; returns the folder."""
    names = channels_of(planes)
    files, records = [], []
    for at, plane in enumerate(planes):
        well, field, name, z, time = plane
        channel = names.index(name) + 1
        own = (changes or {}).get(at, {})
        file = own.pop("file", f"P_{well}_T{time:04}F{field:03}L01A01Z{z:02}C{channel:02}.tif")
        files.append(file)
        records.append(voyager_record(plane, channel, file, **own))
    records += [
        '<bts:MeasurementRecord bts:Type="ERR" bts:Column="1" bts:Row="1">no focus</bts:MeasurementRecord>'
    ] * errors
    write_pixels(folder, files)
    write_pixels(folder, ["SC_BP445-45_20x v2_M01_CH01.tif", "DC_DCAM#1_CAM3.tif"])
    (folder / "MeasurementData.mlf").write_text(voyager_data(records), "utf-8")
    measured = "".join(
        f'<bts:MeasurementChannel bts:Ch="{number}" bts:HorizontalPixelDimension="0.325" '
        f'bts:HorizontalPixels="{SHAPE[1]}" bts:VerticalPixels="{SHAPE[0]}" '
        f'bts:ShadingCorrectionSource="SC_BP445-45_20x v2_M01_CH01.tif" />'
        for number in range(1, len(names) + 1)
    )
    (folder / "MeasurementDetail.mrf").write_text(
        f'<bts:MeasurementDetail bts:Title="T" bts:MeasurementSettingFileName="S.mes" bts:ColumnCount="{shape[1]}" '
        f'bts:RowCount="{shape[0]}" bts:TargetSystem="CV8000" {BTS}>'
        f'<bts:MeasurementSamplePlate bts:Name="P" />{measured}</bts:MeasurementDetail>',
        "utf-8-sig",
    )
    if with_setting:
        listed = "".join(
            f'<bts:Channel bts:Ch="{number}" bts:Target={quoteattr(name)} bts:Acquisition="BP1" bts:Fluorophore="" />'
            for number, name in enumerate(names, start=1)
        )
        setting = f"<bts:MeasurementSetting {BTS}><bts:ChannelList>{listed}</bts:ChannelList></bts:MeasurementSetting>"
        (folder / "S.mes").write_text(setting, "utf-8-sig")
    return folder


def write_incell(folder: Path, planes, *, shape=(8, 12), labels=None, with_pixels=True):
    """An IN Cell plate in Latin-1; returns the folder. ``labels`` replaces wells' labels, by number from 0."""
    names = channels_of(planes)
    files, images = [], []
    for at, (well, field, name, z, time) in enumerate(planes):
        row, column = place(well)
        letters = well.rstrip("0123456789")
        files.append(f"{letters} - {column:02}(fld {field:02} wv UV - {name} z {z} time {time}).tif")
        label = (labels or {}).get(at, f"{letters} - {column}")
        images.append(
            f'<Image filename={quoteattr(files[-1])}><Well label="{label}"><Row number="{row}"/>'
            f'<Column number="{column}"/></Well><OffsetFromWellCenter unit="µm" x="{100 * field}" y="-50"/>'
            f'<Identifier field_index="{field - 1}" time_index="{time - 1}" wave_index="{names.index(name)}" '
            f'z_index="{z - 1}"/><ExcitationFilter name="UV"/><EmissionFilter name={quoteattr(name)}/></Image>\n'
        )
    waves = "".join(
        f'<Wavelength index="{number}" label=""><ExcitationFilter name="UV"/><EmissionFilter name={quoteattr(name)}/>'
        "</Wavelength>"
        for number, name in enumerate(names)
    )
    text = (
        '<?xml version="1.0" encoding="ISO-8859-1" standalone="no"?>\n<ImageStack PlateID="P1">'
        '<Application name="IN Cell Analyzer 6000"/><AutoLeadAcquisitionProtocol>'
        f'<ObjectiveCalibration pixel_width="0.1625" unit="µm"/><Camera><Size height="{SHAPE[0]}" width="{SHAPE[1]}"/>'
        f'</Camera><Wavelengths>{waves}</Wavelengths><Plate columns="{shape[1]}" rows="{shape[0]}" name="µClear"/>'
        f"</AutoLeadAcquisitionProtocol><Images>\n{''.join(images)}</Images></ImageStack>"
    )
    folder.mkdir(parents=True, exist_ok=True)
    if with_pixels:
        write_pixels(folder, files)
    (folder / "plate.xdce").write_bytes(text.encode("latin-1"))
    return folder
