"""The plate's own layers: one image a channel, added one at a time so that the window stays awake."""

from typing import Any

from qtpy.QtCore import QObject

from napari_ben.session import KEY, LayerData, Session, SessionState, mosaic_layers
from napari_ben.widgets._timers import timer

_BETWEEN_REFRESHES = 150


class MosaicLayers(QObject):
    """Keeps the image layers of the plate that the session shows.

    Parameters
    ----------
    viewer
        A napari viewer, or its public proxy.
    session
        Whose plate is shown.
    parent
        Of this object.
    """

    def __init__(self, viewer: Any, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._waiting: list[LayerData] = []
        self._stale: set[str] = set()
        self._next = timer(self, 0, self._add_one)
        self._refresh = timer(self, _BETWEEN_REFRESHES, self._refresh_one, once=True)
        self._session = session
        session.developed.connect(self._on_developed)

    @property
    def is_complete(self) -> bool:
        """Whether no layer is waiting to be added."""
        return not self._waiting

    def show(self, state: SessionState) -> None:
        """Show the plate of a state; layers of another plate go."""
        if state.plate is None:
            return
        self._waiting = mosaic_layers(state.plate, state.picture, state.source)
        wanted = [_identity(keywords["metadata"]) for _, keywords, _ in self._waiting]
        for layer in [layer for layer in self._viewer.layers if KEY in layer.metadata]:
            if _identity(layer.metadata) not in wanted:
                self._viewer.layers.remove(layer)
        self._next.start()

    def _add_one(self) -> None:
        if not self._waiting:
            self._next.stop()
            return
        levels, keywords, _ = self._waiting.pop(0)
        known = self._layer(_identity(keywords["metadata"]))
        if known is None:
            place = sum(KEY in layer.metadata for layer in self._viewer.layers)
            self._viewer.add_image(levels, **keywords)
            self._viewer.layers.move(len(self._viewer.layers) - 1, place)
        else:
            known.data = levels

    def _layer(self, identity: tuple[str, ...]) -> Any:
        return next((layer for layer in self._viewer.layers if _identity(layer.metadata) == identity), None)

    def _on_developed(self, channel: int) -> None:
        plate = self._session.state.plate
        if plate is not None:
            self._stale.add(plate.channels[channel])
            if not self._refresh.isActive():
                self._refresh.start()

    def _refresh_one(self) -> None:
        name = self._stale.pop() if self._stale else None
        for layer in self._viewer.layers:
            if layer.visible and layer.metadata.get(KEY, {}).get("channel") == name:
                layer.refresh()
        if self._stale:
            self._refresh.start()


def _identity(metadata: dict[str, Any]) -> tuple[str, ...]:
    entry = metadata.get(KEY, {})
    return tuple(str(entry.get(part, "")) for part in ("path", "plate", "channel"))
