"""How good a look at a face is, in numbers. Decides nothing: what is good enough stands elsewhere."""

import math

import cv2
import numpy as np

from models.face import Chip, Face, Points, Quality

_TURNED_MAX = 9.0
"""Of yaw and pitch: points that lie all in one place would give more than any number."""
_TINY_PX = 1e-6


def quality_of(face: Face, chip: Chip) -> Quality:
    """Return what can be said of the face (its points) and of its chip; nothing is embedded for it."""
    grey = cv2.cvtColor(chip, cv2.COLOR_BGR2GRAY)
    mean, deviation = (float(each[0, 0]) for each in cv2.meanStdDev(grey))
    _, edges = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_32F))
    yaw, pitch = turned(face.points)
    return Quality(
        width_px=face.width,
        sharpness=float(edges[0, 0]) ** 2,
        brightness=mean,
        contrast=deviation,
        yaw=yaw,
        roll_deg=roll_deg(face.points),
        pitch=pitch,
        score=face.score,
        length=0.0,
    )


def roll_deg(points: Points) -> float:
    """Return how far the head is leant, degrees clockwise as seen, -180 to 180; 0 = upright."""
    right, left = points[0].tolist(), points[1].tolist()
    return math.degrees(math.atan2(left[1] - right[1], left[0] - right[0]))


def turned(points: Points) -> tuple[float, float]:
    """Return yaw and pitch as `Quality` has them, whatever the roll."""
    right, left, nose, mouth_right, mouth_left = points.astype(np.float64)
    middle, across = (right + left) / 2, left - right
    eyes_px = max(float(np.linalg.norm(across)), _TINY_PX)
    along = across / eyes_px
    down = np.array([-along[1], along[0]])
    mouth = float(down @ ((mouth_right + mouth_left) / 2 - middle))
    pitch = float(down @ (nose - middle)) / mouth if abs(mouth) > _TINY_PX else _TURNED_MAX
    return _bounded(float(along @ (nose - middle)) / eyes_px), _bounded(pitch)


def _bounded(ratio: float) -> float:
    return max(-_TURNED_MAX, min(_TURNED_MAX, ratio))
