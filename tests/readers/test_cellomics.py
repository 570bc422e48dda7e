"""Images of Cellomics' readers, written as they are described."""

import struct
import zlib

import numpy as np
import pytest

from napari_ben.errors import PlateError
from napari_ben.readers import open_plate
from napari_ben.readers._image_files import read_header, read_pixels


def dib(pixels, width=None, height=None, bits=None, packing=0):
    rows, columns = pixels.shape
    sizes = (40, width or columns, height or rows, 1, bits or 8 * pixels.itemsize, packing)
    return struct.pack("<iiiHHi", *sizes) + bytes(32) + pixels.tobytes()


def c01(content):
    return bytes([16, 0, 0, 0]) + zlib.compress(content)


PIXELS = np.arange(5 * 7, dtype=np.uint16).reshape(5, 7) * 700


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("name", "pack"), [("a.DIB", bytes), ("a.C01", c01)])
def test_what_is_written_is_read(name, pack, dtype, tmp_path):
    pixels = (PIXELS // 257).astype(dtype) if dtype == np.uint8 else PIXELS
    (tmp_path / name).write_bytes(pack(dib(pixels)))
    header = read_header(tmp_path / name)
    assert (header.shape, header.dtype, header.bands) == ((5, 7), dtype, 1)
    assert np.array_equal(read_pixels(tmp_path / name), pixels)


def test_a_plate(tmp_path):
    for well in ("A01", "B02"):
        for channel in (0, 1):
            (tmp_path / f"MFGTMP_141029170001_{well}f00d{channel}.C01").write_bytes(c01(dib(PIXELS + channel)))
    plate = open_plate(tmp_path)
    assert (plate.channels, plate.shape, plate.dtype, plate.problems) == (("d0", "d1"), (5, 7), np.uint16, ())
    assert np.array_equal(plate.read_field(1), [PIXELS, PIXELS + 1])


DAMAGED = [
    ("a.C01", b"", "incomplete|header"),
    ("a.C01", b"\x10\0\0\0nothing", "incorrect header check"),
    ("a.DIB", dib(PIXELS)[:60], "8 of 70 bytes of pixels"),
    ("a.C01", c01(dib(PIXELS)[:60]), "8 of 70 bytes of pixels"),
    ("a.DIB", dib(PIXELS, width=2**31 - 1, height=2**31 - 1), "a size of 2147483647 × 2147483647"),
    ("a.DIB", dib(PIXELS, width=-1), "a size of -1"),
    ("a.DIB", dib(PIXELS, bits=24), "24 bits a pixel"),
    ("a.DIB", dib(PIXELS, packing=1), "packing 1"),
    ("a.DIB", b"BM", "no bitmap header"),
]


@pytest.mark.parametrize(("name", "content", "words"), DAMAGED)
def test_damaged_images_are_refused_in_words(name, content, words, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PlateError, match=rf"cannot be read: the file is cut short or damaged .*(?:{words})"):
        read_pixels(tmp_path / name)


def test_a_stream_that_unpacks_to_gigabytes_is_unpacked_no_further_than_its_image(tmp_path):
    (tmp_path / "a.C01").write_bytes(c01(dib(PIXELS) + bytes(50_000_000)))
    assert np.array_equal(read_pixels(tmp_path / "a.C01"), PIXELS)


def test_an_absent_image_is_said(tmp_path):
    with pytest.raises(PlateError, match=r"is not in .* any more"):
        read_pixels(tmp_path / "a.C01")
