import json
from pathlib import Path

import pytest

from napari_ben.cli._progress import Reporter
from napari_ben.models import load_model

from .conftest import Command

SMALL = ("--architecture", "resnet10", "--epochs", 2, "--threads", 1, "--device", "cpu")
SETTINGS = ("--set", 'options={"width": 8}', "--set", "batch_size=16", "--set", "control_batch_size=8")


def test_train_prints_epochs_and_writes_a_model(command: Command, screen: Path, tmp_path: Path) -> None:
    code, out, err = command(
        *("train", screen, "--labels", "mechanism", "--method", "cs-arm-bn", "--wells", "A1-D12"),
        *("--out", tmp_path / "mine.safetensors", *SMALL, *SETTINGS),
    )
    assert code == 0, err
    assert [line[:11] for line in out.splitlines()[:2]] == ["epoch   1/2", "epoch   2/2"]
    card = load_model(tmp_path / "mine.safetensors").card
    assert card.name == "mine"
    assert card.training.method == "cs-arm-bn"
    assert len(card.training.plates) == 2
    assert err.startswith("Trains on 2 plates of 2 experiments (")
    assert out.splitlines()[2].startswith("mine → ")


def test_train_says_which_epoch_was_kept(command: Command, screen: Path, tmp_path: Path) -> None:
    out_file = tmp_path / "mine.safetensors"
    code, out, err = command(
        *("train", screen, "--labels", "mechanism", "--method", "ben", "--wells", "A1-D12", "--out", out_file),
        *("--validation-share", 0.5, *SMALL, *SETTINGS),
    )
    assert code == 0, err
    accuracies = [line[-5:] for line in out.splitlines()[:2]]
    best = accuracies.index(max(accuracies)) + 1
    assert out.splitlines()[2] == f"mine, epoch {best} with held-out accuracy {max(accuracies)} → {out_file}"


def test_a_dry_run_shows_the_split_and_trains_nothing(command: Command, screen: Path, tmp_path: Path) -> None:
    code, out, err = command(
        *("train", screen, "--labels", "mechanism", "--wells", "A1-D12", "--out", tmp_path / "mine.safetensors"),
        *("--validation-by", "position", "--validation-share", 0.2, "--patience", 3, "--dry-run", *SMALL, *SETTINGS),
        *("--schedule", "step", "--set", "schedule.factor=0.5", "--teacher", "--method", "erm"),
    )
    assert code == 2
    assert "every image has a label" in err
    code, out, err = command(
        *("train", screen, "--labels", "mechanism", "--wells", "A1-D12", "--out", tmp_path / "mine.safetensors"),
        *("--validation-by", "position", "--validation-share", 0.2, "--patience", 3, "--dry-run", *SMALL, *SETTINGS),
        *("--schedule", "step", "--set", "schedule.factor=0.5", "--scaling", "plate", "--loss", "arcface"),
    )
    assert code == 0, err
    split, _, settings = out.partition("{")
    assert "Leak: 2 plates on both sides" in split
    config = json.loads("{" + settings)
    assert config["schedule"]["factor"] == 0.5
    assert config["schedule"]["kind"] == "step"
    assert (config["scaling"], config["loss"], config["patience"]) == ("plate", "arcface", 3)
    assert not list(tmp_path.glob("mine*"))


