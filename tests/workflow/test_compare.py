from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_ben.errors import ArgumentError, ContextError, MethodError, SaveError, SelectionError
from napari_ben.models import Model
from napari_ben.plates import Plate
from napari_ben.workflow import (
    CompareConfig,
    Costs,
    PredictConfig,
    compare,
    find_contenders,
    find_entrants,
    keep_wells,
    open_plates,
    plan_comparison,
    plan_prediction,
    read_run,
    rerun,
    run_comparison,
)

from .conftest import CountingSource, make_model, make_plate


def drained(steps):
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value


def make_plates(count: int = 3) -> list[Plate]:
    """Plates of twelve wells that differ in brightness, each of an experiment of its own."""
    return [replace(make_plate(seed=number), name=f"P{number}", experiment=f"E{number}") for number in range(count)]


def test_methods_and_models_stand_side_by_side(counted: Plate, model: Model) -> None:
    other = make_model(method="erm", name="other")
    comparison = compare(counted, [model, other], methods=("none", "ben"), labels="mechanism")
    table = comparison.table
    assert table[["model", "method"]].to_numpy().tolist() == [
        ["tiny", "none"],
        ["tiny", "ben"],
        ["other", "none"],
        ["other", "ben"],
    ]
    assert (table["n_wells"] == 9).all()
    assert comparison.counts.to_numpy().sum(axis=0).tolist() == [12] * 4
    assert len(counted.source.reads) == 24 * 3


def test_everything_is_saved_together(plate: Plate, model: Model, tmp_path: Path) -> None:
    comparison = compare(plate, [model], methods=("none",), labels="mechanism")
    comparison.save(tmp_path / "out")
    assert pd.read_csv(tmp_path / "out" / "comparison.csv")["method"].tolist() == ["none"]
    assert (tmp_path / "out" / "comparison.md").read_text().startswith("| plate | model | method |")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"report.html", "report.md", "accuracy.png", "accuracy.svg", "classes.csv", "groups.csv"} <= names
    (tmp_path / "file").touch()
    with pytest.raises(SaveError, match="could not be written"):
        comparison.save(tmp_path / "file")


def test_nothing_runs_when_one_of_the_runs_is_refused(counted: Plate, model: Model) -> None:
    with pytest.raises(MethodError, match=r"no method 'best'; there are none, ben, .*tvn-efaar.*unaligned"):
        compare(counted, [model], methods=("none", "best"))
    with pytest.raises(MethodError, match="weight in 'cs-arm-bn@2' is neither 0 to 1 nor 'count'"):
        compare(counted, [model], methods=("none", "cs-arm-bn@2"))
    with pytest.raises(ArgumentError, match="each method once; twice: tvn-csarmbn"):
        compare(counted, [model], methods=("tvn", "tvn-csarmbn"))
    assert counted.source.reads == []


REFUSED = {
    "no column of classes": ({"labels": "moa"}, r"'P1' has no column 'moa' with the true class \(labels\); it has row"),
    "none of the classes": (
        {"labels": "role"},
        "No well of 'P1' has one of the classes of 'tiny' in its column 'role'",
    ),
    "no column to match by": ({"match": "moa"}, r"no column 'moa' to match treatments by \(match\)"),
    "no compounds": (
        {"match": "mechanism", "compound": "drug"},
        r"no column 'drug' to match treatments by \(compound\)",
    ),
    "no such plate": ({"reference": ("P9",)}, "The plate of reference 'P9' takes no part; there are P1"),
}


@pytest.mark.parametrize(("options", "words"), REFUSED.values(), ids=REFUSED)
def test_what_could_not_be_judged_is_refused_before_the_first_run(
    counted: Plate, model: Model, options: dict[str, object], words: str
) -> None:
    with pytest.raises(ArgumentError, match=words):
        compare(counted, [model], methods=("none",), **options)
    assert counted.source.reads == []


def test_a_folder_that_takes_no_results_is_refused_before_the_first_run(
    counted: Plate, model: Model, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SaveError, match="file is a file"):
        compare(counted, [model], methods=("none",), out=tmp_path / "file" / "out")
    assert counted.source.reads == []


def test_a_method_may_carry_its_weight(plate: Plate, model: Model) -> None:
    comparison = compare(plate, [model], methods=("cs-arm-bn@count", "cs-arm-bn@0.25"), labels="mechanism")
    weights = [run.predictions.run["control_weight"] for run in comparison.runs]
    assert weights == ["count", 0.25]


