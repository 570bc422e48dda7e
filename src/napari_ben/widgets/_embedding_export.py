"""The scatter as a file, PNG or SVG, as it is on the screen; written beside and renamed, so never half a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QIODevice, QRectF, QSaveFile
from qtpy.QtGui import QColor, QPainter, QPixmap
from qtpy.QtSvg import QSvgGenerator

from napari_ben.errors import SaveError
from napari_ben.widgets._embedding_painting import PointStamps, draw_points
from napari_ben.widgets._theme import Theme

if TYPE_CHECKING:
    from napari_ben.widgets._embedding_picture import EmbeddingPicture

_SCALE = 3.0  # pixels of a PNG per pixel of the screen


def save_picture(picture: "EmbeddingPicture", path: Path) -> None:
    """Write what is on the screen, without lasso and hover.

    Parameters
    ----------
    picture
        What to write.
    path
        Ends in ``.png`` (three times as fine as the screen) or ``.svg`` (circles that can be edited).

    Raises
    ------
    SaveError
        When the file cannot be written, or its name ends otherwise.
    """
    writers = {".png": _write_png, ".svg": _write_svg}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise SaveError(f"{path.name!r} is neither a PNG nor an SVG.", "End the name in .png or .svg.")
    file = QSaveFile(str(path))
    if not file.open(QIODevice.OpenModeFlag.WriteOnly):
        raise SaveError(f"{path} cannot be written: {file.errorString()}.", "Choose a folder that you may write to.")
    write(picture, file)
    if not file.commit():
        raise SaveError(f"{path} could not be written: {file.errorString()}.", "Free some space and save again.")


def _write_png(picture: "EmbeddingPicture", file: QSaveFile) -> None:
    pixmap = QPixmap(picture.size() * _SCALE)
    painter = QPainter(pixmap)
    painter.scale(_SCALE, _SCALE)
    _paint(picture, painter)
    painter.end()
    pixmap.save(file, "PNG")


def _write_svg(picture: "EmbeddingPicture", file: QSaveFile) -> None:
    generator = QSvgGenerator()
    generator.setOutputDevice(file)
    generator.setSize(picture.size())
    generator.setViewBox(picture.rect())
    generator.setTitle(picture.data.title)
    painter = QPainter(generator)
    _paint(picture, painter)
    painter.end()


def _paint(picture: "EmbeddingPicture", painter: QPainter) -> None:
    theme = Theme.of(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(QRectF(picture.rect()), QColor(theme.surface))
    screen = picture.camera().to_screen(picture.data.xy)
    draw_points(painter, screen, picture.styled_points(), PointStamps(picture.radius(), theme))
