import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from napari_ben.errors import RunFileError
from napari_ben.plates import Plate
from napari_ben.readers import open_plate, open_screen
from napari_ben.results import Predictions
from napari_ben.workflow import predict, read_run, rerun

from .conftest import CHANNELS, make_model


@pytest.fixture(scope="module")
def home_plate(screen_folder: Path) -> Plate:
    return open_screen(screen_folder).plates[0]


@pytest.fixture
def first(home_plate: Plate, model_file: Path) -> Predictions:
    edited = home_plate.with_roles({"A01": "empty", "B02": "positive_control"})
    return predict(edited, model_file, "cs-arm-bn", "controls", weight=0.4, reducer="probability", chunk_size=16)


@pytest.fixture
def run_file(first: Predictions, tmp_path: Path) -> Path:
    first.save(tmp_path / "first", ["csv"])
    return tmp_path / "first" / "run.json"


def edit(run_file: Path, **changes: object) -> Path:
    content = json.loads(run_file.read_text())
    for place, value in changes.items():
        *parents, last = place.split("__")
        part = content
        for name in parents:
            part = part[name]
        part[last] = value
    run_file.write_text(json.dumps(content))
    return run_file


def test_a_run_file_gives_the_same_table_and_the_same_bytes(first: Predictions, run_file: Path, tmp_path: Path) -> None:
    again = rerun(run_file)
    pd.testing.assert_frame_equal(again.fields, first.fields)
    pd.testing.assert_frame_equal(again.wells, first.wells)
    again.save(tmp_path / "again", ["csv"])
    for name in ("fields.csv", "wells.csv", "run.json"):
        assert (tmp_path / "again" / name).read_bytes() == (run_file.parent / name).read_bytes()


def test_roles_and_context_are_those_of_the_run(first: Predictions, run_file: Path) -> None:
    run = read_run(run_file)
    assert "A01" not in run.context.wells
    assert run.control_weight == 0.4
    assert run.context.n_images == len(run.context.wells) == int(first.wells["in_context"].sum())
    assert rerun(run_file).wells.loc["B02", "role"] == "positive_control"


def test_the_run_file_says_what_the_run_depended_on(first: Predictions) -> None:
    run = first.run
    assert run["model"]["sha256"] == first.run["model"]["sha256"]
    assert len(run["pixels_sha256"]) == 64
    assert set(run["versions"]) == {"python", "numpy", "pandas", "torch"}
    assert run["n_fields"] == 96
    assert json.loads(json.dumps(run)) == run


def test_no_adaptation_has_no_context(home_plate: Plate, model_file: Path, tmp_path: Path) -> None:
    predictions = predict(home_plate, model_file, "none")
    predictions.save(tmp_path, ["csv", "svg"])
    assert read_run(tmp_path / "run.json").context is None
    assert np.array_equal(rerun(tmp_path / "run.json").logits, predictions.logits)


def test_a_moved_plate_is_named(run_file: Path, first: Predictions) -> None:
    path = read_run(run_file).plate.path
    edit(run_file, plate__path=str(Path(path).parent / "gone.ome.zarr"))
    with pytest.raises(RunFileError, match=r"The plate of the run cannot be opened: .* Say where it lies now"):
        rerun(run_file)
    assert np.array_equal(rerun(run_file, plate=path).logits, first.logits)


def test_another_plate_is_refused(run_file: Path, plate: Plate) -> None:
    with pytest.raises(RunFileError, match=r"is not '.+' as it was: it has the channels DNA, ER, Mito, and had"):
        rerun(run_file, plate=plate)


def test_changed_pixels_are_noticed(run_file: Path, screen_folder: Path) -> None:
    other = open_screen(screen_folder).plates[1]
    with pytest.raises(RunFileError, match="are not those of the run: their pixels differ"):
        rerun(run_file, plate=other)


def test_a_changed_model_is_refused(run_file: Path) -> None:
    with pytest.raises(RunFileError, match=r"The model 'tiny' is not the one of the run: its SHA-256 begins with"):
        rerun(run_file, model=make_model())


def test_an_absent_model_is_named(run_file: Path) -> None:
    edit(run_file, model__path=None)
    with pytest.raises(RunFileError, match=r"The model of the run cannot be found: There is no model 'tiny-sample'"):
        rerun(run_file)


