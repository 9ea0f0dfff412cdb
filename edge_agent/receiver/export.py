"""What came, per site and day and event by event. Reads beside the receiver; writes nothing."""

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Self

import msgspec

from edge_agent.core.calendar import rfc3339
from edge_agent.core.events import TouchEvent, decode_event
from spool.file import SpoolUnavailable, open_reader


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which events are asked for. Undated ones are left out as soon as days are asked for."""

    site: str | None = None
    first: date | None = None
    last: date | None = None


class SiteDay(msgspec.Struct, frozen=True):
    """What came from one gateway of one site on one day."""

    date: str | None
    """The site day; None for events whose clock could not be believed."""
    site: str
    gateway: str
    touches: int
    persons: int
    entries: int
    exits: int
    taps: int
    repeats: int
    pending: int
    first: str
    last: str


class Heard(msgspec.Struct, frozen=True):
    """How one gateway stands."""

    gateway: str
    state: str
    """`ready`, `lost`, `stopped`, or `unknown` where it never said."""
    agent: str | None
    epoch: str | None
    upto: int
    """Everything up to here is committed."""
    missing: int
    """Numbers below the newest that have not come, or were refused."""
    gone: int
    """Numbers the gateway said will not come by themselves, and that did not come otherwise."""
    nacked: int
    rejected: int
    began: str | None
    """Why this epoch followed another: `damaged` or `forked`; None for a gateway's first."""
    lost: int
    """Events the gateway itself could not save, in all its epochs."""
    key: str | None
    """`known`, or `changed` while another one than the believed is heard; None where none was heard."""
    heard: str


class Row(msgspec.Struct, frozen=True):
    """One event."""

    seq: int
    gateway: str
    epoch: str
    site: str
    time: str
    day: str | None
    person: str | None
    meaning: str
    standing: str
    reader: str
    flags: list[str]
    repeat_of: int | None
    arrived: str
    quality: str | None
    """`exact` or `bracketed` where a correction told a better time; None: as the box stamped it."""
    not_before: str | None
    not_after: str | None
    """Between which times a bracketed event was."""


class Events:
    """A reading view of the receiver's file."""

    def __init__(self, path: Path) -> None:
        """
        Open the file beside the receiver.

        Raises:
            SpoolUnavailable: It cannot be read.

        """
        self._path = path
        self._db = open_reader(path)

    def days(self, wanted: Wanted) -> list[SiteDay]:
        """
        Return what came, by day, site and gateway; the undated last.

        Raises:
            SpoolUnavailable: It cannot be read.

        """
        return [SiteDay(*row) for row in self._rows(_DAYS, _values(wanted))]

    def gateways(self) -> list[Heard]:
        """
        Return how the gateways stand.

        Raises:
            SpoolUnavailable: It cannot be read.

        """
        return [Heard(*(*row[:-1], rfc3339(row[-1]))) for row in self._rows(_GATEWAYS, {})]

    def rows(self, wanted: Wanted) -> Iterator[Row]:
        """
        Yield the events, in the order of their numbers.

        Raises:
            SpoolUnavailable: It cannot be read.

        """
        for gateway, body, arrived_ns, *projected in self._rows(_EVENTS, _values(wanted)):
            event = decode_event(body.encode())
            if isinstance(event, TouchEvent):
                yield _row(gateway, event, arrived_ns, **dict(zip(_PROJECTED, projected, strict=True)))

    def count(self, wanted: Wanted) -> int:
        """
        Return how many there are.

        Raises:
            SpoolUnavailable: It cannot be read.

        """
        return int(next(self._rows(_COUNT, _values(wanted)))[0])

    def close(self) -> None:
        """Close the view."""
        self._db.close()

    def __enter__(self) -> Self:
        """Return the view."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the view."""
        self.close()

    def _rows(self, sql: str, values: dict[str, object]) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._db.execute(sql, values)
        except sqlite3.Error as exc:
            raise SpoolUnavailable(f"{self._path}: cannot be read: {exc}; is it the receiver's file?") from exc


def _values(wanted: Wanted) -> dict[str, object]:
    return {
        "site": wanted.site,
        "first": wanted.first.isoformat() if wanted.first else None,
        "last": wanted.last.isoformat() if wanted.last else None,
    }


def _row(gateway: str, event: TouchEvent, arrived_ns: int, **projected: str | None) -> Row:
    data = event.data
    return Row(
        seq=data.seq,
        gateway=gateway,
        epoch=data.epoch,
        site=data.site,
        person=data.person.id or data.evidence.credential,
        meaning=data.meaning,
        standing=data.standing,
        reader=data.reader,
        flags=list(data.flags),
        repeat_of=data.repeat_of,
        arrived=rfc3339(arrived_ns),
        **projected,  # type: ignore[arg-type]  # the statement's own columns
    )


_FOUND = """
    FROM event
    WHERE (:site IS NULL OR site = :site) AND (:first IS NULL OR day >= :first) AND (:last IS NULL OR day <= :last)
"""
_COUNT = "SELECT count(*)" + _FOUND
_PROJECTED = ("time", "day", "quality", "not_before", "not_after")
_EVENTS = f"SELECT gateway, body, arrived_utc_ns, {', '.join(_PROJECTED)} {_FOUND} ORDER BY stream, seq"
_DAYS = (
    """
    SELECT day, site, gateway, count(*), count(DISTINCT person), sum(meaning = 'entry'), sum(meaning = 'exit'),
        sum(meaning = 'tap'), sum(meaning = 'repeat'), sum(standing = 'pending'),
        min(coalesce(not_before, time)), max(coalesce(not_after, time))
"""
    + _FOUND
    + "GROUP BY day, site, gateway ORDER BY day IS NULL, day, site, gateway"
)
_GATEWAYS = """
    WITH newest AS (SELECT *, max(heard_utc_ns) FROM stream GROUP BY gateway),
        name AS (SELECT gateway AS name FROM stream UNION SELECT name FROM gateway)
    SELECT name.name, coalesce(state, 'unknown'), agent, newest.epoch,
        coalesce((SELECT last FROM island WHERE stream = newest.id AND first = 0), 0),
        coalesce((SELECT max(last) + 1 - sum(last + 1 - first) FROM island WHERE stream = newest.id), 0)
            + (SELECT count(*) FROM held WHERE stream = newest.id AND seq > 0 AND body IS NULL AND NOT EXISTS (
                SELECT 1 FROM gone WHERE gone.stream = held.stream AND held.seq BETWEEN gone.first AND gone.last)),
        (SELECT coalesce(sum(last + 1 - first), 0) - (
                SELECT count(*) FROM gone JOIN held ON held.stream = gone.stream AND held.seq BETWEEN first AND last
                WHERE gone.stream = newest.id AND body IS NOT NULL
            ) FROM gone WHERE gone.stream = newest.id),
        (SELECT count(*) FROM nack WHERE stream = newest.id),
        (SELECT count(*) FROM rejected WHERE gateway = name.name),
        (SELECT reason FROM beginning WHERE stream = newest.id),
        (SELECT coalesce(sum(lost_count), 0) FROM beginning JOIN stream ON stream.id = beginning.stream
            WHERE stream.gateway = name.name),
        (SELECT iif(other_key IS NULL, 'known', 'changed') FROM signer WHERE gateway = name.name),
        max(coalesce(newest.heard_utc_ns, 0), coalesce(gateway.heard_utc_ns, 0))
    FROM name LEFT JOIN newest ON newest.gateway = name.name LEFT JOIN gateway ON gateway.name = name.name
    ORDER BY name.name
"""
