"""Open the spool's file with the settings that make a commit durable, and prove them. Not what is in the file."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BUSY_TIMEOUT_S = 5.0
SYNCHRONOUS_FULL = 2
_PIECE_BYTES = 1 << 20
GROWING = ("max_page_count=1073741823", "wal_autocheckpoint=1000", "journal_size_limit=8388608")
"""How far file and log may grow while there is room; what holds in need is in `room`."""


class SpoolError(Exception):
    """The spool cannot be used now. The message says what, where and what to do."""


class SpoolInUse(SpoolError):
    """Another process writes to this file."""


class SpoolUnavailable(SpoolError):
    """The disk refuses: nothing was promised, and nothing promised earlier is forgotten."""


class SpoolDamaged(SpoolUnavailable):
    """What lies in the file is not what was written. It does not heal: set it aside, and save what can be saved."""


class Connection(sqlite3.Connection):
    """
    A connection that says of text which is no text that the file is damaged.

    Python's own module raises UnicodeDecodeError where SQLite's message quotes a damaged schema, and an error without
    a code where a column is damaged: neither looks like damage to who asks for SQLite's codes.
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - those of sqlite3.connect
        super().__init__(*args, **options)
        self.text_factory = _text

    def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401 - as in sqlite3.Connection
        """Run the statement."""
        try:
            return super().execute(sql, values)
        except UnicodeDecodeError as exc:
            raise _no_text() from exc


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as exc:
        raise _no_text() from exc


def _no_text() -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError("what should be text is none")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def unavailable(what: str, exc: BaseException) -> SpoolUnavailable:
    """Return our error for SQLite's: damaged where the file itself is at fault, else unavailable."""
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
    if isinstance(exc, SpoolDamaged) or code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return SpoolDamaged(f"{what}: {exc}; the file is damaged")
    return SpoolUnavailable(f"{what}: {exc}")


def open_writer(path: Path) -> sqlite3.Connection:
    """
    Return the one writing connection: WAL, every commit synced before it returns.

    Raises:
        SpoolUnavailable: The file cannot be opened, or the settings do not hold.

    """
    _renew_log(path)
    try:
        db = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, factory=Connection
        )
    except sqlite3.Error as exc:
        raise _cannot_open(path, exc) from exc
    try:
        db.execute("PRAGMA journal_mode=WAL")
        # In WAL, FULL syncs the log at each commit; NORMAL would lose touches in a power cut. EXTRA adds nothing.
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA foreign_keys=ON")
        db.execute("PRAGMA temp_store=MEMORY")  # nothing here may depend on the room in /tmp
        for setting in GROWING:
            db.execute(f"PRAGMA {setting}")
        assert_durable(db)
    except (sqlite3.Error, SpoolUnavailable) as exc:
        db.close()
        raise _cannot_open(path, exc) from exc
    return db


def _renew_log(path: Path) -> None:
    # After a failed sync the kernel takes for clean what never reached the disk, and reads it to us all the same. A log
    # left so, by this process or the one before, would take everything committed behind that place with it in a power
    # cut. Nobody else writes: the same bytes once more, and a sync that works, make all of it durable.
    try:
        log = os.open(path.with_name(path.name + "-wal"), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except OSError as exc:
        raise _cannot_open(path, exc) from exc
    try:
        at = 0
        while piece := os.pread(log, _PIECE_BYTES, at):
            at += os.pwrite(log, piece, at)
        os.fsync(log)
    except OSError as exc:
        raise _cannot_open(path, exc) from exc
    finally:
        os.close(log)


def _cannot_open(path: Path, exc: Exception) -> SpoolUnavailable:
    return unavailable(f"{path}: cannot be opened (is the disk full, read-only or not mounted?)", exc)


def assert_durable(db: sqlite3.Connection) -> None:
    """
    Prove I0's settings on this connection: `synchronous` is per connection and is not stored in the file.

    Raises:
        SpoolUnavailable: A commit would not be durable.

    """
    mode = db.execute("PRAGMA journal_mode").fetchone()[0]
    level = db.execute("PRAGMA synchronous").fetchone()[0]
    if (mode, level) != ("wal", SYNCHRONOUS_FULL):
        raise SpoolUnavailable(f"journal_mode={mode}, synchronous={level}: a commit would not survive a power cut")


def settle(db: sqlite3.Connection) -> None:
    """
    Make what a file holds after a failed commit final, on a connection just opened.

    After a failed sync the kernel forgets which pages are not on disk: only a full checkpoint writes them anew. Behind
    it a number is either in the file for ever, or was never given.

    Raises:
        SpoolUnavailable: A reader holds the log; try again.

    """
    busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise SpoolUnavailable("a reader holds the log after a failed commit; trying again")


def open_reader(path: Path) -> sqlite3.Connection:
    """
    Return a connection that can only read. Any number of them, each used by one thread at a time.

    Raises:
        SpoolUnavailable: The file cannot be opened.

    """
    try:
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
            factory=Connection,
        )
    except sqlite3.Error as exc:
        raise unavailable(f"{path}: cannot be read", exc) from exc


def sync_folder(folder: Path) -> None:
    """Put on disk which names the folder has: a file's own sync does not."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """
    Hold the file's lock for as long as the block runs. The kernel frees it however the process dies.

    Raises:
        SpoolInUse: Another process holds it.
        SpoolUnavailable: The lock's file cannot be made.

    """
    try:
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        raise _cannot_open(path, exc) from exc
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as exc:
        raise SpoolInUse(f"{path}: another process writes to it; is the agent already running?") from exc
    finally:
        os.close(lock)
