"""A face moved to where the embedder wants it: the chip. Knows points and templates; finds neither face nor points."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from models.capture import Picture
from models.face import Chip, Points

SIDE_PX = 112
TEMPLATE: Points = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    dtype=np.float32,
)
"""Where the five points lie in a chip, px: the template of ArcFace, which SFace was trained with."""
_FINER_MAX = 6
"""A face is averaged down from this many chips' width at most; beyond it some points are left out."""

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
    finer = _finer(move)
    # The middle of the first point of a chip n times finer lies (n - 1) / 2 points further.
    fine = move * finer
    fine[:, 2] += (finer - 1) / 2
    side = SIDE_PX * finer
    large = cv2.warpAffine(picture, fine, (side, side), flags=cv2.INTER_LINEAR)
    if finer == 1:
        return np.asarray(large, dtype=np.uint8)
    return np.asarray(cv2.resize(large, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _finer(move: Similarity) -> int:
    """Return how many times finer than the chip a face is taken: a large one is averaged, or fine lines flicker."""
    scale = math.hypot(move[0, 0], move[1, 0])
    return min(_FINER_MAX, max(1, round(1 / scale))) if scale > 0 else 1
