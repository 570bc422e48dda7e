"""Context and method move together, so that nothing a person clicks is refused for its pairing."""

from dataclasses import replace

import pytest

from napari_ben.methods import METHODS
from napari_ben.session import ContextChoice, Session, SessionState
from napari_ben.session._pairing import for_new_plate

START = SessionState(selected=("B01",))


@pytest.mark.parametrize("method", list(METHODS))
def test_every_method_brings_a_context_that_fits(method):
    session = Session(START)
    session.choose_method(method)
    expected = {"ben": "plate", "arm-bn": "plate", "custom": "wells"}.get(method, "controls")
    assert session.state.choice.kind == expected


@pytest.mark.parametrize(("kind", "method"), [("plate", "ben"), ("controls", "cs-arm-bn"), ("wells", "custom")])
@pytest.mark.parametrize("before", ["none", "ben", "custom"])
def test_every_context_brings_a_method_that_fits(kind, method, before):
    session = Session(replace(START, method=before))
    session.choose_context(kind)
    assert session.state.choice.kind == kind
    assert session.state.method == method


@pytest.mark.parametrize("method", ["controls", "cs-arm-bn"])
def test_controls_may_be_picked_by_hand(method):
    session = Session(replace(START, method=method))
    session.choose_context("wells")
    assert session.state.method == method
    assert session.state.choice == ContextChoice("wells", ("B01",), is_following=True)


@pytest.mark.parametrize(
    ("wish", "has_controls", "method", "kind"),
    [
        ("cs-arm-bn", True, "cs-arm-bn", "controls"),
        ("cs-arm-bn", False, "ben", "plate"),
        ("controls", False, "ben", "plate"),
        ("ben", True, "ben", "plate"),
        ("custom", True, "cs-arm-bn", "controls"),
        ("custom", False, "ben", "plate"),
        ("none", True, "none", "controls"),
        ("none", False, "none", "plate"),
    ],
)
def test_a_new_plate_is_met_as_wished_or_as_it_can_be(wish, has_controls, method, kind):
    state = for_new_plate(replace(START, wished_method=wish, method="ben"), has_controls=has_controls)
    assert (state.method, state.choice) == (method, ContextChoice(kind))
    assert state.wished_method == wish
