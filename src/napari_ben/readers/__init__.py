"""How a plate lies on disk: one small module a layout, one protocol (a refusal in words, or a plate)."""

from napari_ben.readers._choose import find_readers, reader_of
from napari_ben.readers._open import open_plate
from napari_ben.readers._pattern import pattern_images
from napari_ben.readers._pattern_preview import PatternPreview, preview_pattern
from napari_ben.readers._place import Place
from napari_ben.readers._readers import LAYOUTS, READERS, Reader
from napari_ben.readers._screens import open_screen

__all__ = [
    "LAYOUTS",
    "READERS",
    "PatternPreview",
    "Place",
    "Reader",
    "find_readers",
    "open_plate",
    "open_screen",
    "pattern_images",
    "preview_pattern",
    "reader_of",
]
