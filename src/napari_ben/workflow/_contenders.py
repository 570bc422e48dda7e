"""Who takes part in a comparison: models with their labels and seeds, plates with their groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_ben.errors import ArgumentError
from napari_ben.models import Model, load_model
from napari_ben.plates import Plate, Screen
from napari_ben.readers import open_screen
from napari_ben.workflow._open import Plates

__all__ = ["Contender", "Entrant", "find_contenders", "find_entrants"]

_GROUP_COLUMNS = ("split", "experiment")


@dataclass(frozen=True, eq=False)
class Contender:
    """A model in a comparison.

    Parameters
    ----------
    label
        As in tables; models of one label are seeds of one recipe.
    seed
        Number among the models of its label.
    model
        The model.
    """

    label: str
    seed: int
    model: Model


@dataclass(frozen=True, eq=False)
class Entrant:
    """A plate in a comparison.

    Parameters
    ----------
    plate
        The plate.
    group
        The plates it is averaged with, such as those of a new batch.
    experiment
        The plates it shares its batch with; heads are never fitted on these.
    """

    plate: Plate
    group: str
    experiment: str


def find_contenders(models: Sequence[str | Path | Model]) -> tuple[Contender, ...]:
    """Load models; ``LABEL=MODEL`` gives a model a label, and models of one label are seeds.

    Raises
    ------
    ArgumentError
        When two models share a name that was not given as a label.
    """
    named = [_labelled(model) for model in models]
    found: list[Contender] = []
    for label, is_given, model in named:
        earlier = [other for other in found if other.label == label]
        if earlier and not is_given:
            raise ArgumentError(
                f"Two models are called {label!r}.", f"Say that they are seeds of one recipe: {label}=FILE for each."
            )
        found.append(Contender(label, len(earlier), model))
    return tuple(found)


def find_entrants(plates: Plates, column: str | None = None) -> tuple[Entrant, ...]:
    """Open plates and find their groups.

    Parameters
    ----------
    plates
        A plate, a screen, paths of either, or several.
    column
        Of the screen's table of plates, or of the platemaps where a plate has one value; ``split``, else
        ``experiment``, when None.

    Raises
    ------
    SelectionError
        When there is no such column, or the wells of a plate differ in it.
    """
    if isinstance(plates, Plate):
        return (Entrant(plates, plates.experiment, plates.experiment),)
    if isinstance(plates, Screen):
        return _of_screen(plates, column)
    if isinstance(plates, (str, Path)):
        return _of_screen(open_screen(plates), column)
    return tuple(entrant for item in plates for entrant in find_entrants(item, column))


def _labelled(model: str | Path | Model) -> tuple[str, bool, Model]:
    if isinstance(model, Model):
        return model.card.name, False, model
    label, sign, name = str(model).partition("=")
    if sign and not Path(str(model)).exists():
        return label.strip(), True, load_model(name.strip())
    loaded = load_model(model)
    return loaded.card.name, False, loaded


def _of_screen(screen: Screen, column: str | None) -> tuple[Entrant, ...]:
    table = screen.table
    name = column or next((name for name in _GROUP_COLUMNS if name in table and table[name].nunique() > 1), None)
    groups = screen.values(name) if name else ("",) * len(screen)
    experiments = screen.values("experiment")
    return tuple(Entrant(*facts) for facts in zip(screen, groups, experiments, strict=True))
