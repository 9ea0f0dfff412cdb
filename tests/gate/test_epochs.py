"""Epochs come and go while the agent runs: it goes on by itself, or says why it does not, and never cycles."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import cast

import pytest

from drivers.contract import Answer, AnswerKind, Medium, ReaderName, Sighting
from edge_agent import epochs, recovery
from edge_agent.core import wire
from edge_agent.core.events import decode_event
from edge_agent.door import Door
from edge_agent.epochs import Epochs, Parts
from edge_agent.intake import Intake
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.notify import Notify
from edge_agent.uplink.link import LinkStatus, Uplink
from hardware_fakes.clock import FakeClock
from spool.file import SpoolInUse, SpoolUnavailable
from spool.journal import Journal
from spool.renewal import set_aside
from spool.room import Room

NOBODY = 65_534
SIGHTING = Sighting(reader=ReaderName("gate-1"), medium=Medium.CARD, token=b"1", technology="felica", seen_ns=0)


class FakeUplink:
    """Stands as it is told to."""

    def __init__(self, *, is_forked: bool = False, stops_after: int = 1) -> None:
        self.is_forked = is_forked
        self.left = stops_after
        self.is_running = False

    def start(self) -> None:
        self.is_running = True

    def stop(self) -> bool:
        self.left -= 1
        self.is_running = self.left > 0
        return not self.is_running

    def status(self) -> LinkStatus:
        return LinkStatus(receipt="receiver", since_ns=0, ticked_ns=2**62, is_forked=self.is_forked)


class FakeIntake:
    """Writes to the journal whatever comes."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def record(self, _sighting: Sighting) -> Answer:
        try:
            self.journal.write(lambda tx: tx.append(b"{}", seq=tx.head().seq + 1, recorded_utc_ns=None))
        except SpoolUnavailable:
            return Answer(kind=AnswerKind.NOT_SAVED)
        return Answer(kind=AnswerKind.ENTERED)


