"""A person's own pattern of file names, matched where it cannot hang the program.

Some regular expressions take longer than the age of the universe on an innocent name, and Python cannot interrupt a
match. So an own pattern, which may have come with somebody else's run file, is matched in a process of its own, which
is ended when it takes too long.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from napari_ben.errors import ArgumentError, PlateError
from napari_ben.readers import _pattern_process
from napari_ben.readers._naming import Groups, Naming
from napari_ben.readers._place import Place, is_image

TIME_LIMIT = 20.0  # seconds; 35,000 names match an honest pattern in 0.2 s
LONGEST = 500
DEEPEST = 4  # folders: a half-typed pattern is not to list a whole disk
_GROUPS = "Use named groups: (?P<well>…) or (?P<row>…) and (?P<column>…), and (?P<field>…), (?P<channel>…), (?P<z>…)."


def own_naming(pattern: str, time_limit: float | None = None) -> Naming:
    """Naming of a person's own pattern.

    Parameters
    ----------
    pattern
        Regular expression that the whole file name must match, with the named groups of `Naming`. Each ``/`` in it
        adds a folder to the name.
    time_limit
        Seconds after which its `find` gives up; `TIME_LIMIT` when left out.

    Returns
    -------
    Naming
        Its `find` raises an ArgumentError when the pattern takes too long.

    Raises
    ------
    ArgumentError
        When the pattern is no regular expression, or lacks a group for the well.
    """
    groups = _groups(pattern)

    def find(names: Sequence[str]) -> Iterable[Groups | None]:
        return _match_apart(pattern, names, TIME_LIMIT if time_limit is None else time_limit)

    return Naming("own pattern", groups, find, parts=_depth(pattern) + 1)


def pattern_images(place: Place, pattern: str) -> tuple[str, ...]:
    """Image files that a pattern is about: those of the plate, or all of as many folders deep as it says.

    Raises
    ------
    PlateError
        When a folder cannot be listed.
    """
    depth = _depth(pattern)
    return tuple(sorted(_walk(place.folder, "", depth))) if depth else place.images


def _depth(pattern: str) -> int:
    return min(re.sub(r"\[[^\]]*\]", "", pattern).count("/"), DEEPEST)


def _walk(folder: Path, prefix: str, depth: int) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            listed = [(entry.name, entry.is_dir()) for entry in entries]
    except OSError as error:
        raise PlateError(f"{folder} cannot be listed: {error.strerror}.", "Ask for the right to read it.") from error
    for name, is_folder in listed:
        if is_folder and depth:
            yield from _walk(folder / name, f"{prefix}{name}/", depth - 1)
        elif not is_folder and not depth and is_image(name):
            yield prefix + name


def _match_apart(pattern: str, names: Sequence[str], time_limit: float) -> list[Groups | None]:
    distinct = sorted(set(names))
    command = [sys.executable, "-I", "-S", str(Path(_pattern_process.__file__))]
    question = json.dumps({"pattern": pattern, "names": distinct})
    try:
        answer = subprocess.run(  # noqa: S603 – our own script; pattern and names go through its input
            command, input=question, capture_output=True, encoding="utf-8", timeout=time_limit, check=True
        )
    except subprocess.TimeoutExpired as error:
        raise ArgumentError(
            f"The pattern {pattern!r} took more than {time_limit:g} s on {len(distinct)} file names.",
            "Write it without repetitions inside repetitions, such as (a+)+.",
        ) from error
    except subprocess.CalledProcessError as error:
        raise ArgumentError(
            f"The pattern {pattern!r} could not be matched: {error.stderr.strip()[-120:]}.", "Write it more simply."
        ) from error
    found = dict(zip(distinct, json.loads(answer.stdout), strict=True))
    return [tuple(groups) if (groups := found[name]) is not None else None for name in names]


def _groups(pattern: str) -> tuple[str, ...]:
    try:
        groups = tuple(re.compile(pattern).groupindex) if len(pattern) <= LONGEST else ()
    except (re.error, OverflowError, RecursionError) as error:
        raise ArgumentError(f"The pattern {pattern!r} is no regular expression: {error}.", _GROUPS) from error
    if not {"well"} <= set(groups) and not {"row", "column"} <= set(groups):
        raise ArgumentError(
            f"The pattern {pattern[:80]!r} does not say which part of a name is the well; "
            f"its groups are {', '.join(sorted(groups)) or 'none'}.",
            _GROUPS,
        )
    return groups
