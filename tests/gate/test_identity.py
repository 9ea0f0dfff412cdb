"""Who shows what: by the ledger, in the touch's own transaction, for every way in."""

import pytest

from drivers.contract import AnswerKind, Medium, ReaderName, Sighting
from edge_agent.core import events
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.credential import credential_ref
from edge_agent.core.people import Credential, Site
from edge_agent.core.rules import Rules
from edge_agent.core.touch import NS_PER_S, Worker, WorkerId
from edge_agent.identity import Book
from edge_agent.intake import Intake, SiteRules
from edge_agent.ledger import people, waiting
from edge_agent.ledger.steps import LEDGER_STEPS
from hardware_fakes.clock import FakeClock
from spool.journal import Journal

KEY = b"k" * 32
CARD, OTHER = bytes.fromhex("012e4cd8a3b5f607"), bytes.fromhex("012e000000000001")
TARO, HANAKO = WorkerId("12345678901234"), WorkerId("W-17")
ROLES = {ReaderName("gate"): Role.TOGGLE, ReaderName("way-in"): Role.IN, ReaderName("way-out"): Role.OUT}


class Gate:
    """A spool with two people in its ledger, and an intake before it."""

    def __init__(self, folder, **rules):
        self.clock = FakeClock()
        self.journal = Journal(folder / "spool.db", owner_steps={"ledger": LEDGER_STEPS})
        checks = Rules.of(rules)
        self.intake = Intake(
            journal=self.journal, clock=self.clock, identities=Book(key=KEY, rules=checks),
            committed=lambda _recorded: None,
            rules=SiteRules(gateway="gw-1", site="S", policy=Policy(), cut_off_min=240, roles=ROLES, checks=checks),
        )  # fmt: skip
        self.journal.write(self._enter)

    @staticmethod
    def _enter(tx):
        people.put_worker(tx, Worker(id=TARO, ccus=TARO, name="山田 太郎", company="C1"), origin="{}")
        people.put_worker(tx, Worker(id=HANAKO, name="花子", is_insured=False), origin="{}")
        people.bind(tx, Credential(ref=credential_ref(KEY, CARD), worker=TARO), origin="{}")

    def give(self, worker, token, kind="card", state="active"):
        ref = credential_ref(KEY, token, kind)
        self.journal.write(
            lambda tx: people.bind(tx, Credential(ref=ref, worker=worker, kind=kind, state=state), origin="{}")
        )

    def show(self, token, medium=Medium.CARD, reader="gate"):
        self.clock.advance(600)
        return self.intake.record(
            Sighting(
                reader=ReaderName(reader), medium=medium, token=token, technology="x", seen_ns=self.clock.boot_ns()
            )
        )

    def last(self):
        return events.decode_event(self.journal.write(lambda tx: tx.head().body)).data

    def waiting(self):
        return self.journal.write(lambda tx: waiting.select(tx, "state = 'waiting'"))


@pytest.fixture
def gate(tmp_path):
    gate = Gate(tmp_path)
    yield gate
    gate.journal.close()


def test_a_known_card_is_accepted_with_company_and_number_and_never_a_name(gate):
    answer = gate.show(CARD)

    assert (AnswerKind.ENTERED, "山田 太郎", "") == (answer.kind, answer.name, answer.reason)
    data = gate.last()
    assert ("accepted", TARO, None, "C1", []) == (
        data.standing, data.person.ccus, data.person.own, data.person.company, data.because,
    )  # fmt: skip
    assert [] == gate.waiting()


def test_a_worker_without_a_ccus_number_has_an_own_one(gate):
    gate.give(HANAKO, OTHER)
    gate.show(OTHER)

    assert (None, "W-17") == (gate.last().person.ccus, gate.last().person.id)


def test_an_unknown_card_waits_to_be_named(gate):
    answer = gate.show(OTHER)

    assert (AnswerKind.PENDING, "unknown") == (answer.kind, answer.reason)
    assert ("pending", ["unknown"]) == (gate.last().standing, gate.last().because)
    (row,) = gate.waiting()
    assert (gate.journal.epoch, 1, credential_ref(KEY, OTHER), None, ["unknown"], "entry") == (
        row.epoch, row.seq, row.credential, row.worker, row.because, row.meaning,
    )  # fmt: skip


@pytest.mark.parametrize("state", ["lost", "replaced"])
def test_a_blocked_card_is_refused_recorded_and_changes_nothing(gate, state):
    gate.show(CARD)
    gate.give(TARO, CARD, state=state)

    answer = gate.show(CARD)

    assert (AnswerKind.REFUSED, state) == (answer.kind, answer.reason)
    assert ("refused", "refused", [state]) == (gate.last().meaning, gate.last().standing, gate.last().because)
    gate.give(TARO, CARD)
    assert AnswerKind.LEFT == gate.show(CARD).kind, "still inside, as if the refused touch had not been"


