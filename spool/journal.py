"""Write: one connection, one lock, one sync for all who wait. Says yes only after COMMIT. Sends nothing.

Theory of operation. Whoever wants to write puts a piece of work into the line and asks for the lock. Who gets the lock
leads: it does everything that stands in the line, each piece in a savepoint of its own, and commits once. Who gets the
lock later finds its work done. So a touch that comes alone is synced at once, and touches that come while a slow disk
syncs share the next sync.
"""

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Generic, Self, TypeVar
from zlib import crc32

from spool.file import SpoolDamaged, SpoolError, SpoolUnavailable, only_writer, settle, unavailable
from spool.migrate import SPOOL_STEPS, Steps, open_migrated

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event as committed: these bytes under this number, for ever."""

    seq: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The box's signature under its history up to `seq`."""

    seq: int
    hash: str
    """Of the event under that number."""
    signature: str
    key: str
    """The public key."""
    utc_ns: int
    """When it was signed, by the wall clock."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the file ends."""

    seq: int
    body: bytes | None
    """The newest event's bytes; None in a new file."""


class Transaction:
    """What a piece of work may do. Everything in it is committed together or not at all."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._head: Head | None = None

    def head(self) -> Head:
        """Return the newest event, also one appended a moment ago in the same transaction."""
        if self._head is None:
            row = self._db.execute("SELECT seq, body FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
            self._head = Head(*row) if row else Head(0, None)
        return self._head

    def append(self, body: bytes, *, seq: int, recorded_utc_ns: int | None) -> None:
        """Add the event under the number that follows the head's."""
        self._db.execute("INSERT INTO entry VALUES (?, ?, ?, ?)", (seq, body, recorded_utc_ns, crc32(body)))
        self._head = Head(seq, body)

    def body(self, seq: int) -> bytes | None:
        """Return the event's bytes; None where it is no longer kept."""
        row = self._db.execute("SELECT body FROM entry WHERE seq = ?", (seq,)).fetchone()
        return None if row is None else bytes(row[0])

    def quarantine(self, seq: int, *, code: str, detail: str) -> None:
        """Mark an event that is not sent any more. It is kept, and shown."""
        self._db.execute("INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?)", (seq, code, detail))

    def withheld(self, first: int, last: int) -> list[tuple[int, int]]:
        """Return which of these numbers, in ranges, need no tombstone: one tells of them, or they are in quarantine."""
        return self._db.execute(_WITHHELD, (first, last, first, last)).fetchall()

    def withhold(self, first: int, last: int, *, told_by: int) -> None:
        """Keep that the event `told_by` says of these numbers that they will not come."""
        self._db.execute("DELETE FROM tombstone WHERE seq NOT IN (SELECT seq FROM entry)")
        self._db.execute("INSERT INTO tombstone VALUES (?, ?, ?)", (told_by, first, last))

    def execute(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        """Run a statement on the owner's own tables."""
        return self._db.execute(sql, values)

    def forget(self) -> None:
        """Look at the file again for its head: something was undone."""
        self._head = None


@dataclass(slots=True)
class _Waiting(Generic[T]):
    work: Callable[[Transaction], T]
    result: T | None = None
    error: BaseException | None = None
    is_done: bool = field(default=False)


class Journal:
    """The spool's only writer. Every method may be called from any thread."""

    def __init__(self, path: Path, *, owner_steps: Mapping[str, Steps] | None = None) -> None:
        """
        Open the file, or make it.

        Raises:
            SpoolInUse: Another process writes to it.
            SpoolUnavailable: The disk refuses.

        """
        self._path = path
        self._steps = {"spool": SPOOL_STEPS, **(owner_steps or {})}
        self._line: list[_Waiting[object]] = []
        self._line_lock = Lock()
        self._write_lock = Lock()
        self.is_refusing = False
        """The last commit failed: nothing is accepted until one works again."""
        self.is_damaged = False
        """The file itself is at fault: no commit will work again."""
        self._guard = contextlib.ExitStack()
        self._guard.enter_context(only_writer(path))
        try:
            self._db: sqlite3.Connection | None = self._open()
            self._tx = Transaction(self._db)
        except SpoolError:
            self._guard.close()
            raise
        self.epoch: str = self.write(lambda tx: str(tx.execute("SELECT name FROM epoch").fetchone()[0]))

    def write(self, work: Callable[[Transaction], T]) -> T:
        """
        Do the work and return its result once it is on disk.

        An exception raised by the work undoes this piece of work alone and is raised here.

        Raises:
            SpoolUnavailable: The commit failed, and nothing was promised. It may yet be in the file.
            SpoolDamaged: The same, and it will not work again with this file.

        """
        waiting: _Waiting[T] = _Waiting(work)
        with self._line_lock:
            self._line.append(waiting)  # type: ignore[arg-type]  # the line holds work of every type
        with self._write_lock:
            if not waiting.is_done:
                self._lead()
        if waiting.error is not None:
            raise waiting.error
        return waiting.result  # type: ignore[return-value]  # set whenever there is no error

    def prune(self, *, older_than_utc_ns: int, slice_rows: int = 500) -> int:
        """
        Forget at most `slice_rows` events that are receipted and older; return how many (I3).

        The newest event always stays: it is the head of the chain. Age is told by events whose clock could be believed.
        """
        return self.write(lambda tx: _pruned(tx, older_than_utc_ns, slice_rows))

    def set_receipt(self, *, upto: int, generation: int, heard_utc_ns: int | None) -> None:
        """Keep the receiver's word. `upto` may fall only with a new generation."""
        self.write(
            lambda tx: (
                tx.execute(
                    "UPDATE receipt SET upto = ?, generation = ?, heard_utc_ns = ?", (upto, generation, heard_utc_ns)
                ).rowcount
            )
        )

    def quarantine(self, seq: int, *, code: str, detail: str) -> None:
        """Mark an event that is not sent any more. It is kept, and shown."""
        self.write(lambda tx: tx.quarantine(seq, code=code, detail=detail))

    def sign(self, signed: Signed) -> None:
        """Keep a signature. It is pruned with its event, the newest never."""
        values = (signed.seq, signed.hash, signed.signature, signed.key, signed.utc_ns)
        self.write(lambda tx: tx.execute("INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?)", values).rowcount)

    def release(self, *, after: int) -> None:
        """Take the events behind this number out of quarantine: a restored receiver forgot that it had refused them."""
        self.write(lambda tx: tx.execute("DELETE FROM quarantine WHERE seq > ?", (after,)).rowcount)

    def close(self) -> None:
        """Close the file; what was committed stays."""
        with self._write_lock:
            self._close()
            self._guard.close()

    def __enter__(self) -> Self:
        """Return the journal."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def _lead(self) -> None:
        with self._line_lock:
            line, self._line = self._line, []
        try:
            db, tx = self._ready()
            db.execute("BEGIN IMMEDIATE")
            _do_all(db, tx, line)
            db.execute("COMMIT")
            self._tell(None)
        except (sqlite3.Error, SpoolUnavailable) as exc:
            self._fail(line, exc)
        finally:
            for waiting in line:
                waiting.is_done = True

    def _fail(self, line: list[_Waiting[object]], exc: Exception) -> None:
        # Rule: a failed COMMIT is not a failed touch. Nobody is told yes, and the next write
        # finds out what the file holds.
        self._close()
        for waiting in line:
            waiting.error = waiting.error or unavailable(f"{self._path}: not saved", exc)
        self.is_damaged |= isinstance(unavailable("", exc), SpoolDamaged)
        self._tell(exc)

    def _tell(self, error: Exception | None) -> None:
        if error and not self.is_refusing:
            log.error("spool cannot write", extra={"path": str(self._path), "error": str(error)})
        elif self.is_refusing and not error:
            log.warning("spool writes again", extra={"path": str(self._path)})
        self.is_refusing = error is not None

    def _ready(self) -> tuple[sqlite3.Connection, Transaction]:
        if self._db is None:
            self._db = self._open()
            self._tx = Transaction(self._db)
            settle(self._db)
        return self._db, self._tx

    def _open(self) -> sqlite3.Connection:
        return open_migrated(self._path, self._steps)

    def _close(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):  # it already refused; what is committed is on disk
                db.close()


def _do_all(db: sqlite3.Connection, tx: Transaction, line: list[_Waiting[object]]) -> None:
    for number, waiting in enumerate(line):
        if number:  # what was done before must outlive this piece's failure
            db.execute("SAVEPOINT work")
        try:
            waiting.result = waiting.work(tx)
        except sqlite3.Error:
            raise  # the disk or our SQL: the whole transaction ends
        except BaseException as exc:  # noqa: BLE001 - handed to whoever asked for the work, in their own thread
            waiting.error = exc
            tx.forget()
            db.execute("ROLLBACK TO work" if number else "ROLLBACK")
            if not number:
                db.execute("BEGIN IMMEDIATE")


def _pruned(tx: Transaction, older_than_utc_ns: int, slice_rows: int) -> int:
    gone = [seq for (seq,) in tx.execute(_PRUNE, (older_than_utc_ns, slice_rows))]
    if gone:
        # The newest signature stays: it is what the next one is compared with.
        tx.execute(
            "DELETE FROM checkpoint WHERE seq BETWEEN ? AND ? AND seq < (SELECT max(seq) FROM checkpoint)",
            (min(gone), max(gone)),
        )
    return len(gone)


_PRUNE = """
    DELETE FROM entry WHERE seq IN (
        SELECT seq FROM entry
        WHERE seq <= (SELECT upto FROM receipt)
          AND seq < (SELECT max(seq) FROM entry)
          AND seq <= (SELECT max(seq) FROM entry WHERE recorded_utc_ns < ?)
          AND seq NOT IN (SELECT seq FROM quarantine)
        ORDER BY seq LIMIT ?
    ) RETURNING seq
"""
_WITHHELD = """
    SELECT tombstone.first, tombstone.last FROM tombstone JOIN entry USING (seq)
    WHERE tombstone.last >= ? AND tombstone.first <= ?
    UNION ALL SELECT seq, seq FROM quarantine WHERE seq BETWEEN ? AND ?
"""
