"""Matches a pattern with names in a process of its own; run as a script by `_pattern`, standard library only."""

import json
import re
import sys


def match_names(question: str) -> str:
    """JSON list of each name's named groups in the order of the pattern, null where it does not match.

    A group that took no part is empty.

    Parameters
    ----------
    question
        JSON object with ``pattern`` and ``names``.

    Examples
    --------
    >>> match_names('{"pattern": "(?P<well>[A-H][0-9])x", "names": ["A1x", "no"]}')
    '[["A1"], null]'
    """
    asked = json.loads(question)
    pattern = re.compile(asked["pattern"])
    groups = [pattern.groupindex[name] for name in pattern.groupindex]
    found = (pattern.fullmatch(name) for name in asked["names"])
    return json.dumps([[match[group] or "" for group in groups] if match else None for match in found])


if __name__ == "__main__":
    sys.stdout.buffer.write(match_names(sys.stdin.buffer.read().decode("utf-8")).encode("utf-8"))
