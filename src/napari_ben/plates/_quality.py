"""Whether a well is left out of contexts: what quality control, or a person, said about its images."""

import re

import pandas as pd

_FAILED = re.compile(r"fail(ed|ure)?|bad|poor|reject(ed)?|excluded?|flagged|false|no|out of focus")
_PASSED = re.compile(r"pass(ed)?|ok(ay)?|good|accept(ed)?|include[ds]?|true|yes|na|n/a|nan|none|")
_LEFT_OUT = re.compile(r"true|yes|1|x|excluded?|fail(ed)?")


def is_excluded(table: pd.DataFrame, role_words: pd.Series) -> pd.Series:
    """Whether a well is left out of contexts by default.

    Parameters
    ----------
    table
        Texts; of its columns ``qc`` and ``excluded`` matter.
    role_words
        What stood for the role: ``excluded`` may stand there too.

    Returns
    -------
    Series
        bool, the table's index.
    """
    out = role_words.map({word: _plain(word) in ("excluded", "exclude") for word in role_words.unique()}).astype(bool)
    for column, meaning in (("qc", _FAILED), ("excluded", _LEFT_OUT)):
        if column in table:
            out |= table[column].map({word: bool(meaning.fullmatch(_plain(word))) for word in table[column].unique()})
    return out.astype(bool)


def unread_quality(words: pd.Series) -> tuple[str, ...]:
    """Words of a quality column that mean neither passed nor failed."""
    return tuple(
        word for word in words.unique() if not (_FAILED.fullmatch(_plain(word)) or _PASSED.fullmatch(_plain(word)))
    )


def _plain(word: object) -> str:
    return re.sub(r"[\s_-]+", " ", str(word).strip().casefold())
