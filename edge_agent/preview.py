"""
What a camera sees now, for the screen beside it: one small JPEG for whoever calls at a local socket.

Nothing is stored: the newest frame is kept until the next one comes, and made a picture of only when somebody asks.
"""

import contextlib
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.capture import Picture
    from models.frames import Frame

_MODE = 0o660
"""The service's user and group."""
_CALLERS = 4
"""So many wait for their turn; the kernel turns others away."""
_SEND_S = 0.5
_FRESH_NS = 2_000_000_000
"""An older picture would show somebody who is long gone."""


class Preview:
    """An eye that keeps the newest frame for callers."""

    def __init__(self, path: Path, *, draw: Callable[["Picture"], bytes], now_ns: Callable[[], int]) -> None:
        """
        Wait for callers, in a thread that ends with the process.

        Args:
            path: The socket. One that was left behind is replaced; what is no socket is not.
            draw: Makes a picture a JPEG.
            now_ns: CLOCK_BOOTTIME.

        Raises:
            OSError: There can be no socket.

        """
        self._draw = draw
        self._now_ns = now_ns
        self._lock = Lock()
        self._newest: Frame | None = None
        self._drawn: tuple[int, bytes] = (0, b"")
        self._socket = _listening(path)
        Thread(target=self._serve, name="preview", daemon=True).start()

    def look(self, frame: "Frame") -> None:
        """Keep it instead of the one before."""
        with self._lock:
            self._newest = frame

    def tick(self, now_ns: int) -> str:
        """Let go of a frame that is old."""
        with self._lock:
            if self._newest and now_ns - self._newest.seen_ns > _FRESH_NS:
                self._newest, self._drawn = None, (0, b"")
        return ""

    def _serve(self) -> None:
        while True:
            # A caller that hung up again, or files that are all in use: the next one may have more luck.
            with contextlib.suppress(OSError):
                caller, _ = self._socket.accept()
                with caller:
                    caller.settimeout(_SEND_S)
                    caller.sendall(self._jpeg())

    def _jpeg(self) -> bytes:
        """Return the newest frame as a JPEG, made once however many ask; empty where there is none."""
        with self._lock:
            frame = self._newest
        if frame is None or self._now_ns() - frame.seen_ns > _FRESH_NS:
            return b""
        if frame.number != self._drawn[0]:
            self._drawn = frame.number, self._draw(frame.picture)
        return self._drawn[1]


def _listening(path: Path) -> socket.socket:
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(path))
        # Before `listen`: until then nobody can call.
        path.chmod(_MODE)
        listening.listen(_CALLERS)
    except OSError:
        listening.close()
        raise
    return listening
