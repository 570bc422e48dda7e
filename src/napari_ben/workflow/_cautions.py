"""What may mislead about a run that is not refused."""

from napari_ben.evaluation import find_label_column
from napari_ben.methods import Method
from napari_ben.models import Model
from napari_ben.plates import Context, Plate, context_warnings
from napari_ben.workflow._config import PredictConfig

_DOMINANT_SHARE = 0.5


def find_cautions(
    plate: Plate, model: Model, method: Method, context: Context | None, config: PredictConfig
) -> tuple[str, ...]:
    """Say in whole sentences what speaks for a second look, and what to do: about context, model and method."""
    trained = model.card.training.method
    is_plain = trained in ("erm", "unknown")
    over = model.card.scaling.over
    lesson = model.card.training.settings.get("taught")
    taught = lesson.get("method", config.method) if isinstance(lesson, dict) else config.method
    checks = (
        (
            over != "plate",
            f"The model {model.card.name!r} scales pixels by all plates of one {over}: those predicted together with "
            f"this one stand for them, or this plate alone. Predict the plates of one {over} together.",
        ),
        (
            context is not None and is_plain,
            f"The model {model.card.name!r} was not trained for adaptation ({trained}): plate statistics may help "
            f"it or hurt it. Compare with the method 'none'.",
        ),
        (
            context is None and not is_plain,
            f"The model {model.card.name!r} was trained with {trained}: without statistics of the plate it works "
            f"outside of what it was trained for. Choose a method that takes them from the plate.",
        ),
        (
            taught != config.method,
            f"The classes of the model {model.card.name!r} were taught on a run with the method {taught!r}, and "
            f"this one has {config.method!r}: the network answers otherwise here. Choose the method {taught!r}.",
        ),
        (
            config.weight is not None and not method.uses_queries,
            f"The method {method.name!r} mixes nothing, so the weight {config.weight} is not used. Leave it out.",
        ),
        (
            bool(config.pseudo_images or config.context_images) and (method.default_context is None or method.in_sets),
            f"The method {method.name!r} has no one context for the plate, so neither pseudo_images nor context_images "
            f"means anything to it. Leave them out, or choose 'ben', 'controls' or 'cs-arm-bn'.",
        ),
        (
            context is not None and method.default_context == "plate" and context.kind != "plate",
            f"{method.title} usually takes the whole plate; here it takes {context.text if context else ''!r}. "
            f"Take the whole plate, or the method 'controls' or 'custom'.",
        ),
    )
    own = tuple(sentence for applies, sentence in checks if applies)
    if context is None:
        return own
    return (*context_warnings(plate, context), *_dominated(plate, model, context), *own)


def _dominated(plate: Plate, model: Model, context: Context) -> tuple[str, ...]:
    """Say when most wells of a whole plate are of one class of the model: BEN takes an even mixture for granted."""
    wells = plate.wells.loc[list(context.wells)]
    column = find_label_column(wells, model.card.classes)
    if context.kind != "plate" or column is None:
        return ()
    counts = wells.loc[wells[column].isin(list(model.card.classes)), column].value_counts()
    name, share = counts.index[0], counts.iloc[0] / len(wells)
    if share <= _DOMINANT_SHARE:
        return ()
    return (
        f"{share:.0%} of the wells are of one class ({name}, column {column!r}): whole-plate statistics will lean "
        f"towards it. Take the controls, or wells among which no class prevails.",
    )
