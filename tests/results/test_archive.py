from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from napari_ben.errors import FileError
from napari_ben.results import Predictions, restore_predictions, store_predictions


def test_predictions_come_back_to_the_bit(predictions: Predictions, tmp_path: Path) -> None:
    index = predictions.index.assign(dose=[0.1, np.nan, 1.0, 2.0, 3.0, 4.0], missing=None)
    whole = replace(predictions, index=index, reducer="probability", complete=False)
    store_predictions(whole, tmp_path / "p.safetensors")
    back = restore_predictions(tmp_path / "p.safetensors")
    for name in ("logits", "embeddings", "well_logits"):
        np.testing.assert_array_equal(getattr(back, name), getattr(whole, name))
    pd.testing.assert_frame_equal(back.index, whole.index)
    pd.testing.assert_frame_equal(back.wells, whole.wells)
    np.testing.assert_array_equal(back.layouts["PCA"], whole.layouts["PCA"])
    assert (back.plate_name, back.classes, back.reducer, back.complete) == (
        "Plate 1",
        whole.classes,
        "probability",
        False,
    )
    assert dict(back.run) == dict(whole.run)


def test_other_files_are_refused(tmp_path: Path) -> None:
    save_file({"a": np.zeros(2)}, tmp_path / "other.safetensors")
    (tmp_path / "broken.safetensors").write_bytes(b"no")
    with pytest.raises(FileError, match="holds no predictions"):
        restore_predictions(tmp_path / "other.safetensors")
    for name in ("broken.safetensors", "absent.safetensors"):
        with pytest.raises(FileError, match="cannot be read as predictions"):
            restore_predictions(tmp_path / name)
