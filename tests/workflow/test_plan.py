from dataclasses import replace

import numpy as np
import pytest

from napari_ben.errors import ArgumentError, ChannelError, ContextError, MethodError, NapariBenError, SelectionError
from napari_ben.models import Model, Scaling
from napari_ben.plates import Plate
from napari_ben.workflow import PredictConfig, make_config, plan_prediction

from .conftest import make_model

N_FIELDS = 24
SIZES = {
    "none": ({"method": "none"}, 0, 24),
    "ben takes all but the empty well": ({"method": "ben"}, 22, 24),
    "controls": ({"method": "controls"}, 6, 24),
    "cs-arm-bn adds the queries": ({"method": "cs-arm-bn"}, 22, 24),
    "custom": ({"method": "custom", "context": "A1-A2"}, 4, 24),
    "fewer queries are fewer images in the mixture": ({"method": "cs-arm-bn", "wells": "B2, C4"}, 8, 4),
    "fewer queries leave the whole plate as it is": ({"method": "ben", "wells": "B2"}, 22, 2),
    "wells as a tuple": ({"method": "custom", "context": ("A1", "b-2")}, 4, 24),
}


@pytest.mark.parametrize(("options", "n_statistics", "n_rows"), SIZES.values(), ids=SIZES)
def test_a_plan_knows_its_cost(counted: Plate, model: Model, options: dict, n_statistics: int, n_rows: int) -> None:
    plan = plan_prediction(counted, model, PredictConfig(**options))
    assert (len(plan.statistics_rows), len(plan.rows)) == (n_statistics, n_rows)
    assert plan.forward_passes == n_statistics + n_rows
    assert counted.source.reads == []


def test_tiles_multiply_the_cost(plate: Plate) -> None:
    tiled = make_model(tiling={"size": (16, 16), "fit": "tiles"})
    assert plan_prediction(plate, tiled, PredictConfig(method="controls")).forward_passes == 4 * (6 + 24)


def test_wells_come_in_their_order_on_the_plate_whatever_the_order_of_fields(plate: Plate, model: Model) -> None:
    shuffled = replace(plate, fields=plate.fields.iloc[::-1].reset_index(drop=True))
    plan = plan_prediction(shuffled, model, PredictConfig(method="none"))
    assert plan.wells == tuple(plate.wells.index)


REFUSED = {
    "unknown method": (
        {"method": "adabn"},
        MethodError,
        r"no method 'adabn'; there are none, ben, cs-arm-bn, controls",
    ),
    "custom without wells": ({"method": "custom"}, ContextError, "wells that you choose, and none were chosen"),
    "unknown channel": ({"channels": {"DNA": "w9"}}, ChannelError, "has no channel 'w9'"),
    "unreadable selection": ({"context": "A1-"}, NapariBenError, "A1-"),
    "context of one image": ({"context": "A1", "wells": "A1"}, ContextError, "has 1 image on plate 'P1'"),
    "nothing to predict": ({"wells": "role:positive_control"}, SelectionError, "positive_control"),
}


@pytest.mark.parametrize(("options", "kind", "match"), REFUSED.values(), ids=REFUSED)
def test_refusals_come_in_words_before_any_pixel(model: Model, options: dict, kind: type, match: str) -> None:
    from .conftest import CountingSource, make_plate

    plate = make_plate(n_fields=1)
    counted = replace(plate, source=CountingSource(plate.source))
    with pytest.raises(kind, match=match):
        plan_prediction(counted, model, PredictConfig(**options))
    assert counted.source.reads == []


def test_no_controls_is_refused_in_words(plate: Plate, model: Model) -> None:
    wells = plate.wells.assign(role="treatment")
    with pytest.raises(ContextError, match="has no negative control well with images"):
        plan_prediction(replace(plate, wells=wells), model, PredictConfig())


OPTIONS = {
    "no such option": ({"methods": "ben"}, "no option 'methods'"),
    "weight above one": ({"weight": 1.5}, "'weight' cannot be 1.5"),
    "weight in words": ({"weight": "half"}, "'weight' cannot be 'half'"),
    "no chunk": ({"chunk_size": 0}, "'chunk_size' cannot be 0"),
    "variance": ({"variance": "robust"}, "'variance' cannot be 'robust'"),
}


