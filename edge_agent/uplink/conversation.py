"""One connection's talk: greet, carry events up, hear receipts, say goodbye. Connects nothing and keeps nothing alive.

A turn, whole: hear of new events, read what the courier wants, publish what it wants sent, wait for the broker or for a
new touch, write down what the receiver has.
"""

import socket
from collections import deque
from dataclasses import dataclass, field

from edge_agent.clock import Clock
from edge_agent.core.topics import Topics
from edge_agent.core.touch import NS_PER_MS, NS_PER_S
from edge_agent.core.wire import encode
from edge_agent.uplink.checkpoint import Notary
from edge_agent.uplink.courier import Courier
from edge_agent.uplink.hearing import Hearing
from edge_agent.uplink.mqtt import Session
from edge_agent.uplink.news import News
from edge_agent.uplink.orders import Send
from edge_agent.uplink.presence import CHECKPOINT, HEALTH, STATE, Presence, Pulse
from edge_agent.uplink.reasons import BrokerLost
from edge_agent.uplink.shelf import Shelf
from edge_agent.uplink.terms import Arrived, Published

TURN_S = 1.0
RECEIPT_HOLD_NS = NS_PER_S
"""The retained receipt comes at once, if there is one: waiting for it saves sending what the receiver has."""
RECEIPT_GRACE_NS = 100 * NS_PER_MS
"""The birth follows the subscription: once it is acknowledged, the retained receipt is here, or there is none."""
REBIRTH_NS = 6 * 3600 * NS_PER_S
"""The receiver's answer to a birth tells the time: said again from time to time, so that it stays fresh."""
DOUBT_NS = 5 * NS_PER_S
"""A receiver that says less than before is told what it had said, so that it finds itself restored; not more often."""
HEALTH_EXPIRY_S = 120
"""An outage must not replay dead gauges."""


@dataclass(slots=True, kw_only=True)
class Conversation:
    """Between one session and the spool. Every method may raise what `Session.poll` and `Session.publish` raise."""

    session: Session
    courier: Courier
    shelf: Shelf
    hearing: Hearing
    notary: Notary
    presence: Presence
    pulse: Pulse
    topics: Topics
    clock: Clock
    woken: socket.socket
    news: News
    has_proof: bool = False
    """The broker has acknowledged something: the connection works."""
    _mids: dict[int, Send | int] = field(default_factory=dict)
    """What is under way: events, or when a note was said."""
    _notes: deque[tuple[str, bytes]] = field(default_factory=deque)
    _born_ns: int = 0
    _rebirth_ns: int = 0
    _signed: bytes = b""

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
        self.notary.sign(is_urgent=True)
        self._say_notes()

    def turn(self) -> None:
        """
        Do what there is to do, and wait a second at most for more.

        Raises:
            BrokerLost: Nothing comes back any more.

        """
        self._carry()
        self._beat()
        now_ns = self.clock.boot_ns()
        due_ns = [due for due in (self.courier.due_ns(now_ns), self.shelf.due_ns(self.courier)) if due is not None]
        self._listen(min(TURN_S, *(max(0.0, (due - now_ns) / NS_PER_S) for due in due_ns)) if due_ns else TURN_S)
        self.shelf.keep(self.courier)
        self.notary.sign()
        if self.courier.is_idle:
            self.shelf.prune()
        self._doubt()

    def goodbye(self, timeout_s: float) -> None:
        """Send what is live, say that we stop, and wait so long for what is under way. The rest stays in the spool."""
        self._carry()
        self._notes.append((STATE, self.presence.end("stopped")))
        deadline_ns = self.clock.boot_ns() + round(timeout_s * NS_PER_S)
        self._say_notes()
        while (self._notes or self.session.in_flight) and (left_ns := deadline_ns - self.clock.boot_ns()) > 0:
            self._listen(left_ns / NS_PER_S)
            self._say_notes()

    def _carry(self) -> None:
        last = self.shelf.last()
        if last is not None:
            self.courier.appended(last)
        self._say_notes()
        while True:
            self._read()
            send = self.courier.next(self.clock.boot_ns(), slots=self._slots)
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
        for happened in self.session.poll(timeout_s, wake=self.woken, watch=self.news.fd):
            match happened:
                case Published(mid=mid, code=code):
                    self.has_proof = True
                    self._acknowledged(self._mids.pop(mid), code)
                case Arrived(payload=payload, is_retained=is_retained):
                    self.hearing.payload(payload, is_fresh=not is_retained)

    def _acknowledged(self, send: Send | int, code: int) -> None:
        now_ns = self.clock.boot_ns()
        if isinstance(send, int):
            self.courier.answered(send, now_ns)
            self.courier.no_receipt_before(now_ns + RECEIPT_GRACE_NS)
            return
        self.courier.published(send.number, code, now_ns)
        if self.presence.receipt == "broker":
            self.hearing.date()

    def _beat(self) -> None:
        disk = self.shelf.disk()
        if not self.pulse.beats(self.clock.boot_ns(), lambda: (self.presence.box().readers, disk.is_refusing)):
            return
        depth = self.shelf.depth()
        if depth is not None:
            health = self.presence.health(self.clock.stamp(), depth, disk)
            self.session.publish(self._up(HEALTH), health, qos=0, expiry_s=HEALTH_EXPIRY_S)

    def _doubt(self) -> None:
        where = self.session.where
        if self.news.heard() and self.session.is_stuck:
            raise BrokerLost(f"{where}: the network has changed, and nothing comes back over this connection")
        if self.courier.is_unanswered(self.clock.boot_ns()):
            raise BrokerLost(f"{where}: the broker acknowledges nothing; is it overloaded? See its log")

    def _say_notes(self) -> None:
        """Say what is retained: who we are, and what we have signed."""
        now_ns = self.clock.boot_ns()
        if now_ns >= self._rebirth_ns or (self.courier.tally.has_forgotten and now_ns >= self._born_ns + DOUBT_NS):
            self._born_ns, self._rebirth_ns = now_ns, now_ns + REBIRTH_NS
            self.courier.tally.has_forgotten = False
            self._notes.append((STATE, self._birth()))
        checkpoint = self.notary.newest()
        signed = b"" if checkpoint is None else encode(checkpoint)
        if signed != self._signed:
            self._signed = signed
            self._notes.append((CHECKPOINT, signed))
        while self._notes and self._slots > 0:
            leaf, payload = self._notes.popleft()
            self._mids[self.session.publish(self._up(leaf), payload, retain=True)] = now_ns

    def _birth(self) -> bytes:
        stamp, tally = self.clock.stamp(), self.courier.tally
        return self.presence.birth(
            stamp,
            last=self.courier.last,
            upto=tally.upto,
            generation=tally.generation,
            boot_ms=self.hearing.echo.asked(stamp),
            key=self.notary.public,
        )

    @property
    def _slots(self) -> int:
        return self.session.limits.receive_maximum - self.session.in_flight

    def _up(self, leaf: str) -> str:
        return self.topics.up(self.presence.gateway, leaf)
