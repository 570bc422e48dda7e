"""Changes of the state that wishes and arrivals share."""

from dataclasses import replace
from types import MappingProxyType

from napari_ben.plates import Plate
from napari_ben.session._parts import Notice, StepName
from napari_ben.session._state import SessionState


def with_notice(state: SessionState, notice: Notice) -> SessionState:
    """Show a notice at its step, in place of an older one."""
    return replace(state, notices=MappingProxyType({**state.notices, notice.step: notice}))


def without_notice(state: SessionState, step: StepName) -> SessionState:
    """Take the notice of a step away."""
    left = {name: notice for name, notice in state.notices.items() if name != step}
    return replace(state, notices=MappingProxyType(left))


def with_plate(state: SessionState, plate: Plate) -> SessionState:
    """Replace a plate by another version of itself, in the screen too."""
    screen = state.screen
    if screen is not None:
        plates = tuple(plate if known.path == plate.path else known for known in screen.plates)
        screen = replace(screen, plates=plates)
    return replace(state, plate=plate, screen=screen)
