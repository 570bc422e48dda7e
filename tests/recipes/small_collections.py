"""Small look-alikes of three public collections: the folders, names and tables of a download, with images of noise.

Each class, plate and compound has a texture of its own, so that a network has something to learn.
"""

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
from numpy.typing import NDArray
from PIL import Image

RXRX1_CELLS = {"HEPG2-01": "train", "HUVEC-01": "train", "HEPG2-02": "val", "HUVEC-02": "test"}
RXRX1_WELLS = {
    "B02": ("EMPTY", "negative_control"),
    **{well: (f"s{number}", "positive_control") for number, well in enumerate(("C03", "D04"), 1)},
    **{well: (f"s{number}", "treatment") for number, well in enumerate(("E05", "F06", "G07", "H08"), 3)},
}
POSITIVE = ("JCP2022_012818", "JCP2022_025848", "JCP2022_035095")
NEGATIVE = "JCP2022_033924"
JUMP_BATCHES = {
    "source_3": (
        *(("CP59", "COMPOUND"), ("CP59", "DMSO"), ("CP60", "COMPOUND"), ("CP60", "TARGET2")),
        *(("CP_25_all_Phenix1", "COMPOUND"), ("CP_26_all_Phenix1", "COMPOUND"), ("CP_33_all_Phenix1", "COMPOUND")),
    ),
    "source_8": (("J1", "COMPOUND"), ("J2", "COMPOUND")),
}
JUMP_CHANNELS = ("DNA", "ER", "RNA", "AGP", "Mito")
MECHANISMS = {"taxol": "Microtubule stabilizers", "docetaxel": "Microtubule stabilizers"} | dict.fromkeys(
    ("emetine", "anisomycin"), "Protein synthesis"
)


def texture(seed: Sequence[int], size: int, kind: int = 0, levels: int = 255) -> NDArray[np.float64]:
    """Stripes whose width is the class, in noise; camera counts, (size, size)."""
    rng = np.random.default_rng(seed)
    stripes = np.sin(np.arange(size) * (0.4 + 0.35 * kind) + rng.uniform(0, 6))
    return np.clip((0.4 + 0.15 * stripes + rng.normal(0, 0.08, (size, size))) * levels, 0, levels)


def write_rxrx1(folder: Path, shape: str = "wilds", plates: int = 1, size: int = 32) -> Path:
    """RxRx1 as WILDS, its authors or Kaggle publish it; gives the folder that is opened."""
    rows = []
    for place, (experiment, split) in enumerate(RXRX1_CELLS.items()):
        for plate in range(1, plates + 1):
            part = ("train" if split == "train" else "test") if shape == "kaggle" else "images"
            target = folder / part / experiment / f"Plate{plate}"
            target.mkdir(parents=True)
            for kind, (well, (sirna, role)) in enumerate(RXRX1_WELLS.items()):
                for site in (1, 2):
                    _write_site(target / f"{well}_s{site}", shape, (place, plate, kind, site), kind, size)
                    rows.append((experiment, split, plate, well, site, sirna, role))
    columns = ["experiment", "dataset", "plate", "well", "site", "sirna", "well_type"]
    _write_rxrx1_tables(folder, shape, pd.DataFrame(rows, columns=columns))
    return folder


def _write_site(stem: Path, shape: str, seed: tuple[int, ...], kind: int, size: int) -> None:
    channels = 3 if shape == "wilds" else 6
    planes = [texture((*seed, channel), size, kind).astype(np.uint8) for channel in range(channels)]
    if shape == "wilds":
        Image.fromarray(np.stack(planes, axis=-1)).save(f"{stem}.png")
        return
    for channel, plane in enumerate(planes, 1):
        Image.fromarray(plane).save(f"{stem}_w{channel}.png")


def _write_rxrx1_tables(folder: Path, shape: str, sites: pd.DataFrame) -> None:
    name = sites["experiment"] + "_" + sites["plate"].astype(str) + "_" + sites["well"]
    if shape != "kaggle":
        known = sites.assign(site_id=name + "_" + sites["site"].astype(str), well_id=name)
        known["cell_type"] = sites["experiment"].str.partition("-")[0]
        known["sirna_id"] = known["sirna"].astype("category").cat.codes
        if shape == "official":
            known["dataset"] = known["dataset"].replace("val", "test")
        known.to_csv(folder / "metadata.csv", index=False)
        return
    wells = sites.assign(id_code=name)[sites["site"] == 1]
    for part in ("train", "test"):
        own = wells[(wells["dataset"] == "train") == (part == "train")]
        is_treated = own["well_type"] == "treatment"
        treated = ["id_code", "experiment", "plate", "well", *(["sirna"] if part == "train" else [])]
        own.loc[is_treated, treated].to_csv(folder / f"{part}.csv", index=False)
        told = ["id_code", "experiment", "plate", "well", "sirna", "well_type"]
        own.loc[~is_treated, told].to_csv(folder / f"{part}_controls.csv", index=False)


def jump_plates() -> pd.DataFrame:
    """Plates of two sources, as the consortium's table lists them."""
    plates = [
        (source, batch, f"{source[-1]}{number:03d}", kind)
        for source, batches in JUMP_BATCHES.items()
        for number, (batch, kind) in enumerate(batches)
    ]
    names = ["Metadata_Source", "Metadata_Batch", "Metadata_Plate", "Metadata_PlateType"]
    return pd.DataFrame(plates, columns=names)


