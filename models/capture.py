"""A video source, opened with time-outs: camera device, RTSP, MJPEG over HTTP, file. Reads frame after frame."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Rows, columns, and three colours (BGR) or none (grey)."""

Kind = Literal["device", "stream", "file"]

OPEN_MS, READ_MS = 3000, 3000
_WIDTH_PX, _HEIGHT_PX = 1280, 720
_FPS = 15
SIDE_MAX_PX = 2560
"""A larger picture is made smaller: nothing that is looked for needs more."""
AREA_MAX_PX = 16_000_000
"""A larger one still is refused: each would take 50 MB, many times a second."""
# Without them RTSP opens with two seconds of backlog. All options are read when a capture is opened.
_FFMPEG_VARIABLE = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_FFMPEG_OPTIONS = "rtsp_transport;tcp|fflags;nobuffer|flags;low_delay|analyzeduration;100000|probesize;32000"


class VideoAway(Exception):
    """The source cannot be opened now. The message says what to do, without user name and password."""


class VideoRefused(Exception):
    """It is there and may not be used: a technician must act."""


class Capture(Protocol):
    """An open source."""

    def read(self) -> Picture | None:
        """Return the next frame; None when there is none any more: open it anew."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...


def kind_of(source: str) -> Kind:
    """Return what kind of source this is: by what is written, not by what is there."""
    if re.match(r"[a-z][a-z0-9+.-]*://", source):
        return "stream"
    return "device" if source.startswith("/dev/") else "file"


def shown(source: str) -> str:
    """Return the source as it may be logged: without user name and password."""
    return re.sub(r"(?<=://)[^/@]*@|\?.*$", "", source)


def open_capture(source: str) -> Capture:
    """
    Open the source. Blocks for a few seconds at most, if its driver is well.

    Raises:
        VideoAway: It is not there, or gives no picture.
        VideoRefused: This user may not open it.

    """
    kind = kind_of(source)
    if kind != "stream" and not Path(source).exists():
        raise VideoAway(f"{source}: not there; is the camera plugged in? see: edge-agent help camera")
    if kind != "stream" and not os.access(source, os.R_OK):
        raise VideoRefused(f"{source}: not allowed; the agent's user must be in the group video")
    capture = _opened(source, kind)
    if not capture.isOpened():
        capture.release()
        advice = "does another program use it?" if kind == "device" else "is it switched on, is the address right?"
        raise VideoAway(f"{shown(source)}: gives no picture; {advice}")
    width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    if width * height > AREA_MAX_PX:
        capture.release()
        raise VideoAway(_too_large(shown(source), width, height))
    return _Paced(capture) if kind == "file" else _Live(capture)


def bounded(picture: Picture) -> Picture:
    """
    Return the picture with no side longer than `SIDE_MAX_PX`.

    Raises:
        VideoAway: It is larger than `AREA_MAX_PX`.

    """
    height, width = picture.shape[:2]
    if width * height > AREA_MAX_PX:
        raise VideoAway(_too_large("this camera", width, height))
    scale = SIDE_MAX_PX / max(width, height)
    if scale >= 1:
        return picture
    smaller = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, smaller, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _too_large(source: str, width: float, height: float) -> str:
    return f"{source}: pictures of {width:.0f} x {height:.0f} are too large; set the camera to 1280 x 720"


def _opened(source: str, kind: Kind) -> cv2.VideoCapture:
    if kind == "device":
        wanted = [cv2.CAP_PROP_FRAME_WIDTH, _WIDTH_PX, cv2.CAP_PROP_FRAME_HEIGHT, _HEIGHT_PX, cv2.CAP_PROP_FPS, _FPS]
        # MJPG: raw pictures of this size do not fit through USB 2 at this rate.
        mjpg = [cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")]
        return cv2.VideoCapture(os.path.realpath(source), cv2.CAP_V4L2, [*mjpg, *wanted])
    # Rule: time-outs are given to the constructor; set later they do nothing.
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS]
    with _hurried(is_wanted=source.startswith("rtsp")):
        return cv2.VideoCapture(source, cv2.CAP_FFMPEG, [*limits, cv2.CAP_PROP_N_THREADS, 1])


@contextmanager
def _hurried(*, is_wanted: bool) -> Iterator[None]:
    """Set the options for what is opened now, and for nothing after it: a film would lose its first pictures."""
    if not is_wanted or _FFMPEG_VARIABLE in os.environ:
        yield
        return
    os.environ[_FFMPEG_VARIABLE] = _FFMPEG_OPTIONS
    try:
        yield
    finally:
        del os.environ[_FFMPEG_VARIABLE]


class _Live:
    """A source that keeps its own pace."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture

    def read(self) -> Picture | None:
        try:
            is_there, picture = self._capture.read()
        except cv2.error:  # a torn picture: as good as none
            return None
        return bounded(picture.astype(np.uint8, copy=False)) if is_there and picture.size else None

    def close(self) -> None:
        self._capture.release()


class _Paced(_Live):
    """A file: played over and over, as fast as it was taken. For the laboratory."""

    def __init__(self, capture: cv2.VideoCapture) -> None:
        super().__init__(capture)
        self._pause_s = 1 / (capture.get(cv2.CAP_PROP_FPS) or _FPS)

    def read(self) -> Picture | None:
        time.sleep(self._pause_s)  # noqa: TID251 - in a thread of its own, for a fraction of a second
        picture = super().read()
        if picture is None:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            picture = super().read()
        return picture
