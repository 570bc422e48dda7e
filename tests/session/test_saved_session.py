"""A session is saved, the program ends, and another one goes on where it was."""

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_ben.errors import NapariBenError, SaveError, SessionFileError
from napari_ben.models import ModelCard, Scaling, Tiling, build_network, save_model, to_model
from napari_ben.plates import Plate
from napari_ben.session import ChannelLook, Look, Session, SessionState
from napari_ben.session import _saving as saving
from napari_ben.session._reopening import reopen_work
from napari_ben.session._saved_record import SavedStability
from napari_ben.session._session_file import read_record
from napari_ben.session._trust import Drift, Stability, Trust, WellEffects, run_key, trust_of
from napari_ben.workflow import Taught, to_record

WELLS = [f"{row}-{column:02d}" for row in "AB" for column in (1, 2, 3)]
LOOK = Look((20.0, 30.0), 2.5, {"Channel1": ChannelLook(is_visible=False, limits=(3.0, 99.0), colour="red")}, False)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("NAPARI_BEN_CACHE", str(folder))
    return folder


@pytest.fixture
def folder(tmp_path):
    """Two plates of six wells on disk; the first column of each holds controls."""
    rng = np.random.default_rng(0)
    for name in ("P1", "P2"):
        plate = tmp_path / "screen" / name
        plate.mkdir(parents=True)
        for number, well in enumerate(WELLS, start=1):
            for channel in (1, 2):
                image = rng.integers(0, 255, (32, 32), np.uint8)
                tifffile.imwrite(plate / f"Channel{channel}-{number:02d}-{well}.tif", image)
        rows = [f"{well},{'DMSO' if well.endswith('01') else 'taxol'}" for well in WELLS]
        (plate / "platemap.csv").write_text("well,treatment\n" + "\n".join(rows) + "\n")
    return tmp_path / "screen"


@pytest.fixture
def small(tmp_path):
    """A model file."""
    network = build_network("resnet10", 2, 2, seed=1, width=8)
    card = ModelCard(
        name="small", architecture="resnet10", options={"width": 8}, channels=("Channel1", "Channel2"),
        classes=("a", "b"), scaling=Scaling(kind="image"), tiling=Tiling(size=(16, 16), fit="crop"),
        embedding_size=network.embedding_size,
    )  # fmt: skip
    return save_model(tmp_path / "models" / "small.safetensors", network, card)


def program(drain) -> Session:
    """A session whose work is done at once; runs and layouts of nobody's asking are left out."""
    session = Session()
    session.wanted.connect(lambda task: None if task.lane == "layout" else drain(session, task))
    return session


def opened(drain, path: Path) -> Session:
    session = program(drain)
    session.open(path)
    return session


def key(plate: Plate):
    return plate.path, plate.view


@pytest.fixture
def worked(folder, small, predict, drain) -> Session:
    """An afternoon's work on the second plate."""
    session = opened(drain, folder)
    session.show_plate("P2")
    session.confirm_suggestions()
    session.set_role(["B02"], "positive_control")
    session.load_model(small.path)
    session.choose_context("wells")
    session.select(["A01", "B01"])
    session.map_channel("Channel1", "Channel2")
    session.choose_method("cs-arm-bn")
    session.set_weight(0.25)
    session.check_images()
    session.label(["A02"], "round")
    session.label(["A03"], "spiky")
    session.show_layout("PCA")
    session.colour_points_by("treatment")
    state = session.state
    first, second, part = (predict(state.screen[name]) for name in ("P2", "P2", "P1"))
    second = second.with_layout("UMAP", np.arange(12.0).reshape(6, 2))
    part = replace(predict(state.screen["P1"], ["A01", "A02"]), complete=False)
    lesson = Taught(second, to_model(small.network(), small.card.model_copy(update={"name": "taught"})), ("B03",))
    shown, other = key(state.plate), key(state.screen["P1"])
    session._set(results={shown: second, other: part}, runs={shown: (first, second)}, taught=lesson)
    return session


