"""Platemaps of several files: Broad, JUMP, RxRx, BBBC021, and real ones where they lie beside the project."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_ben.errors import PlateMapError
from napari_ben.plates import FORMATS, PlatemapFiles, plate_from_arrays

IMAGE = np.zeros((2, 1, 4, 4), np.uint8)


@pytest.fixture
def lay(tmp_path):
    def write(**files: str) -> list[Path]:
        paths = []
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/")
            path = path.with_name(path.name.replace("_csv", ".csv").replace("_txt", ".txt").replace("_gz", ".gz"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
            paths.append(path)
        return paths

    return write


def plate_of(n_wells: int = 6, name: str = "BR1", experiment: str = ""):
    wells = FORMATS[n_wells].well_names()
    plate = plate_from_arrays(dict.fromkeys(wells, IMAGE), name=name, format=FORMATS[n_wells])
    object.__setattr__(plate, "experiment", experiment)
    return plate


BARCODES = "Assay_Plate_Barcode,Plate_Map_Name,Batch_Number\nBR1,map-1,7\nBR2,map-2,8\n"
MAP = "plate_map_name\twell_position\tbroad_sample\tsolvent\n"
MAP_1 = f"{MAP}map-1\tA01\tBRD-1\tDMSO\nmap-1\tA02\t\tDMSO\nmap-1\tA03\tBRD-2\tDMSO\nmap-1\tB01\t\t\n"
MAP_2 = f"{MAP}map-2\tA01\tBRD-9\tDMSO\n"
COMPOUNDS = (
    "broad_sample,pert_iname,pert_type,control_type\nBRD-1,gabapentin,trt,NA\nBRD-2,aloxistatin,control,poscon_cp\n"
    "NA,DMSO,control,negcon\n"
)


def test_a_folder_of_barcodes_leads_to_the_plates_own_map(lay, tmp_path):
    lay(barcode_platemap_csv=BARCODES, platemap__map_1_txt="", platemap__map_2_txt="")
    (tmp_path / "platemap/map-1.txt").write_text(MAP_1)
    (tmp_path / "platemap/map-2.txt").write_text(MAP_2)
    plate = plate_of().with_platemap(tmp_path)
    assert plate.wells["treatment"].tolist() == ["BRD-1", "DMSO", "BRD-2", "", "", ""]
    assert plate.wells["batch"].tolist()[:3] == ["7"] * 3
    assert plate.notes[0] == "'barcode_platemap.csv' gives plate 'BR1' the platemap 'map-1'."
    assert plate.platemap.path == tmp_path / "platemap/map-1.txt"
    assert plate.wells["role"].tolist() == ["treatment", "unknown", "treatment", "empty", "unknown", "unknown"]
    assert plate.suggestions[0].wells == ("A02",)
    stamped = plate_of(name="BR2__2021-05-02T16_02_51-Measurement1").with_platemap(tmp_path)
    assert stamped.wells["treatment"].tolist()[0] == "BRD-9"


def test_barcodes_map_and_compounds_are_joined_and_told_with_counts(lay):
    files = lay(compounds_csv=COMPOUNDS, barcodes_csv=BARCODES, maps_txt=MAP_1 + MAP_2.removeprefix(MAP))
    for order in (files, files[::-1]):
        plate = plate_of().with_platemap(order)
        assert plate.wells["role"].tolist()[:4] == ["treatment", "negative_control", "positive_control", "empty"]
        assert plate.wells["treatment"].tolist()[:3] == ["gabapentin", "DMSO", "aloxistatin"]
        assert "'compounds.csv' was joined with 'maps.txt' on 'broad_sample': 3 of 4 wells have a row." in plate.notes


def test_a_plate_that_the_barcodes_do_not_list_is_asked_about(lay):
    files = lay(barcodes_csv=BARCODES, maps_txt=MAP_1)
    with pytest.raises(PlateMapError, match=r"'barcodes.csv' has no row for plate 'X'; it lists 'BR1', 'BR2'"):
        plate_of(name="X").with_platemap(files)


def test_a_map_that_is_not_there_is_asked_about(lay, tmp_path):
    files = lay(barcode_platemap_csv=BARCODES, platemap__other_txt=MAP_1)
    with pytest.raises(PlateMapError, match=r"names the platemap 'map-1', which is not in .*; there is other.txt"):
        plate_of().with_platemap(files[0])
    (tmp_path / "barcode_platemap.csv").write_text(BARCODES.replace("map-1", "../../etc/passwd"))
    with pytest.raises(PlateMapError, match=r"names the platemap '../../etc/passwd', which is not in"):
        plate_of().with_platemap(tmp_path)


def test_the_tables_of_jump_are_joined_from_their_folder(lay, tmp_path):
    lay(
        plate_csv_gz="Metadata_Source,Metadata_Batch,Metadata_Plate,Metadata_PlateType\n"
        "source_1,Batch1,BR1,COMPOUND\nsource_1,Batch1,BR2,COMPOUND\n",
        well_csv_gz="Metadata_Source,Metadata_Plate,Metadata_Well,Metadata_JCP2022\n"
        "source_1,BR1,A01,JCP2022_1\nsource_1,BR1,A02,JCP2022_033924\nsource_1,BR1,A03,JCP2022_2\n"
        "source_1,BR1,B01,JCP2022_999999\nsource_1,BR2,A01,JCP2022_1\n",
        compound_csv_gz="Metadata_JCP2022,Metadata_InChIKey,Metadata_SMILES\nJCP2022_1,AAA,CC\nJCP2022_2,BBB,CO\n",
        orf_csv_gz="Metadata_JCP2022,Metadata_Symbol\nJCP2022_900000,TP53\n",
        perturbation_control_csv="Metadata_JCP2022,Metadata_pert_type,Metadata_Name,Metadata_modality\n"
        "JCP2022_999999,empty,Empty,any\nJCP2022_033924,negcon,DMSO,compound\n",
    )
    plate = plate_of().with_platemap(tmp_path)
    assert plate.wells["role"].tolist()[:4] == ["treatment", "negative_control", "treatment", "empty"]
    assert plate.wells["treatment"].tolist()[:4] == ["JCP2022_1", "DMSO", "JCP2022_2", "Empty"]
    assert plate.wells["Metadata_InChIKey"].tolist()[:4] == ["AAA", "", "BBB", ""]
    assert plate.wells["batch"].tolist()[0] == "Batch1"
    assert [note.split(":")[0] for note in plate.notes[:-1]] == [
        "'perturbation_control.csv' was joined with 'well.csv.gz' on 'Metadata_JCP2022'",
        "'compound.csv.gz' was joined with 'well.csv.gz' on 'Metadata_JCP2022'",
    ]


def test_wells_of_two_files_stand_below_each_other_or_side_by_side(lay):
    files = lay(
        train_csv="experiment,plate,well,sirna\nHEPG2-01,1,A01,s_1\nHEPG2-01,2,A01,s_2\n",
        train_controls_csv="experiment,plate,well,sirna,well_type\nHEPG2-01,1,A02,UNTREATED,negative_control\n"
        "HEPG2-01,1,A03,s_852,positive_control\n",
        quality_csv="experiment,plate,well,qc\nHEPG2-01,1,A1,pass\nHEPG2-01,1,A3,fail\n",
    )
    plate = plate_of(name="HEPG2-01_Plate1", experiment="HEPG2-01").with_platemap(files)
    assert plate.wells["role"].tolist()[:3] == ["treatment", "negative_control", "positive_control"]
    assert plate.wells["excluded"].tolist()[:3] == [False, False, True]
    assert plate.notes[:2] == (
        "'train_controls.csv' was put together with 'train.csv': 0 wells in both, 2 new.",
        "'quality.csv' was put together with 'train.csv': 2 wells in both, 0 new.",
    )


def test_two_columns_are_a_key_where_one_is_not_and_numbers_are_numbers(lay):
    files = lay(
        image_csv="Image_Metadata_Well_DAPI,Image_Metadata_Compound,Image_Metadata_Concentration\n"
        "A01,taxol,0.3\nA02,taxol,3\nA03,DMSO,0\n",
        moa_csv='"compound",concentration,"moa"\ntaxol,0.300000,Stabilizer\ntaxol,3.000000,Other\nDMSO,0.000000,DMSO\n',
    )
    plate = plate_of().with_platemap(files)
    assert plate.wells["moa"].tolist()[:3] == ["Stabilizer", "Other", "DMSO"]
    assert "on 'compound' and 'concentration': 3 of 3 wells have a row." in plate.notes[0]


def test_plates_of_a_library_are_not_the_plate(lay):
    files = lay(wells_csv="well,compound\nA1,a\nA2,b\n", library_csv="compound,plate,moa\na,L1,x\nb,L2,y\n")
    assert plate_of().with_platemap(files).wells["moa"].tolist()[:2] == ["x", "y"]
    files = lay(wells_csv="well,compound\nA1,a\n", plates_csv="plate,batch\nQ,1\n")
    with pytest.raises(PlateMapError, match=r"'plates.csv' has no row for plate 'BR1'; it lists 'Q'"):
        plate_of().with_platemap(files)


WELLS = "well,compound\nA1,a\nA2,b\n"
WRONG = {
    "nothing in common": ("x,y\n1,2\n", r"has no column in common with 'wells.csv' \(well, compound\); it has x, y"),
    "a key twice": ("compound,moa\na,1\nb,2\na,3\n", r"'more.csv' has 'a' as 'compound' more than once, on lines 2, 4"),
    "no value in common": (
        "compound,moa\nq,1\n",
        r"share 'compound', but no value is in both \('q' … against 'a', 'b'",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_joined_is_refused(text, message, lay):
    with pytest.raises(PlateMapError, match=message):
        plate_of().with_platemap(lay(wells_csv=WELLS, more_csv=text))


def test_columns_that_disagree_are_both_kept(lay):
    files = lay(wells_csv="well,compound,batch\nA1,a,1\nA2,b,1\n", more_csv="compound,batch\na,1\nb,2\n")
    plate = plate_of().with_platemap(files)
    assert plate.wells["batch"].tolist()[:2] == ["1", "1"]
    assert plate.wells["batch (more)"].tolist()[:2] == ["1", "2"]


def test_columns_of_one_meaning_are_a_key(lay):
    files = lay(wells_csv="well,drug\nA1,a\nA2,b\n", more_csv="compound name,target\nb,EGFR\n")
    assert plate_of().with_platemap(files).wells["target"].tolist()[:2] == ["", "EGFR"]


def test_of_a_large_table_only_what_the_plate_has_is_joined(lay):
    files = lay(wells_csv="well,compound,dose\nA1,c7,0.5\nA2,c9,1\nA3,gone,1\n")
    compounds = [f"c{number}" for number in range(3000)]
    large = pd.DataFrame({"compound": compounds * 2, "dose": ["0.50"] * 3000 + ["1.0"] * 3000, "moa": compounds * 2})
    large["moa"] += large["dose"].map({"0.50": " low", "1.0": " high"})
    plate = plate_of().with_platemap([*files, large])
    assert plate.wells["moa"].tolist()[:3] == ["c7 low", "c9 high", ""]
    assert plate.notes[0].endswith("on 'compound' and 'dose': 2 of 3 wells have a row.")


def test_a_file_and_a_table_may_be_joined(lay):
    (path,) = lay(wells_csv=WELLS)
    plate = plate_of().with_platemap([path, pd.DataFrame({"compound": ["b"], "role": ["negcon"]})])
    assert plate.wells["role"].tolist()[:2] == ["treatment", "negative_control"]


def test_folders_and_lists_that_say_nothing_are_refused(lay, tmp_path):
    with pytest.raises(PlateMapError, match="a list of no files"):
        plate_of().with_platemap([])
    lay(notes_csv="x\n1\n")
    with pytest.raises(
        PlateMapError, match=r"has neither barcode_platemap.csv nor plate.csv and well.csv; it has notes"
    ):
        plate_of().with_platemap(PlatemapFiles((tmp_path,)))


LINCS = "platemaps/lincs/2016_04_01_a549_48hr_batch1"
TARGET = "platemaps/jump_target/JUMP-Target-1_compound"
REAL = [
    ([f"{TARGET}_platemap.tsv"], "x", 384, {"treatment": 320, "unknown": 64}, {"DMSO": 64}),
    (
        [f"{TARGET}_platemap.tsv", f"{TARGET}_metadata.tsv"],
        *("x", 384, {"negative_control": 64, "positive_control": 60, "treatment": 260}, {}),
    ),
    ([LINCS], "SQ00015125", 384, {"treatment": 360, "unknown": 24}, {"DMSO": 24}),
    ([f"{LINCS}/platemap/C-7161-01-LM6-006.txt"], "x", 384, {}, {"DMSO": 24}),
    (["platemaps/nf1/barcode_platemap.csv"], "Plate_4_nf1_analysis", 96, {}, {"Scramble": 15}),
    (["platemaps/nf1/platemap_NF1_plate4.csv"], "x", 96, {"treatment": 30}, {"Scramble": 15}),
    (["platemaps/nf1/platemap_NF1_plate6.csv"], "x", 96, {"treatment": 60}, {}),
    (
        ["platemaps/idr0035/idr0035-screenA-annotation.csv"],
        *("Week1_22123", 96, {"negative_control": 6, "treatment": 54}, {}),
    ),
    (
        ["platemaps/bbbc021/BBBC021_v1_image.csv", "platemaps/bbbc021/BBBC021_v1_moa.csv"],
        *("Week4_27481", 96, {}, {"DMSO": 6}),
    ),
    (
        ["bbbc013_sbs_96well/1049_Metadata.csv"],
        *("x", 96, {"negative_control": 16, "positive_control": 8, "treatment": 72}, {}),
    ),
    (
        ["rxrx1_sample/train.csv", "rxrx1_sample/train_controls.csv"],
        *("HEPG2-01_Plate1", 384, {"negative_control": 2, "positive_control": 30, "treatment": 276}, {}),
    ),
    (["omezarr04_apx/metadata.csv"], "x", 96, {}, {"control": 1}),
    (["harmony_v6_operetta_compose/drug_layout.csv"], "x", 96, {}, {"DMSO": 1}),
    (["harmony_v6_operetta_compose/drug_layout_utf8-dom.csv"], "x", 96, {"treatment": 1}, {}),
]


@pytest.mark.parametrize(("files", "name", "n_wells", "roles", "suggested"), REAL)
def test_real_platemaps(files, name, n_wells, roles, suggested, realdata):
    experiment = name.partition("_")[0] if name.startswith("HEPG2") else ""
    plate = plate_of(n_wells, name, experiment).with_platemap([realdata / file for file in files])
    counts = plate.wells["role"].value_counts()
    assert {role: int(counts.get(role, 0)) for role in roles} == roles
    assert {found.treatment: len(found.wells) for found in plate.suggestions} == suggested


def test_a_real_sirna_called_none_stays_text(realdata):
    plate = plate_of(96).with_platemap(realdata / "platemaps/nf1/platemap_NF1_plate4.csv")
    assert (plate.wells["treatment"] == "None").sum() == 15


def test_real_mechanisms_are_joined_on_compound_and_concentration(realdata):
    folder = realdata / "platemaps/bbbc021"
    plate = plate_of(96, "Week4_27481").with_platemap([folder / "BBBC021_v1_image.csv", folder / "BBBC021_v1_moa.csv"])
    treated = plate.wells[plate.wells["moa"] != ""]
    assert len(treated) > 6
    assert (plate.wells.loc[plate.wells["treatment"] == "DMSO", "moa"] == "DMSO").all()


NAMES = st.sampled_from([f"BRD-{number}" for number in range(9)])


@given(
    wells=st.dictionaries(st.sampled_from(FORMATS[96].well_names()), NAMES, min_size=1, max_size=20),
    told=st.dictionaries(NAMES, st.sampled_from(["EGFR", "TUBB", "0.30"]), min_size=1),
    order=st.permutations([0, 1, 2]),
)
@settings(max_examples=30, deadline=None)
def test_what_is_split_over_three_tables_comes_together_in_any_order(wells, told, order):
    tables = [
        pd.DataFrame({"well": list(wells), "broad_sample": list(wells.values())}),
        pd.DataFrame({"broad_sample": list(told), "target": list(told.values())}),
        pd.DataFrame({"plate": ["BR1", "other"], "batch": ["7", "8"]}),
    ]
    if not set(wells.values()) & set(told):
        with pytest.raises(PlateMapError, match="no value is in both"):
            plate_of(96).with_platemap([tables[number] for number in order])
        return
    joined = plate_of(96).with_platemap([tables[number] for number in order]).wells.loc[list(wells)]
    assert joined["treatment"].tolist() == list(wells.values())
    assert joined["target"].tolist() == [told.get(name, "") for name in wells.values()]
    assert joined["batch"].unique().tolist() == ["7"]
