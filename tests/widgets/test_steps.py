"""The steps of the dock, each on its own: what they show of a state, and what they tell the session."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from napari_ben.errors import PlateError
from napari_ben.plates import Screen
from napari_ben.session import SPLIT, Notice, RunState, Session, SessionState, Training
from napari_ben.training import Epoch, Split
from napari_ben.widgets._channel_table import ChannelTable
from napari_ben.widgets._context_step import ContextStep
from napari_ben.widgets._method_step import MethodStep
from napari_ben.widgets._model_step import ModelStep
from napari_ben.widgets._plate_step import PlateStep
from napari_ben.widgets._results_step import ResultsStep
from napari_ben.widgets._segments import Segments
from napari_ben.widgets._selection_box import SelectionBox
from napari_ben.widgets._step import NoticeLabel
from napari_ben.widgets._teach_step import TeachStep
from napari_ben.widgets._train_step import TrainStep

EMPTY = SessionState()


def show(step, session, old=EMPTY):
    """Show the session's state, whatever the step wants to know of it."""
    if isinstance(step, PlateStep | TeachStep | TrainStep):
        step.show_state(session.state, old)
    elif isinstance(step, ResultsStep):
        step.show_state(session.state)
    elif isinstance(step, MethodStep):
        step.show_state(session.state, session.resolution)
    else:
        step.show_state(session.state, session.resolution, old)


@pytest.fixture
def on_screen(qtbot, ready):
    """A step as it stands on the screen."""

    def make(kind):
        step = kind(ready)
        qtbot.addWidget(step)
        show(step, ready)
        step.show()
        return step

    return make


def test_the_plate_step_says_what_was_found(on_screen):
    step = on_screen(PlateStep)
    assert step.state.text() == "12 wells · 24 fields · 2 channels"
    assert "in memory · 12-well · 16×16 uint16" in step.details.text()
    assert "8 treated · 4 negative controls" in step.details.text()


def test_the_plate_step_is_still_while_a_folder_opens(on_screen, ready, tmp_path):
    step = on_screen(PlateStep)
    ready._set(opening=tmp_path / "BR1")
    show(step, ready, ready.state)
    assert step.state.text() == "Opening BR1 …"
    assert not step.content.isEnabled()


def test_the_menu_offers_folder_sample_and_recent_plates(on_screen, ready):
    step = on_screen(PlateStep)
    step.open_menu.aboutToShow.emit()
    titles = [action.text() for action in step.open_menu.actions() if action.text()]
    opening = ["Open folder…", "Sample plate", "Open session…", "Recent", "Open this plate as", "Open by file names…"]
    assert titles == [*opening, "Save session…", "Attach platemap…", "Keys…\tF1"]


def test_the_context_step_says_what_the_choice_means(on_screen, ready):
    step = on_screen(ContextStep)
    assert step.kinds.value() == "controls"
    assert step.state.text().startswith("4 wells, 8 images")
    assert {well for well, look in step.grid.data.wells.items() if look.in_context} == {"A01", "A02", "A03", "A04"}
    assert "Only 8 images" in step.warnings.text()


def test_a_selection_on_the_grid_reaches_the_session_and_the_text(qtbot, on_screen, ready):
    step = on_screen(ContextStep)
    step.grid.select_all()
    assert len(ready.state.selected) == 12
    show(step, ready, ready.state)
    qtbot.waitUntil(lambda: bool(step.text.line.text()))
    assert "12 wells, 24 images" in step.text.feedback.text()
    step.undo.click()
    assert ready.state.selected == ()


def test_text_selects_as_it_is_typed(qtbot, on_screen, ready):
    step = on_screen(ContextStep)
    qtbot.keyClicks(step.text.line, "B*")
    assert ready.state.selected == ("B01", "B02", "B03", "B04")
    qtbot.keyClicks(step.text.line, ", nonsense:")
    assert step.text.feedback.isVisible()
    assert ready.state.selected == ("B01", "B02", "B03", "B04")
    show(step, ready, ready.state)
    assert step.text.line.text() == "B*, nonsense:"


def test_the_segment_of_selected_wells_takes_the_selection(on_screen, ready):
    step = on_screen(ContextStep)
    ready.select(("B01", "B02"))
    step.kinds.button("wells").click()
    assert ready.resolution.context.wells == ("B01", "B02")
    assert ready.state.method == "cs-arm-bn"


