"""Platemaps: how they are spelled, what roles mean, and how they meet their plate."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_ben.errors import PlateMapError
from napari_ben.plates import FORMATS, Plate, plate_from_arrays, read_platemap

IMAGE = np.zeros((2, 1, 4, 4), np.uint8)


def make_plate(n_wells=96, name="BR00117010", **changes) -> Plate:
    wells = FORMATS[n_wells].well_names()
    plate = plate_from_arrays(dict.fromkeys(wells, IMAGE), name=name)
    for key, value in changes.items():
        object.__setattr__(plate, key, value)
    return plate


@pytest.fixture
def write(tmp_path):
    def write_file(text: str, encoding="utf-8", name="layout.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write_file


WELL_SPELLINGS = [
    "well\nA1\nA02",
    "Metadata_Well\na-1\nA - 2",
    "well_position\tx\nA01\t1\nr01c02\t2",
    "row;col\nA;1\nA;02",
    "Row,Column\n1,1\n1,2",
    'row,col\nA,"""01"""\nA,"""02"""',
    "WellRow,WellCol\nA,1\nA,2",
    "\ufeffwell,x\nA1,1\n\nA2,2\n",
]


@pytest.mark.parametrize("text", WELL_SPELLINGS)
def test_wells_are_found_however_they_are_spelled(text, write):
    assert read_platemap(write(text))["well"].tolist() == ["A01", "A02"]


def test_everything_is_text_and_nothing_goes_missing(write):
    table = read_platemap(write("well,siRNA,seed,note\nA1,None,007,NA\nA2,Scramble,1e3,é\n", encoding="latin-1"))
    assert table["treatment"].tolist() == ["None", "Scramble"]
    assert table["seed"].tolist() == ["007", "1e3"]
    assert table["note"].tolist() == ["NA", "é"]
    assert table["siRNA"].tolist() == ["None", "Scramble"]
    assert table.index.tolist() == [2, 3]


ROLES = [
    ("role", "negcon", "", "negative_control"),
    ("role", "poscon_diverse", "", "positive_control"),
    ("well_type", "positive_control", "", "positive_control"),
    ("Control Type", "negative control", "", "negative_control"),
    ("Control Type", "empty well", "x", "empty"),
    ("Control Type", "technical control", "x", "unknown"),
    ("Control Type", "", "taxol", "treatment"),
    ("Control Type", "", "DMSO", "suggested"),
    ("control_type", "NA", "taxol", "treatment"),
    ("pert_type", "trt", "", "treatment"),
    ("pert_type", "control", "taxol", "unknown"),
    ("pert_type", "control", "DMSO", "suggested"),
    ("content", "sample", "", "treatment"),
    ("content", "rluc", "", "suggested"),
    ("content", "no reagent", "", "unknown"),
    ("role", "DMSO", "", "suggested"),
    ("role", "unknown", "DMSO", "suggested"),
    ("role", "unknown", "taxol", "unknown"),
    ("role", "untreated cells", "", "negative_control"),
    ("role", "trt", "DMSO", "treatment"),
    ("role", "none", "", "empty"),
    ("role", "excluded", "x", "unknown"),
    ("other", "x", "UNTREATED", "suggested"),
    ("other", "x", "EMPTY_control", "suggested"),
    ("other", "x", "Non-targeting", "suggested"),
    ("other", "x", "staurosporine", "treatment"),
    ("other", "x", "None", "unknown"),
    ("other", "x", "", "unknown"),
]


@pytest.mark.parametrize(("column", "word", "treatment", "role"), ROLES)
def test_words_become_roles(column, word, treatment, role, write):
    table = read_platemap(write(f"well,{column},treatment\nA1,{word},{treatment}\n"))
    suggested = role == "suggested"
    assert table["role"].tolist() == ["unknown" if suggested else role]
    assert table["suggested_role"].tolist() == ["negative_control" if suggested else ""]
    if column != "other" and word != "NA":
        assert table["raw_role"].tolist() == [word]


def test_control_type_says_more_than_pert_type(write):
    text = "well,pert_type,control_type\nA1,control,negcon\nA2,control,poscon_orf\nA3,trt,\n"
    table = read_platemap(write(text))
    assert table["role"].tolist() == ["negative_control", "positive_control", "treatment"]
    assert table["raw_role"].tolist() == ["negcon", "poscon_orf", "trt"]


def test_integers_mean_roles_only_where_minus_one_occurs(write):
    assert read_platemap(write("well,SBS_Controls\nA1,-1\nA2,0\nA3,1"))["role"].tolist() == [
        "negative_control",
        "treatment",
        "positive_control",
    ]
    assert read_platemap(write("well,role\nA1,0\nA2,1"))["role"].tolist() == ["unknown", "unknown"]


def test_blank_sample_with_a_solvent_is_the_vehicle(write):
    table = read_platemap(write("well_position,broad_sample,solvent\nA1,BRD-1,DMSO\nA2,,DMSO\nA3,,\n"))
    assert table["role"].tolist() == ["treatment", "unknown", "empty"]
    assert table["suggested_role"].tolist() == ["", "negative_control", ""]
    assert table["treatment"].tolist() == ["BRD-1", "DMSO", ""]


def test_failed_quality_excludes_a_well(write):
    table = read_platemap(write("well,Quality Control,role\nA1,pass,trt\nA2,Fail,trt\nA3,Pass,excluded"))
    assert table["excluded"].tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"'layout.csv' cannot be read as a table.*Save it as CSV"),
        ("a,b\n1,2", r"no column of wells; its columns are a, b\. Name the column 'well'"),
        ("well\nA1\nhello", r"'layout.csv' has 'hello' where a well should be, on line 3\. Write wells as"),
        ("well,x\nA1,1\nA2,2,3,4", r"cannot be read as a table: .*line 3"),
        ("well\0\nA1", r"is not a text table.*Save the platemap as CSV"),
    ],
)
def test_unreadable_platemaps_are_refused(text, message, write):
    with pytest.raises(PlateMapError, match=message):
        read_platemap(write(text))


def test_an_absent_platemap_is_refused(tmp_path):
    with pytest.raises(PlateMapError, match=r"'no.csv' cannot be opened: No such file.*Give the path"):
        make_plate().with_platemap(tmp_path / "no.csv")


def test_a_plate_takes_roles_treatments_and_all_other_columns(write):
    plate = make_plate(24).with_platemap(write("well,role,treatment,dose,Note\nB1,negcon,DMSO,,x\nA1,trt,taxol,3,y\n"))
    wells = plate.wells
    assert wells.columns.tolist() == [
        *("row", "column", "role", "treatment", "concentration", "dose", "Note", "raw_role", "excluded", "n_fields")
    ]
    assert wells.loc["A01"].tolist() == [0, 0, "treatment", "taxol", "3", "3", "y", "trt", False, 2]
    assert wells.loc["C03", ["role", "treatment", "Note", "raw_role"]].tolist() == ["unknown", "", "", ""]
    assert plate.problems == (
        "22 wells with images have no row in 'layout.csv' (A02, A03, A04, A05, A06, B02 …): their roles are unknown.",
    )
    assert plate.notes == ("Roles and treatments are from 'layout.csv'.",)


def test_a_suggested_control_is_shown_and_not_used(write):
    plate = make_plate(6).with_platemap(write("well,compound\nA1,DMSO\nA2,taxol\nA3,dmso\nB1,DMSO"))
    assert [(suggestion.treatment, suggestion.wells) for suggestion in plate.suggestions] == [
        ("DMSO", ("A01", "B01")),
        ("dmso", ("A03",)),
    ]
    assert plate.suggestions[0].describe() == (
        "2 wells look like negative controls ('DMSO'): not used until you confirm."
    )
    assert plate.wells["role"].tolist() == ["unknown", "treatment", "unknown", "unknown", "unknown", "unknown"]


def test_suggestions_are_confirmed_all_or_one_by_one(write):
    plate = make_plate(6).with_platemap(write("well,compound\nA1,DMSO\nA2,taxol\nA3,water"))
    confirmed = plate.with_suggested_roles()
    assert confirmed.wells["role"].tolist() == ["negative_control", "treatment", "negative_control", *["unknown"] * 3]
    assert confirmed.suggestions == ()
    by_hand = plate.with_roles({"A01": "treatment"})
    assert [suggestion.wells for suggestion in by_hand.suggestions] == [("A03",)]
    assert plate.wells["role"].tolist()[0] == "unknown"


def test_without_anything_to_confirm_there_is_no_column_for_it(write):
    plate = make_plate(6).with_platemap(write("well,role,compound\nA1,negcon,DMSO"))
    assert plate.suggestions == ()
    assert plate.with_suggested_roles().wells.equals(plate.wells)
    assert "suggested_role" not in plate.wells


def test_a_second_platemap_replaces_the_first(write):
    plate = make_plate(6).with_platemap(write("well,role\nA1,neg"))
    again = plate.with_platemap(pd.DataFrame({"well": ["A1"], "role": ["pos"], "dose": [2.5]}))
    assert again.wells.loc["A01", ["role", "dose"]].tolist() == ["positive_control", "2.5"]
    assert len(again.problems) == 1
    assert "the table" in again.problems[0]


def test_a_platemap_of_a_table_can_be_given_twice(write):
    table = read_platemap(write("well,SBS_Controls,x\nA1,-1,a\nA2,1,b"))
    wells = make_plate(6).with_platemap(table).wells
    assert wells.loc[["A01", "A02"], "role"].tolist() == ["negative_control", "positive_control"]
    assert wells.loc["A01", "raw_role"] == "-1"


def test_the_wells_of_another_plate_are_a_platemap(write):
    plate = make_plate(6).with_platemap(write("well,role,dose\nA2,neg,1\nB3,pos,2"))
    again = make_plate(6).with_platemap(plate.wells)
    assert again.wells.loc["A02", ["role", "raw_role", "dose"]].tolist() == ["negative_control", "neg", "1"]
    assert again.wells.loc["B03", "role"] == "positive_control"


def test_a_platemap_that_changed_is_read_again(write):
    assert read_platemap(write("well\nA1"))["well"].tolist() == ["A01"]
    assert read_platemap(write("well\nA10"))["well"].tolist() == ["A10"]


def test_wells_without_images_are_listed_and_counted(write):
    plate = plate_from_arrays({"A1": IMAGE}, format=FORMATS[96])
    plate = plate.with_platemap(write("well,role\nA1,neg\nA2,trt"))
    assert plate.wells["n_fields"].tolist() == [2, 0]
    assert plate.imaged.index.tolist() == ["A01"]
    assert "1 well of 'layout.csv' has no image." in plate.notes


def test_a_well_that_the_plate_lacks_is_refused(write):
    path = write("well,role\nA1,neg\nI1,pos")
    with pytest.raises(PlateMapError) as caught:
        make_plate().with_platemap(path)
    assert str(caught.value) == (
        "'layout.csv' names well 'I01', but plate 'BR00117010' has 96 wells (rows A–H). "
        "Remove the row, or open the 384-well plate that it belongs to."
    )
    with pytest.raises(PlateMapError, match=r"names well 'A13', .* \(columns 1–12\)"):
        make_plate().with_platemap(write("well\nA13"))


def test_a_guessed_format_grows_only_for_many_wells(write):
    plate = plate_from_arrays({"A1": IMAGE, "H12": IMAGE})
    object.__setattr__(plate, "format_is_guess", True)
    whole = write("well\n" + "\n".join(FORMATS[384].well_names()))
    assert plate.with_platemap(whole).format == FORMATS[384]
    slip = write("well\n" + "\n".join([*FORMATS[96].well_names(), "I1"]))
    with pytest.raises(PlateMapError, match=r"names well 'I01', but plate 'plate' has 96 wells"):
        plate.with_platemap(slip)


def test_a_repeated_well_is_refused_naming_the_lines(write):
    path = write("well,role\nA1,neg\nA2,pos\nA01,neg")
    with pytest.raises(PlateMapError, match=r"names well 'A01' 2 times, on lines 2, 4\. Keep one row a well"):
        make_plate().with_platemap(path)


def test_rows_of_images_are_one_row_a_well(write):
    plate = make_plate(6).with_platemap(write("well,site,role,file\nA1,1,neg,a.tif\nA1,2,neg,b.tif\nA2,1,pos,c.tif"))
    assert plate.wells.loc["A01", "role"] == "negative_control"
    assert "file" not in plate.wells
    with pytest.raises(PlateMapError, match=r"names well 'A01' 2 times"):
        make_plate(6).with_platemap(write("well,site,role\nA1,1,neg\nA1,2,pos"))


MANY = "plate,well,role\nBR1,A1,neg\nBR2,A1,pos\n"


@pytest.mark.parametrize("name", ["BR2", "br2", "BR2__2024-01-01T00_00_00-Measurement1"])
def test_the_rows_of_the_plate_are_found_by_name(name, write):
    plate = make_plate(6, name=name).with_platemap(write(MANY))
    assert plate.wells.loc["A01", "role"] == "positive_control"


def test_the_rows_of_the_plate_are_found_by_experiment(write):
    text = "experiment,plate,well,role\nHEPG2-01,1,A1,neg\nHEPG2-01,2,A1,trt\nHUVEC-01,1,A1,pos\n"
    plate = make_plate(6, name="HUVEC-01_Plate1", experiment="HUVEC-01").with_platemap(write(text))
    assert plate.wells.loc["A01", "role"] == "positive_control"


def test_a_platemap_of_other_plates_is_refused(write):
    with pytest.raises(PlateMapError, match=r"has no row for plate 'BR3'; it lists 'BR1', 'BR2'\. Give the platemap"):
        make_plate(6, name="BR3").with_platemap(write(MANY))


def test_the_only_plate_of_a_platemap_is_taken_and_said(write):
    plate = make_plate(6, name="folder").with_platemap(write("plate,well,role\nBR1,A1,neg\n"))
    assert plate.notes[0] == "The column 'plate' of 'layout.csv' says 'BR1'; it was taken for plate 'folder'."
