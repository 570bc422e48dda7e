"""What goes wrong at the bench, from the command line to the words: two lines, exit code 2, nothing half-written."""

import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from napari_ben.errors import DeviceError
from napari_ben.models import Scaling

from .conftest import WELLS, Command, file_of, pixels_of, write_image, write_model

Refused = Callable[..., None]


def _remove_wells(plate: Path) -> None:
    for channel in (1, 2):
        file_of(plate, "C03", channel).unlink()


def _remove_channel(plate: Path) -> None:
    file_of(plate, "C04", 2).unlink()


def _truncate(plate: Path) -> None:
    path = file_of(plate, "C04")
    path.write_bytes(path.read_bytes()[:1000])


def _empty_file(plate: Path) -> None:
    file_of(plate, "B03", 2).write_bytes(b"")


def _put_nan(plate: Path) -> None:
    pixels = pixels_of(plate, "B02")
    pixels[3, 4] = np.nan
    write_image(plate, "B02", 1, pixels)


def _make_constant(plate: Path) -> None:
    for channel in (1, 2):
        write_image(plate, "B02", channel, np.full((32, 32), 7, np.uint16))


def _make_colour(plate: Path) -> None:
    write_image(plate, "B03", 1, np.zeros((32, 32, 3), np.uint8))


def _make_smaller(plate: Path) -> None:
    write_image(plate, "B02", 1, np.ones((20, 20), np.uint16))


STATED = {
    "a missing well": (_remove_wells, None, {"C03"}),
    "a missing channel": (_remove_channel, "1 of 12 fields lack ch2 and are left out (wells C04)", {"C04"}),
    "a truncated TIFF, the last": (_truncate, "Field 1 of well C04 is left out: 'r03c04f01p01", {"C04"}),
    "a TIFF of no bytes": (_empty_file, "cut short or damaged (0 bytes", {"B03"}),
    "NaN": (_put_nan, "well B02 is left out: An image holds 1 pixels that are NaN", {"B02"}),
    "a constant image": (_make_constant, "Field 1 of well B02 shows nothing", set()),
    "a colour image": (_make_colour, "is no grey image: its shape is 32×32×3", {"B03"}),
    "channels of two sizes": (_make_smaller, "has channels of different sizes: 20×20, 32×32", {"B02"}),
}


@pytest.mark.parametrize(("spoil", "words", "lost"), STATED.values(), ids=STATED)
@pytest.mark.parametrize("kind", ["range", "plate"])
def test_one_bad_field_is_stated_and_the_others_are_predicted(
    kind: str, spoil: Callable[[Path], None], words: str | None, lost: set[str], plate: Path, command: Command
) -> None:
    scaling = Scaling(kind="range", limits=(0, 4000)) if kind == "range" else Scaling(kind="plate")
    model = write_model(plate.parent / "m.safetensors", scaling=scaling)
    spoil(plate)
    options = ("--format", "csv", "--chunk-size", 1)  # the last well is a chunk of its own
    code, _, said = command("predict", plate, "--model", model, "--out", "out", *options)
    assert code == 0, said
    assert words is None or words in said
    assert set(WELLS) - set(pd.read_csv("out/wells.csv")["Metadata_Well"]) == lost
    told = " ".join(json.loads(Path("out/run.json").read_text())["problems"])
    assert words is None or words in told


@pytest.mark.parametrize("method", ["none", "ben"])
@pytest.mark.parametrize("spoiled", ["truncated", "NaN"])
def test_a_plate_without_one_good_image_is_refused(
    method: str, spoiled: str, plate: Path, model: Path, refused: Refused
) -> None:
    for well in WELLS:
        path = file_of(plate, well)
        if spoiled == "NaN":
            write_image(plate, well, 1, np.full((32, 32), np.nan, np.float32))
        else:
            path.write_bytes(path.read_bytes()[:1000])
    words = r"None of the 12 images to predict can be read\. Field 1 of well A01 is left out"
    expected = words if method == "none" else r"Fewer than 2 images of the context can be read\. Field 1 of well A01"
    refused(expected, "predict", plate, "--model", model, "--method", method, "--out", "out")
    assert not Path("out").exists()


PLATEMAPS = {
    "absent": (None, r"'map\.csv' cannot be opened: No such file"),
    "no table": (b"\x00\x01\x02" * 40, r"'map\.csv' \(120 bytes\) is not a text table"),
    "empty": (b"", r"'map\.csv' cannot be read as a table: No columns"),
    "an open quote": (b'well,role\nA01,"x\n', r"'map\.csv' cannot be read as a table"),
    "no wells": (b"foo,bar\n1,2\n", r"has no column of wells; its columns are foo, bar"),
    "no well": (b"well,role\nQQ,treatment\n", r"has 'QQ' where a well should be, on line 2"),
    "a well twice": (b"well,role\nA01,treatment\nA02,x\nA01,y\n", r"names well 'A01' 2 times, on lines 2, 4"),
    "wells of another plate": (b"well\nA01\nA02\nA03\nA04\nB01\nP24\n", r"well 'P24', but plate"),
}


