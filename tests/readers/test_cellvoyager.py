"""CellVoyager: the records say what an image is; what they do not name is none of a well."""

import re

import numpy as np
import pytest
from lookalikes import xml_plates as looks

from napari_ben.errors import PlateError
from napari_ben.plates import FORMATS, describe
from napari_ben.readers import Place, open_plate
from napari_ben.readers._cellvoyager import PROJECTION, index_cellvoyager, refuse_cellvoyager

ONE = [("A01", 1, "405", 1, 1), ("A01", 1, "488", 1, 1), ("D08", 1, "405", 1, 1), ("D08", 1, "488", 1, 1)]
STACK = [("A01", 1, "405", z, 1) for z in (1, 2, 3)]
NAME = re.compile(r".*_([A-Z]\d\d)_T(\d{4})F(\d{3})L\d\dA\d\dZ(\d\d)C(\d\d)\.tif")


def test_shading_and_dark_current_images_are_no_wells(tmp_path):
    plate = open_plate(looks.write_cellvoyager(tmp_path / "p", ONE))
    assert set(plate.wells.index) == {"A01", "D08"}
    assert plate.notes == ("4 of 6 image files are of this plate; not of it is 'DC_DCAM#1_CAM3.tif'.",)
    assert (plate.name, plate.layout) == ("P", "CellVoyager records, CV8000")


def test_errors_are_counted(tmp_path):
    plate = open_plate(looks.write_cellvoyager(tmp_path / "p", ONE, errors=3))
    assert plate.problems == ("3 of 7 records are of type 'ERR': nothing was imaged (such as in well A01).",)
    assert len(plate.fields) == 2


@pytest.mark.parametrize("own", [{"Row": 0}, {"Column": None}, {"Row": "x"}, {"file": ""}])
def test_records_of_no_well_or_file_are_counted(own, tmp_path):
    folder = looks.write_cellvoyager(tmp_path / "p", [*ONE, ("H12", 1, "405", 1, 1)])
    data = (folder / "MeasurementData.mlf").read_text()
    (folder / "MeasurementData.mlf").write_text(data + "")
    record = looks.voyager_record(ONE[0], 1, own.pop("file", "a.tif"), **own)
    (folder / "MeasurementData.mlf").write_text(
        data.replace("</bts:MeasurementData>", record + "</bts:MeasurementData>")
    )
    problem = open_plate(folder).problems[0]
    assert problem.startswith("1 of 6 records name no file, or no well of any plate")


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ([("405", "BP445/45", ""), ("488", "BP525/50", "")], ("405", "488")),
        ([("405", "BP445/45", "Hoechst"), ("488", "BP525/50", "Alexa 488")], ("Hoechst", "Alexa 488")),
        ([("405", "BP445/45", "Hoechst"), ("488", "BP525/50", "")], ("405", "488")),
        ([("BF", "BP445/45", ""), ("BF", "BP525/50", "")], ("BP445/45", "BP525/50")),
        ([("", "", ""), ("", "", "")], ("C1", "C2")),
    ],
)
def test_channels_are_named_by_what_tells_them_apart(setting, expected, tmp_path):
    folder = looks.write_cellvoyager(tmp_path / "p", ONE)
    listed = "".join(
        f'<bts:Channel bts:Ch="{number}" bts:Target="{target}" bts:Acquisition="{band}" bts:Fluorophore="{dye}" />'
        for number, (target, band, dye) in enumerate(setting, start=1)
    )
    (folder / "S.mes").write_text(f"<bts:MeasurementSetting {looks.BTS}>{listed}</bts:MeasurementSetting>")
    assert open_plate(folder).channels == expected


def test_without_its_other_files_the_records_still_show_the_plate(tmp_path):
    folder = looks.write_cellvoyager(tmp_path / "p", ONE, with_setting=False)
    assert open_plate(folder).channels == ("C1", "C2")
    (folder / "MeasurementDetail.mrf").unlink()
    plate = open_plate(folder)
    assert (plate.name, plate.channels, plate.pixel_um) == ("p", ("C1", "C2"), None)
    assert plate.format_is_guess
    assert plate.problems[0].startswith("'MeasurementDetail.mrf' cannot be read")
    assert plate.source.shape == looks.SHAPE


def test_a_setting_outside_the_folder_is_not_read(tmp_path):
    folder = looks.write_cellvoyager(tmp_path / "p", ONE)
    (folder / "S.mes").rename(tmp_path / "S.mes")
    detail = folder / "MeasurementDetail.mrf"
    detail.write_text(detail.read_text("utf-8-sig").replace('"S.mes"', '"../S.mes"'), "utf-8")
    assert open_plate(folder).channels == ("C1", "C2")


