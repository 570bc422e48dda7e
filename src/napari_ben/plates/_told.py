"""What a platemap says about a plate's wells, in sentences: what was decided, and what a person should look at."""

from collections.abc import Iterable

import pandas as pd

from napari_ben.plates._quality import unread_quality


def platemap_notes(wells: pd.DataFrame, name: str) -> tuple[str, ...]:
    """Say what was decided and is no problem.

    Parameters
    ----------
    wells
        Table of the plate, with the platemap's columns.
    name
        How sentences call the platemap.
    """
    blank = int((wells["n_fields"] == 0).sum())
    left_out = int((wells["excluded"] & (wells["n_fields"] > 0)).sum())
    checks = (
        (True, f"Roles and treatments are from {name!r}."),
        (blank > 0, f"{count_wells(blank)} of {name!r} {'has' if blank == 1 else 'have'} no image."),
        (
            left_out > 0,
            f"{count_wells(left_out)} {'is' if left_out == 1 else 'are'} left out of contexts, "
            f"because {_why_excluded(wells)}.",
        ),
    )
    return tuple(sentence for applies, sentence in checks if applies)


def platemap_problems(wells: pd.DataFrame, without_row: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Say what does not fit, or was not understood.

    Parameters
    ----------
    wells
        Table of the plate, with the platemap's columns.
    without_row
        Wells with images that the platemap does not name.
    name
        How sentences call the platemap.
    """
    problems = []
    if without_row:
        word = "well with images has" if len(without_row) == 1 else "wells with images have"
        shown = ", ".join(without_row[:6]) + (" …" if len(without_row) > 6 else "")
        end = "its role is unknown" if len(without_row) == 1 else "their roles are unknown"
        problems.append(f"{len(without_row)} {word} no row in {name!r} ({shown}): {end}.")
    problems += _unread_roles(wells)
    words = unread_quality(wells["qc"]) if "qc" in wells else ()
    if words:
        problems.append(
            f"The quality column says {_quoted(words)}, which means neither passed nor failed: these wells stay in."
        )
    return tuple(problems)


def _unread_roles(wells: pd.DataFrame) -> list[str]:
    """Words for roles that a person has to explain; those that are a suggestion already are told there."""
    is_suggested = wells["suggested_role"] != "" if "suggested_role" in wells else False
    is_open = (wells["role"] == "unknown") & (wells["raw_role"] != "") & ~wells["excluded"] & ~is_suggested
    counts = wells.loc[is_open, "raw_role"].value_counts()
    ambiguous = [
        f"{count_wells(int(count))} {'is' if count == 1 else 'are'} called {word!r}, which may be a negative or a "
        f"positive control: say which, or give a table that does."
        for word, count in counts.items()
        if str(word).casefold() in ("control", "ctrl")
    ]
    others = [str(word) for word in counts.index if str(word).casefold() not in ("control", "ctrl", "unknown")]
    number = int(counts.reindex(others).sum()) if others else 0
    if not others:
        return ambiguous
    return [
        *ambiguous,
        f"{count_wells(number)} {'has' if number == 1 else 'have'} no role that is known ({_quoted(others)}).",
    ]


def _why_excluded(wells: pd.DataFrame) -> str:
    out = wells[wells["excluded"] & (wells["n_fields"] > 0)]
    words = [str(word) for word in out["qc"].unique() if word] if "qc" in out else []
    return f"quality control says {_quoted(words)}" if words else "the platemap excludes them"


def _quoted(words: Iterable[str]) -> str:
    listed = list(words)
    return ", ".join(map(repr, listed[:4])) + (" …" if len(listed) > 4 else "")


def count_wells(number: int) -> str:
    """Count wells.

    Examples
    --------
    >>> count_wells(1), count_wells(24)
    ('1 well', '24 wells')
    """
    return f"{number} well{'' if number == 1 else 's'}"
