"""The promise, whole: real spool, intake, courier, service and store under everything that can happen, in any order."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from edge_agent.core.touch import Trust
from hardware_fakes.promise import World
from hardware_fakes.world import CARDS, POISON

READERS = ["in", "out", "gate"]
FAST_DISK = Path("/dev/shm")


class Promise(RuleBasedStateMachine):
    """A site in pieces of a second: workers, power cuts, a bad broker, an office that dies and comes back."""

    def __init__(self) -> None:
        super().__init__()
        where = FAST_DISK if FAST_DISK.is_dir() else None
        self._folder = tempfile.TemporaryDirectory(prefix="promise-", dir=where)
        self.world = World(Path(self._folder.name))

    # ---------------------------------------------------------------- the gate

    @rule(
        cards=st.lists(st.sampled_from([*CARDS, *CARDS, POISON]), min_size=1, max_size=5),
        reader=st.sampled_from(READERS),
    )
    def touch(self, cards: list[bytes], reader: str) -> None:
        for card in cards:
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

    @rule(seconds=st.sampled_from([-1e7, -86_400, -4000, -200, 200, 4000, 86_400, 1e7]))
    def wall_clock_steps(self, seconds: float) -> None:
        self.world.clock.step_wall(seconds)
        self.world.jumped_s += abs(seconds)

    @rule(trust=st.sampled_from([Trust.NONE, Trust.RTC, Trust.NTP]))
    def clock_is_believed(self, trust: Trust) -> None:
        self.world.clock.believe(trust)

    @precondition(lambda self: not self.world.missing())
    @rule()
    def months_pass_and_the_spool_is_pruned(self) -> None:
        self.world.clock.advance(100 * 86_400)
        self.world.jumped_s += 100 * 86_400
        self.world.box.shelf.prune()
        self.world.backup = None

    @precondition(lambda self: not self.world.missing())
    @rule()
    def disk_is_copied(self) -> None:
        self.world.image = self.world.folder()
        self.world.box.copy_to(self.world.image)

    @precondition(lambda self: self.world.image and self.world.accepted <= self.world.at_the_office())
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

    @rule(rounds=st.sampled_from([1, 4, 40]))
    def all_is_well_for_a_while(self, rounds: int) -> None:
        self.world.settle(rounds)

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

    @precondition(lambda self: self.world.can_be_restored())
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
