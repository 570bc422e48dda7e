"""The wells that stand for a plate's normal, and what speaks against them.

Refusals come here, before anything is computed: a context that cannot give statistics is an error, one that may give
misleading statistics is a warning in words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from napari_ben.errors import ContextError
from napari_ben.plates._controls import control_wells, is_controls, other_controls
from napari_ben.plates._names import find_well
from napari_ben.plates._selection import format_selection, named_wells, select_wells
from napari_ben.plates._tables import sort_wells

if TYPE_CHECKING:
    from napari_ben.plates._plate import Plate

ContextKind = Literal["plate", "controls", "wells"]
FEW_IMAGES = 16
DOMINANT_SHARE = 0.5
SMALLEST_WITH_AN_INSIDE = 24
"""Wells of the smallest format of which the inner wells are more than an exception."""


@dataclass(frozen=True)
class Context:
    """Wells whose images give the statistics.

    Parameters
    ----------
    kind
        How they were chosen.
    wells
        Sorted by position; all have images.
    text
        What `resolve_context` turns into the same context on the same plate.
    n_images
        Fields in these wells.
    """

    kind: ContextKind
    wells: tuple[str, ...]
    text: str
    n_images: int

    def describe(self, plate: "Plate") -> str:
        """One line for a person, such as ``64 wells, 256 images, 1 treatment (DMSO)``."""
        wells = plate.wells.loc[list(self.wells)]
        treatments = [str(name) for name in wells["treatment"].unique() if name]
        named, noun = treatments, "treatment"
        if not treatments:
            named, noun = [str(role).replace("_", " ") for role in wells["role"].unique()], "role"
        names = ", ".join(named[:3]) + (", …" if len(named) > 3 else "")
        counts = (_count(len(self.wells), "well"), _count(self.n_images, "image"), _count(len(named), noun))
        return f"{', '.join(counts)} ({names})"


def resolve_context(plate: "Plate", context: str | Iterable[str]) -> Context:
    """Resolve what a person asked for into wells.

    Parameters
    ----------
    plate
        The plate.
    context
        ``"plate"`` (all wells with images but empty and excluded ones), ``"controls"`` (the negative controls),
        ``"controls:positive"``, ``"controls:all"``, ``"controls:"`` and the name of a control set, a selection such as
        ``"A1-C12, !B3"``, or wells.

    Raises
    ------
    ContextError
        When there is no such well, a well named has no image, or only one image would be left.
    SelectionError
        When the selection cannot be read.
    """
    if context == "plate":
        return _context("plate", _usable(plate).index, "plate", plate)
    if isinstance(context, str) and is_controls(context):
        return _context("controls", control_wells(plate, context, _usable(plate)), context, plate)
    if isinstance(context, str):
        return _context("wells", _selected(plate, context), context, plate)
    wells = _given(plate, context)
    return _context("wells", wells, format_selection(wells, plate), plate)


def _context(kind: ContextKind, wells: Iterable[str], text: str, plate: "Plate") -> Context:
    chosen = sort_wells(wells)
    n_images = int(plate.wells["n_fields"].reindex(list(chosen)).sum())
    if n_images < 2:
        raise ContextError(
            f"The context {text!r} has {_count(n_images, 'image')} on plate {plate.name!r}; "
            f"statistics of a plate need at least 2.",
            "Choose more wells.",
        )
    return Context(kind, chosen, text, n_images)


def _usable(plate: "Plate") -> pd.DataFrame:
    wells = plate.imaged
    return wells[(wells["role"] != "empty") & ~wells["excluded"].astype(bool)]


def _selected(plate: "Plate", selection: str) -> Iterable[str]:
    wells = select_wells(selection, plate)
    _refuse_unimaged(plate, set(wells) & set(named_wells(selection)))
    return set(wells) & set(plate.imaged.index)


def _given(plate: "Plate", wells: Iterable[str]) -> set[str]:
    spelled = {str(well): find_well(str(well)) for well in wells}
    unknown = [text for text, well in spelled.items() if well not in plate.wells.index]
    if unknown:
        raise ContextError(
            f"{_list(unknown)} of the context {'is' if len(unknown) == 1 else 'are'} not on plate {plate.name!r}.",
            "Choose wells of this plate; the wells of another plate have another normal.",
        )
    chosen = {well for well in spelled.values() if well}
    _refuse_unimaged(plate, chosen)
    return chosen


def _refuse_unimaged(plate: "Plate", wells: set[str]) -> None:
    blank = sort_wells(wells - set(plate.imaged.index))
    if blank:
        raise ContextError(
            f"{_list(blank)} of the context {'has' if len(blank) == 1 else 'have'} no image on plate {plate.name!r}.",
            "Leave it out of the context." if len(blank) == 1 else "Leave them out of the context.",
        )


def context_warnings(plate: "Plate", context: Context) -> tuple[str, ...]:
    """Sentences about what may make the context misleading; none when it looks sound."""
    wells = plate.wells.loc[list(context.wells)]
    fields = plate.fields.iloc[plate.rows_of(context.wells)]
    incomplete = sum(bool(missing) for missing in fields["missing"])
    has_controls = bool((plate.imaged["role"] == "negative_control").any())
    checks = (
        (
            context.n_images < FEW_IMAGES,
            f"Only {context.n_images} images: statistics of so few are noisy. Add wells to the context.",
        ),
        (
            not has_controls,
            "No well of this plate is known as a negative control. Name them in the platemap, or set their role.",
        ),
        (
            incomplete > 0,
            f"{incomplete} of {context.n_images} images lack channels. Export the plate again, or choose other wells.",
        ),
        *_treatment_checks(context, wells),
        _edge_check(plate, context),
    )
    told = tuple(sentence for applies, sentence in checks if applies)
    return (*told, *_alternatives(plate, context))


def _alternatives(plate: "Plate", context: Context) -> tuple[str, ...]:
    """Say which controls wait to be confirmed, and which larger sets there are."""
    waiting = () if context.kind == "controls" else tuple(found.describe() for found in plate.suggestions)
    is_small = context.kind == "controls" and context.n_images < FEW_IMAGES
    return (*waiting, *(other_controls(plate, _usable(plate), len(context.wells)) if is_small else ()))


def _treatment_checks(context: Context, wells: pd.DataFrame) -> tuple[tuple[bool, str], ...]:
    counts = wells.loc[wells["treatment"] != "", "treatment"].value_counts()
    if counts.empty or (wells["role"] == "negative_control").all():
        return ()
    name, share = counts.index[0], counts.iloc[0] / len(wells)
    return (
        (
            context.kind == "wells" and share == 1,
            f"All wells of the context have one treatment ({name}), which is no negative control: "
            f"its effect will count as the plate's normal. Add wells of other treatments, or take the controls.",
        ),
        (
            context.kind == "plate" and share > DOMINANT_SHARE,
            f"{share:.0%} of the wells have one treatment ({name}): whole-plate statistics will lean towards it. "
            f"Take the controls, or wells among which no treatment prevails.",
        ),
    )


def edge_wells(plate: "Plate") -> tuple[str, ...]:
    """Give the wells with images in the outermost rows and columns of the plate's format."""
    wells = plate.imaged
    is_outer = wells["row"].isin([0, plate.format.rows - 1]) | wells["column"].isin([0, plate.format.columns - 1])
    return tuple(map(str, wells.index[is_outer]))


def _edge_check(plate: "Plate", context: Context) -> tuple[bool, str]:
    """Wells at the edge dry out and warm up first, so that they are no normal for the wells inside."""
    edge = set(edge_wells(plate))
    noun = "controls" if context.kind == "controls" else "wells of the context"
    has_inside = plate.format.n_wells >= SMALLEST_WITH_AN_INSIDE and len(edge) < len(plate.imaged)
    return (
        context.kind != "plate" and has_inside and set(context.wells) <= edge,
        f"All {noun} lie at the plate's edge, which dries out and warms up first: what the edge does will count as the "
        f"plate's normal. Add wells from the inside, or take the whole plate.",
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _list(wells: Iterable[str]) -> str:
    names = list(wells)
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return f"{'Well' if len(names) == 1 else 'Wells'} {shown}"
