"""A person's own pattern of file names, matched where it cannot hang the program.

Some regular expressions take longer than the age of the universe on an innocent name, and Python cannot interrupt a
match. So an own pattern, which may have come with somebody else's run file, is matched in a process of its own, which
is ended when it takes too long.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from napari_ben.errors import ArgumentError
from napari_ben.readers import _pattern_process
from napari_ben.readers._namings import Naming

TIME_LIMIT = 20.0  # seconds; 35,000 names match an honest pattern in 0.2 s
LONGEST = 500
_GROUPS = "Use named groups: (?P<well>…) or (?P<row>…) and (?P<column>…), and (?P<field>…), (?P<channel>…), (?P<z>…)."


def own_naming(pattern: str, paths: Sequence[str]) -> Naming:
    """Naming of a person's own pattern, for these files.

    Parameters
    ----------
    pattern
        Regular expression that the whole file name must match, with the named groups of `Naming`.
    paths
        Files that will be asked about.

    Raises
    ------
    ArgumentError
        When the pattern is no regular expression, lacks a group for the well, or takes too long.
    """
    _check(pattern)
    names = sorted({path.rpartition("/")[2] for path in paths})
    command = [sys.executable, "-I", str(Path(_pattern_process.__file__))]
    question = json.dumps({"pattern": pattern, "names": names})
    try:
        answer = subprocess.run(  # noqa: S603 – our own script; pattern and names go through its input
            command, input=question, capture_output=True, encoding="utf-8", timeout=TIME_LIMIT, check=True
        )
    except subprocess.TimeoutExpired as error:
        raise ArgumentError(
            f"The pattern {pattern!r} took more than {TIME_LIMIT:g} s on {len(names)} file names.",
            "Write it without repetitions inside repetitions, such as (a+)+.",
        ) from error
    groups = json.loads(answer.stdout)
    return Naming("own pattern", dict(zip(names, groups, strict=True)).get)


def _check(pattern: str) -> None:
    try:
        groups = set(re.compile(pattern).groupindex) if len(pattern) <= LONGEST else set()
    except re.error as error:
        raise ArgumentError(f"The pattern {pattern!r} is no regular expression: {error}.", _GROUPS) from error
    if not groups >= {"well"} and not groups >= {"row", "column"}:
        raise ArgumentError(
            f"The pattern {pattern[:80]!r} does not say which part of a name is the well; "
            f"its groups are {', '.join(sorted(groups)) or 'none'}.",
            _GROUPS,
        )
