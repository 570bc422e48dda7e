"""What was read of a large plate is kept from one opening to the next.

An index of 31 MB takes half a second to parse, and the same index again tells nothing new. So what a layout found is
kept in the cache folder, under the path of the place, with the size and time of every file that is no image and with
the names of all files; when any of these differs, or the kept file is damaged, the plate is read anew. Only arrays and
JSON are kept, nothing that could be executed. ``NAPARI_BEN_INDEX_CACHE=off`` turns it off.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben._cache import cache_folder, keep_below
from napari_ben._whole import whole_file
from napari_ben.plates import PlateFormat
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._place import Place

Indexed = tuple[PlaneIndex, PlateFacts]
SMALLEST = 2000  # planes: less is read as fast as it is looked up
MOST_STATED = 200  # files whose size and time are asked for; a folder with more tables than that is read anew
MOST_BYTES = 256 * 2**20
_TEXTS = ("wells", "channels", "acquisitions")
_WRITTEN = 1


def keep_index(
    layout: str, index: Callable[[Place], Indexed], beside: Callable[[Place], Sequence[Path]] = lambda _: ()
) -> Callable[[Place], Indexed]:
    """Give what a layout finds, from last time where nothing has changed.

    Parameters
    ----------
    layout
        Its key.
    index
        Finds it, from nothing but the names of files and the content of those that are no images.
    beside
        Files outside the place that it reads too.
    """

    def indexed(place: Place) -> Indexed:
        if os.environ.get("NAPARI_BEN_INDEX_CACHE", "").lower() in {"off", "0", "no"}:
            return index(place)
        if len(place.whole.files) < SMALLEST:
            return index(place)
        fingerprint = _fingerprint(layout, place, beside)
        if fingerprint is None:
            return index(place)
        path = cache_folder("index") / f"{_digest(f'{layout} {place.address}'.encode())}.npz"
        kept = _load(path, fingerprint)
        if kept is None:
            kept = index(place)
            _save(path, fingerprint, kept)
        return kept

    return indexed


def _fingerprint(layout: str, place: Place, beside: Callable[[Place], Sequence[Path]]) -> str | None:
    """Text that changes whenever the plate may have changed; None where that cannot be told."""
    paths = [*(place.folder / name for name in place.whole.others), *beside(place)]
    if len(paths) > MOST_STATED:
        return None
    try:
        states = [(str(path), path.stat()) for path in paths]
    except OSError:
        return None
    names = "\n".join(place.whole.files).encode("utf-8", "surrogateescape")
    facts = [_WRITTEN, version("napari-ben"), layout, str(place.address), _digest(names)]
    return json.dumps([*facts, *((path, state.st_size, state.st_mtime_ns) for path, state in states)])


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()


def _save(path: Path, fingerprint: str, indexed: Indexed) -> None:
    index, facts = indexed
    arrays = _to_arrays(index)
    if facts.read_page is not None or len(index) < SMALLEST or arrays is None:
        return
    try:
        about = json.dumps({"fingerprint": fingerprint, "facts": _facts_to_json(facts)}, default=_plain)
        with whole_file(path) as unfinished:
            np.savez(unfinished, allow_pickle=False, about=_to_bytes(about), **arrays)
        keep_below(path.parent, "*.npz", MOST_BYTES)
    except (OSError, ValueError, TypeError, AttributeError):  # what cannot be kept is no reason not to open a plate
        return


def _load(path: Path, fingerprint: str) -> Indexed | None:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            about = json.loads(_to_text(kept["about"]))
            if about["fingerprint"] != fingerprint:
                return None
            index = _from_arrays(kept)
            return index, _facts_from_json(about["facts"])
    except (OSError, ValueError, LookupError, TypeError, BadZipFile, EOFError):
        return None


def _to_arrays(index: PlaneIndex) -> dict[str, NDArray[Any]] | None:
    arrays = {}
    for part in fields(index):
        column = getattr(index, part.name)
        if part.name == "files":
            if any("\n" in name for name in column):
                return None
            arrays["files"] = _to_bytes("\n".join(column))
        elif part.name in _TEXTS:
            codes, names = pd.factorize(np.asarray(column, object))
            arrays[part.name] = codes.astype(np.int32)
            arrays[f"{part.name}_names"] = _to_bytes(json.dumps([str(name) for name in names]))
        else:
            arrays[part.name] = np.asarray(column)
    return arrays


def _from_arrays(kept: Mapping[str, NDArray[Any]]) -> PlaneIndex:
    columns: dict[str, Any] = {"files": np.asarray(_to_text(kept["files"]).split("\n"), object)}
    for part in fields(PlaneIndex):
        if part.name in _TEXTS:
            names = np.asarray([*json.loads(_to_text(kept[f"{part.name}_names"]))], object)
            columns[part.name] = names[kept[part.name]] if len(kept[part.name]) else ()
        elif part.name != "files":
            columns[part.name] = kept[part.name]
    lengths = {len(column) for column in columns.values()}
    if lengths - {0} != {len(columns["files"])}:
        message = "columns differ in length"
        raise ValueError(message)
    return PlaneIndex(**columns)


def _facts_to_json(facts: PlateFacts) -> dict[str, Any]:
    platemap = None if facts.platemap is None else facts.platemap.astype(str).to_dict("list")
    plain = asdict(replace(facts, platemap=None, dtype=None))
    paths = {name: None if plain[name] is None else str(plain[name]) for name in ("folder", "path")}
    return {**plain, **paths, "platemap": platemap, "dtype": None if facts.dtype is None else facts.dtype.str}


def _facts_from_json(plain: Mapping[str, Any]) -> PlateFacts:
    told = {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()}
    made: dict[str, Callable[[Any], Any]] = {
        "format": lambda sides: PlateFormat(**sides),
        "dtype": np.dtype,
        "platemap": pd.DataFrame,
        "folder": Path,
        "path": Path,
    }
    return PlateFacts(**{**told, **{name: make(told[name]) for name, make in made.items() if told[name] is not None}})


def _plain(value: Any) -> Any:
    return value.item()  # a number of numpy's


def _to_bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8", "surrogateescape"), np.uint8)


def _to_text(content: NDArray[Any]) -> str:
    return content.tobytes().decode("utf-8", "surrogateescape")
