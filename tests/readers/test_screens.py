"""Screens, and platemaps that lie beside plates."""

import sys

import pytest

from napari_ben.errors import PlateError, PlateMapError
from napari_ben.readers import open_plate, open_screen

FILES = ["r01c01f01p01-ch1sk1fk1fl1.tiff", "r01c02f01p01-ch1sk1fk1fl1.tiff"]
MAP = "well,role\nA1,negcon\nA2,trt\n"


@pytest.mark.parametrize(
    "beside",
    [
        *("plate/platemap.csv", "plate/layout.csv", "plate/1049_Metadata.csv", "plate/platemap.tsv", "plate.csv"),
        *("plate/plate.csv", "metadata.csv", "platemap.csv"),
    ],
)
def test_a_platemap_beside_the_plate_is_found_and_named(beside, write_images, tmp_path):
    folder, _ = write_images(FILES)
    (tmp_path / beside).write_text(MAP)
    (folder / "notes.csv").write_text("well,role\nA1,poscon\nA2,poscon\n")
    plate = open_plate(folder)
    assert plate.wells["role"].tolist() == ["negative_control", "treatment"]
    assert plate.platemap.path == tmp_path / beside
    assert plate.notes == (f"Roles and treatments are from {beside.rpartition('/')[2]!r}.",)
    assert plate.problems == ()


@pytest.mark.parametrize(
    "text", ["a,b\n1,2\n", "well\nP24\n", "plate,well\nother1,A1\nother2,A1\n", "\0", "well\nA5\n"]
)
def test_another_table_beside_the_plate_is_passed_over(text, write_images):
    folder, _ = write_images(FILES)
    (folder / "metadata.csv").write_text(text)
    plate = open_plate(folder)
    assert plate.platemap is None
    assert plate.problems == ()


def test_a_platemap_that_is_named_must_fit(write_images, tmp_path):
    folder, _ = write_images(FILES)
    (tmp_path / "mine.csv").write_text("x\n1")
    with pytest.raises(PlateMapError, match=r"'mine.csv' has no column of wells"):
        open_plate(folder, platemap=tmp_path / "mine.csv")
    (tmp_path / "mine.csv").write_text(MAP)
    (folder / "platemap.csv").write_text("well,role\nA1,poscon\nA2,poscon\n")
    assert open_plate(folder, platemap=tmp_path / "mine.csv").platemap.name == "mine.csv"


def test_rxrx_metadata_far_above_the_plate_are_found(write_images, tmp_path):
    folder, _ = write_images([f"B02_s1_w{w}.tif" for w in (1, 2)], folder="data/train/HEPG2-01/Plate2")
    table = "experiment,plate,well,site,well_type,sirna\nHEPG2-01,1,B02,1,treatment,x\n"
    table += "HEPG2-01,2,B02,1,negative_control,UNTREATED\nHEPG2-01,2,B02,2,negative_control,UNTREATED\n"
    (tmp_path / "data/metadata.csv").write_text(table)
    plate = open_plate(folder)
    assert plate.wells.loc["B02", ["role", "treatment"]].tolist() == ["negative_control", "UNTREATED"]


def test_a_folder_of_plates_is_a_screen(write_images, write_zarr, tmp_path, count_pixels):
    for name in ("b1/p1", "b1/p2", "b2/p3"):
        write_images(FILES, folder=f"screen/{name}")
    write_zarr(name="screen/p4.ome.zarr")
    (tmp_path / "screen/empty").mkdir()
    screen = open_screen(tmp_path / "screen")
    assert [plate.name for plate in screen] == ["p1", "p2", "p3", "p4"]
    assert screen.table["experiment"].tolist() == ["b1", "b1", "b2", "screen"]
    assert screen.experiments == ("b1", "b2", "screen")
    assert screen["p4"].layout == "OME-Zarr HCS 0.5"
    assert count_pixels == []


def test_a_plate_is_a_screen_of_one(write_images):
    folder, _ = write_images(FILES)
    screen = open_screen(folder)
    assert [plate.name for plate in screen] == ["plate"]
    assert screen.table["experiment"].tolist() == ["plate"]