def test_a_call_of_a_known_telephone_waits_for_approval(gate):
    gate.give(TARO, b"+819012345678", kind="phone")

    answer = gate.show(b"+819012345678", Medium.PHONE)

    assert (AnswerKind.PENDING, "phone") == (answer.kind, answer.reason)
    assert ("pending", "entry", TARO) == (gate.last().standing, gate.last().meaning, gate.last().person.id)


def test_card_and_telephone_of_one_worker_pair_up(gate):
    gate.give(TARO, b"+819012345678", kind="phone")
    gate.show(CARD)

    gate.show(b"+819012345678", Medium.PHONE)

    assert "exit" == gate.last().meaning


def test_a_card_with_a_telephones_bytes_is_not_that_telephone(gate):
    gate.give(TARO, b"+819012345678", kind="phone")

    gate.show(b"+819012345678", Medium.CARD)

    assert ["unknown"] == gate.last().because


def test_a_withheld_number_is_nobody_in_particular(gate):
    gate.show(b"", Medium.PHONE)
    gate.show(b"", Medium.PHONE)

    data = gate.last()
    assert ("tap", "pending", ["withheld", "phone"], None) == (
        data.meaning, data.standing, data.because, data.evidence.credential,
    )  # fmt: skip
    assert 2 == len(gate.waiting())


@pytest.mark.parametrize(("reader", "meaning"), [("way-in", "entry"), ("way-out", "exit"), ("gate", "tap")])
def test_a_shared_telephone_tells_no_persons_coming_or_going(gate, reader, meaning):
    for worker in (TARO, HANAKO):
        gate.give(worker, b"+8190", kind="phone")

    gate.show(b"+8190", Medium.PHONE, reader)
    gate.show(b"+8190", Medium.PHONE, reader)

    data = gate.last()
    assert (meaning, ["companion", "phone"], None) == (data.meaning, data.because, data.person.id)
    assert 0 == gate.journal.write(lambda tx: tx.execute("SELECT count(*) FROM presence").fetchone()[0])


def test_a_drawing_that_is_no_badge_is_refused(gate):
    answer = gate.show(b"https://example.com", Medium.QR)

    assert (AnswerKind.REFUSED, "not_genuine") == (answer.kind, answer.reason)


def test_a_plain_code_may_be_given_to_a_worker(gate):
    gate.give(TARO, b"HELMET-0017", kind="qr")

    assert AnswerKind.ENTERED == gate.show(b"HELMET-0017", Medium.QR).kind


def test_a_warning_is_green_and_explained(tmp_path):
    gate = Gate(tmp_path, not_insured="warn", no_ccus="warn")
    gate.give(HANAKO, OTHER)

    answer = gate.show(OTHER)

    assert (AnswerKind.ENTERED, "no_ccus") == (answer.kind, answer.reason)
    assert ("accepted", ["no_ccus", "not_insured"]) == (gate.last().standing, gate.last().because)
    gate.journal.close()


def test_a_blocking_rule_refuses(tmp_path):
    gate = Gate(tmp_path, not_insured="block", no_ccus="warn")
    gate.give(HANAKO, OTHER)

    answer = gate.show(OTHER)

    assert (AnswerKind.REFUSED, "not_insured") == (answer.kind, answer.reason)
    gate.journal.close()


def test_the_sites_period_counts_for_the_site_served_now(tmp_path):
    gate = Gate(tmp_path, outside_period="block")
    gate.journal.write(lambda tx: people.put_site(tx, Site(id="T", valid_to="2020-01-01"), origin="{}"))

    assert AnswerKind.ENTERED == gate.show(CARD).kind
    gate.journal.write(lambda tx: people.set_here(tx, site="T", note="3F 東側"))
    assert AnswerKind.REFUSED == gate.show(CARD).kind
    assert ("T", "3F 東側") == (gate.last().site, gate.last().note)
    gate.journal.close()


def test_a_missing_touch_is_listed_and_the_day_counts_all_the_same(gate):
    gate.show(CARD, reader="way-in")
    gate.clock.advance(20 * NS_PER_S // NS_PER_S)
    gate.show(CARD, reader="way-in")

    (row,) = gate.waiting()
    assert (["missing_exit"], []) == (row.flags, row.because)
    assert "accepted" == gate.last().standing
