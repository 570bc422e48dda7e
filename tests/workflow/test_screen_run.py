"""A screen in memory: one table, finished plates skipped, plates that fail, controls that all plates share."""

import pickle
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from napari_ben.errors import ChannelError, PlateError
from napari_ben.evaluation import control_separation, judge
from napari_ben.methods import ContextStatistics
from napari_ben.plates import Plate, Screen
from napari_ben.workflow import (
    Extras,
    PlateTask,
    PredictConfig,
    drain,
    known_outcomes,
    make_config,
    plan_prediction,
    plan_rerun,
    plan_screen,
    predict_screen,
    read_run,
    recall_run,
    run_plate,
    run_screen,
)

from .conftest import CountingSource, make_model, make_plate

OPTIONS = {"method": "controls", "context": "controls", "threads": 1, "extras": Extras(("csv",))}


def plates_of(*names: str) -> list[Plate]:
    return [replace(make_plate(seed=number), name=name) for number, name in enumerate(names)]


def screen_of(plates: list[Plate]) -> Screen:
    index = pd.Index([plate.name for plate in plates], name="plate")
    table = pd.DataFrame({"experiment": [f"e{number // 2}" for number in range(len(plates))]}, index=index)
    return Screen("study", Path("study"), tuple(plates), table)


def without_channel(plate: Plate) -> Plate:
    return replace(plate, channels=("DNA", "ER", "other"))


def test_a_screen_gives_a_table_of_plates_and_one_of_wells(model, tmp_path):
    results = predict_screen(screen_of(plates_of("P1", "P2", "P3")), model, tmp_path / "out", **OPTIONS)
    assert results.table["status"].tolist() == ["predicted"] * 3
    assert results.table["experiment"].tolist() == ["e0", "e0", "e1"]
    assert results.table["context"].iloc[0] == "3 wells, 6 images, 1 treatment (DMSO)"
    wells = pd.read_csv(tmp_path / "out/wells.csv")
    assert wells.groupby("Metadata_Plate").size().to_dict() == {"P1": 12, "P2": 12, "P3": 12}
    own = pd.read_csv(tmp_path / "out/P2/wells.csv")
    mine = wells[wells["Metadata_Plate"] == "P2"].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine[own.columns], own, check_dtype=False)
    assert set(pd.read_csv(tmp_path / "out/plates.csv")["plate"]) == {"P1", "P2", "P3"}


def test_the_table_says_how_good_each_plate_is_and_so_does_its_run_file(model, tmp_path):
    options = {**OPTIONS, "extras": Extras(("csv", "png"), n_resamples=2)}
    results = predict_screen(screen_of(plates_of("P1", "P2")), model, tmp_path / "out", **options)
    table = pd.read_csv(tmp_path / "out/plates.csv", index_col="plate")
    numbers = list(results.table.select_dtypes("number"))  # a blank word comes back as NaN
    pd.testing.assert_frame_equal(table[numbers], results.table[numbers], check_dtype=False)
    record, kept = read_run(tmp_path / "out/P1/run.json"), recall_run(tmp_path / "out/P1")
    judged, _ = judge(kept)
    trained = ContextStatistics.from_network(model.network())
    expected = {
        "accuracy": judged.value,
        "accuracy_low": judged.low,
        "n_labelled": judged.n,
        "separation": control_separation(kept).value,
        "drift": (kept.statistics.distance(trained)["distance"] ** 2).mean() ** 0.5,
        "stability": record.scores.stability,
    }
    assert table.loc["P1", list(expected)].to_dict() == pytest.approx(expected, nan_ok=True)
    assert 0 <= record.scores.stability <= 1
    assert results.overview["accuracy"].iloc[0] == f"{judged.value:.3f} ({judged.low:.3f}–{judged.high:.3f})"
    assert (tmp_path / "out/plates.png").is_file()


