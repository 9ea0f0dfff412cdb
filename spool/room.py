"""Room on the disk: a ballast to drop, a file that stops growing in need, and how long it lasts. Forgets no event.

Theory of operation. While there is plenty, SQLite lets the file and its log (WAL) grow as it likes. When the disk runs
short, the ballast is dropped, what the log holds is moved into the file at once, and from then on the file grows only
by chunks claimed here: touches live from pages that are free inside it, and log and file are written in place. So
nobody who takes the rest of the disk can take what a receipt, a prune and the touches behind them need.
"""

import contextlib
import logging
import os
import sqlite3
from pathlib import Path

from spool.file import GROWING, SpoolUnavailable
from spool.outlook import NO_OUTLOOK, Outlook, look_ahead

log = logging.getLogger(__name__)

RESERVE_BYTES = 1 << 20
"""Below this the file grows no more."""
PLENTY_BYTES = RESERVE_BYTES * 3 // 2
"""With so much free, and twice the ballast, the file grows again: more than the reserve, or it would flutter."""
CHUNK_BYTES = 256 << 10
LOG_BYTES = 256 << 10
"""The log's size in need: several times the largest transaction of housekeeping."""
FREE_PAGES = 8
"""With so many free pages in the file a touch can be taken."""


def is_full(exc: sqlite3.Error) -> bool:
    """
    Tell whether there was no room. Then nothing of the transaction is in the file, unlike after a failed sync.

    It fails before the log's end is moved (sqlite3WalFrames), and what lies behind the end has no valid checksum.
    """
    return getattr(exc, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL


class Room:
    """The room of one spool's file. `look` and `make` belong to the thread that writes, `tend` to one other."""

    def __init__(
        self, path: Path, *, ballast_bytes: int = 0, warn_days_left: int = 30, retention_days: int = 90
    ) -> None:
        self.is_short = False
        """The file grows by chunks only, or not at all: then what is accepted lives from what is pruned."""
        self.is_filling = False
        """It will be short within the days that were set, or is."""
        self.outlook: Outlook = NO_OUTLOOK
        """As of the last `tend`."""
        self._path = path
        self._folder = str(path.parent)  # looked at before each commit: a Path costs as much as the question
        self._ballast = path.with_suffix(".ballast")
        self._ballast_bytes = ballast_bytes
        self._warn_days_left = warn_days_left
        self._retention_days = retention_days

    def opened(self) -> None:
        """Hear that the connection is a new one: it has no limits yet."""
        self.is_short = False

    def look(self, db: sqlite3.Connection) -> None:
        """Limit the file's growth when the disk runs short, and let it grow again when there is plenty."""
        free = self.free_bytes()
        if free is None:
            return
        if not self.is_short and free < RESERVE_BYTES:
            self.make(db)
        elif self.is_short and free >= 2 * self._ballast_bytes + PLENTY_BYTES:
            self._grow_again(db)
        elif self.is_short and free >= RESERVE_BYTES and not self.has_free_pages(db):
            self._claim_chunk(db)

    def make(self, db: sqlite3.Connection) -> bool:
        """Make what room can be made on the disk; return whether a touch has a place now."""
        self.drop_ballast()
        # What the log holds goes into the file while the file may still grow for it.
        _checkpoint(db)
        self._limit(db)
        self._claim_log()
        if (self.free_bytes() or 0) >= RESERVE_BYTES:
            self._claim_chunk(db)
        return self.has_free_pages(db)

    def has_free_pages(self, db: sqlite3.Connection) -> bool:
        """Tell whether a touch has a place: on the disk, or inside the file."""
        return not self.is_short or _pragma(db, "freelist_count") >= FREE_PAGES

    def drop_ballast(self) -> bool:
        """Give the ballast back to the disk; return whether there was one."""
        try:
            self._ballast.unlink()
        except OSError:  # there is none, or the disk allows nothing
            return False
        log.warning("disk is full: ballast dropped", extra={"ballast": str(self._ballast)})
        return True

    def tend(self, utc_ns: int | None) -> None:
        """Make the ballast if there is room for it, and look ahead. `utc_ns` is now, None if that cannot be told."""
        self._make_ballast()
        free = self.free_bytes()
        with contextlib.suppress(SpoolUnavailable):  # told by those who need it to be read
            spare = max(0, (free or 0) - RESERVE_BYTES)
            days = look_ahead(self._path, spare_bytes=spare, now_utc_ns=utc_ns, retention_days=self._retention_days)
            self.outlook = Outlook(free_bytes=free, days_left=days)
        self._warn()

    def free_bytes(self) -> int | None:
        """Return what the disk has left for us; None if it does not say."""
        try:
            told = os.statvfs(self._folder)
        except OSError:
            return None
        # A file system that does not count its blocks says 0 of everything.
        return told.f_bavail * told.f_frsize if told.f_blocks else None

    def _limit(self, db: sqlite3.Connection) -> None:
        db.execute(f"PRAGMA max_page_count={_pragma(db, 'page_count')}")
        db.execute("PRAGMA wal_autocheckpoint=16")
        db.execute(f"PRAGMA journal_size_limit={LOG_BYTES}")
        self.is_short = True

    def _grow_again(self, db: sqlite3.Connection) -> None:
        for setting in GROWING:
            db.execute(f"PRAGMA {setting}")
        self.is_short = False

    def _claim_chunk(self, db: sqlite3.Connection) -> None:
        """Add free pages to the file, on disk before anything relies on them."""
        self._grow_again(db)
        try:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO entry (seq, body) VALUES (?, zeroblob(?))", (2**62, CHUNK_BYTES))
            db.execute("DELETE FROM entry WHERE seq = ?", (2**62,))
            db.execute("COMMIT")
        except sqlite3.Error as exc:
            if not is_full(exc):
                raise
            if db.in_transaction:
                db.execute("ROLLBACK")
        _checkpoint(db)
        self._limit(db)

    def _claim_log(self) -> None:
        # Naughty, but a log that is there is overwritten in place, even when others take the last byte of the disk.
        # SQLite takes zeros behind the log's end for what they are, and holds no lock on this file that closing it
        # could drop.
        with contextlib.suppress(OSError):
            _allocate(self._path.with_name(self._path.name + "-wal"), LOG_BYTES, flags=os.O_RDWR)

    def _make_ballast(self) -> None:
        free = self.free_bytes() or 0
        if not self._ballast_bytes or free < 2 * self._ballast_bytes + PLENTY_BYTES or self._has_ballast():
            return
        try:
            _allocate(self._ballast, self._ballast_bytes, flags=os.O_RDWR | os.O_CREAT)
        except OSError:  # somebody was quicker
            self._ballast.unlink(missing_ok=True)
        else:
            log.info("ballast made", extra={"ballast": str(self._ballast)})

    def _has_ballast(self) -> bool:
        try:
            found = self._ballast.stat()
        except OSError:
            return False
        return found.st_blocks * 512 >= self._ballast_bytes

    def _warn(self) -> None:
        days = self.outlook.days_left
        # One day more to be well again than to be ill: it does not flutter.
        is_filling = self.is_short or (days is not None and days < self._warn_days_left + self.is_filling)
        if is_filling != self.is_filling:
            facts = {"days_left": days, "free_bytes": self.outlook.free_bytes}
            log.warning("disk is filling" if is_filling else "disk has room again", extra=facts)
        self.is_filling = is_filling


def _checkpoint(db: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):  # what cannot move now stays in the log, as safe
        db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def _allocate(file: Path, size: int, *, flags: int) -> None:
    opened = os.open(file, flags | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(opened, 0, size)
    finally:
        os.close(opened)
