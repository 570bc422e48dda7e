"""The selection machine, without Qt."""

from hypothesis import given
from hypothesis import strategies as st

from napari_ben.plates import FORMATS
from napari_ben.widgets._plate_grid_data import cells_of, names_of
from napari_ben.widgets._plate_grid_geometry import Window
from napari_ben.widgets._plate_grid_selection import GridSelection

PLATE = Window.of(FORMATS[96])
CELLS = PLATE.cells((None, None), (None, None))


def machine() -> GridSelection:
    picked = GridSelection(PLATE)
    picked.selectable = CELLS
    return picked


def gesture(picked: GridSelection, *stops: tuple[int | None, int | None], mode: str = "replace") -> tuple[str, ...]:
    picked.begin(stops[0], mode=mode)
    for stop in stops[1:]:
        picked.sweep(stop)
    picked.commit()
    return names_of(picked.wells)


def test_a_click_selects_one_and_a_second_click_another():
    picked = machine()
    assert gesture(picked, (0, 0)) == ("A01",)
    assert gesture(picked, (1, 2)) == ("B03",)


def test_a_drag_selects_the_rectangle_whichever_way_it_goes():
    assert gesture(machine(), (1, 1), (3, 3), (2, 2)) == ("B02", "B03", "C02", "C03")
    assert gesture(machine(), (2, 2), (1, 1)) == ("B02", "B03", "C02", "C03")


def test_toggle_adds_what_is_not_and_removes_what_is_selected():
    picked = machine()
    gesture(picked, (0, 0))
    assert gesture(picked, (0, 2), mode="toggle") == ("A01", "A03")
    assert gesture(picked, (0, 0), mode="toggle") == ("A03",)
    assert gesture(picked, (1, 0), (1, 1), mode="toggle") == ("A03", "B01", "B02")


def test_extend_goes_on_from_the_last_anchor_and_keeps_what_was_before_it():
    picked = machine()
    gesture(picked, (7, 11))
    gesture(picked, (0, 0), mode="toggle")
    assert gesture(picked, (0, 2), mode="extend") == ("A01", "A02", "A03", "H12")
    assert gesture(picked, (0, 1), mode="extend") == ("A01", "A02", "H12")


def test_extend_without_an_anchor_is_a_click():
    assert gesture(machine(), (3, 3), mode="extend") == ("D04",)


def test_remove_takes_a_rectangle_out():
    picked = machine()
    gesture(picked, (0, 0), (1, 1))
    assert gesture(picked, (0, 1), (5, 5), mode="remove") == ("A01", "B01")


def test_headers_mean_whole_lines():
    assert len(gesture(machine(), (2, None))) == 12
    assert gesture(machine(), (None, 4))[:2] == ("A05", "B05")
    assert len(gesture(machine(), (None, 4), (None, 5))) == 16
    assert len(gesture(machine(), (None, None))) == 96


def test_only_selectable_wells_are_swept():
    picked = machine()
    picked.selectable = cells_of(("A01", "A03"))
    assert gesture(picked, (None, None)) == ("A01", "A03")


def test_what_the_program_sets_is_shown_as_it_is():
    picked = machine()
    picked.selectable = frozenset()
    picked.replace(cells_of(("C03",)))
    assert names_of(picked.wells) == ("C03",)


def test_a_sweep_is_one_step_of_history():
    picked = machine()
    gesture(picked, (0, 0))
    gesture(picked, (1, 1), (2, 2), (3, 3))
    picked.undo()
    assert names_of(picked.wells) == ("A01",)
    picked.redo()
    assert len(picked.wells) == 9
    assert not picked.can_redo


def test_a_cancelled_sweep_leaves_no_trace():
    picked = machine()
    gesture(picked, (0, 0))
    picked.begin((4, 4))
    picked.sweep((6, 6))
    picked.cancel()
    assert names_of(picked.wells) == ("A01",)
    picked.undo()
    assert not picked.wells
    assert not picked.can_undo


def test_the_cursor_stops_at_the_border_and_stretches_with_shift():
    picked = machine()
    picked.move(0, 1, extend=False)
    assert names_of(picked.wells) == ("A01",)
    picked.move(-1, 0, extend=False)
    assert names_of(picked.wells) == ("A01",)
    picked.move(0, 1, extend=True)
    picked.move(1, 0, extend=True)
    assert names_of(picked.wells) == ("A01", "A02", "B01", "B02")


def test_the_keyboard_goes_on_from_what_the_program_set():
    picked = machine()
    picked.replace(cells_of(("C03", "D04")))
    picked.move(0, 1, extend=False)
    assert names_of(picked.wells) == ("C04",)


places = st.tuples(st.integers(0, 7) | st.none(), st.integers(0, 11) | st.none())
gestures = st.tuples(places, places, st.sampled_from(["replace", "add", "remove", "toggle", "extend"]))


@given(st.lists(gestures, max_size=12))
def test_undo_goes_all_the_way_back_and_redo_all_the_way_forward(steps):
    picked = machine()
    for start, end, mode in steps:
        gesture(picked, start, end, mode=mode)
    final = picked.wells
    while picked.can_undo:
        picked.undo()
    assert picked.wells == frozenset()
    while picked.can_redo:
        picked.redo()
    assert picked.wells == final
