"""Walk through the tutorial in the real window, and take its pictures: ``python docs/make_tutorial.py``.

Twelve tasks, each done with the mouse and the keyboard as a person would, on a plate that the model has never seen.
What the tutorial promises is checked on the way; a task that does not work stops the walk. Takes a few
minutes.
"""

import argparse
import csv
import filecmp
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from math import cos, pi, sin
from pathlib import Path

from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication, QMenu
from window import (
    agree,
    answer_with,
    canvas_of,
    choose,
    click,
    dismiss,
    double_click,
    drag,
    drop,
    open_window,
    picture,
    wait,
    wait_until,
    well_place,
)

from napari_ben.samples import sample_screen
from napari_ben.widgets import BenDock
from napari_ben.widgets._wells_table import WellsTable
from napari_ben.widgets._wells_window import WellsWindow

CTRL = Qt.KeyboardModifier.ControlModifier
MANY, ALL = 30, 96
CONTROL_COLUMNS = (0, 5, 11)


@dataclass(frozen=True)
class Walk:
    """The window, the bench's folder, and where the pictures go."""

    dock: BenDock
    bench: Path
    pictures: Path

    @property
    def plate(self) -> Path:
        return self.bench / "plate-0417.ome.zarr"

    @property
    def layout(self) -> Path:
        return self.bench / "layout.csv"

    @property
    def results(self) -> Path:
        return self.bench / "results"

    @property
    def session(self) -> Path:
        return self.bench / "plate-0417.bensession"

    def take(self, name: str) -> None:
        picture(self.pictures / f"{name}.webp")


def prepare(bench: Path) -> None:
    """Lay a plate and the spreadsheet of its layout on the bench; the spreadsheet has a slip in it."""
    screen = sample_screen()
    shutil.copytree(screen / "AWAY-0-P1.ome.zarr", bench / "plate-0417.ome.zarr")
    with (screen / "AWAY-0-P1.csv").open() as table:
        rows = [[row["well"], row["treatment"], row["concentration"]] for row in csv.DictReader(table)]
    write_layout(bench / "layout.csv", [*rows[:-1], ["I12", *rows[-1][1:]]])


def write_layout(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="") as table:
        csv.writer(table, delimiter=";").writerows([["Well", "Compound", "Dose (µM)"], *rows])


def open_the_folder(walk: Walk) -> None:
    """1. Drop the folder that the microscope wrote on the viewer."""
    agree()  # napari asks which reader; ours is chosen already
    drop(canvas_of(walk.dock), walk.plate)
    wait_until(
        lambda: walk.dock.session.state.picture is not None and walk.dock.canvas.is_complete, "the plate", rest=3
    )
    walk.take("01-open")


def fix_the_platemap(walk: Walk) -> None:
    """2. Attach the spreadsheet; its slip is named, mended, and the suggested controls are confirmed."""
    step, session = walk.dock.plate, walk.dock.session
    answer_with(walk.layout)
    choose_from(walk, "Attach platemap…")
    wait_until(lambda: "I12" in step.notice.text() and step.notice.isVisible(), "the slip in words")
    walk.take("02-slip")
    dismiss(walk.dock)

    text = walk.layout.read_text(encoding="utf-8")
    walk.layout.write_text(text.replace("I12", "H12"), encoding="utf-8")
    answer_with(walk.layout)
    choose_from(walk, "Attach platemap…")
    wait_until(lambda: step.confirm.isVisible(), "suggested controls")
    wait_until(lambda: walk.dock.canvas.is_complete, "the plate")
    walk.take("02-suggestion")
    click(step.confirm)
    wait_until(lambda: int((session.state.plate.wells["role"] == "negative_control").sum()) == 24, "24 controls")


def choose_from(walk: Walk, *titles: str) -> None:
    menu: QMenu = walk.dock.plate.open_menu
    menu.aboutToShow.emit()
    choose(menu, *titles)


def choose_control_columns(walk: Walk) -> None:
    """3. Click the headers of three columns, and take the selected wells as the context."""
    grid = walk.dock.context.grid
    for number, column in enumerate(CONTROL_COLUMNS):
        click(grid, well_place(grid, -1, column), CTRL if number else Qt.KeyboardModifier.NoModifier)
    click(walk.dock.context.kinds.button("wells"))
    wait_until(lambda: walk.dock.context.state.text().startswith("24 wells, 48 images"), "the context in words")
    walk.take("03-columns")


def run(walk: Walk) -> None:
    """4. Run."""
    wait_until(walk.dock.method.button.isEnabled, "a plan")
    click(walk.dock.method.button)
    wait_until(lambda: finished_wells(walk) >= MANY, "half of the wells", rest=0)
    walk.take("04-run")


def finished_wells(walk: Walk) -> int:
    predictions = walk.dock.session.state.predictions
    return 0 if predictions is None else predictions.index["well"].nunique()


def cancel(walk: Walk) -> None:
    """5. Cancel; the finished wells stay."""
    session = walk.dock.session
    click(walk.dock.method.button)
    wait_until(lambda: not session.state.run.is_busy, "the end of the run", rest=1)
    assert MANY <= finished_wells(walk) < ALL, f"{finished_wells(walk)} wells are kept"
    walk.take("05-cancelled")


