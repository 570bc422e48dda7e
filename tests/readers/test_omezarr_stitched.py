"""Wells that were stitched into one image are taken apart by their table of fields."""

import csv
import json
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import zarr

from napari_ben.errors import PlateError
from napari_ben.readers import _concurrently, open_plate

COLUMNS = ["x_micrometer", "y_micrometer", "z_micrometer", "len_x_micrometer", "len_y_micrometer", "len_z_micrometer"]
PIXEL = 0.5  # µm
# name, then y, x, height, width in pixels: three fields of 8 × 8, unsorted, of which one place is empty
FIELDS = [("FOV_2", 0, 8, 8, 8), ("FOV_10", 8, 0, 8, 8), ("FOV_1", 0, 0, 8, 8)]


def as_frame(fields):
    rows = [[x, y, 0, across, down, 1] for _, y, x, down, across in fields]
    index = pd.Index([name for name, *_ in fields], name="FieldIndex")
    return pd.DataFrame(np.multiply(np.reshape(rows, (-1, 6)), PIXEL), columns=COLUMNS, index=index)


def write_anndata(group, table, version, integers=False):
    anndata = pytest.importorskip("anndata")
    with warnings.catch_warnings(action="ignore"):  # what the writer of the table thinks of its Zarr
        if integers:  # ngio keeps whole numbers beside the matrix
            content = anndata.AnnData(
                table[["z_micrometer"]].to_numpy(), obs=table.drop(columns="z_micrometer").astype(np.int64)
            )
            content.var_names = ["z_micrometer"]
        else:
            content = anndata.AnnData(table.to_numpy(np.float32), obs=table[[]])
            content.var_names = COLUMNS
        anndata.io.write_elem(zarr.open_group(str(group.parent), zarr_format=version), group.name, content)


def write_attributes(group, version, attributes):
    group.mkdir(parents=True, exist_ok=True)
    if version == 2:
        (group / ".zattrs").write_text(json.dumps(attributes))
    else:
        (group / "zarr.json").write_text(json.dumps({"node_type": "group", "attributes": attributes}))


def write_table(group, table, version, backend):
    if backend in ("anndata", "integers"):
        write_anndata(group, table, version, integers=backend == "integers")
        return
    write_attributes(group, version, {"type": "roi_table", "backend": backend})
    if backend == "csv":
        table.to_csv(group / "table.csv", quoting=csv.QUOTE_MINIMAL)
    elif backend == "parquet":
        pytest.importorskip("pyarrow")
        table.reset_index().to_parquet(group / "table.parquet")
    else:
        write_attributes(group / "table", version, table.reset_index().to_dict(orient="list"))


def set_scale(field, version, unit="micrometer"):
    path = field / (".zattrs" if version == 2 else "zarr.json")
    content = json.loads(path.read_text())
    (image,) = (content if version == 2 else content["attributes"]["ome"])["multiscales"]
    image["axes"] = [axis | ({"unit": unit} if axis["name"] in "zyx" else {}) for axis in image["axes"]]
    scale = [PIXEL if axis["name"] in "yx" else 1 for axis in image["axes"]]
    image["datasets"][0]["coordinateTransformations"] = [{"type": "scale", "scale": scale}]
    path.write_text(json.dumps(content))


