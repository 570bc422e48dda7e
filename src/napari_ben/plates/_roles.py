"""Whether a well is a control: the communities' words turned into five roles.

An explicit column of roles decides. Without one, a treatment that is a vehicle or a non-targeting reagent suggests a
negative control; positive controls are never guessed, a compound is one only because somebody says so. The original
word stays in ``raw_role``.
"""

import re

import pandas as pd

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
_NEGATIVE_TREATMENTS = frozenset(
    {"dmso", "vehicle", "pbs", "water", "untreated", "empty control", "control", "negative control", "mock"}
    | {"scramble", "scrambled", "sint", "non targeting", "no guide", "luciferase", "rluc", "bfp", "lacz", "hcred"}
)
_NO_WORD = frozenset({"", "na", "n/a", "nan", "none"})
_INTEGERS: dict[str, Role] = {"-1": "negative_control", "0": "treatment", "1": "positive_control"}
_FAILED = re.compile(r"fail(ed)?|bad|excluded?|true")


def assign_roles(table: pd.DataFrame) -> pd.DataFrame:
    """Role of every row of a platemap.

    Parameters
    ----------
    table
        Texts, with canonical column names; of its columns those in ``ROLE_COLUMNS``, ``treatment``, ``solvent``,
        ``qc``, ``excluded`` and ``raw_role`` matter.

    Returns
    -------
    DataFrame
        ``role``, ``treatment``, ``raw_role`` (the word that decided, or the first one that was not understood),
        ``excluded``; same index.
    """
    explicit, raw = _explicit_roles(table)
    treatment = table["treatment"] if "treatment" in table else pd.Series("", index=table.index, dtype=object)
    if "solvent" in table:
        vehicle = (treatment == "") & (table["solvent"] != "")
        treatment = treatment.mask(vehicle, table["solvent"])
    suggested = treatment.map(_role_of_treatment)
    suggested = suggested.mask((raw != "") & (suggested != "negative_control"), "unknown")
    role = explicit.mask(explicit == "", suggested)
    if "solvent" in table:
        role = role.mask((explicit == "") & (treatment == ""), "empty")
    marks = [table[column] for column in ("qc", "excluded") if column in table]
    excluded = pd.Series([any(map(_is_failure, words)) for words in zip(raw, *marks, strict=True)], index=table.index)
    columns = {"role": role, "treatment": treatment, "raw_role": table.get("raw_role", raw), "excluded": excluded}
    return pd.DataFrame(columns).astype({"excluded": bool})


def role_of_word(word: str) -> Role | None:
    """Role that a word of a role column means; None when it is not understood.

    Examples
    --------
    >>> [role_of_word(word) for word in ("negcon", "poscon_cp", "Empty well", "trt", "control")]
    ['negative_control', 'positive_control', 'empty', 'treatment', None]
    """
    plain = _plain(word)
    for role in ROLES:
        if plain in _WORDS[role]:
            return role
    for beginning, role in _BEGINNINGS.items():
        if plain.startswith(beginning):
            return role
    return "negative_control" if plain in _NEGATIVE_TREATMENTS - {"control"} else None


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


def _role_of_treatment(treatment: str) -> Role:
    plain = _plain(treatment)
    if plain in _NEGATIVE_TREATMENTS:
        return "negative_control"
    return "unknown" if plain in _NO_WORD else "treatment"


def _is_failure(word: object) -> bool:
    return bool(_FAILED.fullmatch(_plain(str(word))))


def _plain(word: str) -> str:
    return re.sub(r"[\s_-]+", " ", word.strip().casefold()) if word.strip() not in _INTEGERS else word.strip()
