"""Kill a life with SIGKILL at every place in turn; check what each kill leaves. Prints what is wrong.

python -m hardware_fakes.disk.kills LIFE FOLDER SIZE FIRST STEP: before the operations FIRST, FIRST + STEP, ... of its
files; with FIRST = 0 at the named points in its program. Started under a faulty disk that watches nothing: one warm
process forks them all.
"""

import itertools
import json
import logging
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import sqlite_utils  # noqa: F401 - warm: a migration imports it, in each child anew

from hardware_fakes.disk import gate_check, gate_life, office_check, office_life
from hardware_fakes.disk.chapters import Chapter, live
from hardware_fakes.disk.faulty import FaultyDisk
from hardware_fakes.disk.gate_check import Wrong
from spool import file

POINTS = {
    "a transaction": "BEGIN IMMEDIATE",
    "an event": "INSERT INTO entry",
    "a presence": "INSERT OR REPLACE INTO presence",
    "a receipt": "UPDATE receipt",
    "a refusal": "INSERT OR REPLACE INTO quarantine",
    "a prune": "DELETE FROM entry",
    "a checkpoint": "PRAGMA wal_checkpoint",
    "a first table": "CREATE TABLE epoch",
    "a migration": "ALTER TABLE presence",
    "a commit": "COMMIT",
}
"""Statements; the kill comes before or after one of them."""
TIMES = (1, 2, 9)
"""Which time the statement is run."""


class KilledConnection(file.Connection):  # the program's own
    """Kills its program at one statement."""

    sql = ""
    is_before = True
    left = 0

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:  # noqa: ANN401 - as sqlite3 has it
        """Run the statement; or die."""
        is_it = sql.strip().startswith(self.sql)
        KilledConnection.left -= is_it
        if is_it and not self.left and self.is_before:
            os.kill(os.getpid(), signal.SIGKILL)
        cursor = super().execute(sql, *values)
        if is_it and not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        return cursor


def gate_wrong(folder: Path, marks: list[bytes], _size: int) -> list[Wrong]:
    """Return what a box's folder lacks of what it promised."""
    return gate_check.check(folder, gate_check.promised(marks))


def office_wrong(folder: Path, marks: list[bytes], size: int) -> list[Wrong]:
    """Return what a receiver's folder lacks of what it promised."""
    said = office_check.Handed()
    for mark in marks:
        said.hear(mark)
    return office_check.check(folder, said, size=size)


LIVES: dict[str, tuple[Sequence[Chapter], Callable[[Path, list[bytes], int], list[Wrong]]]] = {
    "gate": (gate_life.CHAPTERS, gate_wrong),
    "office": (office_life.CHAPTERS, office_wrong),
}


def lived(
    life: str,
    folder: Path,
    *,
    size: int,
    deadly: Callable[[FaultyDisk], object],
    chapters: Sequence[Chapter] = (),
    begun: Path | None = None,
) -> list[Wrong] | None:
    """
    Return what is wrong after a life on which something deadly was put; None if it lived to its end.

    Args:
        life: Whose.
        folder: Not there yet; left behind after a life that came to its end.
        size: How long its chapters are.
        deadly: Told the disk before the life begins.
        chapters: These only; else all.
        begun: The folder that earlier chapters left.

    """
    all_chapters, wrong = LIVES[life]
    state = folder / "state"
    if begun:
        shutil.copytree(begun, folder)
    else:
        state.mkdir(parents=True)
    with FaultyDisk(state, beside=folder, records=True, build_dir=folder.parent) as disk:
        pid = os.fork()
        if not pid:
            deadly(disk)
            disk.take_over()
            os._exit(not live(chapters or all_chapters, state, size=size))
        if not os.waitpid(pid, 0)[1]:
            return None
        disk.good()
        found = wrong(state, disk.marks(), size)
    shutil.rmtree(folder)
    return found


def operations(life: str, folder: Path, size: int, first: int, step: int) -> Iterator[tuple[str, list[Wrong]]]:
    """Kill before each operation on a file, chapter by chapter: each goes on from where the one before had ended."""
    begun: Path | None = None
    for chapter in LIVES[life][0]:
        for number in itertools.count(first, step):
            place = folder / f"{chapter.__name__}-{number}"
            deadly = partial(_kill_before, number=number)
            found = lived(life, place, size=size, deadly=deadly, chapters=[chapter], begun=begun)
            if found is None:
                begun = place
                break
            yield f"before operation {number} of {chapter.__name__}", found


def points(life: str, folder: Path, size: int) -> Iterator[tuple[str, list[Wrong]]]:
    """Kill at each named point; behind the commit and before the answer, too."""
    for name, sql in POINTS.items():
        for when in ("before", "after"):
            for time in TIMES:
                place = f"{when} {name}, {time}"
                deadly = partial(_kill_at, sql=sql, is_before=when == "before", time=time)
                found = lived(life, folder / place.replace(" ", "-"), size=size, deadly=deadly)
                if found is not None:
                    yield place, found
    for time in TIMES:
        found = lived(life, folder / f"answer-{time}", size=size, deadly=partial(_kill_at_answer, time=time))
        yield f"before the answer, {time}", found or []


def main(life: str, folder: Path, size: int, first: int, step: int) -> None:
    """Kill at all these places; print them, and what was wrong."""
    logging.disable()
    kills = list(operations(life, folder, size, first, step) if first else points(life, folder, size))
    wrong = [f"killed {place}: {each}" for place, found in kills for each in found]
    print(json.dumps({"places": [place for place, _ in kills], "wrong": wrong}))  # noqa: T201 - for who started us


def _kill_before(disk: FaultyDisk, *, number: int) -> None:
    disk.kill(before=number)


def _kill_at(_disk: FaultyDisk, *, sql: str, is_before: bool, time: int) -> None:
    KilledConnection.sql, KilledConnection.is_before, KilledConnection.left = sql, is_before, time
    file.Connection = KilledConnection  # type: ignore[misc]  # the fault


def _kill_at_answer(_disk: FaultyDisk, *, time: int) -> None:
    answers = iter(range(time - 1))

    def die(_box: gate_life.Box, _recorded: object) -> None:
        if next(answers, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    gate_life.Box._committed = die  # type: ignore[method-assign, assignment]  # noqa: SLF001 - the fault


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:]))