TRUST = Trust(
    Stability(
        pd.DataFrame(
            {"pred_class": ["a", "b"], "stability": [1.0, 0.4], "alternative": ["", "a"]},
            index=pd.Index(["A01", "A02"], name="well"),
        ),
        7,
    ),
    Drift(pd.DataFrame({"distance": [0.5]}), pd.DataFrame({"from_training": [0.5]})),
    WellEffects(
        pd.DataFrame(
            {"influence": [0.3, 0.1], "times_typical": [1.5, 0.5], "layer": ["bn2", "bn1"]},
            index=pd.Index(["A02", "A01"], name="well"),
        ),
        pd.DataFrame(
            {"mean_shift": [0.1], "scale_shift": [0.2], "distance": [0.3], "n_channels": [8]},
            index=pd.Index(["bn1"], name="layer"),
        ),
        np.array([0.1, 0.15]),
    ),
)


def with_trust(session: Session, trust: Trust) -> Session:
    state = session.state
    session._set(trust={run_key(*key(state.plate), state.predictions): trust})
    return session


@pytest.mark.parametrize("wells", [TRUST.wells, replace(TRUST.wells, edge=None, chance=np.zeros(0)), None])
@pytest.mark.parametrize("stability", [TRUST.stability, None])
def test_what_took_runs_to_know_is_known_tomorrow(worked, tmp_path, drain, stability, wells):
    with_trust(worked, replace(TRUST, stability=stability, wells=wells))
    found = trust_of(opened(drain, saved(worked, tmp_path / "a.bensession")).state)
    assert found.drift is None
    assert (found.stability is None, found.wells is None) == (stability is None, wells is None)
    if stability is not None:
        pd.testing.assert_frame_equal(found.stability.table, stability.table, check_index_type=False)
        assert found.stability.n_resamples == 7
    if wells is not None:
        pd.testing.assert_frame_equal(found.wells.influence, wells.influence, check_index_type=False)
        assert (found.wells.edge is None) == (wells.edge is None)
        assert found.wells.chance.tolist() == wells.chance.tolist()


@pytest.mark.parametrize("column", TRUST.stability.table)
def test_a_table_of_stability_without_its_columns_is_damage(column):
    table = to_record(TRUST.stability.table.drop(columns=column))
    with pytest.raises(ValueError, match=f"the table has no column '{column}'"):
        SavedStability(table=table, n_resamples=7)


def saved(session: Session, file: Path) -> Path:
    session.save_session(file, LOOK)
    assert "Session saved as" in session.state.notices["plate"].problem
    return session.state.file


KEPT = (
    "choice", "overrides", "method", "wished_method", "weight", "selected", "colour_by", "points_by", "layout",
    "labels", "source", "asked",
)  # fmt: skip


def test_everything_comes_back(worked, drain, tmp_path):
    file = saved(worked, tmp_path / "afternoon")
    assert file.name == "afternoon.bensession"
    before, after = worked.state, opened(drain, file).state
    assert {name: getattr(after, name) for name in KEPT} == {name: getattr(before, name) for name in KEPT}
    assert after.plate.name == "P2"
    assert after.look == LOOK
    assert after.file == file
    assert not after.notices
    for name in ("P1", "P2"):
        pd.testing.assert_frame_equal(after.screen[name].wells, before.screen[name].wells)
        assert after.screen[name].platemap == before.screen[name].platemap
    assert (after.model.sha256, after.model.path) == (before.model.sha256, before.model.path)
    pd.testing.assert_frame_equal(after.quality, before.quality, check_dtype=False)


