"""A tooltip with a picture: what is under the mouse, in words and as a thumbnail.

Qt's own tooltip is used, with the picture inside its text: it follows the window's theme, stays on the screen, and goes
away by itself.
"""

from collections.abc import Callable
from html import escape

from qtpy.QtCore import QBuffer, QIODevice, Qt
from qtpy.QtGui import QImage

THUMBNAIL_SIDE = 96
ThumbnailSource = Callable[[str], QImage | None]  # from a well's name


def hover_text(text: str, thumbnail: QImage | None = None) -> str:
    """Rich text for a tooltip.

    Parameters
    ----------
    text
        Plain lines; the first stands out.
    thumbnail
        Of any size; drawn to the left of the text.
    """
    if not text:
        return ""
    first, *rest = (escape(line) for line in text.splitlines())
    words = "<br>".join([f"<b>{first}</b>", *rest])
    picture = "" if thumbnail is None or thumbnail.isNull() else f"<td>{_picture(thumbnail)}</td>"
    return f'<table><tr>{picture}<td style="padding-left: 4px; white-space: nowrap">{words}</td></tr></table>'


def _picture(image: QImage) -> str:
    small = image.scaled(
        THUMBNAIL_SIDE,
        THUMBNAIL_SIDE,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    small.save(buffer, "PNG")
    data = bytes(buffer.data().toBase64().data()).decode()
    return f'<img src="data:image/png;base64,{data}" width="{small.width()}" height="{small.height()}">'
