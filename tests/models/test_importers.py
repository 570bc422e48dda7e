"""State dicts with the keys and shapes of the published files, made from our own networks."""

import contextlib
import io
import pickle
import re

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_ben.errors import ArgumentError, ModelFileError
from napari_ben.models import Scaling, build_network, import_model, load_model

from .conftest import trained

SIRNAS = 1139
NAMES = {"channels": ("a", "b", "c"), "classes": ("x", "y")}
IMAGES = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def network_of(architecture, n_channels=3, n_classes=2, **options):
    return trained(build_network(architecture, n_channels, n_classes, **options), n_channels).eval()


def renamed(network, *rules):
    state = dict(network.state_dict())
    for pattern, replacement in rules:
        state = {re.sub(pattern, replacement, key): tensor for key, tensor in state.items()}
    return state


def same_logits(model, network, images=IMAGES):
    with torch.inference_mode():
        return torch.equal(model.network()(images), network(images))


def saved(path, content):
    torch.save(content, path)
    return path


def test_cs_arm_bn_predictor(tmp_path):
    network = network_of("resnet50_avgstride", 5, 8)
    state = renamed(network, ("^fc", "classifier"), ("^(?!classifier)", "featurizer."))
    assert len(state) == 320
    model = import_model(saved(tmp_path / "seed0.pt", state))
    card = model.card
    assert (card.name, card.architecture, card.options) == ("seed0", "resnet50_avgstride", {})
    assert card.channels == ("RNA", "ER", "AGP", "Mito", "DNA")
    assert (card.classes[0], card.classes[-1]) == ("JCP2022_012818", "JCP2022_085227")
    assert (card.scaling.kind, card.scaling.mean) == ("percentile", (0.0913, 0.0880, 0.1122, 0.0765, 0.0598))
    assert card.training.control_weight == pytest.approx(2 / 3)
    assert same_logits(model, network, torch.randn(1, 5, 64, 64))


def test_a_checkpoint_that_tells_everything_opens_like_a_model(tmp_path):
    network = network_of("resnet50_avgstride", 5, 8, width=4)
    path = saved(tmp_path / "seed0.pt", renamed(network, ("^fc", "classifier"), ("^(?!classifier)", "featurizer.")))
    model = load_model(path)
    assert (model.path, model.card.options) == (path, {"width": 4})
    assert load_model(str(path)).sha256 == model.sha256
    assert same_logits(model, network, torch.randn(1, 5, 64, 64))


def test_ben_supervised_and_wilds(tmp_path):
    network = network_of("resnet50", 3, SIRNAS)
    state = renamed(network, ("^", "model."))
    ben = import_model(saved(tmp_path / "image_supervised.pt", state), out=tmp_path / "ben.safetensors")
    wilds = import_model(saved(tmp_path / "wilds.pth", {"algorithm": state, "epoch": 89, "best_val_metric": 0.2}))
    assert (ben.card.training.method, wilds.card.training.method) == ("ben", "erm")
    for model in (ben, wilds):
        assert model.card.architecture == "resnet50"
        assert model.card.channels == ("DNA", "ER", "Actin")
        assert len(model.card.classes) == SIRNAS
        assert model.card.scaling == Scaling(kind="image")
    assert load_model(tmp_path / "ben.safetensors") == ben
    assert same_logits(ben, network)


@pytest.mark.parametrize("n_channels", [3, 6])
def test_ben_single_cells(tmp_path, n_channels):
    network = network_of("resnet50", n_channels, SIRNAS)
    state = renamed(network, ("^fc", "classifier"), ("^(?!classifier)", "encoder.tv_encoder."))
    state |= {f"projection.{layer}.{part}": torch.zeros(2) for layer in (0, 2) for part in ("weight", "bias")}
    assert len(state) == 324
    model = import_model(saved(tmp_path / "cell_minclr_k5.pt", state))
    assert model.card.tiling.size == (48, 48)
    assert len(model.card.channels) == n_channels


def test_cadene_xception(tmp_path):
    network = network_of("xception")
    state = renamed(network, ("^fc", "last_linear"))
    old = {key: tensor for key, tensor in state.items() if not key.endswith("num_batches_tracked")}
    model = import_model(saved(tmp_path / "xception.pth", old), **NAMES)
    assert model.card.architecture == "xception"
    assert same_logits(model, network)


def test_deepnoise_xception_must_say_whether_it_rectifies_last(tmp_path):
    network = network_of("xception", stem=7, rectify_last=False)
    path = saved(tmp_path / "deepnoise.pth", network.state_dict())
    with pytest.raises(ArgumentError, match="rectifies its last"):
        import_model(path, **NAMES)
    model = import_model(path, options={"rectify_last": False}, **NAMES)
    assert model.card.options == {"stem": 7, "rectify_last": False}
    assert same_logits(model, network)