def test_all_runs_of_all_plates_come_back_to_the_bit(worked, drain, tmp_path):
    before, after = worked.state, opened(drain, saved(worked, tmp_path / "s")).state
    assert set(after.results) == set(before.results)
    for place, run in before.results.items():
        back = after.results[place]
        np.testing.assert_array_equal(back.logits, run.logits)
        np.testing.assert_array_equal(back.embeddings, run.embeddings)
        pd.testing.assert_frame_equal(back.fields, run.fields)
        assert (back.complete, list(back.layouts)) == (run.complete, list(run.layouts))
    first, second = after.shown_runs
    assert second is after.predictions is after.taught.predictions
    assert first is not second
    assert after.taught.suggested == ("B03",)
    assert after.taught.model.card.name == "taught"
    assert after.taught.model.network() is not None


def test_opening_a_session_reads_what_opening_its_plate_reads(worked, folder, drain, tmp_path, monkeypatch):
    file = saved(worked, tmp_path / "s")
    reads = []
    read_plane = Plate.read_plane
    monkeypatch.setattr(Plate, "read_plane", lambda self, *place: (reads.append(place), read_plane(self, *place))[1])
    opened(drain, folder / "P2")
    n_of_plate = len(reads)
    opened(drain, file)
    assert len(reads) == 2 * n_of_plate


def test_a_session_and_its_plate_move_together(worked, folder, drain, tmp_path):
    file = saved(worked, folder / "s")
    moved = tmp_path / "elsewhere"
    folder.rename(moved)
    state = opened(drain, moved / file.name).state
    assert state.source == moved
    assert len(state.shown_runs) == 2


def test_a_plate_that_has_moved_is_pointed_to(worked, folder, drain, tmp_path):
    file = saved(worked, tmp_path / "deep" / "er" / "s")
    folder.rename(tmp_path / "elsewhere")
    session = opened(drain, file)
    assert session.state.plate is None
    assert f"is no longer at {str(folder)!r}" in session.state.notices["plate"].problem
    assert session.state.moved.file == file
    session.open_session(file, tmp_path / "nowhere")
    assert session.state.moved.file == file
    session.open_session(file, tmp_path / "elsewhere")
    assert session.state.moved is None
    assert len(session.state.shown_runs) == 2


def test_a_plate_with_other_images_is_shown_as_it_is(worked, folder, drain, tmp_path):
    file = saved(worked, tmp_path / "s")
    for path in (folder / "P2").glob("*A-01.tif"):
        path.unlink()
    state = opened(drain, file).state
    assert "it has other wells or fields" in state.notices["plate"].problem
    assert state.predictions is None
    assert state.selected == ()
    assert state.plate.wells.at["B02", "role"] != "positive_control"
    assert len(state.results) == 1


def test_a_model_that_was_changed_is_said(worked, small, drain, tmp_path):
    file = saved(worked, tmp_path / "s")
    save_model(small.path, build_network("resnet10", 2, 2, seed=2, width=8), small.card)
    state = opened(drain, file).state
    assert "is not what it was when the session was saved" in state.notices["model"].problem
    assert len(state.shown_runs) == 2
    small.path.unlink()
    state = opened(drain, file).state
    assert "cannot be loaded: There is no model 'small'" in state.notices["model"].problem


def test_a_model_without_a_file_lies_in_the_session(worked, small, drain, tmp_path):
    worked._set(model=worked.state.taught.model)
    state = opened(drain, saved(worked, tmp_path / "s")).state
    assert state.model.path is None
    assert state.model.sha256 == worked.state.model.sha256


def test_a_full_disk_leaves_the_old_session(worked, drain, tmp_path, monkeypatch):
    file = saved(worked, tmp_path / "out" / "s")
    content = file.read_bytes()

    def fill_up(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saving, "pack", fill_up)
    worked.save_session(file)
    assert "No space left" in worked.state.notices["plate"].problem
    assert file.read_bytes() == content
    assert list(file.parent.iterdir()) == [file]


def test_nothing_is_saved_without_a_plate(drain, tmp_path):
    session = program(drain)
    session.save_session(tmp_path / "s")
    assert "No plate is open" in session.state.notices["plate"].problem


