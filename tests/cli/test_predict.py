import json
from pathlib import Path

import pandas as pd
import pytest

from napari_ben.cli import _progress
from napari_ben.errors import DeviceError
from napari_ben.readers import open_plate
from napari_ben.workflow import predict

from .conftest import Command


def test_predict_gives_the_numbers_of_python(command: Command, plate: Path, model: Path, tmp_path: Path) -> None:
    code, out, err = command(
        *("predict", plate, "--model", model, "--method", "cs-arm-bn", "--context", "controls"),
        *("--weight", "0.5", "--reducer", "probability", "--threads", 1, "--out", tmp_path / "out"),
    )
    assert code == 0, err
    wells = pd.read_csv(tmp_path / "out" / "wells.csv", dtype=str)
    expected = predict(open_plate(plate), model, "cs-arm-bn", "controls", weight=0.5, reducer="probability", threads=1)
    assert wells["Metadata_Well"].tolist() == expected.wells.index.tolist()
    assert wells["uncertainty"].astype(float).tolist() == pytest.approx(
        expected.wells["uncertainty"].tolist(), rel=1e-5
    )
    assert "96 wells, 96 fields" in out
    assert "predicting 96/96 wells" in err
    assert {"plate_map.png", "embedding_pca.svg", "statistics.safetensors"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }


def test_every_plate_of_a_screen_is_predicted_and_put_in_one_table(
    command: Command, screen: Path, model: Path, tmp_path: Path
) -> None:
    words = ("predict", screen, "--model", model, "--out", tmp_path / "out", "--format", "csv")
    code, out, _ = command(*words)
    assert code == 0
    plates = pd.read_csv(tmp_path / "out/plates.csv")
    assert plates["status"].tolist() == ["predicted", "predicted"]
    assert plates["n_wells"].tolist() == [96, 96]
    assert all(f"→ {tmp_path / 'out' / name}" in out for name in plates["plate"])
    assert "| plate | experiment | status | n_wells | accuracy | separation | drift | stability | n_problems |" in out
    assert all(f"| {row.plate} | {row.experiment} | predicted | 96 | {row.accuracy:.3f} (" in out
               for row in plates.itertuples())  # fmt: skip
    wells = pd.read_csv(tmp_path / "out/wells.csv")
    assert len(wells) == 192
    assert wells.groupby("Metadata_Experiment")["Metadata_Plate"].nunique().tolist() == [1, 1]
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*/run.json")}
    code, out, _ = command(*words)
    assert code == 0
    assert out.count("was finished before") == 2
    assert "2 skipped" in out
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert len(pd.read_csv(tmp_path / "out/wells.csv")) == 192


def test_contexts_drawn_anew_say_how_firm_the_classes_are(
    command: Command, screen: Path, model: Path, tmp_path: Path
) -> None:
    words = ("predict", screen, "--model", model, "--method", "controls", "--threads", 1, "--format", "csv")
    code, _, _ = command(*words, "--out", tmp_path / "all", "--stability", 1)
    assert code == 0
    assert pd.read_csv(tmp_path / "all/plates.csv")["stability"].between(0, 1).all()
    one = (*words, "--only", pd.read_csv(tmp_path / "all/plates.csv")["plate"][0])
    code, out, _ = command(*one, "--out", tmp_path / "one", "--stability", 1, "--jackknife", 2)
    assert code == 0
    firm, errors = (pd.read_csv(tmp_path / "one" / f"{name}.csv") for name in ("stability", "jackknife"))
    classes = pd.read_csv(tmp_path / "one/wells.csv")["pred_class"].tolist()
    assert firm["pred_class"].tolist() == errors["pred_class"].tolist() == classes
    assert f"stability: {(firm['stability'] == 1).sum()} of 96 wells keep their class in all 1 draws" in out
    assert f"jackknife: the error of a probability is {errors['error'].median():.3f}" in out


