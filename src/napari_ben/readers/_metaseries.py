"""What a TIFF of MetaXpress says in its header about the stage and the light.

The header is XML of one flat kind, ``<prop id="…" type="…" value="…"/>``; it is searched and not parsed, so no
entity in it is ever expanded.
"""

import re
import struct
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

_PROPERTY = re.compile(r'prop id="([^"]{1,60})" type="[a-z-]{1,20}" value="([^"]{0,80})"')
_LONGEST = 200_000


@dataclass(frozen=True)
class MetaSeries:
    """Header of one image.

    Parameters
    ----------
    channel
        The illumination setting's name; blank where unknown.
    pixel_um
        Side of a pixel, µm.
    y_um, x_um
        Of the site from the centre of its well, µm; y grows downwards.
    """

    channel: str
    pixel_um: float | None
    y_um: float | None
    x_um: float | None


def read_metaseries(path: Path) -> MetaSeries | None:
    """Read the header of an image; None where it is damaged, or not MetaXpress'."""
    import tifffile  # 0.1 s: only where a TIFF is read

    damaged = (tifffile.TiffFileError, OSError, ValueError, LookupError, struct.error)
    try:
        with tifffile.TiffFile(path) as file:
            if not file.is_metaseries:
                return None
            said = dict(_PROPERTY.findall(file.pages.first.description[:_LONGEST]))
    except damaged:  # the reader of pixels says what is wrong with the file
        return None
    calibrated = said.get("spatial-calibration-state") == "on" and said.get("spatial-calibration-units") in ("um", "µm")
    return MetaSeries(
        channel=said.get("_IllumSetting_", "").strip(),
        pixel_um=_length(said, "spatial-calibration-x") if calibrated else None,
        y_um=_length(said, "OffsetFromWellCenterUmY", "stage-position-y"),
        x_um=_length(said, "OffsetFromWellCenterUmX", "stage-position-x"),
    )


def _length(said: dict[str, str], *keys: str) -> float | None:
    for key in keys:
        try:
            value = float(said[key])
        except (KeyError, ValueError):
            continue
        if isfinite(value):
            return value
    return None