def changed(file: Path, **changes: object) -> None:
    """Write a session file anew with other words in it."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["session.json"] = json.dumps(json.loads(parts["session.json"]) | changes).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


CHANGES = {
    "a later version": ({"format": 2}, r"saved in format 2, by a later napari-ben; this one knows format 1"),
    "a method that is none": ({"method": "magic"}, r"is damaged: method: .*there is no method 'magic'"),
    "a weight of two": ({"weight": 2.0}, r"is damaged: weight"),
    "an unknown word": ({"spell": "x"}, r"is damaged: spell"),
    "a blind camera": ({"look": {"centre": [0, 0], "zoom": 0, "channels": {}, "has_overlay": True}}, r"damaged: look"),
    "fewer runs than files": ({"runs": "no"}, r"is damaged: runs"),
}


@pytest.mark.parametrize(("changes", "match"), CHANGES.values(), ids=CHANGES)
def test_what_was_changed_is_refused_and_nothing_is_lost(worked, drain, tmp_path, changes, match):
    file = saved(worked, tmp_path / "s")
    changed(file, **changes)
    before = worked.state
    worked.open(file)
    after = worked.state
    with pytest.raises(SessionFileError, match=match):
        read_record(file)
    assert (after.plate, after.results, after.runs) == (before.plate, before.results, before.runs)
    assert after.notices["plate"].remedy


OTHERS = {
    "a text": (b"well,treatment\n", "is damaged or no session file"),
    "nothing": (b"", "is damaged or no session file"),
}


@pytest.mark.parametrize(("content", "match"), OTHERS.values(), ids=OTHERS)
def test_other_files_are_refused(tmp_path, content, match):
    (tmp_path / "x.bensession").write_bytes(content)
    with pytest.raises(SessionFileError, match=match):
        read_record(tmp_path / "x.bensession")


def test_a_zip_of_something_else_is_refused(tmp_path):
    for name, how in (("../evil", zipfile.ZIP_STORED), ("session.json", zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(tmp_path / "x.bensession", "w", how) as archive:
            archive.writestr(name, b"0" * 1000)
        with pytest.raises(SessionFileError, match="is not a session file that napari-ben wrote"):
            read_record(tmp_path / "x.bensession")
    assert not (tmp_path.parent / "evil").exists()


@pytest.fixture(scope="module")
def sample_file(tmp_path_factory):
    return tmp_path_factory.mktemp("sessions") / "s.bensession"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255), is_cut=st.booleans())
def test_damage_is_said_in_words(worked, sample_file, place, byte, is_cut):
    if not sample_file.exists():
        shutil.copy(saved(worked, sample_file.with_name("whole")), sample_file)
    content = bytearray(sample_file.read_bytes())
    offset = int(place * len(content))
    if is_cut:
        del content[offset:]
    else:
        content[offset] = byte
    damaged = sample_file.with_name("damaged.bensession")
    damaged.write_bytes(content)
    error = outcome(damaged)
    assert error is not None or not is_cut
    assert not isinstance(error, SaveError)


def outcome(file: Path) -> NapariBenError | None:
    """What opening a session file says; anything else that it raises fails the test."""
    try:
        for _ in reopen_work(file):
            pass
    except NapariBenError as error:
        return error
    return None


def test_a_state_that_was_reopened_is_saved_to_the_same_words(worked, drain, tmp_path):
    first = saved(worked, tmp_path / "a")
    session = opened(drain, first)
    session.save_session(tmp_path / "b", session.state.look)
    told, again = (read_record(tmp_path / f"{name}.bensession").model_dump(exclude={"saved"}) for name in "ab")
    assert again == told


def test_a_new_state_has_nothing_of_a_session():
    state = SessionState()
    assert (state.file, state.look, state.moved, state.kept) == (None, None, None, None)
