import numpy as np
import pytest

from napari_ben.errors import ContextError
from napari_ben.evaluation import chance_drift, drift_between, drift_from, edge_wells, region_drift, well_influence
from napari_ben.methods import ContextStatistics, LayerMoments, LayerStatistics, WellMoments
from napari_ben.plates import plate_from_arrays


def make_statistics(*means: float) -> ContextStatistics:
    layers = {f"bn{n}": LayerStatistics(np.full(3, mean), np.ones(3), 100.0) for n, mean in enumerate(means)}
    return ContextStatistics(layers, n_images=8)


def make_moments(means: list[float]) -> WellMoments:
    """Wells A01, A02 …, ten values each, of variance 1 around these means; the second layer sees half the shift."""
    wells = tuple(f"A{number + 1:02d}" for number in range(len(means)))
    column = np.array(means)[:, None]
    layers = {
        name: LayerMoments(np.full(len(wells), 10.0), factor * column, np.full((len(wells), 1), 10.0))
        for name, factor in {"bn0": 1.0, "bn1": 0.5}.items()
    }
    return WellMoments(wells, np.ones(len(wells), dtype=np.int64), layers)


def test_drift_is_a_row_for_each_plate_and_layer_in_depth_order() -> None:
    table = drift_from(make_statistics(0, 0), {"P1": make_statistics(0, 2), "P2": make_statistics(3, 0)})
    assert table[["plate", "layer", "depth"]].to_numpy().tolist() == [
        ["P1", "bn0", 0],
        ["P1", "bn1", 1],
        ["P2", "bn0", 0],
        ["P2", "bn1", 1],
    ]
    assert table["distance"].tolist() == [0, 2, 3, 0]


def test_plates_against_each_other_are_a_symmetric_table() -> None:
    table = drift_between({"P1": make_statistics(0, 0), "P2": make_statistics(3, 4), "P3": make_statistics(0, 0)})
    assert table.loc["P1", "P2"] == pytest.approx(np.sqrt((9 + 16) / 2))
    assert table.loc["P1", "P3"] == 0
    assert (table.to_numpy() == table.to_numpy().T).all()


def test_the_edge_is_that_of_the_format() -> None:
    images = {well: np.zeros((1, 1, 32, 32), np.uint16) for well in ("A05", "B01", "B02", "H12", "G11")}
    plate = plate_from_arrays(images, ["DNA"])
    assert plate.format.n_wells == 96
    assert edge_wells(plate) == ("A05", "B01", "H12")


def test_edge_and_middle_are_compared_layer_by_layer() -> None:
    table = region_drift(make_moments([1, 1, 0, 0, 0]), ["A01", "A02", "H12"])
    assert table.loc["bn0", "distance"] == pytest.approx(1)
    assert table.loc["bn1", "distance"] == pytest.approx(0.5)
    with pytest.raises(ContextError, match="region holds 5 of the 5 wells"):
        region_drift(make_moments([0] * 5), ["A01", "A02", "A03", "A04", "A05"])


def test_chance_is_what_regions_of_this_size_differ_by() -> None:
    far = float(region_drift(make_moments([5, 5, 0, 0, 0, 0]), ["A01", "A02"]).loc["bn0", "distance"])
    chance = chance_drift(make_moments([5, 5, 0, 0, 0, 0]), 2)
    assert len(chance) == 20
    assert (chance < far).any()
    assert (chance_drift(make_moments([0.0] * 6), 2) == 0).all()
    np.testing.assert_array_equal(chance, chance_drift(make_moments([5, 5, 0, 0, 0, 0]), 2))


def test_the_odd_well_moves_the_statistics_most_and_the_figure_is_that_of_the_distance() -> None:
    moments = make_moments([0.1, 0, 6, -0.1, 0])
    table = well_influence(moments)
    assert table.index[0] == "A03"
    assert table.loc["A03", "times_typical"] > 3
    assert table.loc["A03", "layer"] == "bn0"
    rest = moments.pool([well for well in moments.wells if well != "A03"])
    expected = np.sqrt((moments.pool().distance(rest)["distance"] ** 2).mean())
    assert table.loc["A03", "influence"] == pytest.approx(expected)


def test_one_well_cannot_be_left_out() -> None:
    with pytest.raises(ContextError, match="One well cannot be left out"):
        well_influence(make_moments([1]))
