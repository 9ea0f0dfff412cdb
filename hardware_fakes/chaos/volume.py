"""The box's own small disk: a file system in a file, which can be filled, copied as by a power cut, and put back."""

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

SIZE_BYTES = 48 << 20
UNMOUNT_TIMEOUT_S = 10.0
COPIES_MAX = 50


class VolumeError(Exception):
    """It cannot be made, mounted or copied."""


def available() -> str | None:
    """Return why nothing can be mounted here; None if it can."""
    if os.geteuid():
        return "mounting a disk of the box's own needs root"
    missing = [program for program in ("mkfs.ext4", "mount", "umount") if not shutil.which(program)]
    return f"missing for a disk of the box's own: {', '.join(missing)}" if missing else None


class Volume:
    """
    An ext4 on a loop device, mounted at a folder.

    Run it in a mount namespace of your own: then the kernel takes everything away, however the program ends.
    """

    def __init__(self, folder: Path, *, image: Path) -> None:
        self.folder = folder
        self._image = image
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave no free block."""
        with contextlib.suppress(OSError), self._ballast.open("ab", buffering=0) as ballast:
            while True:
                ballast.write(bytes(1 << 20))
        with contextlib.suppress(OSError), self._ballast.open("ab", buffering=0) as ballast:
            while True:
                ballast.write(bytes(512))

    def empty(self) -> None:
        """Give the blocks back."""
        self._ballast.unlink(missing_ok=True)

    def copy(self, to: Path) -> None:
        """
        Copy the disk as it is at one moment: what was not synced is missing. Whoever writes must stand still.

        Raises:
            VolumeError: Somebody goes on writing.

        """
        for _ in range(COPIES_MAX):
            before = self._writes()
            _run("cp", "--sparse=always", str(self._image), str(to))
            if self._writes() == before:
                return
            time.sleep(0.01)
        raise VolumeError(f"{self._image}: is written to all the time")

    def become(self, image: Path) -> None:
        """Go on with this copy. Nobody may have a file open."""
        self._unmount()
        image.replace(self._image)
        self._mount()

    def __enter__(self) -> Self:
        with self._image.open("wb") as image:
            image.truncate(SIZE_BYTES)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(self._image))
        self._mount()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unmount()

    def _mount(self) -> None:
        self.folder.mkdir(exist_ok=True)
        _run("mount", "-o", "loop,noatime", str(self._image), str(self.folder))

    def _unmount(self) -> None:
        deadline = time.monotonic() + UNMOUNT_TIMEOUT_S
        while True:
            try:
                _run("umount", str(self.folder))
            except VolumeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def _writes(self) -> str:
        device = self.folder.stat().st_dev
        counts = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat")
        return counts.read_text(encoding="ascii").split()[4]


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise VolumeError(f"{' '.join(command)}: {done.stderr.strip()}")
