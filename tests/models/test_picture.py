"""A file that somebody hands in is decoded within limits, upright, and whole or not at all."""

import contextlib
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.picture import BYTES_MAX, SIDE_MAX_PX, decoded
from models.pictures import PictureUnusable

# Dark, but for its first quarter.
PICTURE = np.zeros((60, 40, 3), np.uint8)
PICTURE[:30, :20] = 200


def encoded(kind: str, picture: np.ndarray = PICTURE) -> bytes:
    return cv2.imencode(kind, picture)[1].tobytes()


def with_exif(jpeg: bytes, *, orientation: int, thumbnail: bytes = b"") -> bytes:
    tiff = b"II*\x00\x08\x00\x00\x00\x01\x00" + struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0) + bytes(4)
    body = b"Exif\x00\x00" + tiff + thumbnail
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def png_of(columns: int, rows: int) -> bytes:
    """Return a PNG that says to be so large."""
    whole = encoded(".png")
    head = b"IHDR" + struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    return whole[:12] + head + struct.pack(">I", zlib.crc32(head)) + whole[33:]


@pytest.mark.parametrize("kind", [".jpg", ".png"])
def test_a_picture_comes_as_it_was(kind: str) -> None:
    assert np.abs(decoded(encoded(kind)).astype(int) - PICTURE).max() <= 40


def test_grey_deep_and_transparent_pictures_become_three_colours_of_8_bits() -> None:
    forms = [PICTURE[:, :, 0], PICTURE.astype(np.uint16) * 257, cv2.cvtColor(PICTURE, cv2.COLOR_BGR2BGRA)]

    for form in forms:
        assert np.array_equal(PICTURE, decoded(encoded(".png", form)))


@pytest.mark.parametrize(("orientation", "bright"), [(1, (10, 5)), (3, (50, 35)), (6, (10, 50)), (8, (35, 5))])
def test_a_telephones_picture_is_turned_upright(orientation: int, bright: tuple[int, int]) -> None:
    """Telephones store what the sensor saw and write down how they were held."""
    picture = decoded(with_exif(encoded(".jpg"), orientation=orientation))

    assert picture[bright].min() > 150


def test_a_large_picture_is_made_smaller() -> None:
    picture = decoded(encoded(".png", np.zeros((100, 2 * SIDE_MAX_PX, 3), np.uint8)))

    assert (50, SIDE_MAX_PX, 3) == picture.shape


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "an empty file"),
        (b"GIF89a", "neither a JPEG nor a PNG"),
        (bytes(BYTES_MAX + 1), "larger than 64 MiB"),
        (png_of(60_000, 60_000), "60000 x 60000 px: more than 50 million"),
        (png_of(0, 5), "0 x 5 px"),
        (encoded(".png")[:-20], "cut off"),
        (encoded(".jpg")[:-2], "cut off"),
        (encoded(".jpg")[:100], "cut off"),
        (b"\xff\xd8\xff\xe0\x00\x04ab..", "cut off"),
        (b"\xff\xd8\xff\xe0\x00\x04ab" + b"no segment", "segments do not join"),
    ],
)
def test_what_cannot_be_used_is_told(data: bytes, says: str) -> None:
    with pytest.raises(PictureUnusable, match=says):
        decoded(data)


def test_the_end_of_a_thumbnail_is_not_the_end_of_the_picture() -> None:
    """A cut photograph of a telephone still has the whole small picture at its begin."""
    whole = with_exif(encoded(".jpg"), orientation=1, thumbnail=encoded(".jpg"))

    assert PICTURE.shape == decoded(whole).shape
    with pytest.raises(PictureUnusable, match="cut off"):
        decoded(whole[:-10])


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]))
def test_any_bytes_are_a_picture_or_unusable(data: bytes, begin: bytes) -> None:
    picture = None
    with contextlib.suppress(PictureUnusable):
        picture = decoded(begin + data)

    assert picture is None or (3, np.uint8) == (picture.ndim, picture.dtype)
