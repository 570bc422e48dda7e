"""What a person's pattern makes of a folder's names, while it is typed.

A half-typed pattern is no mistake, so nothing is raised: what is wrong is said in words beside what does match. The
matching happens in a process that is ended when it takes too long (see `_pattern`), so no keystroke can hang the
program.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from napari_ben.errors import ArgumentError
from napari_ben.readers._index import PlaneIndex
from napari_ben.readers._naming import read_names, spread
from napari_ben.readers._pattern import own_naming

SAMPLE = 500  # names: enough to see all wells of a plate in some field
PATIENCE = 2.0  # seconds; an honest pattern takes 0.05 s
EXAMPLES = 3
SHOWN = 12


@dataclass(frozen=True)
class PatternPreview:
    """What a pattern makes of some names.

    Parameters
    ----------
    n_names
        How many names there are.
    n_tried
        How many of these were tried, evenly over all.
    n_matched
        How many of these are images of a well.
    examples
        A few names, and what each says, by word (well, field, channel, z, time).
    unmatched
        A few names that the pattern does not match, or whose well is none.
    values
        Different values of each word: how many there are, and the first of them.
    problem
        What is wrong, in words; None when names match.
    """

    n_names: int
    n_tried: int = 0
    n_matched: int = 0
    examples: tuple[tuple[str, dict[str, str]], ...] = ()
    unmatched: tuple[str, ...] = ()
    values: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    problem: str | None = None


def preview_pattern(names: Sequence[str], pattern: str, sample: int = SAMPLE) -> PatternPreview:
    r"""Try a pattern on the names of a folder; see `own_naming` for its groups.

    Parameters
    ----------
    names
        Image files, as `pattern_images` gives them.
    pattern
        As far as it is typed.
    sample
        How many names to try at most: few while a person types, ``len(names)`` to count all.

    Examples
    --------
    >>> preview = preview_pattern(["a_B02_f1.tif", "a_B03_f1.tif", "notes.tif"], r"a_(?P<well>[A-H]\d\d)_f\d\.tif")
    >>> preview.n_matched, preview.unmatched, preview.values["well"]
    (2, ('notes.tif',), (2, ('B02', 'B03')))
    """
    tried = spread(names, sample)
    try:
        index, unmatched = read_names(tried, own_naming(pattern, PATIENCE))
    except ArgumentError as error:
        return PatternPreview(len(names), problem=str(error))
    said = _words(index)
    rows = range(min(EXAMPLES, len(index)))
    return PatternPreview(
        n_names=len(names),
        n_tried=len(tried),
        n_matched=len(index),
        examples=tuple((index.files[row], {word: texts[row] for word, texts in said.items()}) for row in rows),
        unmatched=unmatched[:EXAMPLES],
        values={word: _different(texts) for word, texts in said.items()},
        problem=_problem(tried, index),
    )


def _words(index: PlaneIndex) -> dict[str, list[str]]:
    words = ("well", "field", "channel", "z", "time")
    columns = (index.wells, index.fields, index.channels, index.z, index.times)
    return {word: [str(value) for value in column] for word, column in zip(words, columns, strict=True) if len(column)}


def _different(texts: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    values = tuple(dict.fromkeys(texts))
    return len(values), values[:SHOWN]


def _problem(tried: Sequence[str], index: PlaneIndex) -> str | None:
    if not tried:
        return "There are no image files. Choose the folder that holds them."
    if not len(index):
        return f"None of {len(tried)} names matches, such as {tried[0]!r}. The pattern must fit the whole file name."
    said = list(zip(index.wells, index.fields, index.channels, strict=True))
    if len(set(said)) == len(said) or len(index.z) or len(index.times) or len(index.acquisitions):
        return None
    return (
        "Several names say the same well, field and channel. "
        "Name what tells them apart: (?P<field>…), (?P<channel>…), (?P<z>…) or (?P<time>…)."
    )
