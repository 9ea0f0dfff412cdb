"""What a piece of work may do with the spool's file. Opens, commits and undoes nothing: that is the journal."""

import sqlite3
from dataclasses import dataclass
from zlib import crc32

from spool.file import SpoolDamaged


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
            row = self._db.execute("SELECT seq, body, crc FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
            self._head = _checked(*row) if row else Head(0, None)
        return self._head

    def append(self, body: bytes, *, seq: int, recorded_utc_ns: int | None) -> None:
        """Add the event under the number that follows the head's."""
        self._db.execute("INSERT INTO entry VALUES (?, ?, ?, ?)", (seq, body, recorded_utc_ns, crc32(body)))
        self._head = Head(seq, body)

    def redate(self, seq: int, *, recorded_utc_ns: int) -> None:
        """Set when an event was recorded, now that it is known better: its age decides when it may be forgotten."""
        self._db.execute("UPDATE entry SET recorded_utc_ns = ? WHERE seq = ?", (recorded_utc_ns, seq))

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


def _checked(seq: int, body: bytes, crc: int | None) -> Head:
    if crc is not None and crc != crc32(body):  # the next event would vouch for it in the chain
        raise SpoolDamaged(f"event {seq} is not as it was written")
    return Head(seq, body)


_WITHHELD = """
    SELECT tombstone.first, tombstone.last FROM tombstone JOIN entry USING (seq)
    WHERE tombstone.last >= ? AND tombstone.first <= ?
    UNION ALL SELECT seq, seq FROM quarantine WHERE seq BETWEEN ? AND ?
"""
