"""Badges at the gate: through the one door with a real ledger, each reason to refuse, and the control socket's word."""

import contextlib
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from drivers.contract import AnswerKind, Medium, ReaderName, Sighting
from edge_agent.badges import SignedBadges, serial_ref
from edge_agent.control.server import BadRequest
from edge_agent.core import badge, events
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.badge import BadgeData
from edge_agent.core.rules import Rules
from edge_agent.core.signed_text import key_id
from edge_agent.core.touch import NS_PER_S, Trust, Worker, WorkerId
from edge_agent.identity import Book
from edge_agent.intake import Intake, Recorded, SiteRules
from edge_agent.issuing import sign_site
from edge_agent.ledger.people import put_worker
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.revocation import AT_ONCE_MAX, Revocation
from edge_agent.signing import SigningKey
from hardware_fakes.clock import FakeClock
from spool.file import SpoolUnavailable
from spool.journal import Journal
from spool.outbox import Outbox

CARD_KEY = b"the box's key"
OFFICE = SigningKey(bytes(range(32)))
OTHER_OFFICE = SigningKey(bytes(range(1, 33)))
STRANGER = SigningKey(bytes(range(2, 34)))
TARO = WorkerId("12345678901234")
GATE, SECOND = ReaderName("gate-1"), ReaderName("gate-2")
TRAVEL_S = 10


def made(
    worker: WorkerId = TARO,
    *,
    serial: bytes = b"serial-1",
    issued_s: int = 1_795_000_000,
    last_day: date = date(2099, 1, 1),
    key: SigningKey = OFFICE,
    signed_by: SigningKey | None = None,
) -> str:
    data = BadgeData(key_id=key_id(key.public), serial=serial, issued_s=issued_s, last_day=last_day, worker=worker)
    return badge.written(data, bytes.fromhex((signed_by or key).sign(badge.to_sign(data))))


class Gate:
    """An intake that believes two offices, on a real spool."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.path = folder / "spool.db"
        self.told: list[Recorded] = []
        self.travel_s = TRAVEL_S
        self.open()
        self.journal.write(lambda tx: put_worker(tx, Worker(id=TARO, ccus=TARO, name="山田 太郎"), origin="{}"))
        self.revocation = Revocation(key=lambda: CARD_KEY, clock=self.clock, door=self, may=lambda _wish, _right: "x")  # type: ignore[arg-type]

    def open(self) -> None:
        self.journal = Journal(self.path, owner_steps={"ledger": LEDGER_STEPS})
        badges = SignedBadges(
            key=CARD_KEY,
            believed=[OFFICE.public, OTHER_OFFICE.public],
            cut_off_min=240,
            travel_ns=self.travel_s * NS_PER_S,
        )
        self.intake = Intake(
            journal=self.journal,
            clock=self.clock,
            committed=self.told.append,
            identities=Book(key=CARD_KEY, rules=Rules(), badges=badges),
            rules=SiteRules(
                gateway="gw-1",
                site="13-0042",
                policy=Policy(repeat_window_ns=60 * NS_PER_S),
                cut_off_min=240,
                roles={GATE: Role.TOGGLE, SECOND: Role.TOGGLE},
            ),
        )

    def commit(self, work):
        """As the door does."""
        return self.journal.write(lambda tx: work(tx, self.journal.epoch))

    def show(self, text: str | bytes, reader: ReaderName = GATE, technology: str = "qr") -> AnswerKind:
        token = text if isinstance(text, bytes) else text.encode()
        sighting = Sighting(
            reader=reader, medium=Medium.QR, token=token, technology=technology, seen_ns=self.clock.boot_ns()
        )
        return self.intake.record(sighting).kind

    def last(self) -> events.TouchData:
        with contextlib.closing(Outbox(self.path)) as outbox:
            return events.decode_event(list(outbox.after(0, limit=1_000_000))[-1].body).data

    def refused(self) -> tuple[str, str, list[str]]:
        data = self.last()
        return data.standing, data.meaning, data.because

    def revoke(self, *serials: str, workers: tuple[str, ...] = ()) -> None:
        list(self.revocation.revoke({"serials": list(serials), "workers": list(workers)}))


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    gate = Gate(tmp_path)
    yield gate
    gate.journal.close()


def today(gate: Gate) -> date:
    return date(1970, 1, 1) + timedelta(days=(gate.clock.stamp().utc_ns // NS_PER_S + 5 * 3600) // 86400)


@pytest.mark.parametrize("technology", ["qr-camera", "qr-scanner"])
def test_a_badge_is_green_and_names_the_worker(gate: Gate, technology: str) -> None:
    answers = [gate.show(made(), technology=technology)]
    gate.clock.advance(3600)
    answers.append(gate.show(made(), technology=technology))

    data = gate.last()
    assert [AnswerKind.ENTERED, AnswerKind.LEFT] == answers
    assert (TARO, "qr", "accepted", []) == (data.person.ccus, data.method, data.standing, data.because)
    assert serial_ref(CARD_KEY, b"serial-1") == data.evidence.credential


def test_a_badge_typed_by_a_scanner_with_caps_lock_is_the_same(gate: Gate) -> None:
    assert AnswerKind.ENTERED is gate.show(made())
    gate.clock.advance(5)
    assert AnswerKind.ALREADY is gate.show(made().lower() + "\r\n")


def test_another_office_believed_here_may_sign(gate: Gate) -> None:
    assert AnswerKind.ENTERED is gate.show(made(key=OTHER_OFFICE))


def test_a_worker_the_roster_does_not_know_waits(gate: Gate) -> None:
    assert AnswerKind.PENDING is gate.show(made(WorkerId("99")))
    assert ("pending", ["unknown"]) == (gate.last().standing, gate.last().because)


@pytest.mark.parametrize(
    "text",
    [
        made(key=STRANGER),
        made(signed_by=STRANGER),
        made()[:-2],
        "EAB1",
        "EAB1" + "A" * 143,
        b"EAB1\xff\xfe",
        sign_site("13-0042", key=OFFICE, issued_s=1),
        "https://example.com/",
    ],
    ids=["unknown key", "wrong signature", "cut off", "empty", "invented", "no text", "a poster", "any code"],
)
def test_what_is_not_signed_by_us_is_refused_and_names_nobody(gate: Gate, text: str | bytes) -> None:
    assert AnswerKind.REFUSED is gate.show(text)
    assert ("refused", "refused", ["not_genuine"]) == gate.refused()
    assert gate.last().person.id is None


def test_a_forgery_does_not_speak_for_the_badge_it_imitates(gate: Gate) -> None:
    """Else whoever reads a serial could have it marked as used elsewhere, or replaced."""
    gate.show(made(signed_by=STRANGER, issued_s=2_000_000_000), SECOND)

    assert serial_ref(CARD_KEY, b"serial-1") != gate.last().evidence.credential
    assert AnswerKind.ENTERED is gate.show(made())


def test_the_last_day_counts_and_the_next_does_not(gate: Gate) -> None:
    day = today(gate)

    assert AnswerKind.ENTERED is gate.show(made(last_day=day))
    assert AnswerKind.REFUSED is gate.show(made(serial=b"serial-2", last_day=day - timedelta(days=1)))
    assert ("refused", "refused", ["expired"]) == gate.refused()


def test_a_day_begins_at_the_sites_cut_off(gate: Gate) -> None:
    """A night shift ends on the day it began: at 03:59 the badge of yesterday still counts."""
    last = today(gate)
    midnight_s = (gate.clock.stamp().utc_ns // NS_PER_S + 9 * 3600) % 86400
    gate.clock.advance(86400 - midnight_s + 3 * 3600 + 59 * 60)

    assert AnswerKind.ENTERED is gate.show(made(last_day=last))
    gate.clock.advance(120)
    assert AnswerKind.REFUSED is gate.show(made(last_day=last))


def test_while_the_date_is_not_known_nothing_expires(gate: Gate) -> None:
    """A worker does not pay for the box's flat battery."""
    gate.clock.believe(Trust.NONE)

    assert AnswerKind.ENTERED is gate.show(made(last_day=date(2020, 1, 1)))


