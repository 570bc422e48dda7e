"""A small plate of TIFF files, named as BBBC013 is."""

import numpy as np
import pytest
import tifffile


@pytest.fixture
def tiff_plate(tmp_path):
    folder = tmp_path / "plate"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number, well in enumerate(("A-01", "A-02", "B-01", "B-02"), start=1):
        for channel in (1, 2):
            image = rng.integers(0, 255, (32, 32), np.uint8)
            tifffile.imwrite(folder / f"Channel{channel}-{number:02d}-{well}.tif", image)
    return folder
