import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from napari_ben.errors import ArgumentError
from napari_ben.evaluation import (
    Run,
    changed_wells,
    class_counts,
    compare_runs,
    find_label_column,
    judge,
    labelled_wells,
    over_plates,
    to_markdown,
)
from napari_ben.results import Predictions

CLASSES = ("actin", "tubulin", "DMSO")


def predicted(classes: list[str], plate: str = "P1", site_noise: bool = False) -> Predictions:
    """Four wells of two sites; the wells are predicted as `classes`, with the second site of A01 wrong on request."""
    wells = ["A01", "A02", "B01", "B02"]
    index = pd.DataFrame(
        {
            "well": np.repeat(wells, 2),
            "site": [1, 2] * 4,
            "row": np.repeat([0, 0, 1, 1], 2),
            "column": np.repeat([0, 1, 0, 1], 2),
            "role": np.repeat(["negative_control", "treatment", "treatment", "treatment"], 2),
            "treatment": np.repeat(["DMSO", "latrunculin", "taxol", "unheard of"], 2),
            "mechanism": np.repeat(["DMSO", "actin", "tubulin", "other"], 2),
            "in_context": np.repeat([True, False, False, False], 2),
        }
    )
    logits = 4.0 * np.eye(3)[[CLASSES.index(name) for name in np.repeat(classes, 2)]]
    if site_noise:
        logits[3] = [1.0, 2.0, 0.0]
    return Predictions(
        plate_name=plate,
        classes=CLASSES,
        logits=logits.astype(np.float32),
        embeddings=np.zeros((8, 2), np.float32),
        well_logits=logits[::2].astype(np.float32),
        index=index,
        run={},
    )


RIGHT = ["DMSO", "actin", "tubulin", "tubulin"]
WRONG = ["actin", "actin", "actin", "actin"]


def test_the_label_column_is_the_one_with_most_classes() -> None:
    assert find_label_column(predicted(RIGHT).wells, CLASSES) == "mechanism"
    assert find_label_column(predicted(RIGHT).wells, ("kinase",)) is None


def test_wells_without_a_known_class_and_controls_are_not_judged() -> None:
    known = labelled_wells(predicted(RIGHT))
    assert known.index.tolist() == ["A02", "B01"]
    assert known["truth"].tolist() == ["actin", "tubulin"]


def test_controls_are_judged_when_there_is_nothing_else() -> None:
    assert labelled_wells(predicted(RIGHT), "treatment").index.tolist() == ["A01"]


def test_wells_and_fields_are_judged_apart() -> None:
    wells, fields = judge(predicted(RIGHT, site_noise=True))
    assert (wells.value, wells.n) == (1.0, 2)
    assert (fields.value, fields.n) == (0.75, 4)


def test_comparison_has_a_row_a_run_and_averages_over_plates() -> None:
    runs = [
        Run("m", "none", predicted(WRONG)),
        Run("m", "ben", predicted(RIGHT)),
        Run("m", "ben", predicted(WRONG, "P2")),
    ]
    table = compare_runs(runs)
    assert table["well_accuracy"].tolist() == [0.5, 1.0, 0.5]
    means = over_plates(table).set_index("method")
    assert means.loc["ben", "well_accuracy"] == 0.75
    assert means["n_plates"].tolist() == [1, 2]
    assert "| m | ben | 2 | 0.750 |" in to_markdown(over_plates(table))


def test_without_labels_there_is_no_accuracy_but_still_a_row() -> None:
    unlabelled = predicted(RIGHT)
    unlabelled = replace(unlabelled, index=unlabelled.index.drop(columns=["mechanism", "treatment"]))
    row = compare_runs([Run("m", "none", unlabelled)]).iloc[0]
    assert math.isnan(row["well_accuracy"])
    assert row["confidence"] > 0.9


def test_counts_and_changes() -> None:
    before, after = predicted(WRONG), predicted(RIGHT)
    counts = class_counts([Run("m", "none", before), Run("m", "ben", after)])
    assert counts.to_numpy().tolist() == [[4, 1], [0, 2], [0, 1]]
    changes = changed_wells(before, after)
    assert changes.index.tolist() == ["A01", "B01", "B02"]
    assert changes.loc["B01"].tolist() == ["actin", "tubulin"]


REFUSED = {
    "no such column": ("moa", "no column 'moa'"),
    "no class in it": ("role", r"No well of 'P1' has one of the model's classes in its column 'role'"),
}


@pytest.mark.parametrize(("column", "match"), REFUSED.values(), ids=REFUSED)
def test_wrong_labels_are_refused_in_words(column: str, match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        judge(predicted(RIGHT), column)
