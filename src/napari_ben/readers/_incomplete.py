"""What is not there, in words: channels of fields, fields of wells."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def describe_missing(
    absent: NDArray[np.bool_], wells: Sequence[str], fields: NDArray[Any], channels: Sequence[str]
) -> tuple[list[tuple[str, ...]], list[str]]:
    """Say which channels fields lack, and which wells have fewer fields than others.

    Parameters
    ----------
    absent
        (n_fields, C): no plane is there.
    wells, fields
        Well and number of each field.
    channels
        Names.

    Returns
    -------
    missing
        Names of the channels that each field lacks.
    problems
        Whole sentences.
    """
    missing: list[tuple[str, ...]] = [()] * len(wells)
    rows_of: dict[tuple[str, ...], list[int]] = {}
    for row in np.flatnonzero(absent.any(axis=1)).tolist():
        missing[row] = tuple(name for name, lacks in zip(channels, absent[row], strict=True) if lacks)
        rows_of.setdefault(missing[row], []).append(row)
    problems = [_lacking(rows, lacked, wells, fields, channels) for lacked, rows in rows_of.items()]
    return missing, [*problems, *_fewer_fields(wells)]


def _lacking(
    rows: Sequence[int],
    lacked: tuple[str, ...],
    wells: Sequence[str],
    fields: NDArray[Any],
    channels: Sequence[str],
) -> str:
    return (
        f"{len(rows)} of {len(wells)} fields lack {len(lacked)} of {len(channels)} channels "
        f"({', '.join(lacked)}), such as field {fields[rows[0]]} of well {wells[rows[0]]}."
    )


def _fewer_fields(wells: Sequence[str]) -> list[str]:
    counts = Counter(wells)
    usual = Counter(counts.values()).most_common(1)[0][0] if counts else 0
    fewer = [f"{well} has {count}" for well, count in counts.items() if count < usual]
    if not fewer:
        return []
    shown = ", ".join(fewer[:6]) + (" …" if len(fewer) > 6 else "")
    return [f"Wells with fewer than {usual} fields: {len(fewer)} ({shown})."]
