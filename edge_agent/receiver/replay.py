"""Draw every event's consequences anew, and compare them with the tables: nobody may have edited those instead."""

import sqlite3
from collections.abc import Iterator

from edge_agent.core.events import Event
from edge_agent.receiver import steps
from edge_agent.receiver.consequences import Consequences
from spool.migrate import run_step

_TABLES = {
    "carried": "SELECT stream, seq, was_stream, was_seq, was_hash FROM carried",
    "correction": (
        "SELECT stream, seq, of_stream, of_seq, of_hash, quality, time, not_before, not_after, day FROM correction"
    ),
    "gone": "SELECT stream, seq, first, last, code, detail, hash FROM gone",
    "word": (
        "SELECT stream, seq, of_stream, of_seq, of_hash, kind, person, company, meaning, time, day, standing, by, why"
        " FROM word"
    ),
    "headcount": "SELECT stream, seq, site, day, company, count, by, time FROM headcount",
    "site": "SELECT stream, seq, site, ccus, name, parent, by, time FROM site",
    "stream": "SELECT id, 0, rank FROM stream",
    "beginning": "SELECT stream, 0, reason, before_epoch, before_last, carried, lost_count FROM beginning",
}


class Replay:
    """The tables as they should be, in memory."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Begin with the streams of this file."""
        self._db = db
        self._drawn = sqlite3.connect(":memory:", isolation_level=None)
        for sql in steps.RECEIVER_STEPS.values():
            run_step(self._drawn, sql)
        streams = db.execute("SELECT id, gateway, epoch, 0 FROM stream")
        self._drawn.executemany("INSERT INTO stream (id, gateway, epoch, heard_utc_ns) VALUES (?, ?, ?, ?)", streams)

    def draw(self, key: int, gateway: str, event: Event) -> None:
        """Draw one event's consequences."""
        Consequences(self._drawn, key, gateway).draw(event)

    def differences(self) -> Iterator[tuple[int, int, str]]:
        """Yield the stream, the number and the table of each row that no event made, or that is missing."""
        for table, sql in _TABLES.items():
            drawn, kept = set(self._drawn.execute(sql)), set(self._db.execute(sql))
            yield from sorted({(row[0], row[1], table) for row in drawn ^ kept})

    def close(self) -> None:
        """Forget it all."""
        self._drawn.close()
