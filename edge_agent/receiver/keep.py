"""Write one stream's items inside the caller's transaction. Commits nothing, answers nobody.

The order does not matter, nor how often an event comes: the number decides, and the first bytes under it stay. Only a
tombstone gives way, to the event it stands for.
"""

import sqlite3
from collections.abc import Iterable, Iterator

from edge_agent.core.events import TouchData
from edge_agent.core.wire import chain_hash, genesis
from edge_agent.receiver import tables
from edge_agent.receiver.unpack import Garbage, Refused, Sent, Stream

REJECTED_KEPT = 256
"""Rejected items kept for each gateway: the newest."""
REJECTED_BYTES = 64 << 10
"""Bytes kept of each."""
FORK = "other bytes came under this number"


class Keeper:
    """One stream's rows, within one transaction."""

    def __init__(self, db: sqlite3.Connection, stream: Stream, *, utc_ns: int) -> None:
        self._db = db
        self._stream = stream
        self._utc_ns = utc_ns
        self._key: int = db.execute(tables.HEAR_STREAM, (stream.gateway, stream.epoch, utc_ns)).fetchone()[0]
        if db.execute(tables.ADD_GENESIS, (self._key, genesis(stream.epoch), utc_ns)).rowcount:
            db.execute(tables.ADD_ISLAND, (self._key, 0, 0))

    def keep(self, items: list[Sent | Refused]) -> tuple[list[Refused], int]:
        """Write the items; return what was refused, and how many breaks of the chain were found."""
        fresh, forks = self._sift([item for item in items if isinstance(item, Sent)])
        self._db.executemany(tables.ADD_EVENT, [self._row(item) for item in fresh.values()])
        refused = [self._bury(item) for item in items if isinstance(item, Refused)] + forks
        for item in refused:
            self._db.execute(tables.ADD_NACK, (self._key, item.seq, item.code, item.detail))
        breaks = 0
        for first, last in runs(sorted(fresh.keys() | {item.seq for item in refused})):
            self._join(first, last)
            breaks += self._db.execute(tables.ADD_BREAKS, (self._key, first, last + 1)).rowcount
        return refused, breaks

    def _sift(self, sent: Iterable[Sent]) -> tuple[dict[int, Sent], list[Refused]]:
        """Return what is new by its number, and other bytes under a number that is taken."""
        fresh: dict[int, Sent] = {}
        forks = [_fork(item) for item in sent if fresh.setdefault(item.event.data.seq, item).hash != item.hash]
        for first, last in runs(sorted(fresh)):
            for seq, held, is_tombstone in self._db.execute(tables.HELD, (self._key, first, last)).fetchall():
                if is_tombstone:
                    self._db.execute(tables.DROP_TOMBSTONE, (self._key, seq))
                    self._db.execute(tables.DROP_NACKS, (self._key, seq))
                elif (item := fresh.pop(seq)).hash != held:
                    forks.append(_fork(item))
        return fresh, forks

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
            *(_touched(data) if isinstance(data, TouchData) else (None,) * 5),
            item.event.time,
        )


def _touched(data: TouchData) -> tuple[object, ...]:
    return (data.site, data.day, data.person.ccus or data.evidence.card, data.meaning, data.standing)


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