@pytest.fixture
def stack_folder(tmp_path: Path) -> Path:
    """Two wells of three channels, four z planes and two time points, named in a way that only a pattern can read."""
    folder = tmp_path / "stacks"
    folder.mkdir()
    random = np.random.default_rng(4)
    for name in itertools.product(("B-2", "C-3"), CHANNELS, range(4), (1, 2)):
        pixels = random.gamma(2.0, 400, (32, 32)).astype(np.uint16)
        tifffile.imwrite(folder / "{}-{}-{}-{}.tif".format(*name), pixels)
    return folder


PATTERN = r"(?P<well>[A-H]-\d+)-(?P<channel>\w+)-(?P<z>\d+)-(?P<time>\d)\.tif"


def test_a_run_keeps_how_the_plate_was_opened_and_what_was_shown(stack_folder: Path, tmp_path: Path) -> None:
    model = make_model()
    plate = open_plate(stack_folder, pattern=PATTERN, z="max", time=2)
    predictions = predict(plate, model, "none")
    predictions.save(tmp_path / "first", ["csv"])
    again = rerun(tmp_path / "first/run.json", model=model)
    assert np.array_equal(again.logits, predictions.logits)
    assert again.run["plate"]["view"] == {"z": "max", "time": 2, "acquisition": None}
    default = open_plate(stack_folder, pattern=PATTERN)
    assert predict(default, model, "none").run["pixels_sha256"] != again.run["pixels_sha256"]
    rerun(tmp_path / "first/run.json", plate=default, model=model)
    edit(tmp_path / "first/run.json", plate__view={"z": 17})
    with pytest.raises(RunFileError, match=r"cannot be opened: Plate 'stacks' has no z plane 17; it has 0, 1, 2, 3"):
        rerun(tmp_path / "first/run.json", model=model)


def test_what_is_odd_about_pixels_is_in_the_run_once(stack_folder: Path) -> None:
    tifffile.imwrite(stack_folder / "B-2-DNA-2-1.tif", np.full((32, 32), 7.0, np.float32))
    tifffile.imwrite(stack_folder / "C-3-ER-2-1.tif", np.zeros((30, 32), np.uint16))
    problems = predict(open_plate(stack_folder, pattern=PATTERN), make_model(), "none").run["problems"]
    assert "Field 1 of well B02 is float32; the plate's fields are uint16." in problems
    assert sum("channels of different sizes" in problem for problem in problems) == 1
    assert sum("30×32" in problem for problem in problems) == 2


def test_a_plate_that_was_in_memory_must_be_passed(plate: Plate, tmp_path: Path) -> None:
    model = make_model()
    predictions = predict(plate, model)
    predictions.save(tmp_path, [])
    with pytest.raises(RunFileError, match="was in memory and has no path"):
        rerun(tmp_path / "run.json", model=model)
    assert np.array_equal(rerun(tmp_path / "run.json", plate=plate, model=model).logits, predictions.logits)


DAMAGED = {
    "absent": (None, r"cannot be read: No such file"),
    "not JSON": ("{", r"'run.json' is not JSON"),
    "not a run": ("[1]", r"has the schema version None; this napari-ben knows 1"),
    "of the future": ('{"schema_version": 99}', r"has the schema version 99"),
    "incomplete": ('{"schema_version": 1}', r"'run.json' is damaged: napari_ben: Field required"),
}


@pytest.mark.parametrize(("text", "match"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_run_files_are_refused_in_words(tmp_path: Path, text: str | None, match: str) -> None:
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunFileError, match=match):
        rerun(tmp_path / "run.json")


def test_the_platemap_travels_with_the_run_file(first: Predictions, run_file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "without platemap" / "plate.ome.zarr"
    shutil.copytree(read_run(run_file).plate.path, copy)
    pd.testing.assert_frame_equal(rerun(run_file, plate=copy).wells, first.wells)


def test_layouts_are_laid_out_again(first: Predictions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_ben.workflow import _layout

    def no_umap(embeddings: np.ndarray, seed: int) -> object:
        assert seed == 1
        yield "waiting"
        return embeddings[:, :2].astype(np.float64)

    monkeypatch.setattr(_layout, "umap_steps", no_umap)
    predictions = first.with_layout("UMAP", first.embeddings[:, :2].astype(np.float64))
    predictions.save(tmp_path, ["csv"])
    again = rerun(tmp_path / "run.json")
    assert list(again.layouts) == ["PCA", "UMAP"]
    assert again.run == predictions.run
