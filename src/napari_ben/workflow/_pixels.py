"""A plate's own pixel mean and deviation, for models that are scaled by them (DeepNoise, arXiv 2209.05772).

Or those of all plates of its experiment or cell type, where the model asks for it and they are predicted together.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from napari_ben.errors import PlateError
from napari_ben.models import ChannelStatistics, PixelMoments
from napari_ben.workflow._inputs import InputCache
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Progress


@dataclass(frozen=True, eq=False)
class PixelGroup:
    """Plates whose pixels are measured together.

    Parameters
    ----------
    plans
        One a plate.
    known
        What has been measured already, by plate.
    """

    plans: tuple[Plan, ...]
    known: dict[str, PixelMoments] = field(default_factory=dict)


def share_pixels(plans: Sequence[Plan], experiments: Mapping[str, str]) -> list[Plan]:
    """Let plans of one model measure their pixels together, as its card asks for; plates of no group stay alone.

    Parameters
    ----------
    plans
        Of the plates that are predicted together.
    experiments
        Plate → experiment.
    """
    over = plans[0].model.card.scaling.over if plans else "plate"
    if over == "plate":
        return list(plans)
    names = [_name_of_group(plan, over, experiments) for plan in plans]
    groups = {
        name: PixelGroup(tuple(plan for plan, own in zip(plans, names, strict=True) if own == name)) for name in names
    }
    return [
        replace(plan, pixel_group=None if name is None else groups[name])
        for plan, name in zip(plans, names, strict=True)
    ]


def _name_of_group(plan: Plan, over: str, experiments: Mapping[str, str]) -> str | None:
    wells = plan.plate.wells
    if over in wells:
        values = wells[over].dropna().astype(str).unique()
        return str(values[0]) if len(values) == 1 else None
    return experiments.get(plan.plate.name) if over == "experiment" else None


def measure_pixels(plan: Plan, cache: InputCache) -> Generator[Progress, None, ChannelStatistics]:
    """Measure each of the model's channels over the whole plate, or all plates of its group.

    Empty and excluded wells are left out.

    A field that cannot be read does not count.

    Parameters
    ----------
    plan
        Says which channels of which fields.
    cache
        Keeps what was measured, for another run on the same plate.

    Yields
    ------
    Progress
        Stage ``pixels``.

    Raises
    ------
    PlateError
        When no field can be read.
    """
    group = plan.pixel_group or PixelGroup((plan,))
    for member in group.plans:
        if member.plate.name not in group.known:
            found = yield from _known_or_measured(member, cache)
            group.known.update({} if found is None else {member.plate.name: found})
    if not group.known:
        raise PlateError(f"No field of plate {plan.plate.name!r} can be read.", "Look at its files.")
    first, *others = group.known.values()
    for moments in others:
        first |= moments
    return first.statistics()


def _known_or_measured(plan: Plan, cache: InputCache) -> Generator[Progress, None, PixelMoments | None]:
    key = (cache.number_of(plan.plate.source), plan.channels, plan.pixel_rows.tobytes())
    if key not in cache.moments:
        cache.moments[key] = yield from _measure(plan)
    return cache.moments[key]


def _measure(plan: Plan) -> Generator[Progress, None, PixelMoments | None]:
    """Moments of one plate's pixels; None where no field can be read."""
    rows = plan.pixel_rows
    moments: PixelMoments | None = None
    for done, row in enumerate(rows):
        yield Progress(done, len(rows), "images", "pixels")
        try:
            image = plan.plate.read_field(int(row), plan.channels)
        except PlateError:  # it is stated when it is to be predicted
            continue
        if not np.isfinite(image).all():  # stated likewise
            continue
        moments = PixelMoments.of(image) if moments is None else moments | PixelMoments.of(image)
    return moments
