"""A clock the test turns: boot time, wall time and its trust, each on its own. Never runs by itself."""

import threading
from typing import TYPE_CHECKING

from edge_agent.core.touch import NS_PER_S, Anchor, Stamp, Trust

MORNING_UTC_NS = 1_795_474_800 * NS_PER_S
"""2026-11-24T08:00:00+09:00."""


class FakeClock:
    """What time it is, by the test's word. May be turned in one thread and read in others."""

    def __init__(self, *, utc_ns: int = MORNING_UTC_NS, trust: Trust = Trust.NTP, boot: str = "boot-1") -> None:
        self._lock = threading.Lock()
        self._boots = 1
        self._boot = boot
        self._boot_ns = 60 * NS_PER_S
        self._utc_ns = utc_ns
        self._trust = trust
        self.offered: list[Anchor] = []
        """What other sources said; it is only kept."""

    def boot_ns(self) -> int:
        """Return nanoseconds since the boot."""
        with self._lock:
            return self._boot_ns

    def stamp(self) -> Stamp:
        """Return now, by every clock."""
        with self._lock:
            err_ms = 20 if self._trust is Trust.NTP else None
            return Stamp(boot=self._boot, boot_ns=self._boot_ns, utc_ns=self._utc_ns, trust=self._trust, err_ms=err_ms)

    def offer(self, anchor: Anchor) -> None:
        """Keep what a source says."""
        self.offered.append(anchor)

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        with self._lock:
            passed_ns = round(seconds * NS_PER_S)
            self._boot_ns += passed_ns
            self._utc_ns += passed_ns

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forward or back, as NTP or a technician does: the boot clock does not notice."""
        with self._lock:
            self._utc_ns += round(seconds * NS_PER_S)

    def believe(self, trust: Trust) -> None:
        """Change how far wall time can be believed."""
        with self._lock:
            self._trust = trust

    def reboot(self, *, off_s: float = 30.0, keeps_time: bool = True) -> None:
        """Start a new boot. Without a battery for the clock the wall clock goes on where it stood."""
        with self._lock:
            self._boots += 1
            self._boot = f"boot-{self._boots}"
            self._boot_ns = 5 * NS_PER_S
            if keeps_time:
                self._utc_ns += round(off_s * NS_PER_S)


if TYPE_CHECKING:
    from edge_agent.clock import Clock

    _: type[Clock] = FakeClock
