"""OME-Zarr plates as real writers leave them."""

import json
import shutil
from uuid import uuid4

import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_ben.errors import ArgumentError, PlateError
from napari_ben.plates import FORMATS, sort_wells, well_name
from napari_ben.readers import READERS, Place, open_plate
from napari_ben.readers._zarr_json import inner_path
from napari_ben.readers._zarr_wells import plate_format


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_places_come_from_names_not_from_indices(write_zarr):
    folder, _ = write_zarr(wells=("D/08", "B/3", "AF/48"))  # every index says 0
    plate = open_plate(folder)
    assert plate.wells[["row", "column"]].to_numpy().tolist() == [[1, 2], [3, 7], [31, 47]]
    assert plate.format == FORMATS[1536]


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "wells", "n_wells", "is_guess"),
    [
        (8, 12, ["C04"], 96, False),
        (16, 24, ["C04"], 384, False),
        (12, 32, ["C04"], 96, True),
        (2, 3, ["A02", "B03"], 96, True),
        (2, 3, ["A01", "A02", "B03"], 6, True),
        (8, 12, ["P24"], 384, True),
    ],
)
def test_only_a_complete_list_of_a_usual_plate_is_believed(n_rows, n_columns, wells, n_wells, is_guess):
    rows = [{"name": chr(65 + row)} for row in range(n_rows)]
    columns = [{"name": str(column + 1)} for column in range(n_columns)]
    assert plate_format({"rows": rows, "columns": columns}, wells) == (FORMATS[n_wells], is_guess)


def name_channels(field, labels):
    edit(
        field / "zarr.json",
        lambda content: content["attributes"]["ome"].update(omero={"channels": [{"label": label} for label in labels]}),
    )


ACQUISITIONS = [
    # acquisitions as the plate lists them, names in the order in which they are offered
    (None, ("9", "10")),
    ([{"id": 10, "name": "second"}, {"id": 9, "name": "first"}], ("first", "second")),
    ([{"id": 10, "name": "early", "starttime": 5}, {"id": 9, "name": "late", "starttime": 7}], ("early", "late")),
    ([{"id": 10, "name": "early", "starttime": 5}, {"id": 9, "name": "untimed"}], ("untimed", "early")),
    ([{"id": 10, "name": "same"}, {"id": 9, "name": "same"}], ("same (9)", "same (10)")),
    ([{"id": 10, "name": ""}, "damaged", {"name": "no id"}], ("9", "10")),
    ("damaged", ("9", "10")),
]


@pytest.mark.parametrize(("listed", "names"), ACQUISITIONS)
def test_acquisitions_are_chosen_by_name(listed, names, write_zarr, set_attributes):
    folder, pixels = write_zarr(wells=("A/1",), fields=("0", "1", "2"), version=2)
    images = [{"path": "0", "acquisition": 10}, {"path": "1", "acquisition": 9}, {"path": "2", "acquisition": 9}]
    set_attributes(folder / "A/1", 2, {"well": {"images": images}})
    edit(folder / ".zattrs", lambda content: content["plate"].update(acquisitions=listed))
    plate = open_plate(folder)
    assert plate.acquisitions == names
    assert plate.problems == ()
    assert plate.notes[0].endswith(f"; {names[0]!r} is shown.")
    for name in names:
        shown = plate.at(acquisition=name)
        paths = {True: ["0"], False: ["1", "2"]}[name in ("10", "second", "early", "same (10)")]
        assert shown.fields["field"].tolist() == [int(path) for path in paths]
        assert np.array_equal(shown.read_field(0), pixels[f"A/1/{paths[0]}"])
        assert shown.wells["n_fields"].tolist() == [len(paths)]
    with pytest.raises(ArgumentError, match=r"has no acquisition 'third'; it has '"):
        plate.at(acquisition="third")


