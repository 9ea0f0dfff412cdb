"""One connection to a broker: the adapter around paho. Decides nothing, retries nothing, starts no thread.

paho's own loop, queue, reconnecting and window are not used: they re-send behind our back, ignore what the broker
grants, count refused messages as sent and have no jitter. What is left of it here is its codec and its socket.
"""

import contextlib
import select
import socket
import ssl
from collections.abc import Callable
from typing import Self

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent.uplink import tls
from edge_agent.uplink.dates import Today, judge
from edge_agent.uplink.packets import client, properties, publish_properties, reference, say
from edge_agent.uplink.reasons import (
    FAILED,
    UNSUPPORTED_PROTOCOL,
    BrokerClosed,
    BrokerError,
    BrokerLost,
    BrokerMoved,
    BrokerRefused,
    CertificateDate,
    SessionTaken,
    ended,
)
from edge_agent.uplink.terms import Arrived, Endpoint, Happened, Limits, Published, Will, granted

__all__ = [
    "Arrived",
    "BrokerClosed",
    "BrokerError",
    "BrokerLost",
    "BrokerMoved",
    "BrokerRefused",
    "CertificateDate",
    "Endpoint",
    "Happened",
    "Limits",
    "Published",
    "Session",
    "SessionTaken",
    "Will",
]

READ_AT_ONCE = 1000
ALERT_TIMEOUT_S = 0.5
_RETRANSMITS = 2
"""Where struct tcp_info (linux/tcp.h) has how often the oldest bytes were sent again."""


class _OldBroker(Exception):
    """The broker does not know MQTT 5."""


