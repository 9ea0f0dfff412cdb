"""Write one stream's items inside the caller's transaction. Commits nothing, answers nobody.

The order does not matter, nor how often an event comes: the number decides, and the first bytes under it stay. Only a
tombstone gives way, to the event it stands for.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from edge_agent.core.events import EpochData, TouchData, WithheldData
from edge_agent.core.wire import chain_hash, genesis
from edge_agent.receiver import tables
from edge_agent.receiver.consequences import Consequences, is_plain
from edge_agent.receiver.unpack import Garbage, Refused, Sent, Stream

REJECTED_KEPT = 256
"""Rejected items kept for each gateway: the newest."""
REJECTED_BYTES = 64 << 10
"""Bytes kept of each."""
FORK = "other bytes came under this number"


class Kept(NamedTuple):
    """What is worth telling of what was kept."""

    refused: list[Refused]
    breaks: int
    """Breaks of the chain."""
    beginnings: list[EpochData]
    """New epochs, and why."""


class Keeper:
    """One stream's rows, within one transaction."""

    def __init__(self, db: sqlite3.Connection, stream: Stream, *, utc_ns: int) -> None:
        self._db = db
        self._stream = stream
        self._utc_ns = utc_ns
        self._key: int = db.execute(tables.HEAR_STREAM, (stream.gateway, stream.epoch, utc_ns)).fetchone()[0]
        if db.execute(tables.ADD_GENESIS, (self._key, genesis(stream.epoch), utc_ns)).rowcount:
            self._join(0, 0)
        self._consequences = Consequences(db, self._key, stream.gateway)

    def keep(self, items: list[Sent | Refused]) -> Kept:
        """Write the items; return what is worth telling."""
        fresh, forks = self._sift([item for item in items if isinstance(item, Sent)])
        self._db.executemany(tables.ADD_EVENT, [self._row(item) for item in fresh.values()])
        spoken = [item.event for item in fresh.values() if not is_plain(item.event.data)]
        for event in spoken:
            self._consequences.draw(event)
        told = [event.data for event in spoken]
        gone = [data for data in told if isinstance(data, WithheldData) and data.was is None]
        for data in gone:
            self._withhold(data)
        refused = [self._bury(item) for item in items if isinstance(item, Refused)] + forks
        for item in refused:
            self._db.execute(tables.ADD_NACK, (self._key, item.seq, item.code, item.detail))
        for first, last in runs(sorted(fresh.keys() | {item.seq for item in refused})):
            self._join(first, last)
        breaks = self._check(fresh, {item.seq for item in refused} | {data.last for data in gone})
        return Kept(refused, breaks, [data for data in told if isinstance(data, EpochData)])

    def _check(self, fresh: dict[int, Sent], others: set[int]) -> int:
        """Return how many breaks of the chain were found where the new numbers meet each other and the old ones."""
        numbers = fresh.keys() | others
        suspects = {seq + 1 for seq in numbers} - fresh.keys()
        for seq, item in fresh.items():
            before = fresh.get(seq - 1)
            if before is None or before.hash != item.event.data.prev:
                suspects.add(seq)
        return self._db.executemany(tables.ADD_BREAK, [(self._key, seq) for seq in suspects]).rowcount

    def _sift(self, sent: Iterable[Sent]) -> tuple[dict[int, Sent], list[Refused]]:
        """Return what is new by its number, and other bytes under a number that is taken."""
        fresh: dict[int, Sent] = {}
        forks = [_fork(item) for item in sent if fresh.setdefault(item.event.data.seq, item).hash != item.hash]
        for first, last in runs(sorted(fresh)):
            for seq, held, is_tombstone in self._db.execute(tables.HELD, (self._key, first, last)).fetchall():
                if is_tombstone and self._may_rise(fresh[seq]):
                    self._db.execute(tables.DROP_TOMBSTONE, (self._key, seq))
                    self._db.execute(tables.DROP_NACKS, (self._key, seq))
                elif (item := fresh.pop(seq)).hash != held:
                    forks.append(_fork(item))
        return fresh, forks

    def _may_rise(self, item: Sent) -> bool:
        told = self._db.execute(tables.GONE_HASH, (self._key, item.event.data.seq)).fetchone()
        return told is None or told[0] == item.hash

    def _withhold(self, data: WithheldData) -> None:
        """Count the numbers as answered for; put the hash, where there is one, where the chain is followed."""
        if data.first == data.last and data.hash is not None:
            self._db.execute(tables.ADD_TOMBSTONE, (self._key, data.first, data.hash, self._utc_ns))
        self._join(data.first, data.last)

    def _bury(self, item: Refused) -> Refused:
        """Put a tombstone under the number; where an event has it already, the item is a fork."""
        self._db.execute(tables.ADD_TOMBSTONE, (self._key, item.seq, item.hash, self._utc_ns))
        is_taken = self._db.execute(tables.HASH_AT, (self._key, item.seq)).fetchone()
        return Refused(item.epoch, item.seq, item.body, item.hash, "fork", FORK) if is_taken else item

    def _join(self, first: int, last: int) -> None:
        """Add first..last to the islands; those it touches become one with it."""
        touched = self._db.execute(tables.ISLANDS_TOUCHED, (self._key, last + 1, first - 1)).fetchall()
        self._db.executemany(tables.DROP_ISLAND, [(self._key, start) for start, _ in touched])
        start = min([first, *(island[0] for island in touched)])
        end = max([last, *(island[1] for island in touched)])
        self._db.execute(tables.ADD_ISLAND, (self._key, start, end))

    def _row(self, item: Sent) -> tuple[object, ...]:
        data = item.event.data
        return (
            self._key,
            data.seq,
            item.body,
            item.hash,
            data.prev,
            self._utc_ns,
            *(touched(data) if isinstance(data, TouchData) else NO_TOUCH),
            item.event.time,
        )