@pytest.mark.parametrize(("options", "match"), OPTIONS.values(), ids=OPTIONS)
def test_options_are_checked(options: dict, match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        make_config(PredictConfig, **options)


WEIGHTS = {
    "asked for": (0.2, 0.5, 0.5),
    "of the model": (0.2, None, 0.2),
    "of the method": (None, None, pytest.approx(2 / 3)),
    "count": (0.2, "count", "count"),
    "zero is a weight": (0.2, 0.0, 0.0),
}


@pytest.mark.parametrize(("trained", "asked", "expected"), WEIGHTS.values(), ids=WEIGHTS)
def test_the_weight_of_the_controls(plate: Plate, trained: float | None, asked: object, expected: object) -> None:
    plan = plan_prediction(plate, make_model(control_weight=trained), PredictConfig(weight=asked))
    assert plan.weight == expected


def lacking(plate: Plate, wells: tuple[str, ...], channels: tuple[str, ...]) -> Plate:
    missing = [channels if well in wells else () for well in plate.fields["well"]]
    return replace(plate, fields=plate.fields.assign(missing=missing))


def test_fields_without_a_channel_are_left_out_and_stated(plate: Plate, model: Model) -> None:
    plan = plan_prediction(lacking(plate, ("A01", "B02"), ("Mito",)), model, PredictConfig())
    assert "A01" not in plan.wells
    assert len(plan.context_rows) == 4
    assert plan.problems == ("4 of 24 fields lack Mito and are left out (wells A01, B02).",)


def test_a_channel_that_the_model_does_not_need_may_be_missing(plate: Plate) -> None:
    model = make_model(channels=("DNA", "ER", "nuclei 2"))
    missing = lacking(plate, ("A01",), ("Mito",))
    plan = plan_prediction(missing, model, PredictConfig(channels={"nuclei 2": "DNA", "DNA": "DNA"}))
    assert plan.problems == ()
    assert plan.channels == (0, 1, 0)


def test_a_plate_without_the_channel_is_refused(plate: Plate, model: Model) -> None:
    with pytest.raises(ChannelError, match="None of the 24 fields of plate 'P1' has all channels"):
        plan_prediction(lacking(plate, tuple(plate.wells.index), ("ER",)), model, PredictConfig())


def test_a_context_that_lacks_channels_is_refused(plate: Plate, model: Model) -> None:
    with pytest.raises(ContextError, match=r"'controls' has 0 images with all of the model's channels"):
        plan_prediction(lacking(plate, ("A01", "B01", "C01"), ("ER",)), model, PredictConfig())


WARNINGS = {
    "erm model adapted": ("erm", {"method": "ben"}, "was not trained for adaptation"),
    "adaptive model not adapted": ("cs-arm-bn", {"method": "none"}, "without statistics of the plate"),
    "idle weight": ("ben", {"method": "ben", "weight": 0.5}, "the weight 0.5 is not used"),
    "idle prior": ("arm-bn", {"method": "arm-bn", "pseudo_images": 16}, "has no one context for the plate"),
    "idle subset": ("erm", {"method": "none", "context_images": 8}, "has no one context for the plate"),
    "part of the plate": ("ben", {"method": "ben", "context": "controls"}, "usually takes the whole plate"),
}


@pytest.mark.parametrize(("trained", "options", "match"), WARNINGS.values(), ids=WARNINGS)
def test_what_may_mislead_is_said(plate: Plate, trained: str, options: dict, match: str) -> None:
    plan = plan_prediction(plate, make_model(method=trained), PredictConfig(**options))
    assert any(match in warning for warning in plan.warnings)


@pytest.mark.parametrize(
    ("classes", "context", "is_warned"),
    [
        (["actin"] * 8 + ["tubulin"] * 4, None, True),
        (["actin"] * 5 + ["tubulin"] * 5 + ["DMSO"] * 2, None, False),
        (["actin"] * 8 + ["tubulin"] * 4, "controls", False),
        (["something else"] * 12, None, False),
    ],
)
def test_a_whole_plate_of_mostly_one_class_is_said(
    plate: Plate, model: Model, classes: list[str], context: str | None, is_warned: bool
) -> None:
    known = replace(plate, wells=plate.wells.assign(mechanism=classes))
    plan = plan_prediction(known, model, PredictConfig(method="ben", context=context))
    told = [words for words in plan.warnings if "are of one class (actin, column 'mechanism')" in words]
    assert bool(told) == is_warned


def test_whatever_may_mislead_says_what_to_do(plate: Plate) -> None:
    model = make_model(method="erm", scaling=Scaling(kind="plate", over="experiment"))
    config = PredictConfig(method="ben", context="A2-A3", weight=0.5)
    warnings = plan_prediction(plate, model, config).warnings
    assert len(warnings) == 6
    assert all(len(words.split(". ")) == 2 for words in warnings)


def test_a_plan_describes_itself(plate: Plate, model: Model) -> None:
    plan = plan_prediction(plate, model, PredictConfig())
    assert plan.describe() == (
        "CS-ARM-BN on 12 wells, 24 images with statistics of 3 wells, 6 images, 1 treatment (DMSO)"
    )
    assert np.array_equal(plan.context_rows, plate.rows_of(["A01", "B01", "C01"]))


def test_some_of_the_fields_are_predicted_and_form_statistics(plate: Plate, model: Model) -> None:
    numbers = sorted(set(plate.fields["field"]))
    plan = plan_prediction(plate, model, PredictConfig(method="ben", fields=(numbers[0],)))
    whole = plan_prediction(plate, model, PredictConfig(method="ben"))
    assert 2 * len(plan.rows) == len(whole.rows)
    assert 2 * len(plan.statistics_rows) == len(whole.statistics_rows)
    assert set(plate.fields["field"].iloc[[*plan.rows, *plan.statistics_rows]]) == {numbers[0]}
    assert plan.problems == ()
    with pytest.raises(SelectionError, match=r"has no field 99; there is \d"):
        plan_prediction(plate, model, PredictConfig(fields=(99,)))
