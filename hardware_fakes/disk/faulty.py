"""The faulty disk under a program: builds faultydisk.c and gives the environment that loads it."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from hardware_fakes.disk import record
from hardware_fakes.disk.knobs import CONTROL, Knobs, new_control

MARK = ".mark"
"""A file of this name in the watched folder takes the program's own words into the log. It is never made."""
_SOURCE = Path(__file__).with_name("faultydisk.c")


class FaultyDiskError(Exception):
    """The faulty disk cannot be built."""


def available() -> str | None:
    """Return what is missing on this machine, and how to get it; None when all is there."""
    return None if shutil.which("cc") else "missing for the faulty disk: a C compiler (package gcc)"


class FaultyDisk(Knobs):
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
        new_control(self._control_file)
        super().__init__(self._control_file)

    # ------------------------------------------------------------ under whom
    def environment(self) -> dict[str, str]:
        """Return what must be in a program's environment so that it gets this disk."""
        before = os.environ.get("LD_PRELOAD")
        return {
            "LD_PRELOAD": f"{self._library}:{before}" if before else str(self._library),
            "FAULTYDISK_FOLDER": str(self.folder),
            CONTROL: str(self._control_file),
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

    # ------------------------------------------------------------ what happened
    def lines(self) -> list[record.Line]:
        """Return what was recorded, oldest first."""
        return record.read(self._log) if self._log else []

    def marks(self) -> list[bytes]:
        """Return what the program wrote to the file `.mark`, one write each, oldest first."""
        return record.marks(self.lines())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.good()
        self.close()


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