TOUCHED = ("site", "day", "person", "meaning", "standing", "company", "method", "because", "flags", "clock")
"""What of a touch has a column of its own."""
NO_TOUCH = (None,) * len(TOUCHED)


def touched(data: TouchData) -> tuple[object, ...]:
    """Return what stands in those columns."""
    person = data.person
    return (
        data.site,
        data.day,
        person.id or data.evidence.credential,
        data.meaning,
        data.standing,
        person.company,
        data.method,
        _listed(data.because) if data.because else None,
        _listed(data.flags) if data.flags else None,
        data.clock,
    )


def _listed(words: Sequence[str]) -> str:
    return msgspec.json.encode(words).decode()


def keep_rejected(db: sqlite3.Connection, gateway: str, rejected: Iterable[Refused | Garbage], *, utc_ns: int) -> None:
    """Keep the evidence: the newest items of this gateway, each once, cut to size."""
    for item in rejected:
        db.execute(tables.ADD_REJECTED, (gateway, *_evidence(item), utc_ns))
    db.execute(tables.CUT_REJECTED, (gateway, REJECTED_KEPT))


def _evidence(item: Refused | Garbage) -> tuple[object, ...]:
    kept = (item.detail, chain_hash(item.body), len(item.body), item.body[:REJECTED_BYTES])
    if isinstance(item, Garbage):
        return (None, None, "garbage", *kept)
    return (item.epoch, item.seq, item.code, *kept)


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each row of neighbours in ascending numbers."""
    first = last = None
    for number in numbers:
        if last is None or first is None:
            first = last = number
        elif number == last + 1:
            last = number
        else:
            yield first, last
            first = last = number
    if first is not None and last is not None:
        yield first, last


def _fork(item: Sent) -> Refused:
    data = item.event.data
    return Refused(data.epoch, data.seq, item.body, item.hash, "fork", FORK)