def test_stability_that_is_asked_for_later_is_worked_out(model, tmp_path):
    plates = screen_of(plates_of("P1"))
    predict_screen(plates, model, tmp_path / "out", **OPTIONS)
    options = {**OPTIONS, "extras": Extras(("csv",), n_resamples=1)}
    assert [predict_screen(plates, model, tmp_path / "out", **options).table["status"].item() for _ in "12"] == [
        "predicted",
        "skipped",
    ]
    again = predict_screen(plates, model, tmp_path / "out", **OPTIONS)  # it is no worse without being asked for
    assert again.table["status"].item() == "skipped"


def test_a_method_without_a_context_has_no_drift_and_no_stability(model, tmp_path):
    options = {**OPTIONS, "method": "none", "context": None, "extras": Extras(("csv",), n_resamples=2)}
    results = predict_screen(screen_of(plates_of("P1")), model, tmp_path / "out", **options)
    assert results.table[["drift", "stability"]].isna().all(axis=None)
    assert results.overview["drift"].item() == ""


def test_what_is_known_before_a_run_is_found_without_one(model, count_images, tmp_path):
    plates = plates_of("P1", "P2", "refused")
    plates[2] = without_channel(plates[2])
    config = make_config(PredictConfig, method="controls", context="controls", threads=1)
    predict_screen(screen_of(plates[:1]), model, tmp_path / "out", **OPTIONS)
    before = len(count_images)
    plan = plan_screen(screen_of(plates), [model], config, tmp_path / "out", Extras(("csv",)))
    known = {outcome.plate: outcome for outcome in known_outcomes(plan)}
    assert {name: outcome.status for name, outcome in known.items()} == {"P1": "skipped", "refused": "failed"}
    assert known["P1"].scores.n_labelled == 9
    assert len(count_images) == before


def test_a_run_is_recalled_as_it_was_with_what_its_layout_promises(model, tmp_path):
    options = {**OPTIONS, "prior": "balance", "per_plate": 3}
    predict_screen(screen_of(plates_of("P1")), model, tmp_path / "out", **options)
    kept = recall_run(tmp_path / "out/P1")
    written = pd.read_csv(tmp_path / "out/P1/wells.csv", keep_default_na=False)
    assert kept.wells["pred_class"].tolist() == written["pred_class"].tolist()
    assert kept.wells["likeliest_class"].tolist() == written["likeliest_class"].tolist()
    assert recall_run(tmp_path / "nowhere") is None
    (tmp_path / "out/P1/predictions.safetensors").write_bytes(b"cut off")
    assert recall_run(tmp_path / "out/P1") is None


def test_finished_plates_are_skipped_and_only_these(model, count_images, tmp_path):
    plates = plates_of("P1", "P2")
    predict_screen(screen_of(plates), model, tmp_path / "out", **OPTIONS)
    before = len(count_images)
    again = predict_screen(screen_of(plates), model, tmp_path / "out", **OPTIONS)
    assert again.table["status"].tolist() == ["skipped", "skipped"]
    assert again.table["n_wells"].tolist() == [12, 12]
    assert len(count_images) == before
    assert len(again.wells) == 24


