"""The line to a contactless chip, as nfcpy wants it, with an end to every wait. Knows frames, not their meaning."""

import errno
import os
import threading
from collections.abc import Callable
from typing import Protocol

from drivers.port import Port

_NS_PER_S, _NS_PER_MS = 1_000_000_000, 1_000_000
_SLICE_MS = 100
"""The longest single wait: so soon is a stop noticed."""
_LONGEST_MS = 500
"""Where nfcpy would wait for ever: for an RC-S380."""
_ACK = b"\x00\x00\xff\x00\xff\x00"
_FRAME_MAX = 300


class Link(Protocol):
    """What nfcpy calls a transport."""

    TYPE: str
    """`TTY` or `USB`."""

    @property
    def manufacturer_name(self) -> str | None:
        """The maker, where the line tells."""
        ...

    @property
    def product_name(self) -> str | None:
        """The device's own name, where the line tells."""
        ...

    def read(self, timeout: int = 0) -> bytearray | None:
        """Return one frame. Raises OSError with ETIMEDOUT after so many milliseconds; 0 waits without end."""
        ...

    def write(self, frame: bytes) -> None:
        """Send one frame."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class SerialLink:
    """
    A chip at a serial port.

    Not nfcpy's own: that one knows only names directly in /dev, waits for ever to write, lets `termios.error` out, and
    stumbles over a frame cut short.
    """

    TYPE = "TTY"
    manufacturer_name = product_name = None

    def __init__(self, port: Port) -> None:
        self._port = port
        self._heard = b""

    def read(self, timeout: int = 0) -> bytearray:
        """
        Return one frame, whatever stood before it is skipped.

        Raises:
            TimeoutError: None is complete yet; what came of it is kept. Waits for the port's patience, not for
                `timeout`: see `Bounded`.
            ReaderLost: Unplugged.

        """
        del timeout
        frame = self._cut()
        if frame is None:
            self._heard += self._port.read()
            frame = self._cut()
        if frame is None:
            raise _timed_out()
        return bytearray(frame)

    def write(self, frame: bytes) -> None:
        """
        Send one frame; what was heard before it is no answer to it.

        Raises:
            ReaderLost: Unplugged.

        """
        self._port.forget()
        self._heard = b""
        self._port.write(bytes(frame))

    def close(self) -> None:
        """Close the port."""
        self._port.close()

    def _cut(self) -> bytes | None:
        start = self._heard.find(b"\x00\xff")
        if start < 0:
            self._heard = self._heard[-1:]
            return None
        self._heard = self._heard[start:]
        size = _size(self._heard)
        if size is None or len(self._heard) < size:
            return None
        frame, self._heard = b"\x00" + self._heard[:size], self._heard[size:]
        return frame


class Bounded:
    """Any line, with a limit to each wait and to all waits of one call together; a stop ends them at once."""

    def __init__(self, line: Link, *, now_ns: Callable[[], int]) -> None:
        self.TYPE = line.TYPE
        self._line = line
        self._now_ns = now_ns
        self._until_ns = 0
        self._stop = threading.Event()

    def allow(self, limit_s: float, *, stop: threading.Event | None = None) -> None:
        """Let reads from now on take so long in all, and end as soon as `stop` is set."""
        self._until_ns = self._now_ns() + round(limit_s * _NS_PER_S)
        self._stop = stop or threading.Event()

    @property
    def manufacturer_name(self) -> str | None:
        """The maker, where the line tells."""
        return self._line.manufacturer_name

    @property
    def product_name(self) -> str | None:
        """The device's own name, where the line tells."""
        return self._line.product_name

    def read(self, timeout: int = 0) -> bytearray:
        """
        Return one frame.

        Raises:
            TimeoutError: There was none in time.
            OSError: The line is dead.

        """
        until_ns = min(self._until_ns, self._now_ns() + (timeout or _LONGEST_MS) * _NS_PER_MS)
        while not self._stop.is_set() and (left_ms := (until_ns - self._now_ns()) // _NS_PER_MS) > 0:
            try:
                frame = self._line.read(min(left_ms, _SLICE_MS))
            except OSError as exc:
                if exc.errno != errno.ETIMEDOUT:
                    raise
                continue
            if frame is None:  # nfcpy's way to say that it is closed
                raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
            return frame
        raise _timed_out()

    def write(self, frame: bytes) -> None:
        """
        Send one frame.

        Raises:
            OSError: The line is dead.

        """
        self._line.write(frame)

    def close(self) -> None:
        """Let go of it."""
        self._line.close()


def _size(heard: bytes) -> int | None:
    """Return how long the frame is that begins with 00 FF; None while that is not known."""
    if heard[:5] == _ACK[1:]:
        return len(_ACK) - 1
    if len(heard) < 4:  # noqa: PLR2004 - 00 FF, length, its check
        return None
    if heard[2:4] != b"\xff\xff":
        return 4 + heard[2] + 2
    if len(heard) < 7:  # noqa: PLR2004 - 00 FF, FF FF, length of two bytes, its check
        return None
    # A length that no chip sends is noise: cut short, so that nfcpy rejects it by its check byte.
    return 7 + min(int.from_bytes(heard[4:6], "big"), _FRAME_MAX) + 2


def _timed_out() -> TimeoutError:
    return TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
