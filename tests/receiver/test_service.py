"""The loop: commits, and only then says so; whatever the connection, the disk and the broker do."""

import itertools
import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.core.message import GatewayState, Receipt, decode_receipt
from edge_agent.core.topics import Topics
from edge_agent.core.touch import NS_PER_MS
from edge_agent.core.wire import encode
from edge_agent.notify import Notify
from edge_agent.receiver.service import RECENT, Service
from edge_agent.receiver.store import Store
from edge_agent.receiver.unpack import Letter, Stream
from edge_agent.uplink.mqtt import Arrived
from edge_agent.uplink.reasons import BrokerClosed, SessionTaken
from hardware_fakes.clock import MORNING_UTC_NS, FakeClock
from hardware_fakes.history import EPOCH, History, batch
from hardware_fakes.session import LIMITS, ScriptedSession, Step, arrived
from spool.file import SpoolDamaged

TOPICS = Topics("gate/1")
EVERY_MS = 200


class Office:
    """A service, its store, its clock, and the connections it will get."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.path = folder / "events.db"
        self.store = Store(self.path, utc_s=1)
        self.sessions: list[ScriptedSession] = []
        self.service = Service(
            store=self.store,
            connect=self._connect,
            topics=TOPICS,
            share="ingest",
            receipt_every_ms=EVERY_MS,
            clock=self.clock,
            notify=Notify(),
        )
        self._waiting: Iterator[ScriptedSession] = iter(())

    def run(self, *sessions: ScriptedSession) -> list[ScriptedSession]:
        self._waiting = iter(sessions)
        self.service.run()
        return list(sessions)

    def session(self, *script: Step, stop: bool = True, **how: object) -> ScriptedSession:
        steps = [*script, *([self.service.stop] if stop else [])]
        return ScriptedSession(steps, clock=self.clock, **how)  # type: ignore[arg-type]

    def _connect(self) -> ScriptedSession:
        return next(self._waiting)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    office = Office(tmp_path)
    # The waits of the retry policy pass on the test's clock.
    monkeypatch.setattr(Service, "_rest", lambda service, seconds: service._clock.advance(seconds))
    yield office
    office.store.close()


def touch(body: bytes, gateway: str = "gw-1") -> Arrived:
    return arrived(TOPICS.up(gateway, "touch"), body)


def receipts(session: ScriptedSession, gateway: str = "gw-1") -> list[Receipt]:
    return [decode_receipt(said.payload) for said in session.said if said.topic == TOPICS.receipt(gateway)]


def test_what_came_is_receipted_retained(office: Office) -> None:
    history = History().grow(2)

    [session] = office.run(office.session([touch(history.body(1)), touch(history.body(2))]))

    assert [2] == [receipt.upto for receipt in receipts(session)]
    assert all(said.is_retained for said in session.said)
    assert session.is_closed


def test_every_message_of_a_gateway_is_asked_for(office: Office) -> None:
    [session] = office.run(office.session())

    assert ["$share/ingest/gate/1/+/up/+", "gate/1/+/up/state", "gate/1/+/up/checkpoint"] == session.subscribed


def test_without_shared_subscriptions_a_plain_one_serves(office: Office) -> None:
    limits = replace(LIMITS, protocol=4, has_shared_subscriptions=False)

    [session] = office.run(office.session(limits=limits))

    assert ["gate/1/+/up/+"] == session.subscribed


def test_a_rush_gets_few_receipts_and_the_last_tells_all(office: Office) -> None:
    history = History().grow(50)
    steps: list[Step] = []
    for body in history.bodies:
        steps += [[touch(body)], lambda: office.clock.advance(0.01)]

    [session] = office.run(office.session(*steps))

    times = [said.at_ns for said in session.said]
    assert all(b - a >= EVERY_MS * NS_PER_MS for a, b in itertools.pairwise(times[:-1]))
    assert 3 <= len(times) <= 5
    assert 50 == receipts(session)[-1].upto


def test_a_receipt_held_back_comes_by_itself(office: Office) -> None:
    """Nobody touches after it: the last receipt must not wait for the next event."""
    history = History().grow(2)
    steps: list[Step] = [[touch(history.body(1))], [touch(history.body(2))], *([[]] * 5)]

    [session] = office.run(office.session(*steps))

    assert [1, 2] == [receipt.upto for receipt in receipts(session)]
    first, second = (said.at_ns for said in session.said)
    assert EVERY_MS * NS_PER_MS <= second - first < 2 * EVERY_MS * NS_PER_MS


def test_a_receipt_whose_arrival_is_not_known_is_said_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also to a gateway that is not among the thousand told anyway."""
    monkeypatch.setattr("edge_agent.receiver.service.RECENT", 0)
    history = History().grow(1)

    one, two = office.run(
        office.session([touch(history.body(1))], [], BrokerClosed("cut"), stop=False, puback=None), office.session()
    )

    assert [1] == [receipt.upto for receipt in receipts(one)]
    assert [1] == [receipt.upto for receipt in receipts(two)]


class Torn(ScriptedSession):
    """A line that breaks under the first receipt."""

    def publish(self, topic: str, payload: bytes, **_how: object) -> int:
        raise BrokerClosed(f"cut while {len(payload)} bytes left for {topic}")


