"""One contract for every layout: any small plate comes back, for nothing but its metadata."""

import pickle
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lookalikes import cellreporter, imagexpress, named, ome_xml, xml_plates

from napari_ben.errors import PlateError
from napari_ben.plates import PixelSource, describe, well_position
from napari_ben.readers import LAYOUTS, _index_plate, open_plate
from napari_ben.readers._index_plate import HEADERS


class Look(NamedTuple):
    """How a layout is written, its key in `LAYOUTS`, whether it tells z planes and time points, what it says."""

    write: object
    key: str
    has_z: bool = True
    has_time: bool = True
    says: tuple[str, ...] = ()


def by_name(template):
    return partial(named.write_names, named.NAMES[template])


def as_document(write, **options):
    return lambda folder, planes: write(folder, named.named_channels(planes), **options)


def rxrx(folder, planes):
    return named.write_names(named.NAMES["rxrx1"], folder / "HUVEC-01/Plate1", planes)


BY_NUMBER = "Names say wells by number only; they are counted row by row over the plate."
KEYS = {"imagexpress-guid": "imagexpress", "sbs-bmp": "sbs", "cellreporter": "images"}
LOOKS = {
    **{
        name: Look(
            by_name(name),
            KEYS.get(name, name),
            "{z" in text,
            "{time" in text,
            (BY_NUMBER,) if "{number" in text else (),
        )
        for name, text in named.NAMES.items()
    },
    "rxrx": Look(rxrx, "rxrx", has_z=False, has_time=False),
    "imagexpress with HTD": Look(imagexpress.write_planes, "imagexpress"),
    "cellreporter tables": Look(cellreporter.write_planes, "cellreporter"),
    **{
        f"ome-tiff {schema}": Look(partial(ome_xml.write_ome_tiff, schema=schema), "ome-tiff")
        for schema in ("2008-09", "2013-06", "2016-06")
    },
    "ome-zarr 0.4": Look(partial(named.write_ome_zarr, version=2), "ome-zarr"),
    "ome-zarr 0.5": Look(named.write_ome_zarr, "ome-zarr"),
    "image table": Look(named.write_image_table, "image-table"),
    "load_data": Look(named.write_load_data, "load-data", has_z=False, has_time=False),
    "harmony V5": Look(as_document(xml_plates.write_harmony), "harmony"),
    "harmony V7": Look(as_document(xml_plates.write_harmony, namespace=xml_plates.V7, index="Index.xml"), "harmony"),
    "columbus index": Look(as_document(xml_plates.write_columbus), "harmony"),
    "cellvoyager records": Look(as_document(xml_plates.write_cellvoyager), "cellvoyager-mlf"),
    "incell document": Look(as_document(xml_plates.write_incell), "incell-xdce"),
}
ELSEWHERE = {"czi", "nd2"}  # need libraries that are extras: test_czi, test_nd2
OVERRULED = {"ome-zarr-fields", "ome-zarr-cycles"}  # test_omezarr


@pytest.fixture(params=LOOKS)
def look(request) -> Look:
    return LOOKS[request.param]


def plate_of(look: Look, wells, sizes, without=frozenset()) -> list:
    """Planes of a plate of so many fields, channels, z planes and times, but those of the fields that are not there."""
    n_fields, n_channels, n_z, n_times = sizes
    z, times = n_z if look.has_z else 1, n_times if look.has_time else 1
    cells = product(wells, *(range(1, n + 1) for n in (n_fields, n_channels, z, times)))
    return [plane for plane in cells if plane[:2] not in without]


def check_planes(plate, planes) -> None:
    """Every plane that was written is seen at its place."""
    numbers = {plane: number for number, plane in enumerate(planes, start=1)}
    fields = sorted({plane[:2] for plane in planes}, key=lambda field: (well_position(field[0]), field[1]))
    assert plate.fields["well"].tolist() == [well for well, _ in fields]
    heights, times = (sorted({plane[axis] for plane in planes}) for axis in (3, 4))
    for z_at, time_at in product(range(len(heights)), range(len(times))):
        z = plate.z_planes[z_at] if len(heights) > 1 else "auto"
        time = plate.times[time_at] if len(times) > 1 else None
        shown = plate.at(z=z, time=time)
        for row, field in enumerate(fields):
            seen = [int(plane.max()) for plane in shown.read_field(row)]
            channels = range(1, len(plate.channels) + 1)
            assert seen == [numbers[*field, channel, heights[z_at], times[time_at]] for channel in channels]


def test_every_layout_is_here():
    assert {look.key for look in LOOKS.values()} == set(LAYOUTS) - ELSEWHERE - OVERRULED


