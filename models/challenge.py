"""The head turn that is asked for: left or right, by chance. Judges five points and vectors; sees no picture."""

import enum
from collections import deque
from collections.abc import Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray

from models.face import Look, Points, Vector

_NS_PER_S = 1_000_000_000
WITHIN_S = 3.0
TURN = 0.25
"""
How far the nose goes, in eye distances, that no flat picture explains (`parallax`): a head turned by about 28 degrees.

The plain offset of the nose from the middle of the eyes is no measure of it: a print tilted to a corner reaches it, and
a head that turns before a camera above it does not. Measured with the detector on 150 photographs, tilted up to 40
degrees about each axis: 3 of 1176 reach 0.25 of this, by bad points; noise on a still one makes 0.03 (99 of 100). Of 74
photographs in which the plain offset differs by .25 to .3 from another of the same person, 95 % show .24 or more.
"""
STEP_MAX = 0.2
"""Further than this between two frames no head turns at 5 frames a second or more: another picture."""
GAP_MAX_S = 0.5
START_FRAMES, TURNED_FRAMES = 3, 2
START_YAW_MAX = 0.15
SAME_PERSON = 0.35
"""
Cosine of the turned face to the one before it: a floor for "nobody changed places", not for who it is.

Measured with SFace: of 188 pairs of the same person, one frontal, one turned by .25 or more, photographed on different
days, 1 is below; of 69,000 pairs of strangers .2 % are above.
"""
TRIES = 2
_HORIZON = 0.1
"""A nose that near to the vanishing line of eyes and mouth: they are none."""

Shape = NDArray[np.float64]
"""(5, 2): the five points with the eyes at (-1/2, 0) and (1/2, 0)."""


class Side(enum.Enum):
    """Where the nose goes in the picture: people's left is the picture's right."""

    LEFT = 1
    RIGHT = -1


def shape(points: Points) -> Shape | None:
    """Return the points without place, size and roll; None where the eyes are one."""
    flat = points[:, 0].astype(np.complex128) + 1j * points[:, 1]
    span = flat[1] - flat[0]
    if abs(span) < 1:
        return None
    moved = (flat - (flat[0] + flat[1]) / 2) / span
    return np.stack((moved.real, moved.imag), axis=1)


def parallax(start: Shape, now: Shape) -> float | None:
    """
    Return how far the nose has gone that no flat picture explains; + = to the picture's right, in eye distances.

    Eyes and mouth say how a flat picture would have moved, in perspective; the nose of a flat picture moves with
    them exactly, however it is tilted. None where the four do not span a plane.
    """
    outer = [0, 1, 3, 4]
    rows = np.zeros((8, 8))
    for i, ((x, y), (u, v)) in enumerate(zip(start[outer], now[outer], strict=True)):
        rows[2 * i] = x, y, 1, 0, 0, 0, -u * x, -u * y
        rows[2 * i + 1] = 0, 0, 0, x, y, 1, -v * x, -v * y
    try:
        plane = np.append(np.linalg.solve(rows, now[outer].reshape(-1)), 1.0).reshape(3, 3)
    except np.linalg.LinAlgError:
        return None
    flat = plane @ (*start[2], 1.0)
    if abs(flat[2]) < _HORIZON:
        return None
    return float(now[2, 0] - flat[0] / flat[2])


class Challenge:
    """One turn of the head, asked of one person. Feed it each tracked frame and each embedded one."""

    def __init__(self, random: Random, *, same_person: float = SAME_PERSON) -> None:
        self._random = random
        self._same_person = same_person
        self._before: deque[Vector] = deque(maxlen=3)
        self._recent: deque[Shape] = deque(maxlen=START_FRAMES)
        self._until_ns: int | None = None
        self._start: Shape | None = None
        self._last_ns = 0
        self._last_yaw = 0.0
        self._reached = self._wrong = self._tries = 0
        self.side: Side | None = None
        """Which way to turn; None while nothing is asked."""
        self.is_passed = False
        self.why = ""
        """Why it failed; empty while it has not."""

    @property
    def wants_look(self) -> bool:
        """Whether the turned face stands before the camera and must be embedded now, whatever its yaw."""
        return self._reached >= TURNED_FRAMES and not self.is_done

    @property
    def is_done(self) -> bool:
        """Whether nothing more follows."""
        return self.is_passed or bool(self.why)

    def ask(self, now_ns: int) -> None:
        """Begin, if it has not begun: from now on a head must turn within three seconds."""
        if self.side is None:
            self.side = self._random.choice(list(Side))
            self._until_ns = now_ns + round(WITHIN_S * _NS_PER_S)
            self._begin()

    def tick(self, now_ns: int) -> None:
        """Say that it is this late."""
        if self._until_ns is not None and now_ns > self._until_ns and not self.is_done:
            self.why = "no_turn"

    def saw_points(self, points: Points, seen_ns: int) -> None:
        """Take note of the five points of a frame."""
        now = shape(points)
        if now is None or self.is_done:
            return
        if self.side is not None and self._start is None:
            self._gather(now)
        elif self.side is not None and self._start is not None:
            self._follow(self._start, now, seen_ns, sign=self.side.value)
        self._last_ns, self._last_yaw = seen_ns, float(now[2, 0])

    def saw_look(self, look: Look) -> None:
        """Take note of an embedded frame: before it is asked for comparison, turned to be compared."""
        self.tick(look.seen_ns)
        if self.wants_look:
            self._compare(look.vector)
        elif self.side is None:
            self._before.append(look.vector)

    def _begin(self) -> None:
        self._start = None
        self._reached = self._wrong = 0
        self._recent.clear()

    def _gather(self, now: Shape) -> None:
        """Start from the middle of some frames: one bad point must not make a flat picture look deep later."""
        self._recent.append(now)
        middle = np.median(np.stack(self._recent), axis=0)
        if len(self._recent) == START_FRAMES and abs(middle[2, 0]) <= START_YAW_MAX:
            self._start = middle

    def _follow(self, start: Shape, now: Shape, seen_ns: int, *, sign: int) -> None:
        if abs(now[2, 0] - self._last_yaw) > STEP_MAX or seen_ns - self._last_ns > GAP_MAX_S * _NS_PER_S:
            self._again()
            return
        turned = (parallax(start, now) or 0.0) * sign
        self._reached = self._reached + 1 if turned >= TURN else 0
        self._wrong = self._wrong + 1 if turned <= -TURN else 0
        if self._wrong >= TURNED_FRAMES:
            self.why = "wrong_turn"

    def _again(self) -> None:
        """The picture jumped: once that may be a lost frame. The other picture is then the start, not the turn."""
        self._tries += 1
        if self._tries >= TRIES:
            self.why = "no_turn"
        self._begin()

    def _compare(self, vector: Vector) -> None:
        if not self._before:  # nobody was seen from the front: nothing to hold on to
            self.why = "other_face"
        elif _same(self._before, vector) >= self._same_person:
            self.is_passed = True
        else:
            self.why = "other_face"


def _same(before: Sequence[Vector], vector: Vector) -> float:
    return max(float(one @ vector) for one in before)
