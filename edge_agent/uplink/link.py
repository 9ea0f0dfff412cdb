"""The uplink's thread: connects, keeps trying, tells how it stands. What is sent, the courier decides."""

import contextlib
import logging
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread

from edge_agent.clock import Clock
from edge_agent.config import settings
from edge_agent.core.message import Receipt
from edge_agent.core.topics import Topics
from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink.conversation import Conversation
from edge_agent.uplink.courier import Courier
from edge_agent.uplink.mqtt import Endpoint, Session, Will
from edge_agent.uplink.presence import STATE, Box, Presence, Pulse
from edge_agent.uplink.reasons import BrokerClosed, BrokerError, SessionTaken
from edge_agent.uplink.retry import keep_trying
from edge_agent.uplink.shelf import Shelf
from edge_agent.uplink.tally import Tally
from spool.journal import Journal

__all__ = ["Box", "LinkStatus", "Uplink"]

log = logging.getLogger(__name__)

OPEN_TIMEOUT_S = 10.0
TICK_S = 1.0
STEADY_NS = 10 * NS_PER_S
WILL_DELAY_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatus:
    """How the link stands. Times are nanoseconds of the boot clock, except where the name says UTC."""

    is_connected: bool = False
    error: str = "not connected yet"
    """Why not, or what is wrong although it is connected; empty if all is well."""
    protocol: int | None = None
    """5, or 4 for MQTT 3.1.1; None while not connected."""
    since_ns: int
    """When `is_connected` last changed."""
    in_flight: int = 0
    """Messages the broker has not acknowledged."""
    receipt: str
    """Whose word allows pruning: `receiver` or `broker`."""
    upto: int = 0
    """Everything up to here is receipted."""
    heard_utc_ns: int | None = None
    """When the last receipt came; None if none did, or the clock could not be believed."""
    is_forked: bool = False
    """The receiver knows events of this epoch that this disk does not: a copied or restored disk. Nothing is sent."""
    is_taken: bool = False
    """Another box uses our identity. Nothing is sent until the agent is restarted."""
    ticked_ns: int
    """When the thread last showed a sign of life. Connecting may take half a minute."""


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
        now_ns = clock.boot_ns()
        self._presence = Presence(
            gateway=gateway,
            session=session,
            epoch=journal.epoch,
            receipt=settings.receipt,
            box=birth,
            started_ns=now_ns,
        )
        will = Will(topic=topics.up(gateway, STATE), payload=self._presence.end("lost"), delay_s=WILL_DELAY_S)
        self._endpoint = replace(endpoint, will=will)
        self._topics = topics
        self._clock = clock
        self._settings = settings
        self._shelf = Shelf(spool_path, journal=journal, clock=clock, retention_days=retention_days)
        self._pulse = Pulse(every_s=settings.health_s, now_ns=now_ns)
        self._courier: Courier | None = None
        self._connected_ns: int | None = None
        self._offered: deque[Receipt] = deque()
        self._stop = Event()
        self._goodbye_s = 0.0
        self._woken, self._waker = socket.socketpair()
        self._woken.settimeout(0)
        self._waker.settimeout(0)
        self._status = LinkStatus(receipt=settings.receipt, since_ns=now_ns, ticked_ns=now_ns)
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
        with contextlib.suppress(OSError):  # full: it wakes up anyway; closed: it has stopped
            self._waker.send(b"\0")

    def offer_receipt(self, receipt: Receipt) -> None:
        """Take a receipt that came another way than by the broker. From any thread, also while not connected."""
        self._offered.append(receipt)
        self.wake()

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
            log.error("another box uses our identity")  # noqa: TRY400 - said, not traced
            while not self._stop.is_set():
                self._rest(TICK_S)
        finally:
            self._shelf.close()

    def _once(self) -> None:
        """Connect and stay connected; return only when the agent stops."""
        self._connected_ns = None
        self._courier = self._courier or self._begin()
        if self._courier is None:
            return
        try:
            session = Session.open(self._endpoint, timeout_s=OPEN_TIMEOUT_S, now=self._now_s)
            try:
                self._stay(session, self._courier)
            finally:
                session.close()
        except BrokerError as exc:
            self._gone(str(exc))
            raise
        self._tell(is_connected=False, protocol=None, since_ns=self._clock.boot_ns(), error="stopped")

    def _begin(self) -> Courier | None:
        """Read where the spool stands, when it can be read; None if the agent stops before."""
        while (depth := self._shelf.depth()) is None:
            self._tell(error=self._shelf.error)
            self._rest(TICK_S)
            if self._stop.is_set():
                return None
        self._shelf.kept(depth)
        tally = Tally(
            epoch=self._presence.epoch,
            upto=depth.upto,
            generation=depth.generation,
            last=depth.last,
            receipt=self._settings.receipt,
            receipt_timeout_s=self._settings.receipt_timeout_s,
        )
        return Courier(
            tally,
            last=depth.last,
            backlog_bytes=self._settings.backlog_bytes,
            batch_events=self._settings.batch_events,
        )

    def _stay(self, session: Session, courier: Courier) -> None:
        talk = Conversation(
            session=session,
            courier=courier,
            shelf=self._shelf,
            presence=self._presence,
            pulse=self._pulse,
            topics=self._topics,
            clock=self._clock,
            woken=self._woken,
        )
        is_reaction = False
        try:
            talk.greet()
            self._arrived(session)
            while not self._stop.is_set():
                talk.turn()
                self._tell(error=self._trouble(courier))
            talk.goodbye(self._goodbye_s)
        except BrokerClosed:
            is_reaction = talk.has_proof
            raise
        finally:
            courier.disconnected(is_reaction=is_reaction)
            self._shelf.flush(courier)

    def _arrived(self, session: Session) -> None:
        self._connected_ns = self._clock.boot_ns()
        protocol = session.limits.protocol
        self._tell(is_connected=True, protocol=protocol, since_ns=self._connected_ns, error="")
        log.info("broker connected", extra={"broker": self._endpoint.where, "protocol": protocol})

    def _gone(self, error: str) -> None:
        if self._status.is_connected:
            log.warning("broker lost", extra={"error": error})
            self._tell(is_connected=False, protocol=None, since_ns=self._clock.boot_ns(), error=error)
        elif error != self._status.error:
            log.warning("broker cannot be reached", extra={"error": error})
            self._tell(error=error)

    def _trouble(self, courier: Courier) -> str:
        where = self._endpoint.where
        if courier.tally.is_forked:
            return (
                f"{where}: the receiver has later events of this spool: was the disk copied or set back? None is sent"
            )
        if courier.refused:
            said = ", ".join(f"up/{leaf} (0x{code:02X})" for leaf, code in courier.refused.items())
            return f"{where}: the broker refuses messages on {said}; check its access rules for this gateway"
        if courier.too_large is not None:
            return f"{where}: event {courier.too_large} is larger than this broker takes; raise its packet size"
        return self._shelf.error

    def _rest(self, seconds: float) -> None:
        """Wait, with a sign of life every second, until it is over or the agent stops."""
        until_ns = self._clock.boot_ns() + round(seconds * NS_PER_S)
        while (left_ns := until_ns - self._clock.boot_ns()) > 0:
            if self._stop.wait(min(TICK_S, left_ns / NS_PER_S)):
                return
            self._tell()

    def _was_steady(self) -> bool:
        return self._connected_ns is not None and self._clock.boot_ns() - self._connected_ns >= STEADY_NS

    def _now_s(self) -> float:
        return self._clock.boot_ns() / NS_PER_S

    def _tell(self, **changes: object) -> None:
        courier = self._courier
        self._status = replace(
            self._status,
            ticked_ns=self._clock.boot_ns(),
            in_flight=courier.in_flight if courier else 0,
            upto=courier.tally.upto if courier else 0,
            heard_utc_ns=self._shelf.heard_utc_ns,
            is_forked=courier.tally.is_forked if courier else False,
            **changes,  # type: ignore[arg-type]  # the fields of LinkStatus
        )
