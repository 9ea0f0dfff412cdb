"""What is around a face that living heads do not have: a screen, a sheet, another face. Judges one frame at a time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from models.capture import Picture
from models.face import Face

FILLS = 0.6
"""Share of the picture's area that no head takes at the distance at which people stand."""
INSIDE = 0.8
"""Share of the smaller box that lies in the larger one of two nested faces."""
SAYS = 2
"""So many frames must say the same: one edge may be chance."""
_REACH = 3.0
"""Side of what is looked at, in longer sides of the face."""
_SIDE_PX = 160
_TILT_MAX = 0.36
"""Rise of a side of the sheet over its run: 20 degrees."""
_BRIGHTER = 12.0
"""Grey levels by which a shining screen exceeds what is around it."""

Line = NDArray[np.float64]
"""x1, y1, x2, y2; upright ones from above to below, level ones from left to right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """A face in the small grey picture around it."""

    grey: NDArray[np.uint8]
    left: float
    top: float
    right: float
    bottom: float

    @property
    def side(self) -> float:
        return max(self.right - self.left, self.bottom - self.top)


class Context:
    """What was seen around one track."""

    def __init__(self) -> None:
        self._said: Counter[str] = Counter()

    @property
    def why(self) -> str:
        """`screen`, `paper`, `nested` or `fills_picture`; empty while nothing is against it."""
        flat = self._said["screen"] + self._said["paper"]
        if flat >= SAYS:
            return "screen" if self._said["screen"] >= self._said["paper"] else "paper"
        return next((why for why in ("nested", "fills_picture") if self._said[why] >= SAYS), "")

    def saw_look(self, picture: Picture, face: Face) -> None:
        """Take note of an embedded frame."""
        self._said[around(picture, face)] += 1

    def saw_face(self, face: Face, others: Sequence[Face]) -> None:
        """Take note of a tracked frame, and of the other faces in it."""
        self._said["nested"] += any(is_nested(face, other) for other in others)


def is_nested(one: Face, other: Face) -> bool:
    """Return whether one face lies in the other, as a held up picture does before the one who holds it."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    smaller = min(one.width * one.height, other.width * other.height)
    return width > 0 and height > 0 and smaller > 0 and width * height >= INSIDE * smaller


def around(picture: Picture, face: Face) -> str:
    """Return what is wrong around this face in this picture: `fills_picture`, `screen`, `paper`, or nothing."""
    rows, columns = picture.shape[:2]
    if face.width * face.height > FILLS * rows * columns:
        return "fills_picture"
    near = _near(picture, face)
    if near is None:
        return ""
    edges = _sheet(near)
    if edges is None:
        return ""
    return "screen" if _shines(near, *edges) else "paper"


def _near(picture: Picture, face: Face) -> _Around | None:
    reach = _REACH / 2 * max(face.width, face.height)
    x, y = face.centre
    left, top = max(0, int(x - reach)), max(0, int(y - reach))
    part = picture[top : int(y + reach) + 1, left : int(x + reach) + 1]
    if min(part.shape[:2]) < 2 or min(face.width, face.height) < 1:
        return None
    scale = _SIDE_PX / (2 * reach)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=how)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY) if small.ndim == 3 else small  # noqa: PLR2004 - with colours
    return _Around(
        grey=np.asarray(grey, dtype=np.uint8),
        left=(face.left - left) * scale,
        top=(face.top - top) * scale,
        right=(face.left + face.width - left) * scale,
        bottom=(face.top + face.height - top) * scale,
    )


def _sheet(near: _Around) -> tuple[float, float, float, float] | None:
    """Return left, top, right and bottom of the straight edges around the face, if there are both sides and one end."""
    upright, level = _lines(near)
    lefts = [line for line in upright if max(line[0], line[2]) < near.left + 0.1 * near.side]
    rights = [line for line in upright if min(line[0], line[2]) > near.right - 0.1 * near.side]
    ends = [line for line in level if _is_beyond(line, near)]
    for left, right, end in product(lefts, rights, ends):
        if _meet(left, right, end, near):
            return float(left[[0, 2]].mean()), 0.0, float(right[[0, 2]].mean()), float(end[[1, 3]].mean())
    return None


def _lines(near: _Around) -> tuple[list[Line], list[Line]]:
    edges = cv2.Canny(cv2.GaussianBlur(near.grey, (3, 3), 0), 40, 110)
    long_px = 0.7 * near.side
    found = cv2.HoughLinesP(edges, 1, np.pi / 90, 28, minLineLength=long_px, maxLineGap=6)
    upright: list[Line] = []
    level: list[Line] = []
    for line in () if found is None else found.reshape(-1, 4).astype(np.float64):
        run, rise = abs(line[2] - line[0]), abs(line[3] - line[1])
        if run <= _TILT_MAX * rise:
            upright.append(line if line[1] <= line[3] else line[[2, 3, 0, 1]])
        elif rise <= _TILT_MAX * run:
            level.append(line if line[0] <= line[2] else line[[2, 3, 0, 1]])
    return upright[:12], level[:12]


def _is_beyond(line: Line, near: _Around) -> bool:
    """Return whether a level line is above the face or below it, not in it."""
    return bool(
        max(line[1], line[3]) < near.top + 0.15 * near.side or min(line[1], line[3]) > near.bottom - 0.1 * near.side
    )


def _meet(left: Line, right: Line, end: Line, near: _Around) -> bool:
    """Return whether two sides run along the face, and the end closes them with two corners."""
    below = end[[1, 3]].mean() > near.bottom - 0.2 * near.side
    tips = (left[2:], right[2:]) if below else (left[:2], right[:2])
    is_corner = all(
        np.hypot(*(tip - corner)) < 0.3 * near.side for tip, corner in zip(tips, (end[:2], end[2:]), strict=True)
    )
    is_tight = right[[0, 2]].mean() - left[[0, 2]].mean() < 2.4 * near.side
    is_along = all(line[1] < near.bottom and line[3] > near.top for line in (left, right))
    return bool(is_corner and is_tight and is_along)


def _shines(near: _Around, left: float, _top: float, right: float, _bottom: float) -> bool:
    rows = slice(max(0, int(near.top)), max(1, int(near.bottom)))
    inside = near.grey[rows, int(left) : int(right) + 1]
    outside = np.concatenate((near.grey[rows, : int(left)].ravel(), near.grey[rows, int(right) + 1 :].ravel()))
    return bool(outside.size and inside.mean() > outside.mean() + _BRIGHTER)
