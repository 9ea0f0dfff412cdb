"""What was promised in the world of one box and its office, and whether it holds. Does only what the test asks for."""

import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from drivers.contract import AnswerKind
from edge_agent.core import events
from edge_agent.core.touch import NS_PER_S
from edge_agent.core.wire import chain_hash, genesis
from edge_agent.portable.receipts import Unbelievable
from hardware_fakes.clock import FakeClock
from hardware_fakes.memory_broker import MemoryBroker
from hardware_fakes.world import POISON, RETENTION_DAYS, WINDOW_S, Box, Identity, Office, Row, credential_ref
from spool.file import SpoolUnavailable

GREEN = {AnswerKind.ENTERED, AnswerKind.LEFT, AnswerKind.ALREADY, AnswerKind.PENDING}
BOOKS_MAX = 2_500
"""Entries a courier may hold in memory, whatever waits (I8)."""

Origin = tuple[str, int, str]
"""Epoch, number and hash an event was committed with first: it stays the same, however often it is carried on."""


def origin(body: bytes) -> Origin:
    """Return what an event was committed as first."""
    data = events.decode_event(body).data
    if data.was:
        return data.was.epoch, data.was.seq, data.was.hash
    return data.epoch, data.seq, chain_hash(body)


@dataclass(slots=True)
class World:
    """Everything, and what was promised in it."""

    root: Path
    clock: FakeClock = field(default_factory=FakeClock)
    broker: MemoryBroker = field(default_factory=lambda: MemoryBroker(chokes_on=credential_ref(POISON).encode()))
    accepted: set[Origin] = field(default_factory=set)
    """Touches a worker saw green for."""
    committed: dict[Identity, set[bytes]] = field(default_factory=dict)
    """Whatever was ever seen in the box's file, answered or not; of two histories where its disk was set back."""
    history: dict[Identity, bytes] = field(default_factory=dict)
    """The same, of the history the box knows itself."""
    standing: dict[bytes, tuple[str, int, str]] = field(default_factory=dict)
    """By card: boot, boot time and direction of the touch that counts for the repeat window."""
    backup: Path | None = None
    """A copy of the office's file that the box's retention still reaches back to."""
    image: Path | None = None
    jumped_s: float = 0
    """How far the wall clock has jumped in all: by so much an event may look older than it is."""
    sticks: list[Path] = field(default_factory=list)
    papers: list[str] = field(default_factory=list)
    box: Box = field(init=False)
    office: Office = field(init=False)
    _folders: int = 0

    def __post_init__(self) -> None:
        for name in ("box", "office"):
            (self.root / name).mkdir()
        self.box = Box(self.root / "box", self.clock, self.broker)
        self.office = Office(self.root / "office", FakeClock(), self.broker)

    def close(self) -> None:
        """Stop everything."""
        self.box.close()
        self.office.close()

    def folder(self) -> Path:
        """Return a place for a copy."""
        self._folders += 1
        return self.root / f"copy-{self._folders}"

    def copy(self, folder: Path) -> Path:
        """Copy a folder."""
        return shutil.copytree(folder, self.folder())

    # ---------------------------------------------------------------- the gate

    def touch(self, token: bytes, reader: str) -> None:
        """Put a card on a reader; what the worker saw is what was promised."""
        before = self.box.rows()
        answer = self.box.touch(token, reader)
        self.remember()
        if answer not in GREEN:
            return
        rows = self.box.rows()
        assert rows, "green, and nothing is in the file (I0)"
        event = events.decode_event(rows[-1].body)
        assert rows[-1].seq == (before[-1].seq if before else 0) + 1, "green without a new number (I0, I10)"
        assert isinstance(event, events.TouchEvent)
        assert event.data.evidence.credential == credential_ref(token), "green for another card (I0)"
        self.accepted.add(origin(rows[-1].body))
        self._judge(token, reader, answer)

    def touch_and_die(self, token: bytes, reader: str, *, has_committed: bool) -> None:
        """Kill the box before the COMMIT of a touch, or between COMMIT and answer: nobody saw green."""
        folder = self.folder()
        if has_committed:
            self.box.at_answer = lambda: self.box.copy_to(folder)
        else:
            self.box.at_commit = lambda: self.box.copy_to(folder)
        self.box.touch(token, reader)
        self.box.die_into(folder)
        self.remember()
        if has_committed:
            self.standing.pop(token, None)

    def touch_on_a_full_disk(self, token: bytes, reader: str) -> None:
        """Let the commit fail after everything was written: no green, and the number is not lost."""

        def refuse() -> None:
            raise SpoolUnavailable("disk full")

        self.box.at_commit = refuse
        answer = self.box.touch(token, reader)
        self.box.at_commit = None
        assert answer is AnswerKind.NOT_SAVED

    def crash(self, *, off_s: float | None) -> None:
        """Kill the box; with `off_s` its power fails, and it boots anew."""
        folder = self.folder()
        self.box.copy_to(folder)
        if off_s is not None:
            self.clock.reboot(off_s=off_s)
            self.jumped_s += off_s
        self.box.die_into(folder)
        self.remember()

    def set_back(self, image: Path) -> None:
        """Put an old copy of the disk into the box."""
        self.box.die_into(self.copy(image))
        self.history.clear()
        self.standing.clear()
        self.remember()

    def turn(self) -> None:
        """Let the box do what there is to do; a new epoch may begin."""
        epoch = self.box.journal.epoch
        self.box.turn()
        self.remember()
        if epoch != self.box.journal.epoch:
            self.backup = None  # what was receipted of the old epoch lies beside the spool, and is not sent again

    def spoil(self) -> None:
        """Let the disk lose the first page of the spool."""
        self.box.spoil()
        self.backup = None
        self.remember()

    # ---------------------------------------------------------------- the office

    def crash_office(self) -> None:
        """Kill the receiver."""
        folder = self.folder()
        self.office.copy_to(folder)
        self.office.die_into(folder)

    def can_be_restored(self) -> bool:
        """Tell whether the box still has, by its own clock, what the backup lacks."""
        return self.backup is not None and self.jumped_s < RETENTION_DAYS * 86_400 / 2

    def back_up(self) -> None:
        """Copy the office's file."""
        self.backup = self.folder()
        self.office.copy_to(self.backup)

    # ---------------------------------------------------------------- by hand

    def export(self) -> None:
        """Fill a stick at the box."""
        stick = self.root / f"stick-{len(self.sticks)}"
        if self.box.export(stick):
            self.sticks.append(stick)

    def hear(self, paper: str) -> None:
        """Bring a file of receipts to the box."""
        for line in paper.splitlines():
            try:
                self.box.hear_by_hand(line, self.office.key.public)
            except Unbelievable:
                continue  # the office knows another history: the box says so and takes nothing
        self.turn()

    # ---------------------------------------------------------------- in the end

    def settle(self, rounds: int = 500) -> None:
        """Be fair from now on (I6): everything runs, nothing is lost, until nothing moves any more."""
        for _ in range(rounds):
            if self.box.session is None:
                self.box.connect()
            if self.office.session is None:
                self.office.connect()
            self.turn()
            self.broker.flow()
            self.office.turn()
            self.broker.flow()
            self.clock.advance(61)
            if not self.missing() and not self.broker.post:
                return

    def missing(self) -> set[Origin]:
        """Return what was accepted, is not at the office, and is not poison kept on the box."""
        quarantined = self.box.quarantined()
        kept = {origin(row.body) for row in self.box.rows() if row.seq in quarantined and POISON.hex() in str(row.body)}
        return self.accepted - self.at_the_office() - kept

    def at_the_office(self) -> set[Origin]:
        """Return what the office holds."""
        return {origin(body) for body in self.office.held().values()}

    # ---------------------------------------------------------------- what must hold

    def promises_hold(self) -> None:
        """Fail if anything promised is not so."""
        rows, held = self.box.rows(), self.office.held()
        places = {origin(row.body) for row in rows} | {origin(body) for body in held.values()}
        assert self.accepted <= places, f"lost (I1): {self.accepted - places}"
        for identity, body in held.items():
            assert body in self.committed.get(identity, ()), f"never committed: {identity} (I2)"
        self._chained(rows)
        self._counted_once()
        books = self.box.courier
        assert len(books.tally.todo) + len(books._flights) + len(books._packer._seqs) <= BOOKS_MAX, "books grow (I8)"

    def _chained(self, rows: list[Row]) -> None:
        epoch, before, kept = self.box.journal.epoch, None, self.box.quarantined()
        for row in rows:
            event = events.decode_event(row.body)
            assert (epoch, row.seq) == (event.data.epoch, event.data.seq), "a row under another number than its own"
            if before is None:
                assert row.seq > 1 or event.data.prev == genesis(epoch)
            elif before.seq not in kept:  # what lay behind an event that is kept aside may have been pruned
                assert row.seq == before.seq + 1, f"hole before {row.seq} (I4)"
                assert event.data.prev == chain_hash(before.body), f"chain broken at {row.seq} (I5)"
            before = row

    def _counted_once(self) -> None:
        origins = Counter(origin(body) for body in self.office.counted())
        assert all(count == 1 for count in origins.values()), f"counted twice: {origins.most_common(1)}"

    def _judge(self, token: bytes, reader: str, answer: AnswerKind) -> None:
        """The repeat window by the boot clock alone (I9): what steps of the wall clock must never change."""
        stamp = self.clock.stamp()
        before = self.standing.get(token)
        if before is not None and before[0] == stamp.boot:
            is_within = stamp.boot_ns - before[1] < WINDOW_S * NS_PER_S
            is_repeat = is_within and reader in {"gate", before[2]}
            assert (answer is AnswerKind.ALREADY) == is_repeat, f"{token!r} at {reader}: {answer} (I9)"
        if answer is not AnswerKind.ALREADY:
            event = events.decode_event(self.box.rows()[-1].body)
            assert isinstance(event, events.TouchEvent)
            direction = {"entry": "in", "exit": "out"}[event.data.meaning]
            self.standing[token] = (stamp.boot, stamp.boot_ns, direction)

    def remember(self) -> None:
        """Note what is in the box's file."""
        epoch, rows = self.box.journal.epoch, self.box.rows()
        if {seq for of, seq in self.history if of == epoch} - {row.seq for row in rows}:
            self.backup = None  # something was pruned, be it by a wrong date: the retention reaches back no further
        for row in rows:
            known = self.history.setdefault((epoch, row.seq), row.body)
            assert known == row.body, f"number {row.seq} given twice (I4)"
            self.committed.setdefault((epoch, row.seq), set()).add(row.body)
