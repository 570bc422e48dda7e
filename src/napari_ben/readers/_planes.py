"""From files to fields: which file shows which field and channel, and what does not add up.

Where a field has several z planes or time points, one is taken and that is said: a projection where there is one,
else the middle plane; the first time point.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from napari_ben.plates import well_position
from napari_ben.readers._namings import Naming, PlaneName

_Candidates = list[tuple[int, int, str]]  # time, z, path


@dataclass(frozen=True)
class Planes:
    """Fields of a plate and the file of each of their channels.

    Parameters
    ----------
    wells, fields
        Well and number of each field, sorted by position.
    channels
        Names, in natural order.
    files
        For each field the path of each channel; None where there is no file.
    problems
        What does not add up.
    """

    wells: tuple[str, ...]
    fields: tuple[int, ...]
    channels: tuple[str, ...]
    files: tuple[tuple[str | None, ...], ...]
    problems: tuple[str, ...]

    @property
    def missing(self) -> tuple[tuple[str, ...], ...]:
        """Names of the channels that each field lacks."""
        return tuple(
            tuple(name for name, path in zip(self.channels, paths, strict=True) if path is None) for paths in self.files
        )


def index_planes(paths: Iterable[str], naming: Naming) -> Planes:
    """Sort image files into fields and channels.

    Parameters
    ----------
    paths
        Relative to the plate's folder.
    naming
        Reads them.
    """
    found: dict[tuple[str, int], dict[str, _Candidates]] = defaultdict(lambda: defaultdict(list))
    unread: list[str] = []
    channels: set[str] = set()
    for path in paths:
        plane = naming.read(path)
        if plane is None:
            unread.append(path)
            continue
        _add(found, plane, path)
        channels.add(plane.channel)
    ordered = sorted(channels, key=natural)
    place = {well: well_position(well) for well in {well for well, _ in found}}
    keys = sorted(found, key=lambda key: (place[key[0]], key[1]))
    files = tuple(tuple(_choose(found[key].get(name), naming.projection) for name in ordered) for key in keys)
    wells, fields = zip(*keys, strict=True) if keys else ((), ())
    problems = (*_unread_problem(unread), *_choice_problems(found, naming.projection))
    return Planes(wells, fields, tuple(ordered), files, problems)


def natural(text: str) -> list[tuple[int, str]]:
    """Key that sorts ``ch2`` before ``ch10``."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text)]


def _add(found: dict[tuple[str, int], dict[str, _Candidates]], plane: PlaneName, path: str) -> None:
    found[plane.well, plane.field][plane.channel].append((plane.time, plane.z, path))


def _choose(candidates: _Candidates | None, projection: int | None) -> str | None:
    if not candidates:
        return None
    if len(candidates) == 1:
        return candidates[0][2]
    first = min(time for time, _, _ in candidates)
    planes = sorted((z, path) for time, z, path in candidates if time == first)
    heights = sorted({z for z, _ in planes})
    wanted = projection if projection in heights else heights[len(heights) // 2]
    return next(path for z, path in planes if z == wanted)


def _unread_problem(unread: list[str]) -> tuple[str, ...]:
    others = [path for path in unread if "thumb" not in path.lower()]
    if not others:
        return ()
    return (f"Image files that are named otherwise were left out: {len(others)}, such as {others[0]!r}.",)


def _choice_problems(found: dict[tuple[str, int], dict[str, _Candidates]], projection: int | None) -> tuple[str, ...]:
    stacks = [candidates for planes in found.values() for candidates in planes.values() if len(candidates) > 1]
    heights = {z for candidates in stacks for _, z, _ in candidates}
    times = {time for candidates in stacks for time, _, _ in candidates}
    twice = [candidates for candidates in stacks if len({(time, z) for time, z, _ in candidates}) < len(candidates)]
    shown = "the projection" if projection in heights else "the middle one"
    problems = []
    if len(heights) > 1:
        problems.append(f"Fields have up to {len(heights)} z planes; {shown} is shown.")
    if len(times) > 1:
        problems.append(f"Fields have up to {len(times)} time points; the first one is shown.")
    if twice:
        pair = " and ".join(repr(path) for _, _, path in sorted(twice[0])[:2])
        problems.append(f"Planes with more than one file: {len(twice)}; the first is shown (for example of {pair}).")
    return tuple(problems)
