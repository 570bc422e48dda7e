"""One OME-Zarr image: what its axes, levels and channels are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_ben.errors import PlateError
from napari_ben.readers._zarr_json import inner_path, read_array_info, read_attributes


@dataclass(frozen=True)
class ImageMeta:
    """Metadata of one field.

    Parameters
    ----------
    axes
        Names in the order of the array, such as ``tczyx``.
    datasets
        Path of each level within the image.
    labels
        Names of channels as written; empty where there are none.
    """

    axes: str
    datasets: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class ImageFacts:
    """What one field is, with the shapes of its arrays.

    Parameters
    ----------
    channels
        Names, numbered where the image has none.
    shape
        (Y, X) of the finest level.
    dtype
        Of the pixels.
    downsampling
        Factor of each level that is a whole-number reduction of the first in both directions.
    n_planes, n_times
        Lengths of the z and t axes.
    """

    channels: tuple[str, ...]
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    downsampling: tuple[int, ...]
    n_planes: int
    n_times: int


def read_meta(image: Path, version: int) -> ImageMeta:
    """Metadata of an image.

    Raises
    ------
    PlateError
        When it has none, or they name no pixels.
    """
    attributes = read_attributes(image, version) or {}
    try:
        multiscale = attributes["multiscales"][0]
        datasets = tuple(inner_path(dataset["path"]) for dataset in multiscale["datasets"])
        axes = [axis["name"] if isinstance(axis, dict) else str(axis) for axis in multiscale.get("axes", [*"tczyx"])]
    except (KeyError, IndexError, TypeError) as error:
        raise PlateError(
            f"{image} has no image metadata (multiscales).", "Write the field again, or leave it out."
        ) from error
    inside = tuple(path for path in datasets if path is not None)
    if not inside or len(inside) < len(datasets) or {"y", "x"} - set(axes) or set(axes) - set("tczyx"):
        raise PlateError(
            f"{image} names axes {', '.join(axes)} and levels {datasets}: an image has y and x, perhaps t, c and z, "
            f"and levels inside its folder.",
            "Write the field again, or leave it out.",
        )
    return ImageMeta("".join(axes), inside, _labels(attributes))


def _labels(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    omero = attributes.get("omero")
    channels = omero.get("channels") if isinstance(omero, dict) else None
    if not isinstance(channels, list):
        return ()
    return tuple(str(channel.get("label", "")) if isinstance(channel, dict) else "" for channel in channels)


def read_facts(image: Path, version: int) -> ImageFacts:
    """Shapes and names of an image.

    Raises
    ------
    PlateError
        When metadata or the array of the finest level are missing.
    """
    meta = read_meta(image, version)
    infos = [read_array_info(image / dataset, version) for dataset in meta.datasets]
    finest = infos[0]
    if finest is None or len(finest.shape) != len(meta.axes):
        raise PlateError(
            f"{image} has no array {meta.datasets[0]!r} of {len(meta.axes)} axes.",
            "Copy or write the field again, or leave it out.",
        )
    sizes = dict(zip(meta.axes, finest.shape, strict=True))
    y, x = meta.axes.index("y"), meta.axes.index("x")
    return ImageFacts(
        channels=_channel_names(meta.labels, sizes.get("c", 1)),
        shape=(sizes["y"], sizes["x"]),
        dtype=finest.dtype,
        downsampling=_downsampling([(info.shape[y], info.shape[x]) for info in infos if info is not None]),
        n_planes=sizes.get("z", 1),
        n_times=sizes.get("t", 1),
    )


def _channel_names(labels: Sequence[str], count: int) -> tuple[str, ...]:
    names: list[str] = []
    for index in range(count):
        name = labels[index] if index < len(labels) and labels[index] else f"channel {index + 1}"
        names.append(name if name not in names else f"{name} ({index + 1})")
    return tuple(names)


def _downsampling(shapes: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    factors = [1]
    (height, width), *coarser = shapes
    for rows, columns in coarser:
        down, across = round(height / max(rows, 1)), round(width / max(columns, 1))
        if down != across or down <= factors[-1]:
            break
        factors.append(down)
    return tuple(factors)
