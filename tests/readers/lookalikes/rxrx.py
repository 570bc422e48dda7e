"""Plates of RxRx data sets in their three shapes."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_plate(folder: Path, wells=("B02", "M23"), sites=(1, 2), channels=6, suffix="png"):
    """Grey images, a file a channel, as the authors and Kaggle publish them; pixels by name."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = {}
    for well in wells:
        for site in sites:
            for wave in range(1, channels + 1):
                name = f"{well}_s{site}_w{wave}.{suffix}"
                pixels[name] = np.full((12, 10), len(pixels) + 1, np.uint8)
                Image.fromarray(pixels[name]).save(folder / name)
    return pixels


def write_colour_plate(folder: Path, wells=("B02", "M23"), sites=(1, 2)):
    """Colour images, a file a site, as WILDS publishes them; (12, 10, 3) pixels by name."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = {}
    for well in wells:
        for site in sites:
            name = f"{well}_s{site}.png"
            pixels[name] = np.stack([np.full((12, 10), 3 * len(pixels) + band, np.uint8) for band in range(3)], -1)
            Image.fromarray(pixels[name]).save(folder / name)
    return pixels
