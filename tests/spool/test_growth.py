"""No step costs more for a long history: counted in SQLite's own steps, which no other load disturbs."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_agent.ledger import presence as ledger
from edge_agent.ledger.steps import LEDGER_STEPS
from spool import file, migrate, outbox, outlook
from spool.journal import Journal
from spool.outbox import Outbox
from spool.outlook import DAY_NS, look_ahead
from spool.transaction import Transaction

FEW, MANY = 1_000, 100_000
NOW_NS = 20_000 * DAY_NS
SLACK = 300
"""A few more levels of the tree."""


@pytest.fixture(scope="module")
def spools(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    return {events: _filled(tmp_path_factory.mktemp(str(events)) / "spool.db", events) for events in (FEW, MANY)}


def _filled(path: Path, events: int) -> Path:
    def append(tx: Transaction) -> None:
        for seq in range(1, events + 1):
            tx.append(b"x" * 20, seq=seq, recorded_utc_ns=NOW_NS - DAY_NS * 5 * (events - seq) // events)
        for seq in (3, 5, 8):
            tx.execute("INSERT INTO quarantine VALUES (?, 'schema', '')", (seq,))

    with Journal(path, owner_steps={"ledger": LEDGER_STEPS}) as journal:
        journal.write(append)
    return path


class Steps:
    """Counts the steps of SQLite's machine on every connection the spool opens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        for module in (outbox, outlook, ledger):
            monkeypatch.setattr(module, "open_reader", self._counting(file.open_reader))
        monkeypatch.setattr(migrate, "open_writer", self._counting(file.open_writer))

    def _counting(self, opens: Callable[[Path], sqlite3.Connection]) -> Callable[[Path], sqlite3.Connection]:
        def opened(path: Path) -> sqlite3.Connection:
            db = opens(path)
            db.set_progress_handler(self._step, 1)
            return db

        return opened

    def _step(self) -> int:
        self.count += 1
        return 0

    def of(self, work: Callable[[], object]) -> int:
        before = self.count
        work()
        return self.count - before


def touch(tx: Transaction) -> None:
    tx.append(b"x" * 20, seq=tx.head().seq + 1, recorded_utc_ns=NOW_NS)


def with_journal(work: Callable[[Journal], Any]) -> Callable[[Path], None]:
    def run(path: Path) -> None:
        with Journal(path, owner_steps={"ledger": LEDGER_STEPS}) as journal:
            work(journal)

    return run


def with_outbox(work: Callable[[Outbox], Any]) -> Callable[[Path], None]:
    def run(path: Path) -> None:
        with contextlib.closing(Outbox(path)) as box:
            work(box)

    return run


def receipted(path: Path, upto: int) -> None:
    with Journal(path) as journal:
        journal.set_receipt(upto=upto, generation=1, heard_utc_ns=None)


STEPS: dict[str, Callable[[Path], object]] = {
    "start": with_journal(lambda _: None),
    "touch": with_journal(lambda journal: journal.write(touch)),
    "prune, all young": with_journal(lambda journal: journal.prune(older_than_utc_ns=1)),
    "prune in need": with_journal(
        lambda journal: journal.write(lambda tx: journal._pruning.receipted(tx.execute, rows=9))
    ),
    "tend": with_journal(lambda journal: journal.tend(utc_ns=NOW_NS)),
    "depth": with_outbox(lambda box: box.depth()),
    "last": with_outbox(lambda box: box.last()),
    "page": with_outbox(lambda box: box.after(FEW // 2, limit=50)),
    "look ahead": lambda path: look_ahead(path, spare_bytes=1, now_utc_ns=NOW_NS, retention_days=90),
    "count inside": ledger.count_inside,
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("is_receipted", [False, True])
def test_a_step_costs_the_same_whatever_lies_in_the_spool(
    spools: dict[int, Path], monkeypatch: pytest.MonkeyPatch, name: str, *, is_receipted: bool
) -> None:
    """A box a year without a receiver must answer as quickly as a new one."""
    for events, path in spools.items():
        receipted(path, events if is_receipted else 0)
    steps = Steps(monkeypatch)
    few, many = (steps.of(lambda path=path: STEPS[name](path)) for path in spools.values())

    assert 0 < few
    assert many <= few + SLACK


def test_a_prune_costs_what_it_deletes(spools: dict[int, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for events, path in spools.items():
        receipted(path, events)
    steps = Steps(monkeypatch)
    prune = with_journal(lambda journal: journal.prune(older_than_utc_ns=NOW_NS, slice_rows=50))
    few, many = (steps.of(lambda path=path: prune(path)) for path in spools.values())

    assert many <= few + SLACK
