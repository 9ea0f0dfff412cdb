"""Read the receiver's file beside the receiver: which events are asked for, and where they lie. Writes nothing."""

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

import msgspec

from spool.file import SpoolUnavailable, open_reader


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which events are asked for. Undated ones are left out as soon as days are asked for."""

    site: str | None = None
    first: date | None = None
    last: date | None = None
    company: str | None = None
    worker: str | None = None

    @property
    def found(self) -> str:
        """The statements' part that finds them."""
        # Two texts, not one condition: else SQLite would not go by the index.
        return _OF_DAYS if self.first or self.last else _OF_ALL

    def values(self) -> dict[str, object]:
        """Return the values of the statements that find them."""
        return {
            "site": self.site,
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
        }

    def widened(self, days: int) -> "Wanted":
        """Return the same with so many days more at either end."""
        return msgspec.structs.replace(self, first=_moved(self.first, -days), last=_moved(self.last, days))

    def has(self, day: str) -> bool:
        """Return whether the day is among those asked for."""
        # ISO dates: text order is date order.
        return (not self.first or day >= self.first.isoformat()) and (not self.last or day <= self.last.isoformat())


class Reading:
    """A reading view of the receiver's file."""

    def __init__(self, path: Path) -> None:
        """
        Open the file beside the receiver.

        Raises:
            SpoolUnavailable: It cannot be read.

        """
        self._path = path
        self._db = open_reader(path)

    def select(self, sql: str, values: dict[str, object]) -> Iterator[tuple[Any, ...]]:
        """
        Yield what the statement finds.

        Raises:
            SpoolUnavailable: It cannot be read.

        """
        try:
            yield from self._db.execute(sql, values)
        except sqlite3.Error as exc:
            raise SpoolUnavailable(f"{self._path}: cannot be read: {exc}; is it the receiver's file?") from exc

    def close(self) -> None:
        """Close the view."""
        self._db.close()

    def __enter__(self) -> Self:
        """Return the view."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the view."""
        self.close()


def _moved(day: date | None, days: int) -> date | None:
    try:
        return day and day + timedelta(days=days)
    except OverflowError:  # the first, or the last, that there is
        return day


def held_of(table: str, condition: str) -> str:
    """Return the SQL of the rows of the touches about which this table says something for which the condition holds."""
    return f"""
        SELECT held.rowid FROM {table} AS one CROSS JOIN held ON held.stream = of_stream AND held.seq = of_seq
        WHERE {condition}
        UNION SELECT held.rowid FROM {table} AS one
            CROSS JOIN carried ON was_stream = of_stream AND was_seq = of_seq
            CROSS JOIN held ON held.stream = carried.stream AND held.seq = carried.seq
        WHERE {condition}
    """  # noqa: S608 - our names


_WITHIN = "{0} >= coalesce(:first, '') AND {0} <= coalesce(:last, '~')"
# A touch may have been moved to the day by a correction, or by somebody's word.
_MAY_BE = f"""
    SELECT rowid FROM held WHERE {_WITHIN.format("day")} AND (:site IS NULL OR site = :site)
    UNION {held_of("correction", _WITHIN.format("one.day"))} UNION {held_of("word", _WITHIN.format("one.day"))}
"""  # noqa: S608 - our names
_OF_ALL = "FROM event WHERE (:site IS NULL OR site = :site)"
_OF_DAYS = f"""
    FROM event
    WHERE row IN ({_MAY_BE}) AND (:site IS NULL OR site = :site)
        AND day BETWEEN coalesce(:first, '') AND coalesce(:last, '~')
"""
