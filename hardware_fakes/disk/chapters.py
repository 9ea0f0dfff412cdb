"""A program's life as chapters, each a process of its own, under whatever disk there is; and its promises as marks."""

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from hardware_fakes.disk.faulty import MARK
from spool import file as spool_file

Mark = Callable[..., None]
"""Takes the name of what was done, and its facts."""
Chapter = Callable[[Path, Mark, int], None]


def live(chapters: Sequence[Chapter], folder: Path, *, size: int) -> bool:
    """
    Live these in order; False if one was killed in the middle. Fork from one thread only.

    Raises:
        RuntimeError: A chapter failed by itself.

    """
    return all(_live(chapter, folder, size) for chapter in chapters)


@contextlib.contextmanager
def marking(folder: Path) -> Iterator[Mark]:
    """Give what writes marks."""
    file = os.open(folder / MARK, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def mark(said: str, **facts: object) -> None:
        os.write(file, json.dumps({"said": said, **facts}).encode())

    try:
        yield mark
    finally:
        os.close(file)


def promise_too_early() -> None:
    """Break the stores as most projects have them: synchronous=NORMAL. Checks of the promises must then fail."""

    def demote(db: sqlite3.Connection) -> None:
        db.execute("PRAGMA synchronous=NORMAL")

    spool_file.assert_durable = demote


def _live(chapter: Chapter, folder: Path, size: int) -> bool:
    pid = os.fork()
    if not pid:
        try:
            with marking(folder) as mark:
                chapter(folder, mark, size)
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status > 0:
        raise RuntimeError(f"{chapter.__name__} ended with {status}; its words are above")
    return status == 0
