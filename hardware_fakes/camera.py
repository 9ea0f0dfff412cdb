"""A camera that is drawn: badges before a gate, as a network camera or as a film. Faces are in `scene`."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

from hardware_fakes.stream import CameraServer, Mood

Picture = NDArray[np.uint8]

_GREY = 110
_LIGHT = 0.75
_NOISE = 3.0
_NOISES = 8
"""So many noises in turn: to draw one for each picture would cost more than to read it."""
_NOISES_PER_S = 997


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A QR badge before the camera."""

    text: str
    module_px: float = 5.0
    """Size of one of the code's squares in the picture."""
    at: tuple[float, float] = (0.5, 0.5)
    """Where its middle is, as shares of width and height."""
    turned_deg: float = 0.0
    blur_px: float = 0.0
    error: str = "m"
    """How much of it may be dirty: l, m, q, h."""
    encoding: str | None = None
    """None: whatever is shortest; kanji mode, where there are only those."""


def drawn(badges: Sequence[Badge], *, size: tuple[int, int], light: float = _LIGHT, seed: int = 0) -> Picture:
    """Return a grey picture, width by height, with the badges, a cluttered background and a sensor's noise."""
    seen: Picture = np.clip(_scene(tuple(badges), size, light) + _noise(size, seed % _NOISES), 0, 255).astype(np.uint8)
    return seen


@lru_cache(maxsize=4)
def _scene(badges: tuple[Badge, ...], size: tuple[int, int], light: float) -> NDArray[np.int16]:
    width, height = size
    clutter = np.random.default_rng(7).integers(40, 200, (max(2, height // 40), max(2, width // 40))).astype(np.uint8)
    picture = np.asarray(cv2.resize(clutter, size, interpolation=cv2.INTER_CUBIC), dtype=np.float64)
    for badge in badges:
        _paste(picture, badge)
    return (picture * light).astype(np.int16)


@lru_cache(maxsize=32)
def _noise(size: tuple[int, int], seed: int) -> NDArray[np.int16]:
    return np.random.default_rng(seed).normal(0, _NOISE, size[::-1]).astype(np.int16)


def _paste(picture: NDArray[np.float64], badge: Badge) -> None:
    height, width = picture.shape
    code = _code(badge)
    half = code.shape[0] / 2
    turn = cv2.getRotationMatrix2D((half, half), badge.turned_deg, 1)
    turn[:, 2] += badge.at[0] * width - half, badge.at[1] * height - half
    pasted = cv2.warpAffine(code, turn, (width, height), flags=cv2.INTER_AREA)
    where = cv2.warpAffine(np.full_like(code, 255), turn, (width, height))
    if badge.blur_px:
        pasted = cv2.GaussianBlur(pasted, (0, 0), badge.blur_px)
    np.copyto(picture, pasted, where=np.asarray(where) > 127)  # noqa: PLR2004 - half in


def _code(badge: Badge) -> Picture:
    made = segno.make(badge.text, error=badge.error, micro=False, encoding=badge.encoding)
    modules = np.array([[0 if dark else 255 for dark in row] for row in made.matrix_iter(border=4)], dtype=np.uint8)
    side = max(1, round(modules.shape[0] * badge.module_px))
    large = cv2.resize(modules, None, fx=16, fy=16, interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)


class Camera(CameraServer):
    """
    One network camera with badges before it.

    `badges` and `mood` may be changed at any time; the next picture shows it.
    """

    def __init__(self, *, fps: float = 15.0, size: tuple[int, int] = (640, 480)) -> None:
        """Begin at once, on a free port."""
        self.badges: Sequence[Badge] = ()
        self.mood = Mood.LIVE
        self._size = size
        self._still: bytes | None = None
        super().__init__(self, fps=fps)

    def show(self, *badges: Badge, mood: Mood = Mood.LIVE) -> int:
        """Let the next picture show these badges; return CLOCK_BOOTTIME of now."""
        self.badges, self.mood, self._still = badges, mood, None
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def mood_at(self, _t_s: float) -> Mood:
        """Return how it behaves, whenever it is."""
        return self.mood

    def jpeg_at(self, t_s: float) -> bytes:
        """Return the picture of that moment."""
        seed = round(t_s * _NOISES_PER_S)
        if self.mood is Mood.CORRUPT:
            return np.random.default_rng(seed).bytes(5000)
        if self.mood is Mood.DARK:
            return _jpeg(drawn((), size=self._size, light=0.0, seed=seed))
        if self.mood is Mood.STUCK:
            self._still = self._still or _jpeg(drawn(self.badges, size=self._size))
            return self._still
        return _jpeg(drawn(self.badges, size=self._size, seed=seed))


def film(path: Path, scenes: Sequence[tuple[int, Sequence[Badge]]], *, fps: int = 15) -> Path:
    """Write a film, 640 by 480: so many pictures of each scene, one after the other."""
    size = (640, 480)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, size)
    seed = 0
    for count, badges in scenes:
        for _ in range(count):
            seed += 1
            writer.write(cv2.cvtColor(drawn(badges, size=size, seed=seed), cv2.COLOR_GRAY2BGR))
    writer.release()
    return path


def _jpeg(picture: Picture) -> bytes:
    # In colour: cameras send nothing else, and RTP has no grey.
    return cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
