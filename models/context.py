"""What is around a face that living heads do not have: a screen, a sheet, another face. Judges one frame at a time."""

from collections import deque
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
SAYS, OF_LOOKS, OF_FRAMES = 2, 5, 10
"""So many of the last looks, or tracked frames, must say the same: one edge may be chance, and chance adds up."""
_REACH = 3.4
"""Side of what is looked at, in longer sides of the face."""
_SIDE_PX = 180
_PART_MIN_PX = 8
_TIGHT, _WIDE = 2.0, 2.6
"""In faces. Nearer sides are hidden by shoulders if they stand behind; `_WIDE` is for those that an end joins."""
_PARALLEL = 0.15
_PAST_CHIN = 0.5
_COVER = 0.55
"""Share of a side that must be an edge: fingers may hold the rest."""
_LINES_MAX = 10
"""So many of a kind are compared: the work for a picture stays bounded."""
_BRIGHTER = 12.0
"""Grey levels by which a shining screen exceeds what is around it."""


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
        self._looks: deque[str] = deque(maxlen=OF_LOOKS)
        self._nested: deque[bool] = deque(maxlen=OF_FRAMES)

    @property
    def why(self) -> str:
        """`screen`, `paper`, `nested` or `fills_picture`; empty while nothing is against it."""
        screen, paper, fills = (self._looks.count(why) for why in ("screen", "paper", "fills_picture"))
        if screen + paper >= SAYS:
            return "screen" if screen >= paper else "paper"
        if sum(self._nested) >= SAYS:
            return "nested"
        return "fills_picture" if fills >= SAYS else ""

    def saw_look(self, picture: Picture, face: Face) -> None:
        """Take note of an embedded frame."""
        self._looks.append(around(picture, face))

    def saw_face(self, face: Face, others: Sequence[Face]) -> None:
        """Take note of a tracked frame, and of the other faces in it."""
        self._nested.append(any(is_nested(face, other) for other in others))


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
    if min(part.shape[:2]) < _PART_MIN_PX or min(face.width, face.height) < 1:
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


def _sheet(near: _Around) -> tuple[float, float] | None:
    """
    Return x of the left and the right side of a sheet with this face on it; None where there is none.

    Rule: both sides run straight on past the chin, or end in one straight edge below it. What stands behind a living
    head (a door, a window, a shelf) is hidden there by its shoulders.
    """
    upright, level = _edges(near.grey)
    y, s = (near.top + near.bottom) / 2, near.side
    sides = [_Line.through(line, upright) for line in _hough(upright, 0.6 * s)]
    lefts = [line for line in sides if line.at(y) < near.left + 0.05 * s][:_LINES_MAX]
    rights = [line for line in sides if line.at(y) > near.right - 0.05 * s][:_LINES_MAX]
    ends = [_Line.through(line[[1, 0, 3, 2]], level.T) for line in _hough(level, 0.6 * s)]
    x = (near.left + near.right) / 2
    below = [end for end in ends if end.at(x) > near.bottom - 0.05 * s][:_LINES_MAX]
    for left, right in product(lefts, rights):
        if right.at(y) - left.at(y) > _WIDE * s or abs(left.slope - right.slope) > _PARALLEL:
            continue
        if _runs_on(left, right, near) or any(_ends_in(left, right, end, near) for end in below):
            return left.at(y), right.at(y)
    return None


def _runs_on(left: "_Line", right: "_Line", near: _Around) -> bool:
    last = near.bottom + _PAST_CHIN * near.side
    if last >= len(near.grey) or right.at(near.bottom) - left.at(near.bottom) > _TIGHT * near.side:
        return False
    return min(line.cover(first, last) for line in (left, right) for first in (near.top, near.bottom)) > _COVER


def _ends_in(left: "_Line", right: "_Line", end: "_Line", near: _Around) -> bool:
    first, last = end.at(left.at(near.bottom)), end.at(right.at(near.bottom))
    across = end.cover(left.at(first), right.at(last))
    middle = (near.top + near.bottom) / 2
    return min(across, left.cover(middle, first), right.cover(middle, last)) > _COVER


def _edges(grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return where upright and where level edges are; 0 or 255."""
    soft = cv2.GaussianBlur(grey, (3, 3), 0)
    across, down = (cv2.Sobel(soft, cv2.CV_16S, x, 1 - x) for x in (1, 0))
    edges = cv2.Canny(across, down, 40, 100)
    across, down = np.abs(across), np.abs(down)
    return np.where(across > 2 * down, edges, 0).astype(np.uint8), np.where(down > 2 * across, edges, 0).astype(
        np.uint8
    )


def _hough(edges: NDArray[np.uint8], long_px: float) -> list[NDArray[np.float64]]:
    found = cv2.HoughLinesP(edges, 1, np.pi / 90, 20, minLineLength=long_px, maxLineGap=5)
    return [] if found is None else list(found.reshape(-1, 4).astype(np.float64))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A straight line from above to below: x for each y. Level ones are upright in the turned picture."""

    x: float
    """Where y is 0."""
    slope: float
    hits: NDArray[np.int64]
    """For each row how many rows above it have an edge on the line."""

    @classmethod
    def through(cls, ends: NDArray[np.float64], edges: NDArray[np.uint8]) -> "_Line":
        x1, y1, x2, y2 = ends
        slope = (x2 - x1) / (y2 - y1) if y1 != y2 else 0.0
        rows, columns = edges.shape
        y = np.arange(rows)
        x = np.clip(np.rint(x1 + slope * (y - y1)).astype(np.int64), 1, columns - 2)
        is_hit = np.maximum.reduce([edges[y, x + aside] > 0 for aside in (-1, 0, 1)])
        return cls(x=x1 - slope * y1, slope=slope, hits=np.concatenate(([0], np.cumsum(is_hit))))

    def at(self, y: float) -> float:
        return self.x + self.slope * y

    def cover(self, first: float, last: float) -> float:
        """Return which share of the rows between has an edge on the line; 0 where it is cut off by the picture."""
        rows = len(self.hits) - 1
        start, end = (min(rows, int(max(0, row))) for row in (first, last))
        # Two lines may meet far outside of the picture, or the wrong way round.
        return float(self.hits[end] - self.hits[start]) / max(end - start, 0.9 * (last - first)) if start < end else 0.0


def _shines(near: _Around, left: float, right: float) -> bool:
    rows = slice(max(0, int(near.top)), max(1, int(near.bottom)))
    inside = near.grey[rows, max(0, int(left)) : int(right) + 1]
    outside = np.concatenate((near.grey[rows, : max(0, int(left))].ravel(), near.grey[rows, int(right) + 1 :].ravel()))
    return bool(outside.size and inside.mean() > outside.mean() + _BRIGHTER)
