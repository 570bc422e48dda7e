"""Contexts: which wells, which refusals, which warnings."""

import numpy as np
import pytest

from napari_ben.errors import ContextError
from napari_ben.plates import (
    FORMATS,
    Context,
    Plate,
    context_warnings,
    edge_wells,
    fields_table,
    plate_from_arrays,
    resolve_context,
)

CONTROL = "negative_control"


def make_plate(n_fields=4) -> Plate:
    images = np.zeros((n_fields, 1, 4, 4), np.uint8)
    wells = [f"{row}{column}" for row in "AB" for column in range(1, 5)]
    roles = {"A1": "negative_control", "B1": "negative_control", "A2": "positive_control", "B4": "empty"}
    plate = plate_from_arrays(dict.fromkeys(wells, images), roles=roles, name="demo")
    plate.wells["treatment"] = ["DMSO", "taxol", "x", "y", "DMSO", "x", "z", ""]
    return plate


PLATE = make_plate()


def without_images(plate: Plate, well: str) -> Plate:
    plate.wells.loc[well, "n_fields"] = 0
    return plate


def test_whole_plate_leaves_out_empty_and_excluded_wells():
    plate = make_plate()
    plate.wells.loc["A03", "excluded"] = True
    assert resolve_context(plate, "plate").wells == ("A01", "A02", "A04", "B01", "B02", "B03")


def test_controls_are_the_negative_controls():
    context = resolve_context(PLATE, "controls")
    assert context == Context("controls", ("A01", "B01"), "controls", 8)
    assert context.describe(PLATE) == "2 wells, 8 images, 1 treatment (DMSO)"


@pytest.mark.parametrize("wanted", ["plate", "controls", "A1-B2", "role:treatment", ["B2", "a-1"], "!B*"])
def test_its_text_gives_the_same_context_again(wanted):
    if wanted == "role:treatment":
        PLATE.wells.loc[["A03", "A04"], "role"] = "treatment"
    context = resolve_context(PLATE, wanted)
    assert resolve_context(PLATE, context.text) == context


def test_ranges_leave_wells_without_images_out():
    plate = without_images(make_plate(), "A02")
    assert resolve_context(plate, "A1-A3").wells == ("A01", "A03")


def test_descriptions_fall_back_on_roles():
    plate = make_plate()
    plate.wells["treatment"] = ""
    assert (
        resolve_context(plate, "A1, A2").describe(plate)
        == "2 wells, 8 images, 2 roles (negative control, positive control)"
    )


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["A1", "H12"], "Well H12 of the context is not on plate 'demo'.*Choose wells of this plate"),
        (["A1", "nonsense", "Q9"], "Wells nonsense, Q9 of the context are not"),
        ([], "has 0 images on plate 'demo'; statistics of a plate need at least 2.*Choose more wells"),
        ("A1, A2", "Well A02 of the context has no image.*Leave it out"),
        (["A2"], "Well A02 of the context has no image"),
        ("role:positive_control", "has 0 images"),
    ],
)
def test_refusals(wanted, message):
    plate = without_images(make_plate(), "A02")
    with pytest.raises(ContextError, match=message):
        resolve_context(plate, wanted)


def test_one_image_is_refused():
    with pytest.raises(ContextError, match=r"'A01' has 1 image on plate 'demo'; statistics of a plate need at least 2"):
        resolve_context(make_plate(n_fields=1), ["A1"])


def test_no_controls_is_refused_with_the_roles_there_are():
    plate = make_plate().with_roles({"A01": "treatment", "B01": "treatment"})
    with pytest.raises(ContextError, match=r"no negative control well.*1 positive control.*Attach a platemap"):
        resolve_context(plate, "controls")


def test_a_sound_context_has_no_warning():
    plate = make_plate(n_fields=8)
    assert context_warnings(plate, resolve_context(plate, "controls")) == ()


def test_warnings():
    plate = make_plate().with_roles({"A01": "unknown", "B01": "unknown"})
    plate.wells["treatment"] = ["x"] * 7 + [""]
    plate.fields.at[0, "missing"] = ("DNA",)
    one = context_warnings(plate, resolve_context(plate, "A1-A2"))
    assert [sentence.split(":")[0] for sentence in one] == [
        "Only 8 images",
        "No well of this plate is known as a negative control. Name them in the platemap, or set their role.",
        "1 of 8 images lack channels. Export the plate again, or choose other wells.",
        "All wells of the context have one treatment (x), which is no negative control",
    ]
    whole = context_warnings(plate, resolve_context(plate, "plate"))
    assert whole[-1].startswith("100% of the wells have one treatment (x): whole-plate statistics will lean towards it")


