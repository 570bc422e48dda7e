"""Sets of whole wells, cut the same way each time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_ben.methods import cut_into_sets


@given(st.lists(st.integers(1, 5), min_size=1, max_size=40), st.integers(1, 60), st.integers(0, 9))
def test_sets_hold_whole_wells_and_every_image_once(fields: list[int], size: int, seed: int):
    wells = np.repeat([f"W{number}" for number in range(len(fields))], fields).astype(object)
    sets = cut_into_sets(wells, size, seed)
    np.testing.assert_array_equal(np.sort(np.concatenate(sets)), np.arange(len(wells)))
    names = [set(wells[members]) for members in sets]
    assert sum(map(len, names)) == len(set().union(*names))
    assert all(len(members) < size + max(fields) + size / 2 for members in sets)
    assert len(sets) == 1 or all(len(members) >= size / 2 for members in sets[-1:])
    again = cut_into_sets(wells, size, seed)
    assert all(np.array_equal(one, other) for one, other in zip(sets, again, strict=True))


def test_wells_that_lie_together_are_spread_over_sets():
    wells = np.array([f"{row}{column:02d}" for row in "AB" for column in range(1, 13)], object)
    assert len({name[0] for name in wells[cut_into_sets(wells, 12)[0]]}) == 2
