"""What a person may wish to know before a run is trusted."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from napari_ben.methods import METHODS
from napari_ben.models import Model
from napari_ben.session._changes import with_notice, with_plate
from napari_ben.session._lanes import Lanes
from napari_ben.session._parts import Notice
from napari_ben.session._state import SessionState
from napari_ben.session._trust import begun, comparable, run_key, trust_of
from napari_ben.session._trust_work import Studied, drift_work, stability_work, wells_work

if TYPE_CHECKING:
    from napari_ben.results import Predictions

N_RESAMPLES = 10


class TrustWishes(Lanes):
    """Wishes about the trust in the run that is shown."""

    def check_stability(self, n_resamples: int = N_RESAMPLES) -> None:
        """Repeat the run with contexts whose wells are drawn anew."""
        if (studied := self._studied()) is not None:
            self._set(trusting=begun("stability", n_resamples))
            work = stability_work(studied, n_resamples, self._shared_cache())
            self._want("trust", f"Resampling the context of {studied.plate.name}", work)

    def measure_wells(self) -> None:
        """Measure what each well contributes to the statistics of the run."""
        if (studied := self._studied()) is not None:
            self._set(trusting=begun("wells"))
            work = wells_work(studied, self._shared_cache())
            self._want("trust", f"Measuring the wells of {studied.plate.name}", work)

    def measure_drift(self) -> None:
        """Compare the statistics of the run with the training's and other plates'; nothing is run for it."""
        by_plate = comparable(self._state)
        if by_plate and (studied := self._studied()) is not None and studied.predictions.plate_name in by_plate:
            self._set(trusting=begun("drift"))
            self._want("trust", "Comparing statistics", drift_work(studied.key, studied.model, by_plate))

    def needs_drift(self) -> bool:
        """Whether there is a plate that the comparison of statistics does not know yet."""
        drift = trust_of(self._state).drift
        return set(comparable(self._state)) != set(() if drift is None else drift.plates.index)

    def stop_trusting(self) -> None:
        """Stop a study; what it has found so far stays."""
        if self._state.trusting.phase == "running":
            self._set(trusting=replace(self._state.trusting, phase="cancelling"))
            self.unwanted.emit("trust")

    def leave_out(self, wells: Iterable[str], *, left_out: bool = True) -> None:
        """Leave wells out of every context on this plate, or take them in again."""
        state, chosen = self._state, tuple(wells)
        if state.plate is None or self._refuse_while_running("trust"):
            return
        state = with_plate(state, state.plate.with_excluded(chosen, excluded=left_out))
        kept = tuple(well for well in state.choice.wells if not (left_out and well in chosen))
        self._become(replace(state, choice=replace(state.choice, wells=kept, is_following=False)))

    def _studied(self) -> Studied | None:
        """Give the run that is shown, or say why it cannot be studied."""
        state = self._state
        plate, predictions = state.plate, state.predictions
        if plate is None or predictions is None or state.trusting.phase != "idle":
            return None
        if self._refuse_while_running("trust"):
            return None
        model = _model_of(state, predictions)
        if model is None:
            name = predictions.run.get("model", {}).get("name", "another model")
            remedy = "Choose it in the Model step, or run the plate with the model chosen now."
            notice = Notice("trust", f"This run was made with {name}, which is not loaded now.", remedy)
            self._become(with_notice(state, notice))
            return None
        self._forget("trust")
        return Studied(run_key(plate.path, plate.view, predictions), predictions, plate, model)


def _model_of(state: SessionState, predictions: "Predictions") -> Model | None:
    taught = None if state.taught is None else state.taught.model
    wanted = predictions.run.get("model", {}).get("sha256")
    return next((model for model in (state.model, taught) if model is not None and model.sha256 == wanted), None)


def trust_refusal(state: SessionState) -> str:
    """Say what must be done before anything can be said about trust; empty when nothing."""
    if state.plate is None:
        return "Open a plate and run a model on it: this window is about how far that run can be trusted."
    if state.predictions is None:
        return "Run a model on this plate first: this window is about how far that run can be trusted."
    if not state.predictions.complete:
        return "This run has not finished. Let it finish, or run again: only a whole run can be studied."
    method = METHODS.get(str(state.predictions.run.get("config", {}).get("method", "")))
    if method is not None and method.name == "none":
        return (
            "This run took no statistics from the plate, so no choice of wells moved it, and nothing could drift. "
            "Run a method that adapts, such as CS-ARM-BN or BEN."
        )
    if method is not None and method.in_sets:
        return (
            f"{method.title} takes statistics from many small sets of images and not from one context, so there is "
            f"nothing to resample. Run a method with one context, such as CS-ARM-BN or BEN."
        )
    return ""
