"""What is refused before the first run of a comparison, and not after the last."""

from collections.abc import Sequence

from napari_ben.errors import ArgumentError
from napari_ben.plates import resolve_context
from napari_ben.workflow._compare_config import UNALIGNED, CompareConfig
from napari_ben.workflow._contenders import Entrant

__all__ = ["check_alignments", "check_matching"]


def check_alignments(entrants: Sequence[Entrant], config: CompareConfig) -> None:
    """Refuse before the first run what alignments would refuse after the last."""
    names = [entrant.plate.name for entrant in entrants]
    if len(names) < 2:
        raise ArgumentError(
            f"Aligned embeddings are judged by a classifier fitted on other plates, and {names[0]!r} is the only one.",
            "Compare more plates of the screen, or leave the alignments out.",
        )
    unknown = [name for name in config.reference if name not in names]
    if unknown:
        raise ArgumentError(
            f"The plate of reference {unknown[0]!r} takes no part; there are {', '.join(names[:8])}.",
            "Name one of these.",
        )
    if set(config.of_embeddings) != {UNALIGNED}:
        for entrant in entrants:
            resolve_context(entrant.plate, "controls")


def check_matching(entrants: Sequence[Entrant], config: CompareConfig) -> None:
    """Refuse a column that a platemap does not have before the first run."""
    for plate in (entrant.plate for entrant in entrants):
        absent = [name for name in (config.match, config.compound) if name not in plate.wells]
        if absent:
            raise ArgumentError(
                f"Plate {plate.name!r} has no column {absent[0]!r} to match treatments by; it has "
                f"{', '.join(map(str, plate.wells))}.",
                "Name another column with match or compound, or attach the platemap that has it.",
            )
