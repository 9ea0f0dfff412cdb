"""Faces before one camera, picture after picture: searches no more than it must. Not for unrelated pictures."""

import numpy as np
from numpy.typing import NDArray

from models.capture import Picture
from models.detect import Detector
from models.face import Face
from models.pictures import shrunk

CELL_PX = 16
"""A cell of the coarse picture: the smallest face that must be found covers many of them."""
MOVED_MIN = 4.0
"""Grey levels that some cell must change by. Averaged over a cell, a sensor's noise stays below one."""
SAVED_MAX = 5
"""So many pictures in a row are not searched wholly: at 12 a second, two are, whatever they show."""


class Watch:
    """
    Finds faces in the pictures of one camera. Not for two threads at once.

    Where nobody was and nothing moved since, nobody is; who was alone is looked for where they were. The whole picture
    is searched when neither helps, and twice a second in any case: for whoever comes from the side.
    """

    def __init__(self, detector: Detector) -> None:
        self.detector = detector
        self._last: list[Face] | None = None
        self._empty: NDArray[np.float32] | None = None
        self._saved = 0

    def find(self, picture: Picture) -> list[Face]:
        """Return the faces in the camera's next picture, the surest first; 16 at most."""
        found = self._quickly(picture) if self._saved < SAVED_MAX else None
        self._saved = self._saved + 1 if found is not None else 0
        if found is None:
            found = self.detector.find(picture)
            self._empty = None if found else _coarse(picture)
        self._last = found
        return found

    def _quickly(self, picture: Picture) -> list[Face] | None:
        """Return the faces; None if the whole picture must be searched for that."""
        match self._last:
            case []:
                return [] if self._is_still(picture) else None
            case [face]:
                found = self.detector.near(picture, face)
                return found if len(found) == 1 else None
            case _:
                return None

    def _is_still(self, picture: Picture) -> bool:
        """Return whether the picture shows what the last empty one did: with that, so that slow ones are seen, too."""
        now = _coarse(picture)
        if self._empty is None or self._empty.shape != now.shape:
            return False
        return bool(np.abs(now - self._empty).max() < MOVED_MIN)


def _coarse(picture: Picture) -> NDArray[np.float32]:
    return shrunk(picture, CELL_PX).astype(np.float32)