def test_a_revoked_badge_is_refused_seen_before_or_not(gate: Gate) -> None:
    gate.show(made())
    gate.revoke(b"serial-1".hex(), "7365-7269-616C-2D32")
    gate.clock.advance(3600)

    for serial in (b"serial-1", b"serial-2"):
        assert AnswerKind.REFUSED is gate.show(made(serial=serial))
        assert ("refused", "refused", ["revoked"]) == gate.refused()
    assert AnswerKind.REFUSED is not gate.show(made(serial=b"serial-3"))


def test_all_badges_of_a_worker_are_revoked_and_a_new_one_counts(gate: Gate) -> None:
    now_s = gate.clock.stamp().utc_ns // NS_PER_S
    gate.revoke(workers=(TARO,))

    assert AnswerKind.REFUSED is gate.show(made(issued_s=now_s))
    assert AnswerKind.ENTERED is gate.show(made(serial=b"serial-2", issued_s=now_s + 60))


def test_without_a_date_what_was_seen_is_revoked_and_else_the_serial_is_asked_for(gate: Gate) -> None:
    gate.clock.believe(Trust.NONE)
    with pytest.raises(BadRequest, match="serial"):
        gate.revoke(workers=(TARO,))
    gate.show(made())
    gate.revoke(workers=(TARO,))
    gate.clock.advance(3600)

    assert AnswerKind.REFUSED is gate.show(made())


def test_a_newer_badge_replaces_the_older_when_it_is_first_shown(gate: Gate) -> None:
    """Not when it is printed: a sheet in a drawer locks nobody out."""
    old, new = made(issued_s=1_000), made(serial=b"serial-2", issued_s=2_000)
    assert AnswerKind.ENTERED is gate.show(old)
    gate.clock.advance(3600)
    assert AnswerKind.LEFT is gate.show(new)
    gate.clock.advance(3600)

    assert AnswerKind.REFUSED is gate.show(old)
    assert ("refused", "refused", ["replaced"]) == gate.refused()
    assert AnswerKind.ENTERED is gate.show(new)


