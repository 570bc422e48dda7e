import json
import subprocess
import sys

import pytest

from napari_ben.errors import ArgumentError, ModelFileError
from napari_ben.models import _library, available_models, load_model, save_model

from .conftest import make_card

IN_A_FRESH_PROCESS = """
import json, sys, time
from napari_ben.models import available_models, load_model, read_card
path = sys.argv[1]
times = []
for _ in range(3):
    start = time.perf_counter()
    card = read_card(path) if hasattr(path, "open") else load_model(path).card
    times.append(time.perf_counter() - start)
available_models()
print(json.dumps({"name": card.name, "seconds": min(times), "torch": "torch" in sys.modules}))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The person's own model folder."""
    monkeypatch.setattr(_library, "model_folder", lambda: tmp_path)
    return tmp_path


def test_a_card_is_read_in_no_time_and_without_torch(bundle):
    command = [sys.executable, "-c", IN_A_FRESH_PROCESS, str(bundle.model.path)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603
    assert (found["name"], found["torch"]) == ("tiny", False)
    assert found["seconds"] < 0.05


def test_own_models_are_found_by_the_name_on_their_card(folder, bundle):
    save_model(folder / "file-name.safetensors", bundle.network, make_card(name="my model"))
    assert available_models()["my model"].channels == ("DNA", "ER")
    assert load_model("my model").path == folder / "file-name.safetensors"


def test_an_own_model_replaces_a_shipped_one_of_its_name(folder, bundle, monkeypatch, tmp_path_factory):
    shipped = tmp_path_factory.mktemp("shipped")
    save_model(shipped / "a.safetensors", bundle.network, make_card(name="a", description="shipped"))
    save_model(shipped / "b.safetensors", bundle.network, make_card(name="b", description="shipped"))
    save_model(folder / "mine.safetensors", bundle.network, make_card(name="a", description="mine"))
    monkeypatch.setattr(_library, "_shipped_folder", lambda: shipped)
    found = {name: card.description for name, card in available_models().items()}
    assert found == {"a": "mine", "b": "shipped", "tiny": ""}


def test_a_damaged_file_is_left_out_with_a_warning(folder, caplog):
    (folder / "broken.safetensors").write_bytes(b"oh no")
    assert "broken" not in available_models()
    assert "'broken.safetensors' has 5 bytes" in caplog.text


def test_an_unknown_name_lists_what_there_is(folder, bundle):
    with pytest.raises(ArgumentError, match=r"no model 'nobody', and no file.*tiny"):
        load_model("nobody")


def test_a_pickle_is_refused_whatever_it_is_called(folder):
    import torch

    torch.save({"a": torch.zeros(2)}, folder / "evil.safetensors")
    with pytest.raises(ModelFileError, match="may hold code"):
        load_model(folder / "evil.safetensors")
