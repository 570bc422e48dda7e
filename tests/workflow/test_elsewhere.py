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

LABELLED = CompareConfig(labels="mechanism")


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
    runs = runs_elsewhere({"table": make_table(plates, of_wells=of_wells)}, find_entrants(plates), config)
    comparison = drained(run_comparison([], config, None, runs))
    accuracy = comparison.overall.set_index("method")["well_accuracy"]
    assert accuracy["coral"] > 0.8
    assert comparison.runs[0].predictions.fields["site"].nunique() == (1 if of_wells else 2)
    assert len(comparison.runs) == 6


def test_excluded_controls_take_no_part_in_an_alignment(plates: list[Plate]) -> None:
    table = make_table(plates)

    def aligned(**columns: object) -> np.ndarray:
        first = replace(plates[0], wells=plates[0].wells.assign(**columns))
        config = CompareConfig(methods=("coral",), labels="mechanism")
        runs = runs_elsewhere({"table": table}, find_entrants([first, *plates[1:]]), config)
        return np.concatenate(
            [run.predictions.embeddings for run in drained(run_comparison([], config, None, runs)).runs]
        )

    is_spoiled = plates[0].wells.index == "A01"
    np.testing.assert_array_equal(
        aligned(excluded=is_spoiled), aligned(role=plates[0].wells["role"].mask(is_spoiled, "treatment"))
    )
    assert not np.array_equal(aligned(excluded=is_spoiled), aligned())


def test_files_are_found_by_label(plates: list[Plate], tmp_path: Path) -> None:
    write_embeddings(make_table(plates), tmp_path / "e.safetensors")
    tables = drained(find_embeddings({"mine": str(tmp_path / "e.safetensors")}, find_entrants(plates)))
    assert list(tables) == ["mine"]


def test_plates_without_embeddings_and_labels_without_a_column_are_refused(plates: list[Plate]) -> None:
    table = make_table(plates[:2])
    with pytest.raises(ArgumentError, match="have none for plate 'P2'; their plates are P0, P1"):
        runs_elsewhere({"mine": table}, find_entrants(plates), LABELLED)
    with pytest.raises(ArgumentError, match="made elsewhere name no classes"):
        runs_elsewhere({"mine": table}, find_entrants(plates), CompareConfig())


@pytest.mark.parametrize(
    ("settings", "of_wells", "n_fields"),
    [
        ({"fields": (2,)}, False, 12),
        ({"wells": "A*"}, False, 8),
        ({"wells": "A*", "fields": (1,)}, False, 4),
        ({"wells": "A*"}, True, 4),
    ],
)
def test_wells_and_fields_that_are_not_asked_for_take_no_part(
    plates: list[Plate], settings: dict[str, object], of_wells: bool, n_fields: int
) -> None:
    config = CompareConfig(labels="mechanism", **settings)
    table = make_table(plates, of_wells=of_wells)
    (run, *_) = runs_elsewhere({"table": table}, find_entrants(plates), config)
    assert len(run.predictions.embeddings) == n_fields
    sites = zip(run.predictions.index["well"], run.predictions.index["site"], strict=True)
    known = zip(table.keys["plate"], table.keys["well"], table.keys["field"], table.vectors, strict=True)
    places = {(well, 1.0 if of_wells else field): vector for plate, well, field, vector in known if plate == "P0"}
    np.testing.assert_array_equal(run.predictions.embeddings, [places[site] for site in sites])


def test_kept_embeddings_serve_again_unless_a_plate_is_new(
    plates: list[Plate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []

    def embed(name: str, asked: list[Plate], device: str):
        seen.append([name, *(plate.name for plate in asked)])
        yield
        return make_table(asked)

    monkeypatch.setattr("napari_ben.workflow._elsewhere.embed_with_timm", embed)
    for number in (2, 1, 3):
        tables = drained(find_embeddings({"t": "timm:x"}, find_entrants(plates[:number]), tmp_path))
        runs_elsewhere(tables, find_entrants(plates[:number]), LABELLED)
    assert seen == [["x", "P0", "P1"], ["x", "P0", "P1", "P2"]]


@pytest.mark.usefixtures("timm")
def test_weights_that_cannot_be_had_are_told_in_words(plates: list[Plate], monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise FileNotFoundError("cannot locate the file on the Hub\nand more")

    monkeypatch.setattr("timm.create_model", offline)
    with pytest.raises(ArgumentError, match=r"the weights of 'test_resnet': cannot locate the file on the Hub Connect"):
        next(embed_with_timm("test_resnet", plates))


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
