"""The recipe of docs/recipes/bbbc013.md on the real plate: half of the controls teach, all other wells are asked."""

from pathlib import Path

import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

import napari_ben as nb
from napari_ben.models import Tiling


@pytest.mark.slow
def test_half_of_the_controls_predict_the_dose_curve(realdata: Path, tmp_path: Path):
    folder = realdata / "bbbc013_sbs_96well"
    model = nb.train(
        [folder],
        "erm",
        out=tmp_path / "bbbc013.safetensors",
        labels="role",
        label_controls=True,
        wells="role:negative_control, role:positive_control, !C*, !D*, !G*, !H*",
        architecture="resnet10",
        options={"width": 16},
        tiling=Tiling(size=(128, 128), fit="tiles"),
        epochs=12,
        batch_size=32,
        learning_rate=3e-3,
    )
    wells = nb.predict(nb.open_plate(folder), model, method="none").wells
    held_out = wells[wells.index.str[0].isin(list("CDGH"))]
    controls = held_out[held_out["role"].str.endswith("control")]
    assert len(controls) == 12
    assert roc_auc_score(controls["role"] == "positive_control", controls["prob_positive_control"]) >= 0.99
    dosed = wells[wells["role"] == "treatment"]
    assert len(dosed) == 72
    assert spearmanr(dosed["SBS_Doses"].astype(float), dosed["prob_positive_control"]).statistic >= 0.8