def test_the_model_step_counts_channels(on_screen, ready):
    step = on_screen(ModelStep)
    assert step.channels_button.text() == "Channels 2/2 ✓"
    assert step.state.text() == "3 classes · trained with CS-ARM-BN on 2 plates"
    assert not step.channels.isVisible()


def test_incomplete_channels_are_asked_for(on_screen, ready):
    step = on_screen(ModelStep)
    ready._set(plate=replace(ready.state.plate, channels=("DNA", "w2")))
    show(step, ready, ready.state)
    assert step.channels_button.text() == "Channels 1/2"
    assert step.channels.isVisible()
    assert "Mito" in step.notice.text()
    choice = step.channels.choices["Mito"]
    choice.setCurrentText("w2")
    choice.textActivated.emit("w2")
    show(step, ready, ready.state)
    assert step.channels_button.text() == "Channels 2/2 ✓"
    assert not step.notice.isVisible()


def test_the_channels_fold_when_the_next_plate_fits(on_screen, ready):
    step, fitting = on_screen(ModelStep), ready.state
    ready._set(plate=replace(fitting.plate, channels=("DNA", "w2"), path=Path("other")))
    other = ready.state
    show(step, ready, fitting)
    assert step.channels.isVisible()
    ready._set(plate=fitting.plate)
    show(step, ready, other)
    assert not step.channels.isVisible()


def test_channels_that_a_person_looks_at_stay_when_roles_change(on_screen, ready):
    step, before = on_screen(ModelStep), ready.state
    step.channels_button.click()
    ready.set_role(("B01",), "empty")
    show(step, ready, before)
    assert step.channels.isVisible()


@pytest.mark.parametrize(("n_runs", "offered"), [(1, False), (2, True)])
def test_a_change_of_class_can_be_seen_when_there_are_two_runs(on_screen, ready, predict, n_runs, offered):
    step, plate = on_screen(ContextStep), ready.state.plate
    runs, key = tuple(predict(plate) for _ in range(n_runs)), (plate.path, plate.view)
    runs = tuple(replace(run, logits=run.logits.copy()) for run in runs)
    ready._set(results={key: runs[-1]}, runs={key: runs})
    show(step, ready)
    assert (step.column.findData("change of class") >= 0) is offered


@pytest.mark.parametrize(
    ("run", "words", "can_press"),
    [
        (RunState(), "Run", True),
        (RunState("running", "prediction", 3, 12), "Cancel", True),
        (RunState("cancelling", "prediction", 3, 12), "Cancelling…", False),
    ],
)
def test_there_is_one_obvious_button(on_screen, ready, run, words, can_press):
    step = on_screen(MethodStep)
    ready._set(run=run)
    show(step, ready)
    assert step.button.text() == words
    assert step.button.isEnabled() == can_press
    assert step.progress.isVisible() == run.is_busy
    if run.is_busy:
        assert "3 of 12 wells" in step.progress.format()


def test_run_waits_for_what_is_missing(qtbot):
    session = Session()
    step = MethodStep(session)
    qtbot.addWidget(step)
    show(step, session)
    assert step.state.text() == "open a plate first"
    assert not step.button.isEnabled()


def test_the_method_explains_itself(on_screen, ready):
    step = on_screen(MethodStep)
    assert step.methods.currentData() == "cs-arm-bn"
    assert "Controls" in step.sentence.text()
    step.methods.setCurrentIndex(step.methods.findData("ben"))
    step.methods.activated.emit(step.methods.currentIndex())
    assert ready.state.choice.kind == "plate"


def test_results_wait_and_then_show(on_screen, ready, predict):
    step = on_screen(ResultsStep)
    assert not step.content.isVisible()
    predictions = predict(ready.state.plate)
    predictions = predictions.with_layout("PCA", predictions.embeddings[:, :2].astype(float))
    ready._set(
        results={(ready.state.plate.path, ready.state.plate.view): predictions}, layout_note="UMAP: laying out · 3 s"
    )
    ready.select(("A01",))
    show(step, ready)
    assert step.state.text() == "12 wells · 24 fields · 1 selected"
    assert len(step.embedding.canvas.data) == 24
    assert step.embedding.selection().tolist() == [0, 1]
    assert step.stop.isVisible()
    step.embedding.canvas.select_all()
    assert len(ready.state.selected) == 12


