"""Which channel of the plate is which channel of the model.

Laboratories write the dye, the organelle or the filter. A guess is made only where the words mean one thing on the
bench: an exact name first, then the stain's synonyms, and the bare filter names last. Two candidates are no guess.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from napari_ben.errors import ChannelError

__all__ = ["guess_channels", "map_channels"]

# Full matches on lower-case letters and digits, after "orig" in front (CellProfiler) and dye numbers behind.
_STAINS = {
    "DNA": r"dna|hoechst|dapi|draq[57]|nucleus|nuclei|nuclear|nucleardna|nuclearstain|h2b\w*|sytox\w*",
    "ER": r"er|endoplasmicreticul(um|a|i)|con(canavalin)?a?|concanavalina?(alexa(fluor)?)?|conaalexa(fluor)?",
    "RNA": r"rna|syto|syto14|nucleoli|nucleolus|nucleolirna|rnanucleoli|rnasyto|syto14rna|cytoplasmicrna",
    "AGP": r"agp|f?actin(golgi)?(plasmamembrane)?|wga(phalloidin)?|phalloidin(wga)?|wheatgermagglutinin|"
    r"golgi|plasmamembrane|ph(and)?golgi",
    "Mito": r"mito|mitochondria|mitochondrion|mitochondrial|mitotracker(deep)?(red|orange|green)?(fm|cmxros)?",
    "GFP": r"\w*gfp|fitc|(alexa(fluor)?|af)488",
    "RFP": r"\w*rfp|mcherry|dsred|tritc|tdtomato|cy3|(alexa(fluor)?|af)5(46|55|68|94)",
    "Tubulin": r"tubulin|(alpha|beta|ab)tubulin|microtubules?",
}
# What Cell Painting instruments write when they name the filter: tried when no stain answers.
_FILTERS = {
    "DNA": r"405|uv|blue",
    "ER": r"(alexa(fluor)?|af)?488",
    "RNA": r"(alexa(fluor)?|af)?488long|(alexa(fluor)?|af)?514|532",
    "AGP": r"(alexa(fluor)?|af)?5(55|61|68)",
    "Mito": r"(alexa(fluor)?|af)?6(40|47)|cy5|deepred",
}


def map_channels(
    model: Sequence[str], plate: Sequence[str], overrides: Mapping[str, str] | None = None
) -> tuple[int, ...]:
    """Index of the plate's channel for each of the model's.

    Parameters
    ----------
    model, plate
        Channel names, each in its own order.
    overrides
        Plate channel by model channel, where the guess is wrong or missing.

    Raises
    ------
    ChannelError
        A channel is missing, or an override names one that does not exist.

    Examples
    --------
    >>> map_channels(["DNA", "Mito"], ["MitoTracker Deep Red", "HOECHST 33342"])
    (1, 0)
    """
    mapping = guess_channels(model, plate, overrides)
    missing = [name for name, found in mapping.items() if found is None]
    if missing:
        taken = ", ".join(f"{found!r} for {name!r}" for name, found in mapping.items() if found in missing)
        raise ChannelError(
            f"The model needs {', '.join(map(repr, missing))}, which no channel of the plate answers to; "
            f"the plate has {', '.join(map(repr, plate)) or 'none'}{f' (taken: {taken})' if taken else ''}.",
            f"Say which it is, e.g. {missing[0]}={plate[0] if plate else '…'}, or choose a model for these channels.",
        )
    return tuple(plate.index(found) for found in mapping.values() if found is not None)


def guess_channels(
    model: Sequence[str], plate: Sequence[str], overrides: Mapping[str, str] | None = None
) -> dict[str, str | None]:
    """Plate channel for each of the model's, None where there is no one answer.

    Raises
    ------
    ChannelError
        An override names a channel that the model or the plate does not have.
    """
    chosen = _check_overrides(model, plate, overrides or {})
    mapping: dict[str, str | None] = {name: chosen.get(name) for name in model}
    for matches in (_same_name, _same_stain, _same_filter):
        wanted = [name for name, found in mapping.items() if found is None]
        free = [channel for channel in plate if channel not in mapping.values()]
        pairs = [(name, channel) for name in wanted for channel in free if matches(name, channel)]
        names, channels = Counter(name for name, _ in pairs), Counter(channel for _, channel in pairs)
        mapping |= {name: channel for name, channel in pairs if names[name] == channels[channel] == 1}
    return mapping


def _check_overrides(model: Sequence[str], plate: Sequence[str], overrides: Mapping[str, str]) -> dict[str, str]:
    chosen = {}
    for name, channel in overrides.items():
        chosen[_find(name, model, "The model")] = _find(channel, plate, "The plate")
    return chosen


def _find(name: str, names: Sequence[str], owner: str) -> str:
    found = [known for known in names if known == name] or [known for known in names if _same_name(known, name)]
    if len(found) != 1:
        raise ChannelError(
            f"{owner} has no channel {name!r}; it has {', '.join(map(repr, names)) or 'none'}.",
            "Correct the channel mapping.",
        )
    return found[0]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", name.lower()).removeprefix("orig")


def _same_name(name: str, channel: str) -> bool:
    return _plain(name) == _plain(channel)


def _same_stain(name: str, channel: str) -> bool:
    stains = _meanings(name, _STAINS)
    return bool(stains & _meanings(channel, _STAINS))


def _same_filter(name: str, channel: str) -> bool:
    return bool(_meanings(name, _STAINS) & _meanings(channel, _FILTERS))


def _meanings(name: str, vocabulary: Mapping[str, str]) -> set[str]:
    plain = _plain(name)
    forms = (plain, re.sub(r"\d+$", "", plain))
    return {stain for stain, words in vocabulary.items() if any(re.fullmatch(words, form) for form in forms)}
