"""Whatever lies in a run file, a model card, a platemap or a selection: a value comes of it, or words."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_ben.errors import NapariBenError
from napari_ben.models import Model, load_model
from napari_ben.plates import FORMATS, Plate, plate_from_arrays, read_platemap, select_wells
from napari_ben.workflow import predict, read_run
from napari_ben.workflow._rerun import plan_rerun

from .conftest import WELLS, write_model

bounded = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["", "A01", "A1-H12", "role:x", "cs-arm-bn", "../../etc", "C:\\", "nan", "1e999", "\ud800", "\x00"]
    ),
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
ROLES = ["treatment", "negative_control", "positive_control", "empty"]


def make_plate() -> Plate:
    random = np.random.default_rng(0)
    images = {well: random.gamma(2, 400, (1, 2, 32, 32)).astype(np.uint16) for well in WELLS}
    roles = {well: "negative_control" if well.endswith("01") else "treatment" for well in WELLS}
    return plate_from_arrays(images, ["ch1", "ch2"], name="P1", roles=roles)


PLATE = make_plate()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load_model(write_model(tmp_path_factory.mktemp("model") / "tiny.safetensors"))


@pytest.fixture(scope="module")
def run_text(tiny: Model, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A true run file."""
    folder = tmp_path_factory.mktemp("run")
    predict(PLATE, tiny, "cs-arm-bn", "controls").save(folder, ["csv"])
    return (folder / "run.json").read_text()


def places(content: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Give the way to every value of a document."""
    parts = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [way for key, part in parts for way in [(*here, key), *places(part, (*here, key))]]


def changed(content: Any, draw: Callable[[Any], Any]) -> Any:
    """Replace, remove or add a few values anywhere in a document."""
    content = json.loads(json.dumps(content))
    for _ in range(draw(st.integers(1, 3))):
        ways = places(content)
        *parents, last = draw(st.sampled_from(ways))
        part = content
        for key in parents:
            part = part[key]
        what = draw(st.sampled_from(["replace", "remove", "add"]))
        if what == "remove" and isinstance(part, dict):
            del part[last]
        elif what == "add" and isinstance(part, dict):
            part[draw(st.text(max_size=5))] = draw(JSON)
        else:
            part[last] = draw(JSON)
    return content


@given(data=st.data())
@bounded
def test_run_files(run_text: str, tiny: Model, tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(changed(json.loads(run_text), data.draw)))
    try:
        plan = plan_rerun(read_run(path), plate=PLATE, model=tiny)
    except NapariBenError:
        return
    assert plan.model.sha256 == tiny.sha256


@given(content=st.binary(max_size=200) | st.text(alphabet='{}[]",:0123456789e', max_size=60).map(str.encode))
@bounded
def test_run_files_that_are_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(NapariBenError, match=r"run\.json"):
        read_run(path)


def test_a_run_file_without_end(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("[" * 100_000)
    with pytest.raises(NapariBenError, match="is not JSON"):
        read_run(path)


def repacked(content: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """Write a model's header again with something changed."""
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


@given(data=st.data())
@bounded
def test_model_cards(tiny: Model, tmp_path: Path, data: st.DataObject) -> None:
    def change(header: dict[str, Any]) -> None:
        metadata = changed(json.loads(header["__metadata__"]["napari_ben"]), data.draw)
        header["__metadata__"]["napari_ben"] = json.dumps(metadata)

    path = tmp_path / "changed.safetensors"
    path.write_bytes(repacked(tiny.path.read_bytes(), change))
    try:
        model = load_model(path)
        model.network()
    except NapariBenError:
        return
    assert model.card.architecture == "resnet10"


@given(data=st.data())
@bounded
def test_model_headers(tiny: Model, tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "changed.safetensors"

    def change(header: dict[str, Any]) -> None:
        new = changed(header, data.draw)
        header.clear()
        header.update(new)

    path.write_bytes(repacked(tiny.path.read_bytes(), change))
    try:
        network = load_model(path).network()
    except NapariBenError:
        return
    assert not network.training


CELLS = st.sampled_from(["A01", "a-1", "H12", "P24", "AF48", "Z99", "well", "role", "treatment", "DMSO", "", " ", '"'])
TABLE = st.lists(st.lists(CELLS | st.text(max_size=6), min_size=1, max_size=5), min_size=1, max_size=8)


@st.composite
def tables(draw: Callable[[Any], Any]) -> bytes:
    """Tables of odd cells, in any separator and encoding."""
    separator, end = draw(st.sampled_from([",", ";", "\t", "|", " "])), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = end.join(separator.join(row) for row in draw(TABLE))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252"]))
    return text.encode(encoding, errors="replace")


@given(content=st.binary(max_size=120) | tables(), suffix=st.sampled_from([".csv", ".tsv", ".txt", ".xlsx", ".json"]))
@bounded
def test_platemaps(content: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"map{suffix}"
    path.write_bytes(content)
    try:
        plate = PLATE.with_platemap(read_platemap(path))
    except NapariBenError:
        return
    assert set(plate.wells.index) >= set(WELLS)


WORDS = st.sampled_from(
    [
        "A1",
        "A*",
        "*",
        "*12",
        "A1-C3",
        "H99",
        "AF48",
        "!",
        ",",
        ":",
        "-",
        " ",
        '"',
        "role:",
        "treatment:",
        "empty",
        "\x00",
    ]
)
NAMED = plate_from_arrays(dict.fromkeys(["A01", "B02"], np.zeros((1, 1, 4, 4), np.uint8)), format=FORMATS[96], name="P")


@given(text=st.text(max_size=30) | st.lists(WORDS, max_size=12).map("".join))
@settings(max_examples=200, deadline=None)
def test_selections(text: str) -> None:
    try:
        chosen = select_wells(text, NAMED)
    except NapariBenError:
        return
    assert set(chosen) <= {"A01", "B02"}