def test_a_stopped_training_says_how_to_go_on(
    command: Command, screen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "mine.safetensors"
    wishes = ("train", screen, "--labels", "mechanism", "--wells", "A1-D12", "--out", out, *SMALL, *SETTINGS)

    def stop_in(epoch: int) -> None:
        def show(_self: Reporter, stage: str, *_rest: object) -> None:
            if stage.startswith(f"epoch {epoch}/"):
                raise KeyboardInterrupt

        monkeypatch.setattr(Reporter, "show", show)

    stop_in(1)
    code, _, err = command(*wishes)
    assert code == 130
    assert err.endswith("Stopped after epoch 1. Go on with the same command and --resume.\n")
    stop_in(3)
    code, printed, err = command(*wishes, "--resume")
    assert code == 0, err
    assert printed.startswith("epoch   2/2")
    assert out.exists()


def test_training_without_labels_is_refused_in_words(command: Command, plate: Path, tmp_path: Path) -> None:
    code, _, err = command("train", plate, "--labels", "siRNA", "--out", tmp_path / "m.safetensors", *SMALL)
    assert code == 2
    assert "has no column 'siRNA'" in err


def test_models_are_listed_shown_and_imported(command: Command, model: Path, tmp_path: Path) -> None:
    assert command("models", "list")[0] == 0
    _, out, _ = command("models", "show", model)
    assert json.loads(out)["name"] == "tiny"
    code, _, err = command("models", "show", "nothing")
    assert code == 2
    assert "There is no model 'nothing'" in err


def test_a_published_checkpoint_becomes_a_model(command: Command, tmp_path: Path) -> None:
    import torch

    from napari_ben.models import build_network

    torch.save(build_network("resnet50", 5, 3, width=8).state_dict(), tmp_path / "weights.pt")
    (tmp_path / "classes.txt").write_text("a\nb\nc\n")
    code, out, err = command(
        *("models", "import", tmp_path / "weights.pt", "--architecture", "resnet50"),
        *("--channels", "RNA,ER,AGP,Mito,DNA", "--classes", f"@{tmp_path / 'classes.txt'}", "--name", "ours"),
        *("--set", 'options={"width": 8}', "--set", 'scaling={"kind": "image"}'),
        *("--set", 'tiling={"size": [64, 64]}', "--out", tmp_path / "ours.safetensors"),
    )
    assert code == 0, err
    assert "ours (resnet50, 3 classes)" in out
    assert load_model(tmp_path / "ours.safetensors").card.classes == ("a", "b", "c")


def test_names_that_cannot_be_read_are_refused(command: Command, tmp_path: Path) -> None:
    code, _, err = command("models", "import", tmp_path / "weights.pt", "--classes", f"@{tmp_path / 'absent.txt'}")
    assert code == 2
    assert "absent.txt' cannot be read" in err


def test_a_pickle_is_not_executed(command: Command, tmp_path: Path) -> None:
    import pickle

    class Bomb:
        def __reduce__(self) -> tuple:
            return Path.touch, (tmp_path / "exploded",)

    (tmp_path / "bomb.pt").write_bytes(pickle.dumps(Bomb()))
    code, _, err = command("models", "import", tmp_path / "bomb.pt", "--out", tmp_path / "m.safetensors")
    assert code == 2
    assert "Traceback" not in err
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("seed", [0, 7])
def test_sample_draws_a_screen(command: Command, tmp_path: Path, seed: int) -> None:
    design = ("--in-domain", 1, "--new-batch", 0, "--other-lab", 0, "--fields", 1, "--size", 32)
    code, out, _ = command("sample", tmp_path / "screen", "--seed", seed, *design)
    assert code == 0
    assert out == f"{tmp_path / 'screen'}\n"
    assert (tmp_path / "screen" / "screen.csv").is_file()
    code, _, err = command("sample", tmp_path / "screen", "--seed", seed)
    assert code == 2
    assert "holds something already" in err


def test_options_come_from_a_file_and_typed_ones_overrule_it(command: Command, screen: Path, tmp_path: Path) -> None:
    (tmp_path / "o.toml").write_text('labels = "mechanism"\nmethod = "ben"\nepochs = 7\n[schedule]\nwarm_up = 0.25\n')
    wishes = ("train", screen, "--wells", "A1-D12", "--out", tmp_path / "m.safetensors", "--dry-run")
    code, out, err = command(*wishes, "--config", tmp_path / "o.toml", "--schedule", "step", *SMALL)
    assert code == 0, err
    printed = out[out.index("{") :]
    config = json.loads(printed)
    assert (config["labels"], config["method"], config["epochs"]) == ("mechanism", "ben", 2)
    assert (config["schedule"]["warm_up"], config["schedule"]["kind"]) == (0.25, "step")
    (tmp_path / "o.json").write_text(printed)
    code, out, err = command(*wishes, "--config", tmp_path / "o.json")
    assert code == 0, err
    assert out.endswith(printed)


WRONG_FILES = {
    "o.toml": ("epochs = ", "cannot be read: "),
    "o.json": ("[1]", "holds a list, not options by name"),
    "absent.toml": (None, "cannot be read: "),
    "other.toml": ("epoch = 3", "There is no option 'epoch'"),
}


@pytest.mark.parametrize(
    ("name", "text", "words"), [(name, *case) for name, case in WRONG_FILES.items()], ids=WRONG_FILES
)
def test_a_file_that_holds_no_options_is_refused(
    command: Command, screen: Path, tmp_path: Path, name: str, text: str | None, words: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    code, _, err = command("train", screen, "--out", tmp_path / "m.safetensors", "--config", tmp_path / name)
    assert code == 2
    assert words in err


def test_some_plates_of_a_screen_are_trained_on(command: Command, screen: Path, tmp_path: Path) -> None:
    wishes = ("train", screen, "--labels", "mechanism", "--out", tmp_path / "m.safetensors", "--dry-run", *SMALL)
    _, out, _ = command(*wishes, "--only", "split:in_domain")
    assert out.startswith("Trains on 1 plate (")
    _, out, _ = command(*wishes, "--experiment", "lab", "--validation-share", 0.5, "--validation-by", "experiment")
    assert "Trains on 1 plate of 1 experiment (" in out
    assert "Validates on 1 plate of 1 experiment (" in out
