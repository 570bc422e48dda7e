"""Chunks read directly are what the Zarr library reads, or are left to it."""

import json

import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_ben.readers._zarr_chunks import open_plain

V2 = [
    None,
    {"id": "zlib"},
    {"id": "blosc", "cname": "lz4", "shuffle": 1},
    {"id": "zstd"},
    {"id": "gzip"},
    {"id": "lz4"},
]
V3 = [
    [],
    [{"name": "gzip", "configuration": {"level": 1}}],
    [{"name": "zstd", "configuration": {"level": 1, "checksum": False}}],
    [{"name": "blosc", "configuration": {"cname": "zstd", "clevel": 5, "shuffle": "bitshuffle", "typesize": 2}}],
]
COMMON = {"dtypes": ["u1", "<u2", ">u2", "<f4"], "seps": [".", "/"]}


def write(folder, image, chunks, version, compressor, separator):
    """An array with one chunk left out."""
    options = {"compressors": compressor or None}
    if version == 2:
        options["chunk_key_encoding"] = {"name": "v2", "separator": separator}
    else:
        options["chunk_key_encoding"] = {"name": "default", "configuration": {"separator": separator}}
    array = zarr.create_array(
        str(folder), shape=image.shape, dtype=image.dtype, chunks=chunks, zarr_format=version, fill_value=7, **options
    )
    array[: chunks[0]] = image[: chunks[0]]
    return array


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_same_as_the_zarr_library(data, tmp_path_factory):
    import numcodecs

    version = data.draw(st.sampled_from([2, 3]))
    shape = tuple(data.draw(st.lists(st.integers(1, 9), min_size=3, max_size=4)))
    chunks = tuple(data.draw(st.integers(1, side + 2)) for side in shape)
    dtype = np.dtype(data.draw(st.sampled_from(COMMON["dtypes"])))
    compressor = data.draw(st.sampled_from(V2 if version == 2 else V3))
    if version == 2 and compressor:
        compressor = numcodecs.get_codec(compressor)
    image = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    folder = tmp_path_factory.mktemp("array")
    array = write(folder, image, chunks, version, compressor, data.draw(st.sampled_from(COMMON["seps"])))
    plain = open_plain(folder, version)
    assert plain is not None
    index = (*(data.draw(st.integers(0, side - 1)) for side in shape[:-2]), slice(None), slice(None))
    assert np.array_equal(plain[index], array[index])


@pytest.mark.parametrize(
    "options",
    [
        {"shards": (4, 8, 8)},
        {"filters": [{"name": "transpose", "configuration": {"order": [2, 1, 0]}}]},
        {"compressors": [{"name": "crc32c"}]},
        {"zarr_format": 2, "order": "F"},
    ],
)
def test_what_is_not_plain_is_left_to_the_zarr_library(options, tmp_path):
    options = {"zarr_format": 3, **options}
    zarr.create_array(str(tmp_path / "a"), shape=(4, 8, 8), chunks=(1, 8, 8), dtype="u2", **options)
    assert open_plain(tmp_path / "a", options["zarr_format"]) is None


def test_a_plate_of_shards_is_read(write_zarr):
    from napari_ben.readers import open_plate

    folder, pixels = write_zarr(wells=("A/1",), fields=("0",))
    image = pixels["A/1/0"]
    array = zarr.create_array(
        str(folder / "A/1/0/0"), shape=image.shape, chunks=(1, 8, 8), shards=image.shape, dtype="u2", overwrite=True
    )
    array[...] = image
    assert np.array_equal(open_plate(folder).read_field(0), image)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_parts_of_planes_are_those_of_the_zarr_library(data, tmp_path_factory):
    shape = tuple(data.draw(st.lists(st.integers(1, 9), min_size=2, max_size=4)))
    chunks = tuple(data.draw(st.integers(1, side + 2)) for side in shape)
    folder = tmp_path_factory.mktemp("array")
    array = write(folder, np.arange(np.prod(shape), dtype="<u2").reshape(shape), chunks, 3, [], "/")
    index = tuple(
        slice(*sorted(data.draw(st.tuples(st.integers(0, side), st.integers(0, side + 2)))))
        if data.draw(st.booleans())
        else data.draw(st.integers(0, side - 1))
        for side in shape
    )
    assert np.array_equal(open_plain(folder, 3)[index], array[index])


CLAIMS = [
    {"shape": [10**6, 10**6]},
    {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [10**9, 10**9]}}},
    {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [0, 4]}}},
    {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4]}}},
    {"shape": [10**5, 10**4], "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 1]}}},
    {"shape": [-4, 4]},
    {"shape": ["4", 4]},
    {"chunk_key_encoding": {"name": "default", "configuration": {"separator": "/../../"}}},
    {"chunk_key_encoding": "default"},
    {"codecs": []},
    {"codecs": "bytes"},
    {"data_type": "r800000000"},
    {"fill_value": "x"},
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_absurd_claims_are_refused_before_memory_is_taken(claim, tmp_path):
    zarr.create_array(str(tmp_path / "a"), shape=(8, 8), chunks=(4, 4), dtype="u2", zarr_format=3, compressors=None)
    path = tmp_path / "a/zarr.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | claim))
    with pytest.raises((ValueError, TypeError, AttributeError)):
        open_plain(tmp_path / "a", 3)[:, :]


def test_absurd_arrays_of_a_plate_are_refused_in_words(write_zarr):
    from napari_ben.errors import PlateError
    from napari_ben.readers import open_plate

    folder, _ = write_zarr(wells=("A/1", "A/2", "A/3"), fields=("0",))
    path = folder / "A/2/0/0/zarr.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"shape": [2, 10**6, 10**6]}))
    sharded = folder / "A/3/0/0"
    zarr.create_array(
        str(sharded), shape=(2, 10**6, 10**6), chunks=(1, 16, 16), shards=(1, 32, 32), dtype="u2", overwrite=True
    )
    plate = open_plate(folder)
    for row in (1, 2):
        with pytest.raises(PlateError, match=r"cannot be read: \d+ GiB in \d+ chunks is not the size of an image"):
            plate.read_plane(row, 0)
    assert plate.read_plane(0, 0).any()
