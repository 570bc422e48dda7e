"""Names of image files: real examples of every naming, and what none of them may read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ben.plates import well_name
from napari_ben.readers._naming import read_names, spread, vote
from napari_ben.readers._namings import NAMINGS

GUID = "0A1B2C3D-0A1B-2C3D-4E5F-0A1B2C3D4E5F"

# naming, path, (well, field, channel, z, time); z and time are 0 where neither name nor folder says them
READ = [
    ("phenix", "r16c24f12p03-ch5sk2fk1fl1.tiff", ("P24", 12, "ch5", 3, 2)),
    ("phenix", "Images/r01c01f01p01-ch1sk1.tif", ("A01", 1, "ch1", 1, 1)),
    ("cellvoyager", "AssayPlate_D08_T0001F002L01A01Z04C01.tif", ("D08", 2, "C01", 4, 1)),
    ("cellvoyager-export", "C-02_F0001_T0013_Z0004_C01.tif", ("C02", 1, "C01", 4, 13)),
    ("cellvoyager-export", "A01_F0001_T0001_Z0001_C02.tif", ("A01", 1, "C02", 1, 1)),
    ("columbus", "003002-1-001001002.tif", ("C02", 1, "ch2", 1, 1)),
    ("columbus", "007011-6-002001003.TIF", ("G11", 6, "ch3", 2, 1)),
    ("cq1", "W0001F0001T0001Z001C1.tif", ("A01", 1, "C1", 1, 1)),
    ("cq1", "W0014F0001T0001Z002C1.tif", ("B02", 1, "C1", 2, 1)),
    ("incell", "C - 03(fld 01 wv UV - DAPI).tif", ("C03", 1, "UV - DAPI", 0, 0)),
    ("incell", "D - 12(fld 4 wv Green - dsRed z 3 time 2 - 3600 ms).tif", ("D12", 4, "Green - dsRed", 3, 2)),
    ("cellreporter", "Wellscan_96well_TL_488_t0_B07_s0_w0_z0.tif", ("B07", 0, "w0", 0, 0)),
    ("cellreporter", "TL_z_stack_w_test_t3_G11_s2_w1_z5.tif", ("G11", 2, "w1", 5, 3)),
    ("imagexpress", f"IXMtest_A01_s1_w2{GUID}.tif", ("A01", 1, "w2", 0, 0)),
    ("imagexpress", "x_B02_s1_w23EAF8050-0A1B-2C3D-4E5F-0A1B2C3D4E5F.tif", ("B02", 1, "w2", 0, 0)),
    ("imagexpress", "x_E08_s2E7EC7EF1-C7B0-4CB0-8CC3-AAEEC1C5E8B2.tif", ("E08", 2, "w1", 0, 0)),
    ("imagexpress", "TimePoint_2/ZStep_3/9987_B02_s1_w1.TIF", ("B02", 1, "w1", 3, 2)),
    ("imagexpress", "TimePoint_1/9987_B02.TIF", ("B02", 1, "w1", 0, 1)),
    ("imagexpress", "plate_B02_s1_w12.TIF", ("B02", 1, "w12", 0, 0)),
    ("imagexpress", "A01_s1_w1_z2.tif", ("A01", 1, "w1", 2, 0)),
    ("imagexpress", "Week1_150607_B02_s1_w107447158-AC76-4844-8431-E6A954BD1174.tif", ("B02", 1, "w1", 0, 0)),
    ("imagexpress", "G10_s1_w1BEDC2073-A983-4B98-95E9-84466707A25D.tif", ("G10", 1, "w1", 0, 0)),
    ("imagexpress", "ADSAStaphInfection2_A01_w2247376DD-6ADD-442D-AE47-F54A05F3EA94.tif", ("A01", 1, "w2", 0, 0)),
    ("rxrx1", "AF48_s2_w10.png", ("AF48", 2, "w10", 0, 0)),
    ("rxrx1", "AA31_s1_w1.jp2", ("AA31", 1, "w1", 0, 0)),
    ("rxrx1", "M23_s2.png", ("M23", 2, "w1", 0, 0)),
    ("sbs", "Channel 2-01-A-01-00.tif", ("A01", 0, "Channel2", 0, 0)),
    ("sbs", "Channel1-96-H-12.BMP", ("H12", 1, "Channel1", 0, 0)),
    ("arrayscan", "AS_09125_050116030001_D03f00d0.tif", ("D03", 0, "d0", 0, 0)),
    ("arrayscan", "AS_09047_050428030001_O14f01d2.TIF", ("O14", 1, "d2", 0, 0)),
    ("arrayscan", "MFGTMP_141029170001_A01f00d0.C01", ("A01", 0, "d0", 0, 0)),
    ("arrayscan", "LiveDead2_Plate_R_p00_0_A01f00d0.TIF", ("A01", 0, "d0", 0, 0)),
    ("arrayscan", "LiveDead2_Plate_R_p00_z03_0_A01f02d1.TIF", ("A01", 2, "d1", 3, 0)),
    ("arrayscan", "WHICA-VTI1_090915160001_A01f00o1.DIB", ("A01", 0, "d1", 0, 0)),
    ("scanr", "A1--W00001--P00001--Z00000--T00000--488nm.tif", ("A01", 1, "488nm", 0, 0)),
    ("scanr", "H12--W00096--P00004--Z00002--T00010--Transmission-CSU.tif", ("H12", 4, "Transmission-CSU", 2, 10)),
    ("scanr-number", "--W00001--P00001--Z00000--T00000--dapi.tif", ("A01", 1, "dapi", 0, 0)),
    ("scanr-number", "data/--W00096--P00001--Z00000--T00000--cherry.tif", ("H12", 1, "cherry", 0, 0)),
    ("scanr-number", "--W00384--P00001--Z00000--T00000--nucleus-dapi.tif", ("P24", 1, "nucleus-dapi", 0, 0)),
    ("almf", "plate1--B9--empty--W0021--P001--T0000--Z000--C00.ome.tif", ("B09", 1, "C00", 0, 0)),
    ("almf-number", "plate--compound--5uM--W0013--P002--T0000--Z003--C01.ome.tif", ("B01", 2, "C01", 3, 0)),
    ("cytation", "B7_01_1_3_DAPI_001.tif", ("B07", 3, "DAPI", 0, 1)),
    ("cytation", "C1_01_1_1_Bright Field_001.tif", ("C01", 1, "Bright Field", 0, 1)),
    ("cytation", "A01_01_2_1_GFP_001.tif", ("A01", 1, "GFP", 0, 1)),
    ("incucyte", "VID1630_A1_1_00d00h00m.tif", ("A01", 1, "1", 0, 0)),
    ("incucyte", "VID9955_Phase_B3_1_01d02h30m.tif", ("B03", 1, "Phase", 0, 10230)),
    ("incucyte", "R2_MDF_green_B2_1_00d00h15m.tif", ("B02", 1, "green", 0, 15)),
    ("incucyte", "DE_A549_B10_6_02d00h00m.tif", ("B10", 6, "1", 0, 20000)),
    ("incucyte", "VID123_C04_2_2026y10m05d_14h30m.tif", ("C04", 2, "1", 0, 202610051430)),
    ("incucyte-archive", "A1-1-C1.tif", ("A01", 1, "C1", 0, 0)),
    ("incucyte-archive", "B12-2-Ph.tif", ("B12", 2, "Ph", 0, 0)),
    (
        "nis",
        "WellA01_PointA01_0000_ChannelCam-DIA DIC Master Screening_Seq0000.tiff",
        ("A01", 0, "Cam-DIA DIC Master Screening", 0, 0),
    ),
]

NO_WELLS = [
    f"x_A01_s1_w1_thumb{GUID}.tif",
    "SC_Shading_CH02.tif",
    "DC_sCMOS #1_CAM1.tif",
    "r33c01f01p01-ch1sk1fk1fl1.tiff",
    "Channel1-01-A-49.tif",
    "A00_s1_w1.png",
    "B02_s1_w1.tif.statistics.json",
    "E1_-2_1_1_Stitched[GFP 469,525]_001.tiff",
    "B7_01_1_3_DAPI_001_MaskNuclei.tiff",
    "r01c01f01p01-ch3sk1fk1fl1_cell_outlines.png",
    "flatfield.tif",
    "day_D1.tif",
    "overview.png",
]


def said(index, row=0):
    numbers = (column[row] if len(column) else 0 for column in (index.z, index.times))
    return (index.wells[row], index.fields[row], index.channels[row], *numbers)


@pytest.mark.parametrize(("naming", "path", "says"), READ, ids=[case[1] for case in READ])
def test_real_names(naming, path, says):
    index, unread = read_names([path], NAMINGS[naming])
    assert unread == ()
    assert said(index) == says


@pytest.mark.parametrize(("naming", "path", "says"), READ, ids=[case[1] for case in READ])
def test_each_naming_wins_the_vote_on_its_names(naming, path, says):
    assert vote([path], NAMINGS) is NAMINGS[naming]


@pytest.mark.parametrize("path", NO_WELLS)
def test_what_is_no_image_of_a_well(path):
    assert vote([path], NAMINGS) is None


def test_a_mixed_folder_is_read_by_the_naming_of_most():
    phenix = [f"r01c0{column}f01p01-ch1sk1fk1fl1.tiff" for column in range(1, 6)]
    names = [*phenix, *NO_WELLS]
    assert vote(names, NAMINGS) is NAMINGS["phenix"]
    index, unread = read_names(names, NAMINGS["phenix"])
    assert list(index.files) == phenix
    assert unread == tuple(name for name in NO_WELLS if "thumb" not in name)


def test_the_vote_looks_at_names_spread_over_the_folder():
    paths = [f"{number:05d}.tif" for number in range(17_000)]
    chosen = spread(paths)
    assert len(chosen) == 200
    assert chosen[0] == paths[0]
    assert chosen[-1] > paths[16_800]


def test_z_of_only_some_images_is_the_projection_of_the_others():
    index, _ = read_names(
        ["2023-02-21/1334/x_E07_s1_w1.tif", "2023-02-21/1334/ZStep_2/x_E07_s1_w1.tif"], NAMINGS["imagexpress"]
    )
    assert list(index.z) == [0, 2]
    assert len(index.acquisitions) == 0


def test_a_plate_imaged_twice_has_two_acquisitions():
    days = [f"{day}/x_E07_s{site}_w1.tif" for day in ("2023-02-21/1334", "2023-02-22/1340") for site in (1, 2)]
    index, _ = read_names(days, NAMINGS["imagexpress"])
    assert list(index.acquisitions) == ["2023-02-21/1334"] * 2 + ["2023-02-22/1340"] * 2
    plates = [f"{plate}_A01f0{field}d0.TIF" for plate in ("MFGTMP_1", "MFGTMP_2") for field in (0, 1)]
    index, _ = read_names(plates, NAMINGS["arrayscan"])
    assert list(index.acquisitions) == ["MFGTMP_1", "MFGTMP_1", "MFGTMP_2", "MFGTMP_2"]
    other_wells = ["one_A01_s1_w1.tif", "two_A02_s1_w1.tif"]
    assert len(read_names(other_wells, NAMINGS["imagexpress"])[0].acquisitions) == 0


def test_a_folder_a_channel():
    paths = [f"{folder}/VID1630_A1_1_00d{hour:02d}h00m.tif" for folder in ("phase", "Red") for hour in (0, 4)]
    index, _ = read_names(paths, NAMINGS["incucyte"])
    assert list(index.channels) == ["phase", "phase", "Red", "Red"]
    assert list(index.times) == [0, 400, 0, 400]


def test_what_somebody_made_of_the_images_is_none_of_them():
    plate = ["x_A01.tif", "x_A02.tif"]
    made = ["x_montage_A01.tif", "Overlay_A01.tif", "x_illum_A02.tif", "masks_A02.tif"]
    index, unread = read_names([*plate, *made], NAMINGS["imagexpress"])
    assert list(index.files) == plate
    assert unread == tuple(made)
    everything = ["masks_A01_s1_w1.tif", "masks_A02_s1_w1.tif"]  # the plate's own name
    assert len(read_names(everything, NAMINGS["imagexpress"])[0]) == 2


def test_a_number_longer_than_any_computer_counts_is_cut():
    index, _ = read_names([f"x_A01_s{'9' * 40}_w1.tif"], NAMINGS["imagexpress"])
    assert index.fields[0] == 10**15 - 1


WRITTEN = {
    "phenix": lambda row, column, field, channel, z: (
        f"r{row + 1:02d}c{column + 1:02d}f{field:02d}p{z:02d}-ch{channel}sk1fk1fl1.tiff",
        f"ch{channel}",
    ),
    "imagexpress": lambda row, column, field, channel, z: (
        f"TimePoint_1/ZStep_{z}/a_b_{well_name(row, column)}_s{field}_w{channel}{GUID}.tif",
        f"w{channel}",
    ),
    "cellreporter": lambda row, column, field, channel, z: (
        f"protocol_t1_{well_name(row, column)}_s{field}_w{channel}_z{z}.tif",
        f"w{channel}",
    ),
    "incell": lambda row, column, field, channel, z: (
        f"{well_name(row, column)[:-2]} - {column + 1}(fld {field} wv {channel} z {z}).tif",
        f"{channel}",
    ),
}


@pytest.mark.parametrize("naming", WRITTEN)
@given(data=st.data())
def test_what_is_written_is_read_back(naming, data):
    planes = data.draw(
        st.lists(
            st.tuples(
                st.integers(0, 31), st.integers(0, 47), st.integers(1, 99), st.integers(1, 9), st.integers(1, 30)
            ),
            min_size=1,
            max_size=12,
            unique=True,
        )
    )
    written = [WRITTEN[naming](*plane) for plane in planes]
    index, unread = read_names([path for path, _ in written], NAMINGS[naming])
    assert unread == ()
    assert list(index.files) == [path for path, _ in written]
    assert list(index.wells) == [well_name(row, column) for row, column, *_ in planes]
    assert np.array_equal(index.fields, [plane[2] for plane in planes])
    assert list(index.channels) == [channel for _, channel in written]
    assert np.array_equal(index.z, [plane[4] for plane in planes])


ALONE = {
    "all alike": ["A1-1-C1.tif", "H12-2-Ph.tif"],
    "one of another kind": ["A1-1-C1.tif", "notes.tif", "H12-2-Ph.tif"],
    "a name of two lines": ["A1-1-C1.tif\nB2-1-C1.tif", "H12-2-Ph.tif"],
    "none": [],
}


@pytest.mark.parametrize("names", ALONE.values(), ids=ALONE)
def test_many_names_are_read_as_each_alone(names):
    naming = NAMINGS["incucyte-archive"]
    assert list(naming.find(names)) == [next(iter(naming.find([name]))) for name in names]


def test_a_part_that_goes_on_in_the_next_name_is_none():
    names = ["B7_01_1_3_DAPI", "B8_01_1_3_GFP_001.tif"]  # [^_]+ could run over the end of the line
    index, unread = read_names(names, NAMINGS["cytation"])
    assert (list(index.wells), list(index.channels), unread) == (["B08"], ["GFP"], ("B7_01_1_3_DAPI",))


def test_a_part_that_a_name_lacks_is_empty_in_every_way_of_reading():
    naming = NAMINGS["arrayscan"]
    names = ["AS_1_D03f00d0.tif", "AS_1_D03f00.tif"]
    assert [groups[naming.groups.index("channel")] for groups in naming.find(names)] == ["0", ""]
    assert list(naming.find([*names, "other"]))[:2] == list(naming.find(names))
