"""A broker without sockets: what it takes, forgets, repeats and delays is the test's word. Reads no message."""

import socket
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge_agent.uplink.reasons import BrokerClosed, BrokerError
from edge_agent.uplink.terms import Arrived, Happened, Limits, Published

LIMITS = Limits(protocol=5, max_packet_bytes=100_000, receive_maximum=20, keepalive_s=30, has_shared_subscriptions=True)


@dataclass(frozen=True, slots=True)
class Posted:
    """A message the broker has read, and has neither acknowledged nor passed on yet."""

    sender: "MemorySession"
    mid: int
    topic: str
    payload: bytes
    retain: bool


@dataclass(slots=True)
class MemoryBroker:
    """Everything that is posted waits in `post` until the test says what becomes of it."""

    post: list[Posted] = field(default_factory=list)
    chokes_on: bytes = b""
    """It ends the connection over a message with these bytes in it; empty: over none."""
    retained: dict[str, bytes] = field(default_factory=dict)
    _sessions: list["MemorySession"] = field(default_factory=list)

    def connect(self, limits: Limits = LIMITS) -> "MemorySession":
        """Return a new connection."""
        session = MemorySession(self, limits)
        self._sessions.append(session)
        return session

    def acknowledge(self, posted: Posted, code: int = 0) -> None:
        """Give the PUBACK; it reaches the sender if it is still connected."""
        posted.sender.hear(Published(posted.mid, code))

    def deliver(self, posted: Posted) -> None:
        """Pass the message on to whoever is subscribed now, and keep it if it is to be retained."""
        if posted.retain:
            self.retained[posted.topic] = posted.payload
        for session in self._sessions:
            if session.is_subscribed(posted.topic):
                session.hear(Arrived(posted.topic, posted.payload, is_retained=False))

    def flow(self) -> bool:
        """Be a good broker once: acknowledge and deliver everything; return whether there was anything."""
        posted, self.post = self.post, []
        for one in posted:
            if not self.chokes(one):
                self.acknowledge(one)
                self.deliver(one)
        return bool(posted)

    def chokes(self, posted: Posted) -> bool:
        """Read the message; end the sender's connection over poison, and then over nothing else of it."""
        if posted.sender.error is not None:
            return True
        text = zlib.decompress(posted.payload) if posted.topic.endswith("/batchz") else posted.payload
        if not self.chokes_on or self.chokes_on not in text:
            return False
        posted.sender.end(BrokerClosed("the broker choked"))
        return True

    def forget(self) -> None:
        """Die, and come back with an empty store."""
        self.post.clear()
        self.retained.clear()
        for session in self._sessions:
            session.end(BrokerClosed("the broker died"))
        self._sessions.clear()


class MemorySession:
    """One connection to it. What is said on it after its end is lost."""

    where = "memory"
    is_stuck = False

    def __init__(self, broker: MemoryBroker, limits: Limits) -> None:
        self.limits = limits
        self.error: BrokerError | None = None
        self._broker = broker
        self._filters: list[str] = []
        self._inbox: list[Happened] = []
        self._awaited: set[int] = set()
        self._mid = 0

    @property
    def in_flight(self) -> int:
        """QoS 1 messages without a PUBACK."""
        return len(self._awaited)

    def subscribe(self, topic_filter: str, *, qos: int = 1) -> None:
        """Begin to hear these topics; what is retained comes at once, except to a shared subscription."""
        assert qos == 1  # noqa: S101 - a fake says at once where it is used wrongly
        is_shared = topic_filter.startswith("$share/")
        plain = topic_filter.split("/", 2)[2] if is_shared else topic_filter
        self._filters.append(plain)
        if not is_shared:
            for topic, payload in self._broker.retained.items():
                if _fits(plain, topic):
                    self.hear(Arrived(topic, payload, is_retained=True))

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, expiry_s: int | None = None
    ) -> int:
        """Post the message."""
        if self.error is not None:
            raise self.error
        self._mid += 1
        if qos:
            assert self.in_flight < self.limits.receive_maximum  # noqa: S101 - a broker would end the connection
            assert expiry_s is None  # noqa: S101 - what must arrive does not expire
            assert len(payload) <= self.limits.payload_bytes(topic)  # noqa: S101 - a broker would end the connection
            self._awaited.add(self._mid)
            self._broker.post.append(Posted(self, self._mid, topic, payload, retain))
        return self._mid

    def poll(
        self,
        timeout_s: float,  # noqa: ARG002 - never waits
        *,
        wake: socket.socket | None = None,  # noqa: ARG002 - likewise
        watch: int | None = None,  # noqa: ARG002 - likewise
    ) -> list[Happened]:
        """Return what has happened; raise the end of the connection after it."""
        happened, self._inbox = self._inbox, []
        for one in happened:
            if isinstance(one, Published):
                self._awaited.discard(one.mid)
        if not happened and self.error is not None:
            raise self.error
        return happened

    def close(self) -> None:
        """End it."""
        self.end(BrokerClosed("closed"))

    def end(self, error: BrokerError) -> None:
        """Let the next `poll` raise this, once everything heard is told."""
        self.error = self.error or error
        self._filters.clear()

    def hear(self, happened: Happened) -> None:
        """Put it into the inbox, as long as the connection stands."""
        if self.error is None:
            self._inbox.append(happened)

    def is_subscribed(self, topic: str) -> bool:
        """Tell whether this topic is wanted."""
        return any(_fits(wanted, topic) for wanted in self._filters)


def _fits(wanted: str, topic: str) -> bool:
    """Match with `+`, and `#` at the end (MQTT 5, 4.7)."""
    levels, parts = wanted.split("/"), topic.split("/")
    if levels[-1] == "#":
        levels, parts = levels[:-1], parts[: len(levels) - 1]
    return len(levels) == len(parts) and all(w in {"+", t} for w, t in zip(levels, parts, strict=True))


if TYPE_CHECKING:
    from edge_agent.receiver.service import Connection

    _: type[Connection] = MemorySession
