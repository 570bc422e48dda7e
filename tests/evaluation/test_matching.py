"""Treatments matched by hand, loop by loop."""

import math

import numpy as np
import pandas as pd
import pytest

from napari_ben.errors import ArgumentError
from napari_ben.evaluation import Run, batch_effects, match_runs, match_treatments, treatment_profiles
from napari_ben.results import Predictions


def make_table(n: int = 24) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    compound = rng.integers(0, 6, n)
    return pd.DataFrame({"compound": compound, "moa": compound % 3, "batch": rng.integers(0, 3, n)})


@pytest.mark.parametrize("batch", [None, "batch"])
def test_the_nearest_of_another_compound_or_batch(batch: str | None):
    table = make_table()
    profiles = np.random.default_rng(1).normal(size=(24, 5)) + np.eye(5)[table["moa"]]
    expected = []
    for i in range(24):
        best, found = -2.0, None
        for j in range(24):
            same = table["compound"][i] == table["compound"][j] or (batch and table["batch"][i] == table["batch"][j])
            cosine = profiles[i] @ profiles[j] / math.sqrt(profiles[i] @ profiles[i] * (profiles[j] @ profiles[j]))
            if not same and cosine > best:
                best, found = cosine, j
        expected.append(found)
    matches = match_treatments(profiles, table, truth="moa", compound="compound", batch=batch)
    assert list(matches.table["nearest"]) == expected
    assert matches.estimate.value == pytest.approx(np.mean(table["moa"].to_numpy()[expected] == table["moa"]))
    assert matches.left_out == 0


def test_treatments_without_a_candidate_are_left_out_and_counted():
    table = pd.DataFrame({"compound": list("AABC"), "moa": list("xxxy"), "batch": [1, 1, 1, 2]})
    matches = match_treatments(np.eye(4) + 0.1, table, truth="moa", compound="compound", batch="batch")
    assert matches.left_out == 0
    assert list(matches.table["matched"]) == ["y", "y", "y", "x"]
    with pytest.raises(ArgumentError, match="none is of another compound or batch"):
        match_treatments(np.eye(3), table[:3], truth="moa", compound="compound", batch="batch")


def make_predictions(name: str, seed: int) -> Predictions:
    rng = np.random.default_rng(seed)
    wells = np.repeat(["A01", "A02", "A03", "A04"], 2)
    index = pd.DataFrame(
        {
            "well": wells,
            "site": [1, 2] * 4,
            "role": np.repeat(["negative_control", "treatment", "treatment", "treatment"], 2),
            "compound": np.repeat(["DMSO", "taxol", "taxol", "ALLN"], 2),
            "moa": np.repeat(["", "tubulin", "tubulin", "protein"], 2),
        }
    )
    embeddings = rng.normal(size=(8, 3)).astype(np.float32)
    logits = np.zeros((8, 2), np.float32)
    return Predictions(name, ("a", "b"), logits, embeddings, logits[:4], index, {})


def test_profiles_are_means_of_wells_in_each_batch():
    plates = [make_predictions("P", 0), make_predictions("Q", 1)]
    profiles, table = treatment_profiles(plates, ["compound", "moa"])
    assert list(table["batch"] + table["compound"]) == ["PALLN", "Ptaxol", "QALLN", "Qtaxol"]
    assert list(table["n_wells"]) == [1, 2, 1, 2]
    taxol = np.mean([plates[0].embeddings[2:4].mean(0), plates[0].embeddings[4:6].mean(0)], axis=0)
    np.testing.assert_allclose(profiles[1], taxol, rtol=1e-6)
    _, shared = treatment_profiles(plates, ["compound"], batches=["X", "X"])
    assert list(shared["n_wells"]) == [2, 4]
    with pytest.raises(ArgumentError, match="Plate 'P' has no column 'dose'"):
        treatment_profiles(plates, ["dose"])


def test_runs_are_matched_by_model_and_method():
    runs = [
        Run("m", method, make_predictions(name, number), seed, experiment=name)
        for number, name in enumerate("PQ")
        for method in ("none", "controls")
        for seed in (0, 1)
    ]
    table = match_runs(runs, "moa", "compound")
    assert table[["model", "method"]].to_numpy().tolist() == [["m", "none"], ["m", "controls"]]
    assert table["n_treatments"].tolist() == [2, 2]
    assert table["nsc"].tolist() == [0, 0]  # two compounds of two mechanisms
    assert table["nscb"].tolist() == [0, 0]
    one = match_runs(runs[:1], "moa", "compound")
    assert one["nscb"].isna().all()
    assert one["nsc"].tolist() == [0]


def test_plates_of_too_few_wells_say_nothing_of_batch_effects():
    runs = [Run("m", "none", make_predictions(name, number), experiment=name) for number, name in enumerate("PQ")]
    for run in runs:
        run.predictions.index["treatment"] = ""
    assert batch_effects(runs).empty


def test_wells_without_a_mechanism_take_no_part():
    plate = make_predictions("P", 0)
    plate.index.loc[plate.index["compound"] == "ALLN", "moa"] = ""
    _, table = treatment_profiles([plate], ["compound", "moa"])
    assert table["compound"].tolist() == ["taxol"]
