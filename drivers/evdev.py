"""A keyboard of the kernel's input layer, taken for us alone: bytes of events. Knows no key."""

import errno
import fcntl
import os
import select
from collections.abc import Callable
from pathlib import Path
from typing import Self

from drivers.contract import ReaderBroken, ReaderLost, ReaderName
from drivers.wire.keys import EVENT

EVIOCGRAB = 0x40044590
"""_IOW('E', 0x90, int)."""
_EVENTS_A_READ = 64


def grab(fd: int) -> None:
    """Take the device for this file alone: its keys reach no console and no desktop. Ends when the file is closed."""
    fcntl.ioctl(fd, EVIOCGRAB, 1)


class Keyboard:
    """An open input device, ours alone."""

    def __init__(
        self, owner: ReaderName, path: str, *, grab: Callable[[int], None] = grab, patience_s: float = 1.0
    ) -> None:
        """
        Open it and take it.

        Raises:
            ReaderLost: It is not there.
            ReaderBroken: No permission, or somebody else has taken it.

        """
        self._owner = owner
        self._path = path
        self._patience_s = patience_s
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as exc:
            raise self._refused(exc) from exc
        try:
            grab(self._fd)
        except OSError as exc:
            os.close(self._fd)
            raise self._not_ours(exc) from exc

    def read(self) -> bytes:
        """
        Return the events that have come, as soon as any has; empty after `patience_s`.

        Raises:
            ReaderLost: Unplugged.

        """
        try:
            if not select.select([self._fd], [], [], self._patience_s)[0]:
                return b""
            data = os.read(self._fd, EVENT.size * _EVENTS_A_READ)
        except BlockingIOError:
            return b""
        except OSError as exc:  # ENODEV
            raise self._lost(exc.strerror or str(exc)) from exc
        if not data:
            raise self._lost("nothing more comes")
        return data

    def close(self) -> None:
        """Give it back."""
        os.close(self._fd)

    def __enter__(self) -> Self:
        """Return the open keyboard."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _lost(self, why: str) -> ReaderLost:
        return ReaderLost(f"{self._owner}: {self._path}: unplugged ({why}); check the cable")

    def _refused(self, exc: OSError) -> ReaderLost | ReaderBroken:
        place = f"{self._owner}: {self._path}"
        if exc.errno in {errno.EACCES, errno.EPERM}:
            return ReaderBroken(f"{place}: not allowed; the agent's user must be in the group input")
        if exc.errno in {errno.ENOENT, errno.ENODEV, errno.ENXIO} or not Path(self._path).exists():
            return ReaderLost(f"{place}: not there; is it plugged in? see: edge-agent help serial")
        return ReaderBroken(f"{place}: cannot be opened ({exc.strerror})")

    def _not_ours(self, exc: OSError) -> ReaderLost | ReaderBroken:
        place = f"{self._owner}: {self._path}"
        if exc.errno == errno.EBUSY:
            return ReaderBroken(
                f"{place}: another program has taken it: a second agent, a desktop's session, evtest? end that program"
            )
        if exc.errno == errno.ENODEV:
            return self._lost("gone while it was opened")
        return ReaderBroken(f"{place}: is no input device ({exc.strerror}); name one of /dev/input/by-path/*-event-kbd")