def write_jump(folder: Path, plates: pd.DataFrame, size: int = 64) -> Path:
    """JUMP (cpg0016): image folders, load_data tables and the metadata of the consortium."""
    wells = []
    for number, (source, batch, name, _) in enumerate(plates.itertuples(index=False)):
        wells += [(source, name, well, compound) for well, compound in _jump_wells().items()]
        _write_jump_plate(folder / source, (source, batch, name), number, size)
    _write_gzip(folder / "metadata/plate.csv.gz", plates)
    names = ["Metadata_Source", "Metadata_Plate", "Metadata_Well", "Metadata_JCP2022"]
    _write_gzip(folder / "metadata/well.csv.gz", pd.DataFrame(wells, columns=names))
    kinds = [(NEGATIVE, "negcon", "DMSO", "compound"), *((name, "poscon", name, "compound") for name in POSITIVE)]
    names = ["Metadata_JCP2022", "Metadata_pert_type", "Metadata_Name", "Metadata_modality"]
    pd.DataFrame(kinds, columns=names).to_csv(folder / "metadata/perturbation_control.csv", index=False)
    return folder


def _jump_wells() -> dict[str, str]:
    columns = dict(enumerate((NEGATIVE, *POSITIVE, "JCP2022_000001"), 1))
    return {f"{row}{column:02d}": compound for row in "ABCD" for column, compound in columns.items()}


def _write_jump_plate(folder: Path, names: tuple[str, str, str], number: int, size: int) -> None:
    source, batch, name = names
    images = folder / "images" / batch / "images" / f"{name}__2021-05-02T16_02_51-Measurement1" / "Images"
    images.mkdir(parents=True)
    rows = []
    for well in _jump_wells():
        row, column = "ABCD".index(well[0]) + 1, int(well[1:])
        about = {"Source": source, "Batch": batch, "Plate": name, "Well": well, "Site": 1}
        told: dict[str, object] = {f"Metadata_{key}": value for key, value in about.items()}
        for channel, dye in enumerate(JUMP_CHANNELS, 1):
            file = f"r{row:02d}c{column:02d}f01p01-ch{channel}sk1fk1fl1.tiff"
            seed = (number, row, column, channel)
            tifffile.imwrite(images / file, texture(seed, size, column, 4000).astype(np.uint16))
            there = f"s3://cellpainting-gallery/cpg0016-jump/{source}/{images.relative_to(folder)}/"
            told |= {f"FileName_Orig{dye}": file, f"PathName_Orig{dye}": there}
        rows.append(told)
    _write_gzip(folder / "workspace/load_data_csv" / batch / name / "load_data.csv.gz", pd.DataFrame(rows))


def _write_gzip(path: Path, table: pd.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(table.to_csv(index=False).encode()))


def write_bbbc021(folder: Path, weeks: int = 2, size: int = 64) -> Path:
    """BBBC021: a folder a plate, the image table and the table of mechanisms."""
    rows = []
    for week in range(1, weeks + 1):
        for number in (1, 2):
            name = f"Week{week}_2{week}{number}00"
            for place, compound in enumerate((*MECHANISMS, "DMSO", "DMSO")):
                rows += _write_bbbc021_well(
                    folder / name, compound, "BCDEFG"[place] + "02", (week, number, place), size
                )
    pd.DataFrame(rows).to_csv(folder / "BBBC021_v1_image.csv", index=False)
    acts = [(compound, "1.000000", moa) for compound, moa in MECHANISMS.items()] + [("DMSO", "0.000000", "DMSO")]
    pd.DataFrame(acts, columns=["compound", "concentration", "moa"]).to_csv(folder / "BBBC021_v1_moa.csv", index=False)
    return folder


def _write_bbbc021_well(
    folder: Path, compound: str, well: str, seed: tuple[int, ...], size: int
) -> list[dict[str, object]]:
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for site in (1, 2):
        week = folder.name.partition("_")[0]
        row: dict[str, object] = {"TableNumber": seed[0], "ImageNumber": site}
        for channel, dye in ((1, "DAPI"), (2, "Tubulin"), (4, "Actin")):
            name = f"{week}_150607_{well}_s{site}_w{channel}07447158-AC76-4844-8431-E6A954BD1174.tif"
            kind = list(dict.fromkeys(MECHANISMS.values())).index(MECHANISMS[compound]) + 1 if compound != "DMSO" else 0
            plane = texture((*seed, site, channel), size, kind, 4000)
            tifffile.imwrite(folder / name, plane.astype(np.uint16))
            row |= {f"Image_FileName_{dye}": name, f"Image_PathName_{dye}": f"{week}/{folder.name}"}
        row |= {"Image_Metadata_Plate_DAPI": folder.name, "Image_Metadata_Well_DAPI": well, "Replicate": seed[1]}
        row |= {"Image_Metadata_Compound": compound, "Image_Metadata_Concentration": 0.0 if compound == "DMSO" else 1.0}
        rows.append(row)
    return rows