@pytest.mark.parametrize(("content", "words"), PLATEMAPS.values(), ids=PLATEMAPS)
def test_platemaps_that_do_not_fit(content: bytes | None, words: str, plate: Path, refused: Refused) -> None:
    path = plate.parent / "map.csv"
    if content is not None:
        path.write_bytes(content)
    refused(words, "info", plate, "--platemap", path)


FOLDERS = {
    "absent": (lambda path: None, r"folder does not exist"),
    "empty": (lambda path: path.mkdir(), r"folder is not a plate that can be opened: the folder is empty"),
    "a file": (lambda path: path.write_text("x"), r"folder is not a plate that can be opened: it is not a folder"),
}


@pytest.mark.parametrize(("make", "words"), FOLDERS.values(), ids=FOLDERS)
def test_folders_that_are_no_plate(
    make: Callable[[Path], object], words: str, tmp_path: Path, refused: Refused, model: Path
) -> None:
    make(tmp_path / "folder")
    refused(words, "info", tmp_path / "folder")
    refused(words, "predict", tmp_path / "folder", "--model", model)


def test_a_plate_that_cannot_be_opened_says_so_and_not_that_a_folder_of_plates_is_wanted(
    plate: Path, command: Command
) -> None:
    for path in (plate / "Images").iterdir():
        path.write_bytes(b"no image")
    code, _, said = command("info", plate)
    assert code == 2
    assert said.startswith("Error: None of the first image files in")
    assert said.endswith("Copy or export the plate again.\n")


CONTEXTS = {
    "no controls": ("well,role\nA01,treatment\n", (), r"has no negative control well with images; its roles are:"),
    "one control": ("well,role\nA01,negative_control\n", (), r"'controls' has 1 image on plate 'plate'.* at least 2"),
    "one image": (None, ("--method", "custom", "--context", "A1"), r"'A1' has 1 image on plate 'plate'"),
    "an absent well": (None, ("--context", "H12"), r"Well 'H12' of plate 'plate' \(12 wells\) has neither images"),
    "no wells chosen": (None, ("--method", "custom"), r"takes its statistics from wells that you choose"),
}


@pytest.mark.parametrize(("platemap", "options", "words"), CONTEXTS.values(), ids=CONTEXTS)
def test_contexts_that_give_no_statistics(
    platemap: str | None, options: tuple[str, ...], words: str, plate: Path, model: Path, refused: Refused
) -> None:
    if platemap is not None:
        (plate / "platemap.csv").write_text(platemap)
    refused(words, "predict", plate, "--model", model, "--out", "out", *options)
    assert not Path("out").exists()


CHANNELS = {
    "too few": ((), r"needs 'ch3', which no channel of the plate answers to; the plate has 'ch1', 'ch2'\."),
    "one twice": (("--channel", "ch3=ch2"), r"needs 'ch2', .*the plate has 'ch1', 'ch2' \(taken: 'ch2' for 'ch3'\)"),
    "unknown": (("--channel", "ch3=GFP"), r"The plate has no channel 'GFP'; it has 'ch1', 'ch2'"),
}


@pytest.mark.parametrize(("options", "words"), CHANNELS.values(), ids=CHANNELS)
def test_a_plate_with_other_channels(options: tuple[str, ...], words: str, plate: Path, refused: Refused) -> None:
    model = write_model(plate.parent / "three.safetensors", channels=("ch1", "ch2", "ch3"))
    refused(words, "predict", plate, "--model", model, *options)


