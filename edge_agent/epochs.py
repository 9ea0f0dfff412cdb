"""Serve with one spool after another: one that is damaged or forked is renewed, without a technician. Saves nothing."""

import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from threading import Event

from edge_agent.clock import Clock
from edge_agent.core.touch import NS_PER_S
from edge_agent.door import Door
from edge_agent.intake import Intake
from edge_agent.notify import Notify
from edge_agent.recovery import Reason, renew
from edge_agent.uplink.link import Uplink
from spool.file import SpoolDamaged, SpoolUnavailable, only_writer
from spool.journal import Journal
from spool.log import assert_log_whole
from spool.migrate import Steps
from spool.renewal import finish
from spool.room import Room

log = logging.getLogger(__name__)

BEAT_S = 5.0
LOOK_S = 0.2
"""How soon damage is noticed once it was met: until then touches may be refused."""
UPLINK_STALLED_NS = 120 * NS_PER_S
AGAIN_NS = 60 * NS_PER_S
"""When a renewal that failed is tried again."""
REST_NS = 600 * NS_PER_S
"""How long a new file that is damaged before it has taken a touch is left alone: the disk is at fault, not the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What works with a journal, for as long as its epoch lasts."""

    intake: Intake
    uplink: Uplink
    beat: Callable[[], None] = lambda: None
    """Called every few seconds."""


class Epochs:
    """What happens to the spool while the agent runs. For one thread."""

    def __init__(
        self,
        spool: Path,
        *,
        gateway: str,
        owner_steps: Mapping[str, Steps],
        room: Room,
        clock: Clock,
        door: Door,
        notify: Notify,
        stop: Event,
    ) -> None:
        self._spool = spool
        self._gateway = gateway
        self._owner_steps = owner_steps
        self._room = room
        self._clock = clock
        self._door = door
        self._notify = notify
        self._stop = stop
        self._beat_s = min(BEAT_S, notify.watchdog_s / 3) if notify.watchdog_s else BEAT_S
        self._again_ns = 0
        self._rest_until_ns = 0
        self._opened_at = 0
        self._trouble = ""

    def run(self, build: Callable[[Journal], Parts], start: Callable[[], None]) -> None:
        """
        Serve until the agent is to stop.

        Args:
            build: Returns what works with this journal; nothing of it is started yet.
            start: Starts everything else, the first time it is called.

        Raises:
            SpoolError: The spool cannot be opened, for another reason than damage.

        """
        while not self._stop.is_set():
            reason = self._serve(build, start)
            if reason is not None and not self._stop.is_set():
                start()  # readers answer "not saved": better than nothing at all
                self._renew(reason)

    def _serve(self, build: Callable[[Journal], Parts], start: Callable[[], None]) -> Reason | None:
        """Serve until the agent is to stop, or this spool's epoch must end; return why."""
        try:
            with only_writer(self._spool):
                finish(self._spool)
                assert_log_whole(self._spool)
            with contextlib.ExitStack() as stack:
                journal = stack.enter_context(Journal(self._spool, owner_steps=self._owner_steps, room=self._room))
                parts = build(journal)
                parts.uplink.start()
                stack.callback(self._end, parts.uplink)
                self._door.open(parts.intake, parts.uplink, journal)
                stack.callback(self._door.shut, "the spool is being renewed; this takes seconds")
                start()
                return self._watch_over(journal, parts)
        except SpoolDamaged as exc:
            self._tell(self._trouble or str(exc))  # why it is not renewed yet says more than that it is damaged
            return "damaged"

    def _end(self, uplink: Uplink) -> None:
        # Rule: never two uplinks at once: the broker would take the second for another box with our name.
        while not uplink.stop() and not self._stop.is_set():
            self._notify.watchdog()

    def _watch_over(self, journal: Journal, parts: Parts) -> Reason | None:
        """Beat the watchdog while writer and uplink move. A reader that hangs is told, not a reason to restart."""
        look_s = min(LOOK_S, self._beat_s)
        self._opened_at = journal.write(lambda tx: tx.head().seq)
        self._beat(journal, parts)
        for look in count(1):
            if self._stop.wait(look_s):
                break
            if journal.is_damaged:
                return "damaged"
            if parts.uplink.status().is_forked and self._clock.boot_ns() >= self._again_ns:
                return "forked"
            if look % round(self._beat_s / look_s) == 0:
                self._beat(journal, parts)
        return None

    def _beat(self, journal: Journal, parts: Parts) -> None:
        stamp = self._clock.stamp()
        journal.tend(utc_ns=stamp.utc_ns if stamp.is_dated else None)
        with contextlib.suppress(SpoolUnavailable):  # logged by the spool
            if journal.write(lambda tx: tx.head().seq) > self._opened_at:
                self._rest_until_ns = 0
            parts.beat()
        status = parts.uplink.status()
        if self._clock.boot_ns() - status.ticked_ns < UPLINK_STALLED_NS:
            self._notify.watchdog()
        self._notify.status("connected" if status.is_connected else f"not connected: {status.error}")

    def _renew(self, reason: Reason) -> None:
        if reason == "damaged":
            self._wait(max(self._again_ns, self._rest_until_ns))
        try:
            renewed = renew(
                self._spool,
                reason=reason,
                gateway=self._gateway,
                at=self._clock.stamp(),
                owner_steps=self._owner_steps,
                beat=self._alive,
            )
        except SpoolUnavailable as exc:
            self._tell(str(exc))
            self._again_ns = self._clock.boot_ns() + AGAIN_NS
            return
        log.error("spool renewed", extra={"reason": reason, **asdict(renewed)})
        self._trouble = ""
        self._rest_until_ns = self._clock.boot_ns() + REST_NS

    def _wait(self, until_ns: int) -> None:
        while self._clock.boot_ns() < until_ns and not self._stop.wait(self._beat_s):
            self._notify.watchdog()

    def _alive(self) -> None:
        self._notify.watchdog()
        if self._stop.is_set():
            raise SpoolUnavailable("the agent stops; the spool is renewed when it starts again")

    def _tell(self, trouble: str) -> None:
        """Say it once, to the log and to whoever asks."""
        if trouble != self._trouble:
            log.error("spool cannot be used", extra={"error": trouble})
        self._trouble = trouble
        self._door.shut(trouble)
