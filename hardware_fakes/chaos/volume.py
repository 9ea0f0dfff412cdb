"""The box's own small disk: an ext4 that can be filled, copied as by a power cut, and become that copy."""

import contextlib
import os
import shutil
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from hardware_fakes.disk import mounts
from hardware_fakes.disk.mounts import Image, ext4, make_ext4

SIZE_MIB = 32
COPIES_MAX = 50


class VolumeError(Exception):
    """It cannot be copied, or there is none here."""


def available() -> str | None:
    """Return why the box can have no disk of its own here; None if it can."""
    return mounts.available() or (None if shutil.which("unshare") else "missing: unshare (package util-linux)")


class Volume:
    """
    A disk mounted at a folder.

    Run it in a mount namespace of your own: then the kernel takes it away, however the program ends.
    """

    def __init__(self, folder: Path, *, image: Path) -> None:
        self._folder = folder
        self._image = image
        self._mounted = contextlib.ExitStack()

    def fill(self) -> None:
        """Leave no room."""
        self._disk.fill()

    def empty(self) -> None:
        """Give the room back."""
        self._disk.free()

    def copy(self, to: Path) -> None:
        """
        Copy the disk as it is at one moment: what was not synced is missing. Whoever writes must stand still.

        Raises:
            VolumeError: Somebody goes on writing.

        """
        for _ in range(COPIES_MAX):
            before = self._writes()
            self._disk.as_after_a_power_cut(to)
            if self._writes() == before:
                return
            time.sleep(0.01)
        raise VolumeError(f"{self._image}: is written to all the time")

    def become(self, image: Path) -> None:
        """Go on with this copy. Nobody has a file open."""
        self._mounted.close()
        image.replace(self._image)
        self._mount()

    def __enter__(self) -> Self:
        make_ext4(self._image, size_mib=SIZE_MIB)
        self._folder.mkdir(exist_ok=True)
        self._mount()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._mounted.close()

    def _mount(self) -> None:
        self._disk: Image = self._mounted.enter_context(ext4(self._image, self._folder))

    def _writes(self) -> str:
        device = self._folder.stat().st_dev
        counts = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat")
        return counts.read_text(encoding="ascii").split()[4]
