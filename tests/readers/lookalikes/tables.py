"""Tables of images, as CellProfiler's pipelines read them and as a person writes them."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

CHANNELS = {"OrigDNA": "ch1", "OrigER": "ch2"}


def write_images(folder: Path, wells=("A01", "B03"), sites=(1, 2), channels=("ch1", "ch2")):
    """Images with names that say nothing of wells as we read them; pixels by name."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = {}
    for well in wells:
        for site in sites:
            for channel in channels:
                name = f"{channel}-{well}-{site}.tiff"
                pixels[name] = np.full((12, 10), len(pixels) + 1, np.uint16)
                tifffile.imwrite(folder / name, pixels[name])
    return pixels


def load_data(wells=("A01", "B03"), sites=(1, 2), plate="BR00117035", path="images", kind="FileName", illum=False):
    """Rows of a load_data table; `path` is the folder that it names."""
    rows = []
    for well in wells:
        for site in sites:
            row = {}
            for column, channel in CHANNELS.items():
                name = f"{channel}-{well}-{site}.tiff"
                if kind == "URL":
                    row[f"URL_{column}"] = f"{path}/{name}"
                else:
                    row |= {f"FileName_{column}": name, f"PathName_{column}": path}
            if illum:
                row |= {"FileName_IllumDNA": "illum_DNA.npy", "PathName_IllumDNA": "illum"}
            about = {"Source": "source_4", "Batch": "b1", "Plate": plate, "Well": well, "Site": site}
            rows.append(row | {f"Metadata_{name}": value for name, value in about.items()})
    return pd.DataFrame(rows)


def write_table(table: pd.DataFrame, path: Path):
    """CSV, TSV, CSV.GZ or Parquet, by the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(table.to_csv(index=False).encode()))
    else:
        table.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")
    return path