class _Command:
    """Runs when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt", ".bin", ".safetensors"])
@pytest.mark.parametrize("way", ["zip", "old", "plain"])
@pytest.mark.parametrize("arguments", [("predict",), ("models", "show"), ("models", "import")], ids=" ".join)
def test_code_in_a_model_never_runs(
    suffix: str, way: str, arguments: tuple[str, ...], plate: Path, tmp_path: Path, refused: Refused
) -> None:
    path, target = tmp_path / f"evil{suffix}", tmp_path / "it ran"
    if way == "plain":
        path.write_bytes(pickle.dumps({"state_dict": _Command(target)}))
    else:
        torch.save({"state_dict": _Command(target)}, path, _use_new_zipfile_serialization=way == "zip")
    words = r"'evil\.\w+' (holds more than weights|is a PyTorch checkpoint|cannot be read as a checkpoint)"
    refused(words, *arguments, *((plate, "--model") if arguments == ("predict",) else ()), path)
    assert not target.exists()


def _with_card(content: bytes, **changes: object) -> bytes:
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    metadata = json.loads(header["__metadata__"]["napari_ben"])
    metadata["card"] |= changes
    header["__metadata__"]["napari_ben"] = json.dumps(metadata)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


TAMPERED = {
    "cut off": (lambda content: content[:-500], r"holds \d+ bytes of weights where its header says \d+: it is cut off"),
    "longer": (lambda content: content + b"x", r"it is cut off or was changed"),
    "text": (lambda content: b"not a model, but long enough", r"claims a header of \d+ bytes"),
    "empty": (lambda content: b"", r"has 0 bytes, too few for a model"),
    "another architecture": (lambda content: _with_card(content, architecture="resnet18"), r"do not fit 'resnet18'"),
    "a huge network": (lambda content: _with_card(content, options={"width": 10**7}), r"cannot be built with width"),
    "other classes": (lambda content: _with_card(content, classes=["a"]), r"do not fit 'resnet10'"),
    "weights of zero": (lambda content: content[:-200000] + bytes(200000), r"some of their bytes were changed"),
}


@pytest.mark.parametrize(("tamper", "words"), TAMPERED.values(), ids=TAMPERED)
def test_tampered_models(
    tamper: Callable[[bytes], bytes], words: str, plate: Path, model: Path, refused: Refused
) -> None:
    model.write_bytes(tamper(model.read_bytes()))
    refused(words, "predict", plate, "--model", model, "--out", "out")
    assert not Path("out").exists()


def test_a_gpu_that_is_not_there(plate: Path, model: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    refused(r"The device 'cuda' is not there: ", "predict", plate, "--model", model, "--device", "cuda")
    training = ("train", plate, "--labels", "role", "--label-controls", "--out", "m.safetensors", "--device", "cuda")
    refused(r"The device 'cuda' is not there: ", *training)


def _fail(*_: object, **__: object) -> None:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")


def test_a_gpu_too_full_for_the_network(
    plate: Path, model: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.nn.Module, "to", _fail)
    words = r"The memory of cpu does not suffice: CUDA out of memory"
    refused(words, "predict", plate, "--model", model, "--out", "out", "--device", "cpu")
    training = ("train", plate, "--labels", "role", "--label-controls", "--out", "m.safetensors", "--device", "cpu")
    refused(words, *training, "--set", 'options={"width": 8}', "--architecture", "resnet10")


def test_other_errors_keep_their_words() -> None:
    from napari_ben.workflow._device import memory_in_words

    cpu = torch.device("cpu")
    with pytest.raises(RuntimeError, match="a bug"), memory_in_words(cpu):
        raise RuntimeError("a bug")
    with pytest.raises(DeviceError, match=r"^out of memory already said\. Wait\.$"), memory_in_words(cpu):
        raise DeviceError("out of memory already said.", "Wait.")


PLACES = {
    "a file in the way": ("tiny.safetensors", r"tiny\.safetensors is a file"),
    "below a file": ("tiny.safetensors/out", r"tiny\.safetensors is a file"),
}


@pytest.mark.parametrize(("place", "words"), PLACES.values(), ids=PLACES)
def test_a_place_that_takes_no_results_is_refused_before_the_run(
    place: str, words: str, plate: Path, model: Path, command: Command
) -> None:
    code, _, said = command("predict", plate, "--model", model, "--out", place)
    assert code == 2
    assert words.replace("\\", "") in said
    assert "predicting" not in said


def test_a_model_is_a_safetensors_file(plate: Path, refused: Refused) -> None:
    refused(r"cannot be saved as 'm\.pt': models are \.safetensors files", "train", plate, "--out", "m.pt")


def test_a_full_disk_leaves_earlier_results_and_no_trace(
    plate: Path, model: Path, command: Command, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict = ("predict", plate, "--model", model, "--format", "csv")
    assert command(*predict, "--out", "out")[0] == 0
    before = {path.name: path.read_bytes() for path in Path("out").iterdir()}

    def full(path: Path, *_: object, **__: object) -> int:
        path.touch()
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_text", full)
    for folder in ("out", "new"):
        refused(rf"could not be written into '{folder}': No space left on device\.", *predict, "--out", folder)
    assert {path.name: path.read_bytes() for path in Path("out").iterdir()} == before
    assert not Path("new").exists()


def test_a_cache_on_a_full_disk_costs_the_umap_and_not_the_predictions(
    plate: Path, model: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_ben.embedding import _umap

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_umap, "umap_refusal", lambda _: None)
    monkeypatch.setattr("napari_ben.embedding.umap_refusal", lambda _: None)
    monkeypatch.setattr(_umap.np, "savez", full)
    code, _, said = command("predict", plate, "--model", model, "--out", "out", "--format", "csv", "--umap")
    assert code == 0
    assert "Note: UMAP cannot work in" in said
    assert Path("out/wells.csv").exists()


def test_a_comparison_without_known_classes_says_so(plate: Path, model: Path, command: Command) -> None:
    code, _, said = command("compare", plate, "--model", model, "--method", "none")
    assert code == 0
    assert "Note: No column of the platemap holds the models' classes" in said
