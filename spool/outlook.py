"""How long the disk lasts at this site's own rate. Reads a few rows, however many there are; writes nothing."""

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from spool.file import open_reader, unavailable

DAY_NS = 86_400_000_000_000
SPAN_DAYS = 14
"""The rate is that of the last one to two weeks: a site works by the week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """How much room there is."""

    free_bytes: int | None
    """None while unknown."""
    days_left: int | None
    """None while the rate is not known, or if the room lasts for good."""


NO_OUTLOOK = Outlook(free_bytes=None, days_left=None)


def look_ahead(path: Path, *, spare_bytes: int, now_utc_ns: int | None, retention_days: int) -> int | None:
    """
    Return for how many days the disk and the free pages of the file suffice; None if unknown, or for good.

    For good: the receiver takes what comes, and the file reaches its retention, from where on it grows no more.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    if now_utc_ns is None:
        return None
    with contextlib.closing(open_reader(path)) as db:
        try:
            per_day = _bytes_per_day(db, now_utc_ns)
            if not per_day:
                return None
            days = (spare_bytes + _pragma(db, "freelist_count") * _pragma(db, "page_size")) / per_day
            grows_days = _grows_days(db, now_utc_ns, retention_days)
        except sqlite3.Error as exc:
            raise unavailable(f"{path}: cannot be read", exc) from exc
    return None if grows_days is not None and days >= grows_days else int(days)


def _bytes_per_day(db: sqlite3.Connection, now_utc_ns: int) -> float:
    """Return the growth per day; 0 while less than a day is known."""
    first, last = db.execute("SELECT (SELECT min(seq) FROM entry), (SELECT max(seq) FROM entry)").fetchone()
    if first is None:
        return 0
    event_bytes = (
        (_pragma(db, "page_count") - _pragma(db, "freelist_count")) * _pragma(db, "page_size") / (last - first + 1)
    )
    marks = [(last - seq, age) for seq, age in _marks(db, first, last, now_utc_ns) if 1 <= age <= SPAN_DAYS]
    return max((count / age * event_bytes for count, age in marks[-1:]), default=0)


def _marks(db: sqlite3.Connection, first: int, last: int, now_utc_ns: int) -> list[tuple[int, float]]:
    """Return number and age in days of some dated events, newest first, each twice as far back as the one before."""
    numbers = [last - (1 << power) + 1 for power in range((last - first + 1).bit_length())] + [first]
    found = [(seq, db.execute("SELECT recorded_utc_ns FROM entry WHERE seq = ?", (seq,)).fetchone()) for seq in numbers]
    return [(seq, (now_utc_ns - row[0]) / DAY_NS) for seq, row in found if row and row[0] is not None]


def _grows_days(db: sqlite3.Connection, now_utc_ns: int, retention_days: int) -> float | None:
    """Return after how many days the file grows no more; None if the receiver does not take what comes."""
    late: int | None
    oldest: int | None
    late, oldest = db.execute(_AGES).fetchone()
    if oldest is None or (late is not None and now_utc_ns - late > DAY_NS):
        return None
    return retention_days - (now_utc_ns - oldest) / DAY_NS


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


_AGES = """
    SELECT (SELECT recorded_utc_ns FROM entry WHERE seq > upto ORDER BY seq LIMIT 1),
           (SELECT recorded_utc_ns FROM entry WHERE seq NOT IN (SELECT seq FROM quarantine) ORDER BY seq LIMIT 1)
    FROM receipt
"""
