"""The legend, its filter and its scale."""

import pytest
from qtpy.QtCore import Qt

from napari_ben.widgets._legend import Legend, ScaleBar
from napari_ben.widgets._legend_chip import Chip
from napari_ben.widgets._legend_data import ColourScale, LegendEntry
from napari_ben.widgets._palette import colour_scale

ROLES = (LegendEntry("treatment", "", count=80), LegendEntry("negative control", "#7fb2cc", count=16))
MEANINGS = (
    LegendEntry("context", mark="hatch"),
    LegendEntry("selected", mark="outline"),
    LegendEntry("Aurora", "#0072b2", "disc", 3),
)


@pytest.fixture
def legend(qtbot):
    widget = Legend()
    qtbot.addWidget(widget)
    widget.heard = []
    widget.filter_changed.connect(widget.heard.append)
    widget.set_entries(MEANINGS, ROLES)
    widget.resize(300, 80)
    widget.show()
    return widget


def chips(legend):
    return {chip.text(): chip for chip in legend.findChildren(Chip) if chip.isVisible()}


def test_it_names_the_fill_first_and_every_other_channel(legend):
    assert list(chips(legend)) == ["treatment", "negative control", "context", "selected", "Aurora"]


def test_a_click_filters_and_another_frees(legend, qtbot):
    for _ in range(2):
        qtbot.mouseClick(chips(legend)["Aurora"], Qt.MouseButton.LeftButton)
    assert legend.heard == [(MEANINGS[2],), ()]


def test_the_space_bar_filters_too(legend, qtbot):
    qtbot.keyClick(chips(legend)["context"], Qt.Key.Key_Space)
    assert legend.chosen() == (MEANINGS[0],)


def test_the_selections_outline_is_only_named(legend, qtbot):
    qtbot.mouseClick(chips(legend)["selected"], Qt.MouseButton.LeftButton)
    assert legend.heard == []


def test_new_counts_keep_the_filter_without_a_word(legend, qtbot):
    qtbot.mouseClick(chips(legend)["Aurora"], Qt.MouseButton.LeftButton)
    legend.set_entries((*MEANINGS[:2], LegendEntry("Aurora", "#0072b2", "disc", 5)), ROLES)
    assert legend.chosen()[0].count == 5
    assert len(legend.heard) == 1


def test_a_filter_by_something_that_went_away_is_lifted(legend, qtbot):
    qtbot.mouseClick(chips(legend)["Aurora"], Qt.MouseButton.LeftButton)
    legend.set_entries((), ROLES)
    assert legend.heard[-1] == ()


def test_clear_filter_shows_everything_again(legend, qtbot):
    qtbot.mouseClick(chips(legend)["Aurora"], Qt.MouseButton.LeftButton)
    legend.clear_filter()
    assert legend.chosen() == ()
    assert legend.heard[-1] == ()


def test_a_hundred_groups_do_not_fill_the_dock(legend):
    legend.set_entries((), [LegendEntry(f"drug {n}", "#999999") for n in range(100)])
    assert len(chips(legend)) == 25
    assert "and 76 more" in chips(legend)


def test_chips_are_used_again_for_other_names(legend):
    before = legend.findChildren(Chip)
    for entries in (ROLES, (), (*MEANINGS, *ROLES)):
        legend.set_entries(entries)
    assert legend.findChildren(Chip) == before
    assert len(chips(legend)) == len(before)


def test_a_number_has_a_scale_instead_of_chips(legend):
    legend.set_entries((), ColourScale("dose", 0.1, 30, colour_scale("viridis")))
    (bar,) = legend.findChildren(ScaleBar)
    assert bar.isVisible()
    assert bar.accessibleName() == "dose, 0.1 to 30"
    assert chips(legend) == {}
    assert not legend.grab().isNull()


def test_a_screen_reader_hears_label_and_count(legend):
    assert chips(legend)["negative control"].accessibleName() == "negative control, 16"