def test_images_that_differ_in_the_names_of_their_channels_are_cycles(write_zarr):
    folder, pixels = write_zarr(wells=("A/1", "B/2"), fields=("10", "2"))
    for well in ("A/1", "B/2"):
        name_channels(folder / well / "10", ("1_DNA", "1_ER"))
    plate = open_plate(folder)
    assert plate.acquisitions == ("cycle 2", "cycle 10")
    assert plate.channels == ("DNA", "ER")
    assert "were taken for cycles of one place. Where they are fields, open" in plate.notes[0]
    second = plate.at(acquisition="cycle 10")
    assert second.channels == ("1_DNA", "1_ER")
    assert np.array_equal(second.read_field(1), pixels["B/2/10"])
    fields = open_plate(folder, layout="ome-zarr-fields")
    assert fields.acquisitions == ()
    assert len(fields.fields) == 4
    assert np.array_equal(fields.read_field(1), pixels["A/1/10"])  # by the order of the channels
    assert fields.problems == ("Fields name their channels differently (1_DNA, 1_ER; DNA, ER).",)


def test_cycles_of_the_same_channels_are_said_by_the_person(write_zarr):
    folder, pixels = write_zarr(fields=("0", "1"))
    assert open_plate(folder).acquisitions == ()
    plate = open_plate(folder, layout="ome-zarr-cycles", acquisition="cycle 1")
    assert np.array_equal(plate.read_field(1), pixels["B/2/1"])
    assert len(plate.fields) == 2


def test_channels_are_found_by_name_where_fields_order_them_differently(write_zarr):
    folder, pixels = write_zarr(wells=("A/1", "A/2", "A/3"), fields=("0",))
    name_channels(folder / "A/2/0", ("ER", "DNA"))
    plate = open_plate(folder)
    assert plate.channels == ("DNA", "ER")
    assert np.array_equal(plate.read_field(1), pixels["A/2/0"][::-1])
    assert plate.problems[0].startswith("Fields have their channels in different orders (DNA, ER; ER, DNA);")
    name_channels(folder / "A/2/0", ("ER", "RNA"))
    plate = open_plate(folder)
    with pytest.raises(PlateError, match=r"A/2/0 has no channel 'DNA'; it has ER, RNA\. Leave the field out"):
        plate.read_plane(1, 0)


