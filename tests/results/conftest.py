"""Predictions made by hand: three wells, two fields each, three classes."""

import numpy as np
import pandas as pd
import pytest

from napari_ben.results import Predictions


@pytest.fixture
def predictions() -> Predictions:
    random = np.random.default_rng(0)
    wells = ["A01", "A01", "B03", "B03", "H12", "H12"]
    index = pd.DataFrame(
        {
            "well": wells,
            "site": [1, 2] * 3,
            "row": [0, 0, 1, 1, 7, 7],
            "column": [0, 0, 2, 2, 11, 11],
            "role": ["negative_control"] * 2 + ["treatment"] * 4,
            "treatment": ["DMSO"] * 2 + ["taxol, 1 µM"] * 2 + ['"x"'] * 2,
            "in_context": [True, True, False, False, False, False],
        }
    )
    return Predictions(
        plate_name="Plate 1",
        classes=("actin", "tubulin", "DNA"),
        logits=random.normal(size=(6, 3)).astype(np.float32),
        embeddings=random.normal(size=(6, 12)).astype(np.float32),
        well_logits=random.normal(size=(3, 3)).astype(np.float32),
        index=index,
        run={
            "plate": {"name": "Plate 1", "format": 96},
            "method_title": "CS-ARM-BN",
            "context": {"description": "1 well, 2 images, 1 treatment (DMSO)"},
            "model": {"name": "sample"},
            "reducer": "logit",
        },
        layouts={"PCA": random.normal(size=(6, 2))},
    )
