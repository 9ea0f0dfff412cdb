"""A disk so small that it is soon full: a few megabytes of tmpfs. Needs root; breaks nothing but room."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A mounted disk, and somebody else who fills it."""

    folder: Path

    def free_bytes(self) -> int:
        """Return what is left."""
        told = os.statvfs(self.folder)
        return told.f_bavail * told.f_frsize

    def fill(self, *, leave_bytes: int = 0) -> None:
        """Let somebody else take the disk, to the last page."""
        with (self.folder / "others").open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while self.free_bytes() > leave_bytes:
                file.write(b"\0" * 4096)

    def free(self) -> None:
        """Let them give it back."""
        (self.folder / "others").unlink()


def available() -> str | None:
    """Return why there can be no such disk here; None if there can."""
    return None if os.geteuid() == 0 and Path("/bin/mount").exists() else "a small disk needs root and mount"


@contextmanager
def small_disk(folder: Path, *, size_kb: int) -> Iterator[SmallDisk]:
    """Mount a disk of that size on a new folder, for as long as the block runs."""
    folder.mkdir()
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={size_kb}k,mode=700", "small", folder], check=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["/bin/umount", "--lazy", folder], check=True)
