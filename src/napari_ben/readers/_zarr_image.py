"""One OME-Zarr image: what its axes, levels, channels and pixels are."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_ben.errors import PlateError
from napari_ben.readers._channel_names import MAX_CHANNELS, channel_names
from napari_ben.readers._zarr_json import inner_path, read_array_info, read_attributes

MOST = 1 << 16  # time points, channels or planes
LARGEST = 1 << 38  # pixels of a plane: half a million by half a million
_UM = {
    "angstrom": 1e-4,
    "nanometer": 1e-3,
    "micrometer": 1.0,
    "micron": 1.0,
    "um": 1.0,
    "µm": 1.0,
    "millimeter": 1e3,
    "centimeter": 1e4,
    "meter": 1e6,
}


@dataclass(frozen=True)
class Geometry:
    """Where the pixels of a field lie, in the units of its axes.

    Parameters
    ----------
    pixel
        (Y, X) of a pixel's sides; None where no scale is written.
    corner
        (Y, X) of the field's corner; None where no translation is written.
    unit_um
        Length of the unit, µm; None where none is written.
    """

    pixel: tuple[float, float] | None = None
    corner: tuple[float, float] | None = None
    unit_um: float | None = None


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
    geometry
        Of the finest level.
    """

    axes: str
    datasets: tuple[str, ...]
    labels: tuple[str, ...]
    geometry: Geometry


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
    pixel
        (Y, X) of a pixel's sides, in units of the axes; None where unknown.
    unit_um
        Length of that unit, µm; None where unknown.
    """

    channels: tuple[str, ...]
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    downsampling: tuple[int, ...]
    n_planes: int
    n_times: int
    pixel: tuple[float, float] | None = None
    unit_um: float | None = None


def read_meta(image: Path | str, version: int) -> ImageMeta:
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
        written = multiscale.get("axes", [*"tczyx"])
        axes = [str(axis["name"] if isinstance(axis, dict) else axis) for axis in written]
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise PlateError(
            f"{image} has no image metadata (multiscales).", "Write the field again, or leave it out."
        ) from error
    inside = tuple(path for path in datasets if path is not None)
    is_image = {"y", "x"} <= set(axes) <= set("tczyx") and len(set(axes)) == len(axes)
    if not inside or len(inside) < len(datasets) or not is_image:
        raise PlateError(
            f"{image} names axes {', '.join(axes)} and levels {datasets}: an image has y and x, perhaps t, c and z, "
            f"and levels inside its folder.",
            "Write the field again, or leave it out.",
        )
    return ImageMeta("".join(axes), inside, _labels(attributes), _geometry(multiscale, written, axes))


def read_facts(image: Path | str, version: int, meta: ImageMeta) -> ImageFacts:
    """Shapes and names of an image.

    Raises
    ------
    PlateError
        When the array of the finest level is missing, or is not what the metadata say.
    """
    infos = [read_array_info(f"{image}/{dataset}", version) for dataset in meta.datasets]
    finest = infos[0]
    if finest is None or len(finest.shape) != len(meta.axes):
        raise PlateError(
            f"{image} has no array {meta.datasets[0]!r} of {len(meta.axes)} axes.",
            "Copy or write the field again, or leave it out.",
        )
    sizes = dict(zip(meta.axes, finest.shape, strict=True))
    if max(sizes.get(axis, 1) for axis in "tcz") > MOST or sizes["y"] * sizes["x"] > LARGEST:
        raise PlateError(
            f"{image} claims {finest.shape} along {meta.axes}: no image is like this.", "Write the field again."
        )
    y, x = meta.axes.index("y"), meta.axes.index("x")
    levels = [info.shape for info in infos if info is not None and len(info.shape) == len(meta.axes)]
    return ImageFacts(
        channels=channel_names(meta.labels, sizes.get("c", 1)),
        shape=(sizes["y"], sizes["x"]),
        dtype=finest.dtype,
        downsampling=_downsampling([(shape[y], shape[x]) for shape in levels]),
        n_planes=sizes.get("z", 1),
        n_times=sizes.get("t", 1),
        pixel=meta.geometry.pixel,
        unit_um=meta.geometry.unit_um,
    )


def _labels(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    omero = attributes.get("omero")
    channels = omero.get("channels") if isinstance(omero, dict) else None
    if not isinstance(channels, list):
        return ()
    listed = [channel if isinstance(channel, dict) else {} for channel in channels[:MAX_CHANNELS]]
    return tuple(str(channel.get("label") or "") for channel in listed)


def _geometry(multiscale: Mapping[str, Any], written: Sequence[Any], axes: Sequence[str]) -> Geometry:
    """Scale and translation of the finest level; those of the whole image are applied after its own."""
    y, x = axes.index("y"), axes.index("x")
    pixel: tuple[float, float] | None = None
    corner: tuple[float, float] | None = None
    for step in (*_steps(multiscale["datasets"][0]), *_steps(multiscale)):
        kind = step.get("type")
        values = step.get(kind) if kind in ("scale", "translation") else None
        pair = (_number(values, y, len(axes)), _number(values, x, len(axes)))
        if pair[0] is None or pair[1] is None:
            continue
        if kind == "scale":
            pixel = _times(pixel or (1.0, 1.0), (pair[0], pair[1]))
            corner = corner and _times(corner, (pair[0], pair[1]))
        else:
            start = corner or (0.0, 0.0)
            corner = (start[0] + pair[0], start[1] + pair[1])
    unit = written[x].get("unit") if isinstance(written[x], dict) else None
    if pixel is not None and min(pixel) <= 0:
        pixel = None
    return Geometry(pixel, corner, _UM.get(unit.lower()) if isinstance(unit, str) else None)


def _steps(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    steps = entry.get("coordinateTransformations")
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


def _number(values: object, index: int, length: int) -> float | None:
    if not isinstance(values, list) or len(values) != length:
        return None
    value = values[index]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e12 and math.isfinite(value) else None


def _times(pair: tuple[float, float], factors: tuple[float, float]) -> tuple[float, float]:
    return pair[0] * factors[0], pair[1] * factors[1]


def _downsampling(shapes: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    factors = [1]
    (height, width), *coarser = shapes
    for rows, columns in coarser:
        down, across = round(height / max(rows, 1)), round(width / max(columns, 1))
        if down != across or down <= factors[-1]:
            break
        factors.append(down)
    return tuple(factors)
