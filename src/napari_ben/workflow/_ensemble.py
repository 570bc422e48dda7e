"""Several models that answer one question together: any models with the same classes, each with its own statistics."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import ArgumentError
from napari_ben.models import Model, load_model
from napari_ben.plates import Plate
from napari_ben.results import Predictions, softmax
from napari_ben.workflow._config import PredictConfig
from napari_ben.workflow._pixels import share_pixels
from napari_ben.workflow._plan import Plan, plan_prediction
from napari_ben.workflow._record import record_model

Models = Model | str | Path | Sequence[Model | str | Path]


def load_models(models: Models) -> list[Model]:
    """Load whatever is not loaded yet; one model is a list of one."""
    several = [models] if isinstance(models, (Model, str, Path)) else models
    return [model if isinstance(model, Model) else load_model(model) for model in several]


def plan_ensemble(plate: Plate, models: Sequence[Model], config: PredictConfig) -> Plan:
    """Plan a run of one model, or of several that answer together.

    Raises
    ------
    ArgumentError
        When the models' classes differ, or `plan_prediction` refuses one of them.
    """
    first, *others = models
    for model in others:
        apart = sorted(set(first.card.classes) ^ set(model.card.classes))
        if apart:
            raise ArgumentError(
                f"{first.card.name!r} and {model.card.name!r} cannot answer together: {len(apart)} classes are known "
                f"to one of them only ({', '.join(apart[:4])}{', …' if len(apart) > 4 else ''}).",
                "Choose models of the same classes.",
            )
    plans = [plan_prediction(plate, model, config) for model in models]
    return replace(plans[0], others=tuple(plans[1:]))


def share_all_pixels(plans: Sequence[Plan], experiments: Mapping[str, str]) -> list[Plan]:
    """Let plans of plates that are predicted together measure pixels together, model by model."""
    shared = share_pixels(plans, experiments)
    others = [
        share_pixels(same_model, experiments) for same_model in zip(*(plan.others for plan in plans), strict=True)
    ]
    return [
        replace(plan, others=tuple(own)) if (own := [column[number] for column in others]) else plan
        for number, plan in enumerate(shared)
    ]


def join_predictions(plan: Plan, answers: Sequence[Predictions]) -> Predictions:
    """Put the answers of an ensemble's models together: mean probabilities or logits, embeddings side by side.

    Fields that one of the models could not see are left out.
    """
    keys = [pd.MultiIndex.from_frame(answer.index[["well", "site"]]) for answer in answers]
    common = keys[0]
    for key in keys[1:]:
        common = common[common.isin(key)]
    rows = [key.get_indexer(common) for key in keys]
    wells = [pd.Index(answer.index["well"].drop_duplicates()) for answer in answers]
    seen = pd.Index(common.get_level_values("well")).drop_duplicates()
    orders = [[answer.classes.index(name) for name in answers[0].classes] for answer in answers]
    fields = zip(answers, rows, orders, strict=True)
    logits = [answer.logits[members][:, order] for answer, members, order in fields]
    of_wells = zip(answers, wells, orders, strict=True)
    well_logits = [answer.well_logits[names.get_indexer(seen)][:, order] for answer, names, order in of_wells]
    is_probability = plan.config.ensemble == "probability"
    return replace(
        answers[0],
        logits=_mean(logits, is_probability=is_probability),
        well_logits=_mean(well_logits, is_probability=is_probability),
        embeddings=np.concatenate([answer.embeddings[own] for answer, own in zip(answers, rows, strict=True)], axis=1),
        index=answers[0].index.iloc[rows[0]].reset_index(drop=True),
        statistics=None,
        run={**answers[0].run, "ensemble": [record_model(other).model_dump(mode="json") for other in plan.others]},
    )


def _mean(logits: Sequence[NDArray[np.float32]], *, is_probability: bool) -> NDArray[np.float32]:
    """Logits of the mean probability, or the mean of the logits."""
    values = np.stack(logits).astype(np.float64)
    if not is_probability:
        return np.asarray(values.mean(axis=0), np.float32)
    means = np.mean([softmax(part) for part in values], axis=0)
    return np.asarray(np.log(np.maximum(means, 1e-38)), np.float32)
