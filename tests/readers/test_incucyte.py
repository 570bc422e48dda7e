"""Incucyte archives: scans are time points, vessels are plates."""

import pytest
from lookalikes import named

from napari_ben.errors import PlateError
from napari_ben.readers import READERS, _incucyte, open_plate, open_screen
from napari_ben.readers._place import Place

PLANES = [(well, field, channel, 1, 1) for well in ("A01", "B12") for field in (1, 2) for channel in (1, 2)]
SCANS = {"2505/16/1124": 202505161124, "2505/16/1724": 202505161724, "2506/01/0024": 202506010024}


def write(folder, vessels=("1248",), scans=SCANS):
    """Each scan is of images of their own: of planes that are numbered on."""
    for number, scan in enumerate(scans):
        planes = [PLANES[0]] * (len(PLANES) * number) + PLANES
        for vessel in vessels:
            inner = folder / "EssenFiles/ScanData" / scan / vessel
            named.write_names(named.NAMES["incucyte-archive"], inner, planes)
    (folder / "export.icarch").write_text("")
    return folder


@pytest.mark.parametrize("inner", ["", "EssenFiles", "export.icarch"])
def test_scans_are_times(inner, tmp_path):
    plate = open_plate(write(tmp_path / "P7") / inner)
    assert (plate.name, plate.layout, plate.problems) == ("P7", "Incucyte archive", ())
    assert plate.times == tuple(SCANS.values())
    assert plate.fields["well"].tolist() == ["A01", "A01", "B12", "B12"]
    shown = [plate.at(time=time).read_field(3)[1].max() for time in plate.times]
    assert shown == [8, 16, 24]


def test_a_vessel_is_a_plate(tmp_path):
    folder = write(tmp_path / "two", ("1248", "99"))
    with pytest.raises(PlateError, match=r"are 99, 1248; the path does not say which is meant\. Add one .* \(two/99\)"):
        open_plate(folder)
    with pytest.raises(PlateError, match=r"are 99, 1248; '7' is none of them"):
        open_plate(folder / "7")
    screen = open_screen(folder)
    assert [plate.name for plate in screen] == ["two_1248", "two_99"]
    again = open_plate(screen.plates[1].opening.path)
    assert (again.name, again.n_times) == ("two_99", 3)
    assert again.fields.equals(screen.plates[1].fields)


def test_a_vessel_that_was_not_scanned_every_time_has_fewer_times(tmp_path):
    folder = write(tmp_path / "two", ("1248",))
    write(folder, ("99",), list(SCANS)[1:2])
    assert open_plate(folder / "99").times == (202505161724,)
    assert open_plate(folder / "1248").n_times == 3


def test_what_is_no_image_of_a_well_is_said(tmp_path):
    folder = write(tmp_path / "P7")
    (image, *_) = folder.rglob("*.tif")
    image.with_name("overview.tif").write_bytes(image.read_bytes())
    (folder / "EssenFiles/ScanData/2505/logs").mkdir()
    (problem,) = open_plate(folder).problems
    assert "left out: 1, such as 'EssenFiles/ScanData/" in problem


def test_folders_are_listed_once_each(tmp_path, monkeypatch):
    folder = write(tmp_path / "P7", ("1248", "99"))
    listed = []
    monkeypatch.setattr(_incucyte, "Place", lambda path: listed.append(path) or Place(path))
    open_plate(folder / "99")
    assert len(listed) == len(set(listed)) == 1 + 2 + 2 + 3 + 3  # months, days, hours, vessels of scans, images


def test_other_folders_are_refused(tmp_path):
    refusal = READERS["incucyte-scans"].refusal
    assert refusal(Place(tmp_path)).startswith("it holds no 'EssenFiles'")
    (tmp_path / "EssenFiles/ScanData").mkdir(parents=True)
    with pytest.raises(PlateError, match="holds no scan"):
        open_plate(tmp_path)
    (tmp_path / "EssenFiles/ScanData/2505/16/1124/1248").mkdir(parents=True)
    with pytest.raises(PlateError, match=r"No file of vessel '1248' in .* shows a well"):
        open_plate(tmp_path)
    (tmp_path / "a.tif").touch()
    assert refusal(Place(tmp_path / "a.tif")).startswith("it is neither")
