"""What the trust window lists and draws, from what is known about a run."""

import math

from napari_ben.session import Drift, Stability, WellEffects
from napari_ben.widgets._trust_plot import LayerLine, LineKind


def steady_rows(stability: Stability) -> list[tuple[str, ...]]:
    """List wells with their class, how many resamples keep it, and the class given instead; the loosest first."""
    table = stability.table.sort_values("stability", kind="stable")
    columns = (table["pred_class"], table["stability"], table["alternative"])
    return [
        (str(well), str(name), f"{share:.0%}".replace("%", " %"), str(other))
        for well, name, share, other in zip(table.index, *columns, strict=True)
    ]


def moving_rows(effects: WellEffects) -> list[tuple[str, ...]]:
    """List wells by how far each moves the statistics."""
    table = effects.influence
    columns = (table["influence"], table["times_typical"], table["layer"])
    return [
        (str(well), f"{far:.3g}", f"{times:.1f}", str(layer))
        for well, far, times, layer in zip(table.index, *columns, strict=True)
    ]


def plate_rows(drift: Drift) -> list[tuple[str, ...]]:
    """List plates by their distance from the training and from this plate."""
    names = drift.plates.index
    columns = (drift.plates["from_training"], drift.plates["from_this"], drift.plates["is_of_training"])
    return [
        (str(name), _number(far), "this plate" if name == names[0] else _number(near), "of the training" * bool(known))
        for name, far, near, known in zip(names, *columns, strict=True)
    ]


def _number(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.2f}"


def layer_lines(drift: Drift | None, effects: WellEffects | None) -> list[LayerLine]:
    """Give the lines of the plot."""
    lines = []
    if drift is not None and len(drift.layers):
        of_training = set(drift.plates.index[drift.plates["is_of_training"]])
        for name in drift.plates.index:
            distances = tuple(drift.layers.loc[drift.layers["plate"] == name, "distance"])
            is_this = name == drift.plates.index[0]
            kind: LineKind = "this" if is_this else "training" if name in of_training else "other"
            lines.append(LayerLine(kind, str(name), distances))
    if effects is not None and effects.edge is not None:
        lines.append(LayerLine("edge", "", tuple(effects.edge["distance"])))
    return lines


def layer_words(layer: int, drift: Drift | None, effects: WellEffects | None) -> str:
    """Say how far a layer moved; how to ask when none is pointed at."""
    if layer < 0 or drift is None or drift.layers.empty:
        return "" if drift is None or drift.layers.empty else "Point at a layer, or use the arrow keys"
    own = drift.layers[drift.layers["plate"] == drift.plates.index[0]]
    words = [f"Layer {layer + 1} of {len(own)}, {own['layer'].iloc[layer]}"]
    words.append(f"{own['distance'].iloc[layer]:.2f} from the training")
    if effects is not None and effects.edge is not None:
        words.append(f"edge and inside {effects.edge['distance'].iloc[layer]:.2f} apart")
    return " · ".join(words)
