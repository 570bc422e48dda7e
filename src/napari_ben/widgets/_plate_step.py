"""Step 1: which plate."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from qtpy.QtGui import QAction
from qtpy.QtWidgets import QComboBox, QFileDialog, QMenu, QPushButton, QWidget

from napari_ben.plates import Plate, Screen
from napari_ben.session import Session, SessionState, plate_details, plate_line, plate_title, roles_line
from napari_ben.widgets._preferences import recent_plates
from napari_ben.widgets._step import NoticeLabel, Step, row
from napari_ben.widgets._tinted import QuietLabel

_MAPS = "Platemaps (*.csv *.tsv *.txt);;All files (*)"


class PlateStep(Step):
    """Opens plates and says what was found."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(1, "Plate", parent)
        self._session = session
        self.plates = QComboBox(self)
        self.plates.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.plates.setMinimumContentsLength(12)
        self.plates.textActivated.connect(lambda _title: session.show_plate(self.plates.currentData()))
        self.open_button = QPushButton("Open…", self)
        self.open_menu = QMenu(self)
        self.open_menu.aboutToShow.connect(self._fill_menu)
        self.open_button.setMenu(self.open_menu)
        self.details = QuietLabel("Open a plate, drop its folder on the canvas, or try the sample plate.", self)
        self.problems = NoticeLabel(self)
        self.body.addLayout(row(self.plates, self.open_button, stretch=0))
        self.body.addWidget(self.details)
        self.body.addWidget(self.problems)

    def show_state(self, state: SessionState, old: SessionState) -> None:
        """Show what is open."""
        self.set_state(plate_line(state))
        self.notice.show_notice(state.notices.get("plate"))
        self.content.setEnabled(state.opening is None)
        if state.screen is not old.screen or state.plate is not old.plate:
            self._show_screen(state)
        if state.plate is not None and state.plate is not old.plate:
            self._show_plate(state.plate, state.screen)

    def _show_screen(self, state: SessionState) -> None:
        self.plates.clear()
        if state.screen is not None:
            for plate in state.screen:
                self.plates.addItem(plate_title(state.screen, plate), plate.name)
        if state.plate is not None:
            self.plates.setCurrentIndex(self.plates.findData(state.plate.name))
        self.plates.setEnabled(self.plates.count() > 1)

    def _show_plate(self, plate: Plate, screen: Screen | None) -> None:
        lines = [plate_details(plate), roles_line(plate), *plate.notes]
        self.details.setText("\n".join(line for line in lines if line))
        problems = (*plate.problems, *(screen.problems if screen is not None else ()))
        self.problems.say(_summary(problems), "bad")
        self.problems.setToolTip("\n".join(problems))

    def _fill_menu(self) -> None:
        menu = self.open_menu
        menu.clear()
        _add(menu, "Open folder…", self.ask_for_folder)
        _add(menu, "Sample plate", self._session.open_sample)
        recent = QMenu("Recent plates", menu)
        for path in recent_plates():
            _add(recent, str(path), partial(self._session.open, path))
        recent.setEnabled(not recent.isEmpty())
        menu.addMenu(recent)
        menu.addSeparator()
        _add(menu, "Attach platemap…", self.ask_for_platemap, enabled=self._session.state.plate is not None)

    def ask_for_folder(self) -> None:
        """Ask for a folder and open it."""
        folder = QFileDialog.getExistingDirectory(self, "Open a plate, or a folder of plates")
        if folder:
            self._session.open(Path(folder))

    def ask_for_platemap(self) -> None:
        """Ask for a platemap and open the plate again with it."""
        source = self._session.state.source
        path, _ = QFileDialog.getOpenFileName(self, "Attach a platemap", str(source or ""), _MAPS)
        if path and source is not None:
            self._session.open(source, Path(path))


def _summary(problems: Iterable[str]) -> str:
    first, *others = list(problems) or [""]
    return f"{first} (and {len(others)} more)" if others else first


def _add(menu: QMenu, text: str, do: Callable[[], object], *, enabled: bool = True) -> None:
    action = QAction(text, menu)
    action.setEnabled(enabled)
    action.triggered.connect(lambda _checked=False: do())
    menu.addAction(action)
