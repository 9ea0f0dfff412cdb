"""Give a card to a worker: the next one shown, or one told by its number; its earlier touches are named."""

from threading import Event, Thread

import pytest

from drivers.contract import Answer, AnswerKind, Medium, ReaderName, Sighting
from edge_agent.control.server import BadRequest
from edge_agent.core.credential import credential_ref
from edge_agent.core.touch import Worker, WorkerId
from edge_agent.enrolment import Enrolment, NotEnrolled, Wish, handlers
from edge_agent.ledger import people
from edge_agent.ledger.steps import LEDGER_STEPS
from hardware_fakes.clock import FakeClock
from spool.file import SpoolUnavailable
from spool.journal import Journal

KEY = b"k" * 32
CARD, OTHER = bytes(range(8)), bytes(range(8, 16))
TARO, HANAKO = WorkerId("1"), WorkerId("2")


class StubDoor:
    """Commits into a real spool; counts what would have been touches."""

    def __init__(self, journal):
        self.journal = journal
        self.touches = []
        self.is_shut = False

    def record(self, sighting):
        self.touches.append(sighting)
        return Answer(kind=AnswerKind.PENDING)

    def commit(self, work):
        if self.is_shut:
            raise SpoolUnavailable("the spool is being renewed")
        return self.journal.write(lambda tx: work(tx, self.journal.epoch))


class Counter:
    """An office with a gate."""

    def __init__(self, folder):
        self.clock = FakeClock()
        self.journal = Journal(folder / "spool.db", owner_steps={"ledger": LEDGER_STEPS})
        self.door = StubDoor(self.journal)
        self.named = []
        self.enrolment = Enrolment(door=self.door, clock=self.clock, key=lambda: KEY, name=self._name)
        for worker in (TARO, HANAKO):
            self.journal.write(lambda tx, worker=worker: people.put_worker(tx, Worker(id=worker), origin="{}"))

    def _name(self, ref, worker, by):
        self.named.append((ref, worker.id, by))
        return 3

    def show(self, token=CARD, reader="gate-1", medium=Medium.CARD):
        return self.enrolment.record(
            Sighting(
                reader=ReaderName(reader), medium=medium, token=token, technology="x", seen_ns=self.clock.boot_ns()
            )
        )

    def holders(self, token=CARD, kind="card"):
        held = self.journal.write(lambda tx: people.holders(tx, credential_ref(KEY, token, kind)))
        return {each.worker.id: each.state for each in held}

    def asked(self, wish, show):
        """Ask, and show something as soon as it waits."""
        said, failed, waits = [], [], Event()

        def wait():
            try:
                said.extend(self.enrolment.wait(wish, timeout_s=60))
            except NotEnrolled as exc:
                failed.append(str(exc))

        thread = Thread(target=wait)
        thread.start()
        while self.enrolment._armed is None:
            waits.wait(0.001)
        answer = show()
        thread.join(10)
        return answer, said, failed


@pytest.fixture
def counter(tmp_path):
    counter = Counter(tmp_path)
    yield counter
    counter.journal.close()


def wish(worker=TARO, **more):
    return Wish(worker=worker, by="tanaka", **more)


def test_the_next_card_becomes_the_workers_and_is_no_touch(counter):
    answer, said, failed = counter.asked(wish(), counter.show)

    assert (AnswerKind.ENROLLED, []) == (answer.kind, failed)
    assert ({TARO: "active"}, []) == (counter.holders(), counter.door.touches)
    assert (TARO, "card", 3) == (said[-1]["enrolled"], said[-1]["kind"], said[-1]["named"])
    assert [(credential_ref(KEY, CARD), TARO, "tanaka")] == counter.named
    assert AnswerKind.PENDING == counter.show().kind, "the card after it is a touch again"


def test_only_the_chosen_reader_enrols(counter):
    def show():
        assert AnswerKind.PENDING == counter.show(OTHER, "gate-2").kind
        return counter.show(CARD, "gate-1")

    answer, _, _ = counter.asked(wish(reader="gate-1"), show)

    assert (AnswerKind.ENROLLED, 1, {}) == (answer.kind, len(counter.door.touches), counter.holders(OTHER))


def test_a_withheld_call_is_nothing_to_enrol(counter):
    def show():
        assert AnswerKind.PENDING == counter.show(b"", medium=Medium.PHONE).kind
        return counter.show()

    assert AnswerKind.ENROLLED == counter.asked(wish(), show)[0].kind


def test_a_card_of_another_worker_is_not_taken_silently(counter):
    counter.enrolment.bind(wish(HANAKO), credential_ref(KEY, CARD), "card")

    answer, _, failed = counter.asked(wish(), counter.show)

    assert AnswerKind.REFUSED == answer.kind
    assert "--move" in failed[0]
    assert {HANAKO: "active"} == counter.holders()


