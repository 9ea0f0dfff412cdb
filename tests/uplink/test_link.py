"""The link as a whole, with a real spool, over a broker that misbehaves on demand."""

import json
import threading
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from edge_agent.core.message import ReaderState, Receipt
from edge_agent.core.wire import encode
from hardware_fakes.faulty_broker import Conduct, FaultyBroker, Message

RECEIPTS = "gate/1/gw-1/down/ack"


def _numbers(message: Message) -> list[int]:
    if message.topic.endswith("/touch"):
        return [_number(json.loads(message.payload))]
    if message.topic.endswith("/batchz"):
        return [_number(event) for event in json.loads(zlib.decompress(message.payload))]
    return []


def _number(event: dict[str, Any]) -> int:
    return int(event["n"] if "n" in event else event["data"]["seq"])  # a tombstone is a real event


def _sent(broker: FaultyBroker) -> list[int]:
    return [number for message in tuple(broker.received) for number in _numbers(message)]


def _receipt(epoch: str, upto: int, **more: Any) -> bytes:
    return encode(Receipt(epoch=epoch, gen=1, upto=upto, t="2026-11-24T08:00:00.000+09:00", **more))


def test_a_touch_goes_out_alone_and_at_once(broker: FaultyBroker, box: Any) -> None:
    link = box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: broker.on("state"))
    box.record()

    assert broker.wait_until(lambda: broker.on("touch"), timeout_s=0.5)
    assert box.truth[1] == broker.on("touch")[0].payload
    assert link.status().is_connected


def test_birth_says_who_and_how_far_and_is_retained(broker: FaultyBroker, box: Any) -> None:
    box.readers = (ReaderState(id="gate-1", driver="pcsc", state="open"),)
    box.record(3)
    box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: broker.on("state"))
    (message,) = broker.on("state")
    birth = json.loads(message.payload)

    assert message.is_retained
    assert ("gw-1", "ready", "session-1", box.journal.epoch) == tuple(
        birth[key] for key in ("gw", "state", "session", "epoch")
    )
    assert (3, 0, "receiver") == (birth["max_seq"], birth["acked"], birth["receipt"])
    assert [{"id": "gate-1", "driver": "pcsc", "state": "open"}] == birth["readers"]


def test_stopping_says_so_and_waits_for_what_is_under_way(broker: FaultyBroker, box: Any) -> None:
    link = box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: broker.on("state"))
    box.record()
    link.stop()

    assert [1] == _sent(broker)
    assert ["ready", "stopped"] == [json.loads(state.payload)["state"] for state in broker.on("state")]
    assert not link.status().is_connected


def test_stopping_does_not_wait_for_a_broker_that_never_acknowledges(broker: FaultyBroker, box: Any) -> None:
    broker.conduct = Conduct(puback=None)
    link = box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: broker.on("state"))
    link.stop(1.0)

    assert not link._thread.is_alive()


def test_a_change_of_a_reader_is_told_as_health(broker: FaultyBroker, box: Any) -> None:
    box.readers = (ReaderState(id="gate-1", driver="pcsc", state="open"),)
    box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: broker.on("state"))
    threading.Event().wait(0.2)
    box.readers = (ReaderState(id="gate-1", driver="pcsc", state="lost"),)

    assert broker.wait_until(lambda: broker.on("health"))
    (message,) = broker.on("health")
    assert (0, False) == (message.qos, message.is_retained)
    assert "lost" == json.loads(message.payload)["readers"][0]["state"]


def test_a_disk_that_refuses_is_told_as_health(broker: FaultyBroker, box: Any) -> None:
    box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: broker.on("state"))
    box.journal.room.tend(None)
    threading.Event().wait(0.2)
    box.journal.is_refusing = True

    assert broker.wait_until(lambda: broker.on("health"), timeout_s=10)
    told = json.loads(broker.on("health")[0].payload)
    assert told["is_refusing"]
    assert told["free_bytes"] > 0
    assert "days_left" not in told


def test_health_is_told_in_regular_distances(broker: FaultyBroker, box: Any) -> None:
    box.connect(broker.settings("gw-1"), health_s=1.0)

    assert broker.wait_until(lambda: len(broker.on("health")) >= 2)


def test_the_retained_receipt_saves_sending_what_the_receiver_has(broker: FaultyBroker, box: Any) -> None:
    box.record(10)
    box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: broker.on("state"))
    broker.send(RECEIPTS, _receipt(box.journal.epoch, 7), is_retained=True)
    assert broker.wait_until(lambda: _sent(broker))

    assert [8, 9, 10] == _sent(broker)


def test_a_receipt_is_written_down(broker: FaultyBroker, box: Any, eventually: Callable[..., bool]) -> None:
    box.record(10)
    box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: _sent(broker))
    puback_only = box.upto()
    broker.send(RECEIPTS, _receipt(box.journal.epoch, 10))

    assert 0 == puback_only
    assert eventually(lambda: box.upto() == 10)


def test_bytes_that_are_no_receipt_change_nothing(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    box.record(3)
    link = box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: _sent(broker))
    for payload in (b"", b"\xff", b"{}", b'{"epoch":"x"}', b"[" * 10_000):
        broker.send(RECEIPTS, payload)
    broker.send(RECEIPTS, _receipt(box.journal.epoch, 3))

    assert eventually(lambda: box.upto() == 3)
    assert link.status().is_connected


