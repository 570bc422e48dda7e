"""OME-TIFF plates: companions, TIFFs with their own OME-XML, one TIFF of many wells."""

import pickle
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from lookalikes import ome_xml

from napari_ben.errors import PlateError
from napari_ben.plates import FORMATS, well_name, well_position
from napari_ben.readers import READERS, open_plate
from napari_ben.readers._place import Place

model = pytest.importorskip("ome_types.model", reason="ome-types writes the OME-XML (it comes with nd2)")

CHANNELS = ("DNA", "ER")


def stack(seed, sizes=(2, 1, 1)):
    """(C, Z, T, Y, X)."""
    return np.random.default_rng(seed).integers(0, 60_000, (*sizes, 12, 16), np.uint16)


def image_of(key, pixels, places, order="XYCZT", channels=CHANNELS, unit="µm"):
    """OME image; ``places``: file, page, (c, z, t), number of planes."""
    n_channels, n_z, n_times, height, width = pixels.shape
    data = [
        model.TiffData(
            **({} if page is None else {"ifd": page}),
            first_c=c,
            first_z=z,
            first_t=t,
            **({} if count is None else {"plane_count": count}),
            uuid=model.TiffData.UUID(value=f"urn:uuid:00000000-0000-0000-0000-{key:012d}", file_name=file)
            if file
            else None,
        )
        for file, page, (c, z, t), count in places
    ]
    return model.Image(
        id=f"Image:{key}",
        pixels=model.Pixels(
            id=f"Pixels:{key}",
            dimension_order=order,
            type="uint16",
            size_c=n_channels,
            size_z=n_z,
            size_t=n_times,
            size_x=width,
            size_y=height,
            physical_size_x=0.5 if unit == "µm" else 500,
            physical_size_x_unit=unit,
            channels=[model.Channel(id=f"Channel:{key}:{i}", name=name) for i, name in enumerate(channels)],
            tiff_data_blocks=data,
        ),
    )


def plate_of(wells, acquisitions=(), **given):
    """OME plate; ``wells``: well name → [(image key, (y, x) in µm)]."""
    listed = []
    for well, samples in wells.items():
        row, column = well_position(well)
        listed.append(
            model.Well(
                id=f"Well:{well}",
                row=row,
                column=column,
                well_samples=[
                    model.WellSample(
                        id=f"WellSample:{key}",
                        index=key,
                        image_ref=None if key is None else model.ImageRef(id=f"Image:{key}"),
                        **({} if place is None else {"position_y": place[0], "position_x": place[1]}),
                    )
                    for key, place in samples
                ],
            )
        )
    runs = [
        model.PlateAcquisition(
            id=f"PlateAcquisition:{number}",
            name=name,
            well_sample_refs=[model.WellSampleRef(id=f"WellSample:{key}") for key in keys],
        )
        for number, (name, keys) in enumerate(acquisitions)
    ]
    return model.Plate(id="Plate:0", name="P1", wells=listed, plate_acquisitions=runs, **given)


def as_xml(*plates, images=()):
    return model.OME(plates=list(plates), images=list(images)).to_xml()


def write_planes(folder, name, planes):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    with tifffile.TiffWriter(folder / name) as writer:
        for plane in planes:
            writer.write(plane, contiguous=False, metadata=None)


@pytest.fixture
def companion(tmp_path):
    """A companion with one file a plane: two wells of two fields; pixels by image."""
    pixels = {key: stack(key) for key in range(4)}
    images = []
    for key, of in pixels.items():
        places = [(f"images/{key}_{c}.ome.tif", 0, (c, 0, 0), 1) for c in range(2)]
        for (name, *_), plane in zip(places, of[:, 0, 0], strict=True):
            write_planes(tmp_path, name, [plane])
        images.append(image_of(key, of, places))
    wells = {"C03": [(2, (0, 0)), (3, (0, 9))], "B02": [(0, (0, 0)), (1, (0, 9))]}
    (tmp_path / "P1.companion.ome").write_text(as_xml(plate_of(wells, rows=8, columns=12), images=images))
    return tmp_path, pixels


