"""The faulty disk under a program: builds faultydisk.c, gives the environment that loads it, turns its knobs meanwhile."""

import ctypes
import mmap
import os
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from hardware_fakes.disk import record

MARK = ".mark"
"""A file of this name in the watched folder takes the program's own words into the log. It is never made."""
_SOURCE = Path(__file__).with_name("faultydisk.c")
_FOR_EVER = 2**62


class FaultyDiskError(Exception):
    """The faulty disk cannot be built."""


class _Control(ctypes.Structure):
    """The struct of the same name in faultydisk.c."""

    _fields_ = tuple(
        (name, ctypes.c_int64)
        for name in (
            *("slow_us", "fail_first", "fail_last", "write_errno", "kill_before", "kill_after"),
            *("operations", "syncs", "failed"),
        )
    )


def available() -> str | None:
    """Return what is missing on this machine, and how to get it; None when all is there."""
    return None if shutil.which("cc") else "missing for the faulty disk: a C compiler (package gcc)"


class FaultyDisk:
    """
    A disk under the files of one folder, as far as programs started with `environment()` use them.

    Everything may be changed while they run, from any thread; it holds from their next operation. Names they use must
    be absolute. All that run at a time share the counts.
    """

    def __init__(self, folder: Path, *, beside: Path, records: bool = False, build_dir: Path | None = None) -> None:
        """
        Make the control file; the program may be built now.

        Args:
            folder: Whose files are watched; need not exist yet.
            beside: Another folder, for the control file and the log.
            records: Whether `lines` and `marks` are wanted; the log grows by everything that is written.
            build_dir: Where the built library is kept for the next time.

        Raises:
            FaultyDiskError: It cannot be built.

        """
        self.folder = folder.resolve()
        self._control_file = beside / "disk.control"
        self._log = beside / "disk.log" if records else None
        self._library = build(build_dir or beside)
        self._control_file.write_bytes(bytes(ctypes.sizeof(_Control)))
        with self._control_file.open("r+b") as file:
            self._mapped = mmap.mmap(file.fileno(), 0)
        self._control = _Control.from_buffer(self._mapped)

    # ------------------------------------------------------------ under whom
    def environment(self) -> dict[str, str]:
        """Return what must be in a program's environment so that it gets this disk."""
        before = os.environ.get("LD_PRELOAD")
        return {
            "LD_PRELOAD": f"{self._library}:{before}" if before else str(self._library),
            "FAULTYDISK_FOLDER": str(self.folder),
            "FAULTYDISK_CONTROL": str(self._control_file),
            "FAULTYDISK_LOG": str(self._log or ""),
        }

    def take_over(self) -> None:
        """
        Get under this very process, which was started under another faulty disk. For children forked from a warm one.

        Raises:
            FaultyDiskError: It was not.

        """
        names = [os.fsencode(str(path)) for path in (self.folder, self._control_file, self._log or "")]
        try:
            failed = ctypes.CDLL(None).faultydisk_begin(*names)
        except AttributeError as exc:
            raise FaultyDiskError("this process was not started under a faulty disk") from exc
        if failed:
            raise FaultyDiskError(f"{self._control_file}: cannot be mapped")

    # ------------------------------------------------------------ the knobs
    def good(self) -> None:
        """Make it a good disk again."""
        self.slow(0)
        self.fail_syncs(False)
        self.full(False)
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
        self._control.write_errno = 28 if on else 0

    def kill(self, *, before: int = 0, after: int = 0) -> None:
        """Kill the program with SIGKILL before or after its operation of this number, 1 being the first of all."""
        self._control.kill_before, self._control.kill_after = before, after

    # ------------------------------------------------------------ what happened
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

    def lines(self) -> list[record.Line]:
        """Return what was recorded, oldest first."""
        return record.read(self._log) if self._log else []

    def marks(self) -> list[bytes]:
        """Return what the program wrote to the file `.mark`, one write each, oldest first."""
        return record.marks(self.lines())

    def close(self) -> None:
        """Let go of the control file; a program that still runs keeps its last orders."""
        del self._control
        self._mapped.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.good()
        self.close()

    def _fail(self, first: int, last: int) -> None:
        self._control.fail_first = 0  # never a moment with one old and one new end
        self._control.fail_last = last
        self._control.fail_first = first


def build(build_dir: Path) -> Path:
    """
    Return the library, built on the first call for this state of its source.

    Raises:
        FaultyDiskError: It does not compile.

    """
    library = build_dir / f"faultydisk-{sha256(_SOURCE.read_bytes()).hexdigest()[:12]}.so"
    if library.exists():
        return library
    build_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build_dir) as scratch:
        made = Path(scratch) / library.name
        flags = ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra"]
        command = ["cc", *flags, "-o", str(made), str(_SOURCE), "-ldl", "-lpthread"]  # libraries behind who needs them
        compiled = subprocess.run(command, check=False, capture_output=True, text=True)
        if compiled.returncode:
            raise FaultyDiskError(f"faultydisk.c does not compile:\n{compiled.stderr}")
        made.rename(library)
    return library
