"""Read what can still be read of a file, however damaged. Changes nothing in it; knows bytes and numbers, not events.

Theory of operation. Events are looked for in the raw bytes of the file and of its log (`spool.pages`), so that a bad
page costs the events in it, and a bad header or a log that SQLite no longer believes costs none. SQLite, as far as it
can still read, tells the rest: the epoch's name, the receipt, the owner's tables, and events not found that way.

A number may have several candidates: an event that was never committed, and the one that later got its number. SQLite's
comes first; which is right is told by the chain, which the spool does not know. So all are handed out.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zlib import crc32

from spool.file import SpoolUnavailable, open_reader, unavailable
from spool.pages import PAGE, Place, places, read, receipts


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One event under its number, with its checksum right or from before there were any."""

    seq: int
    body: bytes
    recorded_utc_ns: int | None


class Wreck:
    """A reading view of a file that may be broken, and to which nobody writes meanwhile. For one thread."""

    def __init__(self, path: Path, *, beat: Callable[[], None] = lambda: None) -> None:
        """
        Look through the file and its log once.

        Args:
            path: The file.
            beat: Called now and then: this takes ten seconds for each GB. What it raises ends the work.

        Raises:
            SpoolUnavailable: There is no room for the list of what was found.

        """
        self._beat = beat
        with contextlib.ExitStack() as stack:
            self._db = _readable(path)
            if self._db:
                stack.callback(self._db.close)
            self._files = [_opened(file, stack) for file in _files(path)]
            # A nameless file in the temporary folder: a million events are too many to keep in mind.
            self._index = sqlite3.connect("", isolation_level=None)
            stack.callback(self._index.close)
            try:
                self._look()
            except sqlite3.Error as exc:
                raise unavailable(f"{path}: no room to list what is in it; is the temporary folder full?", exc) from exc
            self._stack = stack.pop_all()

    @property
    def epoch(self) -> str:
        """The epoch's name; empty where it cannot be read."""
        value = self._value("SELECT name FROM epoch")
        return value if isinstance(value, str) else ""

    @property
    def upto(self) -> int:
        """How far the receiver is, by the last receipt; 0 where that cannot be read."""
        value = self._value("SELECT upto FROM receipt")
        return value if isinstance(value, int) else 0

    def told_upto(self) -> int:
        """Return how far the receiver is by any copy of a receipt. Tells what is lost; decides not what is kept."""
        opened = [file for file in self._files if file is not None]
        copies = [copy for file in opened for copy in receipts(file, beat=self._beat)]
        return max(copies, default=(0, 0))[1]

    @property
    def last(self) -> int:
        """The highest number SQLite shows, be its row good or not; 0 where it shows none."""
        value = self._value("SELECT max(seq) FROM entry")
        return value if isinstance(value, int) else 0

    @property
    def highest(self) -> int:
        """The highest number under which something was found; 0 where nothing was."""
        return int(self._index.execute("SELECT coalesce(max(seq), 0) FROM found").fetchone()[0])

    def entries(self, *, after: int = 0) -> Iterator[tuple[int, Sequence[Found]]]:
        """Yield each number above `after` under which something was found, in order, with all candidates for it."""
        rows = self._index.execute("SELECT * FROM found WHERE seq > ? ORDER BY seq", (after,))
        for seq, same in groupby(rows, key=itemgetter(0)):
            candidates = [found for row in self._best_first(seq, list(same)) if (found := self._fetch(row))]
            if candidates:
                yield seq, candidates

    def count(self, table: str) -> int | None:
        """Return how many rows the table has; None where it cannot be read through."""
        value = self._value(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name from a schema of ours
        return value if isinstance(value, int) else None

    def columns(self, table: str) -> list[str]:
        """Return the names of the table's columns; none where it cannot be read."""
        return [str(row[1]) for row in self._some(f"PRAGMA table_info({table})")]

    def rows(self, table: str, columns: Sequence[str], *, key: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield the table's rows as far as they can be read from either end. Some may come twice."""
        wanted = f"SELECT {', '.join(columns)} FROM {table} ORDER BY "  # noqa: S608 - names from a schema of ours
        yield from self._from_both_ends(wanted + ", ".join(key), wanted + ", ".join(f"{column} DESC" for column in key))

    def close(self) -> None:
        """Close the view."""
        self._stack.close()

    def __enter__(self) -> Self:
        """Return the view."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the view."""
        self.close()

    def _look(self) -> None:
        self._index.execute(_INDEX)
        self._index.execute("BEGIN")
        for number, opened in enumerate(self._files):
            found = places(opened, beat=self._beat) if opened is not None else ()
            self._index.executemany(_KEEP, (_row(number, place) for place in found))
        self._beat()
        for seq, body, stamp, crc in self._from_both_ends(f"{_HIDDEN} ORDER BY seq", f"{_HIDDEN} ORDER BY seq DESC"):
            if isinstance(body, bytes) and crc in {None, crc32(body)}:
                self._index.execute(_KEEP, (seq, crc32(body), stamp, None, None, None, body))
        self._index.execute("COMMIT")

    def _best_first(self, seq: int, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        if len(rows) > 1:
            committed = self._value("SELECT crc FROM entry WHERE seq = ?", (seq,))
            rows.sort(key=lambda row: row[1] != committed)
        return rows

    def _fetch(self, row: tuple[Any, ...]) -> Found | None:
        seq, crc, stamp, file, offset, size, body = row
        if body is None and (opened := self._files[file]) is not None:
            body = read(opened, offset, size)
        # Looked at again: a disk that fails may say something else each time.
        return Found(seq=seq, body=body, recorded_utc_ns=stamp) if body and crc32(body) == crc else None

    def _value(self, sql: str, values: tuple[object, ...] = ()) -> object:
        for row in self._some(sql, values):
            return row[0]
        return None

    def _from_both_ends(self, forwards: str, backwards: str) -> Iterator[tuple[Any, ...]]:
        is_whole = yield from self._some(forwards)
        if not is_whole:
            yield from self._some(backwards)

    def _some(self, sql: str, values: tuple[object, ...] = ()) -> Generator[tuple[Any, ...], None, bool]:
        """Yield rows until SQLite cannot read on; return whether those were all."""
        if self._db is None:
            return False
        try:
            yield from self._db.execute(sql, values)
        except sqlite3.Error:
            return False
        return True


def _files(path: Path) -> tuple[Path, Path]:
    return path, path.with_name(path.name + "-wal")


def _readable(path: Path) -> sqlite3.Connection | None:
    try:
        # SQLite deletes a log that it finds beside an empty file, even where it may only read.
        return open_reader(path) if path.stat().st_size >= PAGE else None
    except (SpoolUnavailable, OSError):
        return None


def _opened(file: Path, stack: contextlib.ExitStack) -> int | None:
    if not file.is_file():
        return None
    try:
        opened = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    stack.callback(os.close, opened)
    return opened


def _row(file: int, place: Place) -> tuple[object, ...]:
    return place.seq, place.crc, place.recorded_utc_ns, file, place.offset, place.size, None


_INDEX = """
    CREATE TABLE found (
        seq INTEGER, crc INTEGER, recorded_utc_ns INTEGER, file INTEGER, offset INTEGER, size INTEGER, body BLOB,
        PRIMARY KEY (seq, crc)
    ) WITHOUT ROWID
"""
_KEEP = "INSERT OR IGNORE INTO found VALUES (?, ?, ?, ?, ?, ?, ?)"
# A body up to that size lies in one page.
_HIDDEN = "SELECT seq, body, recorded_utc_ns, crc FROM entry WHERE crc IS NULL OR length(body) > 3900"
