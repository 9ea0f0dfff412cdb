"""The part of a picture that is looked at, turned upright, and the way back. Looks at nothing."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.capture import Picture

ROTATIONS: dict[int, int | None] = {
    0: None,
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
"""Degrees, clockwise, to what OpenCV calls that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """The part of a picture that is looked at, as shares of its width and height, before it is turned."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    def box(self, picture: Picture) -> tuple[int, int, int, int]:
        """Return left, top, right, bottom in px, for at least one point of the picture."""
        height, width = picture.shape[:2]
        x, y = min(int(self.left * width), width - 1), min(int(self.top * height), height - 1)
        return x, y, max(x + 1, round(self.right * width)), max(y + 1, round(self.bottom * height))


WHOLE = Region()


def cut(picture: Picture, region: Region = WHOLE, rotation: int = 0) -> Picture:
    """
    Return that part of the picture, turned clockwise by 0, 90, 180 or 270 degrees.

    Not a copy where nothing is turned: what is painted on it is painted on the picture.
    """
    left, top, right, bottom = region.box(picture)
    part, how = picture[top:bottom, left:right], ROTATIONS[rotation]
    return part if how is None else np.asarray(cv2.rotate(part, how), dtype=np.uint8)


def back(
    points: NDArray[np.float32], picture: Picture, region: Region = WHOLE, rotation: int = 0
) -> NDArray[np.float32]:
    """
    Return where points of the cut are in the whole picture.

    Args:
        points: x, y in px of what `cut` returned, shape (..., 2).
        picture: What was given to `cut`.
        region: The same as there.
        rotation: The same as there.

    """
    left, top, right, bottom = region.box(picture)
    x, y = points[..., 0], points[..., 1]
    last_x, last_y = right - left - 1, bottom - top - 1
    turned = {0: (x, y), 90: (y, last_y - x), 180: (last_x - x, last_y - y), 270: (last_x - y, x)}[rotation]
    return np.stack([turned[0] + left, turned[1] + top], axis=-1).astype(np.float32)
