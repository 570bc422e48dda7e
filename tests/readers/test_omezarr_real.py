"""Real OME-Zarr plates, as their makers left them; skipped where they are not beside the checkout."""

import numpy as np
import pytest
import zarr

from napari_ben.errors import PlateError
from napari_ben.plates import describe
from napari_ben.readers import open_plate


@pytest.mark.parametrize(("name", "n_z"), [("hcs_ngff_2D", 1), ("hcs_ngff_3D", 5)])
def test_cycles_of_a_multiplexed_plate(name, n_z, realdata):
    folder = realdata / "omezarr04_apx" / f"{name}.zarr"
    plate = open_plate(folder)
    assert plate.acquisitions == ("cycle 0", "cycle 1", "cycle 2")
    assert plate.n_z == n_z
    assert plate.problems == ()
    assert plate.imaged.index.tolist() == ["A02", "B03"]
    for cycle in range(3):
        shown = plate.at(acquisition=f"cycle {cycle}", z="max")
        assert shown.channels == (f"{cycle}_DAPI", f"{cycle}_GFP")
        stack = zarr.open_array(str(folder / f"B/03/{cycle}/0"), mode="r", zarr_format=2)[...]
        assert np.array_equal(shown.read_field(1), stack.max(axis=1))


def test_a_person_may_say_that_images_are_fields(realdata):
    plate = open_plate(realdata / "omezarr04_apx/hcs_ngff_2D.zarr", layout="ome-zarr-fields")
    assert len(plate.fields) == 6
    assert plate.read_field(5).shape == (2, 128, 128)
    names = "0_DAPI, 0_GFP; 1_DAPI, 1_GFP; 2_DAPI, 2_GFP"
    assert plate.problems == (f"Fields name their channels differently ({names}).",)


LISTED = [
    # plate, wells listed, what is missing of it
    ("v04/2551.zarr", r"None of the images .* can be read"),
    ("v05/190129.zarr", r"lists 49 wells, but none of them has an image on disk"),
    ("v05/Target-TS.ome.zarr", r"lists 25 wells, but none of them has an image"),
    ("v05/76-45.ome.zarr", r"has no array '0' of 5 axes"),
]


@pytest.mark.parametrize(("name", "message"), LISTED)
def test_plates_of_which_only_metadata_are_here_say_what_is_missing(name, message, realdata):
    with pytest.raises(PlateError, match=message):
        open_plate(realdata / "omezarr_metadata_only_yaozarrs" / name)


@pytest.fixture
def write_arrays(tmp_path, realdata):
    """Copy a plate's real metadata, and write arrays where they name them."""
    import json
    import shutil

    def write(name, version):
        folder = tmp_path / "plate.zarr"
        shutil.copytree(realdata / "omezarr_metadata_only_yaozarrs" / name, folder)
        file = ".zattrs" if version == 2 else "zarr.json"
        for path in sorted(folder.rglob(file)):
            content = json.loads(path.read_text())
            ome = content if version == 2 else content.get("attributes", {}).get("ome", {})
            if "multiscales" not in ome or "labels" in path.parts:
                continue
            (image,) = ome["multiscales"]
            axes = [axis["name"] for axis in image["axes"]]
            count = len(ome.get("omero", {}).get("channels", [])) or 2
            shape = [{"t": 1, "c": count, "z": 1}.get(axis, 16) for axis in axes]
            array = zarr.create_array(
                str(path.parent / image["datasets"][0]["path"]), shape=shape, dtype="u2", zarr_format=version
            )
            array[...] = np.arange(np.prod(shape)).reshape(shape)
        return folder

    return write


def test_six_acquisitions_of_an_idr_screen(write_arrays):
    plate = open_plate(write_arrays("v04/2551.zarr", 2))
    said = describe(plate)
    assert said["format"] == 96
    names = [name.partition("(")[0] for name in plate.acquisitions]
    assert names == ["Meas_03", "Meas_04", "without acquisition"]  # by time; metadata of other wells are not here
    assert said["n_wells"] >= 1
    assert plate.read_field(0).any()


def test_a_plate_of_twelve_rows_and_32_columns(write_arrays):
    plate = open_plate(write_arrays("v05/76-45.ome.zarr", 3))
    said = describe(plate)
    assert said["n_wells"] == 4
    assert said["format"] == 1536
    assert plate.read_field(0).any()
    assert "Wells are listed but have no image on disk" in said["problems"][0]
