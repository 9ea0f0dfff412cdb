"""Disks of their own: a tmpfs that fills up; an ext4 whose device can be copied as a power cut leaves it."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

FILLER = "filler"
"""The file that takes what is left of the room."""


class MountFailed(Exception):
    """The kernel did not mount it, or it could not be made."""


def available() -> str | None:
    """Return what is missing on this machine, and how to get it; None when all is there."""
    if os.geteuid():
        return "disks of their own are mounted as root"
    missing = [
        f"{program} (package {package})"
        for program, package in (("mkfs.ext4", "e2fsprogs"), ("mount", "mount"), ("losetup", "mount"))
        if shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None
    ]
    if not Path("/dev/loop-control").exists():
        missing.append("loop devices (/dev/loop-control)")
    return f"missing for disks of their own: {', '.join(missing)}" if missing else None


class Mounted:
    """A disk of its own at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        """Leave no byte of room."""
        with (self.folder / FILLER).open("ab", buffering=0) as file, contextlib.suppress(OSError):
            size = 1 << 16
            while size:
                try:
                    file.write(bytes(size))
                except OSError:
                    size //= 2

    def free(self) -> None:
        """Give the room back."""
        (self.folder / FILLER).unlink()


class Image(Mounted):
    """An ext4 on a file. What is in `file` is what reached the device."""

    def __init__(self, folder: Path, file: Path) -> None:
        super().__init__(folder)
        self.file = file

    def abort(self) -> None:
        """Let ext4 give up, as it does after an error of its own: it is read-only until it is mounted anew."""
        _run("mount", "-o", "remount,abort", str(self.folder))

    def as_after_a_power_cut(self, copy: Path) -> Path:
        """Copy the device as it is this moment: nothing is flushed before; return the copy, not mounted yet."""
        shutil.copyfile(self.file, copy)
        return copy


@contextlib.contextmanager
def tmpfs(folder: Path, *, size_kib: int) -> Iterator[Mounted]:
    """
    Give a disk of this size at a folder that is there already; it is gone with the block.

    Raises:
        MountFailed: Not as root, or not in this container.

    """
    _run("mount", "-t", "tmpfs", "-o", f"size={size_kib}k,mode=700", "tmpfs", str(folder))
    try:
        yield Mounted(folder)
    finally:
        _unmount(folder)


def make_ext4(file: Path, *, size_mib: int = 16) -> None:
    """
    Make an image of this size.

    Raises:
        MountFailed: mkfs did not.

    """
    with file.open("wb") as image:
        image.truncate(size_mib << 20)
    _run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0", str(file))


@contextlib.contextmanager
def ext4(file: Path, folder: Path) -> Iterator[Image]:
    """
    Give the image's disk at a folder that is there already; a journal left by a power cut is recovered.

    Raises:
        MountFailed: Not as root, no loop device, no ext4 in the image.

    """
    _run("mount", "-o", "loop", str(file), str(folder))
    try:
        yield Image(folder, file)
    finally:
        _unmount(folder)


def _unmount(folder: Path) -> None:
    try:
        _run("umount", str(folder))
    except MountFailed:  # somebody still has it open, in a test that failed: it goes when they do
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | {"PATH": path})
    if done.returncode:
        raise MountFailed(f"{' '.join(command)}: {done.stderr.strip()}")
