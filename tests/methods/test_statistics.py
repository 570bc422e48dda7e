import json
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from napari_ben.errors import FileError, MethodError, SaveError
from napari_ben.methods import ContextStatistics, LayerStatistics, apply_statistics, measure_statistics


def statistics(mean=0.0, variance=1.0, names=("b.2", "a.1")):
    return ContextStatistics(
        {name: LayerStatistics(np.full(3, mean), np.full(3, variance), 100 / 3) for name in names}, n_images=7
    )


def test_a_saved_value_comes_back_to_the_bit(lab, tmp_path):
    measured = measure_statistics(lab.make_network("residual"), lab.plate().split(8))
    measured.save(tmp_path / "plate.safetensors")
    loaded = ContextStatistics.load(tmp_path / "plate.safetensors")
    assert list(loaded.layers) == list(measured.layers)
    assert loaded.n_images == measured.n_images
    for name, layer in measured.layers.items():
        assert layer.mean.dtype == np.float64
        np.testing.assert_array_equal(loaded.layers[name].mean, layer.mean)
        np.testing.assert_array_equal(loaded.layers[name].variance, layer.variance)
        assert loaded.layers[name].count == layer.count
    assert [path.name for path in tmp_path.iterdir()] == ["plate.safetensors"]


def test_saving_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SaveError, match=r"cannot be written to '.*file.*'.*Choose a folder that is writable"):
        statistics().save(tmp_path / "file" / "plate.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_files_that_are_something_else(tmp_path):
    (tmp_path / "text").write_text("mean,variance")
    save_file({"weight": np.ones(3)}, tmp_path / "model")
    save_file(
        {}, tmp_path / "hollow", {"format": "napari-ben context statistics 1", "n_images": "1", "counts": '{"a": 1}'}
    )
    for name, words in [
        ("text", "cannot be read as context statistics"),
        ("absent", "cannot be read as context statistics"),
        ("hollow", "cannot be read as context statistics"),
        ("model", "holds no context statistics .its format is None"),
    ]:
        with pytest.raises(FileError, match=words):
            ContextStatistics.load(tmp_path / name)


def test_the_header_is_readable_by_anybody(tmp_path):
    statistics().save(tmp_path / "plate.safetensors")
    raw = (tmp_path / "plate.safetensors").read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    assert header["__metadata__"]["n_images"] == "7"
    assert header["b.2.mean"]["dtype"] == "F64"


def test_distance_is_in_standard_deviations():
    table = statistics(mean=3.0, variance=4.0).distance(statistics(mean=1.0, variance=4.0))
    assert list(table.index) == ["b.2", "a.1"]
    assert table.loc["a.1"].to_dict() == {"mean_shift": 1.0, "scale_shift": 0.0, "distance": 1.0, "n_channels": 3}
    wider = statistics(variance=9.0).distance(statistics(variance=1.0))
    assert wider.loc["a.1", "distance"] == pytest.approx(2 / np.sqrt(5))  # (3 − 1) / √((9 + 1) / 2)


def test_distance_is_symmetric_and_zero_for_equals():
    one, other = statistics(1.0, 2.0), statistics(-1.0, 0.5)
    np.testing.assert_allclose(one.distance(other)["distance"], other.distance(one)["distance"])
    assert (one.distance(one)["distance"] == 0).all()
    assert (statistics(variance=0.0).distance(statistics(variance=0.0))["distance"] == 0).all()


def test_distance_to_what_a_network_carries(lab):
    network = lab.make_network("residual")
    measured = measure_statistics(network, lab.plate().split(8))
    assert (measured.distance(network)["distance"] > 0.1).all()
    assert (measured.distance(apply_statistics(network, measured))["distance"] < 1e-6).all()


def test_distance_between_networks_is_refused():
    with pytest.raises(MethodError, match=r"layer 'b.2' have no counterpart \(1 of 2 such\)"):
        statistics().distance(statistics(names=("a.1",)))


def test_methods_and_values_are_known_without_torch():
    code = (
        "import sys, napari_ben.methods as methods; methods.METHODS; methods.ContextStatistics;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 # our own line
