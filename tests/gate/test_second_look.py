"""Card and face: the camera's word is in the event of the touch, weighs as the site says, stops nobody by failing."""

from dataclasses import replace
from functools import partial

import pytest

from drivers.contract import AnswerKind, FaceLook, FaceVerdict, Hint, HintKind, Medium, ReaderName, Sighting
from edge_agent.cli import main
from edge_agent.control.server import Server
from edge_agent.core import events
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.credential import credential_ref
from edge_agent.core.people import Credential
from edge_agent.core.rules import Rules
from edge_agent.core.touch import Worker, WorkerId
from edge_agent.identity import Book
from edge_agent.intake import Intake, SiteRules
from edge_agent.ledger import people
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.second_look import SecondLook
from edge_agent.words.answers import ScreenLanguage
from edge_agent.words.hints import HINTS
from hardware_fakes.clock import FakeClock
from spool.file import SpoolUnavailable
from spool.journal import Journal

KEY = b"k" * 32
TARO, HANAKO = WorkerId("12345678901234"), WorkerId("W-17")
CARD, OTHER, SHARED, STRANGE = b"\1\2\3\4", b"\5\6\7\x08", b"\7\7\7\7", b"\x09" * 4
GATE, PLAIN, CAMERA = ReaderName("gate-1"), ReaderName("gate-2"), ReaderName("cam-1")
FACE = {TARO: b"t" * 16}
DEFAULTS = {
    "face_differs": "wait", "face_unsure": "wait", "face_unseen": "wait",
    "face_not_enrolled": "warn", "face_away": "warn",
}  # fmt: skip


class Eye:
    """A camera that says what it is told to."""

    def __init__(self, verdict: FaceVerdict, mode: str) -> None:
        self.says = FaceLook(verdict=verdict, mode=mode, score_milli=612, frames=3, liveness="passed", calibration="c")
        self.asked: list[tuple[bytes, float]] = []

    def verify(self, face_id: bytes | None, within_s: float) -> FaceLook:
        if face_id is None:
            return FaceLook(verdict=FaceVerdict.NOT_ENROLLED, mode=self.says.mode)
        self.asked.append((face_id, within_s))
        return self.says


class Gate:
    """A real spool and ledger, a card reader that a camera confirms, and one that none does."""

    def __init__(self, folder, *, verdict=FaceVerdict.MATCH, mode="1:1", **rules):
        self.clock, self.eye, self.hints = FakeClock(), Eye(verdict, mode), []
        path = folder / "spool.db"
        self.journal = Journal(path, owner_steps={"ledger": LEDGER_STEPS})
        checks = Rules.of(DEFAULTS | rules)
        site = SiteRules(
            gateway="gw-1", site="S", policy=Policy(), cut_off_min=240, checks=checks,
            roles=dict.fromkeys((GATE, PLAIN, CAMERA), Role.TOGGLE),
        )  # fmt: skip
        self.intake = Intake(
            journal=self.journal, clock=self.clock, identities=Book(key=KEY, rules=checks),
            committed=lambda _recorded: None, rules=site,
        )  # fmt: skip
        self.look = SecondLook(
            record=self.intake.record, key=lambda: KEY, owner=partial(people.owner, path), face_of=FACE.get,
            witnesses={GATE: self.eye}, within_s=1.5, hear_hint=self.hints.append,
        )  # fmt: skip
        self.journal.write(self._enter)

    @staticmethod
    def _enter(tx):
        for worker, tokens in ((TARO, (CARD, SHARED)), (HANAKO, (OTHER, SHARED))):
            people.put_worker(tx, Worker(id=worker, ccus="", name="名前"), origin="{}")
            for token in tokens:
                people.bind(tx, Credential(ref=credential_ref(KEY, token), worker=worker), origin="{}")

    def touch(self, token=CARD, reader=GATE):
        self.clock.advance(600)
        seen_ns = self.clock.boot_ns()
        return self.look.record(
            Sighting(reader=reader, medium=Medium.CARD, token=token, technology="felica", seen_ns=seen_ns)
        )

    def last(self):
        return events.decode_event(self.journal.write(lambda tx: tx.head().body)).data


@pytest.fixture
def gate(tmp_path):
    made = []

    def make(**settings):
        made.append(Gate(tmp_path, **settings))
        return made[-1]

    yield make
    for each in made:
        each.journal.close()


def test_a_card_whose_face_matches_is_green_and_the_look_is_in_its_event(gate):
    box = gate()

    assert AnswerKind.ENTERED == box.touch().kind
    face = box.last().evidence.face
    assert ("match", "1:1", 612, 3, "passed", "c") == (
        face.verdict, face.mode, face.score_milli, face.frames, face.liveness, face.calibration,
    )  # fmt: skip
    assert ([(FACE[TARO], 1.5)], []) == (box.eye.asked, box.last().because)
    assert [Hint(reader=GATE, kind=HintKind.LOOK_HERE, at_ns=box.clock.boot_ns())] == box.hints


