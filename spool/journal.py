"""Write: one connection, one leader, one sync for all who wait. Says yes only after COMMIT. Sends nothing.

Theory of operation. Whoever wants to write puts a piece of work into the line. Who finds nobody leading leads: it does
everything that stands in the line, each piece in a savepoint of its own, and commits once. Then it hands the lead to
the first who came meanwhile, and wakes each whose work is done: nobody waits for the sync of others. So a touch that
comes alone is synced at once, and touches that come while a slow disk syncs share the next sync.

When the disk is full the leader makes room, as far as there is any to make, and tries each piece once more by itself:
what needs no room, such as a receipt, is written all the same.
"""

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from spool.file import SpoolDamaged, SpoolError, SpoolUnavailable, only_writer, settle, unavailable
from spool.migrate import SPOOL_STEPS, Steps, open_migrated
from spool.prune import Pruning
from spool.room import Room, is_full
from spool.transaction import Signed, Transaction

log = logging.getLogger(__name__)
T = TypeVar("T")

NEED_ROWS = 100
"""Forgotten at once in need: more than a whole line of touches takes, and little enough for the log."""


@dataclass(slots=True)
class _Waiting(Generic[T]):
    work: Callable[[Transaction], T]
    result: T | None = None
    error: BaseException | None = None
    is_done: bool = False
    turn: Lock = field(default_factory=Lock)
    """Held until the work is done, or its owner is to lead."""

    def __post_init__(self) -> None:
        self.turn.acquire()


class Journal:
    """The spool's only writer. Every method may be called from any thread."""

    def __init__(self, path: Path, *, owner_steps: Mapping[str, Steps] | None = None, room: Room | None = None) -> None:
        """
        Open the file, or make it.

        Args:
            path: The file.
            owner_steps: What the owners of other tables in it have done to them.
            room: What is done when its disk is full; None: no ballast.

        Raises:
            SpoolInUse: Another process writes to it.
            SpoolUnavailable: The disk refuses.

        """
        self.room = room or Room(path)
        self._path = path
        self._pruning = Pruning()
        self._steps = {"spool": SPOOL_STEPS, **(owner_steps or {})}
        self._line: list[_Waiting[object]] = []
        self._line_lock = Lock()
        self._is_led = False
        self._write_lock = Lock()
        self.is_refusing = False
        """The last commit failed: nothing is accepted until one works again."""
        self.is_damaged = False
        """The file itself is at fault: no commit will work again."""
        self._is_closed = False
        self._db: sqlite3.Connection | None = None
        self._guard = contextlib.ExitStack()
        self._guard.enter_context(only_writer(path))
        try:
            self._db = self._open_first()
            self._tx = Transaction(self._db)
            self.epoch: str = self.write(_epoch)
        except SpoolError:
            self.close()
            raise

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
            is_led, self._is_led = self._is_led, True
        if is_led:
            waiting.turn.acquire()
        if not waiting.is_done:
            self._lead()
        if waiting.error is not None:
            raise waiting.error
        return waiting.result  # type: ignore[return-value]  # set whenever there is no error

    def prune(self, *, older_than_utc_ns: int, slice_rows: int = 500) -> int:
        """
        Forget at most `slice_rows` events that are receipted and older; return how many (I3).

        In need receipted events go whatever their age, before a touch is refused. The newest event always stays: it is
        the head of the chain. Age is told by events whose clock could be believed.
        """
        return self.write(
            lambda tx: self._pruning.old(tx.execute, older_than_utc_ns=older_than_utc_ns, rows=slice_rows)
        )

    def tend(self, *, utc_ns: int | None) -> None:
        """
        Try a disk that refuses, keep the ballast, look ahead. To be called every few seconds, by one thread.

        `utc_ns` is now; None if that cannot be told.
        """
        with contextlib.suppress(SpoolUnavailable):  # logged already
            self.write(self._try_disk if self.is_refusing else _nothing)
        self.room.tend(utc_ns)

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
        self._pruning.released(after)

    def close(self) -> None:
        """Close the file for good; what was committed stays. Nothing is written any more: the file may be another's."""
        with self._write_lock:
            self._is_closed = True
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
            with self._write_lock:
                self._save_or_fail(line)
        finally:
            self._pass_on(line)

    def _pass_on(self, line: list[_Waiting[object]]) -> None:
        with self._line_lock:
            self._is_led = bool(self._line)
            if self._line:
                self._line[0].turn.release()
        for waiting in line:
            waiting.is_done = True
            waiting.turn.release()

    def _save_or_fail(self, line: list[_Waiting[object]]) -> None:
        try:
            db, tx = self._ready()
            self.room.look(db)
            self._save(db, tx, line)
        except (sqlite3.Error, SpoolUnavailable) as exc:
            self._fail(line, exc)
        except BaseException as exc:  # a bug must not look like a yes to those who wait
            self._fail(line, exc)
            raise

    def _save(self, db: sqlite3.Connection, tx: Transaction, line: list[_Waiting[object]]) -> None:
        full = _commit(db, tx, line)
        if full:
            full = self._save_apart(db, tx, line, full)
        if full:
            self._tell(full)
        elif not self.is_refusing or self.room.has_free_pages(db):
            self._tell(None)

    def _save_apart(
        self, db: sqlite3.Connection, tx: Transaction, line: list[_Waiting[object]], full: sqlite3.Error
    ) -> sqlite3.Error | None:
        is_worth_it = self._make_room(db, tx) or len(line) > 1
        refused: sqlite3.Error | None = None
        for waiting in line:
            waiting.error = None
            error = _commit(db, tx, [waiting]) if is_worth_it else full
            if error:
                waiting.error = unavailable(f"{self._path}: not saved", error)
                refused = error
        return refused

    def _make_room(self, db: sqlite3.Connection, tx: Transaction) -> bool:
        if self.room.make(db):
            return True
        # I3, in need: receipted history goes before a touch is refused.
        pruning = _Waiting(lambda tx: self._pruning.receipted(tx.execute, rows=NEED_ROWS))
        return _commit(db, tx, [pruning]) is None and bool(pruning.result)

    def _try_disk(self, tx: Transaction) -> None:
        if self.room.is_short:
            self._pruning.receipted(tx.execute, rows=NEED_ROWS)
        tx.execute("UPDATE receipt SET upto = upto")  # an empty transaction would not ask the disk

    def _fail(self, line: list[_Waiting[object]], exc: BaseException) -> None:
        # Rule: a failed COMMIT is not a failed touch. Nobody is told yes, and the next write
        # finds out what the file holds.
        self._close()
        for waiting in line:
            waiting.error = waiting.error or unavailable(f"{self._path}: not saved", exc)
        self.is_damaged |= isinstance(unavailable("", exc), SpoolDamaged)
        self._tell(exc)

    def _tell(self, error: BaseException | None) -> None:
        if error and not self.is_refusing:
            log.error("spool cannot write", extra={"path": str(self._path), "error": str(error)})
        elif self.is_refusing and not error:
            log.warning("spool writes again", extra={"path": str(self._path)})
        self.is_refusing = error is not None

    def _ready(self) -> tuple[sqlite3.Connection, Transaction]:
        if self._is_closed:
            raise SpoolUnavailable("it is closed")
        if self._db is None:
            self._db = self._open()
            self._tx = Transaction(self._db)
            self.room.opened()
            settle(self._db)
        return self._db, self._tx

    def _open_first(self) -> sqlite3.Connection:
        try:
            return self._open()
        except SpoolDamaged:
            raise
        except SpoolUnavailable:
            if not self.room.drop_ballast():  # a full disk has no room for the log's index either
                raise
            return self._open()

    def _open(self) -> sqlite3.Connection:
        return open_migrated(self._path, self._steps)

    def _close(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):  # it already refused; what is committed is on disk
                db.close()