def test_a_small_context_is_shrunk_towards_other_runs(
    command: Command, screen: Path, model: Path, tmp_path: Path
) -> None:
    first, second = pd.read_csv(screen / "screen.csv")["plate"][:2]
    words = ("predict", screen, "--model", model, "--method", "controls", "--threads", 1, "--format", "csv")
    assert command(*words, "--only", first, "--out", tmp_path / "first")[0] == 0
    small = (*words, "--only", second, "--context-images", 4, "--pseudo-images", 4)
    code, _, err = command(*small, "--shrink-towards", tmp_path / "first", "--out", tmp_path / "second")
    assert code == 0, err
    config = json.loads((tmp_path / "second/run.json").read_text())["config"]
    asked = (config["context_images"], config["pseudo_images"], config["shrink_towards"])
    assert asked == (4, 4.0, [str(tmp_path / "first")])
    assert command("rerun", tmp_path / "second/run.json", "--format", "csv", "--out", tmp_path / "again")[0] == 0
    assert (tmp_path / "again/wells.csv").read_bytes() == (tmp_path / "second/wells.csv").read_bytes()


def test_what_has_no_context_is_not_drawn_anew(command: Command, screen: Path, model: Path, tmp_path: Path) -> None:
    words = ("predict", screen, "--model", model, "--method", "none", "--out", tmp_path / "out")
    code, _, err = command(*words, "--jackknife", 2)
    assert code == 2
    assert "holds 2 plates, and --jackknife is about one" in err
    name = pd.read_csv(screen / "screen.csv")["plate"][0]
    code, _, err = command(*words, "--only", name, "--stability", 2)
    assert code == 2
    assert "'none' has no one context for the plate" in err
    assert not (tmp_path / "out").exists()


def test_a_plate_that_fails_is_told_and_the_others_go_on(
    command: Command, screen: Path, model: Path, tmp_path: Path
) -> None:
    names = sorted(path.name for path in screen.glob("*.ome.zarr"))
    (tmp_path / "mine.csv").write_text("well,role,treatment\nA1,trt,x\nB1,trt,x\n")
    rows = [f"{screen / names[0]},{tmp_path / 'mine.csv'}", f"{screen / names[1]},"]
    (tmp_path / "study.csv").write_text("\n".join(["path,platemap", *rows]))
    code, out, err = command(
        *("predict", tmp_path / "study.csv", "--model", model, "--context", "controls"),
        *("--out", tmp_path / "out", "--format", "csv"),
    )
    assert code == 1
    assert "failed. Plate " in err
    assert "has no negative control well with images" in err
    assert "1 failed, 1 predicted" in out or "1 predicted, 1 failed" in out
    table = pd.read_csv(tmp_path / "out/plates.csv", keep_default_na=False)
    assert sorted(table["status"]) == ["failed", "predicted"]
    assert "no negative control" in table.loc[table["status"] == "failed", "problems"].item()


