"""The one door: on disk before the answer, the right event, and a month of a site."""

import contextlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import AnswerKind, Medium, ReaderName, Sighting
from edge_agent.core import events, wire
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.touch import NS_PER_S, CredentialRef, Person, Trust, Worker, WorkerId
from edge_agent.intake import Intake, Recorded, SiteRules
from edge_agent.ledger.presence import count_inside
from edge_agent.ledger.steps import LEDGER_STEPS
from hardware_fakes.clock import FakeClock
from hardware_fakes.crew import Known
from hardware_fakes.site import Gesture, crew, day
from spool.file import SpoolUnavailable
from spool.journal import Journal
from spool.outbox import Outbox

KNOWN = b"\x01\x02\x03\x04"
UNKNOWN = b"\x09\x09\x09\x09"
READER = ReaderName("gate-1")
ROLES = {READER: Role.TOGGLE, ReaderName("in"): Role.IN, ReaderName("out"): Role.OUT}


RULES = SiteRules(
    gateway="gw-1",
    site="13-0042",
    policy=Policy(repeat_window_ns=60 * NS_PER_S),
    cut_off_min=240,
    roles=ROLES,
)


def credential_ref(token: bytes) -> CredentialRef:
    return CredentialRef("hmac:" + token.hex().ljust(32, "0"))


class OneWorker:
    """A roster that knows one card."""

    def who(self, card: CredentialRef) -> Person:
        known = card == credential_ref(KNOWN)
        return Person(
            credential=card,
            worker=Worker(id=WorkerId("12345678901234"), ccus="12345678901234", name="山田 太郎") if known else None,
        )


