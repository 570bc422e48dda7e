"""The recipes on what there is of the real collections: pixels of RxRx1, tables of JUMP and BBBC021."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from napari_ben.cli import main

from .documents import commands_of
from .small_collections import jump_plates, write_jump

SMALL = ("--architecture", "resnet10", "--set", 'options={"width": 8}', "--device", "cpu", "--threads", "1")


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]):
    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as exit_:
            main(list(arguments))
        out, err = capsys.readouterr()
        assert not exit_.value.code, err
        return out

    return run


def test_rxrx1_from_real_pixels_to_the_table(realdata: Path, command) -> None:
    """One well a plate is there, so cell types stand for siRNAs."""
    plates = ("--labels", "cell_type", "--set", "field_size=[64,64]", "--set", "start_from=null")
    validation = ("--set", 'validation_plates=["*_Plate4"]', "--epochs", "1", "--method", "erm")
    out = command(
        *("train", str(realdata / "rxrx1_sample"), "--config", "rxrx1-wilds.toml", "--only", "dataset:train"),
        *("--out", "real.safetensors", *plates, *validation, *SMALL),
    )
    assert "epoch   1/1" in out
    asked = ("--models", "real.safetensors", "--methods", "none", "--labels", "cell_type", "--set", "fields=[1]")
    out = command(
        *("compare", str(realdata / "rxrx1_sample"), "--only", "dataset:test", *asked),
        *("--group", "dataset", "--sweep", "none", "--out", "real"),
    )
    table = pd.read_csv("real/groups.csv")
    assert (table["group"].tolist(), table["n_plates"].tolist()) == (["test"], [2])


def test_jump_with_the_consortiums_own_tables(realdata: Path, folder: Path, command) -> None:
    tables = realdata / "platemaps/jump_datasets_metadata"
    known = pd.read_csv(tables / "plate.csv.gz", dtype=str)
    wanted = jump_plates().drop(columns="Metadata_Plate")
    listed = known.drop_duplicates(list(wanted)).merge(wanted, how="inner")
    assert len(listed) == len(wanted)
    jump = write_jump(folder / "cpg0016-jump", listed, size=16)
    for name in ("plate.csv.gz", "perturbation_control.csv"):
        shutil.copy(tables / name, jump / "metadata" / name)
    info, train = commands_of("jump.md")[:2]
    out = command(*info)
    assert out.count("4 treatment, 4 negative control, 12 positive control") == 7
    out = command(*train, "--dry-run")
    assert out.startswith("Trains on 1 plate of 1 experiment (")
    assert "Validates on 1 plate of 1 experiment (" in out
    assert out.count("3 wells") == 0
    assert out.count("12 wells") == 2


def test_bbbc021_with_its_own_tables_and_a_few_of_its_images(realdata: Path, folder: Path, command) -> None:
    shutil.copytree(realdata / "platemaps/bbbc021", folder / "bbbc021")
    table = pd.read_csv(folder / "bbbc021/BBBC021_v1_image.csv", dtype=str, keep_default_na=False)
    for plate in ("Week1_22123", "Week4_27481"):
        rows = table[table["Image_Metadata_Plate_DAPI"] == plate]
        treated = rows[rows["Image_Metadata_Compound"] != "DMSO"].head(4)
        for row in pd.concat([rows[rows["Image_Metadata_Compound"] == "DMSO"].head(4), treated]).to_dict("records"):
            for dye in ("DAPI", "Tubulin", "Actin"):
                path = folder / "bbbc021" / plate / str(row[f"Image_FileName_{dye}"])
                path.parent.mkdir(exist_ok=True)
                tifffile.imwrite(path, np.zeros((8, 8), np.uint16))
    out = command(*commands_of("bbbc021.md")[0])
    assert "Week1_22123 · CellProfiler image table" in out
    assert "Week4_27481 · CellProfiler image table" in out
    assert "experiments  1 (1), 4 (1)" in out
    assert "negative control" in out
