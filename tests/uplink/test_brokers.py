"""The adapter over real brokers: Mosquitto with TLS and access rules, amqtt with MQTT 3.1.1."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.clock import SystemClock
from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink.mqtt import (
    Arrived,
    BrokerError,
    BrokerLost,
    BrokerRefused,
    CertificateDate,
    Endpoint,
    Published,
    Session,
    Will,
)
from hardware_fakes import broker as amqtt
from hardware_fakes import mosquitto
from hardware_fakes.broker import Broker
from hardware_fakes.certificates import EXPIRED, NOT_YET, VALID, Authority, Pair, Validity
from hardware_fakes.mosquitto import Mosquitto

NO_SUBSCRIBERS = 0x10
STATE = "gate/1/gw-1/up/state"


def now_s() -> float:
    return SystemClock().boot_ns() / NS_PER_S


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, require: Callable[[str | None], None]) -> Iterator[Mosquitto]:
    require(mosquitto.available())
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as running:
        yield running


@pytest.fixture
def opened() -> Iterator[Callable[..., Session]]:
    sessions: list[Session] = []

    def connect(endpoint: Endpoint) -> Session:
        sessions.append(Session.open(endpoint, timeout_s=5, now=now_s))
        return sessions[-1]

    yield connect
    for session in sessions:
        session.close()


def _endpoint(site: Mosquitto, name: str = "gw-1") -> Endpoint:
    return Endpoint(client_id=name, **site.settings(name))  # type: ignore[arg-type]


def _with(pair: Pair) -> dict[str, str]:
    return {"cert_file": str(pair.cert), "key_file": str(pair.key)}


def _arrived(session: Session, *, within_s: float) -> list[Arrived]:
    """Return what comes within this time."""
    until_s = now_s() + within_s
    everything: list[Arrived] = []
    while (left_s := until_s - now_s()) > 0:
        everything += [one for one in session.poll(left_s) if isinstance(one, Arrived)]
    return everything


@pytest.mark.mosquitto
def test_a_touch_reaches_the_receiver_over_tls(site: Mosquitto, opened: Callable[[Endpoint], Session]) -> None:
    receiver = opened(_endpoint(site, "receiver"))
    receiver.subscribe("gate/1/+/up/+")
    gateway = opened(_endpoint(site))
    receiver.poll(0.2)
    mid = gateway.publish("gate/1/gw-1/up/touch", b"{}")

    assert [Published(mid, 0)] == gateway.poll(5)
    assert [Arrived("gate/1/gw-1/up/touch", b"{}", is_retained=False)] == receiver.poll(5)


@pytest.mark.mosquitto
def test_a_box_cannot_write_for_another(site: Mosquitto, opened: Callable[[Endpoint], Session]) -> None:
    gateway = opened(_endpoint(site))
    mid = gateway.publish("gate/1/gw-2/up/touch", b"{}")

    assert [Published(mid, 0x87)] == gateway.poll(5)


@pytest.mark.mosquitto
def test_a_large_batch_goes_through_tls_in_one_piece(site: Mosquitto, opened: Callable[[Endpoint], Session]) -> None:
    receiver = opened(_endpoint(site, "receiver"))
    receiver.subscribe("gate/1/+/up/batchz")
    gateway = opened(_endpoint(site))
    receiver.poll(0.2)
    payload = bytes(range(256)) * 350
    gateway.publish("gate/1/gw-1/up/batchz", payload)
    gateway.poll(5)

    assert [payload] == [one.payload for one in receiver.poll(5) if isinstance(one, Arrived)]


def _mistakes(site: Mosquitto, other: Authority) -> dict[str, dict[str, object]]:
    """Return what a technician may have got wrong."""
    assert site.authority is not None
    nowhere = str(other.file.with_name("none.pem"))
    return {
        "wrong authority": {"ca_file": str(other.file)},
        "no authority": {"ca_file": ""},
        "authority missing": {"ca_file": nowhere},
        "wrong address": {"host": "127.0.0.2"},
        "no certificate": {"cert_file": "", "key_file": ""},
        "certificate missing": {"cert_file": nowhere},
        "wrong key": {"key_file": site.settings("gw-9")["key_file"]},
        "foreign certificate": _with(other.client("gw-1")),
        "expired certificate": _with(site.authority.client("gw-8", validity=EXPIRED)),
        "plain on a TLS port": {"tls": False},
    }


@pytest.mark.mosquitto
@pytest.mark.parametrize(
    ("mistake", "kind", "advice"),
    [
        ("wrong authority", BrokerRefused, "not from the authority"),
        ("no authority", BrokerRefused, "ca_file is not set"),
        ("authority missing", BrokerRefused, "is the path right"),
        ("wrong address", BrokerLost, "is the broker running"),
        ("no certificate", BrokerRefused, "wants a client certificate"),
        ("certificate missing", BrokerRefused, "is the path right"),
        ("wrong key", BrokerRefused, "do not belong together"),
        ("foreign certificate", BrokerRefused, "does not know the authority"),
        ("expired certificate", CertificateDate, "has run out"),
        ("plain on a TLS port", BrokerLost, "without an answer"),
    ],
)
def test_a_wrong_certificate_says_what_is_wrong_and_nothing_is_sent_in_plain(
    site: Mosquitto, tmp_path: Path, mistake: str, kind: type[BrokerError], advice: str
) -> None:
    wrong = _mistakes(site, Authority(tmp_path))[mistake]
    endpoint = replace(_endpoint(site), **wrong)  # type: ignore[arg-type]
    with pytest.raises(BrokerError, match=advice) as caught:
        Session.open(endpoint, timeout_s=5, now=now_s)

    assert isinstance(caught.value, kind)


@pytest.mark.mosquitto
@pytest.mark.parametrize(
    ("name", "validity", "kind", "advice"),
    [
        ("other.example", VALID, BrokerRefused, "for another name"),
        ("127.0.0.1", EXPIRED, CertificateDate, "has run out"),
        ("127.0.0.1", NOT_YET, CertificateDate, "is this box's date right"),
    ],
    ids=["another name", "expired", "from the future"],
)
def test_a_brokers_wrong_certificate_says_what_is_wrong(
    *, tmp_path: Path, site: Mosquitto, name: str, validity: Validity, kind: type[BrokerError], advice: str
) -> None:
    """A box with an empty clock battery sees a certificate from the future: the message must say so."""
    authority = site.authority
    assert authority is not None
    server = authority.server(name, validity=validity)
    with Mosquitto(tmp_path, authority=authority, server=server) as wrong, pytest.raises(BrokerError) as caught:
        Session.open(_endpoint(wrong), timeout_s=5, now=now_s)

    assert kind is type(caught.value)
    assert advice in str(caught.value)


@pytest.mark.mosquitto
def test_a_renewed_certificate_needs_no_restart(site: Mosquitto, opened: Callable[[Endpoint], Session]) -> None:
    assert site.authority is not None
    expired = site.authority.client("gw-7", validity=EXPIRED)
    endpoint = replace(_endpoint(site), client_id="gw-7", cert_file=str(expired.cert), key_file=str(expired.key))
    with pytest.raises(CertificateDate):
        Session.open(endpoint, now=now_s)
    site.authority.client("gw-7")

    assert 5 == opened(endpoint).limits.protocol


@pytest.mark.mosquitto
def test_the_will_waits_for_a_short_interruption(
    tmp_path: Path, require: Callable[[str | None], None], opened: Callable[[Endpoint], Session]
) -> None:
    """A blip of the line must not tell the office that the gate is dead; a gate that stays away must."""
    require(mosquitto.available())
    with Mosquitto(tmp_path) as site:
        receiver = opened(_endpoint(site, "receiver"))
        receiver.subscribe(STATE)
        endpoint = replace(_endpoint(site), will=Will(topic=STATE, payload=b"lost", delay_s=2))
        for _ in range(2):
            _break(Session.open(endpoint, now=now_s))
        back = opened(endpoint)
        blip = _arrived(receiver, within_s=3)
        _break(back)
        dead = _arrived(receiver, within_s=4)
        receiver.close()

    assert [] == blip
    assert [b"lost"] == [one.payload for one in dead]


@pytest.mark.mosquitto
def test_a_broker_that_freezes_is_lost_and_one_that_restarts_is_back(
    tmp_path: Path, require: Callable[[str | None], None]
) -> None:
    require(mosquitto.available())
    with Mosquitto(tmp_path) as site:
        endpoint = replace(_endpoint(site), keepalive_s=1)
        session = Session.open(endpoint, now=now_s)
        site.freeze()
        silence = _ended(session)
        site.thaw()
        site.restart()
        again = Session.open(endpoint, now=now_s)
        mid = again.publish("gate/1/gw-1/up/touch", b"{}")

        assert BrokerLost is type(silence)
        assert [Published(mid, NO_SUBSCRIBERS)] == again.poll(5)
        again.close()


def test_a_broker_with_3_1_1_only_carries_touches_and_retained_receipts(
    require: Callable[[str | None], None], opened: Callable[[Endpoint], Session]
) -> None:
    """The demo without packages, and brokers such as NATS."""
    require(amqtt.available())
    with Broker() as running:
        receiver = opened(Endpoint(client_id="receiver", **running.settings("receiver")))  # type: ignore[arg-type]
        receiver.publish("gate/1/gw-1/down/ack", b"receipt", retain=True)
        receiver.poll(5)
        will = Will(topic=STATE, payload=b"lost")
        gateway = opened(Endpoint(client_id="gw-1", will=will, **running.settings("gw-1")))  # type: ignore[arg-type]
        gateway.subscribe("gate/1/gw-1/down/ack")

        assert 4 == gateway.limits.protocol
        assert [b"receipt"] == [one.payload for one in _arrived(gateway, within_s=0.5)]
        gateway.close()
        receiver.close()


def _break(session: Session) -> None:
    """End the connection without a word, as a line does."""
    sock = session._client.socket()
    assert sock is not None
    sock.close()
    session._client._sock = None


def _ended(session: Session) -> BrokerError:
    """Return how the session ends."""
    try:
        while True:  # the test's time limit ends it otherwise
            session.poll(0.1)
    except BrokerError as exc:
        return exc
