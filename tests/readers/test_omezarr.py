"""OME-Zarr plates as real writers leave them."""

import json
import shutil

import numpy as np
import pytest

from napari_ben.errors import PlateError
from napari_ben.plates import FORMATS
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


def test_acquisitions_are_not_fields(write_zarr, set_attributes):
    folder, _ = write_zarr(wells=("A/1",), fields=("0", "1", "2"), version=2)
    images = [{"path": "0", "acquisition": 10}, {"path": "1", "acquisition": 9}, {"path": "2", "acquisition": 9}]
    set_attributes(folder / "A/1", 2, {"well": {"images": images}})
    plate = open_plate(folder)
    assert plate.fields["field"].tolist() == [1, 2]
    assert plate.problems == ("The plate has 2 acquisitions ('10', '9'); '9' is shown, the others are left out.",)


def test_images_of_other_channel_names_may_be_cycles(write_zarr):
    folder, _ = write_zarr(wells=("A/1",), fields=("0", "1", "2"))
    for cycle in (1, 2):
        edit(
            folder / f"A/1/{cycle}/zarr.json",
            lambda content, cycle=cycle: content["attributes"]["ome"].update(
                omero={"channels": [{"label": f"{cycle}_DNA"}, {"label": f"{cycle}_ER"}]}
            ),
        )
    assert open_plate(folder).problems == (
        "Fields name their channels differently (1_DNA, 1_ER; 2_DNA, 2_ER; DNA, ER): they may be cycles of one place.",
    )


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
        "The plate lists None, which is not the path of a well; it was left out.",
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
    assert len(plate.problems) == 1


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


@pytest.mark.parametrize("name", ["zarr.json", "A/1/zarr.json", "A/1/0/zarr.json", "A/1/0/0/zarr.json"])
@pytest.mark.parametrize("content", ["{", "[1, 2]", '{"attributes": [], "shape": 3, "data_type": "r1"}', "[" * 100_000])
def test_damaged_metadata_are_an_error_in_words_or_a_problem(name, content, write_zarr):
    folder, _ = write_zarr(wells=("A/1", "A/2", "A/3"), fields=("0", "1"))
    (folder / name).write_text(content)
    if name == "zarr.json":
        assert READERS["ome-zarr"].refusal(Place(folder))
        with pytest.raises(PlateError, match=r"is not a plate that can be opened"):
            open_plate(folder)
        return
    plate = open_plate(folder)
    assert plate.problems
    assert plate.read_field(len(plate.fields) - 1).any()


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
    assert len(read) == 2 + 20 + sampled  # the plate, asked for by the refusal and by the reading
