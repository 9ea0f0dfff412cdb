"""Where eyes, nose and mouth of a found face are, finely: CenterFace on a cut around it. Finds no new faces."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.capture import Picture
from models.face import Face, Points
from models.pictures import Net, blob_of, shrunk

STRIDE = 4
"""px between the places at which the network looks."""
CUT_PX = 128
FACE_PX = 80.0
"""Longer side of the face in the cut."""
HEAT_MIN = 0.2
"""Below it the network sees no face in the middle of the cut, and the detector's points stay."""
_NEAR = 0.25
"""The face is looked for no further from the middle of the cut than this share of its side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A square of a picture around a face, scaled."""

    left: float
    """px of the picture, where the first column of the cut is."""
    top: float
    scale: float
    """px of the cut for each px of the picture."""

    def in_picture(self, points: Points) -> Points:
        """Return points of the cut as points of the picture."""
        corner = np.array([self.left, self.top], dtype=np.float32)
        # In a picture the middle of the first point is 0, its edge is -0.5: edges are what is scaled.
        return ((points + 0.5) / self.scale - 0.5 + corner).astype(np.float32)


class Landmarks:
    """Finds the five points again, better. Not for two threads at once."""

    def __init__(self, net: Net, *, cut_px: int = CUT_PX, face_px: float = FACE_PX) -> None:
        self._net = net
        self._cut_px, self._face_px = cut_px, face_px

    def refined(self, picture: Picture, face: Face) -> Face:
        """Return the face with finer points; as it is where they are not seen."""
        cut, small = cut_around(picture, face, cut_px=self._cut_px, face_px=self._face_px)
        heat, scale, offset, marks = self._net.run(**{"input.1": blob_of(small, is_rgb=True)})
        points = decoded(heat[0, 0], scale[0], offset[0], marks[0])
        return face if points is None else replace(face, points=cut.in_picture(points))


def cut_around(picture: Picture, face: Face, *, cut_px: int, face_px: float) -> tuple[Cut, Picture]:
    """Return the square of this side in which the face has this size, black outside of the picture."""
    scale = face_px / max(face.width, face.height, 1.0)
    left, top = (middle - cut_px / scale / 2 for middle in face.centre)
    right, bottom = (math.ceil(middle + cut_px / scale / 2) for middle in face.centre)
    x, y = max(0, math.floor(left)), max(0, math.floor(top))
    inside = picture[y : max(0, bottom), x : max(0, right)]
    if not inside.size:
        return Cut(left=left, top=top, scale=scale), np.zeros((cut_px, cut_px, 3), dtype=np.uint8)
    # Halved first, so that the last step leaves out no points.
    divisor = 2 ** max(0, int(-math.log2(scale)))
    step = divisor * scale
    move = np.array([[step, 0, (x - left) * scale], [0, step, (y - top) * scale]])
    move[:, 2] += (step - 1) / 2
    small = cv2.warpAffine(shrunk(inside, divisor), move, (cut_px, cut_px), flags=cv2.INTER_LINEAR)
    return Cut(left=left, top=top, scale=scale), np.asarray(small, dtype=np.uint8)


@np.errstate(over="ignore", invalid="ignore")
def decoded(
    heat: NDArray[np.float32], scale: NDArray[np.float32], offset: NDArray[np.float32], marks: NDArray[np.float32]
) -> Points | None:
    """
    Return the points of the face in the middle, px of what the network saw; None where there is none.

    Args:
        heat: (rows, columns): how sure it is of a face's centre there, 0 to 1.
        scale: (2, rows, columns): logarithm of height and width, in strides.
        offset: (2, rows, columns): of the centre from there, y and x, in strides.
        marks: (10, rows, columns): y and x of each point from the box's corner, in heights and widths.

    """
    rows, columns = heat.shape
    edge_y, edge_x = int(rows * _NEAR), int(columns * _NEAR)
    middle = np.nan_to_num(heat[edge_y : rows - edge_y, edge_x : columns - edge_x])
    y, x = (int(each) for each in np.unravel_index(int(middle.argmax()), middle.shape))
    if middle[y, x] < HEAT_MIN:
        return None
    y, x = y + edge_y, x + edge_x
    size = np.exp(scale[:, y, x]) * STRIDE
    corner = (np.array([y, x], dtype=np.float32) + offset[:, y, x] + 0.5) * STRIDE - size / 2
    points = (corner + marks[:, y, x].reshape(5, 2) * size)[:, ::-1]
    return points.astype(np.float32) if np.isfinite(points).all() else None
