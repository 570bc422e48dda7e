"""Whether a well is a control: the communities' words turned into five roles.

An explicit column of roles decides. Without a word of it, a treatment that is a vehicle or a non-targeting reagent, or
a blank sample in a solvent, *suggests* a negative control: the role stays unknown until a person confirms it, because
a context of wells that are no controls is worse than none. Positive controls are never guessed: a compound is one only
because somebody says so. The original word stays in ``raw_role``.
"""

import re
from functools import lru_cache

import pandas as pd

from napari_ben.plates._quality import is_excluded
from napari_ben.plates._tables import ROLES, Role

ROLE_COLUMNS = ("role", "control_type", "well_type", "pert_type", "content", "sbs_controls")
_WORDS: dict[Role, frozenset[str]] = {
    "negative_control": frozenset(
        {"negcon", "neg", "nc", "negative", "negative control", "control negative", "neg control", "vehicle", "mock"}
        | {"vehicle control", "scramble", "scrambled", "non targeting", "no guide"}
    ),
    "positive_control": frozenset({"pos", "pc", "pos control", "control positive"}),
    "empty": frozenset({"empty", "empty well", "blank", "no cells", "none"}),
    "treatment": frozenset({"trt", "treatment", "treated", "sample", "compound"}),
    "unknown": frozenset({"unknown", "technical", "technical control", "no reagent", "excluded", "exclude"}),
}
_BEGINNINGS: dict[str, Role] = {
    "untreated": "negative_control",
    "poscon": "positive_control",
    "positive": "positive_control",
}
_SUGGESTING = frozenset(
    {"dmso", "vehicle", "pbs", "water", "untreated", "empty control", "control", "negative control", "mock"}
    | {"scramble", "scrambled", "sint", "non targeting", "no guide", "luciferase", "rluc", "bfp", "lacz", "hcred"}
)
_NO_WORD = frozenset({"", "na", "n/a", "nan", "none"})
_INTEGERS: dict[str, Role] = {"-1": "negative_control", "0": "treatment", "1": "positive_control"}


def assign_roles(table: pd.DataFrame) -> pd.DataFrame:
    """Role of every row of a platemap.

    Parameters
    ----------
    table
        Texts, with canonical column names; of its columns those in ``ROLE_COLUMNS``, ``treatment``, ``solvent``,
        ``qc``, ``excluded``, ``suggested_role`` and ``raw_role`` matter.

    Returns
    -------
    DataFrame
        ``role``, ``suggested_role`` (blank where there is nothing to confirm), ``treatment``, ``raw_role`` (the word
        that decided, or the first one that was not understood), ``excluded``; same index.
    """
    explicit, raw = _explicit_roles(table)
    treatment = table["treatment"] if "treatment" in table else pd.Series("", index=table.index, dtype=object)
    by_broad = pd.Series("", index=table.index, dtype=object)
    if "solvent" in table:
        has_solvent = ~table["solvent"].map(_plain).isin(_NO_WORD)
        by_broad = by_broad.mask((treatment == "") & ~has_solvent, "empty")
        treatment = treatment.mask((treatment == "") & has_solvent, table["solvent"])
    is_said = explicit != ""
    is_open = (~is_said & (by_broad == "")) | (raw.map(_plain) == "unknown")
    suggests = is_open & (treatment.map(_suggests_control) | raw.map(_says_reagent))
    is_treated = ~treatment.map(_plain).isin(_NO_WORD) & (raw == "") & ~suggests
    role = explicit.mask(~is_said, by_broad.mask(by_broad == "", is_treated.map({True: "treatment", False: "unknown"})))
    columns = {
        "role": role,
        "suggested_role": suggests.map({True: "negative_control", False: ""}),
        "treatment": treatment,
        "raw_role": table.get("raw_role", raw),
        "excluded": is_excluded(table, raw),
    }
    return pd.DataFrame(columns, index=table.index).astype({"excluded": bool})


def role_of_word(word: str) -> Role | None:
    """Role that a word of a role column means; None when it is not understood.

    Examples
    --------
    >>> [role_of_word(word) for word in ("negcon", "poscon_cp", "Empty well", "trt", "control", "DMSO")]
    ['negative_control', 'positive_control', 'empty', 'treatment', None, None]
    """
    plain = _plain(word)
    for role in ROLES:
        if plain in _WORDS[role] or plain == role.replace("_", " "):
            return role
    return next((role for beginning, role in _BEGINNINGS.items() if plain.startswith(beginning)), None)


def _explicit_roles(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    role = pd.Series("", index=table.index, dtype=object)
    raw = role.copy()
    for column in ROLE_COLUMNS:
        if column not in table:
            continue
        words = table[column].mask(table[column].map(_plain).isin(_NO_WORD - {"none"}), "")
        meaning = _INTEGERS if _is_sbs(words) else {word: role_of_word(word) or "" for word in words.unique() if word}
        fresh = words.map(lambda word, meaning=meaning: meaning.get(word, "")).mask(role != "", role)
        raw = raw.mask(((role == "") & (fresh != "")) | (raw == ""), words)
        role = fresh
    return role, raw


def _is_sbs(words: pd.Series) -> bool:
    values = set(words) - {""}
    return "-1" in values and values <= set(_INTEGERS)


def _suggests_control(word: str) -> bool:
    return _plain(word) in _SUGGESTING


def _says_reagent(word: str) -> bool:
    """Whether a role column holds a reagent of negative controls; a bare ``control`` may be a positive one."""
    return _plain(word) != "control" and _suggests_control(word)


@lru_cache(maxsize=10_000)  # the plates of a screen say the same words
def _plain(word: str) -> str:
    return re.sub(r"[\s_-]+", " ", word.strip().casefold()) if word.strip() not in _INTEGERS else word.strip()
