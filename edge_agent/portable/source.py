"""Read a spool's events for a file, also of a spool that is damaged: what can be read is read. Writes nothing."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from zlib import crc32

from edge_agent.core.events import decode_event
from edge_agent.core.wire import Unreadable
from spool.file import SpoolDamaged, SpoolUnavailable, open_reader, unavailable
from spool.transaction import Entry

PAGE = 200
GIVE_UP = 20_000
"""Numbers that are tried one by one behind the last readable event of a damaged file whose end cannot be read."""


class Source:
    """A reading view, beside whoever writes."""

    def __init__(self, path: Path) -> None:
        """
        Open the file.

        Raises:
            SpoolUnavailable: It cannot be read, or is no spool.

        """
        self._path = path
        self._db = open_reader(path)
        self.unreadable = 0
        """Numbers that were left out: not as they were written, or not readable at all."""
        try:
            self._survey()
        except SpoolUnavailable:
            self._db.close()
            raise

    def _survey(self) -> None:
        self._crc = "crc" if "crc" in {row[1] for row in self._all("PRAGMA table_info(entry)")} else "NULL"
        self.epoch = str(self._one("SELECT name FROM epoch", ""))
        self.upto, self.generation = (
            self._one("SELECT upto FROM receipt", 0),
            self._one("SELECT generation FROM receipt", 0),
        )
        self.last: int | None = self._one("SELECT max(seq) FROM entry", None)
        """The newest number; None in an empty file, or where it cannot be read."""

    def count(self, after: int) -> int | None:
        """Return how many events `entries` will yield; None where a damaged file cannot tell."""
        counted: int | None = self._one(_COUNT, None, (after,))
        return counted

    def gateway(self) -> str | None:
        """Return whose spool this is, by its first readable event; None if there is none."""
        for entry in self.entries(0, wanted_after=0):
            try:
                return decode_event(entry.body).source.removeprefix("/gw/")
            except Unreadable:
                continue
        return None

    def entries(self, after: int, *, wanted_after: int) -> Iterator[Entry]:
        """Yield what is behind `after`: everything behind `wanted_after`, and what is quarantined. Skip what is bad."""
        at = after
        while True:
            try:
                rows = self._db.execute(_PAGE.format(crc=self._crc), (at, wanted_after, PAGE)).fetchall()
            except sqlite3.DatabaseError as exc:
                if not isinstance(unavailable("", exc), SpoolDamaged):
                    raise unavailable(f"{self._path}: cannot be read", exc) from exc
                rows = self._one_by_one(at, wanted_after)
            if not rows:
                return
            at = rows[-1][0]
            for seq, body, crc in rows:
                if crc is None or crc == crc32(body):
                    yield Entry(seq=seq, body=body)
                else:
                    self.unreadable += 1

    def close(self) -> None:
        """Close the view."""
        self._db.close()

    def __enter__(self) -> Self:
        """Return the view."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the view."""
        self.close()

    def _one_by_one(self, at: int, wanted_after: int) -> list[tuple[Any, ...]]:
        """Return the next readable events of a damaged stretch, each asked for by its number."""
        found: list[tuple[Any, ...]] = []
        end = self.last if self.last is not None else at + GIVE_UP
        for seq in range(at + 1, end + 1):
            try:
                row = self._db.execute(_ONE.format(crc=self._crc), (seq, wanted_after)).fetchone()
            except sqlite3.DatabaseError:
                self.unreadable += 1
                continue
            if row:
                found.append(row)
            if len(found) >= PAGE:
                break
        return found

    def _one(self, sql: str, default: Any, values: tuple[int, ...] = ()) -> Any:  # noqa: ANN401 - a cell
        try:
            found = self._db.execute(sql, values).fetchone()
        except sqlite3.DatabaseError:  # damaged, or not there
            return default
        return found[0] if found and found[0] is not None else default

    def _all(self, sql: str) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql).fetchall()
        except sqlite3.DatabaseError as exc:
            raise unavailable(f"{self._path}: cannot be read (is it a spool?)", exc) from exc


_COUNT = "SELECT count(*) FROM entry WHERE seq > ? OR seq IN (SELECT seq FROM quarantine)"
_PAGE = """
    SELECT seq, body, {crc} FROM entry
    WHERE seq > ? AND (seq > ? OR seq IN (SELECT seq FROM quarantine)) ORDER BY seq LIMIT ?
"""
_ONE = "SELECT seq, body, {crc} FROM entry WHERE seq = ? AND (seq > ? OR seq IN (SELECT seq FROM quarantine))"
