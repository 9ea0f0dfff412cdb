"""The promise, whole: real spool, intake, courier, service and store under everything that can happen, in any order."""

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from drivers.contract import AnswerKind
from edge_agent.core import events
from edge_agent.core.touch import NS_PER_S
from edge_agent.core.wire import chain_hash, genesis
from hardware_fakes.clock import FakeClock
from hardware_fakes.memory_broker import MemoryBroker
from hardware_fakes.world import CARDS, WINDOW_S, Box, Identity, Office, Row, card_ref
from spool.file import SpoolUnavailable

FAST_DISK = Path("/dev/shm")
GREEN = {AnswerKind.ENTERED, AnswerKind.LEFT, AnswerKind.ALREADY, AnswerKind.PENDING}
BOOKS_MAX = 2_500
"""Entries a courier may hold in memory, whatever waits (I8)."""


@dataclass(slots=True)
class Accepted:
    """A touch a worker saw green for, as it was committed."""

    identity: Identity
    body: bytes


@dataclass(slots=True)
class World:
    """Everything, and what was promised in it."""

    root: Path
    clock: FakeClock = field(default_factory=FakeClock)
    broker: MemoryBroker = field(default_factory=MemoryBroker)
    accepted: list[Accepted] = field(default_factory=list)
    committed: dict[Identity, bytes] = field(default_factory=dict)
    """Whatever was ever seen in the box's file, answered or not."""
    standing: dict[bytes, tuple[str, int, str]] = field(default_factory=dict)
    """By card: boot, boot time and direction of the touch that counts for the repeat window."""
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

    # ---------------------------------------------------------------- what may happen

    def touch(self, token: bytes, reader: str) -> AnswerKind:
        """Put a card on a reader; what the worker saw is what was promised."""
        before = self.box.rows()
        answer = self.box.touch(token, reader)
        self._remember()
        if answer not in GREEN:
            return answer
        rows = self.box.rows()
        assert rows, "green, and nothing is in the file (I0)"
        row = rows[-1]
        event = events.decode_event(row.body)
        assert row.seq == (before[-1].seq if before else 0) + 1, "green without a new number (I0, I10)"
        assert isinstance(event, events.TouchEvent)
        assert event.data.evidence.card == card_ref(token), "green for another card (I0)"
        self.accepted.append(Accepted((event.data.epoch, event.data.seq), row.body))
        self._judge(token, reader, answer)
        return answer

    def touch_and_die(self, token: bytes, reader: str, *, has_committed: bool) -> None:
        """Kill the box before the COMMIT of a touch, or between COMMIT and answer: nobody saw green."""
        folder = self.folder()
        if has_committed:
            self.box.at_answer = lambda: self.box.copy_to(folder)
        else:
            self.box.at_commit = lambda: self.box.copy_to(folder)
        self.box.touch(token, reader)
        self.box.die_into(folder)
        self._remember()
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

    def crash(self, *, off_s: float | None = None) -> None:
        """Kill the box; with `off_s` its power fails, and it boots anew."""
        folder = self.folder()
        self.box.copy_to(folder)
        if off_s is not None:
            self.clock.reboot(off_s=off_s)
        self.box.die_into(folder)

    def crash_office(self) -> None:
        folder = self.folder()
        self.office.copy_to(folder)
        self.office.die_into(folder)

    def settle(self, rounds: int = 60) -> None:
        """Be fair from now on (I6): everything runs, nothing is lost, until nothing moves any more."""
        for _ in range(rounds):
            if self.box.session is None:
                self.box.connect()
            if self.office.session is None:
                self.office.connect()
            self.box.turn()
            self.broker.flow()
            self.office.turn()
            self.broker.flow()
            self.clock.advance(61)
            if self.is_settled():
                return

    def is_settled(self) -> bool:
        held = self.office.held()
        return all(self.is_held(accepted, held) for accepted in self.accepted) and not self.broker.post

    # ---------------------------------------------------------------- what must hold

    def is_held(self, accepted: Accepted, held: dict[Identity, bytes]) -> bool:
        return held.get(accepted.identity) == accepted.body

    def promises_hold(self) -> None:
        rows, held = self.box.rows(), self.office.held()
        epoch = self.box.journal.epoch
        kept = {(epoch, row.seq): row.body for row in rows}
        for accepted in self.accepted:
            assert kept.get(accepted.identity) == accepted.body or self.is_held(accepted, held), f"lost {accepted} (I1)"
        for identity, body in held.items():
            assert self.committed.get(identity) == body, f"never committed: {identity} (I2)"
        self._pruned_rightly(rows, held, epoch)
        self._chained(rows, epoch)
        self._counted_once()
        books = self.box.courier
        assert len(books.tally.todo) + len(books._flights) + len(books._packer._seqs) <= BOOKS_MAX, "books grow (I8)"

    def _pruned_rightly(self, rows: list[Row], held: dict[Identity, bytes], epoch: str) -> None:
        first = rows[0].seq if rows else 1
        for (of, seq), body in self.committed.items():
            if of == epoch and seq < first:
                assert held.get((of, seq)) == body or self.box.courier.tally.upto >= seq, f"pruned {seq} (I3)"

    def _chained(self, rows: list[Row], epoch: str) -> None:
        before = None
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
        """No two rows for one touch: the same card at the same nanosecond of the same boot."""
        moments: Counter[tuple[object, ...]] = Counter()
        for body in self.office.counted():
            event = events.decode_event(body)
            assert isinstance(event, events.TouchEvent)
            data = event.data
            origin = (data.was.epoch, data.was.seq) if data.was else (data.epoch, data.seq)
            moments[origin] += 1
        assert all(count == 1 for count in moments.values()), f"counted twice: {moments.most_common(1)}"

    def _judge(self, token: bytes, reader: str, answer: AnswerKind) -> None:
        """The repeat window by the boot clock alone (I9): what steps of the wall clock must never change."""
        stamp = self.clock.stamp()
        before = self.standing.get(token)
        if before is not None and before[0] == stamp.boot:
            is_within = stamp.boot_ns - before[1] < WINDOW_S * NS_PER_S
            is_same_way = reader == "gate" or reader == before[2]
            is_repeat = is_within and is_same_way
            assert (answer is AnswerKind.ALREADY) == is_repeat, f"{token!r} at {reader}: {answer} (I9)"
        if answer is not AnswerKind.ALREADY:
            event = events.decode_event(self.box.rows()[-1].body)
            assert isinstance(event, events.TouchEvent)
            direction = {"entry": "in", "exit": "out"}[event.data.meaning]
            self.standing[token] = (stamp.boot, stamp.boot_ns, direction)

    def _remember(self) -> None:
        epoch = self.box.journal.epoch
        for row in self.box.rows():
            known = self.committed.setdefault((epoch, row.seq), row.body)
            assert known == row.body, f"number {row.seq} given twice (I4)"