def test_finished_runs_are_not_done_again(counted: Plate, model: Model, tmp_path: Path) -> None:
    options = {"methods": ("none", "ben"), "labels": "mechanism", "out": tmp_path}
    first = compare(counted, [model], **options)
    n_reads = len(counted.source.reads)
    again = compare(counted, [model], **options)
    assert len(counted.source.reads) == n_reads
    pd.testing.assert_frame_equal(again.table, first.table)
    pd.testing.assert_frame_equal(again.effects, first.effects)
    for one, other in zip(first.runs, again.runs, strict=True):
        np.testing.assert_array_equal(one.predictions.logits, other.predictions.logits)
        assert (one.predictions.statistics is None) == (other.predictions.statistics is None)


def test_a_stopped_comparison_goes_on_and_a_damaged_run_is_done_again(
    counted: Plate, model: Model, tmp_path: Path
) -> None:
    config = CompareConfig(methods=("none", "ben"), labels="mechanism")
    trials = plan_comparison(find_entrants(counted), find_contenders([model]), config)
    steps = run_comparison(trials, config, tmp_path)
    while len(list(tmp_path.glob("runs/*/run.json"))) < 1:
        next(steps)
    steps.close()
    (kept,) = tmp_path.glob("runs/*")
    drained(run_comparison(trials, config, tmp_path))
    assert len(list(tmp_path.glob("runs/*"))) == 2
    (kept / "predictions.safetensors").write_bytes(b"cut off")
    before = len(counted.source.reads)
    drained(run_comparison(trials, config, tmp_path))
    assert len(counted.source.reads) == before + 24 * 3


def test_a_kept_run_of_a_smaller_plate_replays(plate: Plate, model: Model, tmp_path: Path) -> None:
    options = {
        "methods": ("cs-arm-bn",),
        "labels": "mechanism",
        "sweeps": ("label-shift",),
        "draws": 1,
        "shifts": (0.1,),
    }
    compare(plate, [model], out=tmp_path, **options)
    records = {path: read_run(path) for path in tmp_path.glob("runs/*/run.json")}
    (path,) = (path for path, record in records.items() if record.config.wells is not None)
    again = rerun(path, plate=plate, model=model)
    assert again.run["pixels_sha256"] == records[path].pixels_sha256


def test_costs_are_counted_before_the_runs(plate: Plate, model: Model) -> None:
    config = CompareConfig(methods=("none", "ben"), labels="mechanism")
    costs = Costs.of(plan_comparison(find_entrants(plate), find_contenders([model]), config))
    assert costs == Costs(2, 24 + 24 + 22)


def test_sweeps_vary_the_wells_and_are_the_same_for_every_method(plate: Plate, model: Model) -> None:
    config = CompareConfig(
        methods=("ben", "controls"),
        labels="mechanism",
        sweeps=("context", "queries", "label-shift"),
        draws=2,
        context_sizes=(2, 4),
        shifts=(10.0, 0.01),
    )
    trials = plan_comparison(find_entrants(plate), find_contenders([model]), config)
    sizes = {
        (trial.method, trial.setting): {len(other.plan.context.wells) for other in trials if same(other, trial)}
        for trial in trials
        if trial.sweep == "context"
    }
    assert sizes == {("ben", 2): {2}, ("ben", 4): {4}, ("ben", 11): {11}, ("controls", 2): {2}, ("controls", 3): {3}}
    queries = [trial for trial in trials if trial.sweep == "queries" and trial.setting == 2]
    assert all(len(trial.plan.wells) == 2 for trial in queries)
    asked = {
        method: [trial.plan.wells for trial in queries if trial.method == method] for method in ("ben", "controls")
    }
    assert asked["ben"] == asked["controls"]
    assert len(asked["ben"]) == 4
    assert {len(trial.plan.context.wells) for trial in queries if trial.method == "ben"} == {5}
    shifted = [trial for trial in trials if trial.sweep == "label-shift"]
    assert {trial.setting for trial in shifted} == {10.0, 0.01}


def same(one, other) -> bool:
    return (one.sweep, one.method, one.setting) == (other.sweep, other.method, other.setting)


