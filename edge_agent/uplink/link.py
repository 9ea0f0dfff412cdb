"""The uplink's thread: connects, keeps trying, tells how it stands. What is sent, the courier decides."""

import contextlib
import logging
import random
import select
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event, Thread

from edge_agent.clock import WRITTEN_UTC_NS, Clock
from edge_agent.config import settings
from edge_agent.core.message import Receipt
from edge_agent.core.topics import Topics
from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink.checkpoint import Notary
from edge_agent.uplink.conversation import Conversation
from edge_agent.uplink.courier import Courier
from edge_agent.uplink.course import Course
from edge_agent.uplink.dates import Today
from edge_agent.uplink.echo import Echo
from edge_agent.uplink.flapping import Flapping
from edge_agent.uplink.hearing import Hearing
from edge_agent.uplink.mqtt import Endpoint, Session, Will
from edge_agent.uplink.news import Hurry, News
from edge_agent.uplink.opening import Opening
from edge_agent.uplink.presence import STATE, Box, Presence, Pulse
from edge_agent.uplink.reasons import BrokerClosed, BrokerError, BrokerLost, BrokerMoved, SessionTaken
from edge_agent.uplink.retry import keep_trying
from edge_agent.uplink.shelf import Shelf
from edge_agent.uplink.standing import LinkStatus, trouble
from edge_agent.uplink.tally import Tally
from spool.journal import Journal

__all__ = ["Box", "LinkStatus", "Uplink"]

log = logging.getLogger(__name__)

