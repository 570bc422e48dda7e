"""An encoder on an assay that it has never seen: statistics from its negative controls, treatments matched."""

from dataclasses import replace

import numpy as np
import pytest

from napari_ben.evaluation import match_treatments, treatment_profiles
from napari_ben.models import Model
from napari_ben.plates import Plate
from napari_ben.workflow import predict


def with_compounds(plate: Plate, name: str) -> Plate:
    """Two compounds of each mechanism; each mechanism is a row of the plate, whose wells look alike."""
    wells = plate.wells.copy()
    wells["compound"] = wells["row"].astype(str) + (wells["column"].astype(int) % 2).astype(str)
    wells["action"] = wells["row"].astype(str)
    return replace(plate, name=name, wells=wells)


@pytest.mark.parametrize("batch", [None, "batch"])
def test_treatments_of_a_new_assay_are_matched(plate: Plate, model: Model, batch: str | None) -> None:
    plates = [with_compounds(plate, name) for name in ("P", "Q")]
    answers = [predict(one, model, "controls") for one in plates]
    assert all(answer.run["context"]["kind"] == "controls" for answer in answers)
    profiles, table = treatment_profiles(answers, ["compound", "action"])
    matches = match_treatments(profiles, table, truth="action", compound="compound", batch=batch)
    assert matches.estimate.n == len(table)
    same = matches.table["compound"] == table["compound"].to_numpy()[matches.table["nearest"]]
    assert not same.any()
    if batch:
        assert (matches.table["batch"] != table["batch"].to_numpy()[matches.table["nearest"]]).all()
    assert np.isfinite(matches.table["similarity"]).all()
