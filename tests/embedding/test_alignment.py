"""Each alignment against the definition of its source, written out here once more with other tools."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file
from scipy.linalg import fractional_matrix_power
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from napari_ben.embedding import (
    ALIGNMENTS,
    find_alignment,
    fit_alignment,
    ledoit_wolf,
    load_alignment,
    power_of,
    save_alignment,
)
from napari_ben.errors import ArgumentError, FileError, MethodError, SaveError

N_BATCHES, N_CONTROLS, N_TREATED, SIZE = 4, 40, 12, 7


def make_batches(seed: int = 0, n_controls: int = N_CONTROLS, size: int = SIZE) -> tuple[np.ndarray, ...]:
    """Batches that differ in mean, scale and correlation: embeddings, batch and whether each is a control."""
    random = np.random.default_rng(seed)
    mixing = random.normal(size=(size, size)) * np.geomspace(1, 6, size)
    rows, batches, is_control = [], [], []
    for batch in range(N_BATCHES):
        own = mixing + 0.4 * random.normal(size=(size, size))
        n = n_controls + N_TREATED
        rows.append(random.normal(size=(n, size)) @ own + 5 * random.normal(size=size) + 20)
        batches += [f"P{batch}"] * n
        is_control += [True] * n_controls + [False] * N_TREATED
    return np.concatenate(rows), np.array(batches, dtype=object), np.array(is_control)


def covariance_root(values: np.ndarray, ridge: float, exponent: float) -> np.ndarray:
    return fractional_matrix_power(np.cov(values, rowvar=False, ddof=1) + ridge * np.eye(values.shape[1]), exponent)


def reference_efaar(x: np.ndarray, batches: np.ndarray, is_control: np.ndarray) -> np.ndarray:
    z = StandardScaler().fit(x[is_control]).transform(x)
    z = PCA().fit(z[is_control]).transform(z)
    z = StandardScaler().fit(z[is_control]).transform(z)
    for batch in set(batches):
        own = batches == batch
        z[own] = z[own] @ covariance_root(z[own & is_control], 0.5, -0.5)
    return z


def reference_csarmbn(x: np.ndarray, batches: np.ndarray, is_control: np.ndarray) -> np.ndarray:
    z = StandardScaler().fit(x[is_control]).transform(x)
    z = PCA().fit(z[is_control]).transform(z)
    for batch in set(batches):
        own = batches == batch
        z[own] = StandardScaler().fit(z[own & is_control]).transform(z[own])
    target = covariance_root(z[is_control], 0.5, 0.5)
    for batch in set(batches):
        own = batches == batch
        z[own] = z[own] @ covariance_root(z[own & is_control], 0.5, -0.5) @ target
    return z


def reference_ando2017(x: np.ndarray, batches: np.ndarray, is_control: np.ndarray) -> np.ndarray:
    z = PCA().fit(x[is_control]).transform(x)
    z = z / z[is_control].std(axis=0)
    target = covariance_root(z[is_control], 0.5, 0.5)
    for batch in set(batches):
        own = batches == batch
        z[own] = z[own] @ covariance_root(z[own & is_control], 0.5, -0.5) @ target
    return z


def reference_coral(x: np.ndarray, batches: np.ndarray, is_control: np.ndarray) -> np.ndarray:
    z = StandardScaler().fit(x[is_control]).transform(x)
    for batch in set(batches):
        z[batches == batch] -= z[(batches == batch) & is_control].mean(axis=0)
    target = covariance_root(z[is_control], 1.0, 0.5)
    for batch in set(batches):
        own = batches == batch
        z[own] = z[own] @ covariance_root(z[own & is_control], 1.0, -0.5) @ target
    return z


def reference_sphering(x: np.ndarray, batches: np.ndarray, is_control: np.ndarray) -> np.ndarray:
    z = StandardScaler().fit(x[is_control]).transform(x)
    return z @ fractional_matrix_power(np.corrcoef(x[is_control], rowvar=False), -0.5)


REFERENCES = {
    "tvn-efaar": reference_efaar,
    "tvn-csarmbn": reference_csarmbn,
    "tvn-ando2017": reference_ando2017,
    "coral": reference_coral,
    "sphering": reference_sphering,
}


def align(name: str, x: np.ndarray, batches: np.ndarray, is_control: np.ndarray) -> np.ndarray:
    return fit_alignment(x[is_control], batches[is_control], name).transform(x, batches)


@pytest.mark.parametrize("name", ALIGNMENTS)
def test_agrees_with_its_definition_up_to_the_sign_of_components(name: str) -> None:
    data = make_batches()
    expected, found = REFERENCES[name](*data), align(name, *data)
    signs = np.sign((expected * found).sum(axis=0))
    np.testing.assert_allclose(found * signs, expected, atol=1e-9)


@pytest.mark.parametrize("name", ALIGNMENTS)
def test_gram_matrices_agree_whatever_the_axes(name: str) -> None:
    data = make_batches(seed=1)
    expected, found = REFERENCES[name](*data), align(name, *data)
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, rtol=1e-9, atol=1e-8)


def test_the_variants_of_tvn_are_not_one_method() -> None:
    data = make_batches()
    grams = [align(name, *data) for name in ("tvn-efaar", "tvn-csarmbn", "tvn-ando2017")]
    products = [z @ z.T for z in grams]
    scale = np.linalg.norm(products[1])
    assert np.linalg.norm(products[0] - products[1]) / scale > 0.1
    assert np.linalg.norm(products[2] - products[1]) / scale > 0.1


@pytest.mark.parametrize("name", ["tvn-csarmbn", "coral"])
def test_centred_variants_leave_no_mean_in_any_batch(name: str) -> None:
    x, batches, is_control = make_batches()
    z = align(name, x, batches, is_control)
    for batch in set(batches):
        np.testing.assert_allclose(z[(batches == batch) & is_control].mean(axis=0), 0, atol=1e-10)


def test_sphering_makes_controls_white() -> None:
    x, batches, is_control = make_batches()
    z = align("sphering", x, batches, is_control)
    np.testing.assert_allclose(np.cov(z[is_control], rowvar=False, ddof=0), np.eye(SIZE), atol=1e-8)


def test_a_batch_that_comes_later_is_aligned_as_if_fitted_with_the_shared_part_known() -> None:
    x, batches, is_control = make_batches()
    is_old = batches != "P3"
    old = fit_alignment(x[is_control & is_old], batches[is_control & is_old], "tvn-csarmbn")
    later = old.with_batch("P3", x[is_control & ~is_old])
    np.testing.assert_array_equal(
        later.transform(x[is_old], batches[is_old]), old.transform(x[is_old], batches[is_old])
    )
    z = later.transform(x, batches)
    np.testing.assert_allclose(z[is_control & ~is_old].mean(axis=0), 0, atol=1e-10)
    assert set(later.batches) - set(old.batches) == {"P3"}


def test_a_batch_fitted_again_is_what_it_was() -> None:
    x, batches, is_control = make_batches()
    first = fit_alignment(x[is_control], batches[is_control], "tvn-ando2017")
    again = first.with_batch("P1", x[is_control & (batches == "P1")])
    np.testing.assert_allclose(again.transform(x, batches), first.transform(x, batches), atol=1e-12)


@pytest.mark.parametrize("name", ALIGNMENTS)
def test_fewer_controls_than_dimensions_are_shrunk_and_said(name: str) -> None:
    x, batches, is_control = make_batches(n_controls=3, size=20)
    alignment = fit_alignment(x[is_control], batches[is_control], name)
    z = alignment.transform(x, batches)
    assert np.isfinite(z).all()
    assert np.abs(z).max() < 1e3
    assert any("20 dimensions" in note for note in alignment.notes)


def test_many_controls_need_no_note() -> None:
    x, batches, is_control = make_batches()
    assert fit_alignment(x[is_control], batches[is_control], "tvn-efaar").notes == ()


def test_a_dead_dimension_is_no_catastrophe() -> None:
    x, batches, is_control = make_batches()
    x[:, 2] = 4.0
    for name in ALIGNMENTS:
        z = align(name, x, batches, is_control)
        assert np.isfinite(z).all()
        assert np.abs(z).max() < 1e3


def test_ledoit_wolf_agrees_with_scikit_learn() -> None:
    values = np.random.default_rng(2).normal(size=(9, 30)) * np.arange(1, 31)
    expected = LedoitWolf().fit(values)
    found, share = ledoit_wolf(values)
    assert share == pytest.approx(expected.shrinkage_)
    np.testing.assert_allclose(found, expected.covariance_, rtol=1e-9, atol=1e-12)


@given(st.integers(0, 1000), st.sampled_from([-0.5, 0.5, 2.0]))
def test_powers_agree_with_scipy(seed: int, exponent: float) -> None:
    square = np.random.default_rng(seed).normal(size=(5, 5))
    matrix = square @ square.T + np.eye(5)
    np.testing.assert_allclose(power_of(matrix, exponent), fractional_matrix_power(matrix, exponent), rtol=1e-7)


@settings(max_examples=10)
@given(st.permutations(range(N_BATCHES * (N_CONTROLS + N_TREATED))))
def test_the_order_of_fields_does_not_matter(order: list[int]) -> None:
    x, batches, is_control = make_batches()
    z = align("tvn-csarmbn", x, batches, is_control)
    shuffled = align("tvn-csarmbn", x[order], batches[order], is_control[order])
    np.testing.assert_allclose(shuffled @ shuffled.T, (z @ z.T)[np.ix_(order, order)], atol=1e-7)


@pytest.mark.parametrize("name", ALIGNMENTS)
def test_a_file_gives_back_what_was_fitted(name: str, tmp_path: Path) -> None:
    x, batches, is_control = make_batches(n_controls=5)
    alignment = fit_alignment(x[is_control], batches[is_control], name)
    save_alignment(alignment, tmp_path / "a.safetensors")
    loaded = load_alignment(tmp_path / "a.safetensors")
    assert loaded.recipe == alignment.recipe
    assert loaded.notes == alignment.notes
    np.testing.assert_array_equal(loaded.transform(x, batches), alignment.transform(x, batches))
    later = x[batches == "P0"]
    np.testing.assert_array_equal(
        loaded.with_batch("new", later).transform(x[:3], ["new"] * 3),
        alignment.with_batch("new", later).transform(x[:3], ["new"] * 3),
    )


def test_other_files_are_refused(tmp_path: Path) -> None:
    save_file({"a": np.zeros(2)}, tmp_path / "other.safetensors")
    (tmp_path / "broken.safetensors").write_bytes(b"\x80\x04pickle")
    with pytest.raises(FileError, match="holds no alignment"):
        load_alignment(tmp_path / "other.safetensors")
    for name in ("broken.safetensors", "absent.safetensors"):
        with pytest.raises(FileError, match="cannot be read as an alignment"):
            load_alignment(tmp_path / name)
    x, batches, is_control = make_batches()
    fitted = fit_alignment(x[is_control], batches[is_control], "coral")
    with pytest.raises(SaveError, match="cannot be written"):
        save_alignment(fitted, tmp_path / "broken.safetensors" / "a.safetensors")


def test_what_cannot_be_aligned_is_refused_in_words() -> None:
    x, batches, is_control = make_batches()
    alignment = fit_alignment(x[is_control], batches[is_control], "coral")
    with pytest.raises(ArgumentError, match="batch 'P9' has not been fitted; fitted are P0, P1"):
        alignment.transform(x[:1], ["P9"])
    with pytest.raises(ArgumentError, match=r"shape \(1, 3\); \(n, 7\) is needed"):
        alignment.transform(np.zeros((1, 3)), ["P0"])
    with pytest.raises(ArgumentError, match="'one' has 1 negative control; an alignment needs 2"):
        fit_alignment(x[:3], ["two", "two", "one"], "coral")
    x[3, 0] = np.nan
    with pytest.raises(ArgumentError, match="1 of 208 embeddings hold NaN"):
        fit_alignment(x, batches, "coral")


def test_tvn_alone_means_the_variant_that_centres_each_batch() -> None:
    assert find_alignment("tvn").name == "tvn-csarmbn"
    with pytest.raises(MethodError, match="no alignment 'combat'; there are tvn-efaar, tvn-csarmbn"):
        find_alignment("combat")
