"""One connection's talk: greet, carry events up, hear receipts, say goodbye. Connects nothing and keeps nothing alive.

A turn, whole: hear of new events, read what the courier wants, publish what it wants sent, wait for the broker or for a
new touch, write down what the receiver has.
"""

import logging
import socket
from dataclasses import dataclass, field

from edge_agent.clock import Clock
from edge_agent.core.message import decode_receipt
from edge_agent.core.topics import Topics
from edge_agent.core.touch import NS_PER_MS, NS_PER_S
from edge_agent.core.wire import Unreadable
from edge_agent.uplink.courier import Courier, Send
from edge_agent.uplink.mqtt import Session
from edge_agent.uplink.presence import HEALTH, STATE, Presence, Pulse
from edge_agent.uplink.shelf import Shelf
from edge_agent.uplink.terms import Arrived, Published

log = logging.getLogger(__name__)

TURN_S = 1.0
RECEIPT_HOLD_NS = NS_PER_S
"""The retained receipt comes at once, if there is one: waiting for it saves sending what the receiver has."""
RECEIPT_GRACE_NS = 100 * NS_PER_MS
"""The birth follows the subscription: once it is acknowledged, the retained receipt is here, or there is none."""
HEALTH_EXPIRY_S = 120
"""An outage must not replay dead gauges."""


@dataclass(slots=True, kw_only=True)
class Conversation:
    """Between one session and the spool. Every method may raise what `Session.poll` and `Session.publish` raise."""

    session: Session
    courier: Courier
    shelf: Shelf
    presence: Presence
    pulse: Pulse
    topics: Topics
    clock: Clock
    woken: socket.socket
    has_proof: bool = False
    """The broker has acknowledged something: the connection works."""
    _mids: dict[int, Send | None] = field(default_factory=dict)

    def greet(self) -> None:
        """Ask for receipts, say that we are here, and let the courier begin."""
        hold_ns = 0
        if self.presence.receipt == "receiver":
            self.session.subscribe(self.topics.receipt(self.presence.gateway))
            hold_ns = RECEIPT_HOLD_NS
        last, limits = self.shelf.last(), self.session.limits
        self.courier.connected(
            self.clock.boot_ns(),
            last=self.courier.last if last is None else last,
            payload_bytes=limits.payload_bytes(self._up("batchz")),
            receive_maximum=limits.receive_maximum,
            hold_ns=hold_ns,
        )
        birth = self.presence.birth(self.clock.stamp(), last=self.courier.last, upto=self.courier.tally.upto)
        self._publish_state(birth)

    def turn(self) -> None:
        """Do what there is to do, and wait a second at most for more."""
        self._carry()
        self._beat()
        now_ns = self.clock.boot_ns()
        due_ns = [due for due in (self.courier.due_ns(now_ns), self.shelf.due_ns(self.courier)) if due is not None]
        self._listen(min(TURN_S, *(max(0.0, (due - now_ns) / NS_PER_S) for due in due_ns)) if due_ns else TURN_S)
        self.shelf.keep(self.courier)
        if self.courier.is_idle:
            self.shelf.prune()

    def goodbye(self, timeout_s: float) -> None:
        """Send what is live, say that we stop, and wait so long for what is under way. The rest stays in the spool."""
        self._carry()
        self._publish_state(self.presence.end("stopped"))
        deadline_ns = self.clock.boot_ns() + round(timeout_s * NS_PER_S)
        while self.session.in_flight and (left_ns := deadline_ns - self.clock.boot_ns()) > 0:
            self._listen(left_ns / NS_PER_S)

    def _carry(self) -> None:
        last = self.shelf.last()
        if last is not None:
            self.courier.appended(last)
        while True:
            self._read()
            slots = self.session.limits.receive_maximum - self.session.in_flight
            send = self.courier.next(self.clock.boot_ns(), slots=slots)
            if send is None:
                return
            self._mids[self.session.publish(self._up(send.leaf), send.payload)] = send

    def _read(self) -> None:
        while (want := self.courier.wants(self.clock.boot_ns())) is not None:
            entries = self.shelf.read(want)
            if entries is None:
                return
            self.courier.give(want, entries)

    def _listen(self, timeout_s: float) -> None:
        for happened in self.session.poll(timeout_s, wake=self.woken):
            match happened:
                case Published(mid=mid, code=code):
                    self.has_proof = True
                    self._acknowledged(self._mids.pop(mid, None), code)
                case Arrived(payload=payload, is_retained=is_retained):
                    self._receipt(payload, is_fresh=not is_retained)

    def _acknowledged(self, send: Send | None, code: int) -> None:
        now_ns = self.clock.boot_ns()
        if send is None:
            self.courier.no_receipt_before(now_ns + RECEIPT_GRACE_NS)
            return
        self.courier.published(send.number, code, now_ns)
        if self.presence.receipt == "broker":
            self._date()

    def _receipt(self, payload: bytes, *, is_fresh: bool) -> None:
        try:
            receipt = decode_receipt(payload)
        except Unreadable as exc:
            log.warning("receipt cannot be read", extra={"error": str(exc)})
            return
        was_forked = self.courier.tally.is_forked
        self.courier.receipt(receipt, self.clock.boot_ns(), is_fresh=is_fresh)
        if self.courier.tally.is_forked and not was_forked:
            log.error(
                "receiver knows events this disk does not", extra={"upto": receipt.upto, "last": self.courier.last}
            )
        released = self.courier.take_released()
        if released is not None:
            self.shelf.release(after=released)
        self._date()

    def _beat(self) -> None:
        disk = self.shelf.disk()
        if not self.pulse.beats(self.clock.boot_ns(), lambda: (self.presence.box().readers, disk.is_refusing)):
            return
        depth = self.shelf.depth()
        if depth is not None:
            health = self.presence.health(self.clock.stamp(), depth, disk)
            self.session.publish(self._up(HEALTH), health, qos=0, expiry_s=HEALTH_EXPIRY_S)

    def _publish_state(self, state: bytes) -> None:
        self._mids[self.session.publish(self._up(STATE), state, retain=True)] = None

    def _up(self, leaf: str) -> str:
        return self.topics.up(self.presence.gateway, leaf)

    def _date(self) -> None:
        stamp = self.clock.stamp()
        if stamp.is_dated:
            self.shelf.heard_utc_ns = stamp.utc_ns
