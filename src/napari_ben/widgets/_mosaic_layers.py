"""The plate's own layers: one image a channel."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from napari.utils.colormaps import AVAILABLE_COLORMAPS
from qtpy.QtCore import QObject

from napari_ben.session import KEY, ChannelLook, Details, LayerData, Session, SessionState, mosaic_layers
from napari_ben.widgets._timers import timer

_BETWEEN_REFRESHES = 60


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
        self._session = session
        self._stale: set[str] = set()
        self._details: Details | None = None
        self._refresh = timer(self, _BETWEEN_REFRESHES, self._refresh_one, once=True)
        self._ask = timer(self, 0, session.look_closer, once=True)
        session.developed.connect(self._on_developed)

    def close(self) -> None:
        """Listen to the session no longer."""
        self._session.developed.disconnect(self._on_developed)
        self._listen_to(None)

    def _listen_to(self, details: Details | None) -> None:
        if self._details is not None:
            self._details.wanted.disconnect(self._on_wanted)
        self._details = details
        if details is not None:
            details.wanted.connect(self._on_wanted)

    def _on_wanted(self) -> None:
        self._ask.start()  # not now: the canvas is being painted

    def steps(self, state: SessionState) -> list[Callable[[], None]]:
        """Give what shows the plate, a step a layer; layers of channels that it does not have go.

        Layers of another plate are shown with this plate's pixels: adding and removing layers is what takes time.
        """
        if state.plate is None:
            return []
        self._listen_to(state.picture.details if state.picture else None)
        unit = state.plate.pixel_um or 1.0
        for layer in self._own_layers():
            is_fit = layer.multiscale and layer.scale[-1] == unit
            if layer.metadata[KEY]["channel"] not in state.plate.channels or not is_fit:
                self._viewer.layers.remove(layer)
        return [partial(self._show, layer) for layer in mosaic_layers(state.plate, state.picture, state.source)]

    def _show(self, layer_data: LayerData) -> None:
        levels, keywords, _ = layer_data
        channel = keywords["metadata"][KEY]["channel"]
        known = next((layer for layer in self._own_layers() if layer.metadata[KEY]["channel"] == channel), None)
        if known is not None:
            known.metadata = keywords["metadata"]
            known.data = levels
            known.contrast_limits_range = keywords["contrast_limits"]
            known.contrast_limits = keywords["contrast_limits"]
            return
        place = len(self._own_layers())
        self._viewer.add_image(levels, **keywords)
        if place < len(self._viewer.layers) - 1:
            self._viewer.layers.move(len(self._viewer.layers) - 1, place)

    def looks(self) -> dict[str, ChannelLook]:
        """Give how each channel is shown."""
        return {layer.metadata[KEY]["channel"]: _look_of(layer) for layer in self._own_layers()}

    def dress(self, looks: Mapping[str, ChannelLook]) -> None:
        """Show channels as they were shown; a colour that this napari does not have is left out."""
        for layer in self._own_layers():
            look = looks.get(layer.metadata[KEY]["channel"])
            if look is None:
                continue
            darkest, brightest = layer.contrast_limits_range
            layer.contrast_limits_range = min(darkest, look.limits[0]), max(brightest, look.limits[1])
            layer.contrast_limits = look.limits
            layer.visible = look.is_visible
            if look.colour in AVAILABLE_COLORMAPS:
                layer.colormap = look.colour

    def _own_layers(self) -> list[Any]:
        return [layer for layer in self._viewer.layers if KEY in layer.metadata]

    def _on_developed(self, channels: tuple[int, ...]) -> None:
        plate = self._session.state.plate
        if plate is not None:
            self._stale |= {plate.channels[channel] for channel in channels}
            if not self._refresh.isActive():
                self._refresh.start()

    def _refresh_one(self) -> None:
        name = self._stale.pop() if self._stale else None
        for layer in self._own_layers():
            if layer.visible and layer.metadata[KEY]["channel"] == name:
                layer.refresh(extent=False)
        if self._stale:
            self._refresh.start()


def _look_of(layer: Any) -> ChannelLook:
    darkest, brightest = map(float, layer.contrast_limits)
    return ChannelLook(bool(layer.visible), (darkest, brightest), str(layer.colormap.name))
