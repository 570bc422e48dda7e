"""The sample plate of napari's File menu."""

from napari_ben.readers import open_screen
from napari_ben.samples import sample_screen
from napari_ben.session import LayerData, mosaic_layers


def sample_plate() -> list[LayerData]:
    """Open the first plate of the sample screen, which is drawn into the cache the first time."""
    folder = sample_screen()
    return mosaic_layers(open_screen(folder).plates[0], source=folder)
