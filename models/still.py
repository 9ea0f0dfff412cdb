"""Whether anything moved before the camera since nobody was there. Saves the search; finds nothing itself."""

import numpy as np
from numpy.typing import NDArray

from models.capture import Picture
from models.pictures import shrunk

CELL_PX = 8
"""A cell of the coarse picture: the smallest face that must be found covers some of them."""
MOVED_MIN = 4.0
"""Grey levels that some cell must change by. Averaged over a cell, a sensor's noise stays below one."""
SKIPPED_MAX = 11
"""So many pictures in a row are taken for still: one a second is searched at 12 a second, whatever it shows."""


class Stillness:
    """Remembers the last picture without a face, coarsely."""

    def __init__(self) -> None:
        self._empty: NDArray[np.float32] | None = None
        self._skipped = 0

    def is_still(self, picture: Picture) -> bool:
        """Return whether the picture shows what the last empty one did: compared with that, so slow ones are seen."""
        if self._empty is None or self._skipped >= SKIPPED_MAX:
            return False
        now = _coarse(picture)
        is_still = now.shape == self._empty.shape and bool(np.abs(now - self._empty).max() < MOVED_MIN)
        self._skipped += is_still
        return is_still

    def searched(self, picture: Picture, *, is_empty: bool) -> None:
        """Take note of what a search found in the picture."""
        self._empty = _coarse(picture) if is_empty else None
        self._skipped = 0


def _coarse(picture: Picture) -> NDArray[np.float32]:
    return shrunk(picture, CELL_PX).astype(np.float32)
