"""One contract for all methods, and the weights of the one that has any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ben import methods
from napari_ben.errors import MethodError
from napari_ben.methods import DEFAULT_CONTROL_WEIGHT, METHODS

ALL = list(METHODS.values())
IN_CONTEXT = np.array([True, False, True, False, False])


@pytest.mark.parametrize("method", ALL, ids=METHODS)
def test_every_method_is_one_of_a_kind(method):
    assert METHODS[method.name] is method
    assert method.title
    assert method.sentence.endswith(".")
    weights = method.weigh(IN_CONTEXT, DEFAULT_CONTROL_WEIGHT)
    assert weights.shape == IN_CONTEXT.shape
    assert weights.dtype == np.float64
    assert (weights >= 0).all()
    assert method.uses_queries == bool(weights[~IN_CONTEXT].any())
    assert (method.name == "none") == (not weights.any())


def test_the_published_contexts():
    assert {name: method.default_context for name, method in METHODS.items()} == {
        "none": None,
        "ben": "plate",
        "cs-arm-bn": "controls",
        "controls": "controls",
        "arm-bn": "plate",
        "custom": None,
    }


@given(n_controls=st.integers(1, 20), n_queries=st.integers(1, 20), share=st.floats(0, 1))
def test_controls_keep_their_share_however_many_queries_there_are(n_controls, n_queries, share):
    in_context = np.arange(n_controls + n_queries) < n_controls
    weights = METHODS["cs-arm-bn"].weigh(in_context, share)
    assert weights[in_context].sum() == pytest.approx(share)
    assert weights[~in_context].sum() == pytest.approx(1 - share)


def test_the_default_is_the_published_training_batch():
    assert DEFAULT_CONTROL_WEIGHT == 128 / 192


def test_without_queries_the_controls_are_all_there_is():
    np.testing.assert_allclose(METHODS["cs-arm-bn"].weigh(np.ones(4, bool), 0.3), 0.25)


def test_counting_lets_every_image_count_once():
    assert (METHODS["cs-arm-bn"].weigh(IN_CONTEXT, "count") == 1).all()


def test_without_controls_there_is_no_cs_arm_bn():
    with pytest.raises(MethodError, match="needs controls, and none of the 3 images is one"):
        METHODS["cs-arm-bn"].weigh(np.zeros(3, bool), 0.5)


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan"), "half", None])
def test_weights_that_are_no_share_are_refused(weight):
    with pytest.raises(MethodError, match="a number from 0 to 1, or 'count', is allowed"):
        METHODS["cs-arm-bn"].weigh(IN_CONTEXT, weight)


def test_public_names_all_resolve():
    assert sorted(dir(methods)) == sorted(methods.__all__)
    assert all(getattr(methods, name) is not None for name in methods.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        methods.nothing  # noqa: B018 # looking is the test
