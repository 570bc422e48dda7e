"""What napari does once, done before the window would have to wait for it."""

import subprocess
import sys

FRESH = """
import sys
from dataclasses import replace
import numpy as np
from napari.components import ViewerModel
from napari_ben.plates import plate_from_arrays
from napari_ben.session import mosaic_layers
from napari_ben.session._picture import first_picture
from napari_ben.widgets._first_layers import prepare_layers
from napari_ben.widgets._well_layers import WellLayers

plate = plate_from_arrays({"A01": np.ones((1, 1, 16, 16), np.uint16)}, ["DNA"], name="P1")
plate = replace(plate, pixel_um=0.5)
viewer = ViewerModel()
wells = WellLayers(viewer)
layers = mosaic_layers(plate, first_picture(plate))
prepare_layers()
known = set(sys.modules)
for levels, keywords, _ in layers:
    viewer.add_image(levels, **keywords)
for step in wells.steps(plate):
    step()
print(len(viewer.layers), sorted(set(sys.modules) - known))
"""


def test_the_first_layers_load_nothing_once_napari_is_prepared():
    done = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, timeout=120)  # noqa: S603
    assert done.stdout.splitlines()[-1:] == ["3 []"], done.stderr