def make_full_plate(controls: list[str]) -> Plate:
    """Ninety-six wells of eight images."""
    images = np.zeros((8, 1, 4, 4), np.uint8)
    return plate_from_arrays(dict.fromkeys(FORMATS[96].well_names(), images), roles=dict.fromkeys(controls, CONTROL))


@pytest.mark.parametrize(
    ("controls", "wanted", "is_warned"),
    [
        (["A01", "H12", "D01"], "controls", True),
        (["A01", "H12", "D02"], "controls", False),
        (["A01", "H12"], "A1-A12", True),
        (["A01", "H12"], "plate", False),
    ],
)
def test_controls_at_the_edge_alone_are_no_normal_for_the_inside(controls, wanted, is_warned):
    plate = make_full_plate(controls)
    told = [words for words in context_warnings(plate, resolve_context(plate, wanted)) if "plate's edge" in words]
    assert bool(told) == is_warned
    assert all(words.endswith("Add wells from the inside, or take the whole plate.") for words in told)


def test_a_plate_imaged_at_its_edge_only_has_no_inside_to_differ_from():
    full = make_full_plate(["A01", "A02"])
    images = dict.fromkeys((f"A{column:02d}" for column in range(1, 13)), np.zeros((8, 1, 4, 4), np.uint8))
    plate = plate_from_arrays(images, roles={"A01": CONTROL, "A02": CONTROL})
    assert edge_wells(full) == tuple(well for well in full.wells.index if well[0] in "AH" or well[1:] in {"01", "12"})
    assert not any("edge" in words for words in context_warnings(plate, resolve_context(plate, "controls")))


def test_fields_table_states_what_is_unknown():
    fields = fields_table(["A01"], [1])
    assert fields.columns.tolist() == ["well", "field", "y_um", "x_um", "missing"]
    assert fields["y_um"].isna().all()
    assert fields["missing"].tolist() == [()]


def with_sets() -> Plate:
    plate = make_plate()
    return plate.with_column(["A03", "A04", "B02"], "control_set", "anchors")


@pytest.mark.parametrize(
    ("wanted", "wells"),
    [
        ("controls:negative", ("A01", "B01")),
        ("controls:positive", ("A02",)),
        ("controls:all", ("A01", "A02", "B01")),
        ("controls:anchors", ("A03", "A04", "B02")),
    ],
)
def test_controls_may_be_negative_positive_both_or_a_set(wanted, wells):
    context = resolve_context(with_sets(), wanted)
    assert (context.kind, context.wells, context.text) == ("controls", wells, wanted)


def test_a_set_that_is_not_there_is_refused_with_those_there_are():
    with pytest.raises(ContextError, match=r"no control set 'shared'; it has anchors \(3 wells\)\. Choose controls"):
        resolve_context(with_sets(), "controls:shared")
    with pytest.raises(ContextError, match=r"no control set 'x'; it has none"):
        resolve_context(make_plate(), "controls:x")
    with pytest.raises(ContextError, match=r"has no positive control well with images"):
        resolve_context(make_plate().with_roles({"A02": "treatment"}), "controls:positive")


def test_excluded_wells_are_no_controls_unless_they_are_named():
    plate = make_plate().with_excluded(["A01"])
    assert resolve_context(plate, "controls").wells == ("B01",)
    assert resolve_context(plate, "A1, B1").wells == ("A01", "B01")
    again = plate.with_excluded(["A01"], excluded=False)
    assert resolve_context(again, "controls").wells == ("A01", "B01")


def test_suggested_controls_are_told_and_not_used():
    plate = make_plate().with_roles({"A01": "unknown", "B01": "unknown"})
    plate = plate.with_column(["A01", "B01"], "suggested_role", "negative_control")
    with pytest.raises(ContextError, match=r"2 wells look like negative controls \('DMSO'\).*--accept-suggestions"):
        resolve_context(plate, "controls")
    assert "2 wells look like negative controls ('DMSO'): not used until you confirm." in context_warnings(
        plate, resolve_context(plate, "plate")
    )
    assert resolve_context(plate.with_suggested_roles(), "controls").wells == ("A01", "B01")


def test_few_controls_point_to_larger_sets():
    plate = with_sets().with_roles({"B01": "treatment"})
    warnings = context_warnings(plate, resolve_context(plate, "controls"))
    assert warnings[-1] == "Plate 'demo' has more controls than these: 'controls:anchors' has 3 wells."
