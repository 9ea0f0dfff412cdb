"""A picture in a few numbers: how bright, how clear, how much like the last one. Judges nothing."""

import zlib
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from models.capture import Picture

_STEP_PX = 8
"""Every so many points one is compared. Points, not means: the mean of many hides a sensor's noise."""
_SMALL_PX = (32, 18)
_EDGE_X, _EDGE_Y = 7, 4
"""What is not the middle of the small picture."""
_LAST = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What there is to be said of a picture. Levels are 0 to 255."""

    digest: int
    """Equal for equal pictures."""
    restless: float
    """How much a point changes from picture to picture: the median of the last few."""
    drift: float
    """How far it is from the picture it is compared with: the mean of all points."""
    peak: float
    """The same: the point that is farthest."""
    brightness: float
    """95 of 100 points are not brighter."""
    level: float
    """Half of the points are not brighter."""
    texture: float
    """How much neighbours differ: the small picture's Laplacian, which 95 of 100 points do not exceed."""
    border: float
    """The median of what is at the left, at the right and above."""
    core: float
    """A quarter of the middle is not brighter."""


class Glances:
    """Looks at one picture after the other. Not for two threads at once."""

    def __init__(self) -> None:
        self._last: NDArray[np.int16] | None = None
        self._first: NDArray[np.int16] | None = None
        self._steps: list[float] = []

    def forget(self) -> None:
        """Compare with nothing that was before."""
        self._last = self._first = None
        self._steps = []

    def compare_with_next(self) -> None:
        """Let drift and peak be counted from the next picture on."""
        self._first = None

    def of(self, picture: Picture) -> Glance:
        """Return what there is to be said of the picture, also of one point or in grey."""
        few = _grey(np.ascontiguousarray(picture[::_STEP_PX, ::_STEP_PX]))
        points = few.astype(np.int16)
        if self._first is None or self._first.shape != points.shape:
            self._first = points
        far = np.abs(points - self._first)
        small = cv2.resize(_grey(picture), _SMALL_PX, interpolation=cv2.INTER_AREA)
        middle = small[_EDGE_Y:, _EDGE_X:-_EDGE_X]
        around = np.concatenate(
            [small[:_EDGE_Y].ravel(), small[_EDGE_Y:, :_EDGE_X].ravel(), small[_EDGE_Y:, -_EDGE_X:].ravel()]
        )
        return Glance(
            digest=zlib.crc32(few.tobytes()),
            restless=self._restless(points),
            drift=float(far.mean()),
            peak=float(far.max()),
            brightness=float(np.percentile(few, 95)),
            level=float(np.median(few)),
            texture=float(np.percentile(np.abs(cv2.Laplacian(small.astype(np.float32), cv2.CV_32F)), 95)),
            border=float(np.median(around)),
            core=float(np.percentile(middle, 25)),
        )

    def _restless(self, points: NDArray[np.int16]) -> float:
        if self._last is not None and self._last.shape == points.shape:
            self._steps = [*self._steps[1 - _LAST :], float(np.abs(points - self._last).mean())]
        self._last = points
        return median(self._steps) if self._steps else 0.0


def _grey(picture: Picture) -> Picture:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if picture.ndim == 3 else picture  # noqa: PLR2004 - with colours
    return np.asarray(grey, dtype=np.uint8)