def test_a_screen_that_is_stopped_goes_on(
    command: Command, screen: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = _progress.Reporter.show

    def interrupt(reporter: _progress.Reporter, stage: str, done: int, total: int, unit: str) -> None:
        show(reporter, stage, done, total, unit)
        if stage == "prediction" and "(2 of 2)" in reporter.title:
            raise KeyboardInterrupt

    words = ("predict", screen, "--model", model, "--out", tmp_path / "out", "--format", "csv")
    with monkeypatch.context() as patch:
        patch.setattr(_progress.Reporter, "show", interrupt)
        code, _, err = command(*words)
    assert code == 130
    assert "run the same command again to go on" in err
    assert pd.read_csv(tmp_path / "out/plates.csv")["status"].tolist() == ["predicted"]
    code, out, _ = command(*words)
    assert code == 0
    assert "1 skipped" in out
    assert "1 predicted" in out


def test_suggested_controls_are_used_only_when_accepted(
    command: Command, plate: Path, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "map.csv").write_text("well,compound\nA1,DMSO\nA2,DMSO\nA3,DMSO\nB1,taxol\n")
    words = ("predict", plate, "--model", model, "--platemap", tmp_path / "map.csv", "--context", "controls")
    code, _, err = command(*words, "--out", tmp_path / "out", "--format", "csv")
    assert code == 2
    assert "3 wells look like negative controls ('DMSO'): not used until you confirm." in err
    assert "--accept-suggestions" in err
    code, _, err = command(*words, "--out", tmp_path / "out", "--format", "csv", "--accept-suggestions")
    assert code == 0, err
    context = json.loads((tmp_path / "out/run.json").read_text())["context"]
    assert context["wells"] == ["A01", "A02", "A03"]


def test_rerun_writes_the_same_bytes(command: Command, plate: Path, model: Path, tmp_path: Path) -> None:
    options = ("--format", "csv", "--format", "svg")
    command("predict", plate, "--model", model, "--context", "A1-H1", "--out", tmp_path / "first", *options)
    code, _, err = command("rerun", tmp_path / "first" / "run.json", "--out", tmp_path / "again", *options)
    assert code == 0, err
    for name in ("wells.csv", "fields.csv", "run.json", "plate_map.svg"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "first" / name).read_bytes()


@pytest.mark.parametrize(
    ("followed", "words"),
    [
        ([], None),
        (["PCA"], "The run laid out its PCA to lie as in an earlier run"),
        (["PCA", "UMAP"], "The run laid out its PCA and UMAP to lie as in an earlier run"),
    ],
)
def test_rerun_says_which_layouts_followed_an_earlier_run(
    command: Command, plate: Path, model: Path, tmp_path: Path, followed: list[str], words: str | None
) -> None:
    command("predict", plate, "--model", model, "--wells", "A1-B12", "--out", tmp_path, "--format", "csv")
    record = tmp_path / "run.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "layouts_followed": followed}))
    code, _, err = command("rerun", record, "--out", tmp_path / "again", "--format", "csv")
    assert code == 0, err
    assert ("to lie as in an earlier run" in err) == (words is not None)
    assert words is None or words in " ".join(err.split())


def test_compare_prints_a_table(command: Command, plate: Path, model: Path, tmp_path: Path) -> None:
    methods = ("--method", "none", "--method", "ben")
    code, out, _ = command("compare", plate, "--model", model, *methods, "--out", tmp_path / "out")
    assert code == 0
    rows = [line for line in out.splitlines() if "| tiny |" in line]
    assert len(rows) == 2
    assert pd.read_csv(tmp_path / "out" / "comparison.csv")["n_wells"].tolist() == [72, 72]


WRONG = {
    "method": (["--method", "adabn"], "no method 'adabn'"),
    "context": (["--context", "Z99"], "Z99"),
    "weight": (["--weight", "2"], "'weight' cannot be 2"),
    "channel": (["--channel", "DNA"], "--channel 'DNA' has no '='"),
    "memory": (["--memory-budget", "lots"], "'lots' is no amount of memory"),
    "device": (["--device", "abacus"], "no kind of device 'abacus'"),
    "any other": (["--set", "colour=red"], "no option 'colour'"),
    "format": (["--format", "xlsx"], "cannot be saved as 'xlsx'"),
}


@pytest.mark.parametrize(("options", "words"), WRONG.values(), ids=WRONG)
def test_wrong_options_are_refused_in_words(
    command: Command, plate: Path, model: Path, tmp_path: Path, options: list[str], words: str
) -> None:
    code, _, err = command("predict", plate, "--model", model, "--out", tmp_path / "out", *options)
    assert code == 2
    assert words in err
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()


ENDS = {
    "interrupted": KeyboardInterrupt(),
    "failed": DeviceError("The GPU is gone.", "Look after it."),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_run_that_ends_early_keeps_its_wells(
    command: Command, plate: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: BaseException
) -> None:
    show = _progress.Reporter.show

    def interrupt(reporter: _progress.Reporter, stage: str, done: int, total: int, unit: str) -> None:
        show(reporter, stage, done, total, unit)
        if stage == "prediction" and done > 20:
            raise end

    monkeypatch.setattr(_progress.Reporter, "show", interrupt)
    code, _, err = command(
        "predict", plate, "--model", model, "--out", tmp_path / "out", "--format", "csv", "--chunk-size", 10
    )
    assert code == 130
    assert f"The run ended early. {end}".strip() in err
    assert "Only the wells finished so far are saved" in err
    assert 20 < len(pd.read_csv(tmp_path / "out" / "wells.csv")) < 40
    assert json.loads((tmp_path / "out" / "run.json").read_text())["complete"] is False


def test_results_that_cannot_be_written_are_an_error_in_words(
    command: Command, plate: Path, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").touch()
    code, _, err = command("predict", plate, "--model", model, "--out", tmp_path / "out", "--format", "csv")
    assert code == 2
    assert "out'" in err
    assert "Traceback" not in err


def test_umap_is_left_out_in_words(
    command: Command, plate: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_ben import embedding

    monkeypatch.setattr(embedding, "umap_refusal", lambda _: "UMAP is not installed")
    code, _, err = command("predict", plate, "--model", model, "--out", tmp_path, "--umap", "--format", "png")
    assert code == 0
    assert "Note: UMAP is not installed." in err