def _commit(db: sqlite3.Connection, tx: Transaction, line: list[_Waiting[Any]]) -> sqlite3.Error | None:
    """Do all of it and commit once; return the error where there was no room: nothing of it is in the file then."""
    try:
        db.execute("BEGIN IMMEDIATE")
        _do_all(db, tx, line)
        db.execute("COMMIT")
    except sqlite3.Error as exc:
        if not is_full(exc):
            raise
        tx.forget()
        if db.in_transaction:
            db.execute("ROLLBACK")
        return exc
    return None


def _nothing(_tx: Transaction) -> None:
    """Show that the line moves."""


def _epoch(tx: Transaction) -> str:
    row = tx.execute("SELECT name FROM epoch").fetchone()
    if row is None:
        raise SpoolDamaged("the epoch has no name")
    return str(row[0])


def _do_all(db: sqlite3.Connection, tx: Transaction, line: list[_Waiting[object]]) -> None:
    for number, waiting in enumerate(line):
        if number:  # what was done before must outlive this piece's failure
            db.execute("SAVEPOINT work")
        try:
            waiting.result = waiting.work(tx)
        except (sqlite3.Error, SpoolDamaged):
            raise  # the disk or our SQL: the whole transaction ends
        except BaseException as exc:  # noqa: BLE001 - handed to whoever asked for the work, in their own thread
            waiting.error = exc
            tx.forget()
            db.execute("ROLLBACK TO work" if number else "ROLLBACK")
            if not number:
                db.execute("BEGIN IMMEDIATE")
