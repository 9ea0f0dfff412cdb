"""Whether the camera is shown the same again: a still, a loop, a recording. Keeps digests and points; no pictures."""

import hashlib
from collections import OrderedDict, deque

import numpy as np
from numpy.typing import NDArray

from models.challenge import Shape, shape
from models.face import Chip, Face, Look

_NS_PER_S = 1_000_000_000
STILL_GREY = 0.5
"""Mean difference of two chips, in grey levels, that a sensor's noise always exceeds."""
FROZEN_S = 1.0
"""So long nothing may change: a compressed stream repeats single frames, and a living face is never still."""
REMEMBERED = 2000
"""So many looks the process remembers, over all visits: at three a visit some 600 visits. 16 bytes each."""
LOOP_S, STEP_S = 1.0, 0.1
"""Of the movement this much must come back, compared in such steps."""
LOOP_MAX_S = 12.0
MOVED = 0.06
"""In eye distances: less movement than this proves nothing when it comes back. The points' noise is about .02."""
ALIKE = 0.25
"""What is left between a movement and its repetition, as a share of the movement."""


class Seen:
    """The looks of this process, over all visits, as digests. For one thread."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._digests: OrderedDict[bytes, int] = OrderedDict()
        self._remembered = remembered

    def came_back(self, chip: Chip, seen_ns: int, *, since_ns: int) -> bool:
        """Return whether exactly this chip was seen before `since_ns`; remember it."""
        digest = hashlib.blake2b(chip.tobytes(), digest_size=8).digest()
        first_ns = self._digests.setdefault(digest, seen_ns)
        if len(self._digests) > self._remembered:
            self._digests.popitem(last=False)
        return first_ns < since_ns


class Replay:
    """What one track shows again."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._chip: NDArray[np.int16] | None = None
        self._same_since_ns = self._last_ns = 0
        self._changes = self._repeats = 0
        self._path: deque[tuple[int, Shape]] = deque()
        self.why = ""
        """`frozen` or `replay`; empty while neither is known."""

    @property
    def is_ready(self) -> bool:
        """Whether the face has changed as living ones do."""
        return self._changes > 0

    @property
    def waits_for(self) -> str:
        """`frozen` while every look was the same; empty otherwise."""
        return "frozen" if self._repeats and not self._changes else ""

    def saw_look(self, look: Look) -> None:
        """Take note of an embedded frame."""
        if self._chip is not None and look.seen_ns <= self._last_ns:
            return  # the clock of the frames does not advance: no new frame
        chip = look.chip.astype(np.int16)
        if self._chip is None or np.abs(chip - self._chip).mean() > STILL_GREY:
            self._changes += self._chip is not None
            self._same_since_ns = look.seen_ns
            self._chip = chip
        else:
            self._repeats += 1
        if look.seen_ns - self._same_since_ns >= FROZEN_S * _NS_PER_S:
            self.why = self.why or "frozen"
        if self._seen.came_back(look.chip, look.seen_ns, since_ns=self._same_since_ns):
            self.why = self.why or "replay"
        self._last_ns = look.seen_ns

    def saw_face(self, face: Face, seen_ns: int) -> None:
        """Take note of a tracked frame."""
        now = shape(face.points)
        if now is None or (self._path and seen_ns <= self._path[-1][0]):
            return
        self._path.append((seen_ns, now))
        while seen_ns - self._path[0][0] > LOOP_MAX_S * _NS_PER_S:
            self._path.popleft()
        if comes_back(self._path):
            self.why = self.why or "replay"


def comes_back(path: "deque[tuple[int, Shape]]") -> bool:
    """Return whether the last second of the movement is an earlier one again, point by point."""
    at_s = np.array([at_ns for at_ns, _ in path], dtype=np.float64) / _NS_PER_S
    if at_s[-1] - at_s[0] < 2 * LOOP_S:
        return False
    moved = np.stack([points[2:] for _, points in path]).reshape(len(path), -1)
    steps = np.arange(at_s[-1], at_s[0], -STEP_S)[::-1]
    even = np.stack([np.interp(steps, at_s, column) for column in moved.T], axis=1)
    count = round(LOOP_S / STEP_S)
    last = even[-count:]
    movement = float(np.sqrt(((last - last.mean(axis=0)) ** 2).sum(axis=1).mean()))
    if movement < MOVED:
        return False
    earlier = np.lib.stride_tricks.sliding_window_view(even[:-count], count, axis=0).transpose(0, 2, 1)
    rest = np.sqrt(((earlier - last) ** 2).sum(axis=2).mean(axis=1))
    return bool((rest < ALIKE * movement).any())