class Promise(RuleBasedStateMachine):
    """A site in pieces of a second: workers, power cuts, a bad broker, an office that dies and comes back."""

    def __init__(self) -> None:
        super().__init__()
        where = FAST_DISK if FAST_DISK.is_dir() else None
        self._folder = tempfile.TemporaryDirectory(prefix="promise-", dir=where)
        self.world = World(Path(self._folder.name))

    # ---------------------------------------------------------------- the gate

    @rule(card=st.sampled_from(CARDS), reader=st.sampled_from(["in", "out", "gate"]), doubled=st.booleans())
    def touch(self, card: bytes, reader: str, doubled: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        for _ in range(1 + doubled):
            self.world.touch(card, reader)

    @rule(card=st.sampled_from(CARDS), has_committed=st.booleans())
    def touch_and_die(self, card: bytes, has_committed: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        self.world.touch_and_die(card, "gate", has_committed=has_committed)

    @rule(card=st.sampled_from(CARDS))
    def touch_on_a_full_disk(self, card: bytes) -> None:
        self.world.touch_on_a_full_disk(card, "gate")

    @rule(off_s=st.none() | st.floats(1, 1e6))
    def crash(self, off_s: float | None) -> None:
        self.world.crash(off_s=off_s)

    @rule(seconds=st.sampled_from([0.5, 1.5, 30, 61, 4000]))
    def time_passes(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        self.world.office.clock.advance(seconds)

    @rule(seconds=st.floats(-1e7, 1e7))
    def wall_clock_steps(self, seconds: float) -> None:
        self.world.clock.step_wall(seconds)

    @precondition(lambda self: not self.world.box.courier.tally.todo and not self.world.broker.post)
    @rule()
    def months_pass_and_the_spool_is_pruned(self) -> None:
        self.world.clock.advance(100 * 86_400)
        self.world.box.shelf.prune()

    # ---------------------------------------------------------------- the line

    @precondition(lambda self: self.world.box.session is None)
    @rule()
    def box_connects(self) -> None:
        self.world.box.connect()

    @rule()
    def box_turns(self) -> None:
        self.world.box.turn()

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
        post = self.world.broker.post
        if not post:
            return
        posted = post.pop(which % len(post))
        if ack is not None:
            self.world.broker.acknowledge(posted, ack)
        for _ in range(times if not ack else 0):
            self.world.broker.deliver(posted)

    @rule()
    def broker_is_good_for_a_while(self) -> None:
        for _ in range(4):
            self.world.box.turn()
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

    # ---------------------------------------------------------------- always, and in the end

    @invariant()
    def promises_hold(self) -> None:
        self.world.promises_hold()

    def teardown(self) -> None:
        try:
            self.world.settle()
            self.world.promises_hold()
            assert self.world.is_settled(), "a fair network did not bring everything (I6)"
        finally:
            self.world.close()
            self._folder.cleanup()


def test_the_promise_holds_whatever_happens(request: pytest.FixtureRequest) -> None:
    profile = settings.get_profile(request.config.getoption("--hypothesis-profile") or "promise")
    run_state_machine_as_test(Promise, settings=settings(profile, stateful_step_count=40))
