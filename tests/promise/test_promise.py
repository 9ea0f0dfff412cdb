"""The promise, whole: real spool, intake, courier, service and store under everything that can happen, in any order."""

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from drivers.contract import AnswerKind
from edge_agent.core import events
from edge_agent.core.touch import NS_PER_S, Trust
from edge_agent.core.wire import chain_hash, genesis
from edge_agent.portable.receipts import Unbelievable
from hardware_fakes.clock import FakeClock
from hardware_fakes.memory_broker import MemoryBroker
from hardware_fakes.world import CARDS, POISON, WINDOW_S, Box, Identity, Office, Row, card_ref
from spool.file import SpoolUnavailable

FAST_DISK = Path("/dev/shm")
GREEN = {AnswerKind.ENTERED, AnswerKind.LEFT, AnswerKind.ALREADY, AnswerKind.PENDING}
BOOKS_MAX = 2_500
"""Entries a courier may hold in memory, whatever waits (I8)."""

Origin = tuple[str, int, str]
"""Epoch, number and hash an event was committed with first: it stays the same, however often it is carried on."""


def origin(body: bytes) -> Origin:
    data = events.decode_event(body).data
    if data.was:
        return data.was.epoch, data.was.seq, data.was.hash
    return data.epoch, data.seq, chain_hash(body)


@dataclass(slots=True)
class World:
    """Everything, and what was promised in it."""

    root: Path
    clock: FakeClock = field(default_factory=FakeClock)
    broker: MemoryBroker = field(default_factory=lambda: MemoryBroker(chokes_on=card_ref(POISON).encode()))
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
        self.box.close()
        self.office.close()

    def folder(self) -> Path:
        self._folders += 1
        return self.root / f"copy-{self._folders}"

    def copy(self, folder: Path) -> Path:
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
        assert event.data.evidence.card == card_ref(token), "green for another card (I0)"
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
        self.box.spoil()
        self.backup = None
        self.remember()

    # ---------------------------------------------------------------- the office

    def crash_office(self) -> None:
        folder = self.folder()
        self.office.copy_to(folder)
        self.office.die_into(folder)

    def back_up(self) -> None:
        self.backup = self.folder()
        self.office.copy_to(self.backup)

    # ---------------------------------------------------------------- by hand

    def export(self) -> None:
        stick = self.root / f"stick-{len(self.sticks)}"
        if self.box.export(stick):
            self.sticks.append(stick)

    def hear(self, paper: str) -> None:
        for line in paper.splitlines():
            try:
                self.box.hear_by_hand(line, self.office.key.public)
            except Unbelievable:
                continue  # the office knows another history: the box says so and takes nothing
        self.turn()

    # ---------------------------------------------------------------- in the end

    def settle(self, rounds: int = 80) -> None:
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
        return self.accepted - {origin(body) for body in self.office.held().values()} - kept

    # ---------------------------------------------------------------- what must hold

    def promises_hold(self) -> None:
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
        epoch, before = self.box.journal.epoch, None
        for row in rows:
            event = events.decode_event(row.body)
            assert (epoch, row.seq) == (event.data.epoch, event.data.seq), "a row under another number than its own"
            if before is None:
                assert row.seq > 1 or event.data.prev == genesis(epoch)
            else:
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
        epoch = self.box.journal.epoch
        for row in self.box.rows():
            known = self.history.setdefault((epoch, row.seq), row.body)
            assert known == row.body, f"number {row.seq} given twice (I4)"
            self.committed.setdefault((epoch, row.seq), set()).add(row.body)


