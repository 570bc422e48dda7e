"""What a method sees: plates are not mixed, short plates repeat, seeds decide."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_ben.training import TrainingConfig
from napari_ben.training._batches import Batch, Pool, draw_members, draw_size, draw_skewed
from napari_ben.training._recipes import RECIPES


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    """Plates of 1–60 labelled rows and 1–20 controls each, numbered without gaps."""
    sizes = draw(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 20)), min_size=1, max_size=6))
    queries, controls, start = [], [], 0
    for n_queries, n_controls in sizes:
        queries.append(np.arange(start, start + n_queries))
        controls.append(np.arange(start + n_queries, start + n_queries + n_controls))
        start += n_queries + n_controls
    labels = np.arange(start) % 3
    for rows in controls:
        labels[rows] = -1
    return Pool(tuple(queries), tuple(controls), labels)


def draw_epoch(pool: Pool, config: TrainingConfig, seed: int = 0) -> list[list[Batch]]:
    return list(RECIPES[config.method].draw(pool, config, np.random.default_rng(seed)))


def plate_numbers(pool: Pool, rows: np.ndarray) -> set[int]:
    members = [np.concatenate(parts) for parts in zip(pool.queries, pool.controls, strict=True)]
    return {number for number, plate in enumerate(members) for row in rows if row in plate}


configs = st.builds(
    TrainingConfig,
    batch_size=st.integers(2, 70),
    control_batch_size=st.integers(2, 40),
    accumulation=st.integers(1, 4),
    random_context=st.booleans(),
)


@settings(max_examples=40)
@given(pools(), configs, st.sampled_from([name for name in RECIPES if name != "erm"]))
def test_every_batch_is_one_plate(pool: Pool, config: TrainingConfig, method: str):
    for step in draw_epoch(pool, config.model_copy(update={"method": method})):
        assert len(step) == config.accumulation
        for batch in step:
            assert len(plate_numbers(pool, batch.rows)) == 1


@settings(max_examples=40)
@given(pools(), configs)
def test_mixed_batches_are_summed_where_that_is_asked(pool: Pool, config: TrainingConfig):
    together, alone = (
        draw_epoch(pool, config.model_copy(update={"method": "erm", "accumulation": n}))
        for n in (config.accumulation, None)
    )
    assert all(len(step) == config.accumulation for step in together[:-1])
    assert all(len(step) == 1 for step in alone)
    batches = [batch.rows.tolist() for step in together for batch in step]
    assert batches == [step[0].rows.tolist() for step in alone]


@settings(max_examples=40)
@given(pools(), configs)
def test_cs_arm_bn_has_labelled_queries_first_and_controls_behind(pool: Pool, config: TrainingConfig):
    config = config.model_copy(update={"method": "cs-arm-bn"})
    for batch in (batch for step in draw_epoch(pool, config) for batch in step):
        assert (pool.labels[batch.rows[: batch.n_queries]] >= 0).all()
        assert (pool.labels[batch.rows[batch.n_queries :]] < 0).all()
        assert batch.n_queries <= config.batch_size
        assert 2 <= len(batch.rows) - batch.n_queries <= config.control_batch_size
        assert batch.control_weight is not None
        assert 0 < batch.control_weight <= 1


@given(pools(), st.integers(2, 40))
def test_erm_sees_every_labelled_row_once(pool: Pool, size: int):
    steps = draw_epoch(pool, TrainingConfig(method="erm", batch_size=size))
    rows = np.concatenate([batch.rows for step in steps for batch in step])
    assert len(np.unique(rows)) == len(rows)
    assert pool.n_queries - len(rows) < size
    assert set(rows) <= set(np.concatenate(pool.queries))
    assert len({len(batch.rows) for step in steps for batch in step}) == 1


@given(pools(), configs)
def test_an_epoch_sees_about_as_many_rows_as_there_are(pool: Pool, config: TrainingConfig):
    config = config.model_copy(update={"method": "ben", "random_context": False})
    seen = sum(len(batch.rows) for step in draw_epoch(pool, config) for batch in step)
    per_step = config.batch_size * config.accumulation
    assert abs(seen - pool.n_queries) <= max(per_step / 2, per_step - pool.n_queries)


@given(pools(), configs, st.sampled_from(list(RECIPES)), st.integers(0, 5))
@settings(max_examples=30)
def test_the_seed_decides(pool: Pool, config: TrainingConfig, method: str, seed: int):
    config = config.model_copy(update={"method": method})
    first, second = draw_epoch(pool, config, seed), draw_epoch(pool, config, seed)
    for one, other in zip(chain(*first), chain(*second), strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)
        assert one.control_weight == other.control_weight


def test_without_random_context_batches_have_the_sizes_and_weight_of_the_config():
    pool = Pool((np.arange(50),), (np.arange(50, 60),), np.r_[np.zeros(50, int), np.full(10, -1)])
    config = TrainingConfig(batch_size=20, control_batch_size=30, random_context=False, control_weight=0.6)
    for batch in (batch for step in draw_epoch(pool, config) for batch in step):
        assert (batch.n_queries, len(batch.rows), batch.control_weight) == (20, 50, 0.6)


def test_random_contexts_cover_sizes_and_weights():
    pool = Pool((np.arange(200),), (np.arange(200, 300),), np.r_[np.arange(200) % 8, np.full(100, -1)])
    (batches,) = draw_epoch(pool, TrainingConfig(batch_size=64, accumulation=64))
    weights = [batch.control_weight for batch in batches]
    sizes = [batch.n_queries for batch in batches]
    assert min(weights) < 0.35
    assert max(weights) > 0.85
    assert min(sizes) < 24
    assert max(sizes) > 48


@given(st.integers(1, 30), st.integers(1, 60))
def test_members_repeat_only_when_there_are_too_few(n: int, count: int):
    drawn = draw_members(np.arange(n), count, np.random.default_rng(0))
    assert len(drawn) == count
    assert (len(set(drawn)) == count) == (count <= n) or count <= 1


@given(st.integers(2, 300), st.integers(0, 100))
def test_sizes_stay_within_bounds(largest: int, seed: int):
    assert min(16, largest) <= draw_size(largest, np.random.default_rng(seed)) <= largest


@given(st.integers(1, 60), st.integers(0, 100))
def test_a_skewed_draw_has_the_size_asked_for(count: int, seed: int):
    labels = np.arange(40) % 4
    drawn = draw_skewed(np.arange(40), labels, count, np.random.default_rng(seed))
    assert len(drawn) == count


def test_a_skewed_draw_is_skewed():
    labels = np.arange(800) % 8
    largest = [
        np.bincount(labels[draw_skewed(np.arange(800), labels, 64, np.random.default_rng(seed))]).max()
        for seed in range(50)
    ]
    assert np.mean(largest) > 20  # an even mix has 8 of each


@pytest.mark.parametrize("method", [name for name in RECIPES if name != "erm"])
def test_the_plates_of_one_step_differ(method: str):
    queries = tuple(np.arange(10 * plate, 10 * plate + 8) for plate in range(4))
    controls = tuple(np.arange(10 * plate + 8, 10 * plate + 10) for plate in range(4))
    pool = Pool(queries, controls, np.where(np.arange(40) % 10 < 8, np.arange(40) % 2, -1))
    for step in draw_epoch(pool, TrainingConfig(method=method, batch_size=2, accumulation=4)):
        assert set().union(*(plate_numbers(pool, batch.rows) for batch in step)) == {0, 1, 2, 3}
