"""What the folder of a plate's images says about the plate: its barcode, its experiment, its kind of files."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

_INNER = re.compile(
    r"images?|orig|data|timepoint_?\d+|zstep_?\d+|experiment(_z_stack|_z_projection)?|\d{4}-\d{2}-\d{2}", re.IGNORECASE
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_RXRX_PLATE = re.compile(r"Plate ?(\d+)", re.IGNORECASE)
_RXRX_EXPERIMENT = re.compile(r"[A-Za-z0-9]+-\d+")


def plate_name(path: Path) -> tuple[str, str]:
    """Name of a plate and of its experiment from where its images lie.

    RxRx1 numbers its plates within an experiment (``HUVEC-1/Plate2``), which is the only place where a folder's parent
    names the experiment; everywhere else the experiment is unknown.

    Examples
    --------
    >>> plate_name(Path("BR00117010__2020-11-08T18_18_00-Measurement 1/Images"))
    ('BR00117010', '')
    >>> plate_name(Path("SingleChannel/2023-02-21/1334/ZStep_1"))
    ('SingleChannel', '')
    >>> plate_name(Path("train/HEPG2-01/Plate1"))
    ('HEPG2-01_Plate1', 'HEPG2-01')
    """
    while path.parent.name and (_INNER.fullmatch(path.name) or _is_run(path)):
        path = path.parent
    if _RXRX_PLATE.fullmatch(path.name) and _RXRX_EXPERIMENT.fullmatch(path.parent.name):
        return f"{path.parent.name}_{path.name}", path.parent.name
    return path.name.partition("__")[0] or path.name, ""


def file_kind(files: Iterable[str]) -> str:
    """Say what most files are, by their suffix.

    Examples
    --------
    >>> file_kind(["a.tif", "b.TIFF", "c.png"])
    'TIFF'
    """
    suffixes = Counter(path.rpartition(".")[2].upper().replace("TIFF", "TIF") for path in files)
    return suffixes.most_common(1)[0][0].replace("TIF", "TIFF") if suffixes else "image"


def _is_run(path: Path) -> bool:
    return path.name.isdigit() and bool(_DATE.fullmatch(path.parent.name))
