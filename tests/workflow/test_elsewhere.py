from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_ben.embedding import EmbeddingTable, write_embeddings
from napari_ben.errors import ArgumentError
from napari_ben.plates import Plate
from napari_ben.workflow import (
    CompareConfig,
    embed_with_timm,
    find_embeddings,
    find_entrants,
    run_comparison,
    runs_elsewhere,
)

from .conftest import make_plate


def drained(steps):
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value


@pytest.fixture
def plates() -> list[Plate]:
    return [replace(make_plate(seed=number), name=f"P{number}", experiment=f"E{number}") for number in range(3)]


def make_table(plates: list[Plate], *, of_wells: bool = False) -> EmbeddingTable:
    """Embeddings that know the class of a field and the plate that it is on."""
    random = np.random.default_rng(0)
    classes = {"actin": 0, "tubulin": 1, "kinase": 2, "DMSO": 3}
    keys, vectors = [], []
    for number, plate in enumerate(plates):
        for well, field in zip(plate.fields["well"], plate.fields["field"], strict=True):
            if of_wells and field != plate.fields["field"].min():
                continue
            vector = 0.1 * random.normal(size=6)
            vector[classes[plate.wells.at[well, "mechanism"]]] += 3
            vector[4] += 20 * number
            keys.append({"plate": plate.name, "well": well, "field": np.nan if of_wells else float(field)})
            vectors.append(vector)
    return EmbeddingTable(pd.DataFrame(keys), np.array(vectors, dtype=np.float32))


@pytest.mark.parametrize("of_wells", [False, True])
def test_a_table_is_aligned_and_judged_beside_models(plates: list[Plate], of_wells: bool) -> None:
    config = CompareConfig(methods=("unaligned", "coral"), labels="mechanism")
    runs = runs_elsewhere({"table": make_table(plates, of_wells=of_wells)}, find_entrants(plates), "mechanism")
    comparison = drained(run_comparison([], config, None, runs))
    accuracy = comparison.overall.set_index("method")["well_accuracy"]
    assert accuracy["coral"] > 0.8
    assert comparison.runs[0].predictions.fields["site"].nunique() == (1 if of_wells else 2)
    assert len(comparison.runs) == 6


def test_files_are_found_by_label(plates: list[Plate], tmp_path: Path) -> None:
    write_embeddings(make_table(plates), tmp_path / "e.safetensors")
    tables = drained(find_embeddings({"mine": str(tmp_path / "e.safetensors")}, find_entrants(plates)))
    assert list(tables) == ["mine"]


def test_plates_without_embeddings_and_labels_without_a_column_are_refused(plates: list[Plate]) -> None:
    table = make_table(plates[:2])
    with pytest.raises(ArgumentError, match="have none for plate 'P2'; their plates are P0, P1"):
        runs_elsewhere({"mine": table}, find_entrants(plates), "mechanism")
    with pytest.raises(ArgumentError, match="made elsewhere name no classes"):
        runs_elsewhere({"mine": table}, find_entrants(plates), None)


@pytest.mark.usefixtures("timm")
def test_a_frozen_network_sees_each_channel_by_itself(plates: list[Plate]) -> None:
    plate = replace(plates[0], fields=plates[0].fields.iloc[:3])
    table = drained(embed_with_timm("test_resnet", [plate], "cpu", pretrained=False))
    width = table.vectors.shape[1] // 3
    assert table.vectors.shape == (3, 3 * width)
    assert np.isfinite(table.vectors).all()
    assert table.keys["well"].tolist() == plate.fields["well"].tolist()
    with pytest.raises(ArgumentError, match="has no network 'nonsense'"):
        next(embed_with_timm("nonsense", [plate]))
