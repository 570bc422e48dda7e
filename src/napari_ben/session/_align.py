"""Embeddings aligned on controls, as runs that stand beside those of the network."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_ben.errors import NapariBenError
from napari_ben.evaluation import Run, find_label_column
from napari_ben.models import Model
from napari_ben.plates import Plate
from napari_ben.results import Predictions
from napari_ben.session._changes import with_notice
from napari_ben.session._lanes import Lanes
from napari_ben.session._parts import Notice
from napari_ben.session._resolve import predict_config
from napari_ben.session._state import SessionState
from napari_ben.session._tasks import RunStep, run_work
from napari_ben.workflow import CompareConfig, InputCache, align_alone, align_runs, plan_prediction

if TYPE_CHECKING:
    from napari_ben.workflow import Plan

UNADAPTED = "none"


@dataclass(frozen=True, eq=False)
class Aligned:
    """What an alignment brings.

    Parameters
    ----------
    runs
        To be kept: the unadapted run that it starts from, and the aligned one.
    note
        What the classes are from, in words.
    """

    runs: tuple[Predictions, ...]
    note: str


def align_work(
    name: str, base: "Predictions | Plan", experiment: str, others: Sequence[Run], cache: InputCache | None = None
) -> Generator[RunStep, "bool | None", Aligned | None]:
    """Align a plate's embeddings, and classify them by what other plates with known classes say.

    Parameters
    ----------
    name
        Key of `napari_ben.embedding.ALIGNMENTS`.
    base
        The unadapted run of the plate, or how to make it.
    experiment
        Of the plate.
    others
        Unadapted runs of other plates with the same model.
    cache
        Decoded images of earlier runs on this plate.
    """
    run = base if isinstance(base, Predictions) else (yield from run_work(base, cache))
    if not run.complete:
        return None
    shown = Run("", UNADAPTED, run, experiment=experiment)
    labelled = [other for other in others if find_label_column(other.predictions.wells, run.classes) is not None]
    if not labelled:
        alone = align_alone(shown, name)
        return Aligned((run, alone.runs[0].predictions), " ".join((_why_alone(len(others)), *alone.notes)))
    elsewhere = [other for other in labelled if other.experiment != experiment]
    reference = elsewhere or labelled
    names = tuple(other.predictions.plate_name for other in reference)
    found = align_runs([*reference, shown], CompareConfig(methods=(name,), reference=names))
    words = (f"The aligned embeddings are classified by what was learned on {', '.join(names)}.", *found.notes)
    return Aligned((run, found.runs[0].predictions), " ".join(words))


def _why_alone(n_others: int) -> str:
    reason = (
        "no other plate was run with 'No adaptation' and this model"
        if not n_others
        else "no well of the other plates that were run has a known class"
    )
    return (
        f"Only the embedding is aligned, and the classes are still the network's. Aligning turns the axes, so that "
        f"other plates must say what the classes look like, and {reason}. Run 'No adaptation' where classes are known."
    )


class AlignWishes(Lanes):
    """Wishes about aligned embeddings."""

    def align(self, name: str) -> None:
        """Put embeddings aligned on the controls beside the runs of the plate; the unadapted run is made if missing."""
        state = self._state
        if state.plate is None or state.model is None or state.aligning or self._refuse_while_running("compare"):
            return
        self._forget("compare")
        try:
            base = _unadapted(state, state.plate) or _plan(state, state.plate, state.model)
        except NapariBenError as error:
            self._become(with_notice(state, Notice.of("compare", error)))
            return
        self._set(aligning="Aligning the embeddings")
        work = align_work(name, base, _experiment(state, state.plate), _others(state), self._shared_cache())
        self._want("align", f"Aligning {state.plate.name}", work)

    def stop_aligning(self) -> None:
        """Stop; nothing is kept."""
        self._drop("align")


def _plan(state: SessionState, plate: Plate, model: Model) -> "Plan":
    unadapted = replace(state, method=UNADAPTED, weight=None)
    return plan_prediction(plate, model, predict_config(unadapted, None))


def _unadapted(state: SessionState, plate: Plate) -> Predictions | None:
    """Give the latest run of a plate without adaptation and with the model chosen now."""
    model = "" if state.model is None else state.model.sha256
    return next(
        (
            run
            for run in reversed(state.runs.get((plate.path, plate.view), ()))
            if run.run.get("config", {}).get("method") == UNADAPTED
            and run.run.get("model", {}).get("sha256") == model
            and "alignment" not in run.run
        ),
        None,
    )


def _others(state: SessionState) -> list[Run]:
    if state.screen is None or state.plate is None:
        return []
    others = [plate for plate in state.screen.plates if plate.path != state.plate.path]
    runs = [(_unadapted(state, plate), _experiment(state, plate)) for plate in others]
    return [Run("", UNADAPTED, run, experiment=experiment) for run, experiment in runs if run is not None]


def _experiment(state: SessionState, plate: Plate) -> str:
    if state.screen is None or plate.name not in state.screen.table.index:
        return plate.experiment
    return str(state.screen.table.at[plate.name, "experiment"])