@pytest.mark.parametrize("receive_maximum", [1, 3])
def test_what_was_granted_is_kept(broker: FaultyBroker, box: Any, receive_maximum: int) -> None:
    """One message at a time, none above a thousand bytes: some brokers are small, and paho ignores both."""
    broker.conduct = Conduct(receive_maximum=receive_maximum, maximum_packet_size=1_000, lag_s=0.01)
    box.record(200)
    box.connect(broker.settings("gw-1"))
    for _ in range(5):
        box.record()

    assert broker.wait_until(lambda: set(range(1, 206)) <= set(_sent(broker)))
    assert [] == broker.violations


def test_an_old_broker_gets_the_same(broker: FaultyBroker, box: Any) -> None:
    broker.conduct = Conduct(protocol=4)
    box.record(200)
    link = box.connect(broker.settings("gw-1"))

    assert broker.wait_until(lambda: len(_sent(broker)) == 200)
    assert 4 == link.status().protocol


def test_a_refused_message_is_told_and_never_counted(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    broker.conduct = Conduct(puback=lambda message: 0 if message.topic.endswith("/state") else 0x87)
    box.record(3)
    link = box.connect(broker.settings("gw-1"), receipt="broker")

    assert eventually(lambda: "0x87" in link.status().error)
    assert link.status().is_connected
    assert 0 == box.upto()


def test_in_broker_mode_the_brokers_word_is_written_down(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    box.record(300)
    box.connect(broker.settings("gw-1"), receipt="broker")

    assert eventually(lambda: box.upto() == 300)


@pytest.mark.parametrize(
    ("code", "advice"), [(0x87, "access rules"), (0x97, "too busy"), (0x88, "ended the connection")]
)
def test_a_refused_connection_is_told_and_tried_again(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool], code: int, advice: str
) -> None:
    broker.conduct = Conduct(connack=code)
    link = box.connect(broker.settings("gw-1"))
    assert eventually(lambda: advice in link.status().error)
    tries = broker.connections
    assert eventually(lambda: broker.connections > tries)
    broker.conduct = Conduct()
    box.record()

    assert broker.wait_until(lambda: _sent(broker) == [1])
    assert "" == link.status().error


def test_a_taken_identity_stops_the_link_and_is_told(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    """Two boxes with one identity would throw each other out for ever; and both would lie."""
    broker.conduct = Conduct(disconnect=(1, 0x8E))
    link = box.connect(broker.settings("gw-1"))
    assert eventually(lambda: link.status().is_taken)
    tries, ticked_ns = broker.connections, link.status().ticked_ns
    box.record()

    assert eventually(lambda: link.status().ticked_ns > ticked_ns)
    assert tries == broker.connections
    assert "identity" in link.status().error


def test_a_receipt_from_the_future_stops_the_link_and_is_told(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    box.record(3)
    link = box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: broker.on("state"))
    broker.send(RECEIPTS, _receipt(box.journal.epoch, 4), is_retained=True)
    assert eventually(lambda: link.status().is_forked)
    box.record()

    assert eventually(lambda: "copied" in link.status().error)
    assert [] == _sent(broker)
    assert 0 == box.upto()


def test_a_silent_broker_is_left_and_everything_sent_again(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    link = box.connect(broker.settings("gw-1") | {"keepalive_s": 1})
    assert broker.wait_until(lambda: broker.on("state"))
    broker.conduct = Conduct(is_deaf=True)
    box.record(3)
    assert eventually(lambda: "silent" in link.status().error)
    broker.conduct = Conduct()

    assert broker.wait_until(lambda: {1, 2, 3} <= set(_sent(broker)))


def test_the_event_a_broker_chokes_on_is_set_aside_and_the_others_arrive(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    broker.conduct = Conduct(chokes_on=lambda message: 5 in _numbers(message))
    box.record(8)
    box.connect(broker.settings("gw-1"), reconnect_max_s=0.1, receipt="broker")

    assert eventually(lambda: box.upto() == 9)
    assert [(5, "poison")] == box.quarantine()


def test_a_nacked_event_goes_to_quarantine(broker: FaultyBroker, box: Any, eventually: Callable[..., bool]) -> None:
    box.record(3)
    box.connect(broker.settings("gw-1"))
    assert broker.wait_until(lambda: _sent(broker))
    broker.send(RECEIPTS, _receipt(box.journal.epoch, 3, nack=[{"seq": 2, "code": "schema"}]))

    assert eventually(lambda: box.quarantine() == [(2, "schema")])
    assert eventually(lambda: box.upto() == 3)


def test_a_spool_that_cannot_be_read_is_told_and_the_link_goes_on_living(
    broker: FaultyBroker, box: Any, eventually: Callable[..., bool]
) -> None:
    """I11: a failing disk takes the link down no more than the link takes down the disk."""
    away = box.folder / "away.db"
    link = box.connect(broker.settings("gw-1"), spool_path=away)
    assert eventually(lambda: "cannot be read" in link.status().error)
    ticked_ns = link.status().ticked_ns
    assert eventually(lambda: link.status().ticked_ns > ticked_ns)
    box.record(3)
    away.symlink_to(box.folder / "spool.db")

    assert broker.wait_until(lambda: _sent(broker) == [1, 2, 3])


def test_waking_never_waits(broker: FaultyBroker, box: Any) -> None:
    """The thread that asks is the one a worker waits for."""
    link = box.connect(broker.settings("gw-1"))
    for _ in range(100_000):
        link.wake()
    link.stop()
    link.wake()

    assert not link.status().is_connected


def test_a_link_that_never_connected_stops_at_once(box: Any) -> None:
    link = box.connect({"host": "127.0.0.1", "port": 1, "tls": False}, reconnect_max_s=300.0)
    link.stop()

    assert not link._thread.is_alive()