def test_rxrx_plates_of_one_number_are_told_apart(write_images, tmp_path):
    for experiment in ("HEPG2-01", "HUVEC-01"):
        for plate in ("Plate1", "Plate2"):
            write_images(["B02_s1_w1.tif"], folder=f"images/{experiment}/{plate}")
    screen = open_screen(tmp_path / "images")
    assert [plate.name for plate in screen][:2] == ["HEPG2-01_Plate1", "HEPG2-01_Plate2"]
    assert screen.experiments == ("HEPG2-01", "HUVEC-01")


def test_plates_of_one_name_take_their_folders_name(write_images, tmp_path):
    for batch in ("b1", "b2"):
        write_images(FILES, folder=f"screen/{batch}/p1")
    assert [plate.name for plate in open_screen(tmp_path / "screen")] == ["b1_p1", "b2_p1"]


def test_a_table_says_which_plates_and_experiments(write_zarr, tmp_path):
    for name in ("p1", "p2", "unlisted"):
        write_zarr(wells=("A/1", "A/2"), name=f"screen/{name}.ome.zarr")
    (tmp_path / "screen/p2.csv").write_text(MAP)
    (tmp_path / "screen/screen.csv").write_text(
        "plate,experiment,lab,split\np2,e1,here,training\np1,e2,there,other_lab\n"
    )
    screen = open_screen(tmp_path / "screen")
    assert [plate.name for plate in screen] == ["p2", "p1"]
    assert screen.table.loc["p1"].tolist() == ["e2", "there", "other_lab"]
    assert screen["p2"].wells["role"].tolist() == ["negative_control", "treatment"]
    assert screen["p1"].platemap is None


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("name\np1\n", r"has no column 'plate'; its columns are name\. Add the column"),
        ("plate\np9\n", r"lists plate 'p9', but there is no such folder beside it\. Bring the folder back"),
        ("plate\n../p1\n", r"lists plate '../p1', but there is no such folder"),
        ("plate\np1\np1\n", r"lists plate 'p1' more than once\. Keep one row a plate"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(table, message, write_zarr, tmp_path):
    write_zarr(name="p1.ome.zarr")
    write_zarr(name="screen/p1.ome.zarr")
    (tmp_path / "screen/screen.csv").write_text(table)
    with pytest.raises(PlateError, match=message):
        open_screen(tmp_path / "screen")


def test_a_plate_that_cannot_be_opened_is_stated(write_images, tmp_path):
    for name in ("p1", "p2"):
        folder, _ = write_images(FILES, folder=f"screen/{name}")
    for file in folder.iterdir():
        file.write_bytes(b"")
    screen = open_screen(tmp_path / "screen")
    assert len(screen) == 1
    assert "None of the first image files" in screen.problems[0]


def test_no_plate_is_refused(tmp_path):
    with pytest.raises(PlateError, match=r"is not a plate that can be opened"):
        open_screen(tmp_path)
    with pytest.raises(PlateError, match=r"absent does not exist"):
        open_screen(tmp_path / "absent")


def test_one_platemap_for_all_plates(write_images, tmp_path):
    for name in ("p1", "p2"):
        write_images(FILES, folder=f"screen/{name}")
    (tmp_path / "all.csv").write_text("plate,well,role\np1,A1,neg\np1,A2,trt\np2,A1,pos\np2,A2,trt\n")
    screen = open_screen(tmp_path / "screen", platemap=tmp_path / "all.csv")
    assert [plate.wells["role"].iloc[0] for plate in screen] == ["negative_control", "positive_control"]


def test_folders_that_cannot_be_listed_are_refused_in_words(write_images, tmp_path, monkeypatch):
    import os

    write_images(FILES, folder="screen/p1")
    (tmp_path / "screen/locked").mkdir()
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert len(open_screen(tmp_path / "screen")) == 1
    with pytest.raises(PlateError, match=r"locked cannot be listed: Permission denied"):
        open_plate(tmp_path / "screen/locked")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a developer's rights on Windows")
def test_a_platemap_that_leads_nowhere_is_passed_over(write_images, tmp_path):
    folder, _ = write_images(FILES)
    (folder / "platemap.csv").symlink_to(tmp_path / "gone.csv")
    assert open_plate(folder).platemap is None


def write_screen_of_three(write_images, tmp_path):
    for name in ("a/p1", "a/p2", "b/p3"):
        write_images(FILES, folder=f"disk/{name}")
    (tmp_path / "maps").mkdir()
    for name, role in (("one", "negcon"), ("two", "poscon")):
        (tmp_path / f"maps/{name}.csv").write_text(f"well,role\nA1,{role}\nA2,trt\n")


def test_several_folders_are_one_screen(write_images, tmp_path):
    write_screen_of_three(write_images, tmp_path)
    screen = open_screen([tmp_path / "disk/b/p3", tmp_path / "disk/a"])
    assert [plate.name for plate in screen] == ["p3", "p1", "p2"]
    assert screen.table["experiment"].tolist() == ["p3", "a", "a"]
    assert screen.path == tmp_path / "disk"
    with pytest.raises(PlateError, match="A list of no plates"):
        open_screen([])


def test_a_table_that_is_pointed_at_names_plates_anywhere(write_images, tmp_path):
    write_screen_of_three(write_images, tmp_path)
    table = tmp_path / "maps/my study.csv"
    table.write_text(
        "path,experiment,platemap,donor\n"
        f"{tmp_path}/disk/a/p1,e1,one.csv,x\n../disk/b/p3,e2,two.csv,y\n../disk/a/p2,e2,,y\n"
    )
    screen = open_screen(table)
    assert (screen.name, [plate.name for plate in screen]) == ("my study", ["p1", "p3", "p2"])
    assert screen.experiments == ("e1", "e2")
    assert screen.table["donor"].tolist() == ["x", "y", "y"]
    assert [plate.wells["role"].iloc[0] for plate in screen] == ["negative_control", "positive_control", "unknown"]


def test_a_table_found_in_a_folder_stays_in_it(write_images, tmp_path):
    write_screen_of_three(write_images, tmp_path)
    table = tmp_path / "disk/a/screen.csv"
    table.write_text("plate,path\nfirst,p1\n")
    assert [plate.name for plate in open_screen(tmp_path / "disk/a")] == ["first"]
    for outside in ("../b/p3", f"{tmp_path}/disk/b/p3"):
        table.write_text(f"plate,path\nx,{outside}\n")
        with pytest.raises(PlateError, match=r"lists plate 'x', but there is no such folder beside it"):
            open_screen(tmp_path / "disk/a")
    table.write_text("plate,platemap\np1,../../maps/one.csv\n")
    with pytest.raises(PlateError, match=r"names the platemap '../../maps/one.csv', which is not beside it"):
        open_screen(tmp_path / "disk/a")


def test_a_platemap_that_does_not_list_a_plate_is_told_and_the_others_open(write_images, tmp_path):
    write_screen_of_three(write_images, tmp_path)
    (tmp_path / "all.csv").write_text("plate,well,role\np1,A1,neg\np2,A1,pos\n")
    screen = open_screen(tmp_path / "disk", platemap=tmp_path / "all.csv")
    assert [plate.name for plate in screen] == ["p1", "p2"]
    assert screen.problems == ("'all.csv' has no row for plate 'p3'; it lists 'p1', 'p2'.",)
    with pytest.raises(PlateMapError, match="has no row for plate 'p3'"):
        open_screen(tmp_path / "disk/b/p3", platemap=tmp_path / "all.csv")


def test_plates_of_a_screen_are_opened_side_by_side_in_their_order(write_images, tmp_path, monkeypatch):
    from threading import Barrier

    from napari_ben.readers import _screens

    for number in range(12):
        write_images(FILES, folder=f"screen/p{number:02d}")
    together, open_found = Barrier(4, timeout=20), _screens.open_found

    def wait_for_others(*arguments, **options):
        together.wait()  # nobody passes before four are here
        return open_found(*arguments, **options)

    monkeypatch.setattr(_screens, "open_found", wait_for_others)
    screen = open_screen(tmp_path / "screen")
    assert [plate.name for plate in screen] == [f"p{number:02d}" for number in range(12)]


def test_the_table_of_all_plates_is_parsed_once(write_images, tmp_path, monkeypatch):
    import pandas as pd

    for number in range(8):
        write_images(FILES, folder=f"screen/p{number}")
    (tmp_path / "all.csv").write_text("well,role\nA1,neg\nA2,trt\n")
    parsed, read_csv = [], pd.read_csv

    def count(*arguments, **options):
        parsed.append(1)
        return read_csv(*arguments, **options)

    monkeypatch.setattr(pd, "read_csv", count)
    assert len(open_screen(tmp_path / "screen", platemap=tmp_path / "all.csv")) == 8
    assert len(parsed) == 1


def test_barcodes_beside_the_plate_lead_to_its_map(write_images, tmp_path):
    folder, _ = write_images(FILES, folder="batch/BR1__2021-05-02T16_02_51-Measurement1")
    write_images(FILES, folder="batch/BR9")
    (tmp_path / "batch/barcode_platemap.csv").write_text("Assay_Plate_Barcode,Plate_Map_Name\nBR1,map1\n")
    (tmp_path / "batch/platemap").mkdir()
    (tmp_path / "batch/platemap/map1.txt").write_text(
        "plate_map_name\twell_position\tbroad_sample\tsolvent\nmap1\tA01\tBRD-1\tDMSO\nmap1\tA02\t\tDMSO\n"
    )
    plate = open_plate(folder)
    assert plate.wells["treatment"].tolist() == ["BRD-1", "DMSO"]
    assert (
        plate.suggestions[0].describe() == "1 well looks like a negative control ('DMSO'): not used until you confirm."
    )
    assert open_plate(tmp_path / "batch/BR9").platemap is None


def test_rxrx_treatments_and_controls_are_put_together(write_images, tmp_path):
    folder, _ = write_images([f"{well}_s1_w1.tif" for well in ("B02", "B03")], folder="data/train/HEPG2-01/Plate2")
    (tmp_path / "data/train.csv").write_text("id_code,experiment,plate,well,sirna\nx,HEPG2-01,2,B03,s_1\n")
    (tmp_path / "data/train_controls.csv").write_text(
        "id_code,experiment,plate,well,sirna,well_type\ny,HEPG2-01,2,B02,UNTREATED,negative_control\n"
    )
    plate = open_plate(folder)
    assert plate.wells["role"].tolist() == ["negative_control", "treatment"]


def test_a_table_of_plates_gives_a_plate_its_barcode(write_images, tmp_path):
    write_images(FILES, folder="study/scan 3")
    (tmp_path / "study/all.csv").write_text("barcode,well,role\nBR1,A1,negcon\nBR2,A1,poscon\n")
    with pytest.raises(PlateMapError, match=r"lists 'BR1', 'BR2'\. .* name the plate as it does"):
        open_plate(tmp_path / "study/scan 3", platemap=tmp_path / "study/all.csv")
    (tmp_path / "study/screen.csv").write_text("plate,path,platemap\nBR2,scan 3,all.csv\n")
    screen = open_screen(tmp_path / "study")
    assert screen["BR2"].wells["role"].tolist() == ["positive_control", "unknown"]


def test_the_real_plates_of_rxrx1_are_a_screen(realdata):
    screen = open_screen(realdata / "rxrx1_sample/train")
    assert (len(screen), len(screen.experiments)) == (16, 4)
    assert screen.shared_treatments().reset_index().to_numpy().tolist() == [["UNTREATED", "negative_control", 16, 1]]
    files = [realdata / "rxrx1_sample" / name for name in ("train.csv", "train_controls.csv")]
    told = open_screen(realdata / "rxrx1_sample/train", platemap=files)
    positive = [set(plate.wells.index[plate.wells["role"] == "positive_control"]) for plate in told]
    assert {len(wells) for wells in positive} <= {29, 30}
