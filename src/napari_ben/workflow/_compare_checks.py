"""What is refused before the first run of a comparison, and not after the last."""

from collections.abc import Sequence

from napari_ben.errors import ArgumentError
from napari_ben.plates import resolve_context, select_wells
from napari_ben.workflow._compare_config import UNALIGNED, CompareConfig
from napari_ben.workflow._contenders import Contender, Entrant

__all__ = ["check_comparison"]


def check_comparison(entrants: Sequence[Entrant], contenders: Sequence[Contender], config: CompareConfig) -> None:
    """Refuse before the first run what would be refused after the last.

    Raises
    ------
    ArgumentError
        A plate of reference takes no part, or a plate has no column of that name, or none of the classes in it.
    ContextError
        A plate has no controls to be aligned on.
    """
    _check_reference(entrants, config)
    if config.of_embeddings:
        _check_alignments(entrants, config)
    for column, option in ((config.match, "match"), (config.match and config.compound, "compound")):
        _check_column(entrants, column, f"to match treatments by ({option})")
    _check_column(entrants, config.labels, "with the true class (labels)")
    _check_classes(entrants, contenders, config)


def _check_reference(entrants: Sequence[Entrant], config: CompareConfig) -> None:
    names = [entrant.plate.name for entrant in entrants]
    unknown = [name for name in config.reference if name not in names]
    if unknown:
        raise ArgumentError(
            f"The plate of reference {unknown[0]!r} takes no part; there are {', '.join(names[:8])}.",
            "Name one of these.",
        )
    if config.of_embeddings and set(names) <= set(config.reference):
        raise ArgumentError(
            f"All {len(names)} plates are plates of reference, so none is left to be judged by what is fitted on them.",
            "Name some of them, or none: then each experiment is judged by what was fitted on the others.",
        )


def _check_alignments(entrants: Sequence[Entrant], config: CompareConfig) -> None:
    if len(entrants) < 2:
        raise ArgumentError(
            f"Aligned embeddings are judged by a classifier fitted on other plates, and {entrants[0].plate.name!r} is "
            "the only one.",
            "Compare more plates of the screen, or leave the alignments out.",
        )
    if set(config.of_embeddings) == {UNALIGNED}:
        return
    for plate in (entrant.plate for entrant in entrants):
        controls = resolve_context(plate, "controls").wells
        if config.wells is not None and set(controls).isdisjoint(select_wells(config.wells, plate)):
            raise ArgumentError(
                f"The wells asked for ({config.wells!r}) leave out the negative controls of plate {plate.name!r}, on "
                "which embeddings are aligned.",
                "Ask for these too, such as with role:negative_control; they are not counted in accuracies.",
            )


def _check_column(entrants: Sequence[Entrant], column: str | None, purpose: str) -> None:
    for plate in (entrant.plate for entrant in entrants):
        if column is not None and column not in plate.wells:
            raise ArgumentError(
                f"Plate {plate.name!r} has no column {column!r} {purpose}; it has {', '.join(map(str, plate.wells))}.",
                "Name another column, or attach the platemap that has it.",
            )


def _check_classes(entrants: Sequence[Entrant], contenders: Sequence[Contender], config: CompareConfig) -> None:
    if config.labels is None:
        return
    for entrant in entrants:
        plate = entrant.plate
        wells = list(plate.imaged.index) if config.wells is None else list(select_wells(config.wells, plate))
        found = set(plate.wells.loc[wells, config.labels])
        for contender in contenders:
            classes = contender.model.card.classes
            if found.isdisjoint(classes):
                raise ArgumentError(
                    f"No well of {plate.name!r} has one of the classes of {contender.label!r} in its column "
                    f"{config.labels!r}; the classes are {', '.join(classes[:8])}.",
                    "Name another column, leave the plate out, or choose a model with the classes of this plate.",
                )
