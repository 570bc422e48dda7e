import numpy as np
import pandas as pd
import pytest

from napari_ben.evaluation import bootstrap_accuracy, bootstrap_mean, interval_unit


def make_judged(shares: dict[tuple[str, int], float], n_wells: int = 100) -> pd.DataFrame:
    """A table in which each plate and seed has this share of right wells."""
    rows = [
        {"plate": plate, "seed": seed, "well": f"A{well:02d}", "is_right": well < share * n_wells}
        for (plate, seed), share in shares.items()
        for well in range(n_wells)
    ]
    return pd.DataFrame(rows)


def test_with_many_wells_it_is_the_bootstrap_over_plates() -> None:
    shares = {(f"P{number}", 0): share for number, share in enumerate((0.2, 0.5, 0.9, 0.6))}
    found, expected = bootstrap_accuracy(make_judged(shares, 1000)), bootstrap_mean(list(shares.values()))
    assert found.value == pytest.approx(expected.value)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.03)
    assert found.n == 4


def test_plates_weigh_alike_however_many_wells_they_have() -> None:
    judged = pd.concat([make_judged({("P1", 0): 1.0}, 10), make_judged({("P2", 0): 0.0}, 90)])
    assert bootstrap_accuracy(judged).value == 0.5


def test_seeds_widen_the_interval() -> None:
    plates = {(f"P{n}", seed): 0.5 for n in range(6) for seed in (0, 1, 2)}
    alike = bootstrap_accuracy(make_judged(plates))
    apart = bootstrap_accuracy(make_judged({key: 0.5 + 0.2 * (key[1] - 1) for key in plates}))
    assert alike.high - alike.low == pytest.approx(2 * 1.96 * 0.5 / np.sqrt(100 * 6 * 3), rel=0.2)
    assert apart.low < 0.45
    assert apart.high > 0.55


def test_one_plate_is_judged_over_its_wells() -> None:
    found = bootstrap_accuracy(make_judged({("P1", 0): 0.7}))
    expected = 1.96 * np.sqrt(0.7 * 0.3 / 100)
    assert found.n == 100
    assert found.high - found.low == pytest.approx(2 * expected, rel=0.1)


def test_a_plate_that_one_seed_lacks_is_left_out_of_it() -> None:
    judged = make_judged({("P1", 0): 1.0, ("P2", 0): 0.0, ("P1", 1): 1.0})
    assert bootstrap_accuracy(judged).value == pytest.approx(2 / 3)


def test_nothing_known_is_nan() -> None:
    assert np.isnan(bootstrap_accuracy(make_judged({}).reindex(columns=["plate", "seed", "well", "is_right"])).value)


def test_the_unit_is_said() -> None:
    judged = make_judged({("P1", 0): 1.0, ("P2", 1): 0.0})
    assert interval_unit(judged) == "2 plates and their wells, 2 seeds"
    assert interval_unit(judged[judged["plate"] == "P1"]) == "wells of 1 plate"


def test_plates_that_agree_are_as_sure_as_their_wells_are_many() -> None:
    found = bootstrap_accuracy(make_judged({("P1", 0): 0.8, ("P2", 0): 0.8}))
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.4 / np.sqrt(200), rel=0.15)


def test_fields_of_a_well_are_one_witness() -> None:
    wells = make_judged({("P1", 0): 0.8, ("P2", 0): 0.8})
    fields = pd.concat([wells] * 9)
    few, many = bootstrap_accuracy(wells), bootstrap_accuracy(fields)
    assert (few.low, few.high) == (many.low, many.high)
