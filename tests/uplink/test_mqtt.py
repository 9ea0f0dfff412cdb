"""The adapter around paho, over a broker that misbehaves on demand."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from edge_agent.clock import SystemClock
from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink.mqtt import (
    Arrived,
    BrokerClosed,
    BrokerError,
    BrokerLost,
    BrokerRefused,
    Endpoint,
    Published,
    Session,
    SessionTaken,
    Will,
)
from hardware_fakes.faulty_broker import Conduct, FaultyBroker


def now_s() -> float:
    return SystemClock().boot_ns() / NS_PER_S


@pytest.fixture
def broker() -> Iterator[FaultyBroker]:
    with FaultyBroker() as running:
        yield running


def _open(broker: FaultyBroker, *, timeout_s: float = 5.0, **changes: object) -> Session:
    endpoint = Endpoint(client_id="gw-1", **broker.settings("gw-1"))  # type: ignore[arg-type]
    return Session.open(replace(endpoint, **changes), timeout_s=timeout_s, now=now_s)  # type: ignore[arg-type]


def _happened(session: Session) -> list[object]:
    """Return the first that happens; a poll may end early with nothing."""
    for _ in range(100):
        happened = session.poll(0.1)
        if happened:
            return list(happened)
    return []


def _ended(session: Session) -> BrokerError:
    """Return how the session ends."""
    try:
        while True:  # the test's time limit ends it otherwise
            session.poll(0.1)
    except BrokerError as exc:
        session.close()
        return exc


def test_what_the_broker_grants_is_known_at_once(broker: FaultyBroker) -> None:
    broker.conduct = Conduct(receive_maximum=7, maximum_packet_size=1_000, server_keep_alive=11)
    session = _open(broker)
    limits = session.limits
    session.close()

    assert (5, 1_000, 7, 11) == (
        limits.protocol,
        limits.max_packet_bytes,
        limits.receive_maximum,
        limits.keepalive_s,
    )


def test_a_broker_without_mqtt_5_is_spoken_to_in_3_1_1(broker: FaultyBroker) -> None:
    """NATS and older brokers know only that; the will must survive it."""
    broker.conduct = Conduct(protocol=4)
    session = _open(broker, will=Will(topic="gate/1/gw-1/up/state", payload=b"lost"))
    mid = session.publish("gate/1/gw-1/up/touch", b"{}")

    assert 4 == session.limits.protocol
    assert [Published(mid, 0)] == _happened(session)
    session.close()


@pytest.mark.parametrize(
    ("delay_s", "is_clean"), [(60, False), (0, True)], ids=["will with a delay", "will without a delay"]
)
def test_a_delayed_will_comes_with_a_session_that_lasts_as_long(
    broker: FaultyBroker, *, delay_s: int, is_clean: bool
) -> None:
    """By the standard a will is sent when its session ends, whatever its delay; and a clean start ends the session."""
    _open(broker, will=Will(topic="gate/1/gw-1/up/state", payload=b"lost", delay_s=delay_s)).close()
    (body,) = broker.greetings
    clean_start, expiry = body[7] & 2, body[10:16]

    assert is_clean == bool(clean_start)
    assert b"\x05\x11" + delay_s.to_bytes(4, "big") == expiry


@pytest.mark.parametrize("code", [0x00, 0x10, 0x80, 0x87, 0x97])
def test_every_puback_comes_with_the_brokers_reason(broker: FaultyBroker, code: int) -> None:
    """paho itself counts a refused message as published."""
    broker.conduct = Conduct(puback=lambda _message: code)
    session = _open(broker)
    mid = session.publish("gate/1/gw-1/up/touch", b"{}")

    assert [Published(mid, code)] == _happened(session)
    assert 0 == session.in_flight
    session.close()


def test_a_doubled_puback_is_told_once(broker: FaultyBroker) -> None:
    broker.conduct = Conduct(pubacks=3)
    session = _open(broker)
    first = session.publish("gate/1/gw-1/up/touch", b"{}")
    told = _happened(session)
    second = session.publish("gate/1/gw-1/up/touch", b"{}")

    assert [Published(first, 0)] == told
    assert [Published(second, 0)] == _happened(session)
    session.close()


def test_a_message_nobody_acknowledges_is_not_told_as_acknowledged(broker: FaultyBroker) -> None:
    """Health travels with QoS 0: paho calls it published when it has left."""
    session = _open(broker)
    session.publish("gate/1/gw-1/up/health", b"{}", qos=0, expiry_s=120)

    assert [] == session.poll(0.1) + session.poll(0.1)
    assert 0 == session.in_flight
    session.close()


@pytest.mark.parametrize(
    ("code", "kind", "slow_factor"),
    [
        (0x80, BrokerClosed, 1.0),
        (0x86, BrokerRefused, 1.0),
        (0x87, BrokerRefused, 1.0),
        (0x89, BrokerLost, 4.0),
        (0x8A, BrokerRefused, 1.0),
        (0x8C, BrokerRefused, 1.0),
        (0x97, BrokerLost, 4.0),
        (0x9F, BrokerLost, 4.0),
    ],
)
def test_a_refused_connection_says_who_must_act(
    broker: FaultyBroker, code: int, kind: type[BrokerError], slow_factor: float
) -> None:
    broker.conduct = Conduct(connack=code)
    with pytest.raises(BrokerError) as caught:
        _open(broker)

    assert kind is type(caught.value)
    assert (code, slow_factor) == (caught.value.code, caught.value.slow_factor)
    assert f"127.0.0.1:{broker.port}" in str(caught.value)


@pytest.mark.parametrize(
    ("code", "kind"), [(0x8E, SessionTaken), (0x89, BrokerLost), (0x87, BrokerRefused), (0x8B, BrokerClosed)]
)
def test_a_disconnect_says_who_must_act(broker: FaultyBroker, code: int, kind: type[BrokerError]) -> None:
    broker.conduct = Conduct(disconnect=(1, code), puback=None)
    session = _open(broker)
    session.publish("gate/1/gw-1/up/touch", b"{}")
    ended = _ended(session)

    assert (kind, code) == (type(ended), ended.code)


def test_a_puback_before_the_end_is_heard_before_the_end(broker: FaultyBroker) -> None:
    broker.conduct = Conduct(disconnect=(1, 0x8B))
    session = _open(broker)
    mid = session.publish("gate/1/gw-1/up/touch", b"{}")

    assert [Published(mid, 0)] == _happened(session)
    assert isinstance(_ended(session), BrokerClosed)


def test_a_session_that_ended_takes_nothing_more(broker: FaultyBroker) -> None:
    """paho would keep it in memory, say nothing, and send it with the next connection: twice, or never."""
    broker.conduct = Conduct(disconnect=(1, 0x8B))
    session = _open(broker)
    session.publish("gate/1/gw-1/up/touch", b"{}")
    _ended(session)

    with pytest.raises(BrokerClosed):
        session.publish("gate/1/gw-1/up/touch", b"{}")


def test_a_message_larger_than_granted_is_a_bug_and_is_never_sent(broker: FaultyBroker) -> None:
    """Brokers answer it by ending the connection; sent again after each reconnect, that never ends."""
    broker.conduct = Conduct(maximum_packet_size=1_000)
    session = _open(broker)
    topic = "gate/1/gw-1/up/batchz"
    session.publish(topic, bytes(session.limits.payload_bytes(topic)))
    session.poll(5)

    with pytest.raises(ValueError, match="more than the broker takes"):
        session.publish(topic, bytes(session.limits.payload_bytes(topic) + 1))
    session.close()
    assert [] == broker.violations


def test_what_arrives_is_handed_over_with_its_flags(broker: FaultyBroker) -> None:
    session = _open(broker)
    session.subscribe("gate/1/gw-1/down/ack")
    broker.send("gate/1/gw-1/down/ack", b"one", is_retained=False)

    assert [Arrived("gate/1/gw-1/down/ack", b"one", is_retained=False)] == _happened(session)
    session.close()


def test_waiting_ends_when_the_wake_socket_speaks(broker: FaultyBroker) -> None:
    """A touch must not wait for the end of a poll."""
    session = _open(broker)
    woken, waker = socket.socketpair()
    woken.settimeout(0)
    waker.send(b"\0\0")
    before_s = now_s()
    happened = session.poll(5, wake=woken)

    assert [] == happened
    assert now_s() - before_s < 2
    with pytest.raises(BlockingIOError):
        woken.recv(1)
    session.close()
    woken.close()
    waker.close()


def test_a_silent_line_is_noticed_by_the_keepalive(broker: FaultyBroker) -> None:
    session = _open(broker, keepalive_s=1)
    broker.conduct = Conduct(is_deaf=True)
    before_s = now_s()
    ended = _ended(session)

    assert BrokerLost is type(ended)
    assert now_s() - before_s < 4


def test_a_port_without_a_broker_is_lost_with_advice() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    endpoint = Endpoint(host="127.0.0.1", port=port, client_id="gw-1", tls=False)

    with pytest.raises(BrokerLost, match="is the broker running"):
        Session.open(endpoint, now=now_s)


def test_a_port_that_never_answers_connect_is_lost_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        endpoint = Endpoint(host="127.0.0.1", port=mute.getsockname()[1], client_id="gw-1", tls=False)

        with pytest.raises(BrokerLost, match="no answer to CONNECT"):
            Session.open(endpoint, timeout_s=0.3, now=now_s)


def test_a_broker_that_closes_before_any_answer_is_told_so(broker: FaultyBroker) -> None:
    broker.conduct = Conduct(answers_connect=False)

    with pytest.raises(BrokerClosed, match="without an answer"):
        _open(broker)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 64 + ".example"])
def test_a_name_that_cannot_be_resolved_is_told_so(host: str) -> None:
    with pytest.raises(BrokerError, match=host[:20]):
        Session.open(Endpoint(host=host, port=1883, client_id="gw-1", tls=False), now=now_s)


def test_a_password_is_not_shown_with_the_endpoint() -> None:
    assert "secret" not in repr(Endpoint(host="h", port=1, client_id="c", password="secret"))  # noqa: S106 - made up
