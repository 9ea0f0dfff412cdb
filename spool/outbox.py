"""Read what is there to send, beside the writer. Decides nothing about sending."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from spool.file import SpoolDamaged, open_reader, unavailable
from spool.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How much waits."""

    last: int
    """The newest event's number; 0 in a new file."""
    upto: int
    """Everything up to here is receipted."""
    generation: int
    quarantined: int
    oldest_utc_ns: int | None
    """When the oldest undelivered event was recorded; None if there is none or its clock was not to be believed."""
    heard_utc_ns: int | None
    """When the last receipt came."""

    @property
    def pending(self) -> int:
        """Events the receiver has not committed, as far as we know."""
        return self.last - self.upto


class Outbox:
    """A reading view of the spool, for one thread."""

    def __init__(self, path: Path) -> None:
        """
        Open the file beside its writer.

        Raises:
            SpoolUnavailable: It cannot be read.

        """
        self._path = path
        self._db = open_reader(path)

    def after(self, seq: int, *, limit: int, upto: int | None = None) -> list[Entry]:
        """
        Return the next events behind `seq`, in order, at most `limit` (I8), none behind `upto`.

        Raises:
            SpoolUnavailable: They cannot be read.
            SpoolDamaged: One is not as it was written.

        """
        # A Python int of any size would overflow SQLite's: 2**62 is more touches than there will be.
        rows = self._rows(
            "SELECT seq, body, crc FROM entry WHERE seq > ? AND seq <= ?"
            " AND seq NOT IN (SELECT seq FROM quarantine) ORDER BY seq LIMIT ?",
            (seq, 2**62 if upto is None else upto, limit),
        )
        for number, body, crc in rows:
            if crc is not None and crc != crc32(body):  # None: written before there were checksums
                raise SpoolDamaged(f"{self._path}: event {number} is not as it was written; the file is damaged")
        return [Entry(seq=number, body=body) for number, body, _ in rows]

    def last(self) -> int:
        """Return the newest event's number; 0 in a new file."""
        return int(self._rows("SELECT coalesce(max(seq), 0) FROM entry", ())[0][0])

    def body(self, seq: int) -> bytes | None:
        """Return one event's bytes, also a quarantined one's; None if it is not here."""
        rows = self._rows("SELECT body FROM entry WHERE seq = ?", (seq,))
        return rows[0][0] if rows else None

    def depth(self) -> Depth:
        """Return how much waits."""
        last, upto, generation, heard, quarantined, oldest = self._rows(_DEPTH, ())[0]
        return Depth(
            last=last,
            upto=upto,
            generation=generation,
            heard_utc_ns=heard,
            quarantined=quarantined,
            oldest_utc_ns=oldest,
        )

    def close(self) -> None:
        """Close the view."""
        self._db.close()

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as exc:
            raise unavailable(f"{self._path}: cannot be read", exc) from exc


_DEPTH = """
    SELECT coalesce((SELECT max(seq) FROM entry), 0), upto, generation, heard_utc_ns,
           (SELECT count(*) FROM quarantine),
           (SELECT recorded_utc_ns FROM entry WHERE seq > upto ORDER BY seq LIMIT 1)
    FROM receipt
"""
