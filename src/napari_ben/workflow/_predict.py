"""Predict a plate, or every plate of a screen, in one call."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, overload

from napari_ben.plates import Plate, Screen
from napari_ben.readers import open_plate
from napari_ben.results import Predictions
from napari_ben.workflow._config import PredictConfig, make_config
from napari_ben.workflow._ensemble import Models, load_models, plan_ensemble, share_all_pixels
from napari_ben.workflow._inputs import InputCache
from napari_ben.workflow._run import drain, run_prediction


@overload
def predict(
    plate: Plate | str | Path,
    model: Models,
    method: str = ...,
    context: str | Sequence[str] | None = ...,
    **options: Any,
) -> Predictions: ...


@overload
def predict(
    plate: Screen,
    model: Models,
    method: str = ...,
    context: str | Sequence[str] | None = ...,
    **options: Any,
) -> Mapping[str, Predictions]: ...


def predict(
    plate: Plate | Screen | str | Path,
    model: Models,
    method: str = "cs-arm-bn",
    context: str | Sequence[str] | None = None,
    **options: Any,
) -> Predictions | Mapping[str, Predictions]:
    """Predict a plate.

    Parameters
    ----------
    plate
        A plate, the path of one, or a screen, each plate of which is predicted with statistics of its own.
    model
        A model, its name, or its file; or several, which then answer together.
    method
        A name of `METHODS`.
    context
        ``plate``, ``controls``, ``controls:positive`` or another set of controls, a selection such as ``A1-C12, !B3``,
        or wells; the method's own when None.
    **options
        Any other field of `PredictConfig`.

    Returns
    -------
    Predictions, or mapping of plate name to Predictions
        The latter for a screen.

    Raises
    ------
    NapariBenError
        When the run is refused or cannot be finished; see `plan_prediction` and `run_prediction`.
    """
    config = make_config(PredictConfig, method=method, context=context, **options)
    networks = load_models(model)
    if isinstance(plate, Screen):
        plans = [plan_ensemble(member, networks, config) for member in plate.ready_for(context)]
        plans = share_all_pixels(plans, dict(plate.table["experiment"]))
        return {plan.plate.name: drain(run_prediction(plan)) for plan in plans}
    target = plate if isinstance(plate, Plate) else open_plate(plate)
    return drain(run_prediction(plan_ensemble(target, networks, config), InputCache(config.cache_bytes)))