@pytest.mark.parametrize("own", [{"ZImageProcessing": "Maximum"}, {"Action": "MIP"}])
def test_a_projection_is_shown_before_its_planes(own, tmp_path):
    changes = {3: {**own, "ActionIndex": 2, "file": "max.tif"}}
    plate = open_plate(looks.write_cellvoyager(tmp_path / "p", [*STACK, STACK[0]], changes=changes))
    assert (plate.z_planes, plate.acquisitions) == ((1, 2, 3), ())
    assert plate.read_plane(0, 0).max() == 4
    assert plate.at(z="max").read_plane(0, 0).max() == 3
    assert plate.problems == ()


def test_projections_alone_are_a_plate_without_z(tmp_path):
    changes = {at: {"ZImageProcessing": "Maximum"} for at in range(4)}
    folder = looks.write_cellvoyager(tmp_path / "p", ONE, changes=changes)
    index, facts = index_cellvoyager(Place(folder))
    assert set(index.z.tolist()) == {PROJECTION}
    assert open_plate(folder).n_z == 1
    assert facts.projection == PROJECTION


def test_other_projections_are_acquisitions(tmp_path):
    changes = {
        at: {"ZImageProcessing": kind, "file": f"{kind}.tif"}
        for at, kind in ((3, "Maximum"), (4, "Minimum"), (5, "Sum"))
    }
    plate = open_plate(looks.write_cellvoyager(tmp_path / "p", [*STACK, *STACK[:1] * 3], changes=changes))
    assert plate.acquisitions == ("Minimum", "Sum", "planes")
    assert plate.at(acquisition="planes").read_plane(0, 0).max() == 4
    assert plate.at(acquisition="Sum").read_plane(0, 0).max() == 6


def test_two_actions_of_one_channel_are_acquisitions(tmp_path):
    changes = {
        **{at: {"ActionIndex": at + 1} for at in range(2)},
        **{at: {"ActionIndex": at + 9, "file": f"{at}.tif"} for at in (2, 3)},
    }
    plate = open_plate(looks.write_cellvoyager(tmp_path / "p", ONE[:2] * 2, changes=changes))
    assert plate.acquisitions == ("action 1", "action 2")
    assert [int(image.max()) for image in plate.at(acquisition="action 2").read_field(0)] == [3, 4]


def test_brightfield_in_other_planes_than_fluorescence(tmp_path):
    planes = [("A01", 1, "405", 1, 1), *(("A01", 1, "BF", z, 1) for z in (1, 2, 3))]
    plate = open_plate(looks.write_cellvoyager(tmp_path / "p", planes))
    assert [int(image.max()) for image in plate.at(z=3).read_field(0)] == [1, 4]


def test_positions_grow_downwards(tmp_path):
    changes = {at: {"X": -567.1, "Y": 402.9} for at in range(4)}
    fields = open_plate(looks.write_cellvoyager(tmp_path / "p", ONE, changes=changes)).fields
    assert fields[["y_um", "x_um"]].to_numpy().tolist() == [[-402.9, -567.1]] * 2


def test_folders_without_records_are_refused(tmp_path):
    assert refuse_cellvoyager(Place(tmp_path)) == "it holds no MeasurementData.mlf of a CellVoyager"
    with pytest.raises(PlateError, match=r"holds no MeasurementData\.mlf"):
        index_cellvoyager(Place(tmp_path))


def test_a_real_cv8000_measurement(realdata, count_pixels):
    (folder,) = (path.parent for path in (realdata / "cellvoyager_cv8000_faim").rglob("MeasurementData.mlf"))
    plate = open_plate(folder)
    said = describe(plate)
    assert count_pixels == []
    assert plate.format == FORMATS[96]
    assert plate.wells.index.tolist() == ["D08", "E03", "F08"]
    assert (said["n_fields"], said["channels"], said["n_z"], said["n_times"]) == (12, ["405", "488"], 4, 1)
    assert (said["shape"], said["dtype"], said["pixel_um"], said["problems"]) == ([2000, 2000], "uint16", 0.325, [])
    assert said["notes"][0] == "96 of 102 image files are of this plate; not of it is 'DC_DCAM#1_CAM3.tif'."
    assert plate.read_field(11).shape == (2, 2000, 2000)


def test_real_records_agree_with_the_names_of_their_files(realdata):
    (folder,) = (path.parent for path in (realdata / "cellvoyager_cv8000_faim").rglob("MeasurementData.mlf"))
    index, facts = index_cellvoyager(Place(folder))
    said = [NAME.fullmatch(file).groups() for file in index.files]
    assert [well for well, *_ in said] == list(index.wells)
    numbers = np.array([[int(number) for number in rest] for _, *rest in said])
    assert np.array_equal(numbers[:, :3], np.stack([index.times, index.fields, index.z], axis=1))
    assert [facts.channels[channel - 1] for channel in numbers[:, 3]] == list(index.channels)