@pytest.mark.parametrize("axes", ["yx", "cyx", "zyx", "tyx", "czyx", "zcyx", "tczyx", "xy", "yxc", "xtzcy"])
@pytest.mark.parametrize("datasets", [("0", "1"), ("s0", "s1"), ("path/to/full",)])
def test_any_axes_and_names_of_levels(axes, datasets, write_zarr):
    folder, pixels = write_zarr(wells=("A/1",), fields=("0",), axes=axes, datasets=datasets, version=2)
    expected = np.einsum(f"{axes}->{''.join(sorted(axes, key='tczyx'.index))}", pixels["A/1/0"])
    for axis in "tcz":
        place = "tcz".index(axis)
        expected = expected if axis in axes else np.expand_dims(expected, place)
    plate = open_plate(folder)
    assert plate.n_z == expected.shape[2]
    assert plate.n_times == expected.shape[0]
    for time in range(plate.n_times):
        for z in ["auto", "max", *plate.z_planes]:
            shown = plate.at(z=z, time=time if plate.times else None)
            stack = expected[time]
            wanted = {"auto": stack[:, stack.shape[1] // 2], "max": stack.max(1)}.get(z)
            assert np.array_equal(shown.read_field(0), stack[:, z] if wanted is None else wanted)
    assert plate.n_levels == len(datasets)
    assert np.array_equal(
        plate.read_plane(0, 0, plate.n_levels - 1), plate.read_plane(0, 0)[:: len(datasets), :: len(datasets)]
    )


def test_a_maximum_reads_a_plane_at_a_time(write_zarr, count_pixels):
    folder, pixels = write_zarr(wells=("A/1",), fields=("0",), axes="czyx")
    array = zarr.create_array(
        str(folder / "A/1/0/0"), shape=(2, 3, 16, 16), chunks=(1, 1, 8, 8), dtype="u2", overwrite=True
    )
    array[...] = pixels["A/1/0"]
    plate = open_plate(folder, z="max")
    assert np.array_equal(plate.read_plane(0, 1), pixels["A/1/0"][1].max(0))
    assert len(count_pixels) == 3


def test_a_field_with_fewer_planes_says_so(write_zarr):
    folder, _ = write_zarr(wells=("A/1", "A/2", "A/3"), fields=("0",), axes="tczyx")
    other, _ = write_zarr(wells=("A/1",), fields=("0",), axes="tczyx", name="other.zarr", sizes={"z": 2, "t": 3})
    shutil.rmtree(folder / "A/2/0")
    shutil.copytree(other / "A/1/0", folder / "A/2/0")
    plate = open_plate(folder, z=2)
    assert plate.problems == ("Fields differ in their number of z planes: 2, 3.",)
    with pytest.raises(PlateError, match=r"A/2/0 has 2 z planes; number 2 is asked for, counted from 0"):
        plate.read_plane(1, 0)
    assert plate.at(z="max").read_plane(1, 0).any()
    with pytest.raises(PlateError, match=r"A/1/0 has 2 time points; number 2 is asked for, counted from 0"):
        plate.at(time=2).read_plane(0, 0)


SCALES = [
    # unit, scale of the level, scale of the image, pixel in µm
    ("micrometer", [1, 0.5, 0.25], None, 0.25),
    ("nanometer", [1, 650, 650], None, 0.65),
    ("millimeter", [1, 1, 1], [1, 0.002, 0.002], 2.0),
    (None, [1, 1, 1], None, None),
    (None, [1, 0.65, 0.65], None, 0.65),
    ("pixel", [1, 1, 1], None, None),
    ("micrometer", None, None, None),
    ("micrometer", [1, 0, 0], None, None),
    ("micrometer", [1, "x", "x"], None, None),
    ("micrometer", [0.5, 0.5], None, None),
    ("micrometer", "0.5", None, None),
]


@pytest.mark.parametrize(("unit", "scale", "whole", "pixel_um"), SCALES)
def test_pixel_size_is_scale_times_unit(unit, scale, whole, pixel_um, write_zarr):
    folder, _ = write_zarr(wells=("A/1",), fields=("0",))

    def change(content):
        (image,) = content["attributes"]["ome"]["multiscales"]
        for axis in image["axes"][1:]:
            axis.update({"type": "space"} | ({"unit": unit} if unit else {}))
        if scale is not None:
            image["datasets"][0]["coordinateTransformations"] = [{"type": "scale", "scale": scale}]
        if whole is not None:
            image["coordinateTransformations"] = [{"type": "scale", "scale": whole}]

    edit(folder / "A/1/0/zarr.json", change)
    plate = open_plate(folder)
    assert plate.pixel_um == (pixel_um if pixel_um is None else pytest.approx(pixel_um))
    assert plate.problems == ()
    said = [note for note in plate.notes if "No unit of length is written" in note]
    assert len(said) == (unit is None and pixel_um is not None)


def test_fields_lie_where_their_translations_say(write_zarr):
    folder, _ = write_zarr(wells=("A/1", "A/2"), fields=("0", "1", "2"))
    for well in ("A/1", "A/2"):
        for field in (0, 1):
            steps = [
                {"type": "scale", "scale": [1, 0.5, 0.5]},
                {"type": "translation", "translation": [0, 8 * field, -4]},
            ]
            axes = [{"name": "c"}, {"name": "y", "unit": "micrometer"}, {"name": "x", "unit": "micrometer"}]
            edit(
                folder / well / str(field) / "zarr.json",
                lambda content, steps=steps, axes=axes: (
                    content["attributes"]["ome"]["multiscales"][0]["datasets"][0].update(
                        coordinateTransformations=steps
                    ),
                    content["attributes"]["ome"]["multiscales"][0].update(axes=axes),
                ),
            )
    plate = open_plate(folder)
    assert plate.fields["y_um"].tolist()[:2] == [0, 8]
    assert plate.fields["x_um"].tolist()[3:5] == [-4, -4]
    assert plate.fields["y_um"].isna().tolist() == [False, False, True] * 2


def test_missing_wells_and_fields_are_stated(write_zarr):
    folder, _ = write_zarr(wells=("A/1", "A/2", "B/1"), fields=("0", "1"))
    shutil.rmtree(folder / "A/2")
    shutil.rmtree(folder / "B/1/1")
    plate = open_plate(folder)
    assert plate.wells["n_fields"].tolist() == [2, 0, 1]
    assert plate.problems == (
        "Wells are listed but have no image on disk: 1 of 3 (A02).",
        "Fields are listed but are not on disk: 1, such as B/1/1.",
    )
    shutil.rmtree(folder / "A")
    shutil.rmtree(folder / "B")
    with pytest.raises(PlateError, match=r"lists 3 wells, but none of them has an image on disk\. Copy the plate"):
        open_plate(folder)


def test_a_well_without_metadata_gives_its_numbered_folders(write_zarr):
    folder, _ = write_zarr(wells=("A/1", "A/2"), fields=("0", "10"))
    (folder / "A/1/zarr.json").unlink()
    plate = open_plate(folder)
    assert plate.fields["field"].tolist() == [0, 10, 0, 10]
    assert "has no well metadata; its numbered folders were taken for fields" in plate.problems[0]


def test_fields_may_have_any_name(write_zarr):
    folder, pixels = write_zarr(wells=("A/1",), fields=("left_mip", "right_mip"))
    plate = open_plate(folder)
    assert plate.fields["field"].tolist() == [1, 2]
    assert np.array_equal(plate.read_field(1), pixels["A/1/right_mip"])


def test_a_well_that_is_listed_twice_or_is_no_well_is_stated(write_zarr):
    folder, _ = write_zarr(wells=("A/1",))
    edit(
        folder / "zarr.json",
        lambda content: content["attributes"]["ome"]["plate"]["wells"].extend(
            [{"path": "A/01"}, {"path": "tables"}, {"path": "../../A/2"}, {}]
        ),
    )
    plate = open_plate(folder)
    assert plate.wells.index.tolist() == ["A01"]
    assert plate.problems == (
        "The plate lists well A01 twice, as 'A/1' and 'A/01'; the first was taken.",
        "The plate lists 'tables', which is not the path of a well; it was left out.",
        "The plate lists '../../A/2', which is not the path of a well; it was left out.",
        "1 more wells are listed like this.",
    )


@pytest.mark.parametrize("written", ["../x", "/etc", "a/../../x", "C:\\x", "a\\b", "", "a\0b"])
def test_paths_in_metadata_stay_inside(written, write_zarr):
    assert inner_path(written) is None
    folder, _ = write_zarr(wells=("A/1",), fields=("0",))
    datasets = [{"path": written}]
    edit(folder / "A/1/0/zarr.json", lambda c: c["attributes"]["ome"]["multiscales"][0].update(datasets=datasets))
    with pytest.raises(PlateError, match=r"levels inside its folder"):
        open_plate(folder)
    edit(folder / "A/1/zarr.json", lambda c: c["attributes"]["ome"]["well"].update(images=[{"path": written}]))
    with pytest.raises(PlateError, match=r"none of them has an image on disk"):
        open_plate(folder)


def test_channel_names_are_made_unique_and_complete(write_zarr):
    folder, _ = write_zarr(labels=("DNA",))
    assert open_plate(folder).channels == ("DNA", "channel 2")
    folder, _ = write_zarr(labels=("DNA", "DNA", "ER"), name="second.zarr")
    plate = open_plate(folder)
    assert plate.channels == ("DNA", "DNA (2)")
    assert plate.name == "second"


def test_every_field_is_read_by_its_own_metadata(write_zarr, tmp_path):
    folder, _ = write_zarr(wells=("A/1", "A/2", "A/3"), fields=("0",))
    other, pixels = write_zarr(wells=("A/1",), fields=("0",), axes="tczyx", datasets=("full",), name="other.zarr")
    shutil.rmtree(folder / "A/2/0")
    shutil.copytree(other / "A/1/0", folder / "A/2/0")
    plate = open_plate(folder)
    assert np.array_equal(plate.read_field(1), pixels["A/1/0"][0, :, 1])
    with pytest.raises(PlateError, match=r"has 1 levels; most fields of the plate have 2"):
        plate.read_plane(1, 0, level=1)
    assert plate.problems[0] == "Fields differ in their number of z planes: 1, 3."
    assert len(plate.problems) == 2


def test_a_field_with_fewer_channels_is_an_error_in_words(write_zarr):
    folder, _ = write_zarr(wells=("A/1", "A/2", "A/3"), fields=("0",))
    other, _ = write_zarr(wells=("A/1",), fields=("0",), axes="yx", labels=None, name="other.zarr")
    shutil.rmtree(folder / "A/2/0")
    shutil.copytree(other / "A/1/0", folder / "A/2/0")
    plate = open_plate(folder)
    with pytest.raises(PlateError, match=r"A/2/0 has 1 of the plate's 2 channels\. Leave the field out"):
        plate.read_field(1)


@pytest.mark.parametrize("version", [2, 3])
def test_damaged_pixels_are_an_error_in_words(version, write_zarr):
    folder, _ = write_zarr(wells=("A/1", "A/2", "A/3"), fields=("0",), version=version)
    (chunk,) = (path for path in (folder / "A/2/0/0").rglob("*") if path.is_file() and path.name[0] not in ".z")
    chunk.write_bytes(chunk.read_bytes()[:-100])
    plate = open_plate(folder)
    with pytest.raises(PlateError, match=r"pixels of .*A/2/0 cannot be read: .*Copy or write the field again"):
        plate.read_field(1)
    assert not plate.image(1).compute().any()
    assert len(plate.problems) == 1


@pytest.mark.parametrize(("version", "shards"), [(2, None), (3, None), (3, (2, 16, 16))])
def test_a_plate_that_is_deleted_while_open_is_not_a_dark_plate(version, shards, write_zarr):
    folder, _ = write_zarr(wells=("A/1", "A/2"), fields=("0",), version=version)
    if shards:
        write_sharded(folder / "A/2/0/0", shards)
    plate = open_plate(folder)
    seen = plate.read_field(1)
    shutil.rmtree(folder)
    with pytest.raises(PlateError, match=r"A/2/0 cannot be read: .*deleted or moved, or their drive is not connected"):
        plate.read_field(1)
    assert seen.any()
    with pytest.raises(PlateError, match=r"plate\.ome\.zarr is no longer there\. Bring it back, or connect its drive"):
        plate.read_field(0)


def write_sharded(path, shards):
    pixels = zarr.open_array(str(path))[...]
    array = zarr.create_array(
        str(path), shape=pixels.shape, chunks=(1, 8, 8), shards=shards, dtype=pixels.dtype, overwrite=True
    )
    array[...] = pixels


@pytest.mark.parametrize("version", [2, 3])
def test_chunks_without_a_file_are_dark(version, write_zarr):
    folder, _ = write_zarr(wells=("A/1",), fields=("0",), version=version)
    (chunk,) = (path for path in (folder / "A/1/0/0").rglob("*") if path.is_file() and path.name[0] not in ".z")
    chunk.unlink()
    assert not open_plate(folder).read_field(0).any()


@pytest.mark.parametrize("name", ["zarr.json", "A/1/zarr.json", "A/1/0/zarr.json", "A/1/0/0/zarr.json"])
@pytest.mark.parametrize("content", ["{", "[1, 2]", '{"attributes": [], "shape": 3, "data_type": "r1"}', "[" * 100_000])
def test_damaged_metadata_are_an_error_in_words_or_a_problem(name, content, write_zarr):
    folder, _ = write_zarr(wells=("A/1", "A/2", "A/3"), fields=("0", "1"))
    (folder / name).write_text(content)
    if name == "zarr.json":
        with pytest.raises(PlateError, match=r"zarr\.json cannot be read|zarr\.json holds list|is not a plate"):
            open_plate(folder)
        return
    plate = open_plate(folder)
    assert plate.problems
    assert plate.read_field(len(plate.fields) - 1).any()


@pytest.mark.parametrize(
    ("axes", "shape", "message"),
    [
        ("cyx", [2, 10**7, 10**7], r"along cyx: no image is like this"),
        ("cyx", [2, 10**5, 10**5], r"claim 100000×100000 pixels: no image is as large"),
        ("czyx", [2, 10**9, 16, 16], r"along czyx: no image is like this"),
        ("tcyx", [10**9, 2, 16, 16], r"along tcyx: no image is like this"),
        ("cyx", [10**9, 16, 16], r"along cyx: no image is like this"),
    ],
)
def test_absurd_shapes_of_all_fields_are_refused(axes, shape, message, write_zarr):
    folder, _ = write_zarr(wells=("A/1", "A/2"), fields=("0",), axes=axes)
    for path in folder.glob("A/*/0/0/zarr.json"):
        edit(path, lambda content: content.update(shape=shape))
    with pytest.raises(PlateError, match=message):
        open_plate(folder)


def test_an_image_is_not_a_plate(write_zarr):
    folder, _ = write_zarr()
    assert READERS["ome-zarr"].refusal(Place(folder / "A/1/0")) == "it is an OME-Zarr image, not a plate"
    assert READERS["ome-zarr"].refusal(Place(folder / "A/1")) == "its metadata name no plate"
    with pytest.raises(PlateError, match=r"it is an OME-Zarr image, not a plate"):
        open_plate(folder / "A/1/0", layout="ome-zarr")
    edit(folder / "zarr.json", lambda content: content["attributes"]["ome"].update(plate="no"))
    with pytest.raises(PlateError, match=r"has no plate metadata\. Choose the folder that holds the whole plate"):
        open_plate(folder)


def test_images_without_arrays_are_refused(write_zarr):
    folder, _ = write_zarr(wells=("A/1",), fields=("0",))
    shutil.rmtree(folder / "A/1/0/0")
    with pytest.raises(PlateError, match=r"None of the images .* can be read\. .* has no array '0' of 3 axes"):
        open_plate(folder)


def test_opening_costs_a_file_a_well(write_zarr, monkeypatch):
    from napari_ben.readers import _zarr_json

    folder, _ = write_zarr(wells=[f"{row}/{column}" for row in "ABCD" for column in range(1, 6)], fields=("0", "1"))
    read = []
    original = _zarr_json._read_object
    monkeypatch.setattr(_zarr_json, "_read_object", lambda path: read.append(path) or original(path))
    plate = open_plate(folder)
    assert len(plate.fields) == 40
    sampled = 6 * 3  # of a few fields: the image and its two levels
    told_apart = 2 + 6  # are two images of a well cycles, or is a field stitched of others?
    assert len(read) == 2 + 20 + sampled + told_apart  # the plate, asked for by the refusal and by the reading
    read.clear()
    plate.at(z="max")
    assert len(read) == 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wells=st.sets(st.tuples(st.integers(0, 31), st.integers(0, 47)), min_size=1, max_size=3),
    version=st.sampled_from([2, 3]),
    order=st.permutations("tczyx"),
    without=st.sets(st.sampled_from("tcz")),
    data=st.data(),
)
def test_random_plates_are_read_back(wells, version, order, without, data, write_zarr):
    axes = "".join(axis for axis in order if axis not in without)
    names = [well_name(*well) for well in wells]
    paths = [f"{name[:-2]}/{name[-2:] if data.draw(st.booleans()) else int(name[-2:])}" for name in names]
    fields = [str(number) for number in range(data.draw(st.integers(1, 3)))]
    plan = {"axes": axes, "sizes": {"y": 3, "x": 5}, "datasets": ("0",), "name": f"{uuid4().hex}.zarr"}
    folder, pixels = write_zarr(data.draw(st.permutations(paths)), fields, version, **plan)
    plate = open_plate(folder)
    assert plate.fields["well"].tolist() == [name for name in sort_wells(names) for _ in fields]
    row = data.draw(st.integers(0, len(plate.fields) - 1))
    well, field = plate.fields["well"][row], plate.fields["field"][row]
    z = data.draw(st.sampled_from(["max", *plate.z_planes]))
    time = data.draw(st.sampled_from([None, *plate.times]))
    channel = data.draw(st.integers(0, len(plate.channels) - 1))
    chosen = {"t": time or 0, "c": channel, "z": slice(None) if z == "max" else slice(z, z + 1)}
    stored = pixels[f"{dict(zip(names, paths, strict=True))[well]}/{field}"]
    part = stored[tuple(chosen.get(axis, slice(None)) for axis in axes)]
    left = [axis for axis in axes if axis in "zyx"]
    expected = part.max(axis=left.index("z")) if "z" in left else part
    expected = expected if axes.index("y") < axes.index("x") else expected.T
    assert np.array_equal(plate.at(z=z, time=time).read_plane(row, channel), expected)
