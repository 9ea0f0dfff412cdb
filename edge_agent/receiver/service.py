"""The receiver's loop: hear, commit, and only then say so. One thread; what is committed, the store decides.

The loop of a connection, whole: publish the receipts that are due, wait for the broker, hand what came to the store,
note who is owed a receipt for it.
"""

import contextlib
import logging
import socket
from collections import deque
from collections.abc import Callable, Sequence
from threading import Event
from typing import Protocol

import msgspec

from edge_agent.clock import Clock
from edge_agent.core.message import GatewayState
from edge_agent.core.topics import Topics
from edge_agent.core.touch import NS_PER_S
from edge_agent.core.wire import encode
from edge_agent.notify import Notify
from edge_agent.receiver.inbox import Inbox
from edge_agent.receiver.owed import Owed
from edge_agent.receiver.store import NAMED, RECENT, Store
from edge_agent.receiver.unpack import Letter, Stream, read_state
from edge_agent.uplink.mqtt import Arrived, Happened, Limits, Published
from edge_agent.uplink.reasons import FAILED, BrokerError
from edge_agent.uplink.retry import keep_trying
from spool.file import SpoolDamaged, SpoolUnavailable

log = logging.getLogger(__name__)

TICK_S = 1.0
STEADY_NS = 10 * NS_PER_S
RECONNECT_MAX_S = 30.0
GOODBYE_S = 2.0
DISK_WAIT_NS = NS_PER_S
RETAINED = ("state", "checkpoint")
LETTERS_AT_ONCE = 100
"""Messages in one transaction, at most: a batch may inflate to 16 MiB (I8)."""


class Connection(Protocol):
    """What is used of `uplink.mqtt.Session`."""

    limits: Limits

    @property
    def in_flight(self) -> int:
        """QoS 1 messages without a PUBACK."""
        ...

    def subscribe(self, topic_filter: str, *, qos: int = 1) -> None:
        """Ask for these messages."""
        ...

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, expiry_s: int | None = None
    ) -> int:
        """Hand a message over and return its number."""
        ...

    def poll(self, timeout_s: float, *, wake: socket.socket | None = None) -> list[Happened]:
        """Return what has happened."""
        ...

    def close(self) -> None:
        """Say goodbye."""
        ...


