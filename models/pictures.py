"""Any picture made one that the models can look at, or refused in words. Looks for nothing in it."""

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.capture import Picture

SIDE_MAX_PX = 32_766
"""OpenCV turns and moves no larger ones."""
_GREY, _COLOURS, _WITH_ALPHA = 1, 3, 4

Blob = NDArray[np.float32]
"""(pictures, 3, rows, columns), 0 to 255: a picture as a network takes it."""


class PictureUnusable(Exception):
    """This is no picture that a face could be looked for in. The message says why."""


class Net(Protocol):
    """A network, ready to run."""

    def run(self, **inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return its outputs, in the order the model names them."""
        ...


def usable(picture: Picture) -> Picture:
    """
    Return the picture as rows, columns and three colours (BGR); itself if it is so already.

    Raises:
        PictureUnusable: No numbers from 0 to 255, no point at all, too large, or not grey, BGR or BGR with alpha.

    """
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8:
        kind = getattr(picture, "dtype", type(picture).__name__)
        raise PictureUnusable(f"a picture of {kind}; give 8 bits for each colour (uint8, 0 to 255)")
    colours = picture.shape[2] if picture.ndim == _COLOURS else _GREY
    if picture.ndim not in {2, 3} or colours not in {_GREY, _COLOURS, _WITH_ALPHA}:
        raise PictureUnusable(f"a picture of shape {picture.shape}; give rows, columns and 1, 3 or 4 colours")
    if not 0 < min(picture.shape[:2]) <= max(picture.shape[:2]) <= SIDE_MAX_PX:
        rows, columns = picture.shape[:2]
        raise PictureUnusable(f"a picture of {columns} x {rows} px; give 1 to {SIDE_MAX_PX} px a side")
    if colours == _COLOURS:
        return picture
    how = cv2.COLOR_GRAY2BGR if colours == _GREY else cv2.COLOR_BGRA2BGR
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(picture), how), dtype=np.uint8)


def shrunk(picture: Picture, divisor: int) -> Picture:
    """Return the picture with sides so many times shorter (a power of two), at least 1 px; points are averaged."""
    while divisor > 1:
        rows, columns = picture.shape[:2]
        # By two at a time: OpenCV averages four points ten times faster than any other number.
        half = picture[: max(1, rows // 2 * 2), : max(1, columns // 2 * 2)]
        size = max(1, columns // 2), max(1, rows // 2)
        picture = np.asarray(cv2.resize(half, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        divisor //= 2
    return picture


def blob_of(picture: Picture, *, is_rgb: bool, multiple: int = 1) -> Blob:
    """Return the BGR picture as (1, 3, rows, columns), black at the right and below up to a multiple of so many px."""
    rows, columns = picture.shape[:2]
    blob = np.zeros((1, 3, -(-rows // multiple) * multiple, -(-columns // multiple) * multiple), dtype=np.float32)
    for place, colour in enumerate((2, 1, 0) if is_rgb else (0, 1, 2)):
        blob[0, place, :rows, :columns] = picture[:, :, colour]
    return blob