@pytest.fixture
def write_stitched(write_zarr):
    """Write a plate of one stitched image a well; returns its folder and the pixels by path."""

    def write(tables, version=3, backend="csv", **image):
        wells = [f"A/{column}" for column in range(1, len(tables) + 1)]
        folder, pixels = write_zarr(wells=wells, fields=("0",), version=version, **image)
        for well, fields in zip(wells, tables, strict=True):
            set_scale(folder / well / "0", version)
            if fields is not None:
                write_table(folder / well / "0" / "tables" / "FOV_ROI_table", as_frame(fields), version, backend)
        return folder, pixels

    return write


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("backend", ["anndata", "integers", "csv", "parquet", "json"])
def test_fields_are_cut_out_of_their_well(version, backend, write_stitched):
    fields = FIELDS if backend != "integers" else [(name, *(2 * side for side in box)) for name, *box in FIELDS]
    sizes = {"y": 32, "x": 32} if backend == "integers" else {}
    folder, pixels = write_stitched([fields, fields], version, backend, sizes=sizes)
    plate = open_plate(folder)
    assert plate.problems == ()
    assert plate.fields["field"].tolist() == [1, 2, 10] * 2
    side = fields[0][3]
    assert plate.shape == (side, side)
    assert plate.pixel_um == PIXEL
    assert plate.fields["y_um"].tolist()[:3] == [0, 0, side * PIXEL]
    assert plate.fields["x_um"].tolist()[:3] == [0, side * PIXEL, 0]
    well = pixels["A/2/0"]
    assert np.array_equal(plate.read_field(4), well[:, :side, side : 2 * side])
    assert np.array_equal(plate.read_plane(5, 1, level=1), well[1, side : 2 * side : 2, :side:2])
    corners = plate.mosaic.field_boxes[["y0", "x0"]]
    assert (corners.iloc[:3] - corners.iloc[0]).to_numpy().tolist() == [[0, 0], [0, side], [side, 0]]
    expected = ("Images of 16×16" if side == 8 else "Images of 32×32") + " pixels were split into 6 fields by their"
    assert plate.notes[0].startswith(expected)
    assert np.array_equal(pickle.loads(pickle.dumps(plate)).read_field(4), plate.read_field(4))


def test_a_table_of_the_whole_image_changes_nothing(write_stitched):
    folder, pixels = write_stitched([[("FOV_1", 0, 0, 16, 16)]] * 2)
    plate = open_plate(folder)
    assert len(plate.fields) == 2
    assert plate.notes == ()
    assert np.array_equal(plate.read_field(1), pixels["A/2/0"])


def test_wells_may_differ_in_their_fields(write_stitched):
    folder, _ = write_stitched([FIELDS, FIELDS[:1], None, [("left", 0, 0, 8, 4), ("right", 0, 4, 8, 4)]])
    plate = open_plate(folder)
    assert plate.wells["n_fields"].tolist() == [3, 1, 1, 2]
    assert plate.fields["field"].tolist() == [1, 2, 10, 2, 0, 1, 2]
    assert plate.problems == ("Fields differ in size: 8×4, 8×8 pixels.",)
    assert plate.read_field(4).shape == (2, 16, 16)
    assert plate.read_field(6).shape == (2, 8, 4)


@pytest.mark.parametrize(
    "box",
    [(0, 12, 8, 8), (-8, 0, 8, 8), (0, 0, 0, 8), (1e30, 0, 8, 8), (0, 0, float("inf"), 1)],
)
def test_a_field_outside_its_image_is_a_problem(box, write_stitched):
    folder, _ = write_stitched([FIELDS, [*FIELDS[1:], ("FOV_2", *box)]])
    plate = open_plate(folder)
    assert plate.wells["n_fields"].tolist() == [3, 2]
    assert plate.problems == ("A/2/0 has no pixels for 'FOV_2' of its table of fields.",)


def test_a_pixel_of_rounding_is_forgiven(write_stitched):
    folder, _ = write_stitched([[("FOV_1", 0, 0, 8, 8), ("FOV_2", 8, 8, 9, 8.6)]])
    assert open_plate(folder).problems == ()


def table_of(folder, well):
    return folder / well / "0/tables/FOV_ROI_table"


