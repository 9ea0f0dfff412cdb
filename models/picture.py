"""A picture from the bytes of a file, within limits: JPEG and PNG. Opens no file, and looks for no face."""

import struct

import cv2
import numpy as np

from models.capture import Picture
from models.pictures import PictureUnusable, shrunk

BYTES_MAX = 64 * 1024 * 1024
PIXELS_MAX = 50_000_000
"""8k (33 million) goes; a file of a few bytes that unpacks to gigabytes does not."""
SIDE_MAX_PX = 2560
"""Larger pictures are made smaller: no detector needs more, and its memory grows with the area."""

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_MARK, _START_OF_SCAN, _END_OF_IMAGE = 0xFF, 0xDA, b"\xff\xd9"
_ADVICE = "save it anew as JPEG or PNG"


def decoded(data: bytes) -> Picture:
    """
    Return the picture, upright as its EXIF says, in BGR, no side longer than SIDE_MAX_PX.

    Grey pictures get three equal colours, 16 bits become 8, transparency is dropped.

    Raises:
        PictureUnusable: Not a JPEG or PNG, damaged, cut off, or too large.

    """
    if len(data) > BYTES_MAX:
        raise PictureUnusable(f"larger than {BYTES_MAX // 2**20} MiB; make it smaller")
    columns, rows = _size(data)
    if not columns or not rows:
        raise PictureUnusable(f"damaged: it says to be {columns} x {rows} px; {_ADVICE}")
    if columns * rows > PIXELS_MAX:
        raise PictureUnusable(f"{columns} x {rows} px: more than {PIXELS_MAX // 10**6} million; make it smaller")
    try:
        # Colours and the upright position: what cv2 does when asked for nothing else.
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as exc:
        raise PictureUnusable(f"damaged: cannot be decoded; {_ADVICE}") from exc
    if picture is None or not picture.size:
        raise PictureUnusable(f"damaged: cannot be decoded; {_ADVICE}")
    return shrunk(np.asarray(picture, dtype=np.uint8), max(picture.shape[:2]) / SIDE_MAX_PX)


def _size(data: bytes) -> tuple[int, int]:
    """Return columns and rows as the head says, before anything is unpacked."""
    if data.startswith(_PNG):
        return _size_of_png(data)
    if data.startswith(_JPEG):
        return _size_of_jpeg(data)
    raise PictureUnusable(f"neither a JPEG nor a PNG; {_ADVICE}" if data else "an empty file; copy it anew")


def _size_of_png(data: bytes) -> tuple[int, int]:
    if data[12:16] != b"IHDR" or b"IEND" not in data[-64:]:
        raise PictureUnusable("cut off: the end of the PNG is missing; copy it anew")
    columns, rows = struct.unpack(">II", data[16:24])
    return columns, rows


def _size_of_jpeg(data: bytes) -> tuple[int, int]:
    """
    Walk the segments to the scan.

    cv2 fills what is missing of a cut JPEG with grey and says nothing: half a face would be enrolled. In a scan, 0xff
    is always escaped, so the first end mark behind its start is the picture's own and not that of a thumbnail.
    """
    size, at = (0, 0), 2
    while at + 9 <= len(data):
        if data[at] != _MARK:
            raise PictureUnusable(f"damaged: its segments do not join; {_ADVICE}")
        kind = data[at + 1]
        if kind == _MARK:  # fill
            at += 1
            continue
        if kind in _START_OF_FRAME:
            rows, columns = struct.unpack(">HH", data[at + 5 : at + 9])
            size = columns, rows
        if kind == _START_OF_SCAN:
            if _END_OF_IMAGE not in data[at:]:
                break
            return size
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise PictureUnusable("cut off: the end of the JPEG is missing; copy it anew")
