"""Wish and facts → what can be done, or a refusal at the step where it can be mended."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from napari_ben.session import ContextChoice, SessionState, resolve


def test_nothing_is_refused_before_anything_is_there():
    resolution = resolve(SessionState())
    assert resolution.plan is None
    assert not resolution.refusals


def test_a_plan_follows_from_plate_model_and_controls(plate, model):
    resolution = resolve(SessionState(plate=plate, model=model))
    assert resolution.context.wells == ("A01", "A02", "A03", "A04")
    assert resolution.channels == (1, 0)
    assert resolution.plan.wells[:2] == ("A01", "A02")


@pytest.mark.parametrize(
    ("changes", "step", "words"),
    [
        ({"choice": ContextChoice("wells", (), is_following=True), "method": "custom"}, "context", "No wells"),
        ({"choice": ContextChoice("wells", ("H12",)), "method": "custom"}, "context", "H12"),
        ({"overrides": MappingProxyType({"DNA": "GFP"})}, "model", "GFP"),
    ],
)
def test_a_refusal_names_its_step(plate, model, changes, step, words):
    resolution = resolve(replace(SessionState(plate=plate, model=model), **changes))
    assert resolution.plan is None
    assert words in resolution.refusals[step].problem
    assert resolution.refusals[step].remedy


def test_a_weight_chosen_for_one_method_does_not_follow_to_one_that_mixes_nothing(plate, model):
    state = SessionState(plate=plate, model=model, weight=0.25)
    assert resolve(state).plan.weight == 0.25
    resolution = resolve(replace(state, method="ben", choice=ContextChoice("plate")))
    assert not [words for words in resolution.run_warnings if "weight" in words]


def test_without_adaptation_no_context_is_needed(plate, model):
    no_controls = plate.with_roles(dict.fromkeys(plate.wells.index, "treatment"))
    resolution = resolve(SessionState(plate=no_controls, model=model, method="none"))
    assert resolution.plan is not None
    assert resolution.context is None


def test_guard_rails_speak_before_the_run(plate, model):
    state = SessionState(plate=plate, model=model, choice=ContextChoice("wells", ("B01",)), method="custom")
    assert any("2 images" in words for words in resolve(state).context_warnings)