CHANGES = {
    "other roles": lambda plates, options: ([plates[0].with_roles({"B01": "treatment"}), plates[1]], options),
    "another context": lambda plates, options: (plates, {**options, "context": "plate"}),
    "another reducer": lambda plates, options: (plates, {**options, "reducer": "probability"}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changed_is_predicted_again(change, model, tmp_path):
    plates = plates_of("P1", "P2")
    predict_screen(screen_of(plates), model, tmp_path / "out", **OPTIONS)
    changed, options = change(plates, OPTIONS)
    status = predict_screen(screen_of(changed), model, tmp_path / "out", **options).table["status"].tolist()
    assert status[0] == "predicted"
    assert status[1] == ("skipped" if changed[1] is plates[1] and options is OPTIONS else "predicted")


def test_speed_and_another_disk_do_not_make_a_plate_new(model, tmp_path):
    plates = plates_of("P1")
    predict_screen(screen_of(plates), model, tmp_path / "out", **OPTIONS)
    moved = [replace(plates[0], path=Path("elsewhere/P1"))]
    again = predict_screen(screen_of(moved), model, tmp_path / "out", **{**OPTIONS, "chunk_size": 3})
    assert again.table["status"].tolist() == ["skipped"]
    other = make_model(method="ben")
    assert predict_screen(screen_of(plates), other, tmp_path / "out", **OPTIONS).table["status"].tolist() == [
        "predicted"
    ]


def test_a_damaged_run_file_is_no_finished_plate(model, tmp_path):
    plates = plates_of("P1")
    predict_screen(screen_of(plates), model, tmp_path / "out", **OPTIONS)
    (tmp_path / "out/P1/run.json").write_text("{")
    assert predict_screen(screen_of(plates), model, tmp_path / "out", **OPTIONS).table["status"].item() == "predicted"


def test_plates_that_are_refused_or_fail_do_not_stop_the_others(model, tmp_path):
    plates = plates_of("refused", "broken", "sound")
    plates[0] = without_channel(plates[0])
    plates[1] = replace(plates[1], source=CountingSource(plates[1].source, broken=frozenset(range(24))))
    results = predict_screen(screen_of(plates), model, tmp_path / "out", **OPTIONS)
    assert results.table["status"].tolist() == ["failed", "failed", "predicted"]
    assert "Mito" in results.table.at["refused", "problems"]
    assert "truncated" in results.table.at["broken", "problems"]
    assert results.wells["Metadata_Plate"].unique().tolist() == ["sound"]
    assert not (tmp_path / "out/refused").exists()
    assert not (tmp_path / "out/broken").exists()


def test_when_every_plate_is_refused_so_is_the_run(model, tmp_path):
    plates = [without_channel(plate) for plate in plates_of("P1", "P2")]
    with pytest.raises(ChannelError, match="Mito"):
        predict_screen(screen_of(plates), model, tmp_path / "out", **OPTIONS)
    assert not (tmp_path / "out").exists()


def test_a_run_that_is_closed_leaves_tables_of_what_is_finished(model, tmp_path):
    config = make_config(PredictConfig, method="controls", context="controls", threads=1)
    run = run_screen(plan_screen(screen_of(plates_of("P1", "P2")), [model], config, tmp_path / "out", Extras(("csv",))))
    steps = []
    for step in run:
        steps.append(step)
        if step.number == 2 and step.progress is not None:
            break
    run.close()
    assert [step.outcome.plate for step in steps if step.outcome] == ["P1"]
    assert {(step.number, step.total) for step in steps} == {(1, 2), (2, 2)}
    assert pd.read_csv(tmp_path / "out/plates.csv")["plate"].tolist() == ["P1"]
    assert len(pd.read_csv(tmp_path / "out/wells.csv")) == 12


def test_controls_that_all_plates_share_are_a_context_and_are_replayed(model, tmp_path):
    screen = screen_of(plates_of("P1", "P2"))
    results = predict_screen(screen, model, tmp_path / "out", **{**OPTIONS, "context": "controls:shared"})
    assert results.table["context"].iloc[0] == "3 wells, 6 images, 1 treatment (DMSO)"
    record = read_run(tmp_path / "out/P1/run.json")
    assert record.context is not None
    assert record.context.text == "controls:shared"
    plan = plan_rerun(record, plate=screen["P1"], model=model)
    assert plan.context is not None
    assert plan.context.wells == record.context.wells


def test_a_task_can_be_sent_to_another_process(model, tmp_path):
    config = make_config(PredictConfig, method="controls", context="controls", threads=1)
    task = PlateTask(plan_prediction(make_plate(), model, config), tmp_path / "P1", Extras(("csv",)))
    outcome = drain(run_plate(pickle.loads(pickle.dumps(task))))
    assert pickle.loads(pickle.dumps(outcome)) == outcome
    assert (outcome.status, outcome.n_wells, outcome.n_fields) == ("predicted", 12, 24)


def test_plates_of_a_screen_need_not_be_opened_to_be_refused(model, tmp_path):
    with pytest.raises(PlateError, match="does not exist"):
        predict_screen(tmp_path / "nowhere", model, tmp_path / "out")
