import errno
import hashlib
import json
import os
import pickle
import struct

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open

from napari_ben.errors import ArgumentError, ModelFileError, SaveError
from napari_ben.models import Model, build_network, load_model, read_card, save_model, to_model

from .conftest import make_card, trained

IMAGES = torch.randn(2, 2, 64, 64, generator=torch.Generator().manual_seed(0))


def logits(network):
    with torch.inference_mode():
        return network.eval()(IMAGES)


def split(content: bytes) -> tuple[dict, bytes]:
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def join(header: dict | bytes, weights: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + weights


def with_metadata(content: bytes, change) -> bytes:
    header, weights = split(content)
    metadata = json.loads(header["__metadata__"]["napari_ben"])
    change(metadata)
    header["__metadata__"]["napari_ben"] = json.dumps(metadata)
    return join(header, weights)


def test_a_saved_network_comes_back_with_its_card_and_logits(bundle, card):
    model = load_model(bundle.model.path)
    assert model == bundle.model
    assert model.card == card
    assert model.sha256 == hashlib.sha256(model.path.read_bytes()).hexdigest()
    network = model.network()
    assert not network.training
    assert torch.equal(logits(network), logits(bundle.network))


def test_each_network_is_a_fresh_copy(bundle):
    first = bundle.model.network()
    first.bn1.running_mean.zero_()
    assert torch.equal(bundle.model.network().bn1.running_mean, bundle.network.bn1.running_mean)


def test_saving_leaves_the_network_as_it_is(bundle, card, tmp_path):
    before = {name: tensor.clone() for name, tensor in bundle.network.state_dict().items()}
    save_model(tmp_path / "again.safetensors", bundle.network, card)
    assert bundle.network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in bundle.network.state_dict().items())


def test_the_same_model_is_the_same_file(bundle, card, tmp_path):
    again = save_model(tmp_path / "new" / "folder" / "again.safetensors", bundle.network, card)
    assert again.sha256 == bundle.model.sha256


def test_a_model_without_a_file_runs_and_travels(bundle, card):
    model = pickle.loads(pickle.dumps(to_model(bundle.network, card)))
    assert (model.path, model.sha256) == (None, bundle.model.sha256)
    assert torch.equal(logits(model.network()), logits(bundle.network))


def test_any_reader_of_safetensors_sees_weights_and_card(bundle):
    with safe_open(bundle.model.path, framework="numpy") as file:
        assert set(file.keys()) == set(bundle.network.state_dict())
        assert json.loads(file.metadata()["napari_ben"])["card"]["classes"] == ["DMSO", "tubulin", "actin"]


def test_half_precision_weights_come_back_as_float32(bundle, card, tmp_path):
    model = save_model(tmp_path / "half.safetensors", bundle.network.half(), card)
    assert model.network().conv1.weight.dtype == torch.float32


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"architecture": "resnet18"}, "does not fit the card's architecture 'resnet18'"),
        ({"options": {"width": 8}}, "does not fit"),
        ({"channels": ("DNA",)}, "with 1 channels and 3 classes"),
        ({"classes": ("DMSO",)}, "with 2 channels and 1 classes"),
        ({"embedding_size": 64}, "embedding_size=64, but the network has 32"),
        ({"architecture": "vgg"}, "no architecture 'vgg'"),
    ],
)
def test_a_card_that_is_not_the_networks_is_refused(bundle, tmp_path, changes, words):
    with pytest.raises(ArgumentError, match=words):
        save_model(tmp_path / "wrong.safetensors", bundle.network, make_card(**changes))
    assert not (tmp_path / "wrong.safetensors").exists()


def test_a_network_that_diverged_is_refused(bundle, card, tmp_path):
    bundle.network.fc.bias.data[0] = torch.nan
    with pytest.raises(ArgumentError, match="NaN or infinite"):
        save_model(tmp_path / "nan.safetensors", bundle.network, card)


