"""Reading at the pace of the storage."""

import threading
import time

import pytest

from napari_ben.session._pace import READERS, read_paced


@pytest.mark.parametrize(("seconds", "n_threads"), [(0.001, {1}), (0.005, set(range(2, READERS + 2)))])
def test_several_threads_read_where_reading_is_slow_and_order_is_kept(monkeypatch, seconds, n_threads):
    readers, clock = set(), [0.0]
    monkeypatch.setattr("napari_ben.session._pace.perf_counter", lambda: clock[0])

    def read(job):
        readers.add(threading.get_ident())
        clock[0] += seconds
        time.sleep(0.001)  # lets the others have their turn
        return 2 * job

    assert list(read_paced(read, range(50))) == [(job, 2 * job) for job in range(50)]
    assert len(readers) in n_threads
    assert list(read_paced(read, [])) == []


def test_whoever_stops_listening_stops_the_reading():
    done = []
    work = read_paced(done.append, range(50))
    next(work)
    work.close()
    assert done == [0]
