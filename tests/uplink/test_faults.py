"""Everything a network and a broker can do to a link: the real courier and session, over a real socket."""

import json
import random
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge_agent.core.calendar import rfc3339
from edge_agent.core.message import Receipt
from edge_agent.core.touch import NS_PER_MS, NS_PER_S, Trust
from edge_agent.core.wire import chain_hash, encode
from edge_agent.signing import is_signed
from edge_agent.uplink.flapping import TIMES
from hardware_fakes import mosquitto
from hardware_fakes.certificates import EXPIRED
from hardware_fakes.clock import FakeClock
from hardware_fakes.faulty_broker import Conduct, FaultyBroker, Message
from hardware_fakes.mosquitto import Mosquitto
from hardware_fakes.proxy import Line, Proxy

RECEIPTS = "gate/1/gw-1/down/ack"
MOVED, USE_ANOTHER = 0x9D, 0x9C


@pytest.fixture
def site(tmp_path: Path, require: Callable[[str | None], None]) -> Iterator[Mosquitto]:
    require(mosquitto.available())
    with Mosquitto(tmp_path / "broker", tls=False, acl=False) as running:
        yield running


@pytest.fixture
def proxy(site: Mosquitto) -> Iterator[Proxy]:
    with Proxy(site.port) as running:
        yield running


@pytest.fixture
def office(site: Mosquitto, box: Any, open_office: Callable[..., Any]) -> Any:
    return open_office(site.settings("receiver"), epoch=box.journal.epoch)


