"""A disk that forgets what was not synced when its power is cut, under any program: a file system in user space."""

import os
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

START_TIMEOUT_S = 10.0


class NotMounted(Exception):
    """The file system did not come up."""


def available() -> str | None:
    """Return what is missing on this machine, and how to get it; None when all is there."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "missing for the forgetful disk: /dev/fuse"
    missing = [] if shutil.which("fusermount3") else ["fusermount3 (package fuse3)"]
    missing += [] if find_spec("mfusepy") else ["mfusepy (a package of the group `dev`)"]
    return f"missing for the forgetful disk: {', '.join(missing)}" if missing else None


class ForgetfulDisk:
    """Mounted at a folder that is there already; empty at first. Regular files, no folders in it."""

    def __init__(self, folder: Path) -> None:
        """
        Mount it.

        Raises:
            NotMounted: It did not come up.

        """
        self.folder = folder
        # SIGTERM, not SIGKILL, when we die: it unmounts then.
        command = [
            "setpriv",
            "--pdeathsig",
            "TERM",
            sys.executable,
            "-m",
            "hardware_fakes.disk.forgetful_fs",
            str(folder),
        ]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while not folder.is_mount():
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                self._process.kill()
                words = self._process.communicate()[1].decode(errors="replace")
                raise NotMounted(f"{folder}: the forgetful disk did not come up: {words}")
            time.sleep(0.01)

    def cut(self, left: Path, *, kept: float = 0.0, seed: int = 1) -> Path:
        """
        Cut the power: every later call fails, until it is unmounted. Return the folder with what is left.

        Args:
            left: A folder that is there already, for what is left.
            kept: How likely each unsynced write, torn or whole, and each unsynced name, is left.
            seed: Of the luck.

        """
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018 - pipes both
        self._process.stdin.write(f"cut {left} {kept} {seed}\n".encode())
        self._process.stdin.flush()
        if self._process.stdout.readline() != b"cut\n":
            raise NotMounted(f"{self.folder}: the forgetful disk is gone")
        return left

    def close(self) -> None:
        """Unmount it, also where somebody still has it open."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False, capture_output=True)  # noqa: S607 - from PATH
        self._process.terminate()
        try:
            self._process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
