"""The thread between spool and broker: connects, carries, stays connected. What is sent, the courier decides.

The loop of a connection, whole: hear of new events, hand the courier what it wants to read, publish what it wants sent,
wait for the broker or for a new touch, write down what the receiver has.
"""

import contextlib
import logging
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread

from edge_agent.clock import Clock
from edge_agent.config import settings
from edge_agent.core.message import Unreadable, decode_receipt
from edge_agent.core.topics import Topics
from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink.courier import Courier, Send
from edge_agent.uplink.mqtt import Arrived, Endpoint, Published, Session, Will
from edge_agent.uplink.presence import HEALTH, STATE, Box, Presence
from edge_agent.uplink.reasons import BrokerClosed, BrokerError, SessionTaken
from edge_agent.uplink.retry import keep_trying
from edge_agent.uplink.shelf import Shelf
from edge_agent.uplink.tally import Tally
from spool.journal import Journal

__all__ = ["Box", "LinkStatus", "Uplink"]

log = logging.getLogger(__name__)

OPEN_TIMEOUT_S = 10.0
TICK_S = 1.0
RECEIPT_HOLD_NS = NS_PER_S
"""The retained receipt comes at once, if there is one: waiting for it saves sending what the receiver has."""
STEADY_NS = 10 * NS_PER_S
WILL_DELAY_S = 60
HEALTH_EXPIRY_S = 120
"""An outage must not replay dead gauges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatus:
    """How the link stands. All times are nanoseconds of the boot clock, but where the name says UTC."""

    is_connected: bool = False
    error: str = "not connected yet"
    """Why not, or what is wrong although it is connected; empty if all is well."""
    protocol: int | None = None
    """5, or 4 for MQTT 3.1.1; None while not connected."""
    since_ns: int = 0
    """When `is_connected` last changed."""
    in_flight: int = 0
    receipt: str = "receiver"
    """Whose word allows pruning."""
    upto: int = 0
    heard_utc_ns: int | None = None
    """When the last receipt came; None if none came in this run, or the clock could not be believed."""
    is_forked: bool = False
    """The receiver knows events of this epoch that this disk does not: a copied or restored disk. Nothing is sent."""
    is_taken: bool = False
    """Another box uses our identity. Nothing is sent until the agent is restarted."""
    ticked_ns: int = 0
    """When the thread last showed a sign of life."""


class Uplink:
    """Brings the spool to the broker, in a thread of its own. Never holds up a touch."""

    def __init__(
        self,
        *,
        endpoint: Endpoint,
        topics: Topics,
        gateway: str,
        journal: Journal,
        spool_path: Path,
        clock: Clock,
        settings: settings.Uplink,
        birth: Callable[[], Box],
        session: str,
        retention_days: int = 90,
    ) -> None:
        """
        Prepare; `start` starts.

        Args:
            endpoint: Where to, as whom; its will is filled in here.
            topics: Names of the topics.
            gateway: This box's name.
            journal: The spool's writer: for receipts, quarantine, pruning.
            spool_path: The same file, for reading.
            clock: What time it is.
            settings: The table `uplink`.
            birth: What the box says of itself; called from this thread about once a second.
            session: The name of this run of the agent.
            retention_days: How long receipted events are kept.

        """
        self._presence = Presence(
            gateway=gateway,
            session=session,
            epoch=journal.epoch,
            receipt=settings.receipt,
            box=birth,
            started_ns=clock.boot_ns(),
        )
        self._topics, self._gateway = topics, gateway
        self._endpoint = replace(
            endpoint, will=Will(topic=self._up(STATE), payload=self._presence.end("lost"), delay_s=WILL_DELAY_S)
        )
        self._clock = clock
        self._settings = settings
        self._epoch = journal.epoch
        self._shelf = Shelf(spool_path, journal=journal, clock=clock, retention_days=retention_days)
        self._courier: Courier | None = None
        self._readers = birth().readers
        self._health_ns = clock.boot_ns() + round(random.random() * settings.health_s * NS_PER_S)  # noqa: S311 - a phase
        self._look_ns = 0
        self._mids: dict[int, Send | None] = {}
        self._has_proof = False
        self._connected_ns: int | None = None
        self._stop = Event()
        self._goodbye_s = 0.0
        self._woken, self._waker = socket.socketpair()
        self._woken.settimeout(0)
        self._waker.settimeout(0)
        self._status = LinkStatus(receipt=settings.receipt, since_ns=clock.boot_ns(), ticked_ns=clock.boot_ns())
        self._thread = Thread(target=self._run, name="uplink", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Say goodbye, wait a moment for what is under way, and end. What is not sent stays in the spool."""
        self._goodbye_s = timeout_s / 2
        self._stop.set()
        self.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        if not self._thread.is_alive():
            self._woken.close()
            self._waker.close()

    def wake(self) -> None:
        """Say that there is a new event. From any thread; never waits."""
        with contextlib.suppress(BlockingIOError, OSError):  # full: it wakes up anyway; closed: it has stopped
            self._waker.send(b"\0")

    def status(self) -> LinkStatus:
        """Return how the link stands. From any thread."""
        return self._status

    # ---------------------------------------------------------------- the thread

    def _run(self) -> None:
        try:
            keep_trying(
                self._once,
                stop=self._stop,
                longest_s=self._settings.reconnect_max_s,
                rest=self._rest,
                was_steady=self._was_steady,
            )
        except SessionTaken:
            self._tell(is_taken=True)
            while not self._stop.is_set():
                self._rest(TICK_S)
        finally:
            self._shelf.close()

    def _once(self) -> None:
        """Connect and stay connected; return only when the agent stops."""
        self._connected_ns = None
        try:
            courier = self._courier = self._courier or self._begin()
            session = Session.open(self._endpoint, timeout_s=OPEN_TIMEOUT_S, now=self._now_s)
            try:
                self._converse(session, courier)
            except BrokerError as exc:
                courier.disconnected(is_reaction=isinstance(exc, BrokerClosed) and self._has_proof)
                raise
            finally:
                session.close()
        except BrokerError as exc:
            self._gone(str(exc))
            raise
        self._gone("stopped")

    def _begin(self) -> Courier:
        """Read where the spool stands; wait for a spool that cannot be read."""
        while (depth := self._shelf.depth()) is None and not self._stop.is_set():
            self._tell(error=self._shelf.error)
            self._rest(TICK_S)
        last, upto, generation = (depth.last, depth.upto, depth.generation) if depth else (0, 0, 0)
        if depth:
            self._shelf.kept(depth)
        tally = Tally(
            epoch=self._epoch,
            upto=upto,
            generation=generation,
            last=last,
            receipt=self._settings.receipt,
            receipt_timeout_s=self._settings.receipt_timeout_s,
        )
        return Courier(
            tally, last=last, backlog_bytes=self._settings.backlog_bytes, batch_events=self._settings.batch_events
        )

    def _converse(self, session: Session, courier: Courier) -> None:
        self._greet(session, courier)
        while not self._stop.is_set():
            self._carry(session, courier)
            self._health(session)
            self._hear(session, courier, self._patience_s(courier))
            self._keep(courier)
        self._say_goodbye(session, courier)

    def _greet(self, session: Session, courier: Courier) -> None:
        now_ns = self._connected_ns = self._clock.boot_ns()
        self._mids.clear()
        self._has_proof = False
        hold_ns = 0
        if self._settings.receipt == "receiver":
            session.subscribe(self._topics.receipt(self._gateway))
            hold_ns = RECEIPT_HOLD_NS
        last = self._shelf.last()
        courier.connected(
            now_ns,
            last=courier.last if last is None else last,
            payload_bytes=session.limits.payload_bytes(self._up("batchz")),
            receive_maximum=session.limits.receive_maximum,
            hold_ns=hold_ns,
        )
        birth = self._presence.birth(self._clock.stamp(), last=courier.last, upto=courier.tally.upto)
        self._mids[session.publish(self._up(STATE), birth, retain=True)] = None
        log.info("broker connected", extra={"broker": self._endpoint.where, "protocol": session.limits.protocol})
        self._tell(is_connected=True, protocol=session.limits.protocol, since_ns=now_ns)

    def _carry(self, session: Session, courier: Courier) -> None:
        """Publish everything that may go now."""
        last = self._shelf.last()
        if last is not None:
            courier.appended(last)
        while True:
            self._fetch(courier)
            slots = session.limits.receive_maximum - session.in_flight
            send = courier.next(self._clock.boot_ns(), slots=slots)
            if send is None:
                return
            self._mids[session.publish(self._up(send.leaf), send.payload)] = send

    def _fetch(self, courier: Courier) -> None:
        while (want := courier.wants(self._clock.boot_ns())) is not None:
            entries = self._shelf.read(want)
            if entries is None:
                return
            courier.give(want, entries)

    def _hear(self, session: Session, courier: Courier, timeout_s: float) -> None:
        for happened in session.poll(timeout_s, wake=self._woken):
            match happened:
                case Published(mid=mid, code=code):
                    send = self._mids.pop(mid, None)
                    self._has_proof = True
                    if send is not None:
                        courier.published(send.number, code, self._clock.boot_ns())
                case Arrived():
                    self._heard(courier, happened)

    def _heard(self, courier: Courier, arrived: Arrived) -> None:
        try:
            receipt = decode_receipt(arrived.payload)
        except Unreadable as exc:
            log.warning("receipt cannot be read", extra={"error": str(exc)})
            return
        was_forked = courier.tally.is_forked
        courier.receipt(receipt, self._clock.boot_ns())
        if courier.tally.is_forked and not was_forked:
            log.error("receiver knows events this disk does not", extra={"upto": receipt.upto, "last": courier.last})
        if not arrived.is_retained:
            stamp = self._clock.stamp()
            self._status = replace(self._status, heard_utc_ns=stamp.utc_ns if stamp.is_dated else None)

    def _keep(self, courier: Courier) -> None:
        self._shelf.keep(courier, heard_utc_ns=self._heard_utc_ns(courier))
        if courier.is_idle:
            self._shelf.prune()
        self._tell(error=self._trouble(courier))

    def _health(self, session: Session) -> None:
        if self._clock.boot_ns() < self._look_ns:
            return
        stamp, readers = self._clock.stamp(), self._presence.box().readers
        self._look_ns = stamp.boot_ns + round(TICK_S * NS_PER_S)
        if stamp.boot_ns < self._health_ns and readers == self._readers:
            return
        self._health_ns = stamp.boot_ns + round(self._settings.health_s * NS_PER_S)
        self._readers = readers
        depth = self._shelf.depth()
        if depth is not None:
            health = self._presence.health(stamp, depth, readers)
            session.publish(self._up(HEALTH), health, qos=0, expiry_s=HEALTH_EXPIRY_S)

    def _say_goodbye(self, session: Session, courier: Courier) -> None:
        session.publish(self._up(STATE), self._presence.end("stopped"), retain=True)
        deadline_s = self._now_s() + self._goodbye_s
        while session.in_flight and (left_s := deadline_s - self._now_s()) > 0:
            self._hear(session, courier, min(left_s, TICK_S))
        courier.disconnected(is_reaction=False)
        self._shelf.flush(courier, heard_utc_ns=self._heard_utc_ns(courier))

    # ---------------------------------------------------------------- small things

    def _up(self, leaf: str) -> str:
        return self._topics.up(self._gateway, leaf)

    def _now_s(self) -> float:
        return self._clock.boot_ns() / NS_PER_S

    def _rest(self, seconds: float) -> None:
        """Wait, with a sign of life every second, until it is over or the agent stops."""
        until_ns = self._clock.boot_ns() + round(seconds * NS_PER_S)
        while (left_ns := until_ns - self._clock.boot_ns()) > 0:
            if self._stop.wait(min(TICK_S, left_ns / NS_PER_S)):
                return
            self._tell()

    def _patience_s(self, courier: Courier) -> float:
        now_ns = self._clock.boot_ns()
        due_ns = courier.due_ns(now_ns)
        return TICK_S if due_ns is None else min(TICK_S, (due_ns - now_ns) / NS_PER_S)

    def _was_steady(self) -> bool:
        return self._connected_ns is not None and self._clock.boot_ns() - self._connected_ns >= STEADY_NS

    def _heard_utc_ns(self, courier: Courier) -> int | None:
        if self._settings.receipt == "receiver" and courier.tally.upto == 0:
            return None
        stamp = self._clock.stamp()
        return stamp.utc_ns if stamp.is_dated else None

    def _trouble(self, courier: Courier) -> str:
        where = self._endpoint.where
        if courier.tally.is_forked:
            return f"{where}: the receiver has later events of this spool; was the disk copied or set back? Nothing is sent"
        if courier.refused:
            said = ", ".join(f"{self._up(leaf)} (0x{code:02X})" for leaf, code in courier.refused.items())
            return f"{where}: the broker refuses messages on {said}; check its access rules for this gateway"
        if courier.too_large is not None:
            return f"{where}: event {courier.too_large} is larger than this broker takes; raise its packet size"
        return self._shelf.error

    def _gone(self, error: str) -> None:
        if self._status.is_connected:
            self._tell(is_connected=False, protocol=None, since_ns=self._clock.boot_ns(), error=error)
            log.warning("broker lost", extra={"error": error})
        elif error != self._status.error:
            self._tell(error=error)
            log.warning("broker cannot be reached", extra={"error": error})

    def _tell(self, **changes: object) -> None:
        courier = self._courier
        self._status = replace(
            self._status,
            ticked_ns=self._clock.boot_ns(),
            in_flight=courier.in_flight if courier else 0,
            upto=courier.tally.upto if courier else 0,
            is_forked=courier.tally.is_forked if courier else False,
            **changes,  # type: ignore[arg-type]  # the fields of LinkStatus
        )
