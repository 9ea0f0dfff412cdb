"""Record a program's life on the faulty disk; cut the power at every operation of it. The checks are the caller's."""

import contextlib
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hardware_fakes.disk.cuts import Disk
from hardware_fakes.disk.faulty import FaultyDisk
from hardware_fakes.disk.gate_check import Wrong
from hardware_fakes.disk.record import Line, Marked

RAM = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
"""Where rebuilding files costs no disk."""


@dataclass(slots=True)
class Verdict:
    """What was found after all cuts."""

    cuts: int = 0
    wrong: list[Wrong] = field(default_factory=list)


@contextlib.contextmanager
def ramdisk() -> Iterator[Path]:
    """Give a folder for files that live shortly: in memory, where that can be had."""
    with tempfile.TemporaryDirectory(dir=RAM if os.access(RAM, os.W_OK) else None, prefix="edge-") as name:
        yield Path(name)


def record(module: str, *words: str, build_dir: Path) -> list[Line]:
    """
    Run `python -m module FOLDER words` on a recording disk, and return what it did and said.

    Raises:
        CalledProcessError: It failed.
        FaultyDiskError: There is no such disk.

    """
    with ramdisk() as folder:
        (folder / "state").mkdir()
        with FaultyDisk(folder / "state", beside=folder, records=True, build_dir=build_dir) as disk:
            command = [sys.executable, "-m", module, str(disk.folder), *words]
            subprocess.run(command, check=True, env={**os.environ, **disk.environment()}, timeout=60)
            return disk.lines()


def cut_everywhere(
    lines: Sequence[Line],
    *,
    cuts: int,
    hear: Callable[[bytes], None],
    check: Callable[[Path], list[Wrong]],
    seed: int = 1,
) -> Verdict:
    """
    Cut the power so many times, evenly over the lines, each time with other luck; return what the checks found.

    Args:
        lines: What was recorded, from a first start in an empty folder on.
        cuts: In all; each line has its own when there are more cuts than lines.
        hear: Told every mark before the cuts behind it.
        check: Given a folder as the cut left it; returns what is wrong.
        seed: Of the luck.

    """
    disk, rng, verdict = Disk(), random.Random(seed), Verdict()
    with ramdisk() as scratch:
        for number, line in enumerate(lines, start=1):
            hear(line.text) if isinstance(line, Marked) else disk.do(line)
            while verdict.cuts < cuts * number // len(lines):
                verdict.wrong += check(_laid_out(disk.cut(rng), scratch / str(verdict.cuts)))
                verdict.cuts += 1
                _clear(scratch / str(verdict.cuts - 1))
    return verdict


def _laid_out(files: dict[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for name, body in files.items():
        (folder / name).write_bytes(body)
    return folder


def _clear(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