class Box:
    """An agent with everything but the spool made of straw. `plan` says what each epoch's uplink is like."""

    def __init__(self, folder: Path, plan: list[FakeUplink], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(epochs, "LOOK_S", 0.001)
        monkeypatch.setattr(epochs, "BEAT_S", 0.002)
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
        self.spool = folder / "spool.db"
        self.clock = FakeClock()
        self.door = Door(self.clock)
        self.stop = Event()
        self.plan = plan
        self.journals: list[Journal] = []
        self.names: list[str] = []
        self.intakes: list[FakeIntake] = []
        self.starts = 0
        self.beats = 0
        self.on_beat: Callable[[], None] = lambda: None
        self.when_open: Callable[[Journal], None] = lambda _journal: None
        notify = Notify()
        monkeypatch.setattr(notify, "watchdog", self._beaten)
        self.epochs = Epochs(
            self.spool,
            gateway="gw-1",
            owner_steps={"ledger": LEDGER_STEPS},
            room=Room(self.spool),
            clock=self.clock,
            door=self.door,
            notify=notify,
            stop=self.stop,
        )

    def run(self) -> None:
        self.epochs.run(self._build, self._start)

    def _beaten(self) -> None:
        self.beats += 1
        self.on_beat()
        assert self.beats < 5000

    def _build(self, journal: Journal) -> Parts:
        uplink = self.plan.pop(0)
        self.names.append(journal.epoch)
        self.intakes.append(FakeIntake(journal))
        if not self.plan:
            self.on_beat = self.stop.set
        self.when_open(journal)
        return Parts(intake=cast("Intake", self.intakes[-1]), uplink=cast("Uplink", uplink))

    def _start(self) -> None:
        self.starts += 1


MakeBox = Callable[..., Box]


@pytest.fixture
def make_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeBox:
    return lambda *plan: Box(tmp_path, list(plan), monkeypatch)


def test_a_forked_spool_is_set_aside_once_and_the_box_goes_on(make_box: MakeBox) -> None:
    box = make_box(FakeUplink(is_forked=True), FakeUplink())
    box.run()
    with Journal(box.spool) as journal:
        first = decode_event(journal.write(lambda tx: tx.head()).body)

    assert [f"spool.forked-{box.names[0]}.db"] == [old.name for old in set_aside(box.spool)]
    assert ("forked", box.names[0], wire.genesis(box.names[1])) == (
        first.data.reason,
        first.data.before.epoch,
        first.data.prev,
    )


def test_the_uplink_of_before_has_ended_before_the_next_begins(make_box: MakeBox) -> None:
    """Two at once would take each other for a second box with our name, for ever."""
    before = FakeUplink(is_forked=True, stops_after=3)
    box = make_box(before, FakeUplink())
    running = []
    box.when_open = lambda _journal: running.append(before.is_running)
    box.run()

    assert [False, False] == running


def test_a_touch_on_its_way_while_the_epoch_ends_is_not_saved_and_not_in_the_next(make_box: MakeBox) -> None:
    box = make_box(FakeUplink(is_forked=True), FakeUplink())
    late: list[AnswerKind] = []
    box.when_open = lambda _journal: late.extend(i.record(SIGHTING).kind for i in box.intakes[:-1])
    box.run()
    with Journal(box.spool) as journal:
        last = journal.write(lambda tx: tx.head().seq)

    assert ([AnswerKind.NOT_SAVED], 1) == (late, last)


def test_readers_answer_while_the_spool_is_away(make_box: MakeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    box = make_box(FakeUplink(is_forked=True), FakeUplink())
    seen = []

    def renew(*args: object, **more: object) -> recovery.Renewed:
        seen.append((box.door.record(SIGHTING).kind, box.door.trouble, box.door.status().is_connected))
        return recovery.renew(*args, **more)

    monkeypatch.setattr(epochs, "renew", renew)
    box.run()

    assert [(AnswerKind.NOT_SAVED, "the spool is being renewed; this takes seconds", False)] == seen


def test_a_spool_damaged_at_the_start_is_renewed_and_everything_else_runs_already(make_box: MakeBox) -> None:
    box = make_box(FakeUplink())
    box.spool.write_bytes(bytes(50_000))
    box.run()

    assert ["spool.damaged-unknown.db"] == [old.name for old in set_aside(box.spool)]
    assert bytes(50_000) == set_aside(box.spool)[0].read_bytes()
    assert 2 == box.starts  # the second time it does nothing


def test_a_new_file_is_no_new_epoch(make_box: MakeBox) -> None:
    """A state folder that was emptied, or a spool deleted while the agent was off: there is nothing to tell of."""
    box = make_box(FakeUplink())
    box.run()
    with Journal(box.spool) as journal:
        assert 0 == journal.write(lambda tx: tx.head().seq)


def test_a_disk_that_spoils_one_file_after_another_is_not_filled_with_them(
    make_box: MakeBox, caplog: pytest.LogCaptureFixture
) -> None:
    box = make_box(FakeUplink(), FakeUplink(), FakeUplink())
    box.when_open = lambda journal: setattr(journal, "is_damaged", True)
    started_ns = box.clock.boot_ns()

    def pass_time() -> None:
        if len(box.names) == 2:
            box.clock.advance(10.0)

    box.on_beat = pass_time
    box.run()
    passed_ns = box.clock.boot_ns() - started_ns

    assert 3 == len(box.names)
    assert passed_ns >= epochs.REST_NS
    assert 2 == sum("spool renewed" in line.message for line in caplog.records if line.levelno == logging.ERROR)


def test_a_file_that_has_taken_touches_is_renewed_at_once(make_box: MakeBox) -> None:
    box = make_box(FakeUplink(), FakeUplink(), FakeUplink())

    def spoil_after_a_touch(journal: Journal) -> None:
        def act() -> None:
            if box.door.record(SIGHTING).kind is AnswerKind.ENTERED and box.beats > before + 3:
                journal.is_damaged = True

        before = box.beats
        if len(box.names) < 3:
            box.on_beat = act

    box.when_open = spoil_after_a_touch
    box.run()

    assert 3 == len(box.names)
    assert box.clock.boot_ns() < epochs.REST_NS


def test_with_too_many_set_aside_it_refuses_and_says_so_and_goes_on_once_they_are_gone(
    make_box: MakeBox, caplog: pytest.LogCaptureFixture
) -> None:
    box = make_box(FakeUplink())
    box.spool.write_bytes(b"no database" * 1000)
    others = [box.spool.with_name(f"spool.damaged-{n}.db") for n in range(recovery.SET_ASIDE_MAX)]
    for other in others:
        other.touch()
    told: list[tuple[str, AnswerKind]] = []

    def technician() -> None:
        told.append((box.door.trouble, box.door.record(SIGHTING).kind))
        box.clock.advance(1.0)
        if len(told) == 200:
            others[0].unlink()

    box.on_beat = technician
    box.run()

    assert {AnswerKind.NOT_SAVED} == {kind for _, kind in told}
    assert "set aside beside it already" in told[-1][0]
    assert 1 == sum("set aside beside it already" in str(vars(line)) for line in caplog.records)
    assert recovery.SET_ASIDE_MAX == len(set_aside(box.spool))


def test_a_fork_that_cannot_be_renewed_does_not_close_the_gate(
    make_box: MakeBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent, and touches are taken: the disk has room for those."""
    box = make_box(FakeUplink(is_forked=True), FakeUplink(is_forked=True))
    tries = []

    def full(*_args: object, **_more: object) -> recovery.Renewed:
        tries.append(1)
        raise SpoolUnavailable("no room")

    monkeypatch.setattr(epochs, "renew", full)
    answers = []

    def last() -> None:
        answers.append(box.door.record(SIGHTING).kind)
        if len(answers) == 5:
            box.stop.set()

    box.when_open = lambda _journal: setattr(box, "on_beat", last)
    box.run()

    assert ([1], {AnswerKind.ENTERED}) == (tries, set(answers))


def test_stopping_ends_a_renewal_and_the_old_spool_is_whole(make_box: MakeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    box = make_box(FakeUplink(is_forked=True), FakeUplink())
    box.when_open = lambda journal: journal.write(lambda tx: tx.append(b"{}", seq=1, recorded_utc_ns=None))

    def renew(*args: object, **more: object) -> recovery.Renewed:
        box.stop.set()
        return recovery.renew(*args, **more)

    monkeypatch.setattr(epochs, "renew", renew)
    box.run()

    assert [] == set_aside(box.spool)
    with Journal(box.spool) as journal:
        assert (box.names[0], 1) == (journal.epoch, journal.write(lambda tx: tx.head().seq))


def test_a_spool_of_another_agent_is_left_alone(make_box: MakeBox) -> None:
    box = make_box(FakeUplink())
    with Journal(box.spool), pytest.raises(SpoolInUse):
        box.run()
    assert 0 == box.starts


def test_what_is_no_damage_is_told_and_not_renewed(make_box: MakeBox) -> None:
    """A folder in the file's place, a disk that is not mounted: a new file would hide it."""
    box = make_box(FakeUplink())
    box.spool.mkdir()

    with pytest.raises(SpoolUnavailable, match="cannot be opened"):
        box.run()
    assert (0, []) == (box.starts, set_aside(box.spool))


def test_a_spool_that_may_not_be_read_is_told_and_left_alone(make_box: MakeBox) -> None:
    box = make_box(FakeUplink())
    Journal(box.spool).close()
    box.spool.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        with pytest.raises(SpoolUnavailable, match="cannot be opened"):
            box.run()
    finally:
        if is_root:
            os.seteuid(0)
    assert [] == set_aside(box.spool)
