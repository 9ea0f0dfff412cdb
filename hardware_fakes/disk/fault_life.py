"""Lives of a box and of a receiver whose syncs fail, and who die at the worst moments. Say what was promised."""

import contextlib
import os
import random
import sys
from pathlib import Path

from edge_agent.intake import Recorded
from hardware_fakes.disk.chapters import Mark, live
from hardware_fakes.disk.gate_life import SAVED, Box
from hardware_fakes.disk.knobs import Knobs
from hardware_fakes.disk.office_life import Office
from spool import file as spool_file
from spool.file import SpoolError

PATIENCE = 12
"""So often one worker tries again: longer than the disk ever refuses."""


class LonelyBox(Box):
    """Nobody else has the file open: its last close empties the log, its next open reads what a fault left in it."""

    def __init__(self, folder: Path, mark: Mark, *, boot: int) -> None:
        super().__init__(folder, mark, boot=boot)
        self.outbox.close()

    def _committed(self, recorded: Recorded) -> None:
        self.mark("accepted", seq=recorded.seq, body=self._head().decode())

    def _head(self) -> bytes:
        db = self.journal._db  # noqa: SLF001 - a second connection would change what is tried
        return bytes(db.execute("SELECT body FROM entry ORDER BY seq DESC").fetchone()[0]) if db else b""


def start(folder: Path, mark: Mark, size: int) -> None:
    """Make the file while syncs fail: tried again as systemd would; then touches."""
    knobs = Knobs.of_this_process()
    for number in range(1, 9):
        knobs.fail_sync(number)
        with contextlib.suppress(SpoolError):
            Box(folder, mark).close()
    knobs.good()
    box = Box(folder, mark)
    box.touches(size)
    os._exit(0)


def refused(folder: Path, mark: Mark, size: int) -> None:
    """Every worker tries until it is green, with others who read the file."""
    _workers(Box(folder, mark, boot=1), size, seed=1)
    os._exit(0)


def refused_alone(folder: Path, mark: Mark, size: int) -> None:
    """Every worker tries until it is green."""
    _workers(LonelyBox(folder, mark, boot=2), size, seed=2)
    os._exit(0)


def dies_refused(folder: Path, mark: Mark, size: int) -> None:
    """A sync fails, and right behind it the program dies: what it left is the next start's."""
    box = LonelyBox(folder, mark, boot=3)
    box.touches(size // 2)
    Knobs.of_this_process().fail_sync(1, times=4)
    box.touch(1)
    os._exit(0)


def next_start(folder: Path, mark: Mark, size: int) -> None:
    """The disk is good again."""
    Knobs.of_this_process().good()
    Box(folder, mark, boot=4).touches(size)
    os._exit(0)


def office_start(folder: Path, mark: Mark, size: int) -> None:
    """Make the receiver's file while syncs fail, tried again as systemd would; then take the first events."""
    knobs = Knobs.of_this_process()
    for number in range(1, 9):
        knobs.fail_sync(number)
        with contextlib.suppress(SpoolError):
            Office(folder, mark, size=size).store.close()
    knobs.good()
    Office(folder, mark, size=size).events(1, size, rng=random.Random(1))
    os._exit(0)


def office_refused(folder: Path, mark: Mark, size: int) -> None:
    """What could not be committed is sent again, as gateways do; in the end a sync fails, and the program dies."""
    knobs, rng = Knobs.of_this_process(), random.Random(2)
    office = Office(folder, mark, size=size)
    for first in range(size + 1, 4 * size, 2):
        knobs.fail_sync(rng.randint(1, 3), times=rng.choice((1, 2, 3, 6)))
        for _ in range(PATIENCE):
            with contextlib.suppress(SpoolError):
                office.events(first, first + 1, rng=rng)
                break
    knobs.fail_sync(1, times=9)
    with contextlib.suppress(SpoolError):
        office.events(4 * size, 4 * size + 1, rng=rng)
    os._exit(0)


def office_next_start(folder: Path, mark: Mark, size: int) -> None:
    """The disk is good again."""
    Knobs.of_this_process().good()
    Office(folder, mark, size=size).events(4 * size, 5 * size, rng=random.Random(3))
    os._exit(0)


CHAPTERS = (start, refused, refused_alone, dies_refused, next_start, dies_refused, next_start)
OFFICE_CHAPTERS = (office_start, office_refused, office_next_start)


def believe_the_log() -> None:
    """Break the spool: let it take what a failed sync left for durable."""

    def believe(path: Path) -> None:
        """Leave it as it is."""

    spool_file._renew_log = believe  # noqa: SLF001 - the fault of the control


def _workers(box: Box, count: int, *, seed: int) -> None:
    knobs, rng = Knobs.of_this_process(), random.Random(seed)
    for number in range(count):
        if rng.random() < 0.5:  # noqa: PLR2004 - every other worker
            knobs.fail_sync(rng.randint(1, 2), times=rng.choice((1, 2, 3, 6)))
        tries = (box.touch(number * 5).kind in SAVED for _ in range(PATIENCE))
        if not any(tries):
            raise RuntimeError("refused for ever")
    knobs.good()


if __name__ == "__main__":
    if "--believe" in sys.argv:
        believe_the_log()
    live(OFFICE_CHAPTERS if "--office" in sys.argv else CHAPTERS, Path(sys.argv[1]), size=int(sys.argv[2]))
