"""A program's life as chapters, each a process of its own, under whatever disk there is; and its promises as marks."""

import contextlib
import json
import os
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
    try:
        yield lambda said, **facts: os.write(file, json.dumps({"said": said, **facts}).encode()) and None
    finally:
        os.close(file)


def promise_too_early() -> None:
    """Break the stores as most projects have them: synchronous=NORMAL. Who checks the promises must then find losses."""
    spool_file.assert_durable = lambda db: db.execute("PRAGMA synchronous=NORMAL") and None


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
