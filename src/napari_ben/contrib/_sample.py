"""The sample plate of napari's File menu."""

from pathlib import Path

from napari_ben.readers import open_screen
from napari_ben.samples import iter_sample_screen
from napari_ben.session import LayerData, mosaic_layers


def sample_plate() -> list[LayerData]:
    """Open the first plate of the sample screen, which is drawn into the cache the first time.

    napari waits for the layers, so the drawing shows in its activity dock, which also keeps the window painted.
    """
    folder = _drawn()
    return mosaic_layers(open_screen(folder).plates[0], source=folder)


def _drawn() -> Path:
    from napari.utils import progress  # here, so that asking for the reader does not load napari

    steps = iter_sample_screen()
    with progress(desc="Drawing the sample plates") as bar:
        while True:
            try:
                done, total = next(steps)
            except StopIteration as finished:
                folder: Path = finished.value
                return folder
            bar.total = total
            bar.update(done - bar.n)
