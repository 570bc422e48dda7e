"""Platemaps as files: dialects, grids, cellHTS2, Excel, numbers for wells."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_ben.errors import ArgumentError, PlateMapError
from napari_ben.plates import FORMATS, PlatemapFiles, plate_from_arrays, read_platemap

IMAGE = np.zeros((2, 1, 4, 4), np.uint8)
WORDS = st.text("abcXYZ 0123456789.%µ", min_size=1, max_size=8).map(str.strip).filter(bool)


@pytest.fixture
def write(tmp_path):
    def write_file(content: str | bytes, name="layout.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


def plate_of(n_wells: int):
    return plate_from_arrays(dict.fromkeys(FORMATS[n_wells].well_names(), IMAGE), format=FORMATS[n_wells])


TEXT = "well;role;drug\nA1;negcon;µM None\nA2;trt;x\n"
DIALECTS = {
    "semicolons": (TEXT, "layout.csv"),
    "tabs": (TEXT.replace(";", "\t"), "layout.txt"),
    "byte order mark": ("\ufeff" + TEXT, "layout.csv"),
    "Latin-1": (TEXT.encode("latin-1"), "layout.csv"),
    "UTF-16, as Excel saves Unicode text": (TEXT.replace(";", "\t").encode("utf-16"), "layout.txt"),
    "Windows line ends": (TEXT.replace("\n", "\r\n"), "layout.csv"),
    "compressed": (gzip.compress(TEXT.encode()), "layout.csv.gz"),
}


@pytest.mark.parametrize(("content", "name"), DIALECTS.values(), ids=DIALECTS)
def test_dialects(content, name, write):
    table = read_platemap(write(content, name))
    assert table[["well", "role", "treatment"]].to_numpy().tolist() == [
        ["A01", "negative_control", "µM None"],
        ["A02", "treatment", "x"],
    ]
    assert table.index.tolist() == [2, 3]


SPELLINGS = ["{0}{1}", "{0}{1:02d}", "{0}-{1}", "{0}/{1}", "{0} - {1}"]
ROWS = st.dictionaries(st.sampled_from(FORMATS[1536].well_names()), st.tuples(WORDS, WORDS), min_size=1, max_size=12)


@given(
    rows=ROWS,
    dialect=st.tuples(
        st.sampled_from(",;\t"),
        st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16"]),
        st.sampled_from(["\n", "\r\n"]),
    ),
    spell=st.sampled_from(SPELLINGS),
    quote=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_any_platemap_is_read_back_in_any_dialect(rows, dialect, spell, quote, tmp_path_factory):
    delimiter, encoding, newline = dialect
    table = [("Well", "treatment", "batch")]
    for well, words in rows.items():
        table.append((spell.format(well.rstrip("0123456789"), int(well[-2:])), *words))
    lines = [delimiter.join(f'"{cell}"' if quote else cell for cell in cells) for cells in table]
    path = tmp_path_factory.mktemp("map") / "layout.csv"
    path.write_bytes(newline.join(lines).encode(encoding))
    read = read_platemap(path)
    assert read["well"].tolist() == list(rows)
    assert list(zip(read["treatment"], read["batch"], strict=True)) == list(rows.values())


@given(
    size=st.sampled_from([24, 96, 384]),
    delimiter=st.sampled_from(",;\t"),
    titles=st.lists(st.sampled_from(["role", "drug", "dose", "plate layout"]), min_size=1, max_size=3, unique=True),
    above=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=30, deadline=None)
def test_grids_are_read_back(size, delimiter, titles, above, seed, tmp_path_factory):
    form = FORMATS[size]
    random = np.random.default_rng(seed)
    values = {title: [f"v{number}" for number in random.integers(0, 9, size)] for title in titles}
    lines = []
    for title, cells in values.items():
        lines += [title] if above else []
        lines.append(delimiter.join(["" if above else title, *map(str, range(1, form.columns + 1))]))
        for row in range(form.rows):
            start = row * form.columns
            lines.append(delimiter.join([chr(65 + row), *cells[start : start + form.columns]]))
        lines.append("")
    path = tmp_path_factory.mktemp("grid") / "plate.csv"
    path.write_text("\n".join(lines))
    table = read_platemap(path)
    assert table["well"].tolist() == list(form.well_names())
    for title, cells in values.items():
        column = {"role": "raw_role", "drug": "treatment"}.get(title, title)
        assert table[column].tolist() == cells


def test_a_grid_of_1536_wells_goes_to_af48(write):
    form = FORMATS[1536]
    rows = [well.rstrip("0123456789") for well in form.well_names()[::48]]
    lines = ["," + ",".join(map(str, range(1, 49))), *(f"{row}," + ",".join(["x"] * 48) for row in rows)]
    assert read_platemap(write("\n".join(lines)))["well"].tolist() == list(form.well_names())


def test_one_grid_without_a_title_is_of_roles_or_of_treatments(write):
    roles = "\n".join([",1,2,3", "A,negcon,trt,trt", "B,poscon,trt,empty"])
    table = read_platemap(write(roles))
    assert table["role"].tolist()[:2] == ["negative_control", "treatment"]
    drugs = read_platemap(write(roles.replace("negcon", "DMSO").replace("poscon", "taxol")))
    assert drugs["treatment"].tolist()[0] == "DMSO"
    assert drugs.index.tolist() == [2, 2, 2, 3, 3, 3]


def test_a_bare_grid_has_exactly_the_shape_of_a_plate(write):
    bare = "\n".join(",".join(["taxol"] * 12) for _ in range(8))
    table = read_platemap(write(bare))
    assert table["well"].tolist() == list(FORMATS[96].well_names())
    with pytest.raises(PlateMapError, match="no column of wells"):
        read_platemap(write(bare + "\n" + ",".join(["taxol"] * 12)))


def test_blank_cells_of_a_grid_are_wells_without_a_row(write):
    plate = plate_of(6).with_platemap(write(",1,2,3\nA,taxol,,taxol\nB,,,taxol\n"))
    assert plate.wells["treatment"].tolist() == ["taxol", "", "taxol", "", "", "taxol"]
    assert plate.problems[0].startswith("3 wells with images have no row")


PLATECONF = """Wells:\t96
Plates:\t2
Plate\tWell\tContent
*\t*\tsample
*\tA0[1-2]\tneg
*\t[B-C]01\tpos
2\tH12\tempty
"""


def test_cellhts2_patterns_name_wells_and_later_lines_win(write):
    table = read_platemap(write(PLATECONF, "plateconf.txt"))
    assert len(table) == 192
    first, second = (part.set_index("well")["role"] for _, part in table.groupby("plate"))
    assert first.value_counts().to_dict() == {"treatment": 92, "negative_control": 2, "positive_control": 2}
    assert first[["A01", "A02", "B01", "C01", "H12"]].tolist() == [
        *["negative_control"] * 2,
        *["positive_control"] * 2,
        "treatment",
    ]
    assert second["H12"] == "empty"
    assert table.index[table["well"] == "A01"].tolist() == [5, 5]


def test_a_plateconf_for_all_plates_needs_no_plate(write):
    path = write("Wells: 384\nPlates: 57\nPlate\tWell\tContent\n*\t*\tsample\n*\t.01\trluc\n", "plateconf.txt")
    plate = plate_of(384).with_platemap(path)
    assert [(found.treatment, len(found.wells)) for found in plate.suggestions] == [("rluc", 16)]
    assert plate.wells["role"].value_counts().to_dict() == {"treatment": 368, "unknown": 16}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Wells: 97\nPlates: 1\nPlate\tWell\tContent\n", r"speaks of 97 wells and 1 plates; plates have 6"),
        ("Wells: 96\nPlates: 99999\nPlate\tWell\tContent\n", r"and 99999 plates"),
        ("Wells: 96\nPlates: 1\nPlate\tWell\tContent\n*\tA[\tneg\n", r"'A\[' on line 4, which is no pattern"),
        (f"Wells: 96\nPlates: 1\nPlate\tWell\tContent\n*\t{'a' * 300}\tneg\n", r"longer than 200 signs"),
    ],
)
def test_a_plateconf_that_cannot_be_meant_is_refused(text, message, write):
    with pytest.raises(PlateMapError, match=message):
        read_platemap(write(text, "plateconf.txt"))


@pytest.mark.parametrize("pattern", ["(.*)*" * 30 + "x", "(a+)+$", ".*" * 20 + "x", "(A{1,9}){1,9}"])
def test_a_pattern_that_could_try_without_end_is_refused(pattern, write):
    text = f"Wells: 1536\nPlates: 1\nPlate\tWell\tContent\n*\t{pattern}\tneg\n"
    with pytest.raises(PlateMapError, match="it repeats too much"):
        read_platemap(write(text, "plateconf.txt"))


def test_numbers_of_wells_are_asked_about(write):
    path = write("Well Number,role\n2,negcon\n13,poscon\n")
    with pytest.raises(PlateMapError, match=r"numbers its wells \('2', …\).*Say which: well_order 'row-major'"):
        plate_of(96).with_platemap(path)
    wells = {
        order: plate_of(96).with_platemap(PlatemapFiles((path,), well_order=order)).wells["role"]
        for order in ("row-major", "column-major")
    }
    assert wells["row-major"][["A02", "B01"]].tolist() == ["negative_control", "positive_control"]
    assert wells["column-major"][["B01", "E02"]].tolist() == ["negative_control", "positive_control"]
    with pytest.raises(ArgumentError, match="no well order 'spiral'"):
        read_platemap(path, well_order="spiral")


def test_a_number_beyond_the_plate_is_no_well(write):
    with pytest.raises(PlateMapError, match=r"has '2000' where a well should be, on line 3"):
        read_platemap(write("well,role\n2,neg\n2000,neg\n"), well_order="row-major")


def excel(path: Path, sheets: dict[str, list[list]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    book.close()
    return path


NOTES = [["made by", "A. N. Other"], ["on", "2024-01-01"]]
WELLS = [["Layout of plate 7"], [], ["Well", "Role", "Dose"], ["A1", "negcon", None], ["A2", "trt", 3.0]]


def test_the_sheet_of_a_workbook_that_has_wells_is_read(tmp_path):
    pytest.importorskip("openpyxl", reason="Excel is an extra")
    table = read_platemap(excel(tmp_path / "layout.xlsx", {"Notes": NOTES, "Plate": WELLS}))
    assert table["well"].tolist() == ["A01", "A02"]
    assert table["concentration"].tolist() == ["", "3"]
    assert table.index.tolist() == [4, 5]


def test_a_sheet_is_named_where_several_fit(tmp_path):
    pytest.importorskip("openpyxl", reason="Excel is an extra")
    other = [["", 1, 2, 3], ["A", "DMSO", "x", "y"], ["B", "x", "x", "y"]]
    path = excel(tmp_path / "layout.xlsx", {"One": WELLS, "Two": other})
    with pytest.raises(PlateMapError, match=r"has 2 sheets that may be meant: 'One', 'Two'\. Name one, as in 'layout"):
        read_platemap(path)
    assert read_platemap(f"{path}#Two")["treatment"].tolist() == ["DMSO", "x", "y", "x", "x", "y"]
    with pytest.raises(PlateMapError, match=r"has no sheet 'Three'; it has 'One', 'Two'"):
        read_platemap(f"{path}#Three")


def test_a_workbook_that_is_none_is_refused(write, tmp_path):
    pytest.importorskip("openpyxl", reason="Excel is an extra")
    with pytest.raises(PlateMapError, match=r"cannot be read as an Excel file"):
        read_platemap(write("no zip", "layout.xlsx"))
    with zipfile.ZipFile(tmp_path / "other.xlsx", "w") as archive:
        archive.writestr("hello.txt", "x")
    with pytest.raises(PlateMapError, match=r"cannot be read as an Excel file"):
        read_platemap(tmp_path / "other.xlsx")


def test_what_unpacks_without_end_is_refused(write, tmp_path, monkeypatch):
    from napari_ben.plates import _texts

    monkeypatch.setattr(_texts, "MAX_BYTES", 10_000)
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "x" * 1_000_000)
    with pytest.raises(PlateMapError, match=r"unpacks to 1000000 bytes"):
        read_platemap(tmp_path / "bomb.xlsx")
    with pytest.raises(PlateMapError, match=r"is not a text table"):
        read_platemap(write(gzip.compress(b"x" * 1_000_000), "bomb.csv.gz"))
    with pytest.raises(PlateMapError, match=r"its compressed content is damaged"):
        read_platemap(write(gzip.compress(b"well\nA1\n")[:-12], "cut.csv.gz"))


QUALITY = [("pass", False), ("Fail", True), ("FAILED", True), ("ok", False), ("out-of-focus", True), ("", False)]


@pytest.mark.parametrize(("word", "is_out"), QUALITY)
def test_quality_control_leaves_wells_out_in_words(word, is_out, write):
    plate = plate_of(6).with_platemap(write(f"well,Quality Control,role\nA1,{word},trt\nA2,pass,trt\n"))
    assert plate.wells.loc["A01", "excluded"] == is_out
    told = f"1 well is left out of contexts, because quality control says {word!r}."
    assert (told in plate.notes) == is_out
    assert not plate.with_excluded(["A01"], excluded=False).wells["excluded"].any()


def test_quality_words_that_mean_nothing_are_shown(write):
    plate = plate_of(6).with_platemap(write("well,qc,role\nA1,3,trt\nA2,pass,trt\n"))
    assert plate.problems[-1] == (
        "The quality column says '3', which means neither passed nor failed: these wells stay in."
    )
    assert not plate.wells["excluded"].any()


def test_ambiguous_and_unknown_role_words_are_asked_about(write):
    plate = plate_of(6).with_platemap(write("well,pert_type\nA1,control\nA2,control\nA3,ubc\nB1,trt\nB2,trt\nB3,trt"))
    assert plate.problems == (
        "2 wells are called 'control', which may be a negative or a positive control: say which, or give a table "
        "that does.",
        "1 well has no role that is known ('ubc').",
    )


def test_a_workbook_whose_xml_grows_without_end_is_refused(tmp_path):
    pytest.importorskip("openpyxl", reason="Excel is an extra")
    sound = excel(tmp_path / "sound.xlsx", {"Plate": WELLS})
    grown = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    start = f'<!DOCTYPE worksheet [<!ENTITY a0 "ha">{grown}]><worksheet'.encode()
    with zipfile.ZipFile(sound) as source, zipfile.ZipFile(tmp_path / "bomb.xlsx", "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b"<worksheet", start, 1).replace(b"negcon", b"&a9;")
            target.writestr(name, content)
    with pytest.raises(PlateMapError, match="cannot be read as an Excel file"):
        read_platemap(tmp_path / "bomb.xlsx")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_header_shorter_than_its_rows_loses_nothing(end, tmp_path):
    path = tmp_path / "map.csv"
    path.write_bytes(end.join(["well,role", "A01,treatment,10", "A02,treatment,"]).encode())
    table = read_platemap(path)
    assert table["role"].tolist() == ["treatment", "treatment"]
    assert table.iloc[:, -1].tolist() == ["10", ""]