def test_it_may_be_moved_or_shared_when_somebody_says_so(counter):
    ref = credential_ref(KEY, CARD)
    counter.enrolment.bind(wish(HANAKO), ref, "card")

    shared = counter.enrolment.bind(wish(is_shared=True), ref, "card")
    assert {TARO: "active", HANAKO: "active"} == counter.holders()
    assert (0, 1) == (shared["named"], len(counter.named)), "nobody knows whose its earlier touches were"
    counter.enrolment.bind(wish(is_moved=True), ref, "card")
    assert {TARO: "active"} == counter.holders()


def test_a_card_issued_again_ends_the_old_one_and_no_other_kind(counter):
    counter.enrolment.bind(wish(), credential_ref(KEY, CARD), "card")
    counter.enrolment.bind(wish(), credential_ref(KEY, b"+8190", "phone"), "phone")

    counter.enrolment.bind(wish(is_replacing=True), credential_ref(KEY, OTHER), "card")

    assert {TARO: "replaced"} == counter.holders(CARD)
    assert {TARO: "active"} == counter.holders(OTHER) == counter.holders(b"+8190", "phone")


def test_a_lost_card_is_blocked_and_a_found_one_works_again(counter):
    counter.enrolment.bind(wish(), credential_ref(KEY, CARD), "card")

    assert 1 == counter.enrolment.set_state(TARO, "card", "lost", "tanaka")
    assert {TARO: "lost"} == counter.holders()
    assert 1 == counter.enrolment.set_state(TARO, "card", "active", "tanaka")
    assert {TARO: "active"} == counter.holders()


def test_somebody_the_roster_does_not_know_gets_no_card(counter):
    with pytest.raises(NotEnrolled, match="not in the roster"):
        counter.enrolment.bind(wish(WorkerId("404")), credential_ref(KEY, CARD), "card")


def test_nothing_shown_in_time_ends_it(counter):
    waiting = counter.enrolment.wait(wish(), timeout_s=30)
    assert {"waiting_s": 30} == next(waiting)

    counter.clock.advance(31)

    with pytest.raises(NotEnrolled, match="in time"):
        next(waiting)
    assert AnswerKind.PENDING == counter.show().kind


def test_who_goes_away_waits_no_longer(counter):
    waiting = counter.enrolment.wait(wish(), timeout_s=30)
    next(waiting)
    waiting.close()

    assert AnswerKind.PENDING == counter.show().kind


def test_two_cannot_enrol_at_once(counter):
    first = counter.enrolment.wait(wish(), timeout_s=30)
    next(first)

    with pytest.raises(NotEnrolled, match="somebody else"):
        next(counter.enrolment.wait(wish(HANAKO), timeout_s=30))
    first.close()


def test_while_the_spool_is_renewed_nothing_is_promised(counter):
    def show():
        counter.door.is_shut = True
        return counter.show()

    answer, _, failed = counter.asked(wish(), show)

    assert (AnswerKind.NOT_SAVED, ["the spool is being renewed"]) == (answer.kind, failed)


def answering(counter, *, may_edit=lambda _wish: "tanaka"):
    return handlers(
        counter.enrolment, may_edit=may_edit, token=lambda _kind, text: bytes.fromhex(text), key=lambda: KEY
    )


def test_a_number_can_be_told_instead_of_shown(counter):
    (said,) = answering(counter)["enroll"]({"worker": TARO, "number": CARD.hex()})

    assert (TARO, {TARO: "active"}) == (said["enrolled"], counter.holders())


@pytest.mark.parametrize(
    "wrong", [{"number": "xyz"}, {"number": "00", "kind": "ring"}, {"wait_s": -1}, {"wait_s": "soon"}]
)
def test_nonsense_is_answered_and_changes_nothing(counter, wrong):
    with pytest.raises(BadRequest):
        list(answering(counter)["enroll"]({"worker": TARO, **wrong}))


def test_who_may_not_edit_enrols_nobody(counter):
    def nobody(_wish):
        raise BadRequest("say who you are")

    for name in ("enroll", "credential-state"):
        with pytest.raises(BadRequest, match="who you are"):
            list(answering(counter, may_edit=nobody)[name]({"worker": TARO, "number": CARD.hex()}))
    assert {} == counter.holders()


def test_losing_what_one_never_had_is_told(counter):
    with pytest.raises(BadRequest, match="no card"):
        list(answering(counter)["credential-state"]({"worker": TARO, "state": "lost"}))
