"""Which predictions the embedding shows while others are on their way."""

import numpy as np
import pytest

from napari_ben.session import RunState, Session
from napari_ben.widgets._points import placed, points, shown_layout


@pytest.fixture
def rerun(ready, predict) -> Session:
    """A plate that was laid out, and of which a second run has finished a few wells."""
    plate = ready.state.plate
    key = (plate.path, plate.view)
    before = predict(plate).with_layout("UMAP", np.zeros((24, 2)))
    now = predict(plate, ["A01", "A02"], complete=False)
    ready._set(results={key: now}, places={key: before}, run=RunState("running"))
    return ready


def test_points_stand_where_they_stood_until_their_new_places_are_known(rerun, predict):
    state = rerun.state
    assert placed(state) is state.placed
    assert len(points(state)) == 24
    whole = predict(state.plate).with_layout("PCA", np.ones((24, 2)))
    rerun._set(results=dict.fromkeys(state.results, whole), run=RunState(), layout_note="UMAP: laying out")
    assert placed(rerun.state) is state.placed
    rerun._set(layout_note="")
    assert placed(rerun.state) is whole
    assert shown_layout(rerun.state) == "PCA"


def test_a_layout_that_is_there_is_shown(rerun, predict):
    whole = predict(rerun.state.plate).with_layout("UMAP", np.ones((24, 2)))
    rerun._set(results=dict.fromkeys(rerun.state.results, whole))
    assert placed(rerun.state) is whole


def test_without_earlier_places_there_is_nothing_to_wait_at(rerun):
    rerun._set(places={})
    assert placed(rerun.state) is rerun.state.predictions
    assert len(points(rerun.state)) == 0
