"""Plates of ImageXpress HCS.ai: everything counts from 0, stacks lie beside their projections."""

import json

import numpy as np
import pytest
from lookalikes import cellreporter as looks

from napari_ben.errors import PlateError
from napari_ben.plates import FORMATS
from napari_ben.readers import open_plate
from napari_ben.readers._cellreporter import index_cellreporter, refuse_cellreporter
from napari_ben.readers._place import Place


def test_a_plate(tmp_path):
    pixels = looks.write_plate(tmp_path / "Wellscan_2026", times=(0, 1), n_z=3)
    plate = open_plate(tmp_path / "Wellscan_2026")
    assert (plate.name, plate.layout) == ("Wellscan_2026", "ImageXpress HCS.ai / CellReporterXpress")
    assert plate.channels == ("TL", "FITC")
    assert plate.format == FORMATS[96]
    assert plate.pixel_um == pytest.approx(0.5817)
    assert plate.problems == ()
    assert plate.fields[["well", "field", "y_um", "x_um"]].to_numpy().tolist() == [
        ["B02", 0, 0, 0],
        ["B02", 1, 0, 500],
        ["C11", 0, 0, 0],
        ["C11", 1, 0, 500],
    ]
    shown = plate.at(z=2, time=1).read_field(3)[1]
    assert np.array_equal(shown, pixels["experiment/timepoint1/Wellscan_t1_C11_s1_w1_z2.tif"])


@pytest.mark.parametrize("point", ["Wellscan.mxprotocol", "experiment", "experiment/Wellscan.jdce"])
def test_its_files_and_inner_folder_open_it(point, tmp_path):
    looks.write_plate(tmp_path / "p")
    assert open_plate(tmp_path / "p" / point).channels == ("TL", "FITC")


def test_a_projection_beside_its_stack_is_another_z(tmp_path):
    looks.write_plate(tmp_path / "p", infix="_projection")
    looks.write_part(tmp_path / "p/experiment_z_stack", n_z=3)
    looks.write_part(tmp_path / "p/experiment_montage", fields=1)
    plate = open_plate(tmp_path / "p")
    assert plate.acquisitions == ()
    assert plate.n_z == 3
    index, facts = index_cellreporter(Place(tmp_path / "p"))
    assert sorted(set(index.z.tolist())) == [-1, 0, 1, 2]
    assert facts.projection == -1
    assert not any("montage" in file for file in index.files)


def test_single_planes_beside_a_stack_are_another_acquisition(tmp_path):
    looks.write_plate(tmp_path / "p")
    looks.write_part(tmp_path / "p/experiment_z_stack", n_z=3)
    assert open_plate(tmp_path / "p").acquisitions == ("experiment", "experiment_z_stack")


def test_stage_positions_do_when_there_are_no_offsets(tmp_path):
    looks.write_plate(tmp_path / "p", fields=3)
    table = tmp_path / "p/experiment/image_metadata_1.csv"
    lines = [line.rsplit(",", 2)[0] for line in table.read_text().splitlines()]
    table.write_text("\n".join(line for line in lines if "_B02_s0_" not in line))
    plate = open_plate(tmp_path / "p")
    assert plate.fields[["well", "field", "x_um"]].to_numpy().tolist() == [
        *(["B02", 1, 0], ["B02", 2, 500]),
        *(["C11", 0, -500], ["C11", 1, 0], ["C11", 2, 500]),
    ]


BROKEN = [
    "",
    "[]",
    "{",
    '{"ImageStack": []}',
    '{"ImageStack": {"AutoLeadAcquisitionProtocol": {"Wavelengths": 3}}}',
    "[" * 9999,
]


@pytest.mark.parametrize("content", BROKEN)
def test_a_damaged_descriptor_is_said_and_the_filters_name_the_channels(content, tmp_path):
    looks.write_plate(tmp_path / "p")
    (tmp_path / "p/experiment/Wellscan.jdce").write_text(content)
    plate = open_plate(tmp_path / "p")
    assert plate.channels == ("TL", "FITC")
    assert len(plate.problems) == 1
    assert "channels and pixel size are not known" in plate.problems[0]


def test_a_sparse_descriptor_says_little(tmp_path):
    looks.write_plate(tmp_path / "p")
    (tmp_path / "p/experiment/Wellscan.jdce").write_text(
        json.dumps({"ImageStack": {"AutoLeadAcquisitionProtocol": {}}})
    )
    plate = open_plate(tmp_path / "p")
    assert (plate.channels, plate.pixel_um, plate.problems) == (("TL", "FITC"), None, ())


def test_damaged_tables_are_refused_in_words(tmp_path):
    looks.write_plate(tmp_path / "p")
    table = tmp_path / "p/experiment/image_metadata_1.csv"
    good = table.read_text()
    table.write_text(good.replace("B - 2,2,2,0,0,0,0,", "B - 2,2,2,x,0,0,0,"))
    with pytest.raises(PlateError, match=r"has 'x' as Field of 'experiment/timepoint0/Wellscan_t0_B02_s0_w0_z0\.tif'"):
        open_plate(tmp_path / "p", layout="cellreporter")
    table.write_text(good.replace("Wavelength", "Wave"))
    with pytest.raises(PlateError, match=r"has no column 'Wavelength'; its columns are Well, Row"):
        open_plate(tmp_path / "p", layout="cellreporter")
    by_name = open_plate(tmp_path / "p")
    assert "names" in by_name.layout
    assert by_name.problems[0].startswith("'experiment/image_metadata_1.csv' has no column 'Wavelength'")
    table.write_text(good.replace("B - 2,", "nowhere,", 1))
    assert (
        open_plate(tmp_path / "p").problems[0] == "Rows whose well cannot be read were left out: 1, such as 'nowhere'."
    )


def test_what_is_no_such_plate_is_said(tmp_path):
    assert refuse_cellreporter(Place(tmp_path)) == "it holds no 'image_metadata_1.csv'"
    (tmp_path / "image_metadata_1.csv").write_text("Well\n")  # without a descriptor it is some other table
    assert refuse_cellreporter(Place(tmp_path)) == "it holds no 'image_metadata_1.csv'"
    assert "neither a folder" in refuse_cellreporter(Place(tmp_path / "image_metadata_1.csv"))
