"""The table of wells: sorted by numbers, filtered by words, one selection with all other views."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication

from napari_ben.widgets._wells_window import WellsWindow


@pytest.fixture
def window(qtbot, ready, predict):
    plate = ready.state.plate
    ready._set(results={(plate.path, plate.view): predict(plate)})
    window = WellsWindow(ready)
    qtbot.addWidget(window)
    window.show()
    return window


def titles(window):
    model = window.table.model()
    return [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())]


def column(window, title):
    model, place = window.table.model(), titles(window).index(title)
    return [model.index(row, place).data() for row in range(model.rowCount())]


def test_it_is_the_exported_table_with_what_is_read_first_in_front(window, ready):
    exported = ready.state.predictions.wells
    assert titles(window)[:4] == ["well", "predicted", "confidence", "uncertainty"]
    assert len(titles(window)) == len(set(exported.columns) - {"row", "column"}) + 1
    assert column(window, "well") == list(exported.index)
    assert column(window, "predicted") == list(exported["pred_class"])
    assert column(window, "confidence") == [f"{value:.3f}" for value in exported["confidence"]]
    assert window.summary.text().endswith("12 wells · 24 fields")


def test_numbers_are_sorted_as_numbers(window, ready):
    window.table.sortByColumn(titles(window).index("uncertainty"), Qt.SortOrder.DescendingOrder)
    uncertainty = ready.state.predictions.wells["uncertainty"]
    assert [uncertainty[well] for well in window.table.shown_wells()] == sorted(uncertainty, reverse=True)


def test_a_sorted_table_selects_the_wells_that_it_shows(qtbot, window, ready):
    window.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    window.table.selectRow(0)
    assert ready.state.selected == window.table.selection() == ("C04",)


def test_a_selection_made_elsewhere_is_shown_and_not_told_back(qtbot, window, ready):
    with qtbot.assertNotEmitted(window.table.selection_changed):
        ready.select(("A01", "B02"))
    assert window.table.selection() == ("A01", "B02")
    assert window.summary.text().endswith("2 selected")


def test_a_filter_hides_wells_and_leaves_the_selection_alone(qtbot, window, ready):
    ready.select(("A01", "B02"))
    with qtbot.assertNotEmitted(window.table.selection_changed):
        window.words.setText("b0")
    assert set(column(window, "well")) == {"B01", "B02", "B03", "B04"}
    assert ready.state.selected == ("A01", "B02")
    window.words.clear()
    assert window.table.selection() == ("A01", "B02")


def test_return_on_a_well_shows_it(qtbot, window):
    window.table.setCurrentIndex(window.table.model().index(2, 0))
    with qtbot.waitSignal(window.well_activated) as shown:
        qtbot.keyClick(window.table, Qt.Key.Key_Return)
    assert shown.args == ["A03"]


def test_rows_are_copied_for_a_spreadsheet(qtbot, window):
    window.table.selectRow(1)
    qtbot.keyClick(window.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    head, row = QGuiApplication.clipboard().text().splitlines()
    assert head.split("\t")[:2] == ["well", "predicted"]
    assert row.split("\t")[0] == "A02"


def test_a_new_run_is_shown_where_the_old_one_was(window, ready, predict):
    plate = ready.state.plate
    window.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    ready.select(("A02",))
    ready._set(results={(plate.path, plate.view): predict(plate, ["A01", "A02"], complete=False)})
    assert column(window, "well") == ["A02", "A01"]
    assert window.table.selection() == ("A02",)
    assert "not finished" in window.summary.text()


def test_without_a_run_it_is_empty_and_says_so(qtbot, ready):
    window = WellsWindow(ready)
    qtbot.addWidget(window)
    assert window.table.shown_wells() == ()
    assert window.summary.text() == "Nothing predicted yet"
