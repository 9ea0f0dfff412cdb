"""A durable touch through the whole intake, against the barest durable insert SQLite can do on the same disk."""

import sqlite3
import time
from pathlib import Path
from statistics import median

from measure import Figure, disk, percentile

from drivers.contract import Medium, ReaderName, Sighting
from edge_agent.clock import SystemClock
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.touch import Person, Worker, WorkerId
from edge_agent.intake import Intake, SiteRules
from edge_agent.ledger import LEDGER_STEPS
from edge_agent.roster import card_ref
from spool.journal import Journal

ROUNDS, TOUCHES = 40, 50
BODY = b"x" * 720


class Everybody:
    """A roster that knows every card."""

    def who(self, card):
        return Person(card=card, worker=Worker(id=WorkerId("12345678901234"), name="x"))


def measure() -> list[Figure]:
    with disk() as folder, Journal(folder / "spool.db", owner_steps={"ledger": LEDGER_STEPS}) as journal:
        bare, ours = _bare(folder / "bare.db"), _ours(journal)
        bare_s, ours_s = [], []
        number = 0
        for _ in range(ROUNDS):  # in turn, so that the machine's moods hit both
            for _ in range(TOUCHES):
                number += 1
                bare_s.append(bare(number))
                ours_s.append(ours(number))
    ratio = median(ours_s) / median(bare_s)
    return [
        Figure(name="bare sqlite3 insert, WAL, synchronous=FULL: median", value=median(bare_s) * 1e6, unit="µs"),
        Figure(name="durable touch through intake.record: median", value=median(ours_s) * 1e6, unit="µs"),
        Figure(name="durable touch through intake.record: p99", value=percentile(ours_s, 0.99) * 1e6, unit="µs"),
        Figure(name="durable touch / bare insert", value=ratio, unit="×", goal="<= 1.5", is_met=ratio <= 1.5),
    ]


def _bare(path: Path):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE entry (seq INTEGER PRIMARY KEY, body BLOB)")

    def insert(number: int) -> float:
        began = time.perf_counter()
        db.execute("INSERT INTO entry VALUES (?, ?)", (number, BODY))
        return time.perf_counter() - began

    return insert


def _ours(journal: Journal):
    clock = SystemClock(host_keeps_time=True)
    reader = ReaderName("gate-1")
    rules = SiteRules(gateway="gw-1", site="13-0042", policy=Policy(), cut_off_min=240, roles={reader: Role.TOGGLE})
    intake = Intake(
        journal=journal,
        clock=clock,
        roster=Everybody(),
        card_ref=lambda token: card_ref(b"key", token),
        rules=rules,
        committed=lambda _: None,
    )

    def record(number: int) -> float:
        began = time.perf_counter()
        intake.record(
            Sighting(
                reader=reader,
                medium=Medium.CARD,
                token=number.to_bytes(8, "big"),
                technology="felica",
                seen_ns=clock.boot_ns(),
            )
        )
        return time.perf_counter() - began

    return record
