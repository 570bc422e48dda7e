"""Harmony's assay layout: what the person who ran the microscope wrote down about the wells.

A layer a property (compound, concentration, …), each with a value a well. Where a layout lies beside the images, it is
the plate's platemap.
"""

from pathlib import Path

import pandas as pd

from napari_ben.errors import PlateError
from napari_ben.readers._record_columns import name_wells, to_counts
from napari_ben.readers._xml import read_root, read_xml

_ROOT = "AssayLayout"


def read_assay_layout(images: Path) -> tuple[pd.DataFrame | None, tuple[str, ...]]:
    """Assay layout of a plate whose images lie in a folder.

    Parameters
    ----------
    images
        The folder; the layout is looked for in ``Assaylayout`` within it or, where it is named ``Images``, beside it.

    Returns
    -------
    table
        Texts: ``well``, and a column a layer; None where nothing is written down.
    problems
        Why there is none, although there is a file.
    """
    try:
        found = [path for path in assay_layout_files(images) if read_root(path).name == _ROOT]
        if len(found) > 1:
            names = ", ".join(repr(path.name) for path in found)
            return None, (f"The plate has {len(found)} assay layouts ({names}): none is taken.",)
        return _read(found[0]) if found else (None, ())
    except PlateError as error:  # the images can be shown without it
        return None, (error.problem,)


def assay_layout_files(images: Path) -> list[Path]:
    """Files that may hold the assay layout of a plate whose images lie in a folder."""
    around = (images, images.parent) if images.name.lower() == "images" else (images,)
    folders = [folder / name for folder in around for name in ("Assaylayout", "AssayLayout", "assaylayout")]
    files = [path for folder in folders for path in sorted(folder.glob("*.xml"))]
    return [path for at, path in enumerate(files) if not any(path.samefile(other) for other in files[:at])]


def _read(path: Path) -> tuple[pd.DataFrame | None, tuple[str, ...]]:
    layers: list[str] = []
    cells: list[dict[str, str]] = []

    def put(name: str, text: str) -> None:
        if cells:
            cells[-1][name] = text.strip()

    damage = read_xml(
        path,
        {"Layer": lambda _: layers.append(""), "Well": lambda _: cells.append({"layer": layers[-1] if layers else ""})},
        {
            "Name": lambda text: layers.__setitem__(-1, text.strip()) if layers else None,
            **{name: lambda text, name=name: put(name, text) for name in ("Row", "Col", "Value")},  # type: ignore[misc] # the default binds the name
        },
    )
    problems = (damage,) if damage else ()
    written = [cell for cell in cells if cell.get("Value") and cell["layer"]]
    rows, columns = (to_counts([cell.get(name, "") for cell in written]) for name in ("Row", "Col"))
    table: dict[str, dict[str, str]] = {}
    for well, cell in zip(name_wells(rows, columns).tolist(), written, strict=True):
        if well:
            table.setdefault(well, {})[cell["layer"]] = cell["Value"]
    frame = pd.DataFrame.from_dict(table, orient="index").fillna("").rename_axis("well").reset_index()
    return (frame if table else None), problems
