"""What opening costs, in opens and listings: on a network share each takes milliseconds."""

import sys
import threading
import time
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest
from lookalikes import named, xml_plates

from napari_ben.readers import open_plate, open_screen

EVENTS = {"open", "os.scandir", "os.listdir"}
LATENCY = 0.005


class Share:
    """Counts what is opened and listed below a folder, and lets each take its time."""

    def __init__(self) -> None:
        self.folder = ""
        self.paths: list[str] = []
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()
        sys.addaudithook(self._hook)  # cannot be taken away again: it does nothing while there is no folder

    def _hook(self, event: str, arguments: tuple) -> None:
        if not self.folder or event not in EVENTS or not str(arguments[0]).startswith(self.folder):
            return
        with self._lock:
            self.paths.append(str(arguments[0]))
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
        time.sleep(LATENCY)
        with self._lock:
            self.at_once -= 1

    @contextmanager
    def below(self, folder: Path):
        self.folder, self.paths, self.most_at_once = str(folder), [], 0
        try:
            yield self
        finally:
            self.folder = ""


SHARE = Share()


def planes_of(n_rows: int, n_fields: int, n_channels: int = 2):
    wells = [f"{row}{column:02d}" for row in "ABCDEFGH"[:n_rows] for column in range(1, 13)]
    return list(product(wells, range(1, n_fields + 1), range(1, n_channels + 1), [1], [1]))


def by_name(template):
    return lambda folder, planes: named.write_names(named.NAMES[template], folder, planes)


def harmony(folder, planes):
    return xml_plates.write_harmony(folder, named.named_channels(planes))


# layout, opens and listings that any plate may cost, and those a well may cost
COSTS = {
    "phenix": (by_name("phenix"), 16, 0),
    "sbs": (by_name("sbs"), 16, 0),
    "imagexpress": (by_name("imagexpress"), 24, 0),
    "harmony": (harmony, 24, 0),
    "ome-zarr": (named.write_ome_zarr, 60, 2),
    "image table": (named.write_image_table, 16, 0),
}


@pytest.mark.parametrize(("write", "constant", "a_well"), COSTS.values(), ids=COSTS)
def test_opening_costs_the_same_however_many_fields_there_are(write, constant, a_well, tmp_path):
    for n_fields in (1, 3):
        folder = write(tmp_path / str(n_fields), planes_of(1, n_fields))
        with SHARE.below(tmp_path) as share:
            open_plate(folder)
        assert len(share.paths) <= constant + 12 * a_well, sorted(share.paths)
        assert len({path for path in share.paths if share.paths.count(path) > 5}) == 0


def test_wells_of_a_zarr_plate_are_asked_for_at_once(tmp_path):
    folder = named.write_ome_zarr(tmp_path / "plate.zarr", planes_of(2, 1, 1))
    with SHARE.below(tmp_path) as share:
        open_plate(folder)
    assert share.most_at_once >= 8


def test_plates_of_a_screen_are_asked_for_at_once(tmp_path):
    for number in range(8):
        named.write_names(named.NAMES["phenix"], tmp_path / f"screen/plate{number}", planes_of(1, 1, 1)[:6])
    with SHARE.below(tmp_path) as share:
        assert len(open_screen(tmp_path / "screen")) == 8
    assert share.most_at_once >= 4