class Gate:
    """An intake on a real spool, a clock in our hands, and what those who watch were told."""

    def __init__(self, folder: Path, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.path = folder / "spool.db"
        self.told: list[Recorded] = []
        self.open()

    def open(self) -> None:
        self.journal = Journal(self.path, owner_steps={"ledger": LEDGER_STEPS})
        self.intake = Intake(
            journal=self.journal, clock=self.clock, committed=self.told.append,
            rules=RULES, identities=Known(OneWorker().who, credential_ref),
        )  # fmt: skip

    def touch(self, token: bytes = KNOWN, reader: ReaderName = READER) -> AnswerKind:
        seen_ns = self.clock.boot_ns()
        sighting = Sighting(reader=reader, medium=Medium.CARD, token=token, technology="felica", seen_ns=seen_ns)
        return self.intake.record(sighting).kind

    def bodies(self) -> list[bytes]:
        with contextlib.closing(Outbox(self.path)) as outbox:
            return [entry.body for entry in outbox.after(0, limit=1_000_000)]

    def events(self) -> list[events.TouchEvent]:
        return [events.decode_event(body) for body in self.bodies()]


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    gate = Gate(tmp_path)
    yield gate
    gate.journal.close()


def test_the_touch_is_on_disk_before_the_answer(gate: Gate) -> None:
    """I0: whoever reads the file when green appears finds the touch."""
    seen = []
    gate.intake._committed = lambda _recorded: seen.append(len(gate.bodies()))

    answer = gate.touch()

    assert (answer, seen) == (AnswerKind.ENTERED, [1])


def test_touch_is_not_green_when_the_disk_refuses(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(_work: object) -> None:
        raise SpoolUnavailable("disk full")

    with monkeypatch.context() as full:
        full.setattr(gate.journal, "write", refuses)
        answer = gate.touch()

    assert AnswerKind.NOT_SAVED is answer
    assert gate.told == []
    assert AnswerKind.ENTERED is gate.touch()


@pytest.mark.parametrize("spoilt", ['{"is"', '{"is":"nowhere"}'])
def test_a_damaged_presence_ends_this_spool_and_neither_the_reader_nor_the_status(gate: Gate, spoilt: str) -> None:
    """Else that one worker is refused for ever, and each time the reader is given up for half a minute."""
    gate.touch()
    gate.journal.write(lambda tx: tx.execute("UPDATE presence SET state = ?", (spoilt,)).rowcount)

    assert AnswerKind.NOT_SAVED is gate.touch()
    assert gate.journal.is_damaged
    assert 0 == count_inside(gate.path)


def test_entry_repeat_and_exit_are_answered_as_such(gate: Gate) -> None:
    answers = []
    for wait_s in (0, 30, 3600):
        gate.clock.advance(wait_s)
        answers.append(gate.touch())

    assert answers == [AnswerKind.ENTERED, AnswerKind.ALREADY, AnswerKind.LEFT]


def test_unknown_card_is_recorded_and_pending(gate: Gate) -> None:
    """Source: a worker without papers in order must still be recorded, and named later."""
    answer = gate.touch(UNKNOWN)

    [event] = gate.events()
    assert AnswerKind.PENDING is answer
    assert (event.data.standing, event.data.person.ccus, event.data.meaning) == ("pending", None, "entry")


def test_presence_is_remembered_through_a_restart(gate: Gate) -> None:
    gate.touch()
    gate.journal.close()
    gate.open()
    gate.clock.advance(3600)

    assert AnswerKind.LEFT is gate.touch()


def test_the_event_tells_who_when_where_and_how_surely(gate: Gate) -> None:
    gate.touch()

    [event] = gate.events()
    data = event.data
    assert (event.source.removeprefix("/gw/"), data.site, data.reader) == ("gw-1", "13-0042", "gate-1")
    assert ("12345678901234", credential_ref(KNOWN)) == (data.person.ccus, data.evidence.credential)
    assert (1, gate.journal.epoch, wire.genesis(gate.journal.epoch)) == (data.seq, data.epoch, data.prev)
    assert (gate.clock.stamp().trust, gate.clock.boot_ns() // 1_000_000) == (data.clock, data.boot_ms)


def test_no_name_and_no_card_number_leaves_the_box(gate: Gate) -> None:
    """Security: the event carries the worker's CCUS id and a keyed hash, nothing else about the person."""
    gate.touch()

    [body] = gate.bodies()
    assert KNOWN.hex() not in body.decode().replace(credential_ref(KNOWN), "")
    assert "山田" not in body.decode()


def test_each_event_carries_the_hash_of_the_one_before(gate: Gate) -> None:
    """I5: history cannot be altered or thinned unseen."""
    for wait_s in (0, 100, 100):
        gate.clock.advance(wait_s)
        gate.touch()

    before = wire.genesis(gate.journal.epoch)
    for body in gate.bodies():
        assert before == events.decode_event(body).data.prev
        before = wire.chain_hash(body)


def test_exit_after_midnight_counts_on_the_day_of_its_entry(gate: Gate) -> None:
    gate.clock.advance(12 * 3600)  # 2026-11-24 20:00 in Japan
    gate.touch()
    gate.clock.advance(9 * 3600)
    gate.touch()

    assert [date(2026, 11, 24).isoformat()] * 2 == [event.data.day for event in gate.events()]


def test_a_clock_nobody_believes_gives_no_day(gate: Gate) -> None:
    gate.clock.believe(Trust.NONE)
    gate.touch()

    assert [event.data.day for event in gate.events()] == [None]


gestures = st.lists(
    st.tuples(st.floats(0, 20_000), st.sampled_from([KNOWN, UNKNOWN]), st.sampled_from(sorted(ROLES))), max_size=8
)


@settings(max_examples=40, deadline=None)
@given(gestures)
def test_doubling_every_touch_at_the_gate_changes_nothing_that_counts(
    tmp_path_factory: pytest.TempPathFactory, touches: list[tuple[float, bytes, ReaderName]]
) -> None:
    """I10, through disk and event."""
    counted = []
    for times in (1, 2):
        gate = Gate(tmp_path_factory.mktemp("gate"))
        for wait_s, token, reader in touches:
            gate.clock.advance(wait_s)
            for _ in range(times):
                gate.touch(token, reader)
        gate.journal.close()
        data = [event.data for event in gate.events()]
        counted.append([(d.meaning, d.evidence.credential, d.flags, d.boot_ms) for d in data if d.meaning != "repeat"])

    assert counted[0] == counted[1]


def test_a_month_of_two_hundred_workers(tmp_path: Path) -> None:
    """Every day's gestures become events: contiguous, chained, each stay on its day, nobody left inside unmarked."""
    clock = FakeClock()
    gate = Gate(tmp_path, clock)
    people = crew(200, seed=5)
    made = 0
    for number in range(30):
        morning_ns = clock.boot_ns()
        for gesture in day(people, length_s=10 * 3600, seed=number):
            clock.advance(max(0.0, gesture.at_s - (clock.boot_ns() - morning_ns) / NS_PER_S))
            gate.touch(gesture.holder.card, _reader(gesture))
            made += 1
        clock.advance(24 * 3600 - (clock.boot_ns() - morning_ns) / NS_PER_S)
    gate.journal.close()

    events = gate.events()
    assert list(range(1, made + 1)) == [event.data.seq for event in events]
    assert len({event.data.day for event in events}) == 30
    exits = [event for event in events if event.data.meaning == "exit"]
    assert all("missing_entry" not in event.data.flags for event in exits)
    forgotten = sum("missing_exit" in event.data.flags for event in events)
    entries = sum(event.data.meaning == "entry" for event in events)
    still_inside = entries - len(exits) - forgotten
    assert 0 <= still_inside <= 200
    assert 0 < forgotten < entries / 10


def _reader(gesture: Gesture) -> ReaderName:
    return ReaderName(gesture.direction)


def test_events_stay_small(gate: Gate) -> None:
    """A site's line is slow and metered."""
    gate.touch()

    assert len(gate.bodies()[0]) < 900
    assert msgspec.json.decode(gate.bodies()[0])