def test_a_plate_comes_back(look, tmp_path, count_pixels):
    planes = plate_of(look, ("B02", "B03", "C11"), (2, 2, 3, 2))
    folder = look.write(tmp_path / "plate", planes)
    plate = open_plate(folder)
    assert count_pixels == []
    assert plate.problems == look.says
    assert plate.imaged.index.tolist() == ["B02", "B03", "C11"]
    assert isinstance(plate.source, PixelSource)
    assert describe(plate)["n_fields"] == 6
    assert (plate.n_z, plate.n_times) == (3 if look.has_z else 1, 2 if look.has_time else 1)
    assert plate.mosaic.levels(0)
    assert count_pixels == []
    check_planes(plate, planes)
    key = look.key
    assert LAYOUTS[key].title
    assert open_plate(folder, layout=key).fields.equals(plate.fields)


def test_a_plate_can_be_sent_to_another_process_and_read_by_many_threads(look, tmp_path):
    folder = look.write(tmp_path / "plate", plate_of(look, ("A01", "P24"), (2, 2, 2, 1)))
    plate = pickle.loads(pickle.dumps(open_plate(folder)))
    rows = list(range(len(plate.fields))) * 4
    with ThreadPoolExecutor(8) as pool:
        images = list(pool.map(plate.at(z="max").read_field, rows))
    for row, image in zip(rows, images, strict=True):
        assert np.array_equal(image, plate.at(z="max").read_field(row))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=4)
@given(
    wells=st.sets(st.sampled_from(["A01", "B02", "H12", "P24"]), min_size=1, max_size=3),
    sizes=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2)),
    without=st.sets(st.tuples(st.sampled_from(["A01", "B02"]), st.integers(1, 2)), max_size=2),
)
def test_any_small_plate_comes_back(look, wells, sizes, without):
    planes = plate_of(look, sorted(wells), sizes, without)
    if not planes:
        return
    with tempfile.TemporaryDirectory() as folder:
        check_planes(open_plate(look.write(Path(folder) / "plate", planes)), planes)


def test_a_few_headers_are_opened_however_many_files_there_are(look, tmp_path, monkeypatch):
    opened = []
    read_header = _index_plate.read_header

    def counted(path, *rest):
        opened.append(path)
        return read_header(path, *rest)

    monkeypatch.setattr(_index_plate, "read_header", counted)
    open_plate(look.write(tmp_path / "plate", plate_of(look, ("B02", "B03", "C11"), (3, 2, 2, 1))))
    assert len(opened) <= HEADERS


def image_files(folder):
    suffixes = {".tif", ".tiff", ".png", ".bmp"}
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes)


def test_a_file_that_is_cut_short_is_a_problem_of_its_field_only(look, tmp_path):
    planes = plate_of(look, ("B02", "B03"), (3, 2, 1, 1))
    folder = look.write(tmp_path / "plate", planes)
    files = image_files(folder)
    if len(files) < len(planes):
        pytest.skip("pixels are not in a file a plane")
    files[3].write_bytes(files[3].read_bytes()[:40])
    plate = open_plate(folder)
    blank = np.flatnonzero(~plate.images.compute().any(axis=(2, 3)).all(axis=1))
    assert len(blank) == 1
    with pytest.raises(PlateError, match="cannot be read"):
        plate.read_field(blank[0])
    (said,) = set(plate.problems) - set(look.says)
    assert files[3].name in said
    assert plate.images.compute().any(axis=(2, 3)).sum() == len(planes) - 1


def test_a_file_that_is_missing_is_a_problem_of_its_field_only(look, tmp_path):
    planes = plate_of(look, ("B02", "B03"), (3, 2, 1, 1))
    folder = look.write(tmp_path / "plate", planes)
    files = image_files(folder)
    if len(files) < len(planes):
        pytest.skip("pixels are not in a file a plane")
    files[3].unlink()
    plate = open_plate(folder)
    assert plate.problems
    assert [bool(missing) for missing in plate.fields["missing"]].count(True) == 1
    with pytest.raises(PlateError, match="has no channel"):
        plate.read_field(plate.fields["missing"].map(bool).idxmax())
    assert plate.images.compute().any(axis=(2, 3)).sum() == len(planes) - 1


def test_what_is_not_of_the_plate_is_counted(look, tmp_path):
    folder = look.write(tmp_path / "plate", plate_of(look, ("B02", "B03"), (1, 2, 1, 1)))
    if not image_files(folder):
        pytest.skip("there are no image files")
    stray = image_files(folder)[0].with_name(f"flatfield{image_files(folder)[0].suffix}")
    stray.write_bytes(image_files(folder)[0].read_bytes())
    plate = open_plate(folder)
    assert len(plate.fields) == 2
    assert any("left out" in told or "not of it is" in told for told in (*plate.problems, *plate.notes))
