"""The knobs of a faulty disk, and what it counted: a file mapped into whoever turns them and whoever suffers."""

import ctypes
import errno
import mmap
import os
from pathlib import Path
from typing import Self

CONTROL = "FAULTYDISK_CONTROL"
"""Names the control file in the environment of a program under a faulty disk."""
_FOR_EVER = 2**62


class _Control(ctypes.Structure):
    """The struct of the same name in faultydisk.c."""

    _fields_ = tuple(
        (name, ctypes.c_int64)
        for name in (
            *("slow_us", "fail_first", "fail_last", "write_errno", "kill_before", "kill_after"),
            *("operations", "syncs", "failed"),
        )
    )


def new_control(path: Path) -> None:
    """Make the control file of a good disk."""
    path.write_bytes(bytes(ctypes.sizeof(_Control)))


class Knobs:
    """A disk changed at any time, from any thread or process; what is said holds from its next operation."""

    def __init__(self, control: Path) -> None:
        with control.open("r+b") as file:
            self._mapped = mmap.mmap(file.fileno(), 0)
        self._control = _Control.from_buffer(self._mapped)

    @classmethod
    def of_this_process(cls) -> Self:
        """Return the knobs of the disk this process was started under: KeyError if there is none."""
        return cls(Path(os.environ[CONTROL]))

    def good(self) -> None:
        """Make it a good disk again."""
        self.slow(0)
        self.fail_syncs(on=False)
        self.full(on=False)
        self._control.kill_before = self._control.kill_after = 0

    def slow(self, ms: float) -> None:
        """Let every sync take so much longer, one at a time."""
        self._control.slow_us = round(ms * 1000)

    def fail_syncs(self, on: bool) -> None:  # noqa: FBT001 - a switch
        """Let every sync fail with EIO, or none."""
        self._fail(1 if on else 0, _FOR_EVER)

    def fail_sync(self, number: int, *, times: int = 1) -> None:
        """Let the `number`-th sync from now fail with EIO, 1 being the next, and so many in a row."""
        first = self._control.syncs + number
        self._fail(first, first + times - 1)

    def full(self, on: bool) -> None:  # noqa: FBT001 - a switch
        """Let every write fail with ENOSPC, or none."""
        self._control.write_errno = errno.ENOSPC if on else 0

    def read_only(self, on: bool) -> None:  # noqa: FBT001 - a switch
        """Let every change fail with EROFS, also of files that are open, as ext4 does after an error; or none."""
        self._control.write_errno = errno.EROFS if on else 0

    def kill(self, *, before: int = 0, after: int = 0) -> None:
        """Kill the program with SIGKILL before or after its operation of this number, 1 being the first of all."""
        self._control.kill_before, self._control.kill_after = before, after

    @property
    def operations(self) -> int:
        """Changes of files and names, and syncs, so far."""
        return int(self._control.operations)

    @property
    def syncs(self) -> int:
        """Syncs so far, those that failed too."""
        return int(self._control.syncs)

    @property
    def failed(self) -> int:
        """Syncs that failed so far."""
        return int(self._control.failed)

    def close(self) -> None:
        """Let go of the control file; a program that still runs keeps its last orders."""
        del self._control
        self._mapped.close()

    def _fail(self, first: int, last: int) -> None:
        self._control.fail_first = 0  # never a moment with one old and one new end
        self._control.fail_last = last
        self._control.fail_first = first