def test_a_revoked_newer_badge_replaces_nothing(gate: Gate) -> None:
    """The new one was lost on the first day: the old one, still in the pocket, counts again."""
    gate.show(made(serial=b"serial-2", issued_s=2_000))
    gate.revoke(b"serial-2".hex())
    gate.clock.advance(3600)

    assert AnswerKind.LEFT is gate.show(made(issued_s=1_000))


def test_nobody_elses_badge_is_replaced(gate: Gate) -> None:
    gate.show(made(WorkerId("99"), serial=b"serial-2", issued_s=2_000))

    assert AnswerKind.ENTERED is gate.show(made(issued_s=1_000))


def test_a_badge_at_two_gates_at_once_is_a_copy_at_the_second(gate: Gate) -> None:
    assert AnswerKind.ENTERED is gate.show(made())
    gate.clock.advance(TRAVEL_S - 1)

    assert AnswerKind.REFUSED is gate.show(made(), SECOND)
    assert ("refused", "refused", ["copied"]) == gate.refused()
    gate.clock.advance(2)
    assert AnswerKind.ALREADY is gate.show(made(), SECOND)


def test_a_copy_that_was_refused_does_not_make_the_holder_a_copy(gate: Gate) -> None:
    gate.show(made())
    gate.show(made(), SECOND)

    assert AnswerKind.ALREADY is gate.show(made())


def test_what_is_revoked_stays_so_when_the_clock_is_set_back(gate: Gate) -> None:
    now_s = gate.clock.stamp().utc_ns // NS_PER_S
    gate.revoke(workers=(TARO,))
    gate.clock.step_wall(-3600)
    gate.revoke(workers=(TARO,))

    assert AnswerKind.REFUSED is gate.show(made(issued_s=now_s))


def test_two_badges_at_two_gates_are_no_copies(gate: Gate) -> None:
    gate.show(made())

    assert AnswerKind.PENDING is gate.show(made(WorkerId("99"), serial=b"serial-2"), SECOND)


def test_a_touch_that_was_not_saved_has_not_been_anywhere(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk refused at the first gate: the worker walks to the next one, and must get in."""

    def refuses(*_: object, **__: object) -> None:
        raise SpoolUnavailable("disk full")

    with monkeypatch.context() as full:
        full.setattr("edge_agent.intake.append", refuses)
        assert AnswerKind.NOT_SAVED is gate.show(made())

    assert AnswerKind.ENTERED is gate.show(made(), SECOND)


def test_a_copy_is_noticed_across_a_restart_of_the_agent_and_not_of_the_box(gate: Gate) -> None:
    gate.show(made())
    gate.journal.close()
    gate.open()
    gate.clock.advance(2)
    assert AnswerKind.REFUSED is gate.show(made(), SECOND)

    gate.clock.reboot(off_s=1)
    gate.clock.advance(57)  # the new boot's clock shows what the old one showed
    assert AnswerKind.REFUSED is not gate.show(made(), SECOND)


def test_with_no_time_to_travel_nothing_is_a_copy(gate: Gate) -> None:
    gate.travel_s = 0
    gate.journal.close()
    gate.open()
    gate.show(made())

    assert AnswerKind.ALREADY is gate.show(made(), SECOND)


def test_every_reason_there_is_is_told(gate: Gate) -> None:
    gate.show(made(serial=b"serial-2", issued_s=2_000), SECOND)
    gate.show(made(issued_s=1_000))
    gate.revoke(b"serial-1".hex())

    gate.show(made(issued_s=1_000, last_day=date(2020, 1, 1)))
    assert ["revoked", "replaced", "expired"] == gate.last().because


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"serials": "abc"},
        {"serials": [1]},
        {"serials": ["abc"]},
        {"serials": ["zz" * 8]},
        {"serials": ["00" * 9]},
        {"workers": [""]},
        {"workers": ["1"] * (AT_ONCE_MAX + 1)},
    ],
    ids=str,
)
def test_a_wrong_wish_is_told_and_revokes_nothing(gate: Gate, wish: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        list(gate.revocation.revoke(wish))

    assert AnswerKind.ENTERED is gate.show(made())


def test_when_the_disk_refuses_nothing_is_said_to_be_revoked(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(_work: object) -> None:
        raise SpoolUnavailable("disk full")

    monkeypatch.setattr(gate.journal, "write", refuses)

    with pytest.raises(BadRequest, match="disk full"):
        gate.revoke("00" * 8)


def test_any_change_of_any_byte_is_refused(gate: Gate) -> None:
    """Every letter in turn, each time another one in its place."""
    letters, chance = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", random.Random(1)
    text = made()

    for place in range(4, len(text)):
        other = chance.choice([letter for letter in letters if letter != text[place]])
        assert AnswerKind.REFUSED is gate.show(text[:place] + other + text[place + 1 :])
    assert AnswerKind.ENTERED is gate.show(text)