def test_a_companion_names_the_file_of_each_plane(companion):
    folder, pixels = companion
    for path in (folder, folder / "P1.companion.ome"):
        plate = open_plate(path)
        assert (plate.name, plate.layout, plate.format) == ("P1", "OME-TIFF with companion file", FORMATS[96])
        assert plate.format_is_guess is False
        assert plate.channels == CHANNELS
        assert plate.fields["well"].tolist() == ["B02", "B02", "C03", "C03"]
        assert plate.fields["field"].tolist() == [1, 2, 1, 2]
        assert plate.fields["x_um"].tolist() == [0, 9, 0, 9]
        assert plate.pixel_um == 0.5
        assert plate.problems == ()
        for row in range(4):
            assert np.array_equal(plate.read_field(row), pixels[row][:, 0, 0])


def test_opening_reads_no_header_beyond_a_few(companion, monkeypatch):
    folder, _ = companion
    opened = []
    original = tifffile.TiffFile.__init__
    monkeypatch.setattr(
        tifffile.TiffFile, "__init__", lambda self, *args, **kw: opened.append(args) or original(self, *args, **kw)
    )
    open_plate(folder)
    assert len(opened) <= 5


ORDERS = ["XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("blocks", ["one", "each", "bare"])
def test_one_file_of_many_wells_planes_and_times(order, blocks, tmp_path):
    sizes = (2, 3, 2)
    pixels = {key: stack(key, sizes) for key in range(2 if blocks != "bare" else 1)}
    images, planes = [], []
    for key, of in pixels.items():
        axes = [order[2:].index(axis) for axis in "CZT"]
        in_order = sorted(np.ndindex(*sizes), key=lambda place: [place[axes.index(i)] for i in (2, 1, 0)])
        first = len(planes)
        planes += [of[place] for place in in_order]
        each = [(None, first + i, (c, z, t), 1) for i, (c, z, t) in enumerate(in_order)]
        one = [(None, first, (0, 0, 0), len(in_order))]
        images.append(
            image_of(key, of, {"one": one, "each": each, "bare": [(None, None, (0, 0, 0), None)]}[blocks], order)
        )
    xml = as_xml(plate_of({"A01": [(0, None)], **({"H12": [(1, None)]} if blocks != "bare" else {})}), images=images)
    with tifffile.TiffWriter(tmp_path / "plate.ome.tif", ome=False) as writer:
        for number, plane in enumerate(planes):
            writer.write(plane, contiguous=False, metadata=None, description=xml.encode() if number == 0 else None)
    plate = open_plate(tmp_path / "plate.ome.tif")
    assert plate.layout == "OME-TIFF"
    assert (plate.n_z, plate.n_times) == (3, 2)
    assert plate.problems == ()
    for row, of in enumerate(pixels.values()):
        for time in range(2):
            assert np.array_equal(plate.at(time=time, z=2).read_field(row), of[:, 2, time])
            assert np.array_equal(plate.at(time=time, z="max").read_field(row), of[:, :, time].max(1))


def test_a_file_of_very_many_pages_is_gone_through_once(tmp_path, monkeypatch):
    sizes = (2, 50, 1)
    planes = [stack(0, sizes)[c, z, 0] for z in range(50) for c in range(2)]
    image = image_of(0, stack(0, sizes), [(None, 0, (0, 0, 0), 100)])
    with tifffile.TiffWriter(tmp_path / "plate.ome.tif", ome=False) as writer:
        for number, plane in enumerate(planes):
            text = as_xml(plate_of({"A01": [(0, None)]}), images=[image]).encode() if number == 0 else None
            writer.write(plane, contiguous=False, metadata=None, description=text)
    plate = open_plate(tmp_path)
    opened = []
    original = tifffile.TiffFile.__init__
    monkeypatch.setattr(
        tifffile.TiffFile, "__init__", lambda self, *args, **kw: opened.append(args) or original(self, *args, **kw)
    )
    for z in (49, 0, 30):
        assert np.array_equal(plate.at(z=z).read_field(0), stack(0, sizes)[:, z, 0])
    assert len(opened) == 1
    assert np.array_equal(
        pickle.loads(pickle.dumps(plate)).at(z="max").read_plane(0, 1), stack(0, sizes)[1, :, 0].max(0)
    )


def test_every_tiff_may_carry_the_part_that_it_is(tmp_path):
    pixels = {}
    for key, (well, _) in enumerate([("A01", 0), ("A01", 1), ("B01", 0)]):
        pixels[key] = stack(key)
        xml = as_xml(plate_of({well: [(key, None)]}), images=[image_of(key, pixels[key], [(None, 0, (0, 0, 0), 2)])])
        tifffile.imwrite(tmp_path / f"{key}.ome.tif", pixels[key][:, 0, 0], description=xml.encode(), metadata=None)
    plate = open_plate(tmp_path)
    assert plate.fields[["well", "field"]].to_numpy().tolist() == [["A01", 1], ["A01", 2], ["B01", 1]]
    for row in range(3):
        assert np.array_equal(plate.read_field(row), pixels[row][:, 0, 0])


def test_every_tiff_may_carry_the_whole(tmp_path, monkeypatch):
    from napari_ben.readers import _ometiff

    pixels = {key: stack(key) for key in range(3)}
    images = [image_of(key, of, [(f"{key}.ome.tif", 0, (0, 0, 0), 2)]) for key, of in pixels.items()]
    xml = as_xml(plate_of({f"A0{key + 1}": [(key, None)] for key in pixels}), images=images)
    for key, of in pixels.items():
        tifffile.imwrite(tmp_path / f"{key}.ome.tif", of[:, 0, 0], description=xml.encode(), metadata=None)
    read = []
    original = _ometiff.read_ome
    monkeypatch.setattr(_ometiff, "read_ome", lambda *args: read.append(args) or original(*args))
    plate = open_plate(tmp_path)
    assert len(plate.fields) == 3
    assert len(read) == 1
    assert np.array_equal(plate.read_field(2), pixels[2][:, 0, 0])


def test_a_tiff_may_point_to_its_companion(companion):
    folder, _ = companion
    (folder / "P1.companion.ome").rename(folder / "metadata.xml")
    root = '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
    pointer = f'{root}<BinaryOnly MetadataFile="metadata.xml" UUID="x"/></OME>'
    tifffile.imwrite(folder / "0.ome.tif", np.zeros((4, 4), np.uint16), description=pointer, metadata=None)
    assert len(open_plate(folder).fields) == 4


@pytest.mark.parametrize("schema", ome_xml.SCHEMAS)
def test_plates_of_every_schema_say_the_same(schema, tmp_path):
    planes = [(well, field, c, z, 1) for well in ("B02", "P24") for field in (1, 2) for c in (1, 2) for z in (1, 2)]
    plate = open_plate(ome_xml.write_ome_tiff(tmp_path / "plate", planes, schema=schema))
    assert (plate.channels, plate.n_z, plate.pixel_um, plate.problems) == (("dye 1", "dye 2"), 2, ome_xml.PIXEL_UM, ())
    assert plate.fields["x_um"].tolist() == [100.0, 200.0] * 2
    assert plate.at(z=1).read_field(3)[1].max() == planes.index(("P24", 2, 2, 2, 1)) + 1
    assert open_plate(tmp_path / "plate/plate.companion.ome").fields.equals(plate.fields)


LOGICAL = """<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2008-09"
xmlns:S="http://www.openmicroscopy.org/Schemas/SPW/2008-09">
<S:Plate ID="Plate:0"><S:Well ID="Well:0" Row="0" Column="0"><S:WellSample ID="WellSample:0"><S:ImageRef ID="Image:0"/>
</S:WellSample></S:Well></S:Plate><Image ID="Image:0"><LogicalChannel ID="L:0" Name="colour">
<ChannelComponent Index="0"/><ChannelComponent Index="1"/></LogicalChannel>
<LogicalChannel ID="L:1" Fluor="ER"/><Pixels DimensionOrder="XYCZT"
SizeC="3" SizeZ="1" SizeT="1"><TiffData NumPlanes="3"><UUID FileName="a.tif"/></TiffData>
<Plane TheC="0" TheZ="0" TheT="0"><StagePosition PositionX="7" PositionY="-3"/></Plane>
<Plane TheC="1" TheZ="0" TheT="0"><StagePosition PositionX="8"
PositionY="8"/></Plane></Pixels></Image><x:Plate xmlns:x="http://else" ID="Plate:1"/></OME>"""


def test_channels_and_positions_as_they_were_written_until_2008(tmp_path):
    write_planes(tmp_path, "a.tif", stack(0, (3, 1, 1))[:, 0, 0])
    (tmp_path / "a.companion.ome").write_text(LOGICAL)
    plate = open_plate(tmp_path)
    assert (plate.channels, plate.problems) == (("colour", "colour (2)", "ER"), ())
    assert plate.fields[["y_um", "x_um"]].to_numpy().tolist() == [[-3.0, 7.0]]


def test_acquisitions_have_names(tmp_path):
    pixels = {key: stack(key) for key in range(4)}
    images = []
    for key, of in pixels.items():
        write_planes(tmp_path, f"{key}.tif", of[:, 0, 0])
        images.append(image_of(key, of, [(f"{key}.tif", 0, (0, 0, 0), 2)]))
    wells = {"A01": [(0, None), (1, None)], "A02": [(2, None), (3, None)]}
    plate = plate_of(wells, acquisitions=[("first", (0, 2)), ("second", (1, 3))])
    (tmp_path / "plate.ome.xml").write_text(as_xml(plate, images=images))
    plate = open_plate(tmp_path, acquisition="second")
    assert plate.acquisitions == ("first", "second")
    assert plate.fields["field"].tolist() == [1, 1]
    assert np.array_equal(plate.read_field(1), pixels[3][:, 0, 0])


def test_channels_are_told_apart_by_name(tmp_path):
    images = []
    for key, names in enumerate([("DNA", "ER"), ("ER", "DNA")]):
        write_planes(tmp_path, f"{key}.tif", stack(key)[:, 0, 0])
        images.append(image_of(key, stack(key), [(f"{key}.tif", 0, (0, 0, 0), 2)], channels=names))
    (tmp_path / "plate.ome.xml").write_text(as_xml(plate_of({"A01": [(0, None)], "A02": [(1, None)]}), images=images))
    plate = open_plate(tmp_path)
    assert plate.channels == ("DNA", "ER")
    assert np.array_equal(plate.read_field(1), stack(1)[::-1, 0, 0])


@pytest.mark.parametrize(("unit", "pixel_um"), [("nm", 0.5), ("pixel", None)])
def test_pixels_in_other_units(unit, pixel_um, tmp_path):
    write_planes(tmp_path, "0.tif", stack(0)[:, 0, 0])
    image = image_of(0, stack(0), [("0.tif", 0, (0, 0, 0), 2)], unit=unit)
    (tmp_path / "plate.ome.xml").write_text(as_xml(plate_of({"A01": [(0, None)]}), images=[image]))
    assert open_plate(tmp_path).pixel_um == pixel_um


def test_what_does_not_add_up_is_a_problem(companion):
    folder, _ = companion
    path = folder / "P1.companion.ome"
    text = path.read_text()
    text = text.replace('Row="2"', 'Row="99"').replace('<ImageRef ID="Image:1"/>', '<ImageRef ID="Image:77"/>')
    text = text.replace('ID="Plate:0"', 'ID="Plate:0" RowNamingConvention="number" ColumnNamingConvention="letter"')
    path.write_text(text)
    (folder / "images/0_1.ome.tif").unlink()
    plate = open_plate(folder)
    assert plate.imaged.index.tolist() == ["B02"]
    assert plate.problems[:3] == (
        "Row 99, column 2 is no place on a plate; its well was left out.",
        "The plate names rows by numbers and columns by letters; here rows have letters, as on every other plate.",
        "Fields are listed but have no image: 1 (such as of well B02).",
    )
    assert any("are not on disk" in problem for problem in plate.problems)


def test_a_document_that_is_cut_short_tells_what_it_has(companion):
    folder, _ = companion
    path = folder / "P1.companion.ome"
    text = path.read_text()
    path.write_text(text[: text.index('<Image ID="Image:3"')])
    plate = open_plate(folder)
    assert len(plate.fields) == 3
    assert "is damaged or cut short" in plate.problems[0]


BOMB = '<?xml version="1.0"?><!DOCTYPE OME [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><OME>&b;</OME>'
HOSTILE = [
    (lambda text: BOMB, r"declares a document type"),
    (lambda text: text.replace("images/", "../../"), r"lie outside the plate's folder|No image of"),
    (lambda text: text.replace("images/", "/etc/"), r"lie outside the plate's folder|No image of"),
    (
        lambda text: text.replace('PlaneCount="1"', 'PlaneCount="999999999"').replace('SizeZ="1"', 'SizeZ="999999999"'),
        r"claims \(",
    ),
    (lambda text: text.replace('SizeC="2"', 'SizeC="99999"'), r"claims \(1, 99999, 1\)"),
    (lambda text: text.replace("<Plate ", "<Tray ").replace("</Plate>", "</Tray>"), r"names no plate"),
    (lambda text: text.replace("<ImageRef", "<PictureRef"), r"lists 4 fields, but none of them has an image"),
]


@pytest.mark.parametrize(("change", "message"), HOSTILE)
def test_hostile_documents_are_refused_in_words(change, message, companion):
    folder, _ = companion
    path = folder / "P1.companion.ome"
    path.write_text(change(path.read_text()))
    with pytest.raises(PlateError, match=message):
        open_plate(folder, layout="ome-tiff")


def test_other_folders_are_refused(tmp_path, write_images):
    folder, _ = write_images(["A01_s1_w1.tif"])
    assert READERS["ome-tiff"].refusal(Place(folder)).startswith("it has no OME-XML")
    xml = as_xml(images=[image_of(0, stack(0), [(None, 0, (0, 0, 0), 2)])])
    tifffile.imwrite(tmp_path / "x.ome.tif", stack(0)[:, 0, 0], description=xml.encode(), metadata=None)
    assert READERS["ome-tiff"].refusal(Place(tmp_path)) == "the OME-XML of 'x.ome.tif' names no plate"
    (tmp_path / "x.ome.tif").write_bytes(b"II*\0damaged")
    assert READERS["ome-tiff"].refusal(Place(tmp_path)).startswith("it has no OME-XML")


@settings(max_examples=20, deadline=None)
@given(
    wells=st.dictionaries(st.tuples(st.integers(0, 31), st.integers(0, 47)), st.integers(1, 2), min_size=1, max_size=3),
    sizes=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2)),
    order=st.sampled_from(ORDERS),
    data=st.data(),
)
def test_random_plates_are_read_back(wells, sizes, order, data):
    names = [f"ch{number}" for number in range(sizes[0])]
    listed, pixels, images = {}, {}, []
    with TemporaryDirectory() as folder:
        for (row, column), count in wells.items():
            listed[well_name(row, column)] = samples = []
            for number in range(count):
                key = len(images)
                pixels[well_name(row, column), number + 1] = of = stack(key, sizes)
                axes = [order[2:].index(axis) for axis in "CZT"]
                in_order = sorted(np.ndindex(*sizes), key=lambda place: [place[axes.index(i)] for i in (2, 1, 0)])
                cut = data.draw(st.integers(0, len(in_order)))  # planes that lie in a second file
                for name, part in ((f"{key}.tif", in_order[:cut]), (f"{key}b.tif", in_order[cut:])):
                    write_planes(Path(folder), name, [of[place] for place in part])
                places = [(f"{key}.tif", 0, in_order[0], cut)] if cut else []
                places += [(f"{key}b.tif", 0, in_order[cut], len(in_order) - cut)] if cut < len(in_order) else []
                images.append(image_of(key, of, places, order, names))
                samples.append((key, None))
        (Path(folder) / "plate.companion.ome").write_text(as_xml(plate_of(listed), images=images))
        plate = open_plate(folder)
        assert all(problem.startswith("Wells with fewer than 2 fields") for problem in plate.problems)
        assert plate.channels == tuple(names)
        found = list(zip(plate.fields["well"], plate.fields["field"], strict=True))
        assert set(found) == set(pixels)
        row = data.draw(st.integers(0, len(found) - 1))
        z = data.draw(st.integers(0, sizes[1] - 1))
        time = data.draw(st.integers(0, sizes[2] - 1))
        shown = plate.at(z=z if plate.z_planes else "auto", time=time if plate.times else None)
        assert np.array_equal(shown.read_field(row), pixels[found[row]][:, z, time])