class Promise(RuleBasedStateMachine):
    """A site in pieces of a second: workers, power cuts, a bad broker, an office that dies and comes back."""

    def __init__(self) -> None:
        super().__init__()
        where = FAST_DISK if FAST_DISK.is_dir() else None
        self._folder = tempfile.TemporaryDirectory(prefix="promise-", dir=where)
        self.world = World(Path(self._folder.name))

    # ---------------------------------------------------------------- the gate

    @rule(
        card=st.sampled_from([*CARDS, *CARDS, POISON]),
        reader=st.sampled_from(["in", "out", "gate"]),
        twice=st.booleans(),
    )
    def touch(self, card: bytes, reader: str, twice: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        for _ in range(1 + twice):
            self.world.touch(card, reader)

    @rule(card=st.sampled_from(CARDS), has_committed=st.booleans())
    def touch_and_die(self, card: bytes, has_committed: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        self.world.touch_and_die(card, "gate", has_committed=has_committed)

    @rule(card=st.sampled_from(CARDS))
    def touch_on_a_full_disk(self, card: bytes) -> None:
        self.world.touch_on_a_full_disk(card, "gate")

    @rule(off_s=st.none() | st.floats(1, 1e6))
    def box_crashes(self, off_s: float | None) -> None:
        self.world.crash(off_s=off_s)

    @rule()
    def disk_loses_its_first_page(self) -> None:
        self.world.spoil()

    @rule(seconds=st.sampled_from([0.5, 1.5, 30, 61, 4000]))
    def time_passes(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        self.world.office.clock.advance(seconds)

    @rule(seconds=st.floats(-1e7, 1e7))
    def wall_clock_steps(self, seconds: float) -> None:
        self.world.clock.step_wall(seconds)

    @rule(trust=st.sampled_from([Trust.NONE, Trust.RTC, Trust.NTP]))
    def clock_is_believed(self, trust: Trust) -> None:
        self.world.clock.believe(trust)

    @precondition(lambda self: not self.world.missing())
    @rule()
    def months_pass_and_the_spool_is_pruned(self) -> None:
        self.world.clock.advance(100 * 86_400)
        self.world.box.shelf.prune()
        self.world.backup = None

    @precondition(lambda self: not self.world.missing())
    @rule()
    def disk_is_copied(self) -> None:
        self.world.image = self.world.folder()
        self.world.box.copy_to(self.world.image)

    @precondition(lambda self: self.world.image and not self.world.missing())
    @rule()
    def disk_is_set_back(self) -> None:
        assert self.world.image
        self.world.set_back(self.world.image)
        self.world.backup = None

    # ---------------------------------------------------------------- the line

    @precondition(lambda self: self.world.box.session is None)
    @rule()
    def box_connects(self) -> None:
        self.world.box.connect()

    @rule()
    def box_turns(self) -> None:
        self.world.turn()

    @rule()
    def line_breaks(self) -> None:
        self.world.box.hang_up()

    @rule(
        which=st.integers(0, 50),
        ack=st.sampled_from([0, 0, 0, None, 0x87, 0x97]),
        times=st.sampled_from([1, 1, 1, 0, 2]),
    )
    def broker_handles_one(self, which: int, ack: int | None, times: int) -> None:
        """Acknowledged and lost, delivered and not acknowledged, twice, refused: in any order."""
        broker = self.world.broker
        if not broker.post:
            return
        posted = broker.post.pop(which % len(broker.post))
        if broker.chokes(posted):
            return
        if ack is not None:
            broker.acknowledge(posted, ack)
        for _ in range(times if not ack else 0):
            broker.deliver(posted)

    @rule()
    def broker_is_good_for_a_while(self) -> None:
        for _ in range(4):
            self.world.turn()
            self.world.broker.flow()
            self.world.office.turn()
            self.world.broker.flow()

    @rule()
    def broker_dies_and_forgets(self) -> None:
        self.world.broker.forget()

    # ---------------------------------------------------------------- the office

    @precondition(lambda self: self.world.office.session is None)
    @rule()
    def office_connects(self) -> None:
        self.world.office.connect()

    @rule()
    def office_turns(self) -> None:
        self.world.office.turn()

    @rule()
    def office_dies(self) -> None:
        self.world.crash_office()

    @rule()
    def office_is_backed_up(self) -> None:
        self.world.back_up()

    @precondition(lambda self: self.world.backup)
    @rule()
    def office_is_restored(self) -> None:
        assert self.world.backup
        self.world.office.die_into(self.world.copy(self.world.backup))

    # ---------------------------------------------------------------- by hand

    @rule()
    def somebody_fills_a_stick(self) -> None:
        self.world.export()

    @precondition(lambda self: self.world.sticks)
    @rule(which=st.integers(0, 9))
    def somebody_brings_a_stick_to_the_office(self, which: int) -> None:
        sticks = self.world.sticks
        self.world.papers.append(self.world.office.take_stick(sticks[which % len(sticks)]))

    @precondition(lambda self: self.world.papers)
    @rule(which=st.integers(0, 9))
    def somebody_brings_receipts_to_the_box(self, which: int) -> None:
        papers = self.world.papers
        self.world.hear(papers[which % len(papers)])

    # ---------------------------------------------------------------- always, and in the end

    @invariant()
    def promises_hold(self) -> None:
        self.world.promises_hold()

    def teardown(self) -> None:
        try:
            self.world.settle()
            self.world.promises_hold()
            assert not self.world.missing(), f"a fair network did not bring everything (I6): {self.world.missing()}"
        finally:
            self.world.close()
            self._folder.cleanup()


def test_the_promise_holds_whatever_happens(request: pytest.FixtureRequest) -> None:
    profile = settings.get_profile(request.config.getoption("--hypothesis-profile") or "promise")
    run_state_machine_as_test(Promise, settings=settings(profile, stateful_step_count=50))