def test_sweeps_are_summarised_and_drawn(plate: Plate, model: Model, tmp_path: Path) -> None:
    comparison = compare(
        plate,
        [model],
        methods=("none", "controls"),
        labels="mechanism",
        sweeps=("context", "label-shift"),
        draws=1,
        context_sizes=(2,),
        shifts=(1.0, 0.1),
    )
    sweeps = comparison.sweeps
    assert set(zip(sweeps["sweep"], sweeps["method"], strict=True)) == {
        ("context", "controls"),
        ("label-shift", "none"),
        ("label-shift", "controls"),
    }
    assert sweeps["accuracy"].between(0, 1).all()
    comparison.save(tmp_path)
    assert (tmp_path / "sweep_label_shift.png").is_file()
    assert "A plate of uneven classes" in (tmp_path / "report.md").read_text()


def test_a_plate_without_known_classes_has_no_sweeps_and_no_accuracy(model: Model, tmp_path: Path) -> None:
    plate = make_plate()
    wells = plate.wells.drop(columns=["mechanism", "treatment"]).assign(treatment="")
    comparison = compare(replace(plate, wells=wells), [model], methods=("none",), sweeps=("context",))
    assert comparison.sweeps.empty
    assert comparison.judged.empty
    comparison.save(tmp_path)
    assert "there is no accuracy" in (tmp_path / "report.md").read_text()


def test_keeping_wells_leaves_the_others_out_of_contexts(plate: Plate, model: Model) -> None:
    small = keep_wells(plate, ["A01", "A02", "B03"])
    plan = plan_prediction(small, model, PredictConfig(method="ben"))
    assert plan.context.wells == ("A01", "A02", "B03")


def test_aligned_embeddings_are_judged_by_other_experiments(model: Model, tmp_path: Path) -> None:
    plates = make_plates()
    comparison = compare(plates, [model], methods=("none", "tvn", "unaligned"), labels="mechanism")
    assert [run.method for run in comparison.runs] == ["none", "tvn-csarmbn", "unaligned"] * 3
    assert set(comparison.effects["method"]) == {"none", "tvn-csarmbn", "unaligned"}
    aligned = comparison.runs[1].predictions
    assert aligned.run["alignment"]["name"] == "tvn-csarmbn"
    is_control = (aligned.index["role"] == "negative_control").to_numpy()
    np.testing.assert_allclose(aligned.embeddings[is_control].mean(axis=0), 0, atol=1e-4)
    assert any("no more controls" in note for note in comparison.notes)
    comparison.save(tmp_path)
    text = (tmp_path / "report.html").read_text()
    assert "Of the plate that is judged only its negative controls are used." in text


def test_what_is_judged_does_not_move_what_it_is_judged_by(model: Model) -> None:
    plates = make_plates()
    wells = plates[2].wells.copy()
    is_treated = wells["role"] == "treatment"
    wells.loc[is_treated, "mechanism"] = np.roll(wells.loc[is_treated, "mechanism"], 1)
    relabelled = [*plates[:2], replace(plates[2], wells=wells)]
    options = {"methods": ("coral",), "labels": "mechanism"}
    first, second = (compare(some, [model], **options).runs[-1].predictions for some in (plates, relabelled))
    np.testing.assert_array_equal(first.logits, second.logits)


def test_reference_plates_are_fitted_on_and_not_judged(model: Model) -> None:
    options = {"methods": ("none", "coral"), "labels": "mechanism", "reference": ("P0", "P1")}
    runs = compare(make_plates(), [model], **options).runs
    assert [run.predictions.plate_name for run in runs if run.method == "coral"] == ["P2"]
    with pytest.raises(ArgumentError, match="'P9' takes no part; there are P0, P1, P2"):
        compare(make_plates(), [model], **{**options, "reference": ("P9",)})


def test_alignments_without_controls_are_refused_before_the_first_run(model: Model) -> None:
    plates = [replace(plate, source=CountingSource(plate.source)) for plate in make_plates(2)]
    wells = plates[1].wells.assign(role="treatment")
    with pytest.raises(ContextError, match="P1"):
        compare([plates[0], replace(plates[1], wells=wells)], [model], methods=("none", "coral"), labels="mechanism")
    assert plates[0].source.reads == []


ALIGNED = {
    "controls left out": (
        {"wells": "mechanism:tubulin"},
        "'mechanism:tubulin'.* leave out the negative controls of .*P0",
    ),
    "nothing to judge": ({"reference": ("P1", "P0")}, "All 2 plates are plates of reference"),
}


@pytest.mark.parametrize(("options", "words"), ALIGNED.values(), ids=ALIGNED)
def test_what_cannot_be_aligned_is_refused_before_the_first_run(
    model: Model, options: dict[str, object], words: str
) -> None:
    plates = [replace(plate, source=CountingSource(plate.source)) for plate in make_plates(2)]
    with pytest.raises(ArgumentError, match=words):
        compare(plates, [model], methods=("none", "tvn"), labels="mechanism", **options)
    assert plates[0].source.reads == []


