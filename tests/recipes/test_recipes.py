"""Every command of docs/recipes, as it stands there, on small look-alikes of the collections."""

from pathlib import Path
from runpy import run_path

import pandas as pd
import pytest
import torch

from napari_ben.cli import main
from napari_ben.models import ModelCard, Scaling, Tiling, build_network, load_model, save_model

from .conftest import Follow
from .documents import python_of
from .small_collections import POSITIVE, jump_plates, write_bbbc021, write_jump, write_rxrx1

QUICK = ("--device", "cpu", "--threads", 1)
SMALL = ("--architecture", "resnet10", "--set", 'options={"width": 8}')
MORE = {"train": (*QUICK, *SMALL, "--epochs", 1), "compare": QUICK, "predict": QUICK, "models": SMALL}


def test_rxrx1(follow: Follow, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rxrx1(folder / "rxrx1_v1.0", "wilds")
    write_rxrx1(folder / "rxrx1", "official")
    torch.save(build_network("resnet10", 3, 1000, width=8).state_dict(), "resnet50-0676ba61.pth")
    Path("imagenet.txt").write_text("".join(f"{number}\n" for number in range(1000)))
    said = follow("rxrx1.md", MORE)
    assert said[0].startswith("HUVEC-02_Plate1 · PNG folder, RxRx names\n  wells     7 of 384")
    card = load_model("ben.safetensors").card
    assert card.training.plates == ("HEPG2-01_Plate1", "HEPG2-02_Plate1", "HUVEC-01_Plate1")
    assert card.training.settings["validation_plates"] == ["HEPG2-02_Plate1"]
    assert len(card.classes) == 7
    table = pd.read_csv("out-of-domain/groups.csv")
    assert set(table["group"]) == {"val", "test"}
    assert set(zip(table["model"], table["method"], strict=True)) == {
        (model, method) for model in ("erm", "ben") for method in ("none", "ben")
    }
    assert pd.read_csv("in-domain/groups.csv")["n_plates"].sum() == 8
    Path("look.py").write_text(python_of("rxrx1.md"))
    run_path("look.py")
    assert len(capsys.readouterr().out.split()) == 2


def test_jump(follow: Follow, folder: Path) -> None:
    write_jump(folder / "cpg0016-jump", jump_plates())
    small = ("--set", "field_size=[32,32]", "--set", "crop=16", "--set", "tiling.size=[16,16]", "--set", "fields=[1]")
    said = follow("jump.md", {**MORE, "train": (*MORE["train"], *small), "--wells": ("--sweep", "none")})
    assert "4 treatment, 4 negative control, 12 positive control" in said[0]
    card = load_model("cs-arm-bn.safetensors").card
    assert (card.channels, card.classes) == (("RNA", "ER", "AGP", "Mito", "DNA"), POSITIVE)
    assert (card.field_size, card.tiling.size, card.scaling.kind) == ((32, 32), (16, 16), "percentile")
    assert card.training.control_weight == pytest.approx(2 / 3, abs=1e-3)
    assert len(load_model("source-3.safetensors").card.training.plates) == 4
    table = pd.read_csv("new-batches/groups.csv")
    assert set(table["group"]) == {"CP59", "CP60"}
    assert set(table["method"]) == {"none", "ben", "cs-arm-bn", "controls", "tvn-csarmbn"}
    assert set(table["n_wells"]) == {12}
    assert set(pd.read_csv("other-lab/groups.csv")["group"]) == {"source_8"}


def test_bbbc021(follow: Follow, folder: Path) -> None:
    write_bbbc021(folder / "bbbc021")
    write_stranger(folder / "ben.safetensors")
    tiles = ("--set", "field_size=[32,32]", "--set", "tiling.size=[16,16]", "--set", "batch_size=8")
    said = follow("bbbc021.md", {**MORE, "train": (*MORE["train"], *tiles)})
    assert "experiments  1 (2), 2 (2)" in said[0]
    card = load_model("simclr.safetensors").card
    assert (card.training.method, card.channels) == ("simclr", ("DAPI", "Tubulin", "Actin"))
    assert (card.field_size, card.tiling.fit) == ((32, 32), "tiles")
    matches = pd.read_csv("bbbc021-results/matches.csv").set_index("method")
    assert list(matches.index) == ["none", "ben", "controls", "tvn-csarmbn"]
    assert set(matches["n_treatments"]) == {4}
    assert matches[["nsc", "nscb"]].stack().between(0, 1).all()
    moved = pd.read_csv("transfer/matches.csv")
    assert moved[["model", "method"]].to_numpy().tolist() == [["ben", "none"], ["ben", "controls"]]


def write_stranger(path: Path) -> None:
    """A network of another assay: other channels, classes that are not here."""
    network = build_network("resnet10", 3, 4, width=8)
    card = ModelCard(
        name="ben",
        architecture="resnet10",
        options={"width": 8},
        channels=("w1", "w2", "w3"),
        classes=("s1", "s2", "s3", "s4"),
        scaling=Scaling(kind="image"),
        tiling=Tiling(size=(32, 32)),
        embedding_size=network.embedding_size,
    )
    save_model(path, network, card)


def test_kaggles_copy_of_rxrx1_opens_as_it_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rxrx1(folder / "rcic", "kaggle")
    with pytest.raises(SystemExit, match="0"):
        main(["info", "rcic", "--only", "HUVEC-*"])
    said = capsys.readouterr().out
    assert "HUVEC-01_Plate1 · PNG folder, RxRx names\n  wells     7 of 384: 4 treatment, 1 negative control, 2" in said
    assert (
        "HUVEC-02_Plate1 · PNG folder, RxRx names\n  wells     7 of 384: 1 negative control, 2 positive control" in said
    )
    assert "experiments  HUVEC-02 (1), HUVEC-01 (1)" in said
