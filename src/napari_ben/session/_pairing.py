"""Which context goes with which method.

The dock asks for both, and some pairs make no sense: BEN *is* the whole plate as one batch. The choice made last wins
and the other one moves to what fits, so that no combination that a person can click is refused.
"""

from dataclasses import replace

from napari_ben.session._parts import ContextChoice, ContextKind
from napari_ben.session._state import SessionState

_FITTING: dict[str, tuple[ContextKind, ...]] = {
    "none": (),
    "ben": ("plate",),
    "controls": ("controls", "wells"),
    "cs-arm-bn": ("controls", "wells"),
    "arm-bn": ("plate",),
    "custom": ("wells",),
}
_USUAL: dict[ContextKind, str] = {"plate": "ben", "controls": "cs-arm-bn", "wells": "custom"}


def with_method(state: SessionState, method: str) -> SessionState:
    """Choose a method; the context moves when it does not fit."""
    kinds = _FITTING[method]
    choice = state.choice if not kinds or state.choice.kind in kinds else _choice(state, kinds[0])
    return replace(state, method=method, wished_method=method, choice=choice)


def with_context(state: SessionState, kind: ContextKind) -> SessionState:
    """Choose a kind of context; the method moves when it does not fit."""
    method = state.method if kind in _FITTING[state.method] else _USUAL[kind]
    return replace(state, method=method, wished_method=method, choice=_choice(state, kind))


def for_new_plate(state: SessionState, *, has_controls: bool) -> SessionState:
    """Meet a plate as the person wishes, or as it can be met: wells picked elsewhere mean nothing on it."""
    wish = state.wished_method
    kinds = [kind for kind in _FITTING[wish] if kind != "wells" and (has_controls or kind != "controls")]
    fallback: ContextKind = "controls" if has_controls else "plate"
    kind = state.choice.kind if state.choice.kind in kinds else (*kinds, fallback)[0]
    method = wish if kinds or not _FITTING[wish] else _USUAL[kind]
    return replace(state, method=method, choice=ContextChoice(kind))


def with_selection(state: SessionState, wells: tuple[str, ...]) -> SessionState:
    """Select wells; a context that follows the selection becomes these wells."""
    choice = replace(state.choice, wells=wells) if state.choice.is_following else state.choice
    return replace(state, selected=wells, choice=choice)


def _choice(state: SessionState, kind: ContextKind) -> ContextChoice:
    if kind == "wells":
        return ContextChoice("wells", state.selected, is_following=True)
    return ContextChoice(kind)
