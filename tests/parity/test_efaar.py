"""Parity with github.com/recursionpharma/EFAAR_benchmarking: TVN fitted on the controls of all batches."""

import sys
from types import ModuleType

import numpy as np
import pandas as pd

from napari_ben.embedding import fit_alignment

from .conftest import same_up_to_signs, shifted_batches

REFERENCE = "efaar"


def test_tvn_equals_theirs(checkout, monkeypatch):
    scvi = ModuleType("scvi.model")
    scvi.SCVI = None  # imported at the top, used by another method
    monkeypatch.setitem(sys.modules, "scvi", ModuleType("scvi"))
    monkeypatch.setitem(sys.modules, "scvi.model", scvi)
    embeddings, batches, is_control = shifted_batches()
    metadata = pd.DataFrame({"batch": batches, "treatment": np.where(is_control, "control", "compound")})
    theirs = checkout.load("efaar_benchmarking.efaar").tvn_on_controls(
        embeddings, metadata, "treatment", "control", "batch"
    )
    fitted = fit_alignment(embeddings[is_control], batches[is_control], "tvn-efaar")
    difference = same_up_to_signs(fitted.transform(embeddings, batches), theirs)
    print(f"largest difference {difference:.1e}")
    assert difference < 1e-9