DAMAGE = [
    (lambda table: (table / "table.csv").unlink(), r"No such file"),
    (lambda table: (table / "table.csv").write_text("FieldIndex,x_micrometer\nFOV_1,0\n"), r"y_micrometer"),
    (lambda table: (table / "table.csv").write_text((table / "table.csv").read_text().replace("0.0", "zero")), r"zero"),
    (lambda table: (table / "zarr.json").write_text("{"), r"cannot be read"),
    (lambda table: (table / "zarr.json").write_text("[" * 100_000), r"cannot be read"),
    (lambda table: write_attributes(table, 3, {"backend": "sqlite"}), r"it is stored as 'sqlite'; known are anndata"),
    (lambda table: write_attributes(table, 3, {"backend": "anndata"}), r"cannot be read"),
    (lambda table: write_attributes(table, 3, {"backend": "json"}), r"cannot be read"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGE)
def test_a_damaged_table_leaves_its_well_whole(damage, message, write_stitched):
    folder, pixels = write_stitched([FIELDS, FIELDS, FIELDS])
    damage(table_of(folder, "A/2"))
    plate = open_plate(folder)
    assert plate.wells["n_fields"].tolist() == [3, 1, 3]
    (problem,) = plate.problems
    with pytest.raises(PlateError, match=message):
        raise PlateError(problem, "")
    assert np.array_equal(plate.read_field(3), pixels["A/2/0"])


def anndata_damage(name, **change):
    def damage(table):
        path = table / name / "zarr.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        anndata_damage("X", shape=[10**12, 6]),
        anndata_damage("X", shape=[3, 5]),
        anndata_damage("var/_index", shape=[10**12]),
        anndata_damage("var/_index", codecs=[]),
        anndata_damage("obs", attributes={"_index": "../../../../A/1/0"}),
        anndata_damage("obs", attributes={"_index": "/etc/passwd"}),
        lambda table: (table / "var/_index/c/0").write_bytes(b"\xff" * 64),
        lambda table: (table / "X/c/0/0").write_bytes(b"\xff" * 8),
        lambda table: (table / "obs/FieldIndex/c/0").unlink(),
    ],
)
def test_a_damaged_anndata_table_leaves_its_well_whole(damage, write_stitched):
    folder, _ = write_stitched([FIELDS, FIELDS, FIELDS], backend="anndata")
    damage(table_of(folder, "A/2"))
    plate = open_plate(folder)
    assert plate.wells["n_fields"].tolist() == [3, 1, 3]
    assert len(plate.problems) == 1


def test_acquisitions_are_split_one_by_one(write_zarr, set_attributes):
    folder, pixels = write_zarr(wells=("A/1",), fields=("0", "1"))
    set_attributes(
        folder / "A/1", 3, {"well": {"images": [{"path": "0", "acquisition": 0}, {"path": "1", "acquisition": 1}]}}
    )
    for cycle in "01":
        set_scale(folder / "A/1" / cycle, 3)
        write_table(folder / "A/1" / cycle / "tables/FOV_ROI_table", as_frame(FIELDS), 3, "csv")
    plate = open_plate(folder).at(acquisition="1")
    assert plate.fields["field"].tolist() == [1, 2, 10]
    assert np.array_equal(plate.read_field(2), pixels["A/1/1"][:, 8:, :8])


def test_several_stitched_images_of_a_well_do_not_hide_each_other(write_zarr):
    folder, _ = write_zarr(wells=("A/1",), fields=("0", "1"))
    for image in "01":
        set_scale(folder / "A/1" / image, 3)
        write_table(folder / "A/1" / image / "tables/FOV_ROI_table", as_frame(FIELDS), 3, "csv")
    assert open_plate(folder).fields["field"].tolist() == [1, 2, 10, 1001, 1002, 1010]


def test_slow_disks_are_read_by_several_threads(monkeypatch):
    import threading
    import time

    names, gate = set(), threading.Barrier(4, timeout=5)

    def read(item):
        names.add(threading.current_thread().name)
        if item >= _concurrently.PROBED:
            gate.wait()  # goes on when four are there at once
        else:
            time.sleep(2 * _concurrently.SLOW)
        return -item

    assert _concurrently.read_all(read, range(14)) == [-item for item in range(14)]
    assert len(names) > 4
    names.clear()
    assert _concurrently.read_all(lambda item: names.add(threading.current_thread().name), range(50)) == [None] * 50
    assert len(names) == 1
