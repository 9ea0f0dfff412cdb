"""A box's life in front of its disk: first start, touches, receipts, prunes, deaths, an upgrade.

Every promise is a mark, written the moment it is given; what is about to be done is a mark too, where half of it may be
found afterwards. `gate_check` reads them.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Lock, Thread

from drivers.contract import Answer, AnswerKind, Medium, ReaderName, Sighting
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.credential import credential_ref
from edge_agent.core.touch import NS_PER_S, CredentialRef, Person, Worker, WorkerId
from edge_agent.intake import Intake, Recorded, SiteRules
from edge_agent.ledger.steps import LEDGER_STEPS
from hardware_fakes.clock import MORNING_UTC_NS, FakeClock
from hardware_fakes.crew import Known
from hardware_fakes.disk.chapters import Mark, live, promise_too_early
from spool.journal import Journal
from spool.migrate import Steps
from spool.outbox import Outbox

SPOOL = "spool.db"
GATEWAY = "gw-disk"
CARDS = [bytes([number] * 8) for number in range(12)]
KNOWN = 9
"""So many of the cards are the roster's."""
READERS = {ReaderName("gate"): Role.TOGGLE, ReaderName("in"): Role.IN, ReaderName("tap"): Role.TAP}
UPGRADED: Mapping[str, Steps] = {
    "ledger": {
        **LEDGER_STEPS,
        "0002_upgrade": """
            CREATE INDEX entry_by_time ON entry (recorded_utc_ns);
            ALTER TABLE presence ADD COLUMN seen INTEGER;
            CREATE TABLE weight (seq INTEGER PRIMARY KEY, size INTEGER NOT NULL) STRICT;
            INSERT INTO weight SELECT seq, length(body) FROM entry
        """,
    }
}
"""The tables of a later version."""
CHECKPOINT_PAGES = 30
"""SQLite's own 1000 would need a day of touches."""

SAVED = frozenset(AnswerKind) - {AnswerKind.NOT_SAVED, AnswerKind.REFUSED}


class Crew:
    """The roster."""

    def who(self, card: CredentialRef) -> Person:
        """Return the holder, where known."""
        known = {credential_ref(b"key", token): number for number, token in enumerate(CARDS[:KNOWN])}
        worker = Worker(id=WorkerId(f"{known[card]:014d}")) if card in known else None
        return Person(credential=card, worker=worker)


class Box:
    """The product's journal and intake on one folder, an outbox beside them, and a clock that goes on by itself."""

    def __init__(
        self,
        folder: Path,
        mark: Mark,
        *,
        steps: Mapping[str, Steps] | None = None,
        boot: int = 0,
        checkpoint_pages: int = CHECKPOINT_PAGES,
    ) -> None:
        self.mark = mark
        self.clock = FakeClock(utc_ns=MORNING_UTC_NS + boot * 3600 * NS_PER_S, boot=f"boot-{boot}")
        self.journal = Journal(folder / SPOOL, owner_steps=steps or {"ledger": LEDGER_STEPS})
        self.mark("opened", epoch=self.journal.epoch)
        self.outbox = Outbox(folder / SPOOL)
        self.journal.write(lambda tx: tx.execute(f"PRAGMA wal_autocheckpoint={checkpoint_pages}").fetchall())
        rules = SiteRules(gateway=GATEWAY, site="13-0042", policy=Policy(), cut_off_min=240, roles=READERS)
        self.intake = Intake(
            journal=self.journal,
            clock=self.clock,
            identities=Known(Crew().who, lambda token: credential_ref(b"key", token)),
            rules=rules,
            committed=self._committed,
        )
        self._reading = Lock()

    def touch(self, number: int, reader: str = "gate") -> Answer:
        """Hold this card to a reader; what is answered green is marked as accepted, with its bytes."""
        self.clock.advance(20)
        return self.intake.record(
            Sighting(
                reader=ReaderName(reader),
                medium=Medium.CARD,
                token=CARDS[number % len(CARDS)],
                technology="felica",
                seen_ns=self.clock.boot_ns(),
            )
        )

    def touches(self, count: int) -> None:
        """Let the crew come and go."""
        for number in range(count):
            self.touch(number * 5, ("gate", "gate", "in", "tap")[number % 4])

    def rush(self, readers: int, each: int) -> None:
        """Let all come at once: they share commits."""
        threads = [Thread(target=self.touches, args=(each,)) for _ in range(readers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def receipt(self, upto: int) -> None:
        """Hear the receiver."""
        self.mark("receipting", upto=upto)
        self.journal.set_receipt(upto=upto, generation=1, heard_utc_ns=self.clock.stamp().utc_ns)
        self.mark("receipted", upto=upto)

    def quarantine(self, seq: int) -> None:
        """Hear that one was refused."""
        self.journal.quarantine(seq, code="schema", detail="")
        self.mark("quarantined", seq=seq)

    def prune(self) -> None:
        """Forget what is receipted, a few at a time."""
        upto = self.outbox.depth().upto
        self.mark("pruning", upto=upto)
        while self.journal.prune(older_than_utc_ns=self.clock.stamp().utc_ns, slice_rows=7):
            pass
        self.mark("pruned", upto=upto)

    def close(self) -> None:
        """Stop as SIGTERM stops it: the log is emptied and removed."""
        self.outbox.close()
        self.journal.close()

    def reopen_as_after_a_fault(self) -> None:
        """Let the journal do what it does after a failed commit: open anew, and settle."""
        self.journal._close()  # noqa: SLF001 - the fault itself is played elsewhere
        self.journal.write(lambda tx: tx.head())

    def _committed(self, recorded: Recorded) -> None:
        with self._reading:
            [entry] = self.outbox.after(recorded.seq - 1, limit=1)
        self.mark("accepted", seq=entry.seq, body=entry.body.decode())


def first_start(folder: Path, mark: Mark, size: int) -> None:
    """Make the file, use it, stop in order."""
    box = Box(folder, mark)
    box.touches(size)
    box.close()


def morning(folder: Path, mark: Mark, size: int) -> None:
    """Touches, receipts, a refusal, a prune, a fault in between; then die without a word."""
    box = Box(folder, mark, boot=1)
    box.touches(size)
    box.quarantine(3)
    box.receipt(upto=size)
    box.prune()
    box.touches(size)
    box.reopen_as_after_a_fault()
    box.touches(size // 2)
    box.receipt(upto=2 * size)
    os._exit(0)


def rush_hour(folder: Path, mark: Mark, size: int) -> None:
    """Come back from that; all readers at once; stop in order."""
    box = Box(folder, mark, boot=2)
    box.rush(readers=4, each=size // 4)
    box.prune()
    box.close()


def upgrade(folder: Path, mark: Mark, size: int) -> None:
    """Start a later version on the filled file; use it; die."""
    box = Box(folder, mark, boot=3, steps=UPGRADED)
    box.touches(size)
    os._exit(0)


CHAPTERS = (first_start, morning, rush_hour, upgrade)


if __name__ == "__main__":
    if "--normal" in sys.argv:
        promise_too_early()
    live(CHAPTERS, Path(sys.argv[1]), size=int(sys.argv[2]))
