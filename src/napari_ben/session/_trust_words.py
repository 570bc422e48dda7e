"""What is known about the trust in a run, in the words of the bench."""

from collections.abc import Iterable
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_ben.session._words import count_words, seconds_words

if TYPE_CHECKING:
    from napari_ben.models import ModelCard
    from napari_ben.session._trust import Drift, Stability, Trusting, WellEffects

__all__ = ["drift_words", "edge_words", "stability_words", "trusting_line", "wells_words"]

_LEAST_STEADY = 0.8  # "one of five" in the words
_STANDS_OUT = 3.0
_NAMED = 6
_STUDIES = {"stability": "Resampling the context", "wells": "Measuring the wells", "drift": "Comparing statistics"}


def trusting_line(trusting: "Trusting", now: float | None = None) -> str:
    """Say how far a study is, and how long it will take."""
    if trusting.study is None:
        return ""
    if trusting.phase == "cancelling":
        return "Cancelling…"
    words = _STUDIES[trusting.study]
    if trusting.n_laps > 1:
        words += f" · {trusting.lap + 1} of {trusting.n_laps}"
    if trusting.share <= 0:
        return words
    elapsed = (monotonic() if now is None else now) - trusting.started
    return f"{words} · {seconds_words(elapsed / trusting.share * (1 - trusting.share))} left"


def stability_words(stability: "Stability") -> str:
    """Say how many wells hold their class, and which hold it least."""
    table = stability.table
    times = "the one resampled context" if stability.n_resamples == 1 else f"all {stability.n_resamples} resamples"
    steady = int((table["stability"] == 1).sum())
    words = f"{steady:,} of {count_words(len(table), 'well')} keep their class in {times} of the context."
    loose = table.index[table["stability"] < _LEAST_STEADY]
    if not len(loose):
        return f"{words} No well's class hangs on which wells stand for the plate's normal."
    verb = "changes" if len(loose) == 1 else "change"
    return (
        f"{words} {count_words(len(loose), 'well')} {verb} class in more than one of five: there the class hangs on "
        f"which wells stand for the plate's normal. Look at the images before you believe it."
    )


def drift_words(drift: "Drift", card: "ModelCard | None") -> str:
    """Say how far the plate lies from the training, and whether that is usual."""
    if drift.note:
        return drift.note
    name, distance = str(drift.plates.index[0]), float(drift.plates["from_training"].iloc[0])
    own = drift.layers[drift.layers["plate"] == name]
    place = int(own["distance"].to_numpy().argmax())
    most, layer = float(own["distance"].iloc[place]), own["layer"].iloc[place]
    words = (
        f"{name} lies {distance:.2f} standard deviations from the training over all layers, at most "
        f"{most:.2f} (layer {place + 1} of {len(own)}, {layer})."
    )
    return f"{words} {_usual(drift.plates, distance, card)}"


def _usual(plates: pd.DataFrame, distance: float, card: "ModelCard | None") -> str:
    if bool(plates["is_of_training"].iloc[0]):
        return "The model was trained on this plate."
    trained = plates.loc[plates["is_of_training"], "from_training"]
    if len(trained):
        low, high = float(trained.min()), float(trained.max())
        seen = f"{count_words(len(trained), 'plate')} of the training run here: {_range(low, high)}"
        if distance > high:
            return f"That is further than is usual ({seen})."
        return f"That is usual ({seen})."
    if card is None or not card.training.plates:
        return "What is usual is not known: the model does not name the plates of its training."
    return f"What is usual shows when a plate of the training is run here too, such as {card.training.plates[0]}."


def _range(low: float, high: float) -> str:
    return f"{low:.2f}" if round(low, 2) == round(high, 2) else f"{low:.2f}–{high:.2f}"


def edge_words(effects: "WellEffects | None") -> str:
    """Say how the wells at the edge differ from those inside."""
    if effects is None:
        return "How the edge differs from the inside is known when the wells are measured."
    if effects.edge is None:
        return "The wells that were measured lie all at the plate's edge, or all inside: the two cannot be compared."
    distance = float(np.sqrt((effects.edge["distance"] ** 2).mean()))
    words = f"Wells at the edge and inside lie {distance:.2f} standard deviations apart over all layers."
    low, high = float(effects.chance.min()), float(effects.chance.max())
    as_many = f"as many wells drawn at random and the others lie {_range(low, high)} apart"
    if distance > high:
        return f"{words} That is more than chance ({as_many}): the edge differs."
    return f"{words} That is no more than chance ({as_many})."


def wells_words(effects: "WellEffects", left_out: Iterable[str] = ()) -> str:
    """Say which wells move the statistics most, and how many of those that were measured are left out by now."""
    n_left_out = len(effects.influence.index.intersection(list(left_out)))
    if not n_left_out:
        return _influence_words(effects)
    verb = "is" if n_left_out == 1 else "are"
    since = f"{count_words(n_left_out, 'well')} of this run {verb} left out by now: press Run to see what that changes."
    return f"{_influence_words(effects)} {since}"


def _influence_words(effects: "WellEffects") -> str:
    table = effects.influence
    odd = table.index[table["times_typical"] > _STANDS_OUT]
    count = f"{count_words(len(table), 'well')} measured."
    if not len(odd):
        most = float(table["times_typical"].iloc[0])
        return f"{count} None stands out: {table.index[0]} moves the statistics most, {most:.1f} times as far as usual."
    names = ", ".join(map(str, odd[:_NAMED])) + (f" and {len(odd) - _NAMED} more" if len(odd) > _NAMED else "")
    verb = "moves" if len(odd) == 1 else "move"
    return (
        f"{count} {names} {verb} the statistics more than {_STANDS_OUT:.0f} times as far as the typical well: look at "
        f"the images, and leave out what is debris or out of focus."
    )
