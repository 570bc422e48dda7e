"""What is said of a well on the canvas: under the cursor, and on the well where there is room."""

import pandas as pd

from napari_ben.results import Predictions

_NOT_PREDICTED = "–"


def well_features(wells: pd.DataFrame, predictions: Predictions | None) -> pd.DataFrame:
    """Write what the status bar says of each well: name, treatment if any, role, and what was predicted."""
    table = pd.DataFrame({"well": wells.index.astype(str)})
    if (wells["treatment"].astype(str) != "").any():
        table["treatment"] = wells["treatment"].astype(str).to_numpy()
    table["role"] = [str(role).replace("_", " ") for role in wells["role"]]
    table["predicted"] = table["confidence"] = _NOT_PREDICTED
    if predictions is not None:
        rows = predictions.wells.reindex(wells.index)
        known = rows["pred_class"].notna().to_numpy()
        table.loc[known, "predicted"] = rows["pred_class"].to_numpy()[known]
        table.loc[known, "confidence"] = [f"{value:.2f}" for value in rows["confidence"].to_numpy()[known]]
    return table


def words_on(table: pd.DataFrame) -> list[str]:
    """Write what stands on each well: its name, and what was predicted."""
    return [
        f"{well}\n{name} {confidence}" if name != _NOT_PREDICTED else str(well)
        for well, name, confidence in zip(table["well"], table["predicted"], table["confidence"], strict=True)
    ]
