"""A broker's connection that follows a script: what arrives, when it ends, what it refuses. Has no socket."""

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_agent.uplink.mqtt import Arrived, Happened, Limits, Published
from hardware_fakes.clock import FakeClock

LIMITS = Limits(protocol=5, max_packet_bytes=100_000, receive_maximum=20, keepalive_s=30, has_shared_subscriptions=True)


@dataclass(frozen=True, slots=True)
class Said:
    """One message we published, and when."""

    at_ns: int
    topic: str
    payload: bytes
    is_retained: bool


Step = list[Happened] | Exception | Callable[[], None]
"""What one `poll` finds: messages, the connection's end, or something the test does meanwhile."""


class ScriptedSession:
    """Goes through its script, one step a poll, and acknowledges everything. Waiting only turns the clock."""

    def __init__(
        self, script: Iterable[Step], *, clock: FakeClock, limits: Limits = LIMITS, puback: int | None = 0
    ) -> None:
        """Begin; `puback` is the reason code of every PUBACK, None for a broker that gives none."""
        self.limits = limits
        self.subscribed: list[str] = []
        self.said: list[Said] = []
        self.is_closed = False
        self._script = list(script)
        self._clock = clock
        self._puback = puback
        self._awaited: list[int] = []

    @property
    def in_flight(self) -> int:
        """QoS 1 messages without a PUBACK."""
        return len(self._awaited)

    def subscribe(self, topic_filter: str, *, qos: int = 1) -> None:
        """Note the filter."""
        assert qos == 1  # noqa: S101 - a fake says at once where it is used wrongly
        self.subscribed.append(topic_filter)

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, expiry_s: int | None = None
    ) -> int:
        """Note the message."""
        assert (qos, expiry_s) == (1, None)  # noqa: S101 - a receipt neither expires nor gets lost
        assert self.in_flight < self.limits.receive_maximum  # noqa: S101 - a broker would end the connection
        assert len(payload) <= self.limits.payload_bytes(topic)  # noqa: S101 - likewise
        self.said.append(Said(self._clock.boot_ns(), topic, payload, retain))
        self._awaited.append(len(self.said))
        return len(self.said)

    def poll(self, timeout_s: float, *, wake: socket.socket | None = None) -> list[Happened]:  # noqa: ARG002 - never waits
        """Return the next step of the script; without one, let the time pass."""
        if self._awaited and self._puback is not None:
            mids, self._awaited = self._awaited, []
            return [Published(mid, self._puback) for mid in mids]
        step = self._script.pop(0) if self._script else []
        if isinstance(step, Exception):
            raise step
        if callable(step):
            step()
            return []
        if not step:
            # Never quite nothing: a loop that polls without patience would stand still here for ever.
            self._clock.advance(max(timeout_s, 0.001))
        return step

    def close(self) -> None:
        """Note that it was closed."""
        self.is_closed = True


def arrived(topic: str, payload: bytes, *, is_retained: bool = False) -> Arrived:
    """Return a message as `poll` gives it."""
    return Arrived(topic, payload, is_retained)


if TYPE_CHECKING:
    from edge_agent.receiver.service import Connection

    _: type[Connection] = ScriptedSession