class Session:
    """
    One connection, from CONNECT to its end. Everything happens in the caller's thread.

    A connection that has ended stays ended: open another. What was under way is then not known to have arrived.
    """

    limits: Limits

    @classmethod
    def open(
        cls,
        endpoint: Endpoint,
        *,
        timeout_s: float = 10.0,
        now: Callable[[], float],
        today: Callable[[], Today] | None = None,
    ) -> Self:
        """
        Connect with MQTT 5, or with 3.1.1 where the broker knows nothing newer.

        Args:
            endpoint: Where to, as whom.
            timeout_s: For each step: TCP, TLS, CONNACK.
            now: Seconds of a clock that never jumps.
            today: What the box knows of the date, for certificates; None where the machine's wall clock is right.

        Raises:
            BrokerError: One of its kinds says whether it comes back by itself.

        """
        try:
            return cls(endpoint, paho.MQTTv5, timeout_s=timeout_s, now=now, today=today)
        except _OldBroker:
            return cls(endpoint, paho.MQTTv311, timeout_s=timeout_s, now=now, today=today)

    def __init__(
        self,
        endpoint: Endpoint,
        protocol: MQTTProtocolVersion,
        *,
        timeout_s: float,
        now: Callable[[], float],
        today: Callable[[], Today] | None = None,
    ) -> None:
        """Connect; `open` is the way in."""
        self._endpoint = endpoint
        self._today = today if endpoint.tls else None
        self._happened: list[Happened] = []
        self._awaited: set[int] = set()
        self._error: BrokerError | None = None
        self._granted: tuple[int, Properties | None] | None = None
        self._last_words = ""
        self._client = client(endpoint, protocol)
        self._hear()
        try:
            self._connect(timeout_s=timeout_s)
            self.limits = self._accepted(protocol, deadline=now() + timeout_s, now=now)
        except BaseException:
            self._drop()
            raise
        # Only now: with a listener paho would format a line of log for every packet.
        self._client.on_log = None

    @property
    def where(self) -> str:
        """The broker's name in messages."""
        return self._endpoint.where

    @property
    def in_flight(self) -> int:
        """QoS 1 messages without a PUBACK."""
        return len(self._awaited)

    def check_dates(self) -> None:
        """
        Judge the broker's certificate, if the box learns only now what date it is. Costs nothing afterwards.

        Raises:
            CertificateDate: It is not valid today. Close the session.

        """
        if self._today is None or not (today := self._today()).is_told:
            return
        self._today = None
        sock = self._client.socket()
        if isinstance(sock, ssl.SSLSocket):
            judge(self._endpoint.where, sock.getpeercert() or {}, today)

    @property
    def is_stuck(self) -> bool:
        """Whether nothing can come back: the kernel sends bytes again, or our own address of it is no longer ours."""
        sock = self._client.socket()
        if not isinstance(sock, socket.socket):
            return False
        try:
            if sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[_RETRANSMITS]:
                return True
            with socket.socket(sock.family, socket.SOCK_DGRAM) as probe:
                probe.bind((sock.getsockname()[0], 0))
        except OSError:
            return True
        return False

    def subscribe(self, topic_filter: str, *, qos: int = 1) -> None:
        """Ask for these messages. A refusal ends the session at a later `poll`."""
        self._client.subscribe(topic_filter, qos)

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, expiry_s: int | None = None
    ) -> int:
        """
        Hand a message over and return its number; it leaves at once, or with the next `poll`.

        Raises:
            BrokerLost: The connection has ended; the message will not be sent.
            ValueError: It is larger than the broker takes, or too many are under way: a bug of the caller.

        """
        if len(payload) > self.limits.payload_bytes(topic):
            raise ValueError(f"{len(payload)} bytes on {topic}: more than the broker takes")
        info = self._client.publish(topic, payload, qos, retain, publish_properties(self.limits, expiry_s))
        if info.rc == paho.MQTT_ERR_QUEUE_SIZE:
            raise ValueError("too many messages under way")
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise self._error or BrokerClosed(f"{self._endpoint.where}: the connection has ended")
        if qos:
            self._awaited.add(info.mid)
        return info.mid

    def poll(self, timeout_s: float, *, wake: socket.socket | None = None, watch: int | None = None) -> list[Happened]:
        """
        Return what has happened; wait for it at most this long, or until `wake` or `watch` can be read.

        `wake` is read empty here; the descriptor `watch` is left to the caller.

        Raises:
            BrokerError: The connection has ended. What happened before was returned first.

        """
        self._write()
        if not self._happened and self._error is None:
            self._wait(timeout_s, wake, watch)
            self._client.loop_misc()
            self._write()
        if self._happened:
            happened = self._happened[:]
            self._happened.clear()
            return happened
        if self._error is not None:
            self._drop()
            raise self._error
        return []

    def close(self) -> None:
        """Say goodbye, so that the will is not sent, and close. What was under way may or may not have arrived."""
        with contextlib.suppress(OSError, ValueError):  # it had ended already: as good as a goodbye
            self._client.disconnect()
            self._client.loop_write()
        self._drop()

    def _connect(self, *, timeout_s: float) -> None:
        endpoint, where = self._endpoint, self._endpoint.where
        today = self._today() if self._today else None
        if endpoint.tls:
            files = {"ca_file": endpoint.ca_file, "cert_file": endpoint.cert_file, "key_file": endpoint.key_file}
            self._client.tls_set_context(tls.context(**files, where=where, today=today))
        self._client.connect_timeout = timeout_s
        try:
            if self._client.protocol == paho.MQTTv5:
                # A delayed will needs a session that outlives the connection, and a return to that session.
                linger_s = endpoint.will.delay_s if endpoint.will else 0
                self._client.connect(
                    endpoint.host,
                    endpoint.port,
                    endpoint.keepalive_s,
                    clean_start=not linger_s,
                    properties=properties(PacketTypes.CONNECT, SessionExpiryInterval=linger_s),
                )
            else:
                self._client.connect(endpoint.host, endpoint.port, endpoint.keepalive_s)
        except OSError as exc:
            raise tls.explain(where, exc, today=today) from exc
        except UnicodeError as exc:
            raise BrokerRefused(f"{where}: this is no host name; check broker.host") from exc
        sock = self._client.socket()
        if isinstance(sock, socket.socket):
            # A live touch must not wait until the line has acknowledged the bytes before it.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # Bytes nobody acknowledges: the kernel gives up when the keepalive does, not after a quarter of an hour.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 2000 * endpoint.keepalive_s)

    def _accepted(self, protocol: int, *, deadline: float, now: Callable[[], float]) -> Limits:
        where = self._endpoint.where
        if protocol != paho.MQTTv5 and self._endpoint.tls:
            # A broker that refuses our certificate closes at once; CONNECT would then destroy its alert on the way.
            self._wait(ALERT_TIMEOUT_S)
        while self._granted is None and self._error is None:
            left_s = deadline - now()
            if left_s <= 0:
                raise BrokerLost(f"{where}: connected, but no answer to CONNECT; is there an MQTT broker on this port?")
            self._write()
            self._wait(left_s)
        code, told = self._granted or (0, None)
        if self._granted is None:
            if self._last_words:
                raise tls.explain_text(where, self._last_words)
            if protocol == paho.MQTTv5:
                raise _OldBroker
            raise BrokerClosed(f"{where}: the broker closed the connection without an answer; does its log say why?")
        if code == UNSUPPORTED_PROTOCOL and protocol == paho.MQTTv5:
            raise _OldBroker
        if code:
            raise ended(where, code, said=say(PacketTypes.CONNACK, code), reference=reference(told))
        return granted(self._endpoint, int(protocol), vars(told) if told is not None else {})

    def _wait(self, timeout_s: float, wake: socket.socket | None = None, watch: int | None = None) -> None:
        sock = self._client.socket()
        if sock is None:
            return
        # TLS may hold bytes already decrypted: the kernel does not know of them.
        if not _pending(sock):
            waiting = select.poll()
            waiting.register(sock.fileno(), select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
            if wake is not None:
                waiting.register(wake.fileno(), select.POLLIN)
            if watch is not None:
                waiting.register(watch, select.POLLIN)
            seen = dict(waiting.poll(max(0.0, timeout_s) * 1000))
            if wake is not None and wake.fileno() in seen:
                _drain(wake)
            if not seen.get(sock.fileno(), 0) & ~select.POLLOUT:
                return
        self._read()

    def _read(self) -> None:
        while len(self._happened) < READ_AT_ONCE:
            before = len(self._happened)
            if self._client.loop_read() != paho.MQTT_ERR_SUCCESS:
                return
            sock = self._client.socket()
            if sock is None or (len(self._happened) == before and not _pending(sock)):
                return

    def _write(self) -> None:
        if self._client.want_write():
            self._client.loop_write()

    def _drop(self) -> None:
        sock = self._client.socket()
        if sock is not None:
            sock.close()
        self._error = self._error or BrokerClosed(f"{self._endpoint.where}: the connection was closed")

    def _hear(self) -> None:
        """Callbacks only append: paho calls some of them with its locks held."""
        client = self._client
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_log = self._on_log
        # Its presence makes paho leave all writing to us.
        client.on_socket_register_write = _ignore

    def _on_connect(
        self, _client: object, _data: object, _flags: object, reason: ReasonCode, granted: Properties | None
    ) -> None:
        self._granted = (reason.value, granted)

    def _on_publish(self, _client: object, _data: object, mid: int, reason: ReasonCode, _more: object) -> None:
        if mid in self._awaited:
            self._awaited.discard(mid)
            self._happened.append(Published(mid, reason.value))

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        with contextlib.suppress(UnicodeDecodeError):  # a topic that is no text is none of ours
            self._happened.append(Arrived(message.topic, bytes(message.payload), message.retain))

    def _on_subscribe(
        self, _client: object, _data: object, _mid: int, reasons: list[ReasonCode], _more: object
    ) -> None:
        for reason in reasons:
            if reason.value >= FAILED:
                self._error = BrokerRefused(
                    f"{self._endpoint.where}: the broker refuses a subscription: {reason}; check its access rules",
                    code=reason.value,
                )

    def _on_disconnect(
        self, _client: object, _data: object, flags: paho.DisconnectFlags, reason: ReasonCode, more: Properties | None
    ) -> None:
        where = self._endpoint.where
        if flags.is_disconnect_packet_from_server:
            said = ended(where, reason.value, said=str(reason), reference=reference(more))
            self._error = self._error or said
        elif str(reason) == "Keep alive timeout":
            self._error = self._error or BrokerLost(f"{where}: the line is silent; waiting for the network")
        else:
            self._error = self._error or BrokerClosed(f"{where}: the connection ended: {reason}")

    def _on_log(self, _client: object, _data: object, level: int, text: str) -> None:
        if level == paho.MQTT_LOG_ERR and "SSL" in text:
            self._last_words = text.partition(": ")[2]


def _pending(sock: object) -> bool:
    pending = getattr(sock, "pending", None)
    return bool(pending()) if pending else False


def _drain(wake: socket.socket) -> None:
    with contextlib.suppress(BlockingIOError):
        while wake.recv(4096):
            pass


def _ignore(*_args: object) -> None:
    """Take no notice."""