def _through(proxy: Proxy, **more: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": proxy.port, "tls": False, "username": "gw-1"} | more


def _numbers(message: Message) -> list[int]:
    if message.topic.endswith("/touch"):
        events = [json.loads(message.payload)]
    elif message.topic.endswith("/batchz"):
        events = json.loads(zlib.decompress(message.payload))
    else:
        events = []
    return [event["n"] if "n" in event else event["data"]["seq"] for event in events]


def _sent(broker: FaultyBroker) -> list[int]:
    return [number for message in tuple(broker.received) for number in _numbers(message)]


def _births(broker: FaultyBroker) -> list[dict[str, Any]]:
    return [json.loads(message.payload) for message in broker.on("state")]


def _receipt(epoch: str, upto: int, **more: Any) -> Receipt:
    return Receipt(**({"epoch": epoch, "gen": 1, "upto": upto, "t": "2026-11-24T08:00:00.000+09:00"} | more))


# ---------------------------------------------------------------- the line


@pytest.mark.mosquitto
def test_a_line_that_dies_in_silence_in_the_middle_of_a_replay_loses_nothing(
    proxy: Proxy, box: Any, office: Any, eventually: Callable[..., bool]
) -> None:
    """No reset, no error: only the keepalive and the kernel's patience notice. That may take twice the keepalive."""
    proxy.line = Line(delay_s=0.01, bytes_per_s=100_000)
    box.record(5_000)
    link = box.connect(_through(proxy, keepalive_s=2))
    assert eventually(lambda: office.store)
    proxy.line = Line(is_cut=True)
    box.record()

    assert eventually(lambda: not link.status().is_connected, within_s=8)
    proxy.line = Line()
    assert eventually(lambda: box.upto() == 5_001, within_s=40)
    assert box.truth == office.store


@pytest.mark.mosquitto
def test_resets_at_any_byte_lose_nothing(proxy: Proxy, box: Any, office: Any, eventually: Callable[..., bool]) -> None:
    chance = random.Random(7)
    proxy.line = Line(resets_after=lambda: chance.randint(50, 40_000))
    box.record(3_000, lambda number: json.dumps({"n": number, "fill": chance.randbytes(60).hex()}).encode())
    box.connect(_through(proxy), reconnect_max_s=0.1, receipt_timeout_s=1.0)

    assert eventually(lambda: proxy.connections >= 8)
    proxy.line = Line()
    proxy.reset()
    assert eventually(lambda: box.upto() == 3_000, within_s=40)
    assert box.truth == office.store
    assert [] == box.quarantine()


@pytest.mark.mosquitto
def test_a_line_that_stalls_and_goes_on_is_the_same_connection(
    proxy: Proxy, box: Any, office: Any, eventually: Callable[..., bool]
) -> None:
    box.record(1_000)
    box.connect(_through(proxy))
    assert eventually(lambda: office.store)
    proxy.line = Line(is_stalled=True)
    box.record(5)
    threading.Event().wait(1.5)
    proxy.line = Line()

    assert eventually(lambda: box.upto() == 1_005)
    assert 1 == proxy.connections


@pytest.mark.mosquitto
def test_a_broker_that_stands_still_for_a_while_is_back_by_itself(
    site: Mosquitto, box: Any, office: Any, eventually: Callable[..., bool]
) -> None:
    """Swapping, a snapshot of its virtual machine: open connections, and no word for seven keepalives."""
    box.record(3_000)
    link = box.connect(site.settings("gw-1") | {"keepalive_s": 1})
    assert eventually(lambda: office.store)
    site.freeze()
    box.record()
    assert eventually(lambda: "silent" in link.status().error, within_s=6)
    threading.Event().wait(5)
    site.thaw()

    assert eventually(lambda: box.upto() == 3_001, within_s=40)
    assert box.truth == office.store


def test_a_name_server_that_does_not_answer_holds_up_nothing(
    box: Any, eventually: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watchdog would take a box off the gate because a name server is slow; and stopping would wait for it."""
    answers = threading.Event()
    real = socket.getaddrinfo

    def hang(*args: Any, **more: Any) -> Any:
        answers.wait(20)
        return real(*args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    box.record(5)
    link = box.connect({"host": "127.0.0.1", "port": 1, "tls": False})
    ticked_ns = link.status().ticked_ns
    link.offer_receipt(_receipt(box.journal.epoch, 3))

    assert eventually(lambda: link.status().ticked_ns > ticked_ns + NS_PER_S, within_s=5)
    assert eventually(lambda: box.upto() == 3)
    link.stop(2)
    assert not link._thread.is_alive()
    answers.set()


# ---------------------------------------------------------------- acknowledgements


def test_a_black_hole_is_left_and_everything_sent_again(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    """It takes everything, answers every ping, and acknowledges nothing for 80 seconds."""
    clock = FakeClock()
    broker.conduct = Conduct(puback=None)
    box.record(300)
    link = box.connect(broker.settings("gw-1"), clock=clock)

    def has_left() -> bool:
        clock.advance(1)
        return "acknowledges nothing" in link.status().error

    assert broker.wait_until(lambda: broker.on("state"))
    clock.advance(2)  # the wait for a receipt
    assert broker.wait_until(lambda: _sent(broker))
    clock.advance(80)
    link.wake()
    assert eventually(has_left)
    broker.conduct = Conduct()
    broker.received.clear()

    assert eventually(lambda: (clock.advance(1), set(range(1, 301)) <= set(_sent(broker)))[1])
    assert 0 == box.upto()


def test_doubled_pubacks_change_nothing(broker: FaultyBroker, box: Any, eventually: Callable[..., bool]) -> None:
    broker.conduct = Conduct(pubacks=3)
    box.record(500)
    box.connect(broker.settings("gw-1"), receipt="broker")

    assert eventually(lambda: box.upto() == 500)
    assert list(range(1, 501)) == _sent(broker)
    assert [] == broker.violations


@pytest.mark.parametrize("protocol", [5, 4])
def test_a_broker_that_takes_what_it_then_drops_is_not_believed(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool], protocol: int
) -> None:
    """Access rules in MQTT 3.1.1: "Success" for everything, and the receiver hears nothing."""
    broker.conduct = Conduct(protocol=protocol)
    box.record(1_000)
    box.connect(broker.settings("gw-1"), receipt_timeout_s=0.5)
    assert broker.wait_until(lambda: len(_sent(broker)) >= 1_000)
    assert broker.wait_until(lambda: len(_sent(broker)) >= 1_200), "one batch asks again"
    threading.Event().wait(0.5)
    asked = len(_sent(broker))
    broker.send(RECEIPTS, encode(_receipt(box.journal.epoch, 1_000)))

    assert asked <= 1_600, "and nobody is flooded"
    assert eventually(lambda: box.upto() == 1_000)


@pytest.mark.parametrize("code", [0x89, 0x97, 0x9F])
@pytest.mark.parametrize("when", ["at the door", "later"])
def test_a_busy_broker_is_given_time_and_gets_everything_later(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool], code: int, when: str
) -> None:
    broker.conduct = Conduct(connack=code) if when == "at the door" else Conduct(disconnect=(2, code))
    box.record(3)
    link = box.connect(broker.settings("gw-1"))
    assert eventually(lambda: "too busy" in link.status().error)
    broker.conduct = Conduct()

    assert broker.wait_until(lambda: {1, 2, 3} <= set(_sent(broker)))
    assert [] == box.quarantine()


# ---------------------------------------------------------------- events that cannot travel


def test_an_event_too_large_for_any_broker_is_told_in_the_chain(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    huge = random.Random(1).randbytes(100_000).hex()
    box.record(2)
    box.record(1, lambda number: json.dumps({"n": number, "fill": huge}).encode())
    box.record(2)
    box.connect(broker.settings("gw-1"), receipt="broker")

    assert eventually(lambda: box.upto() == 6)
    assert [(3, "oversize")] == box.quarantine()
    assert [(3, 3, "oversize", chain_hash(box.truth[3]))] == _withheld(broker)


def test_a_poisoned_event_is_told_in_the_chain(broker: FaultyBroker, box: Any, eventually: Callable[..., bool]) -> None:
    broker.conduct = Conduct(chokes_on=lambda message: bool({1, 5} & set(_numbers(message))))
    box.record(6)
    box.connect(broker.settings("gw-1"), receipt="broker", reconnect_max_s=0.05)

    assert eventually(lambda: box.upto() == 8, within_s=40)
    assert [(1, "poison"), (5, "poison")] == box.quarantine()
    assert {(1, 1, "poison", chain_hash(box.truth[1])), (5, 5, "poison", chain_hash(box.truth[5]))} == set(
        _withheld(broker)
    )


def test_what_a_restored_receiver_asks_for_and_is_pruned_is_told_once(broker: FaultyBroker, box: Any) -> None:
    """Its backup is older than the box keeps events: it must learn that, not wait for ever."""
    box.record(10)
    box.journal.quarantine(4, code="schema", detail="")
    box.journal.set_receipt(upto=8, generation=1, heard_utc_ns=1)
    box.journal.prune(older_than_utc_ns=2)
    link = box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: broker.on("state"))
    broker.send(RECEIPTS, encode(_receipt(box.journal.epoch, 2, gen=2)), is_retained=True)

    assert broker.wait_until(lambda: {4, 9, 10, 11, 12} <= set(_sent(broker)))
    assert {(3, 3, "pruned", None), (5, 8, "pruned", None)} == set(_withheld(broker))
    for _ in range(2):
        link.stop()
        link = box.connect(broker.settings("gw-1"))
        births = len(broker.on("state"))
        assert broker.wait_until(lambda births=births: len(broker.on("state")) > births)
        threading.Event().wait(0.3)
    assert 12 == box.journal.write(lambda tx: tx.head().seq)


def _withheld(broker: FaultyBroker) -> list[tuple[int, int, str, str | None]]:
    """Return the tombstones that came, each once."""
    events = [
        event
        for message in tuple(broker.received)
        for event in (
            json.loads(zlib.decompress(message.payload))
            if message.topic.endswith("/batchz")
            else [json.loads(message.payload)]
            if message.topic.endswith("/touch")
            else []
        )
    ]
    told = {event["id"]: event["data"] for event in events if "withheld" in event.get("type", "")}
    return [(data["first"], data["last"], data["code"], data.get("hash")) for data in told.values()]


# ---------------------------------------------------------------- receipts


def test_another_history_at_the_receiver_stops_the_link_and_nothing_is_pruned(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    """The disk was copied: the receiver has event 3 of the other box."""
    box.record(5)
    link = box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: broker.on("state"))
    broker.send(RECEIPTS, encode(_receipt(box.journal.epoch, 3, head="ab" * 16)), is_retained=True)
    assert eventually(lambda: link.status().is_forked)
    broker.send(RECEIPTS, encode(_receipt(box.journal.epoch, 5, head=chain_hash(box.truth[5]))))
    box.record()
    threading.Event().wait(0.3)

    assert [] == _sent(broker)
    assert 0 == box.upto()
    assert "copied" in link.status().error


def test_our_own_history_at_the_receiver_is_no_fork(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    box.record(5)
    link = box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: broker.on("state"))
    broker.send(RECEIPTS, encode(_receipt(box.journal.epoch, 3, head=chain_hash(box.truth[3]))), is_retained=True)
    broker.send(RECEIPTS, encode(_receipt("0" * 16, 99, head="ab" * 16)), is_retained=True)

    assert broker.wait_until(lambda: _sent(broker) == [4, 5])
    assert eventually(lambda: box.upto() == 3)
    assert not link.status().is_forked


def test_a_broken_chain_is_told_and_holds_up_nothing(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    box.record(3)
    link = box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: _sent(broker))
    broker.send(RECEIPTS, encode(_receipt(box.journal.epoch, 3, nack=[{"seq": 2, "code": "chain"}])))

    assert eventually(lambda: "broken at event 2" in link.status().error)
    assert eventually(lambda: box.upto() == 3)
    assert [] == box.quarantine()


@pytest.mark.parametrize("is_connected", [True, False])
def test_a_receipt_that_came_on_paper_counts_like_any_other(
    *, broker: FaultyBroker, box: Any, eventually: Callable[..., bool], is_connected: bool
) -> None:
    """A box without a network for months: its events travel on a stick, and so does the answer."""
    box.record(3)
    nowhere = {"host": "127.0.0.1", "port": 1, "tls": False}
    link = box.connect(broker.settings("gw-1") if is_connected else nowhere, reconnect_max_s=300.0)
    box.record(2)  # nobody told the courier of these yet
    link.offer_receipt(_receipt(box.journal.epoch, 5))

    assert eventually(lambda: box.upto() == 5)
    assert eventually(lambda: link.status().upto == 5)
    assert not link.status().is_forked


# ---------------------------------------------------------------- birth and signature


def test_a_birth_says_how_far_by_whose_word_and_with_which_key(broker: FaultyBroker, box: Any, tmp_path: Path) -> None:
    box.record(3)
    box.journal.set_receipt(upto=2, generation=7, heard_utc_ns=None)
    box.connect(broker.settings("gw-1"), key_path=tmp_path / "signing.key")
    assert broker.wait_until(lambda: broker.on("checkpoint"))
    (birth,) = _births(broker)
    (message,) = broker.on("checkpoint")
    signed = json.loads(message.payload)
    text = f"edge-agent checkpoint 1 gw-1 {box.journal.epoch} 3 {chain_hash(box.truth[3])}".encode()

    assert (2, 7) == (birth["acked"], birth["gen"])
    assert birth["key"] == signed["key"]
    assert message.is_retained
    assert is_signed(text, key=birth["key"], signature=signed["signature"])
    assert [3] == box.signatures()


@pytest.mark.parametrize("is_retained", [False, True])
def test_the_answer_to_a_birth_tells_the_time_unless_the_broker_only_remembers_it(
    *, broker: FaultyBroker, box: Any, eventually: Callable[..., bool], is_retained: bool
) -> None:
    clock = FakeClock(utc_ns=0, trust=Trust.NONE)
    box.connect(broker.settings("gw-1"), clock=clock)
    assert broker.wait_until(lambda: broker.on("state"))
    true_utc_ns = 1_795_500_000 * NS_PER_S
    answer = _receipt(box.journal.epoch, 0, echo_ms=_births(broker)[0]["boot_ms"], t=rfc3339(true_utc_ns))
    broker.send(RECEIPTS, encode(answer), is_retained=is_retained)

    if is_retained:
        threading.Event().wait(0.3)
        assert [] == clock.offered
    else:
        assert eventually(lambda: clock.offered)
        (anchor,) = clock.offered
        assert (Trust.SERVER, true_utc_ns, 1) == (anchor.trust, anchor.utc_ns, anchor.err_ms)


def test_a_birth_is_said_again_every_six_hours(broker: FaultyBroker, box: Any) -> None:
    """Each answer tells the time anew: a box that is never restarted stays right."""
    clock = FakeClock()
    link = box.connect(broker.settings("gw-1"), clock=clock)
    assert broker.wait_until(lambda: broker.on("state"))
    clock.advance(6 * 3600)
    link.wake()

    assert broker.wait_until(lambda: len(broker.on("state")) == 2)
    first, second = _births(broker)
    assert 6 * 3600 * NS_PER_S // NS_PER_MS == second["boot_ms"] - first["boot_ms"]
    assert 1 == broker.connections


# ---------------------------------------------------------------- other brokers, other boxes


@pytest.mark.parametrize("when", ["at the door", "later"])
def test_a_broker_that_sends_us_on_is_followed(broker: FaultyBroker, box: Any, when: str) -> None:
    with FaultyBroker() as other:
        reference = f"127.0.0.1:{other.port}"
        at_once = when == "at the door"
        broker.conduct = Conduct(
            connack=USE_ANOTHER if at_once else 0, disconnect=None if at_once else (1, MOVED), reference=reference
        )
        box.record(3)
        box.connect(broker.settings("gw-1"))

        assert other.wait_until(lambda: {1, 2, 3} <= set(_sent(other)))


def test_two_brokers_that_send_us_to_each_other_are_told(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    with FaultyBroker() as other:
        broker.conduct = Conduct(connack=USE_ANOTHER, reference=f"127.0.0.1:{other.port}")
        other.conduct = Conduct(connack=MOVED, reference=f"127.0.0.1:{broker.port}")
        link = box.connect(broker.settings("gw-1"), reconnect_max_s=300.0)

        assert eventually(lambda: "second time" in link.status().error)
        assert (1, 1) == (broker.connections, other.connections)


def test_a_server_that_moved_and_is_not_there_is_given_up(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    broker.conduct = Conduct(connack=MOVED, reference="127.0.0.1:1")
    box.record(3)
    box.connect(broker.settings("gw-1"))
    assert eventually(lambda: broker.connections >= 2)
    broker.conduct = Conduct()

    assert broker.wait_until(lambda: {1, 2, 3} <= set(_sent(broker)))


def test_a_taken_identity_is_not_fought_over_by_accident(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    """A touch, a receipt on paper, a new network: nothing of it is a reason to throw the other box out."""
    broker.conduct = Conduct(disconnect=(1, 0x8E))
    link = box.connect(broker.settings("gw-1"))
    assert eventually(lambda: link.status().is_taken)
    tries = broker.connections
    box.record(3)
    link.offer_receipt(_receipt(box.journal.epoch, 2))

    assert eventually(lambda: box.upto() == 2)
    threading.Event().wait(1.2)
    assert tries == broker.connections
    assert link.status().is_taken


def test_two_boxes_with_one_identity_are_told_even_by_a_broker_that_does_not_know(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    """MQTT 3.1.1: the broker just closes the connection of whom it throws out."""
    broker.conduct = Conduct(protocol=4, disconnect=(1, 0))
    link = box.connect(broker.settings("gw-1"), reconnect_max_s=0.1)

    assert eventually(lambda: "another client may use our identity" in link.status().error)
    assert broker.connections >= TIMES
    broker.conduct = Conduct(protocol=4)
    assert eventually(lambda: link.status().is_connected)
    assert eventually(lambda: "another client may use our identity" in link.status().error)


@pytest.mark.mosquitto
def test_two_boxes_with_one_identity_at_a_real_broker_are_told(
    site: Mosquitto, box: Any, eventually: Callable[..., bool], tmp_path: Path
) -> None:
    (tmp_path / "clone").mkdir()
    clone = type(box)(tmp_path / "clone")
    try:
        links = [one.connect(site.settings("gw-1"), reconnect_max_s=0.2) for one in (box, clone)]

        assert eventually(lambda: any("identity" in link.status().error for link in links))
        assert [] == box.quarantine() == clone.quarantine()
    finally:
        clone.close()


@pytest.mark.mosquitto
def test_a_certificate_that_ran_out_is_told_and_a_renewed_one_needs_no_restart(
    tmp_path: Path, require: Callable[[str | None], None], box: Any, eventually: Callable[..., bool]
) -> None:
    require(mosquitto.available())
    with Mosquitto(tmp_path / "tls") as site:
        assert site.authority is not None
        settings = site.settings("gw-1")
        site.authority.client("gw-1", validity=EXPIRED)
        box.record(3)
        link = box.connect(settings)
        assert eventually(lambda: "has run out" in link.status().error)
        site.authority.client("gw-1")

        assert eventually(lambda: link.status().is_connected)
        link.stop()
