"""How the state becomes what a session file says: a pure function of both."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from napari_ben.plates import Plate, Screen, View
from napari_ben.results import Predictions
from napari_ben.session._kept import is_kept
from napari_ben.session._reopening import Reopened
from napari_ben.session._saved_record import SavedRun
from napari_ben.session._saved_trust import recall_trust
from napari_ben.session._state import SessionState
from napari_ben.session._trust import Found, run_key, with_found

Key = tuple[Path, View]


def reopened(before: SessionState, opened: SessionState, value: Reopened) -> SessionState:
    """Take a session in.

    Parameters
    ----------
    before
        The state until now; runs of other plates in it stay.
    opened
        The state with the session's plate opened anew.
    value
        What the session file holds.
    """
    record, screen = value.record, value.opened.screen
    is_of_same = screen is not None and before.screen is not None and before.source == opened.source
    state = replace(
        opened,
        screen=_with_edits(screen, before.screen, value.as_saved) if is_of_same else screen,
        file=None if is_kept(value.file) else value.file,
        model=value.model or before.model,
        results=MappingProxyType({**before.results, **_shown(value)}),
        runs=MappingProxyType({**before.runs, **_finished(value)}),
        places=MappingProxyType({**before.places, **{key: run for key, run in _shown(value).items() if run.layouts}}),
        wished_method=record.wished_method,
        weight=record.weight,
        layout=record.points_layout,
        points_by=record.points_by,
        notices=MappingProxyType({notice.step: notice for notice in value.notices}),
    )
    state = _with_trust(state, value)
    is_as_saved = state.plate is not None and state.plate.name in value.as_saved
    return _as_it_was(state, state.plate, value) if is_as_saved and state.plate else state


def _as_it_was(state: SessionState, plate: Plate, value: Reopened) -> SessionState:
    """Take over what is about the shown plate's wells."""
    record, wells = value.record, plate.wells.index
    return replace(
        state,
        look=record.look,
        choice=replace(record.choice, wells=tuple(well for well in record.choice.wells if well in wells)),
        method=record.method,
        overrides=MappingProxyType(dict(record.overrides)),
        selected=tuple(well for well in record.selected if well in wells),
        colour_by=record.colour_by,
        labels=MappingProxyType({well: name for well, name in record.labels.items() if well in wells}),
        taught=value.taught,
        quality=value.quality,
    )


def _with_trust(state: SessionState, value: Reopened) -> SessionState:
    for (path, view), run, saved in _keyed(value):
        for part in recall_trust(saved.trust):
            state = with_found(state, Found(run_key(path, view, run), part))
    return state


def _with_edits(screen: Screen | None, before: Screen | None, as_saved: frozenset[str]) -> Screen | None:
    """Keep of the same screen, open until now, the plates of which the session says nothing."""
    if screen is None or before is None:
        return screen
    known = {plate.path: plate for plate in before}
    plates = (plate if plate.name in as_saved else known.get(plate.path, plate) for plate in screen)
    return replace(screen, plates=tuple(plates))


def _shown(value: Reopened) -> dict[Key, Predictions]:
    return {key: run for key, run, saved in _keyed(value) if saved.is_shown}


def _finished(value: Reopened) -> dict[Key, tuple[Predictions, ...]]:
    runs: dict[Key, list[Predictions]] = defaultdict(list)
    for key, run, saved in _keyed(value):
        if saved.is_finished:
            runs[key].append(run)
    return {key: tuple(kept) for key, kept in runs.items()}


def _keyed(value: Reopened) -> Iterator[tuple[Key, Predictions, SavedRun]]:
    screen = value.opened.screen
    if screen is not None:
        for saved, run in value.runs:
            yield (screen[saved.plate].path, saved.view), run, saved