def run_with_another_context(walk: Walk) -> None:
    """6. Take the confirmed controls as the context and run again, to the end."""
    session = walk.dock.session
    click(walk.dock.context.kinds.button("controls"))
    wait_until(walk.dock.method.button.isEnabled, "a plan")
    click(walk.dock.method.button)
    wait_until(lambda: session.state.predictions.complete and not session.state.run.is_busy, "the run")
    wait_until(lambda: "UMAP" in session.state.predictions.layouts, "UMAP", rest=2)
    walk.take("06-result")


def find_the_most_uncertain(walk: Walk) -> None:
    """7. Sort the table of the wells by uncertainty and select the first three."""
    click(walk.dock.results.table)
    window = wells_window()
    window.resize(600, 400)
    window.move(352, 480)
    table = window.table
    for _ in range(2):
        click(table.horizontalHeader().viewport(), title_place(table, "uncertainty"))
    for row in range(3):
        click(table.viewport(), row_place(table, row), CTRL if row else Qt.KeyboardModifier.NoModifier)
    uncertainty = walk.dock.session.state.predictions.wells["uncertainty"]
    assert set(walk.dock.session.state.selected) == set(uncertainty.nlargest(3).index)
    walk.take("07-uncertain")


def wells_window() -> WellsWindow:
    return next(one for one in QApplication.topLevelWidgets() if isinstance(one, WellsWindow) and one.isVisible())


def row_place(table: WellsTable, row: int) -> QPoint:
    return table.visualRect(table.model().index(row, 0)).center()


def title_place(table: WellsTable, title: str) -> QPoint:
    header, model = table.horizontalHeader(), table.model()
    titles = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())]
    column = titles.index(title)
    return QPoint(header.sectionViewportPosition(column) + header.sectionSize(column) // 2, header.height() // 2)


def look_at_each(walk: Walk) -> None:
    """8. A double-click on a row brings the camera to the well."""
    window = wells_window()
    for row in range(3):
        double_click(window.table.viewport(), row_place(window.table, row))
        wait(2)
        window.hide()
        walk.take(f"08-look-{row + 1}")
        window.show()
        wait(0.3)
    window.close()
    wait(0.3)


def lasso(walk: Walk) -> None:
    """9. Draw a lasso around one group of points; its wells are selected on the plate."""
    canvas, state = walk.dock.results.embedding.canvas, walk.dock.session.state
    dock_bottom(walk)
    points = canvas.camera().to_screen(canvas.data.xy)
    members = points[[group == "tubulin inhibitor" for group in state.predictions.fields["pred_class"]]]
    middle = [float(value) for value in sorted(members.tolist())[len(members) // 2]]
    around = [QPoint(round(middle[0] + 40 * cos(turn)), round(middle[1] + 40 * sin(turn))) for turn in angles(24)]
    drag(canvas, around)
    wait_until(lambda: len(walk.dock.session.state.selected) > 0, "wells in the lasso")
    walk.take("09-lasso")


def angles(n: int) -> list[float]:
    return [2 * pi * step / n for step in range(n + 1)]


def dock_bottom(walk: Walk) -> None:
    walk.dock.show_results()
    wait(0.5)


def export(walk: Walk) -> None:
    """10. Export tables, figures and the run file."""
    walk.results.mkdir()
    answer_with(walk.results)
    click(walk.dock.results.export)
    wait_until(lambda: (walk.results / "run.json").is_file(), "the run file", rest=2)
    walk.take("10-export")


def replay(walk: Walk) -> None:
    """11. The command line replays the run file, to the same table."""
    again = walk.bench / "again"
    command = Path(sys.executable).with_name("napari-ben")
    subprocess.run([command, "rerun", walk.results / "run.json", "--out", again], check=True)
    assert filecmp.cmp(walk.results / "wells.csv", again / "wells.csv", shallow=False), "the tables differ"


def save_the_session(walk: Walk) -> None:
    """12. Save the session, close napari, and go on the next day."""
    answer_with(walk.session)
    choose_from(walk, "Save session…")
    wait_until(walk.session.is_file, "the session file", rest=1)


def go_on_tomorrow(walk: Walk) -> None:
    """Drop the session file on the dock of a new window."""
    before = walk.dock.session.state
    walk.dock.window().close()
    viewer, dock = open_window("light")
    drop(dock, walk.session)
    wait_until(lambda: dock.session.state.predictions is not None and dock.canvas.is_complete, "the session", rest=3)
    after = dock.session.state
    assert after.selected == before.selected
    assert after.predictions.wells.equals(before.predictions.wells)
    dock.show_results()
    picture(walk.pictures / "12-tomorrow.webp")
    viewer.close()


TASKS = (
    open_the_folder,
    fix_the_platemap,
    choose_control_columns,
    run,
    cancel,
    run_with_another_context,
    find_the_most_uncertain,
    look_at_each,
    lasso,
    export,
    replay,
    save_the_session,
    go_on_tomorrow,
)


def main(pictures: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Path(folder)
        prepare(bench)
        _, dock = open_window()
        walk = Walk(dock, bench, pictures)
        for task in TASKS:
            print(task.__doc__.splitlines()[0], flush=True)
            task(walk)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent / "images" / "tutorial")
    main(parser.parse_args().folder)
