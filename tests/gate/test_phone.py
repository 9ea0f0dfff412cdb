"""What becomes of a call: a telephone names a telephone, so every call waits for somebody's word."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.contract import Answer, AnswerKind, Medium, ReaderName, Sighting
from drivers.modem import Modem
from drivers.wire import phone
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.credential import credential_ref
from edge_agent.core.events import TouchEvent, decode_event
from edge_agent.core.people import Credential
from edge_agent.core.rules import Rules
from edge_agent.core.touch import NS_PER_S, Worker, WorkerId
from edge_agent.devices import Device
from edge_agent.identity import Book
from edge_agent.intake import Intake, Recorded, SiteRules
from edge_agent.ledger import people, waiting
from edge_agent.ledger.presence import count_inside
from edge_agent.ledger.steps import LEDGER_STEPS
from hardware_fakes.clock import FakeClock
from hardware_fakes.modem import FakeModem
from hardware_fakes.watching import boot_ns
from spool.journal import Journal
from spool.outbox import Outbox

KEY = b"k" * 32
LINE, WAY_IN, WAY_OUT = ReaderName("line-1"), ReaderName("line-in"), ReaderName("line-out")
OWN, SHARED, STRANGE = "090-1234-5678", "０９０－２２２２－２２２２", "090-9999-9999"  # noqa: RUF001 - as lists have it
YAMADA = Worker(id=WorkerId("12345678901234"), ccus="12345678901234", name="山田 太郎")
SATO = Worker(id=WorkerId("22222222222222"), ccus="22222222222222", name="佐藤 花子")


def token(number: str) -> bytes:
    return phone.normal(number).encode() if number else b""


class Site:
    """An intake with a ledger that knows two workers and their telephones."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.path = folder / "spool.db"
        self.told: list[Recorded] = []
        self.journal = Journal(self.path, owner_steps={"ledger": LEDGER_STEPS})
        self.journal.write(self._enter_people)
        self.intake = Intake(
            journal=self.journal,
            clock=self.clock,
            identities=Book(key=KEY, rules=Rules()),
            committed=self.told.append,
            rules=SiteRules(
                gateway="gw-1",
                site="13-0042",
                policy=Policy(repeat_window_ns=180 * NS_PER_S),
                cut_off_min=240,
                roles={LINE: Role.TOGGLE, WAY_IN: Role.IN, WAY_OUT: Role.OUT},
            ),
        )

    @staticmethod
    def _enter_people(tx) -> None:
        for worker in (YAMADA, SATO):
            people.put_worker(tx, worker, origin="test")
        for number, worker in ((OWN, YAMADA), (SHARED, YAMADA), (SHARED, SATO)):
            ref = credential_ref(KEY, token(number), "phone")
            people.bind(tx, Credential(ref=ref, worker=worker.id, kind="phone"), origin="test")

    def record(self, sighting: Sighting) -> Answer:
        return self.intake.record(sighting)

    def call(self, number: str, reader: ReaderName = LINE) -> Answer:
        how = "call" if number else "call-withheld"
        return self.record(
            Sighting(
                reader=reader, medium=Medium.PHONE, token=token(number), technology=how, seen_ns=self.clock.boot_ns()
            )
        )

    def events(self) -> list[TouchEvent]:
        outbox = Outbox(self.path)
        try:
            return [decode_event(entry.body) for entry in outbox.after(0, limit=1000)]
        finally:
            outbox.close()

    def last(self) -> tuple[str, str, list[str], str | None]:
        data = self.events()[-1].data
        return data.meaning, data.standing, data.because, data.person.ccus

    def waits(self) -> list[waiting.Waiting]:
        return self.journal.write(lambda tx: waiting.select(tx, "state = 'waiting'"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.journal.close()


def test_a_workers_own_telephone_is_an_entry_that_waits_for_approval(site: Site) -> None:
    answer = site.call(OWN)

    assert (AnswerKind.PENDING, "山田 太郎") == (answer.kind, answer.name)
    assert ("entry", "pending", ["phone"], YAMADA.ccus) == site.last()
    assert [("phone", YAMADA.id, ["phone"])] == [(each.method, each.worker, each.because) for each in site.waits()]


def test_the_second_call_of_the_day_is_the_exit(site: Site) -> None:
    site.call(OWN)
    site.clock.advance(9 * 3600)
    site.call(OWN)

    assert ("exit", "pending", ["phone"], YAMADA.ccus) == site.last()
    assert 2 == len(site.waits())


def test_who_calls_twice_within_the_window_is_told_so_and_waits_once(site: Site) -> None:
    site.call(OWN)
    site.clock.advance(20)
    answer = site.call(OWN)

    assert AnswerKind.ALREADY is answer.kind
    assert 1 == len(site.waits())


def test_two_numbers_tell_the_way(site: Site) -> None:
    """A worker who forgot to call in the morning is not taken to come in the evening."""
    site.call(OWN, WAY_OUT)

    meaning, standing, *_ = site.last()
    assert ("exit", "pending") == (meaning, standing)
    assert ["missing_entry"] == site.events()[-1].data.flags


def test_a_shared_telephone_is_nobody_in_particular(site: Site) -> None:
    """One number for two workers (現場同行者の端末を利用): who it was says the office; nobody's presence moves."""
    site.call(OWN)
    before = count_inside(site.path)
    answer = site.call(SHARED)

    assert (AnswerKind.PENDING, "") == (answer.kind, answer.name)
    assert ("tap", "pending", ["companion", "phone"], None) == site.last()
    assert before == count_inside(site.path) == 1
    assert [None] == [each.worker for each in site.waits() if "companion" in each.because]


def test_two_workers_may_call_from_one_telephone_one_after_the_other(site: Site) -> None:
    site.call(SHARED)
    site.clock.advance(20)
    site.call(SHARED)

    assert 2 == len(site.waits())


def test_a_withheld_number_waits_as_an_unknown_caller(site: Site) -> None:
    answer = site.call("")

    assert AnswerKind.PENDING is answer.kind
    assert ("tap", "pending", ["withheld", "phone"], None) == site.last()
    assert site.events()[-1].data.evidence.credential is None
    assert "call-withheld" == site.events()[-1].data.evidence.technology
    assert 0 == count_inside(site.path)


def test_a_number_nobody_has_named_yet_waits_under_its_reference(site: Site) -> None:
    """はじめての人: the first call enters a worker who is named later."""
    site.call(STRANGE)

    assert ("entry", "pending", ["unknown", "phone"], None) == site.last()
    [waits] = site.waits()
    assert credential_ref(KEY, token(STRANGE), "phone") == waits.credential


def test_no_number_leaves_the_box(site: Site) -> None:
    for number in (OWN, SHARED, STRANGE):
        site.call(number)

    text = str(site.events())
    assert not [number for number in (OWN, SHARED, STRANGE) if phone.normal(number)[3:] in text]


def test_a_ring_is_on_disk_before_the_line_is_cut(site: Site, tmp_path: Path) -> None:
    """The whole way: a ring, the touch, the answer; the caller hears the line cut and knows."""
    cut_after: list[int] = []
    with FakeModem(tmp_path / "tty") as modem:

        class Noting(Modem):
            def show(self, answer: Answer) -> None:
                assert modem.brain.is_ringing
                cut_after.append(len(site.events()))
                super().show(answer)

        reader = Noting(name=LINE, now_ns=boot_ns, port=str(modem.path))
        device = Device(reader, driver="modem", record=site.record, boot_ns=boot_ns)
        device.start()
        try:
            wait_for(lambda: device.status().state == "open")
            modem.call("09012345678")
            wait_for(lambda: not modem.brain.is_ringing)
            wait_for(lambda: "DOCOMO" in device.status().detail)
        finally:
            device.stop()
            assert device.join(3)

    assert [1] == cut_after
    assert ("entry", "pending", ["phone"], YAMADA.ccus) == site.last()


def wait_for(condition, *, timeout_s: float = 10.0) -> None:
    """Look a hundred times a second."""
    pause = threading.Event()
    for _ in range(round(timeout_s * 100)):
        if condition():
            return
        pause.wait(0.01)
    raise TimeoutError(condition)