class Service:
    """Takes what all gateways send, until it is stopped."""

    def __init__(
        self,
        *,
        store: Store,
        connect: Callable[[], Connection],
        topics: Topics,
        share: str,
        receipt_every_ms: int,
        clock: Clock,
        notify: Notify,
        inbox: Inbox | None = None,
    ) -> None:
        """
        Prepare; `run` runs.

        Args:
            store: Where it is committed.
            connect: Opens a connection to the broker, or raises a `BrokerError`.
            topics: Names of the topics.
            share: Name of the shared subscription; empty for none.
            receipt_every_ms: Least distance of two receipts to one gateway.
            clock: What time it is.
            notify: Hears that the loop moves.
            inbox: What comes by hand.

        """
        self._store = store
        self._connect = connect
        self._topics = topics
        self._share = share
        self._clock = clock
        self._notify = notify
        self._inbox = inbox
        self._look_ns = 0
        self._owed = Owed(every_ns=receipt_every_ms * NS_PER_S // 1000)
        self._mids: dict[int, Stream] = {}
        self._echo_ms: dict[Stream, int] = {}
        self._connected_ns: int | None = None
        self._disk_again_ns = 0
        self._error = self._disk_error = self._refusal = ""
        self._stop = Event()
        self._woken, self._waker = socket.socketpair()
        self._woken.settimeout(0)
        self._waker.settimeout(0)

    def run(self) -> None:
        """
        Connect and stay connected until `stop` is called.

        Raises:
            SessionTaken: Another receiver has our name; trying again would fight it.
            SpoolDamaged: The database is damaged: somebody must put it right.

        """
        self._notify.ready()
        with self._woken, self._waker:
            keep_trying(
                self._once, stop=self._stop, longest_s=RECONNECT_MAX_S, rest=self._rest, was_steady=self._was_steady
            )
        self._notify.stopping()

    def stop(self) -> None:
        """Let `run` return soon, with everything committed receipted. From any thread or signal handler."""
        self._stop.set()
        with contextlib.suppress(OSError):  # full or closed: the loop is awake, or has ended
            self._waker.send(b"x")

    def _once(self) -> None:
        self._connected_ns = None
        try:
            session = self._connect()
            try:
                self._converse(session)
            finally:
                session.close()
        except BrokerError as exc:
            self._gone(str(exc))
            raise

    def _converse(self, session: Connection) -> None:
        self._greet(session)
        while not self._stop.is_set():
            self._answer(session)
            is_busy = self._look()
            self._hear(session, 0 if is_busy else self._patience_s(session))
            self._notify.watchdog()
        self._say_goodbye(session)

    def _greet(self, session: Connection) -> None:
        self._connected_ns = self._clock.boot_ns()
        if self._share and session.limits.has_shared_subscriptions:
            session.subscribe(f"$share/{self._share}/{self._topics.every_up()}")
            # A shared subscription is not told what is retained.
            for leaf in RETAINED:
                session.subscribe(self._topics.every_up(leaf))
        else:
            session.subscribe(self._topics.every_up())
        # Their retained receipt may be gone, or that of a generation before.
        for stream in [*self._mids.values(), *self._recent()]:
            self._owed.owe(stream)
        self._mids.clear()
        self._error = ""
        self._notify.status("connected")
        log.info("broker connected", extra={"protocol": session.limits.protocol})

    def _hear(self, session: Connection, timeout_s: float) -> None:
        letters = []
        for happened in session.poll(timeout_s, wake=self._woken):
            match happened:
                case Published(mid=mid, code=code):
                    self._published(self._mids.pop(mid, None), code)
                case Arrived(topic=topic, payload=payload):
                    if sender := self._topics.sender(topic):
                        letters.append(Letter(*sender, payload))
        for first in range(0, len(letters), LETTERS_AT_ONCE):
            self._take(letters[first : first + LETTERS_AT_ONCE])

    def _take(self, letters: Sequence[Letter]) -> None:
        try:
            streams = self._store.take(letters, utc_ns=self._clock.stamp().utc_ns)
        except SpoolUnavailable as exc:
            # Nothing is promised: without a receipt the gateways send it again.
            self._disk_refuses(exc)
            return
        self._disk_works()
        for said in (read_state(letter) for letter in letters if letter.leaf == "state"):
            if isinstance(said, GatewayState) and said.boot_ms is not None:
                self._echo_ms[Stream(said.gw, said.epoch)] = said.boot_ms
        for stream in streams:
            self._owed.owe(stream)

    def _look(self) -> bool:
        """Do a piece of what comes by hand; return whether there may be more at once."""
        now_ns = self._clock.boot_ns()
        if self._inbox is None or now_ns < max(self._look_ns, self._disk_again_ns):
            return False
        try:
            streams = self._inbox.step()
        except SpoolUnavailable as exc:
            self._disk_refuses(exc)
            return False
        if streams is None:
            self._look_ns = now_ns + round(TICK_S * NS_PER_S)
            return False
        for stream in streams:
            self._owed.owe(stream)
        return True

    def _answer(self, session: Connection) -> None:
        """Publish every receipt that is due, as far as the broker's window goes."""
        now_ns = self._clock.boot_ns()
        if now_ns < self._disk_again_ns:
            return
        due = deque(self._owed.take(now_ns, limit=session.limits.receive_maximum - session.in_flight))
        try:
            while due:
                payload = self._receipt(session, due[0])
                self._disk_works()
                mid = session.publish(self._topics.receipt(due[0].gateway), payload, retain=True)
                # Said once: a later receipt tells a later time.
                self._echo_ms.pop(due[0], None)
                self._mids[mid] = due.popleft()
        except SpoolUnavailable as exc:
            self._disk_refuses(exc)
        finally:
            for stream in due:
                self._owed.owe(stream)

    def _receipt(self, session: Connection, stream: Stream) -> bytes:
        room = session.limits.payload_bytes(self._topics.receipt(stream.gateway))
        for named in (NAMED, NAMED // 8, 0):
            receipt = self._store.receipt(stream, utc_ns=self._clock.stamp().utc_ns, named=named)
            payload = encode(msgspec.structs.replace(receipt, echo_ms=self._echo_ms.get(stream)))
            if len(payload) <= room:
                break
        return payload

    def _say_goodbye(self, session: Connection) -> None:
        self._owed.hurry()
        deadline_ns = self._clock.boot_ns() + round(GOODBYE_S * NS_PER_S)
        while (left_ns := deadline_ns - self._clock.boot_ns()) > 0:
            self._answer(session)
            if not session.in_flight:
                return
            self._hear(session, min(TICK_S, left_ns / NS_PER_S))

    def _recent(self) -> list[Stream]:
        try:
            return self._store.recent(RECENT)
        except SpoolUnavailable as exc:
            self._disk_refuses(exc)
            return []

    def _published(self, stream: Stream | None, code: int) -> None:
        is_refused = code >= FAILED
        if stream and is_refused and not self._refusal:
            log.error("broker refuses receipts", extra={"gateway": stream.gateway, "code": f"0x{code:02X}"})
        if stream and self._refusal and not is_refused:
            log.info("broker takes receipts again", extra={"gateway": stream.gateway})
        if stream:
            self._refusal = stream.gateway if is_refused else ""

    def _disk_refuses(self, exc: SpoolUnavailable) -> None:
        if isinstance(exc, SpoolDamaged):
            raise exc  # it does not heal by itself
        if not self._disk_error:
            log.error("nothing can be committed", extra={"error": str(exc)})
        self._disk_error = str(exc)
        self._disk_again_ns = self._clock.boot_ns() + DISK_WAIT_NS
        self._notify.status(f"nothing can be committed: {exc}")

    def _disk_works(self) -> None:
        if self._disk_error:
            log.info("committing again")
            self._notify.status("connected")
        self._disk_error, self._disk_again_ns = "", 0

    def _gone(self, error: str) -> None:
        if error != self._error:
            log.warning("broker lost", extra={"error": error})
        self._error = error
        self._notify.status(f"not connected: {error}")

    def _patience_s(self, session: Connection) -> float:
        due_ns = self._owed.due_ns()
        if due_ns is None or session.in_flight >= session.limits.receive_maximum:
            return TICK_S
        due_ns = max(due_ns, self._disk_again_ns)
        return min(TICK_S, max(0.0, (due_ns - self._clock.boot_ns()) / NS_PER_S))

    def _rest(self, seconds: float) -> None:
        until_ns = self._clock.boot_ns() + round(seconds * NS_PER_S)
        while (left_ns := until_ns - self._clock.boot_ns()) > 0:
            self._notify.watchdog()
            if self._stop.wait(0 if self._look() else min(TICK_S, left_ns / NS_PER_S)):
                return

    def _was_steady(self) -> bool:
        return self._connected_ns is not None and self._clock.boot_ns() - self._connected_ns >= STEADY_NS
