"""What napari finds in the manifest: the reader and the sample plate."""

from napari_ben.contrib._reader import get_reader
from napari_ben.contrib._sample import sample_plate

__all__ = ["get_reader", "sample_plate"]
