"""What may mislead about a run that is not refused."""

from napari_ben.methods import Method
from napari_ben.models import Model
from napari_ben.plates import Context, Plate, context_warnings
from napari_ben.workflow._config import PredictConfig


def find_cautions(
    plate: Plate, model: Model, method: Method, context: Context | None, config: PredictConfig
) -> tuple[str, ...]:
    """Say in whole sentences what speaks for a second look: about the context, the model and the method."""
    trained = model.card.training.method
    is_plain = trained in ("erm", "unknown")
    over = model.card.scaling.over
    checks = (
        (
            over != "plate",
            f"The model {model.card.name!r} scales pixels by all plates of one {over}: those predicted together with "
            f"this one stand for them, or this plate alone.",
        ),
        (
            context is not None and is_plain,
            f"The model {model.card.name!r} was not trained for adaptation ({trained}): plate statistics may help "
            f"it or hurt it. Compare with the method 'none'.",
        ),
        (
            context is None and not is_plain,
            f"The model {model.card.name!r} was trained with {trained}: without statistics of the plate it works "
            f"outside of what it was trained for.",
        ),
        (
            config.weight is not None and not method.uses_queries,
            f"The method {method.name!r} mixes nothing, so the weight {config.weight} is not used.",
        ),
        (
            context is not None and method.default_context == "plate" and context.kind != "plate",
            f"{method.title} usually takes the whole plate; here it takes {context.text if context else ''!r}.",
        ),
    )
    own = tuple(sentence for applies, sentence in checks if applies)
    return own if context is None else (*context_warnings(plate, context), *own)
