"""IN Cell documents: counts from 0, labels before numbers, metadata without images."""

import numpy as np
import pytest
from lookalikes import xml_plates as looks

from napari_ben.errors import PlateError
from napari_ben.plates import FORMATS, describe
from napari_ben.readers import Place, open_plate
from napari_ben.readers._incell import index_incell, refuse_incell

ONE = [("C03", 1, "DAPI", 1, 1), ("C03", 1, "FITC", 1, 1), ("D03", 2, "DAPI", 1, 1), ("D03", 2, "FITC", 1, 1)]


def test_a_plate(tmp_path):
    plate = open_plate(looks.write_incell(tmp_path / "p", ONE, shape=(16, 24)))
    assert (plate.name, plate.layout, plate.format) == ("P1", "IN Cell Analyzer 6000 document", FORMATS[384])
    assert plate.channels == ("DAPI", "FITC")
    assert plate.fields[["well", "field", "y_um", "x_um"]].to_numpy().tolist() == [
        ["C03", 1, 50, 100],
        ["D03", 2, 50, 200],
    ]


def test_a_label_that_contradicts_its_numbers_is_believed_and_stated(tmp_path):
    folder = looks.write_incell(tmp_path / "p", ONE, labels={2: "E - 3", 3: "E - 3"})
    plate = open_plate(folder)
    assert set(plate.wells.index) == {"C03", "E03"}
    assert plate.problems == (
        "2 of 4 images have a label and a row and column that contradict each other, such as 'E - 3' and D03; "
        "the label is taken.",
    )


def test_numbers_count_where_a_label_is_no_well(tmp_path):
    folder = looks.write_incell(tmp_path / "p", ONE, labels=dict.fromkeys(range(4), "sample"))
    assert set(open_plate(folder).wells.index) == {"C03", "D03"}


def test_images_without_a_well_or_file_are_counted(tmp_path):
    folder = looks.write_incell(tmp_path / "p", ONE, labels={0: ""})
    text = (folder / "plate.xdce").read_text("latin-1").replace('<Row number="3"/>', '<Row number="300"/>', 1)
    (folder / "plate.xdce").write_text(text, "latin-1")
    assert open_plate(folder).problems[0] == "1 of 4 images have no file, or no well of any plate."


@pytest.mark.parametrize(
    ("waves", "expected"),
    [
        ([("", "UV", "DAPI"), ("", "Blue", "FITC")], ("DAPI", "FITC")),
        ([("nuclei", "UV", "DAPI"), ("actin", "Blue", "FITC")], ("nuclei", "actin")),
        ([("", "UV", "DAPI"), ("", "Blue", "DAPI")], ("UV - DAPI", "Blue - DAPI")),
        ([("", "", ""), ("", "", "")], ("wave 0", "wave 1")),
    ],
)
def test_channels_are_named_by_what_tells_them_apart(waves, expected, tmp_path):
    folder = looks.write_incell(tmp_path / "p", ONE)
    text = (folder / "plate.xdce").read_text("latin-1")
    for number, (old, (label, excitation, emission)) in enumerate(zip(("DAPI", "FITC"), waves, strict=True)):
        text = text.replace(
            f'<Wavelength index="{number}" label=""><ExcitationFilter name="UV"/><EmissionFilter name="{old}"/>',
            f'<Wavelength index="{number}" label="{label}"><ExcitationFilter name="{excitation}"/>'
            f'<EmissionFilter name="{emission}"/>',
        )
    (folder / "plate.xdce").write_text(text, "latin-1")
    assert open_plate(folder).channels == expected


def test_filters_of_the_images_do_where_the_protocol_is_gone(tmp_path):
    folder = looks.write_incell(tmp_path / "p", ONE)
    head, rest = (folder / "plate.xdce").read_text("latin-1").split("<AutoLeadAcquisitionProtocol>")
    (folder / "plate.xdce").write_text(head + rest.split("</AutoLeadAcquisitionProtocol>")[1], "latin-1")
    plate = open_plate(folder)
    assert (plate.channels, plate.format_is_guess, plate.pixel_um) == (("DAPI", "FITC"), True, None)


def test_several_documents_are_stated(tmp_path):
    folder = looks.write_incell(tmp_path / "p", ONE)
    (folder / "second.xdce").write_bytes((folder / "plate.xdce").read_bytes())
    assert open_plate(folder).problems == ("The folder holds 2 .xdce documents; 'plate.xdce' is shown.",)


def test_folders_without_a_document_are_refused(tmp_path):
    assert refuse_incell(Place(tmp_path)) == "it holds no .xdce document of an IN Cell Analyzer"
    with pytest.raises(PlateError, match=r"holds no \.xdce document"):
        index_incell(Place(tmp_path))


@pytest.mark.parametrize("cycle", ["cycle_0", "cycle_1"])
def test_real_metadata_without_images(cycle, realdata):
    folder = realdata / "incell6000_xdce_metadata_only" / cycle
    plate = open_plate(folder)
    said = describe(plate)
    assert (said["format"], said["n_wells"], said["n_fields"]) == (384, 2, 4)
    assert (said["channels"], said["shape"], said["pixel_um"]) == (
        ["DAPI", "FITC", "dsRed", "Cy5"],
        [2048, 2048],
        0.1625,
    )
    assert plate.wells.index.tolist() == ["C03", "D03"]
    assert said["problems"] == [
        "8 of 16 images have a label and a row and column that contradict each other, such as 'D - 3' and C03; "
        "the label is taken.",
        "None of the 16 image files that the metadata name is on disk, such as 'C - 03(fld 01 wv Blue - FITC).tif'.",
    ]
    assert np.allclose(plate.fields.loc[0, ["y_um", "x_um"]].astype(float), [-1295.458, -1248.487])
    with pytest.raises(PlateError, match=r"is not in .* any more"):
        plate.read_plane(0, 0)


def test_offsets_from_the_well_s_centre_are_positions_on_the_plate_upside_down(realdata):
    """The document gives both: 384 wells lie 4.5 mm apart, the first 12.13 mm across and 8.99 mm down."""
    index, _ = index_incell(Place(realdata / "incell6000_xdce_metadata_only/cycle_0"))
    assert index.x_um[0] + 12_130 + 2 * 4500 == pytest.approx(19881.5, abs=0.1)
    assert index.y_um[0] + 8990 + 2 * 4500 == pytest.approx(16694.5, abs=0.1)