STEP_TIMEOUT_S = 10.0
OPEN_TIMEOUT_S = 60.0
TICK_S = 1.0
HURRY_S = 0.5
"""At most so long after the network came back the next try begins."""
STEADY_NS = 10 * NS_PER_S
WILL_DELAY_S = 60


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
        known_utc_ns: Callable[[], int] = lambda: WRITTEN_UTC_NS,
        key_path: Path | None = None,
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
            known_utc_ns: The last time known for certain: judges certificates while the clock cannot.
            key_path: The file of the key that signs the history, made if there is none; None: nothing is signed.

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
        self._course = Course(replace(endpoint, will=will))
        self._moved: BrokerMoved | None = None
        self._topics = topics
        self._clock = clock
        self._settings = settings
        self._known_utc_ns = known_utc_ns
        self._shelf = Shelf(spool_path, gateway=gateway, journal=journal, clock=clock, retention_days=retention_days)
        self._notary = Notary(
            key_path=key_path,
            gateway=gateway,
            epoch=journal.epoch,
            shelf=self._shelf,
            clock=clock,
            every_s=settings.checkpoint_s,
        )
        self._pulse = Pulse(every_s=settings.health_s, now_ns=now_ns)
        self._hearing: Hearing | None = None
        self._offered: deque[Receipt] = deque()
        self._opening: Opening | None = None
        self._flapping = Flapping()
        self._connected_ns: int | None = None
        self._news = News()
        self._hurry = Hurry()
        self._may_hurry = True
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

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Say goodbye, wait a moment for what is under way, and end; False while it lasts. The spool keeps the rest."""
        self._goodbye_s = timeout_s / 2
        self._stop.set()
        self.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        self._news.close()
        self._woken.close()
        self._waker.close()
        return True

    def wake(self) -> None:
        """Say that there is a new event. From any thread; never waits."""
        with contextlib.suppress(OSError):  # full: it wakes up anyway; closed: it has stopped
            self._waker.send(b"\0")

    def offer_receipt(self, receipt: Receipt) -> None:
        """Bring a receipt that came another way than from the broker. From any thread, also without a connection."""
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
                self._pause(TICK_S)
        finally:
            self._shelf.close()
            self._news.close()

    def _once(self) -> None:
        """Connect and stay connected; return only when the agent stops."""
        self._connected_ns = None
        self._hearing = self._hearing or self._begin()
        if self._hearing is None:
            return
        try:
            session = self._connect()
            if session is not None:
                try:
                    self._stay(session, self._hearing)
                finally:
                    session.close()
        except BrokerError as exc:
            error = self._ended(exc)
            self._gone(str(error))
            if error is exc:
                raise
            raise error from exc
        self._tell(is_connected=False, protocol=None, since_ns=self._clock.boot_ns(), error="stopped")

    def _begin(self) -> Hearing | None:
        """Read where the spool stands, when it can be read; None if the agent stops before."""
        while (depth := self._shelf.depth()) is None:
            self._tell(error=self._shelf.error)
            self._pause(TICK_S)
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
        courier = Courier(
            tally,
            last=depth.last,
            backlog_bytes=self._settings.backlog_bytes,
            batch_events=self._settings.batch_events,
        )
        return Hearing(epoch=self._presence.epoch, courier=courier, shelf=self._shelf, echo=Echo(), clock=self._clock)

    # ---------------------------------------------------------------- connecting

    def _connect(self) -> Session | None:
        """Return a session, also with the server the broker names; None if the agent stops before."""
        moved, self._moved = self._moved, None
        self._course.begin(after=moved)
        while True:
            try:
                return self._open()
            except BrokerMoved as exc:
                self._course.follow(exc)  # refuses a second one
                log.warning("broker sends us on", extra={"broker": self._course.target.where})

    def _open(self) -> Session | None:
        target = self._course.target
        if self._opening is not None and not self._opening.is_done:
            raise BrokerLost(f"{target.where}: still trying to connect; does the name server answer?")
        connect = partial(Session.open, target, timeout_s=STEP_TIMEOUT_S, now=self._now_s, today=self._today)
        self._opening = opening = Opening(connect, done=self.wake)
        until_ns = self._clock.boot_ns() + round(OPEN_TIMEOUT_S * NS_PER_S)
        while not opening.is_done:
            if self._stop.is_set():
                opening.abandon()
                return None
            if self._clock.boot_ns() >= until_ns:
                opening.abandon()
                raise BrokerLost(f"{target.where}: no connection in {OPEN_TIMEOUT_S:.0f} s; is DNS set?")
            self._pause(TICK_S)
        return opening.session()

    def _stay(self, session: Session, hearing: Hearing) -> None:
        courier = hearing.courier
        talk = Conversation(
            session=session,
            courier=courier,
            shelf=self._shelf,
            hearing=hearing,
            notary=self._notary,
            presence=self._presence,
            pulse=self._pulse,
            topics=self._topics,
            clock=self._clock,
            woken=self._woken,
            news=self._news,
        )
        is_reaction = False
        try:
            talk.greet()
            self._arrived(session)
            while not self._stop.is_set():
                talk.turn()
                session.check_dates()
                self._hear_offered()
                self._tell(error=self._trouble(session, courier))
            talk.goodbye(self._goodbye_s)
        except BrokerClosed:
            is_reaction = talk.has_proof
            raise
        finally:
            courier.disconnected(is_reaction=is_reaction)
            self._shelf.flush(courier)

    # ---------------------------------------------------------------- how it stands

    def _arrived(self, session: Session) -> None:
        self._connected_ns = self._clock.boot_ns()
        protocol = session.limits.protocol
        self._tell(is_connected=True, protocol=protocol, since_ns=self._connected_ns, error="")
        log.info("broker connected", extra={"broker": session.where, "protocol": protocol})

    def _ended(self, error: BrokerError) -> BrokerError:
        """Draw the conclusions from how an attempt or a connection ended; return the error to go on with."""
        now_ns = self._clock.boot_ns()
        self._may_hurry = isinstance(error, BrokerLost) and error.slow_factor <= 1
        if self._connected_ns is None:
            self._course.failed()
            return error
        if isinstance(error, BrokerMoved):
            self._moved = error
        if self._hearing is not None and self._hearing.courier.is_suspecting:
            return error  # that has a reason of its own
        return self._flapping.ended(error, lasted_ns=now_ns - self._connected_ns, now_ns=now_ns)

    def _gone(self, error: str) -> None:
        if self._status.is_connected:
            log.warning("broker lost", extra={"error": error})
            self._tell(is_connected=False, protocol=None, since_ns=self._clock.boot_ns(), error=error)
        elif error != self._status.error:
            log.warning("broker cannot be reached", extra={"error": error})
            self._tell(error=error)

    def _trouble(self, session: Session, courier: Courier) -> str:
        self._flapping.passed(self._clock.boot_ns())
        return trouble(session.where, courier) or self._flapping.warning or self._shelf.error or self._notary.error

    # ---------------------------------------------------------------- waiting

    def _rest(self, seconds: float) -> None:
        """Wait until it is over, the agent stops, or the network is back."""
        until_ns = self._clock.boot_ns() + round(seconds * NS_PER_S)
        while not self._stop.is_set() and (left_s := (until_ns - self._clock.boot_ns()) / NS_PER_S) > 0:
            is_listening = self._may_hurry and left_s > HURRY_S
            if is_listening and self._news.heard() and self._hurry.allows(self._clock.boot_ns()):
                left_s, is_listening = random.uniform(0, HURRY_S), False  # noqa: S311 - jitter, not a secret
                until_ns = self._clock.boot_ns() + round(left_s * NS_PER_S)
            self._pause(min(TICK_S, left_s), is_listening=is_listening)

    def _pause(self, seconds: float, *, is_listening: bool = False) -> None:
        """Wait so long at most, with the work that needs no connection, and a sign of life."""
        waiting = select.poll()
        waiting.register(self._woken.fileno(), select.POLLIN)
        if is_listening and self._news.fd is not None:
            waiting.register(self._news.fd, select.POLLIN)
        waiting.poll(max(0.0, seconds) * 1000)
        with contextlib.suppress(BlockingIOError):
            while self._woken.recv(4096):
                pass
        self._hear_offered()
        self._notary.sign()
        self._tell()

    def _hear_offered(self) -> None:
        hearing = self._hearing
        while self._offered and hearing is not None:
            # Without a connection nobody tells the courier of new events, and it would take the receipt for a fork.
            hearing.courier.appended(self._shelf.last() or 0)
            hearing.receipt(self._offered.popleft(), is_fresh=False)
            self._shelf.flush(hearing.courier)

    def _was_steady(self) -> bool:
        return self._connected_ns is not None and self._clock.boot_ns() - self._connected_ns >= STEADY_NS

    def _today(self) -> Today:
        return Today(at=self._clock.stamp(), known_utc_ns=self._known_utc_ns())

    def _now_s(self) -> float:
        return self._clock.boot_ns() / NS_PER_S

    def _tell(self, **changes: object) -> None:
        courier = self._hearing.courier if self._hearing else None
        self._status = replace(
            self._status,
            ticked_ns=self._clock.boot_ns(),
            in_flight=courier.in_flight if courier else 0,
            upto=courier.tally.upto if courier else 0,
            heard_utc_ns=self._shelf.heard_utc_ns,
            is_forked=courier.tally.is_forked if courier else False,
            **changes,  # type: ignore[arg-type]  # the fields of LinkStatus
        )
