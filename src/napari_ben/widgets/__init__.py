"""What people touch: the dock and its parts. Only here are Qt and napari known."""

from napari_ben.widgets._dock import BenDock
from napari_ben.widgets._legend import Legend
from napari_ben.widgets._plate_grid import PlateGrid

__all__ = ["BenDock", "Legend", "PlateGrid"]