def test_a_notice_speaks_in_its_tone(qtbot):
    label = NoticeLabel()
    qtbot.addWidget(label)
    label.show_notice(Notice.of("plate", PlateError("It is empty.", "Choose another.")))
    assert label.text() == "It is empty. Choose another."
    assert not label.isHidden()
    label.show_notice(None)
    assert label.isHidden()


def test_a_step_folds(on_screen):
    step = on_screen(PlateStep)
    step.heading.click()
    assert not step.content.isVisible()
    step.heading.click()
    assert step.content.isVisible()


def test_segments_tell_each_press_and_show_silently(qtbot):
    segments = Segments({"a": "A", "b": "B"})
    qtbot.addWidget(segments)
    heard = []
    segments.chosen.connect(heard.append)
    segments.set_value("b")
    assert (segments.value(), heard) == ("b", [])
    segments.button("b").click()
    assert heard == ["b"]
    segments.set_value("")
    assert segments.value() == ""
    segments.button("a").click()
    assert heard == ["b", "a"]


def test_the_channel_table_refuses_no_answer(qtbot):
    table = ChannelTable()
    qtbot.addWidget(table)
    heard = []
    table.mapped.connect(lambda *pair: heard.append(pair))
    table.show_mapping({"DNA": "w1", "ER": None}, ["w1", "w2"])
    assert table.choices["ER"].currentText() == "choose …"
    table.choices["ER"].textActivated.emit("choose …")
    table.choices["ER"].textActivated.emit("w2")
    assert heard == [("ER", "w2")]


def test_the_selection_box_writes_the_shortest_text(qtbot, plate):
    box = SelectionBox()
    qtbot.addWidget(box)
    box.show_selection(plate, ("A01", "A02", "B01", "B02"))
    qtbot.waitUntil(lambda: box.line.text() == "A01-B02")


def test_the_weight_of_the_controls_is_shown_where_it_counts(on_screen, ready):
    ready.choose_method("cs-arm-bn")
    step = on_screen(MethodStep)
    assert step.weight.isVisible()
    assert (step.weight.slider.value(), step.weight.words.text()) == (67, "67 %")
    ready.choose_method("ben")
    show(step, ready)
    assert not step.weight.isVisible()


def test_a_weight_is_taken_when_the_slider_rests(on_screen, ready, qtbot):
    ready.choose_method("cs-arm-bn")
    step = on_screen(MethodStep)
    with qtbot.waitSignal(step.weight.chosen):
        step.weight.slider.setValue(30)
        step.weight.slider.setValue(40)
        assert ready.state.weight is None
    assert ready.state.weight == 0.4
    assert ready.resolution.plan.weight == 0.4
    show(step, ready)
    step.weight.reset.click()
    show(step, ready)
    assert ready.state.weight is None
    assert step.weight.slider.value() == 67


def test_selected_wells_are_labelled_by_name(on_screen, ready):
    step = on_screen(TeachStep)
    assert not step.label.isEnabled()
    ready.select(["B01", "B02"])
    show(step, ready)
    assert step.label.text() == "Label 2 wells"
    step.name.setEditText("round")
    step.label.click()
    ready.select(["C01"])
    step.name.setEditText("spiky")
    step.label.click()
    show(step, ready)
    assert dict(ready.state.labels) == {"B01": "round", "B02": "round", "C01": "spiky"}
    assert step.counts.text() == "round 2 · spiky 1"
    assert step.state.text() == "3 wells labelled · 2 classes"
    assert ready.state.colour_by == "label"
    step.clear.click()
    assert not ready.state.labels


def test_labels_come_from_a_column(on_screen, ready):
    step = on_screen(TeachStep)
    assert step.column.findData("role") > 0
    step.column.setCurrentIndex(step.column.findData("role"))
    step.column.textActivated.emit("From role")
    assert set(ready.state.labels.values()) == {"negative_control", "treatment"}


def test_teaching_waits_for_two_classes_and_a_run(on_screen, ready, predict):
    step = on_screen(TeachStep)
    ready.label(["A01"], "round")
    ready.label(["B01"], "spiky")
    show(step, ready)
    assert not step.teach.isEnabled()
    ready._set(results={(ready.state.plate.path, ready.state.plate.view): predict(ready.state.plate)})
    show(step, ready)
    assert step.teach.isEnabled()


