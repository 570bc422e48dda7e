"""Pixels of a plate: one plane, one field, all of them as one lazy array, and a cheap look at them.

What is odd about a plane is learned when it is read, and joins the plate's problems then.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError

if TYPE_CHECKING:
    import dask.array as da

    from napari_ben.plates._plate import Plate

SAMPLED_FIELDS = 8
SHOWN_SURPRISES = 20


def read_plane(plate: "Plate", row: int, channel: int, level: int) -> NDArray[Any]:
    """(Y, X) of one field and channel; see `Plate.read_plane`."""
    name = plate.channels[channel]
    missing: Any = plate.fields["missing"].iat[row]
    if name in missing:
        raise PlateError(
            f"{_where(plate, row)} on plate {plate.name!r} has no channel {name!r}.",
            "Leave the field out, or use a model that does not need this channel.",
        )
    try:
        plane = plate.source.read(row, channel, level)
    except PlateError as error:
        plate.note(error.problem)
        raise
    if level == 0 and plane.shape != plate.shape:
        odd, usual = (f"{height}×{width}" for height, width in (plane.shape, plate.shape))
        plate.note(f"{_where(plate, row)} is {odd} pixels; the plate's fields are {usual}.")
    if plane.dtype != plate.dtype:
        plate.note(f"{_where(plate, row)} is {plane.dtype}; the plate's fields are {plate.dtype}.")
    return plane


def read_field(plate: "Plate", row: int, channels: Sequence[int] | None) -> NDArray[Any]:
    """(C, Y, X) of one field; see `Plate.read_field`."""
    wanted = range(len(plate.channels)) if channels is None else channels
    planes = [plate.read_plane(row, channel) for channel in wanted]
    if len({plane.shape for plane in planes}) > 1:
        sizes = ", ".join(f"{plane.shape[0]}×{plane.shape[1]}" for plane in planes)
        problem = f"{_where(plate, row)} has channels of different sizes: {sizes} pixels."
        plate.note(problem)
        raise PlateError(problem, "Leave the field out, or export it again.")
    return np.stack(planes)


def summarise(surprises: Sequence[str]) -> tuple[str, ...]:
    """Give the first of many problems, and how many more there are."""
    more = len(surprises) - SHOWN_SURPRISES
    rest = (f"{more} more problems of this kind were met while reading images.",) if more > 0 else ()
    return (*surprises[:SHOWN_SURPRISES], *rest)


def _where(plate: "Plate", row: int) -> str:
    return f"Field {plate.fields['field'].iat[row]} of well {plate.fields['well'].iat[row]}"


def fit(plane: NDArray[Any], shape: tuple[int, int], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Crop or zero-pad a plane at its lower right, and give it another data type.

    Parameters
    ----------
    plane
        (Y, X), camera counts.
    shape
        (Y, X) wanted.
    dtype
        Wanted; values outside an integer's range are clipped.

    Examples
    --------
    >>> fit(np.array([[300, -1]]), (2, 1), np.dtype("uint8")).tolist()
    [[255], [0]]
    """
    if plane.shape == shape and plane.dtype == dtype:
        return plane
    part = plane[: shape[0], : shape[1]]
    if dtype.kind in "iu" and part.dtype != dtype:
        limits = np.iinfo(dtype)
        part = np.clip(np.nan_to_num(part), limits.min, limits.max)
    fitted = np.zeros(shape, dtype)
    fitted[: part.shape[0], : part.shape[1]] = part
    return fitted


def lazy_images(plate: "Plate") -> "da.Array":
    """(n_fields, C, Y, X), one block a plane; what cannot be read is zero and stated in the plate's problems."""
    import dask.array as da  # 0.6 s: only where pixels are wanted

    def block(block_id: tuple[int, ...] = (0, 0, 0, 0)) -> NDArray[Any]:
        try:
            plane = plate.read_plane(block_id[0], block_id[1])
        except PlateError:
            return np.zeros((1, 1, *plate.shape), plate.dtype)
        return fit(plane, plate.shape, plate.dtype)[None, None]

    ones = ((1,) * len(plate.fields), (1,) * len(plate.channels))
    chunks = (*ones, (plate.shape[0],), (plate.shape[1],))
    meta = np.empty((0, 0, 0, 0), plate.dtype)
    return da.map_blocks(block, chunks=chunks, dtype=plate.dtype, meta=meta, name=f"images-{uuid4().hex}")


def contrast_limits(plate: "Plate", channel: int) -> tuple[float, float]:
    """Display range of one channel from a few fields spread over the plate, at the coarsest stored level.

    A channel that is the same everywhere joins the plate's problems.

    Returns
    -------
    tuple
        The 0.1 and 99.9 percentiles of the finite pixels, camera counts; never equal.
    """
    name = plate.channels[channel]
    rows = np.flatnonzero([name not in missing for missing in plate.fields["missing"]])
    chosen = rows[np.linspace(0, len(rows) - 1, min(SAMPLED_FIELDS, len(rows))).round().astype(int)]
    sample = [values for row in chosen if (values := _finite(plate, int(row), channel)).size]
    if not sample:
        return 0.0, 1.0
    pixels = np.concatenate(sample)
    if pixels.min() == pixels.max():
        where = "the field" if len(sample) == 1 else f"all {len(sample)} fields"
        plate.note(f"Channel {name!r} is {pixels[0]:g} everywhere in {where} looked at: was it imaged?")
    low, high = np.percentile(pixels, [0.1, 99.9])
    return float(low), float(max(high, low + 1))


def _finite(plate: "Plate", row: int, channel: int) -> NDArray[Any]:
    try:
        plane = plate.read_plane(row, channel, plate.n_levels - 1)
    except PlateError:  # it is in plate.problems now; a colour range needs no more
        return np.empty(0)
    finite: NDArray[Any] = plane[np.isfinite(plane)]
    return finite
