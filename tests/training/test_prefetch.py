"""One item is prepared ahead, never two; order and errors are kept."""

import threading

import pytest

from napari_ben.training._prefetch import prefetch


def test_one_item_is_prepared_ahead_of_the_caller():
    drawn: list[int] = []

    def draw():
        for number in range(5):
            drawn.append(number)
            yield number

    seen = []
    for ready in prefetch(draw(), lambda number: 10 * number):
        seen.append(ready)
        assert len(drawn) == min(5, len(seen) + 1)
    assert seen == [0, 10, 20, 30, 40]


def test_the_next_item_is_prepared_while_the_caller_works():
    begun = [threading.Event() for _ in range(3)]
    ready = prefetch(begun, lambda event: event.set())
    next(ready)
    assert begun[1].wait(timeout=30)
    assert not begun[2].is_set()
    ready.close()


def test_an_error_reaches_the_caller_in_its_turn():
    ready = prefetch([1, 0, 1], lambda number: 1 // number)
    assert next(ready) == 1
    with pytest.raises(ZeroDivisionError):
        next(ready)


def test_nothing_to_prepare_is_nothing():
    assert list(prefetch([], str)) == []