def with_two_treatments(session):
    plate = session.state.plate
    treatments = {"B": "drug", "C": "toxin"}
    wells = plate.wells.assign(treatment=[treatments.get(well[0], "DMSO") for well in plate.wells.index])
    session._set(plate=replace(plate, wells=wells))
    return session.state.plate


def test_the_classes_of_a_column_are_those_of_the_treated_wells(on_screen, ready):
    with_two_treatments(ready)
    step = on_screen(TrainStep)
    assert [step.labels.itemText(place) for place in range(step.labels.count())] == ["treatment (2 classes)"]


def test_a_training_is_described_by_what_is_chosen(on_screen, ready):
    with_two_treatments(ready)
    step = on_screen(TrainStep)
    step.labels.setCurrentIndex(step.labels.findData("treatment"))
    step.methods.setCurrentIndex(step.methods.findData("ben"))
    step.backbones.setCurrentIndex(step.backbones.findData("resnet10"))
    step.epochs.setValue(5)
    step.held_out.setCurrentIndex(step.held_out.findData(""))
    config = step.config()
    assert (config.labels, config.method, config.architecture, config.epochs) == ("treatment", "ben", "resnet10", 5)
    assert config.validation_share == 0


def test_a_training_shows_its_split_and_its_curve(on_screen, ready):
    step = on_screen(TrainStep)
    split = Split(("Trains on 1 plate (P1).", "Validates on 1 plate (P2)."), ("1 experiment on both sides (E1).",))
    epoch = Epoch(2, 4, 3, 10, 1.5)
    ready._set(training=Training("running", epoch=epoch, split=split, curve=((1, 2.0, 0.5),)))
    show(step, ready)
    assert step.state.text() == "epoch 2 of 4 · step 3 of 10"
    assert step.split.text() == "Trains on 1 plate (P1).\nValidates on 1 plate (P2)."
    assert step.leaks.text() == "1 experiment on both sides (E1)."
    assert step.button.text() == "Cancel"
    assert step.curve.accessibleDescription() == "epoch 1: loss 2.000, 50% of the held-out wells right"
    assert not step.grab().toImage().isNull()


def test_an_unfolded_training_asks_for_its_split_once_for_each_choice(on_screen, ready):
    plate = with_two_treatments(ready)
    ready._set(screen=Screen("P1", plate.path, (plate,), pd.DataFrame({"experiment": [""]}, index=[plate.name])))
    asked = []
    ready.wanted.connect(lambda task: asked.append(task.lane))
    step = on_screen(TrainStep)
    assert asked == []
    assert step.held_out.currentData() == "well", "one plate cannot be held out of itself"
    step.heading.setChecked(True)
    show(step, ready, ready.state)
    assert asked == ["split"]
    step.methods.setCurrentIndex(step.methods.findData("ben"))
    step.methods.activated.emit(step.methods.currentIndex())
    assert asked == ["split", "split"]


def test_the_grid_shows_what_trains_and_what_is_held_out(on_screen, ready):
    name = ready.state.plate.name
    split = Split((), (), {name: {"A01": "trains", "A02": "held out"}})
    ready._set(training=Training(split=split), colour_by=SPLIT)
    step = on_screen(ContextStep)
    assert step.column.currentData() == SPLIT
    looks = step.grid.data.wells
    assert [looks[well].group for well in ("A01", "A02", "A03")] == ["trains", "held out", ""]
    assert looks["A01"].fill != looks["A02"].fill


def test_other_controls_can_be_the_context(on_screen, ready):
    plate = ready.state.plate.with_roles({"B01": "positive_control", "B02": "positive_control"})
    screen = Screen("P1", plate.path, (plate,), pd.DataFrame({"experiment": [""]}, index=[plate.name]))
    ready._set(plate=plate, screen=screen)
    ready.choose_context("controls")
    step = on_screen(ContextStep)
    assert [step.controls.itemData(place) for place in range(step.controls.count())] == [
        "controls",
        "controls:positive",
        "controls:all",
    ]
    ready.choose_controls("controls:positive")
    show(step, ready, ready.state)
    assert ready.resolution.context.wells == ("B01", "B02")
    assert step.controls.currentText() == "Positive controls"
    ready.choose_controls("controls:shared")
    assert "No control is on all 1 plates" in ready.state.notices["context"].problem  # no well names its treatment
    assert ready.state.choice.controls == "controls:positive"
