"""OME-Zarr plates (HCS), versions 0.4 and 0.5.

What real writers do decides here: rows and columns index into the lists given, which may hold used names only, so a
well's place comes from its *name*; names are ``1`` or ``01``; wells come unsorted, and some that are listed were never
written. Images of a well are fields, unless they belong to different acquisitions or are cycles of one place.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_ben.errors import PlateError
from napari_ben.plates import Plate, View, wells_table
from napari_ben.readers._place import Place
from napari_ben.readers._zarr_acquisitions import ImagesAre, group_images, look_like_cycles
from napari_ben.readers._zarr_json import read_attributes
from napari_ben.readers._zarr_views import ZarrViews
from napari_ben.readers._zarr_wells import list_images, listed_wells, plate_format

CYCLES = (
    "No acquisition is written and images of a well name different channels: they were taken for cycles of one place. "
    "Where they are fields, open the plate with layout='ome-zarr-fields'."
)


def refuse_omezarr(place: Place) -> str | None:
    """Why a place is no OME-Zarr plate, in words; None when it is one, damaged or not."""
    try:
        _, attributes = _open_group(place.path)
    except PlateError:
        return None
    if attributes is None:
        return "it has neither zarr.json nor .zattrs"
    if "plate" not in attributes:
        return "it is an OME-Zarr image, not a plate" if "multiscales" in attributes else "its metadata name no plate"
    return None


def read_omezarr(place: Place, images_are: ImagesAre = "auto") -> Plate:
    """Plate of an OME-Zarr HCS folder.

    Parameters
    ----------
    place
        The folder.
    images_are
        What the images of a well are: ``fields`` or ``cycles``, whatever is written; found when ``auto``.

    Raises
    ------
    PlateError
        When the metadata cannot be read, or no image is there.
    """
    path = place.path
    version, attributes = _open_group(path)
    plate = (attributes or {}).get("plate")
    if attributes is None or not isinstance(plate, dict):
        raise PlateError(f"{path} has no plate metadata.", "Choose the folder that holds the whole plate.")
    wells, odd_wells = listed_wells(plate)
    found, absent = list_images(path, version, wells)
    are_cycles = images_are == "auto" and look_like_cycles(str(path), version, wells, found)
    groups = group_images(plate, wells, found, "cycles" if are_cycles else images_are)
    if not groups:
        raise PlateError(
            f"{path} lists {len(wells)} wells, but none of them has an image on disk.", "Copy the plate again, whole."
        )
    views = ZarrViews(
        *(path, version, groups),
        by_name=images_are != "fields",
        stated=(*odd_wells, *absent),
        told=(CYCLES,) if are_cycles else (),
    )
    shown = views.show(View())
    plate_format_, is_guess = plate_format(plate, wells)
    return Plate(
        name=re.sub(r"(\.ome)?\.zarr$", "", path.name),
        path=path,
        layout=f"OME-Zarr HCS {attributes.get('version') or plate.get('version') or {2: '0.4', 3: '0.5'}[version]}",
        format=plate_format_,
        channels=shown.channels,
        fields=shown.fields,
        wells=wells_table(shown.fields, also=wells),
        source=shown.source,
        stated=shown.stated,
        told=shown.told,
        format_is_guess=is_guess,
        pixel_um=views.fields_of(None).pixel_um,
        views=views,
    )


def _open_group(path: Path) -> tuple[int, Mapping[str, Any] | None]:
    attributes = read_attributes(path, 3)
    return (3, attributes) if attributes is not None else (2, read_attributes(path, 2))