@pytest.mark.parametrize("is_torn", [True, False], ids=["while it left", "before it left"])
def test_a_receipt_that_did_not_leave_leaves_later(
    office: Office, monkeypatch: pytest.MonkeyPatch, *, is_torn: bool
) -> None:
    monkeypatch.setattr("edge_agent.receiver.service.RECENT", 0)
    letters = [touch(History(name).append(), name) for name in ("gw-1", "gw-2")]
    no_window = replace(LIMITS, receive_maximum=0)
    script: list[Step] = [letters, BrokerClosed("cut")]
    one = Torn(script, clock=office.clock) if is_torn else office.session(*script, stop=False, limits=no_window)

    [_, two] = office.run(one, office.session())

    assert ([1], [1]) == tuple([receipt.upto for receipt in receipts(two, name)] for name in ("gw-1", "gw-2"))
    assert one.is_closed


def test_a_connect_tells_every_recent_gateway_within_the_window(office: Office) -> None:
    """The broker lost its retained messages: every gateway must learn again what is committed."""
    letters = [Letter(f"gw-{n}", "touch", History(f"gw-{n}").append()) for n in range(RECENT + 5)]
    for number, letter in enumerate(letters):
        office.store.take([letter], utc_ns=MORNING_UTC_NS + number)

    [session] = office.run(office.session(*([[]] * (RECENT // LIMITS.receive_maximum + 2))))

    told = {said.topic for said in session.said}
    assert {TOPICS.receipt(f"gw-{n}") for n in range(5, RECENT + 5)} == told
    assert RECENT == len(session.said)


def test_a_disk_that_refuses_is_told_once_and_tried_again(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    history = History().grow(3)
    other = sqlite3.connect(office.path, isolation_level=None)

    def fill() -> None:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON held BEGIN SELECT raise(ABORT, 'disk is full'); END")

    def free() -> None:
        other.execute("DROP TRIGGER full")

    with caplog.at_level(logging.INFO):
        [session] = office.run(
            office.session(
                [touch(history.body(1))], [], fill, [touch(history.body(2))], [touch(history.body(3))], [], free,
                [touch(history.body(2))], [],
            )
        )  # fmt: skip
    other.close()

    assert [1, 2] == [receipt.upto for receipt in receipts(session)]
    said = [record.message for record in caplog.records]
    assert (1, 1) == (said.count("nothing can be committed"), said.count("committing again"))


def test_messages_on_other_topics_are_none_of_ours(office: Office) -> None:
    body = History().append()
    foreign = [arrived(topic, body) for topic in ("gate/1/gw-1/down/ack", "gate/2/gw-1/up/touch", "gate/1/up/touch")]

    [session] = office.run(office.session(foreign))

    assert [] == session.said


def test_a_broker_that_refuses_receipts_is_told_once(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    history = History().grow(3)
    steps: list[Step] = [step for body in history.bodies for step in ([touch(body)], [], [])]

    office.run(office.session(*steps, puback=0x87))

    assert ["broker refuses receipts"] == [record.message for record in caplog.records]


def test_a_small_broker_gets_small_receipts(office: Office) -> None:
    foreign = [f'{{"type":"edge-agent.touch.v9","id":"{EPOCH}-{seq:012d}"}}'.encode() for seq in range(1, 65)]
    letter = arrived(TOPICS.up("gw-1", "batchz"), batch(foreign))

    [session] = office.run(office.session([letter], limits=replace(LIMITS, max_packet_bytes=2_000)))

    [receipt] = receipts(session)
    assert (8, 8) == (receipt.upto, len(receipt.nack))


def test_another_receiver_with_our_name_ends_this_one(office: Office) -> None:
    with pytest.raises(SessionTaken):
        office.run(office.session(SessionTaken("taken"), stop=False))


def test_a_flood_in_one_poll_is_one_receipt(office: Office) -> None:
    history = History().grow(450)

    [session] = office.run(office.session([touch(body) for body in history.bodies]))

    assert [450] == [receipt.upto for receipt in receipts(session)]
    assert 450 == office.store.receipt(Stream("gw-1", EPOCH), utc_ns=MORNING_UTC_NS).upto


def birth(boot_ms: int | None, gateway: str = "gw-1") -> Arrived:
    said = GatewayState(
        gw=gateway,
        session="s",
        epoch=EPOCH,
        max_seq=0,
        acked=0,
        boot_ms=boot_ms,
        agent="1",
        sites=[],
        readers=[],
        receipt="receiver",
        t="2026-11-24T07:41:03.127+09:00",
    )
    return arrived(TOPICS.up(gateway, "state"), encode(said))


def test_the_receipt_that_answers_a_birth_says_which_and_no_other_does(office: Office) -> None:
    """A box without a clock learns the time from it."""
    history = History().grow(1)

    [session] = office.run(office.session([birth(4711)], [touch(history.body(1))], [], [], [birth(None)], []))

    assert [4711, None, None] == [receipt.echo_ms for receipt in receipts(session)]


def test_a_damaged_database_ends_the_service(office: Office) -> None:
    """It does not heal: somebody must be told, and that is what a service that ended does."""
    office.store.take([Letter("gw-1", "batchz", batch(History().grow(300).bodies))], utc_ns=MORNING_UTC_NS)

    def damage() -> None:
        office.store.close()
        with office.path.open("r+b") as opened:
            for page in range(2, office.path.stat().st_size // 4096):
                opened.seek(page * 4096)
                opened.write(b"\xa5" * 2048)
        office.store = office.service._store = Store(office.path, utc_s=1)

    with pytest.raises(SpoolDamaged, match="newest backup"):
        office.run(office.session(damage, [touch(History().grow(301).body(301))], []))