@pytest.mark.parametrize("step", ["write", "sync", "rename"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(bundle, tmp_path, monkeypatch, step):
    def fail(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = bundle.model.path.read_bytes()
    place = {"write": "pathlib.Path.open", "sync": "os.fsync", "rename": "pathlib.Path.replace"}[step]
    with monkeypatch.context() as patch:
        patch.setattr(place, fail)
        with pytest.raises(SaveError, match=r"'tiny.safetensors': No space left on device"):
            save_model(bundle.model.path, bundle.network, make_card(name="new"))
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.safetensors"]
    assert bundle.model.path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_refused(bundle, card, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError, match="could not be saved"):
        save_model(tmp_path / "file" / "x.safetensors", bundle.network, card)


def tampered(content: bytes) -> dict[str, tuple[bytes, str]]:
    """Ways to spoil a bundle, and a word of what is said about each."""
    header, weights = split(content)
    first = next(name for name in header if name != "__metadata__")

    def entry(**changes) -> bytes:
        return join({**header, first: {**header[first], **changes}}, weights)

    end = header[first]["data_offsets"][1]
    return {
        "empty": (b"", "0 bytes, too few"),
        "pickle": (pickle.dumps({"a": 1}) + bytes(100), "PyTorch checkpoint, which may hold code"),
        "zip": (b"PK\x03\x04" + bytes(100), "models import"),
        "text": (b"not a model at all, only words", "claims a header"),
        "cut in the weights": (content[:-100], "cut off or was changed"),
        "cut in the header": (content[:300], "claims a header"),
        "longer": (content + b"1234", "cut off or was changed"),
        "no JSON": (join(b"\xff{" + bytes(50), weights), "not JSON"),
        "deep JSON": (join(b"[" * 100_000, weights), "not JSON"),
        "a list": (join(b"[]", weights), "not a list of tensors"),
        "metadata a list": (join({**header, "__metadata__": []}, weights), "not a list of tensors"),
        "no metadata": (join({**header, "__metadata__": {}}, weights), "no model card"),
        "metadata a number": (join({**header, "__metadata__": {"napari_ben": 3}}, weights), "cannot be read"),
        "negative offset": (entry(data_offsets=[-4, end]), "not safetensors"),
        "infinite offset": (entry(data_offsets=[0, float("inf")]), "not safetensors"),
        "three offsets": (entry(data_offsets=[0, 1, 2]), "not safetensors"),
        "unknown type": (entry(dtype="F7"), "not safetensors"),
        "no shape": (entry(shape=None), "not safetensors"),
        "other shape": (entry(shape=[1, 2, 3]), "its shape needs 48"),
        "entry a word": (join({**header, first: "F32"}, weights), "not safetensors"),
        "a tensor less": (join({k: v for k, v in header.items() if k != first}, weights), "gap|cut off"),
        "card without classes": (with_metadata(content, lambda m: m["card"].pop("classes")), "card.classes"),
        "unknown field": (with_metadata(content, lambda m: m["card"].update(code="x")), "card.code"),
        "classes twice": (with_metadata(content, lambda m: m["card"].update(classes=["a", "a", "b"])), "twice: a"),
        "newer format": (with_metadata(content, lambda m: m.update(format=2)), "format"),
        "probe of words": (with_metadata(content, lambda m: m.update(probe=["x"])), "probe"),
    }


def test_every_spoiled_file_is_refused_in_words(bundle, tmp_path):
    for name, (content, words) in tampered(bundle.model.path.read_bytes()).items():
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(content)
        with pytest.raises(ModelFileError, match=words):
            load_model(path)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_change_of_bytes_is_more_than_a_refusal(bundle, tmp_path, data):
    content = bytearray(bundle.model.path.read_bytes())
    length = struct.unpack("<Q", content[:8])[0]
    for position in data.draw(st.lists(st.integers(0, 8 + length), min_size=1, max_size=5)):
        content[position] = data.draw(st.integers(0, 255))
    path = tmp_path / "changed.safetensors"
    path.write_bytes(content)
    try:
        network = load_model(path).network()
    except (ModelFileError, ArgumentError):
        return
    assert torch.equal(logits(network), logits(bundle.network))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m["card"].update(options={"width": 8}), "do not fit"),
        (lambda m: m["card"].update(classes=["a", "b"]), "do not fit"),
        (lambda m: m.update(probe=m["probe"][:2]), "other logits"),
    ],
)
def test_a_card_that_does_not_fit_its_weights_is_refused(bundle, tmp_path, change, words):
    path = tmp_path / "changed.safetensors"
    path.write_bytes(with_metadata(bundle.model.path.read_bytes(), change))
    with pytest.raises(ModelFileError, match=words):
        load_model(path).network()


def test_a_wrong_architecture_is_caught_by_the_probe(tmp_path):
    card = make_card(architecture="resnet50", options={"width": 4}, embedding_size=128)
    model = to_model(trained(build_network("resnet50", 2, 3, width=4)), card)
    other = with_metadata(model.content, lambda m: m["card"].update(architecture="resnet50_avgstride"))
    path = tmp_path / "other.safetensors"
    path.write_bytes(other)
    with pytest.raises(ModelFileError, match="fit 'resnet50_avgstride', but give other logits"):
        load_model(path).network()


def test_a_single_changed_bit_of_the_weights_is_caught(bundle, tmp_path):
    content = bytearray(bundle.model.path.read_bytes())
    content[-1] ^= 1
    path = tmp_path / "changed.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="some of their bytes were changed"):
        load_model(path).network()


def test_a_file_that_changes_after_loading_is_refused(bundle, card):
    model = load_model(bundle.model.path)
    save_model(model.path, trained(bundle.network), card)
    with pytest.raises(ModelFileError, match="changed since it was loaded"):
        model.network()
    model.path.unlink()
    with pytest.raises(ModelFileError, match="cannot be read: No such file"):
        model.network()


def test_a_file_without_weights_is_refused(card):
    with pytest.raises(ModelFileError, match="do not fit"):
        Model(card, None, "").network()


def test_a_plain_safetensors_file_is_pointed_to_the_importer(bundle, tmp_path):
    from safetensors.torch import save_file

    save_file(bundle.network.state_dict(), tmp_path / "plain.safetensors")
    with pytest.raises(ModelFileError, match=r"no model card.*models import"):
        read_card(tmp_path / "plain.safetensors")
