"""How the state changes when work comes back: pure functions, in a table for what is yielded and one for results."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from napari_ben.models import Model
from napari_ben.readers import PatternPreview
from napari_ben.results import Predictions
from napari_ben.session._changes import with_notice, with_plate, without_notice
from napari_ben.session._layouts import with_turned_pca
from napari_ben.session._parts import SPLIT, Kept, Notice, RunState
from napari_ben.session._plate_arrivals import came, opening
from napari_ben.session._run_arrivals import laid_out, predicted, ran_on, settled, with_run
from napari_ben.session._runs import RunPair
from napari_ben.session._screen_arrivals import screen_at_rest, with_known, with_screen_step
from napari_ben.session._screen_words import screen_end_words
from napari_ben.session._screen_work import ScreenNews
from napari_ben.session._state import SessionState
from napari_ben.session._tasks import Lane, RunStep
from napari_ben.session._train_work import Stopped, with_epoch
from napari_ben.session._trust import Trusting, on_trust_step, with_found
from napari_ben.workflow import PlateOutcome, Progress, ScreenResults, Taught, join_quality

if TYPE_CHECKING:
    from napari_ben.session._align import Aligned
    from napari_ben.training import Epoch, Split

Arrival = Callable[[SessionState, Any], SessionState]


def on_step(state: SessionState, lane: Lane, value: Any) -> SessionState:
    """Take what a task of this lane yielded; most yield nothing to show."""
    return _STEPS[lane](state, value) if lane in _STEPS else state


def on_result(state: SessionState, lane: Lane, value: Any) -> SessionState:
    """Take what a task of this lane returned."""
    state = at_rest(state, lane)
    return _RESULTS[lane](state, value) if lane in _RESULTS else state


def at_rest(state: SessionState, lane: Lane) -> SessionState:
    """Forget that a task of this lane was under way, however it ended."""
    return _AT_REST[lane](state) if lane in _AT_REST else state


def _loaded(state: SessionState, model: Model) -> SessionState:
    return replace(without_notice(state, "model"), model=model, overrides=MappingProxyType({}))


def _ran(state: SessionState, predictions: Predictions) -> SessionState:
    predictions = with_turned_pca(predictions, state.placed)
    if not predictions.complete:
        wells = predictions.index["well"].nunique()
        state = with_notice(state, Notice("method", f"Cancelled; what was finished is kept: {wells} wells."))
    if not len(predictions):
        return state
    return predicted(with_run(state, predictions) if predictions.complete else state, predictions)


def _checking(state: SessionState, progress: Progress) -> SessionState:
    return replace(state, quality_note=f"Looked at {progress.done:,} of {progress.total:,} images")


def _checked(state: SessionState, fields: pd.DataFrame | None) -> SessionState:
    if state.plate is None or fields is None:
        return state
    plate = join_quality(state.plate, fields)
    has_flags = bool((plate.wells["quality_flags"] != "").any())
    colour_by = "quality_flags" if has_flags else state.colour_by
    return replace(with_plate(state, plate), quality=fields, colour_by=colour_by)


def _training_on(state: SessionState, epoch: "Epoch") -> SessionState:
    return replace(state, training=with_epoch(state.training, epoch))


def _outlined(state: SessionState, found: "Split | Notice") -> SessionState:
    split = None if isinstance(found, Notice) else found
    colour_by = SPLIT if split is not None and split != state.training.split else state.colour_by
    state = replace(state, training=replace(state.training, split=split), colour_by=colour_by)
    return with_notice(state, found) if isinstance(found, Notice) else state


def _trained(state: SessionState, made: Model | Stopped) -> SessionState:
    if isinstance(made, Stopped):
        said = "Stopped. What was learned until the last whole epoch is kept; press Go on to continue."
        return with_notice(state, Notice("train", said))
    state = replace(state, training=replace(state.training, out=None, config=None))
    return _loaded(with_notice(state, Notice("train", f"Saved as {made.path}. It is chosen in the Model step.")), made)


def _paired(state: SessionState, pair: RunPair) -> SessionState:
    return replace(state, pair=pair)


def _aligning(state: SessionState, step: RunStep) -> SessionState:
    progress = step.progress
    return replace(state, aligning=f"Running without adaptation: {progress.done} of {progress.total} {progress.unit}")


def _aligned(state: SessionState, aligned: "Aligned | None") -> SessionState:
    if aligned is None:
        return state
    for run in aligned.runs:
        state = with_run(state, run)
    return with_notice(state, Notice("compare", aligned.note))


def _exported(state: SessionState, paths: tuple[Any, ...]) -> SessionState:
    return with_notice(state, Notice("results", f"Saved {len(paths)} files to {paths[0].parent}."))


def _taught(state: SessionState, taught: Taught) -> SessionState:
    state = with_run(without_notice(state, "teach"), taught.predictions)
    return replace(predicted(state, taught.predictions), taught=taught)


def _saved_model(state: SessionState, model: Model) -> SessionState:
    state = with_notice(state, Notice("teach", f"Saved as {model.path}. It is chosen in the Model step."))
    return _loaded(state, model)


def _session_saved(state: SessionState, file: Path | None) -> SessionState:
    if file is None:  # a later one took its place
        return state
    return replace(with_notice(state, Notice("plate", f"Session saved as {file}.")), file=file)


def _could_not_keep(state: SessionState, notice: Notice | None) -> SessionState:
    return state if notice is None else with_notice(state, notice)


def _found_kept(state: SessionState, kept: Kept | None) -> SessionState:
    return replace(state, kept=kept if state.predictions is None else None)


def _previewed(state: SessionState, preview: PatternPreview) -> SessionState:
    return replace(state, preview=preview)


def _screen_news(state: SessionState, news: ScreenNews | None) -> SessionState:
    return state if news is None else with_screen_step(state, news.step)


def _screened(state: SessionState, results: ScreenResults | None) -> SessionState:
    return with_notice(state, Notice("screen", screen_end_words(state, results)))


def _surveyed(state: SessionState, known: tuple[PlateOutcome, ...]) -> SessionState:
    return with_known(state, known)


def _recalled(state: SessionState, predictions: Predictions | None) -> SessionState:
    if predictions is None or state.plate is None or state.plate.name != predictions.plate_name:
        return state
    return predicted(with_run(state, predictions), predictions)


def _found_device(state: SessionState, words: str) -> SessionState:
    return replace(state, device=words)


_AT_REST: dict[Lane, Callable[[SessionState], SessionState]] = {
    "plate": lambda state: replace(state, opening=None, opening_note=""),
    "model": lambda state: replace(state, loading=""),
    "run": lambda state: replace(state, run=RunState()),
    "layout": lambda state: replace(state, layout_note=""),
    "quality": lambda state: replace(state, quality_note=""),
    "train": lambda state: replace(state, training=replace(state.training, phase="idle")),
    "align": lambda state: replace(state, aligning=""),
    "trust": lambda state: replace(state, trusting=Trusting()),
    "screen": screen_at_rest,
}
_STEPS: dict[Lane, Arrival] = {
    "plate": opening,
    "run": ran_on,
    "layout": laid_out,
    "quality": _checking,
    "train": _training_on,
    "trust": on_trust_step,
    "align": _aligning,
    "screen": _screen_news,
}
_RESULTS: dict[Lane, Arrival] = {
    "plate": came,
    "model": _loaded,
    "run": _ran,
    "layout": settled,
    "export": _exported,
    "device": _found_device,
    "preview": _previewed,
    "teach": _taught,
    "compare": _paired,
    "quality": _checked,
    "train": _trained,
    "split": _outlined,
    "trust": with_found,
    "align": _aligned,
    "save": _saved_model,
    "session": _session_saved,
    "keep": _could_not_keep,
    "kept": _found_kept,
    "screen": _screened,
    "survey": _surveyed,
    "recall": _recalled,
}
