"""ZEISS CZI: a plate in one file whose scenes lie in wells, or a file a well.

A scene of one tile is a field; of a scene of several tiles (a mosaic) each tile is one, so that a field is what the
camera saw. Where tiles overlap, the pixels are those of the tile that lies on top. Read by pylibCZIrw.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.readers._channel_names import channel_names
from napari_ben.readers._containers import (
    Pages,
    files_of_wells,
    missing_extra,
    plates_of_files,
    refuse_without,
    unreadable,
)
from napari_ben.readers._czi_meta import CziMeta, read_czi_meta
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._place import Place

SUFFIX = ".czi"
DAMAGED = (RuntimeError, ValueError, OSError, LookupError, MemoryError)
_DTYPES = {"Gray8": "uint8", "Gray16": "uint16", "Gray32Float": "float32", "Bgr24": "uint8", "Bgr48": "uint16"}
_COLUMNS = ("S", "C", "Z", "T", "M", "X", "Y", "W", "H")
LARGEST = 1 << 30  # pixels of a tile: beyond it a number is no size of a camera's picture


def refuse_czi(place: Place) -> str | None:
    """Why a place is no CZI plate, in words; None when there are CZI files, and not beside more images."""
    return refuse_without(place, SUFFIX)


def plates_czi(place: Place) -> tuple[Path, ...]:
    """Paths of the CZI files of a folder where each is a plate."""
    return plates_of_files(place, SUFFIX)


def index_czi(place: Place) -> tuple[PlaneIndex, PlateFacts]:
    """Planes of CZI files.

    Raises
    ------
    PlateError
        When pylibCZIrw is not installed, a file is damaged, or no scene can be assigned to a well.
    """
    columns: dict[str, list[Any]] = {name: [] for name in ("wells", "channels", "files", "dtypes")}
    tables: list[NDArray[np.int64]] = []
    metas: list[CziMeta] = []
    problems: list[str] = []
    for file, well in files_of_wells(place, SUFFIX).items():
        table, dtypes, meta = _read_directory(place.folder / file)
        wells = _wells(meta, table, well)
        lost = np.array([name is None for name in wells], bool)
        if lost.any():
            problems.append(
                f"{len(set(table[lost, 0].tolist()))} scenes of {file!r} lie in no well; they were left out."
            )
        kept = np.flatnonzero(~lost)
        names = channel_names(
            [meta.channels.get(number, "") for number in range(_count(table[:, 1]))], _count(table[:, 1])
        )
        columns["wells"] += [wells[row] for row in kept]
        columns["channels"] += [names[number] for number in table[kept, 1]]
        columns["files"] += [file] * len(kept)
        columns["dtypes"] += [dtypes[row] for row in kept]
        tables.append(table[kept])
        metas.append(meta)
    planes = np.concatenate(tables)
    if not len(planes):
        raise PlateError(
            f"No scene of {place.path} tells its well, and no file name does.",
            "Name the file by its well, such as 'plate_A01.czi', or export it as OME-Zarr with its plate.",
        )
    return _index(planes, columns, metas), _facts(place, planes, columns, metas, problems)


def _index(planes: NDArray[np.int64], columns: Mapping[str, list[Any]], metas: list[CziMeta]) -> PlaneIndex:
    wells, files = columns["wells"], columns["files"]
    numbers: dict[tuple[str, str, int, int], int] = {}
    seen: Counter[str] = Counter()
    for key in sorted(set(zip(wells, files, planes[:, 0].tolist(), planes[:, 4].tolist(), strict=True))):
        seen[key[0]] += 1
        numbers[key] = seen[key[0]]
    keys = zip(wells, files, planes[:, 0].tolist(), planes[:, 4].tolist(), strict=True)
    pixel_um = metas[0].pixel_um
    y_um, x_um = _corners(planes, wells, pixel_um) if pixel_um else ((), ())
    return PlaneIndex(
        wells=wells,
        fields=[numbers[key] for key in keys],
        channels=columns["channels"],
        files=files,
        z=planes[:, 2] if planes[:, 2].any() else (),
        times=planes[:, 3] if planes[:, 3].any() else (),
        pages=np.arange(len(planes)),
        y_um=y_um,
        x_um=x_um,
    )


def _facts(
    place: Place, planes: NDArray[np.int64], columns: Mapping[str, list[Any]], metas: list[CziMeta], problems: list[str]
) -> PlateFacts:
    sizes: Counter[tuple[int, int]] = Counter(zip(planes[:, 8].tolist(), planes[:, 7].tolist(), strict=True))
    kinds = Counter(columns["dtypes"])
    return PlateFacts(
        name=place.path.stem,
        layout="CZI" if len(metas) == 1 else "CZI, a file a well",
        channels=tuple(dict.fromkeys(columns["channels"])),
        shape=sizes.most_common(1)[0][0],
        dtype=np.dtype(_DTYPES.get(kinds.most_common(1)[0][0], "uint16")),
        pixel_um=metas[0].pixel_um,
        problems=tuple(problems),
        path=place.path,
        read_page=Pages(open_czi, read_czi_plane, planes, DAMAGED),
    )


def open_czi(path: Path) -> Any:
    """Open a file; the caller closes it.

    Raises
    ------
    PlateError
        When pylibCZIrw is not installed.
    """
    try:
        from pylibCZIrw import czi  # an extra
    except ImportError as error:
        raise missing_extra("CZI", "pylibCZIrw", "czi") from error
    return czi.CziReader(str(path))


def read_czi_plane(file: Any, plane: NDArray[np.int64]) -> NDArray[Any]:
    """(Y, X) of one tile, or (Y, X, 3) of a colour image."""
    scene, channel, z, time, _, x, y, width, height = (int(number) for number in plane)
    pixels = file.read(
        roi=(x, y, width, height), plane={"C": channel, "Z": z, "T": time}, scene=None if scene < 0 else scene
    )
    return np.asarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def _read_directory(path: Path) -> tuple[NDArray[np.int64], list[str], CziMeta]:
    """Tiles of the finest level, the pixel type of each, and the metadata."""
    rows: list[tuple[int, ...]] = []
    dtypes: list[str] = []

    def take(_: int, tile: Any) -> bool:
        where, place = tile.coordinate.to_dict(), tile.logicalRect
        index = tile.mIndex if tile.is_mindex_valid() else 0
        at = tuple(where.get(axis, -1 if axis == "S" else 0) for axis in "SCZT")
        rows.append((*at, index, place.x, place.y, place.w, place.h))
        dtypes.append(tile.pixelType.name)
        return True

    try:
        file = open_czi(path)
        try:
            file.enumerate_subblocks_subset(take, only_layer0=True)
            text = file.raw_metadata
        finally:
            file.close()
    except DAMAGED as error:
        if isinstance(error, PlateError):
            raise
        raise unreadable(path, error) from error
    table = np.array(rows, np.int64).reshape(-1, len(_COLUMNS))
    if len(table) and (table[:, 7:].min() < 1 or table[:, 7:].prod(axis=1).max() > LARGEST):
        raise PlateError(f"{path.name!r} claims tiles of an impossible size.", "Copy the file again.")
    return table, dtypes, read_czi_meta(path, text.encode())


def _wells(meta: CziMeta, table: NDArray[np.int64], in_name: str | None) -> list[str | None]:
    """Well of each tile: as its scene tells, else as the file's name does."""
    told = {number: scene.well for number, scene in meta.scenes.items()}
    if in_name is not None and not any(told.values()):
        return [in_name] * len(table)
    return [told.get(max(0, number)) for number in table[:, 0].tolist()]


def _corners(planes: NDArray[np.int64], wells: list[str], pixel_um: float) -> list[NDArray[Any]]:
    """Corners (Y, X) of the tiles within their wells, µm."""
    _, codes = np.unique(np.asarray(wells, str), return_inverse=True)
    corners = []
    for axis in (6, 5):
        least = np.full(codes.max(initial=0) + 1, np.iinfo(np.int64).max)
        np.minimum.at(least, codes, planes[:, axis])
        corners.append((planes[:, axis] - least[codes]) * pixel_um)
    return corners


def _count(numbers: NDArray[np.int64]) -> int:
    return int(numbers.max(initial=-1)) + 1