@pytest.mark.parametrize("verdict", [FaceVerdict.DIFFERS, FaceVerdict.UNSURE, FaceVerdict.UNSEEN])
def test_a_card_without_its_face_is_recorded_and_waits_for_approval(gate, verdict):
    """A face never shuts a gate by itself: what is in doubt is somebody's to judge."""
    box = gate(verdict=verdict)
    answer = box.touch()

    assert (AnswerKind.PENDING, f"face_{verdict}") == (answer.kind, answer.reason)
    assert ("pending", [f"face_{verdict}"]) == (box.last().standing, box.last().because)


def test_a_camera_that_is_away_keeps_nobody_out(gate):
    answer = gate(verdict=FaceVerdict.AWAY).touch()

    assert (AnswerKind.ENTERED, "face_away") == (answer.kind, answer.reason)


@pytest.mark.parametrize(
    ("word", "kind"),
    [("allow", AnswerKind.ENTERED), ("warn", AnswerKind.ENTERED), ("wait", AnswerKind.PENDING),
     ("block", AnswerKind.REFUSED)],
)  # fmt: skip
def test_the_site_says_how_much_a_strange_face_weighs(gate, word, kind):
    assert kind == gate(verdict=FaceVerdict.DIFFERS, face_differs=word).touch().kind


def test_in_log_mode_the_look_is_written_down_and_nothing_follows(gate):
    box = gate(verdict=FaceVerdict.DIFFERS, mode="log")

    assert AnswerKind.ENTERED == box.touch().kind
    assert ("log", "differs", []) == (
        box.last().evidence.face.mode, box.last().evidence.face.verdict, box.last().because,
    )  # fmt: skip


def test_somebody_whose_face_is_not_enrolled_is_not_looked_for(gate):
    box = gate()
    answer = box.touch(OTHER)

    assert (AnswerKind.ENTERED, "face_not_enrolled") == (answer.kind, answer.reason)
    assert ([], []) == (box.eye.asked, box.hints)


@pytest.mark.parametrize("token", [STRANGE, SHARED])
def test_where_nobody_in_particular_shows_a_card_no_face_is_compared(gate, token):
    box = gate()
    box.touch(token)

    assert ([], None) == (box.eye.asked, box.last().evidence.face)


def test_a_reader_without_a_camera_asks_none(gate):
    box = gate(verdict=FaceVerdict.DIFFERS)

    assert AnswerKind.ENTERED == box.touch(reader=PLAIN).kind
    assert ([], None) == (box.eye.asked, box.last().evidence.face)


def test_a_ledger_that_cannot_be_read_asks_no_camera_and_is_the_doors_business(gate):
    box = gate()

    def gone(_ref):
        raise SpoolUnavailable("the disk is away")

    box.look._owner = gone
    box.touch()

    assert [] == box.eye.asked


def test_a_face_seen_by_the_camera_itself_is_a_touch_of_whom_it_was_enrolled_for(gate):
    """1:N: identified as a card is, by what was given to the face when it was enrolled."""
    box = gate()
    ref = credential_ref(KEY, FACE[TARO], "face")
    box.journal.write(lambda tx: people.bind(tx, Credential(ref=ref, worker=TARO, kind="face"), origin="{}"))
    seen = Sighting(
        reader=CAMERA, medium=Medium.FACE, token=FACE[TARO], technology="face", seen_ns=box.clock.boot_ns(),
        look=replace(box.eye.says, mode="1:N"),
    )  # fmt: skip

    assert AnswerKind.ENTERED == box.look.record(seen).kind
    data = box.last()
    assert ("face", TARO, "1:N") == (data.method, data.person.own, data.evidence.face.mode)
    assert FACE[TARO].hex() not in box.journal.write(lambda tx: tx.head().body).decode()


def test_every_hint_has_its_words_in_every_language():
    assert all(len(HINTS[kind]) == len(ScreenLanguage) and all(HINTS[kind]) for kind in HintKind)


@pytest.mark.parametrize(("locale", "words"), [("ja_JP.UTF-8", "カメラを みて"), ("C.UTF-8", "look into the camera")])
def test_whoever_watches_reads_what_the_camera_asks(tmp_path, capsys, monkeypatch, locale, words):
    monkeypatch.setenv("LC_ALL", locale)
    server = Server(
        tmp_path / "s.sock", handlers={"watch": lambda _wish: [{"hint": "look_here", "reader": "gate-1"}]}, group=""
    )
    server.start()
    try:
        code = main(["watch", "--socket", str(tmp_path / "s.sock")])
    finally:
        server.stop()

    assert 1 == code
    assert words in capsys.readouterr().out
