"""What came, per site and day and event by event. Reads beside the receiver; writes nothing."""

from collections.abc import Iterator

import msgspec

from edge_agent.core.calendar import rfc3339
from edge_agent.core.events import TouchEvent, decode_event
from edge_agent.receiver.reading import Reading, Wanted


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
    """As the box stamped them."""
    first: str
    last: str
    waiting: int = 0
    """Touches that wait now, after what people said since."""
    refused: int = 0
    """Touches that count for nothing: refused at the gate or since, or void."""


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
    """`exact` or `bracketed` where a correction told the time, `said`: a person did; None: as the box stamped it."""
    not_before: str | None
    not_after: str | None
    """Between which times a bracketed event was."""
    method: str | None = None
    company: str | None = None
    because: list[str] = msgspec.field(default_factory=list)
    person_now: str | None = None
    """What follows is as people have said since; `person`, `meaning` and `standing` are as the box said."""
    company_now: str | None = None
    meaning_now: str | None = None
    standing_now: str | None = None
    """`accepted`, `pending`, `refused`, `approved` or `void`."""


class Events(Reading):
    """What came, and how the gateways stand."""

    def days(self, wanted: Wanted) -> list[SiteDay]:
        """
        Return what came, by day, site and gateway; the undated last.

        Raises:
            SpoolUnavailable: It cannot be read.

        """
        return [SiteDay(*row) for row in self.select(_DAYS.format(wanted.found), wanted.values())]

    def gateways(self) -> list[Heard]:
        """
        Return how the gateways stand.

        Raises:
            SpoolUnavailable: It cannot be read.

        """
        return [Heard(*(*row[:-1], rfc3339(row[-1]))) for row in self.select(_GATEWAYS, {})]

    def rows(self, wanted: Wanted) -> Iterator[Row]:
        """
        Yield the events, in the order of their numbers.

        Raises:
            SpoolUnavailable: It cannot be read.

        """
        for gateway, body, arrived_ns, *projected in self.select(_EVENTS.format(wanted.found), wanted.values()):
            event = decode_event(body.encode())
            if isinstance(event, TouchEvent):
                yield _row(gateway, event, arrived_ns, **dict(zip(_PROJECTED, projected, strict=True)))

    def count(self, wanted: Wanted) -> int:
        """
        Return how many there are.

        Raises:
            SpoolUnavailable: It cannot be read.

        """
        return int(next(self.select(_COUNT + wanted.found, wanted.values()))[0])


def _row(gateway: str, event: TouchEvent, arrived_ns: int, **projected: str | None) -> Row:
    data = event.data
    return Row(
        method=data.method,
        company=data.person.company,
        because=list(data.because),
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


_COUNT = "SELECT count(*) "
_PROJECTED = (
    "time", "day", "quality", "not_before", "not_after", "person_now", "company_now", "meaning_now", "standing_now",
)  # fmt: skip
_EVENTS = f"SELECT gateway, body, arrived_utc_ns, {', '.join(_PROJECTED)} {{}} ORDER BY stream, seq"
_DAYS = """
    SELECT day, site, gateway, count(*), count(DISTINCT person), sum(meaning = 'entry'), sum(meaning = 'exit'),
        sum(meaning = 'tap'), sum(meaning = 'repeat'), sum(standing = 'pending'),
        min(coalesce(not_before, time)), max(coalesce(not_after, time)),
        sum(standing_now = 'pending' AND meaning_now IN ('entry', 'exit', 'tap')),
        sum(standing_now IN ('refused', 'void') OR meaning_now = 'refused')
    {}
    GROUP BY day, site, gateway ORDER BY day IS NULL, day, site, gateway
"""
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
