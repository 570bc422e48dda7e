"""What is known about the trust in a run, on its way to a session file and back.

How firmly classes hold, and what single wells do, takes runs of the whole plate to find out, so it is saved with the
run. How far the statistics drifted takes none and depends on the plates that are open, so it is found out again.
"""

from collections.abc import Iterator

import numpy as np

from napari_ben.session._saved_record import SavedEffects, SavedStability, SavedTrust
from napari_ben.session._trust import Stability, Trust, WellEffects
from napari_ben.workflow import to_record, to_table


def describe_trust(trust: Trust) -> SavedTrust | None:
    """Write down what took runs to find out; None where there is nothing."""
    stability, wells = trust.stability, trust.wells
    if stability is None and wells is None:
        return None
    return SavedTrust(
        stability=None
        if stability is None
        else SavedStability(table=to_record(stability.table), n_resamples=stability.n_resamples),
        wells=None if wells is None else _describe_wells(wells),
    )


def recall_trust(saved: SavedTrust | None) -> Iterator[Stability | WellEffects]:
    """Give what was written down."""
    if saved is not None and saved.stability is not None:
        yield Stability(to_table(saved.stability.table, "well"), saved.stability.n_resamples)
    if saved is not None and saved.wells is not None:
        edge = saved.wells.edge
        yield WellEffects(
            to_table(saved.wells.influence, "well"),
            None if edge is None else to_table(edge, "layer"),
            np.array(saved.wells.chance, float),
        )


def _describe_wells(wells: WellEffects) -> SavedEffects:
    return SavedEffects(
        influence=to_record(wells.influence),
        edge=None if wells.edge is None else to_record(wells.edge),
        chance=tuple(wells.chance.tolist()),
    )
