"""What napari does once, with the first layers of a process, done before the window would have to wait for it.

With the first image napari reads the definitions of physical units and loads scipy, with the first points it loads and
compiles what describes colours and text: half a second each of a frozen window. Layers that are in no viewer may be
made in any thread, so a task makes one of each kind and forgets it.
"""

from functools import cache
from importlib import import_module

import numpy as np

from napari_ben.session import in_world


@cache
def prepare_layers() -> None:
    """Make one small layer of each kind that the dock adds; call it in a thread."""
    import_module("scipy.ndimage")  # thumbnails are scaled with it
    layers = import_module("napari.layers")
    picture = np.zeros((2, 2), np.uint16)
    layers.Image([picture, picture[:1, :1]], multiscale=True, contrast_limits=(0, 1), colormap="green", **in_world(1.0))
    layers.Points(np.zeros((1, 2)), face_color="transparent", text={"string": ["A01"]}, **in_world(1.0))
