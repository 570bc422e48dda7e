"""What napari's style sheet leaves out, for all that lies in the dock and for the windows that it opens.

napari shows nowhere which control has the keyboard, indents labels by their frame, and frames disabled buttons so that
their words no longer fit.
"""

from napari_ben.widgets._palette import mix
from napari_ben.widgets._theme import Theme

_FOCUS = "border: 2px solid {ink}; padding: {padding};"
_PADDINGS = {  # napari's own, less the frame, so that nothing moves
    "QPushButton": "2px",
    "QToolButton": "1px",
    "QComboBox": "1px 8px 1px 6px",
    "QLineEdit": "0px",
    "QAbstractSpinBox": "0px 8px; min-height: 16px",
}


def dock_sheet(theme: Theme) -> str:
    """Give the style sheet for a theme."""
    rings = [
        f"{kind}:focus {{ {_FOCUS.format(ink=theme.accent, padding=padding)} }}" for kind, padding in _PADDINGS.items()
    ]
    return "\n".join((*rings, _others(theme), _tables(theme)))


def _others(theme: Theme) -> str:
    return (
        "QLabel { padding: 0px; }"
        "QAbstractSpinBox QLineEdit:focus, QComboBox QLineEdit:focus { border: 0px; padding: 2px; }"
        "QPushButton:disabled { padding: 3px; }"
        f"QSlider::handle:focus {{ background: {theme.accent}; }}"
    )


def _tables(theme: Theme) -> str:
    striped = mix(theme.faint, theme.background, 0.6)
    return (
        f"QTableView {{ background: {theme.background}; alternate-background-color: {striped}; color: {theme.text};"
        f" gridline-color: transparent; selection-background-color: {theme.accent}; selection-color: #ffffff;"
        f" border: 1px solid {theme.faint}; }}"
        f"QTableView:focus {{ border: 1px solid {theme.accent}; }}"
        f"QTableView::item:selected {{ background: {theme.accent}; color: #ffffff; }}"
        f"QHeaderView::section {{ background: {theme.faint}; color: {theme.text}; border: 0px; padding: 4px 3px; }}"
    )