@pytest.mark.parametrize(
    ("architecture", "options"), [("resnet10", {"width": 8}), ("resnet18", {}), ("densenet121", {})]
)
def test_torchvision_state_dicts_tell_their_architecture(tmp_path, architecture, options):
    network = network_of(architecture, **options)
    state = renamed(network, (r"denselayer(\d+)\.(norm|conv)([12])", r"denselayer\1.\2.\3"), ("^", "module."))
    model = import_model(saved(tmp_path / "x.pth", {"state_dict": state}), name="mine", licence="MIT", **NAMES)
    assert (model.card.architecture, model.card.options) == (architecture, options)
    assert (model.card.name, model.card.licence) == ("mine", "MIT")
    assert same_logits(model, network)


def test_resnet50_alone_is_ambiguous_until_it_is_named(tmp_path):
    network = network_of("resnet50", width=8)
    path = saved(tmp_path / "resnet50.pth", network.state_dict())
    with pytest.raises(ArgumentError, match=r"resnet50 and resnet50_avgstride alike.*architecture="):
        import_model(path, **NAMES)
    plain, pooled = (import_model(path, architecture=name, **NAMES) for name in ("resnet50", "resnet50_avgstride"))
    assert same_logits(plain, network)
    assert not same_logits(pooled, network)


def test_safetensors_weights_are_imported_too(tmp_path):
    from safetensors.torch import save_file

    network = network_of("resnet18", width=8)
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    assert same_logits(import_model(tmp_path / "weights.safetensors", **NAMES), network)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "3 channels, and nothing published"),
        ({"channels": "abc"}, "2 classes, and nothing published"),
        ({"channels": "ab"}, "2 channels were named, but the checkpoint has 3"),
        ({**NAMES, "classes": "xyz"}, "3 classes were named, but the checkpoint has 2"),
        ({**NAMES, "channels": "aab"}, "twice: a"),
        ({**NAMES, "architecture": "resnet10"}, "does not fit 'resnet10'"),
        ({**NAMES, "architecture": "vgg"}, "no architecture 'vgg'"),
        ({**NAMES, "scaling": {"kind": "gamma"}}, "scaling.kind"),
        ({**NAMES, "options": {"rectify_last": True}}, "no option 'rectify_last'"),
    ],
)
def test_what_nobody_can_know_is_asked_for(tmp_path, given, words):
    path = saved(tmp_path / "resnet18.pth", network_of("resnet18", width=8).state_dict())
    with pytest.raises(ArgumentError, match=words):
        import_model(path, **given)


class Malice:
    """A pickle that writes a file when it is opened."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def recursive():
    content = {}
    content["model"] = content
    return content


def spoiled(tmp_path) -> dict[str, tuple[object, str]]:
    state = network_of("resnet10", width=4).state_dict()
    return {
        "code": ({"conv1.weight": Malice(tmp_path / "executed")}, "could run code"),
        "whole network": (network_of("resnet10", width=4), "could run code"),
        "one tensor": (torch.zeros(3), "holds a Tensor"),
        "nothing": ({}, "0 tensors"),
        "recursive": (recursive(), "0 tensors"),
        "other network": ({"vit.block.weight": torch.zeros(3)}, "no layout known here: CS-ARM-BN"),
        "no head": ({k: v for k, v in state.items() if not k.startswith("fc")}, "no linear classifier"),
        "flat stem": ({**state, "conv1.weight": torch.zeros(3)}, "no first convolution"),
    }


def test_spoiled_checkpoints_are_refused_and_run_nothing(tmp_path):
    for name, (content, words) in spoiled(tmp_path).items():
        with pytest.raises(ModelFileError, match=words):
            import_model(saved(tmp_path / f"{name}.pt", content))
    assert not (tmp_path / "executed").exists()


def test_files_that_are_no_checkpoints_are_refused(tmp_path):
    whole = saved(tmp_path / "whole.pt", network_of("resnet10", width=4).state_dict()).read_bytes()
    contents = {
        "cut.pt": whole[: len(whole) // 2],
        "empty.pt": b"",
        "words.pt": b"hello",
        "plain.pkl": pickle.dumps(Malice(tmp_path / "executed")),
        "cut.safetensors": b"\x10\x00\x00",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelFileError, match=name):
            import_model(tmp_path / name)
    assert not (tmp_path / "executed").exists()
    with pytest.raises(ModelFileError, match=r"no file 'absent.pt'"):
        import_model(tmp_path / "absent.pt")


@pytest.fixture(scope="module")
def checkpoint():
    """A checkpoint of the old kind, whose pickle no checksum guards."""
    file = io.BytesIO()
    torch.save(network_of("resnet10", width=4).state_dict(), file, _use_new_zipfile_serialization=False)
    return file.getvalue()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_change_of_bytes_is_more_than_a_refusal(checkpoint, tmp_path, data):
    content = bytearray(checkpoint)
    for position in data.draw(st.lists(st.integers(0, 4000), min_size=1, max_size=4)):
        content[position] = data.draw(st.integers(0, 255))
    path = tmp_path / "changed.pt"
    path.write_bytes(content)
    with contextlib.suppress(ModelFileError, ArgumentError):
        import_model(path, **NAMES)
