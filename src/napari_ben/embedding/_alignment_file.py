"""A fitted alignment as one safetensors file: numbers and a header, nothing that could run."""

import json
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from napari_ben._whole import whole_file
from napari_ben.embedding._alignment import Alignment, Map
from napari_ben.embedding._recipes import Recipe
from napari_ben.errors import FileError, SaveError

__all__ = ["load_alignment", "save_alignment"]

_FORMAT = "napari-ben alignment 1"


def save_alignment(alignment: Alignment, path: str | Path) -> None:
    """Write an alignment, whole or not at all.

    Raises
    ------
    SaveError
        When the file cannot be written.
    """
    path = Path(path)
    maps = [alignment.shared, *alignment.batches.values()]
    tensors = {f"offset.{number}": one.offset for number, one in enumerate(maps)}
    tensors |= {f"matrix.{number}": np.ascontiguousarray(one.matrix) for number, one in enumerate(maps)}
    tensors |= {} if alignment.target is None else {"target": alignment.target}
    header = {
        "format": _FORMAT,
        "recipe": json.dumps(alignment.recipe.to_dict()),
        "batches": json.dumps(list(alignment.batches)),
        "notes": json.dumps(alignment.notes),
    }
    try:
        with whole_file(path) as unfinished:
            unfinished.write_bytes(save(tensors, header))
    except OSError as error:
        raise SaveError(
            f"The alignment cannot be written to '{path}' ({error.strerror}).",
            "Choose a folder that is writable and has space left.",
        ) from error


def load_alignment(path: str | Path) -> Alignment:
    """Read what `save_alignment` wrote.

    Raises
    ------
    FileError
        When the file is absent, damaged, or something else.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            if header.get("format") != _FORMAT:
                raise FileError(
                    f"'{path}' is a safetensors file, but holds no alignment (its format is {header.get('format')!r}).",
                    "Give a file that was written by save_alignment.",
                )
            names = TypeAdapter(list[str]).validate_json(header["batches"])
            maps = [
                Map(file.get_tensor(f"offset.{number}"), file.get_tensor(f"matrix.{number}"))
                for number in range(len(names) + 1)
            ]
            return Alignment(
                recipe=TypeAdapter(Recipe).validate_json(header["recipe"]),
                shared=maps[0],
                target=file.get_tensor("target") if "target" in file.keys() else None,  # noqa: SIM118 # no mapping
                batches=dict(zip(names, maps[1:], strict=True)),
                notes=tuple(TypeAdapter(list[str]).validate_json(header["notes"])),
            )
    except (OSError, SafetensorError, KeyError, ValidationError) as error:
        raise FileError(
            f"'{path}' cannot be read as an alignment ({error}).", "Give a file that was written by save_alignment."
        ) from error
