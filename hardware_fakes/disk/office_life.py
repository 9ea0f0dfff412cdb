"""A receiver's life in front of its disk: first start, batches, holes, refusals, new generations, deaths, an upgrade.

Every receipt handed out is a mark, written the moment it would be published. `office_check` reads them.
"""

import contextlib
import functools
import os
import random
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from edge_agent.core.wire import encode
from edge_agent.receiver import steps
from edge_agent.receiver.store import Store
from edge_agent.receiver.unpack import Letter, Stream
from hardware_fakes.clock import MORNING_UTC_NS
from hardware_fakes.disk.chapters import Mark, live, promise_too_early
from hardware_fakes.history import History, altered, batch

DATABASE = "events.db"
GATEWAYS = ("gw-a", "gw-b", "gw-c")
EPOCHS = ("aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccc")
REFUSED = 5
"""This number's bytes break the contract, the first time they come."""
UPGRADED = {
    **steps.RECEIVER_STEPS,
    "0002_upgrade": """
        CREATE INDEX held_by_site ON held (site, day);
        ALTER TABLE gateway ADD COLUMN note TEXT;
        CREATE TABLE weight (stream INTEGER, seq INTEGER, size INTEGER) STRICT;
        INSERT INTO weight SELECT stream, seq, length(body) FROM held WHERE body IS NOT NULL
    """,
}
"""The tables of a later version."""
CHECKPOINT_PAGES = 30


@functools.cache
def histories(count: int) -> list[History]:
    """Return what the gateways have committed: the same in every run."""
    pairs = zip(GATEWAYS, EPOCHS, strict=True)
    return [History(gateway, epoch).grow(count) for gateway, epoch in pairs]


class Office:
    """The product's store on one folder, and the gateways that send to it."""

    def __init__(self, folder: Path, mark: Mark, *, size: int) -> None:
        self.mark = mark
        self.gateways = histories(5 * size)[: max(1, size - 1)]
        self.store = Store(folder / DATABASE, utc_s=MORNING_UTC_NS // 10**9)
        self._now_ns = MORNING_UTC_NS
        if self.store._db is not None:  # noqa: SLF001 - SQLite's own 1000 pages would need a day of events
            self.store._db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")  # noqa: SLF001 - the same

    def take(self, letters: Iterable[Letter]) -> None:
        """Commit what came in one poll, and hand out the receipts owed."""
        self._now_ns += 10**9
        for stream in self.store.take(letters, utc_ns=self._now_ns):
            receipt = self.store.receipt(stream, utc_ns=self._now_ns)
            self.mark("receipt", gateway=stream.gateway, receipt=encode(receipt).decode())

    def events(self, first: int, last: int, *, rng: random.Random) -> None:
        """Let all gateways send these numbers: alone or in batches, in any order, some twice."""
        for history in self.gateways:
            seqs = [*range(first, last + 1), *rng.sample(range(first, last + 1), 2)]
            rng.shuffle(seqs)
            while seqs:
                count = rng.choice((1, 2, 5))
                some, seqs = seqs[:count], seqs[max(1, count - rng.choice((0, 0, 1))) :]
                bodies = [history.body(seq) for seq in some]
                letter = batch(bodies) if len(bodies) > 1 else bodies[0]
                self.take([Letter(history.gateway, "batchz" if len(bodies) > 1 else "touch", letter)])

    def oddities(self) -> None:
        """Let come what cannot be taken: a fork, a broken event that is mended later, bytes that are nothing."""
        history = self.gateways[0]
        self.take([Letter(history.gateway, "touch", altered(history.body(1), time="2026-11-24T00:00:00Z"))])
        self.take([Letter(history.gateway, "touch", b"nothing" * 100), Letter("gw-b", "batchz", b"no batch")])

    def broken_first(self) -> None:
        """Let one number come broken: it is kept as a tombstone."""
        for history in self.gateways:
            self.take([Letter(history.gateway, "touch", altered(history.body(REFUSED), type="edge-agent.touch.v9"))])

    def new_generation(self) -> None:
        """Say that the store was restored."""
        self.mark("regenerating")
        self.mark("generation", number=self.store.new_generation(utc_s=self._now_ns // 10**9))

    def reopen_as_after_a_fault(self) -> None:
        """Let the store do what it does after an error: open anew, and settle."""
        self.store._close()  # noqa: SLF001 - the fault itself is played elsewhere
        self.store.receipt(Stream(GATEWAYS[0], EPOCHS[0]), utc_ns=self._now_ns)


def first_start(folder: Path, mark: Mark, size: int) -> None:
    """Make the file, take the first, stop in order."""
    office = Office(folder, mark, size=size)
    office.broken_first()
    office.events(1, size, rng=random.Random(1))
    office.store.close()


def morning(folder: Path, mark: Mark, size: int) -> None:
    """Take what comes, holes first; a fault in between; then die."""
    office = Office(folder, mark, size=size)
    office.events(2 * size + 1, 3 * size, rng=random.Random(2))
    office.oddities()
    office.reopen_as_after_a_fault()
    office.events(size + 1, 2 * size, rng=random.Random(3))
    os._exit(0)


def restored(folder: Path, mark: Mark, size: int) -> None:
    """Come back from that under a new generation; stop in order."""
    office = Office(folder, mark, size=size)
    office.new_generation()
    office.events(3 * size + 1, 4 * size, rng=random.Random(4))
    office.store.close()


def upgrade(folder: Path, mark: Mark, size: int) -> None:
    """Start a later version on the filled file; die."""
    with upgraded():
        office = Office(folder, mark, size=size)
    office.events(4 * size + 1, 5 * size, rng=random.Random(5))
    os._exit(0)


@contextlib.contextmanager
def upgraded() -> Iterator[None]:
    """Let stores be opened by the later version."""
    before, steps.RECEIVER_STEPS = steps.RECEIVER_STEPS, UPGRADED
    try:
        yield
    finally:
        steps.RECEIVER_STEPS = before


CHAPTERS = (first_start, morning, restored, upgrade)


if __name__ == "__main__":
    if "--normal" in sys.argv:
        promise_too_early()
    live(CHAPTERS, Path(sys.argv[1]), size=int(sys.argv[2]))
