"""Step 1: which plate."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QFileDialog, QMenu, QPushButton, QWidget

from napari_ben.plates import Plate, Screen
from napari_ben.readers import LAYOUTS
from napari_ben.session import Session, SessionState, plate_details, plate_line, plate_title, roles_line
from napari_ben.widgets._chooser import Chooser
from napari_ben.widgets._keys_window import SHOWS_KEYS, show_keys
from napari_ben.widgets._pattern_dialog import PatternDialog
from napari_ben.widgets._preferences import recent_plates
from napari_ben.widgets._problems import ProblemsList
from napari_ben.widgets._quality_row import QualityRow
from napari_ben.widgets._screen_window import ScreenWindow
from napari_ben.widgets._session_row import SessionRow
from napari_ben.widgets._step import Step, row
from napari_ben.widgets._tinted import QuietLabel
from napari_ben.widgets._view_row import ViewRow

_MAPS = "Platemaps (*.csv *.tsv *.txt);;All files (*)"


class PlateStep(Step):
    """Opens plates and says what was found."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(1, "Plate", parent)
        self._session = session
        self.plates = Chooser("Plate", self)
        self.plates.setPlaceholderText("No plate yet")
        self.plates.setEnabled(False)
        self.plates.textActivated.connect(lambda _title: session.show_plate(self.plates.currentData()))
        self.screen_button = _screen_button(self)
        self.open_button = QPushButton("Open…", self)
        self.open_menu = QMenu(self)
        self.open_menu.aboutToShow.connect(self._fill_menu)
        self.open_button.setMenu(self.open_menu)
        self.details = QuietLabel("Open a plate, drop its folder on the canvas, or try the sample plate.", self)
        self.view = ViewRow(self)
        self.view.z_chosen.connect(lambda z: session.show_view(z=z))
        self.view.time_chosen.connect(lambda time: session.show_view(time=time))
        self.view.acquisition_chosen.connect(lambda name: session.show_view(acquisition=name))
        self.view.hide()
        self.suggestion = QuietLabel("", self)
        self.confirm = QPushButton("Use as controls", self)
        self.confirm.clicked.connect(session.confirm_suggestions)
        self.suggestion.hide()
        self.confirm.hide()
        self.quality = QualityRow(session, self)
        self.sessions = SessionRow(session, self)
        self.addAction(self.sessions.save)  # its keys are known everywhere in the window
        self.problems = ProblemsList(self)
        self._lay_out()

    def _lay_out(self) -> None:
        self.body.addLayout(row(self.plates, self.screen_button, self.open_button, stretch=0))
        self.body.addWidget(self.sessions)
        self.body.addWidget(self.details)
        self.body.addWidget(self.view)
        self.body.addLayout(row(self.suggestion, self.confirm, stretch=0))
        self.body.addWidget(self.problems)
        self.body.addWidget(self.quality)

    def show_state(self, state: SessionState, old: SessionState) -> None:
        """Show what is open."""
        self.set_state(plate_line(state))
        self.notice.show_notice(state.notices.get("plate"))
        self.content.setEnabled(state.opening is None)
        self.quality.show_state(state)
        self.sessions.show_state(state)
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
        self.screen_button.setVisible(self.plates.count() > 1)

    def _show_plate(self, plate: Plate, screen: Screen | None) -> None:
        lines = [plate_details(plate), roles_line(plate), *plate.notes]
        self.details.setText("\n".join(line for line in lines if line))
        self.view.show_plate(plate)
        self._show_suggestions(plate)
        self.problems.show_problems((*plate.problems, *(screen.problems if screen is not None else ())))

    def _show_suggestions(self, plate: Plate) -> None:
        suggestions = plate.suggestions
        self.suggestion.setText("\n".join(suggestion.describe() for suggestion in suggestions))
        for widget in (self.suggestion, self.confirm):
            widget.setVisible(bool(suggestions))

    def open_screen(self) -> None:
        """Show all plates of the screen, in a window of their own."""
        window = ScreenWindow(self._session, self)
        window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        window.show()

    def _fill_menu(self) -> None:
        menu = self.open_menu
        menu.clear()
        _add(menu, "Open folder…", self.ask_for_folder)
        _add(menu, "Sample plate", self._session.open_sample)
        menu.addAction(self.sessions.open)
        recent = QMenu("Recent", menu)
        for path in recent_plates():
            _add(recent, str(path), partial(self._session.open, path))
        recent.setEnabled(not recent.isEmpty())
        menu.addMenu(recent)
        menu.addMenu(self._layouts_menu(menu))
        _add(menu, "Open by file names…", self.ask_for_pattern)
        menu.addSeparator()
        menu.addAction(self.sessions.save)
        _add(menu, "Attach platemap…", self.ask_for_platemap, enabled=self._session.state.plate is not None)
        menu.addSeparator()
        _add(menu, f"Keys…\t{SHOWS_KEYS}", partial(show_keys, self))

    def _layouts_menu(self, menu: QMenu) -> QMenu:
        layouts = QMenu("Open this plate as", menu)
        for key, reader in LAYOUTS.items():
            _add(layouts, reader.title, partial(self._open_as, key))
        layouts.setEnabled(self._session.state.source is not None)
        return layouts

    def _open_as(self, layout: str) -> None:
        if (source := self._session.state.source) is not None:
            self._session.open(source, layout=layout)

    def ask_for_pattern(self) -> None:
        """Ask for a folder and for the pattern of its file names."""
        source = self._session.state.source
        folder = QFileDialog.getExistingDirectory(self, "Open a folder by the names of its files", str(source or ""))
        if folder:
            PatternDialog(self._session, Path(folder), self).open()

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


def _screen_button(step: PlateStep) -> QPushButton:
    button = QPushButton("Screen…", step)
    button.setToolTip("Predict all plates, and see how good each is")
    button.clicked.connect(step.open_screen)
    button.hide()
    return button


def _add(menu: QMenu, text: str, do: Callable[[], object], *, enabled: bool = True) -> None:
    action = QAction(text, menu)
    action.setEnabled(enabled)
    action.triggered.connect(lambda _checked=False: do())
    menu.addAction(action)
