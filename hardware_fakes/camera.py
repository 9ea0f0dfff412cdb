"""A camera that is drawn: badges before a gate as MJPEG over HTTP, or as a file; it freezes, dies and lies to order."""

import enum
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_GREY = 110
_LIGHT = 0.75
_NOISE = 3.0
_NOISES = 8
"""So many noises in turn: to draw one for each picture would cost more than to read it."""


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


class Mood(enum.StrEnum):
    """How the camera behaves."""

    LIVE = "live"
    DARK = "dark"
    STUCK = "stuck"
    """The same picture for ever."""
    FROZEN = "frozen"
    """The line stays, no picture comes."""
    CORRUPT = "corrupt"
    """Bytes that are no picture."""
    SILENT = "silent"
    """Takes the call and says nothing."""
    UNPLUGGED = "unplugged"
    """Hangs up, and on everybody who calls."""


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


class Camera:
    """
    One network camera on the loopback: `url` is what a reader opens.

    `badges` and `mood` may be changed at any time; the next picture shows it.
    """

    def __init__(self, *, fps: float = 15.0, size: tuple[int, int] = (640, 480)) -> None:
        """Begin at once, on a free port."""
        self.badges: Sequence[Badge] = ()
        self.mood = Mood.LIVE
        self._fps = fps
        self._size = size
        self._ended = threading.Event()
        camera = self

        class Call(BaseHTTPRequestHandler):
            """One caller."""

            protocol_version = "HTTP/1.0"

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                """Send pictures until one side has enough."""
                camera._serve(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Call)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/video.mjpg"

    def show(self, *badges: Badge, mood: Mood = Mood.LIVE) -> int:
        """Let the next picture show these badges; return CLOCK_BOOTTIME of now."""
        self.badges, self.mood = badges, mood
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def close(self) -> None:
        """Take it away for good."""
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self, call: BaseHTTPRequestHandler) -> None:
        while self._is(Mood.SILENT) and not self._ended.wait(0.02):
            pass
        if self._is(Mood.UNPLUGGED) or self._ended.is_set():
            return
        call.send_response(200)
        call.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        call.end_headers()
        number = 0
        try:
            while not self._is(Mood.UNPLUGGED) and not self._ended.wait(1 / self._fps):
                if self.mood is Mood.FROZEN:
                    continue
                number += self.mood is not Mood.STUCK
                _send(call, self._picture(number))
        except OSError:  # the caller has enough
            return

    def _is(self, mood: Mood) -> bool:
        return self.mood is mood

    def _picture(self, seed: int) -> bytes:
        if self.mood is Mood.CORRUPT:
            return np.random.default_rng(seed).bytes(5000)
        if self.mood is Mood.DARK:
            return _jpeg(drawn((), size=self._size, light=0.0, seed=seed))
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
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


def _send(call: BaseHTTPRequestHandler, jpeg: bytes) -> None:
    head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
    call.wfile.write(head + jpeg + b"\r\n")