def test_plates_without_known_classes_are_judged_but_not_fitted_on(model: Model) -> None:
    plates = make_plates(3)
    bare = replace(plates[2], wells=plates[2].wells.drop(columns=["mechanism"]))
    comparison = compare([*plates[:2], bare], [model], methods=("coral",))
    assert [run.predictions.plate_name for run in comparison.runs] == ["P0", "P1", "P2"]


def test_one_plate_cannot_be_aligned(counted: Plate, model: Model) -> None:
    with pytest.raises(ArgumentError, match="'P1' is the only one"):
        compare(counted, [model], methods=("none", "tvn"))
    assert counted.source.reads == []


def test_models_of_one_label_are_seeds(plate: Plate, model: Model, model_file: Path) -> None:
    contenders = find_contenders([f"mine={model_file}", f"mine={model_file}", model])
    assert [(one.label, one.seed) for one in contenders] == [("mine", 0), ("mine", 1), ("tiny", 0)]
    with pytest.raises(ArgumentError, match="Two models are called 'tiny'"):
        find_contenders([model, model])


def test_the_averages_of_several_plates_are_told_after_the_runs(model: Model) -> None:
    plates = make_plates(2)
    one, both = (compare(some, [model], methods=("none", "ben"), labels="mechanism") for some in (plates[:1], plates))
    assert one.to_markdown().count("| plate | model |") == 1
    assert "| group |" not in one.to_markdown()
    joined = [replace(plate, experiment="E") for plate in plates]
    told = compare(joined, [model], methods=("none", "ben"), labels="mechanism", match="mechanism").to_markdown()
    assert told.index("| plate | model |") < told.index("| group | model |") < told.index("| model | method | n_treat")
    assert "| E | tiny | ben | 2 | 1 | 18 | " in told
    assert "| group |" not in both.to_markdown()  # a group a plate: the same numbers again


def test_groups_come_from_the_table_of_plates(screen_folder: Path) -> None:
    assert {entrant.group for entrant in find_entrants(screen_folder)} == {"in_domain", "other_lab"}
    by_lab = find_entrants(screen_folder, "experiment")
    assert {entrant.group for entrant in by_lab} == {entrant.experiment for entrant in by_lab}
    with pytest.raises(SelectionError, match="'laboratory' is a column neither of the screen"):
        find_entrants(screen_folder, "laboratory")


def test_a_thousand_classes_do_not_fill_the_page(
    plate: Plate, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_ben.workflow._comparison_page._MOST_CLASSES", 2)
    compare(plate, [model], methods=("none",), labels="mechanism").save(tmp_path)
    assert "The 2 poorest of " in (tmp_path / "report.md").read_text()
    assert not (tmp_path / "classes.png").exists()


def test_the_drift_of_each_plate_is_on_the_page(model: Model, tmp_path: Path) -> None:
    comparison = compare(make_plates(2), [model], methods=("none", "ben", "controls"), labels="mechanism")
    drift = comparison.drift
    assert set(zip(drift["plate"], drift["method"], strict=True)) == {
        (plate, method) for plate in ("P0", "P1") for method in ("ben", "controls")
    }
    ben = comparison.runs[1].predictions.statistics
    expected = ben.distance(model.network())["distance"]
    own = drift[(drift["plate"] == "P0") & (drift["method"] == "ben")]
    np.testing.assert_allclose(own["distance"], expected)
    comparison.save(tmp_path)
    assert pd.read_csv(tmp_path / "plate_distances.csv")["method"].tolist() == ["ben", "controls"]
    assert "drift.png" in (tmp_path / "report.md").read_text()


def test_images_are_decoded_once_a_plate(model: Model) -> None:
    plates = [replace(plate, source=CountingSource(plate.source)) for plate in make_plates(2)]
    compare(plates, [model], methods=("none", "ben", "cs-arm-bn", "unaligned"), labels="mechanism")
    assert [len(plate.source.reads) for plate in plates] == [24 * 3] * 2


def test_plates_are_opened_from_whatever_names_them(plate: Plate, screen_folder: Path) -> None:
    assert open_plates(plate) == (plate,)
    names = [member.name for member in open_plates([plate, screen_folder])]
    assert names == ["P1", *sorted(names[1:], reverse=True)]
    assert len(names) == 3
