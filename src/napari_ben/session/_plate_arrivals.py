"""How the state changes when a plate or a session is opened."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from napari_ben.session._changes import with_notice, with_plate
from napari_ben.session._pairing import for_new_plate
from napari_ben.session._parts import SPLIT, Moved, Notice
from napari_ben.session._reopened import reopened
from napari_ben.session._reopening import Reopened
from napari_ben.session._screen_state import ScreenRun
from napari_ben.session._state import SessionState
from napari_ben.session._tasks import Opened

_NOTHING: MappingProxyType[Any, Any] = MappingProxyType({})


def came(state: SessionState, value: Opened | Reopened | Moved) -> SessionState:
    """Show what was opened: a plate, a session, or that the plate of a session is gone."""
    match value:
        case Moved():
            problem = f"The plate of the session {value.file.name!r} is no longer at {str(value.source)!r}."
            return with_notice(replace(state, moved=value), Notice("plate", problem, "Say where it lies now."))
        case Reopened():
            return reopened(state, _opened(state, value.opened), value)
        case _:
            return _opened(state, value)


def _opened(state: SessionState, opened: Opened) -> SessionState:
    plate = opened.plate
    state = replace(state, look=None)
    if opened.screen is None and state.plate is not None and state.plate.path == plate.path:
        return replace(with_plate(state, plate), picture=opened.picture)  # another view: the wells stay what they were
    state = replace(
        state,
        screen=opened.screen or state.screen,
        source=opened.source or state.source,
        asked=opened.asked or state.asked,
        file=state.file if opened.screen is None else None,
        moved=None,
        kept=None,
        plate=plate,
        picture=opened.picture,
        selected=(),
        colour_by=SPLIT if opened.screen is None and state.colour_by == SPLIT else "role",
        training=state.training if opened.screen is None else replace(state.training, split=None),
        overrides=_NOTHING,
        labels=_NOTHING,
        taught=None,
        pair=None,
        quality=None,
        notices=_NOTHING,
        screen_run=state.screen_run if opened.screen is None else ScreenRun(),
    )
    has_controls = bool((plate.imaged["role"] == "negative_control").any())
    return for_new_plate(state, has_controls=has_controls)


def opening(state: SessionState, note: str | None) -> SessionState:
    """Say what opening is busy with."""
    return replace(state, opening_note=note or "")
