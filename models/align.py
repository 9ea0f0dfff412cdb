"""A face moved to where the embedder wants it: the chip. Knows points and templates; finds neither face nor points."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from models.capture import Picture
from models.face import Chip, Points
from models.pictures import shrunk

SIDE_PX = 112
TEMPLATE: Points = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    dtype=np.float32,
)
"""Where the five points lie in a chip, px: the template of ArcFace, which SFace was trained with."""
MAGNIFIED_MIN, MAGNIFIED_MAX = 1 / 1024, 64.0
"""Points further apart, or closer together, are no face's: their chip is black."""
_REACH = 0.75
"""From the middle of a chip to its corner, in chips; and a little more."""

Similarity = NDArray[np.float64]
"""(2, 3): turns, scales and shifts a point of the picture to a point of the chip, px. Never mirrors."""


def similarity(points: Points, target: Points = TEMPLATE) -> Similarity:
    """
    Return the similarity that brings the points nearest to the target, by least squares (Umeyama 1991).

    Points that lie all in one place have no direction: they are only shifted.
    """
    source, goal = points.astype(np.float64), target.astype(np.float64)
    middle, goal_middle = source.mean(axis=0), goal.mean(axis=0)
    x, y = (source - middle).T
    u, v = (goal - goal_middle).T
    # In two dimensions the best turn and scale are one complex number: no decomposition is needed.
    spread = float((x * x + y * y).sum())
    cos, sin = ((x * u + y * v).sum() / spread, (x * v - y * u).sum() / spread) if spread > 0 else (1.0, 0.0)
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([turn, goal_middle - turn @ middle])


def chip_of(picture: Picture, points: Points) -> Chip:
    """Return the face with these points as a chip; black where the picture ends."""
    move = similarity(points)
    scale = math.hypot(move[0, 0], move[1, 0])
    if not MAGNIFIED_MIN < scale < MAGNIFIED_MAX:
        return np.zeros((SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    divisor = 2 ** max(0, int(math.log2(1 / scale)))
    if divisor > 1:
        # A face larger than two chips is averaged down first, or its fine lines flicker.
        picture, corner = _around(picture, move, reach_px=_REACH * SIDE_PX / scale)
        picture = shrunk(picture, divisor)
        move = similarity((points - corner + 0.5) / divisor - 0.5)
    chip = cv2.warpAffine(picture, move, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR)
    return np.asarray(chip, dtype=np.uint8)


def _around(picture: Picture, move: Similarity, *, reach_px: float) -> tuple[Picture, Points]:
    """Return the part of the picture that a chip is taken from, and where in the picture it begins."""
    middle = np.linalg.solve(move[:, :2], np.full(2, SIDE_PX / 2) - move[:, 2])
    size = np.array(picture.shape[1::-1])
    start = np.clip(np.floor(middle - reach_px), 0, size - 1).astype(int)
    end = np.clip(np.ceil(middle + reach_px), start + 1, size).astype(int)
    return picture[start[1] : end[1], start[0] : end[0]], start.astype(np.float32)
