"""A durable touch through the whole intake, against the barest durable insert SQLite can do on the same disk."""

import sqlite3
import time
from pathlib import Path
from statistics import median

from door import door
from measure import Figure, disk, percentile

from edge_agent.ledger.steps import LEDGER_STEPS
from spool.journal import Journal

ROUNDS, TOUCHES = 40, 50
BODY = b"x" * 720


def measure() -> list[Figure]:
    with disk() as folder, Journal(folder / "spool.db", owner_steps={"ledger": LEDGER_STEPS}) as journal:
        bare, ours = _bare(folder / "bare.db"), door(journal)
        bare_s, ours_s = [], []
        number = 0
        for _ in range(ROUNDS):  # in turn, so that the machine's moods hit both
            for _ in range(TOUCHES):
                number += 1
                bare_s.append(_timed(bare, number))
                ours_s.append(_timed(ours, number))
    ratio = median(ours_s) / median(bare_s)
    return [
        Figure(name="bare sqlite3 insert, WAL, synchronous=FULL: median", value=median(bare_s) * 1e6, unit="µs"),
        Figure(name="durable touch through intake.record: median", value=median(ours_s) * 1e6, unit="µs"),
        Figure(name="durable touch through intake.record: p99", value=percentile(ours_s, 0.99) * 1e6, unit="µs"),
        Figure(name="durable touch / bare insert", value=ratio, unit="×", goal="<= 1.5", is_met=ratio <= 1.5),
    ]


def _timed(work, number: int) -> float:
    began = time.perf_counter()
    work(number)
    return time.perf_counter() - began


def _bare(path: Path):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE entry (seq INTEGER PRIMARY KEY, body BLOB)")
    return lambda number: db.execute("INSERT INTO entry VALUES (?, ?)", (number, BODY))
