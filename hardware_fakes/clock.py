"""Clocks the test turns: one that never runs by itself, and one that jumps ahead."""

import threading
import time
from typing import TYPE_CHECKING

from edge_agent.clock import is_credible
from edge_agent.core.dating import best, better
from edge_agent.core.touch import NS_PER_S, Anchor, Stamp, Trust

MORNING_UTC_NS = 1_795_474_800 * NS_PER_S
"""2026-11-24T08:00:00+09:00."""
NTP_ERR_MS = 20


class FakeClock:
    """What time it is, by the test's word. May be turned in one thread and read in others."""

    def __init__(
        self,
        *,
        utc_ns: int = MORNING_UTC_NS,
        trust: Trust = Trust.NTP,
        boot: str = "boot-1",
        true_utc_ns: int | None = None,
    ) -> None:
        """Begin with this wall time; the true one is the same, unless given."""
        self._lock = threading.Lock()
        self._boots = 1
        self._boot = boot
        self._boot_ns = 60 * NS_PER_S
        self._utc_ns = utc_ns
        self._true_utc_ns = utc_ns if true_utc_ns is None else true_utc_ns
        self._trust = trust
        self._said: Anchor | None = None
        self.offered: list[Anchor] = []
        """What other sources said, believed or not."""

    def boot_ns(self) -> int:
        """Return nanoseconds since the boot."""
        with self._lock:
            return self._boot_ns

    def true_utc_ns(self) -> int:
        """Return what time it really is: only the test knows."""
        with self._lock:
            return self._true_utc_ns

    def stamp(self) -> Stamp:
        """Return now, by every clock."""
        with self._lock:
            err_ms = NTP_ERR_MS if self._trust is Trust.NTP else None
            own = Stamp(boot=self._boot, boot_ns=self._boot_ns, utc_ns=self._utc_ns, trust=self._trust, err_ms=err_ms)
            return better(own, self._said)

    def offer(self, anchor: Anchor) -> None:
        """Hear what a source says, and believe it as the real clock would."""
        with self._lock:
            self.offered.append(anchor)
            if is_credible(anchor, boot=self._boot, boot_ns=self._boot_ns):
                self._said = best((anchor, *((self._said,) if self._said else ())), self._boot_ns)

    def hear(self, trust: Trust, *, err_ms: int = 100, off_ms: int = 0) -> None:
        """Let a source offer the true time, `off_ms` beside it."""
        stamp = self.stamp()
        utc_ns = self.true_utc_ns() + off_ms * 1_000_000
        self.offer(Anchor(boot=stamp.boot, boot_ns=stamp.boot_ns, utc_ns=utc_ns, trust=trust, err_ms=err_ms))

    def advance(self, seconds: float) -> None:
        """Let time pass on every clock."""
        with self._lock:
            passed_ns = round(seconds * NS_PER_S)
            self._boot_ns += passed_ns
            self._utc_ns += passed_ns
            self._true_utc_ns += passed_ns

    def suspend(self, seconds: float) -> None:
        """Sleep: when the box wakes up, every clock has jumped."""
        self.advance(seconds)

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forward or back, as NTP or a technician does: the boot clock does not notice."""
        with self._lock:
            self._utc_ns += round(seconds * NS_PER_S)

    def sync(self) -> None:
        """Let NTP arrive: the wall clock steps to the true time."""
        with self._lock:
            self._utc_ns = self._true_utc_ns
            self._trust = Trust.NTP

    def believe(self, trust: Trust) -> None:
        """Change how far the kernel's wall time can be believed."""
        with self._lock:
            self._trust = trust

    def reboot(self, *, off_s: float = 30.0, keeps_time: bool = True, wakes_utc_ns: int | None = None) -> None:
        """
        Start a new boot, the power having been off for a while. What sources had said is forgotten.

        Args:
            off_s: How long it was off.
            keeps_time: A battery goes on; without, the wall clock goes on where it stood.
            wakes_utc_ns: What the wall clock shows instead: 0 where nothing at all was kept.

        """
        with self._lock:
            self._boots += 1
            self._boot = f"boot-{self._boots}"
            self._boot_ns = 5 * NS_PER_S
            self._said = None
            self._true_utc_ns += round(off_s * NS_PER_S)
            if keeps_time:
                self._utc_ns += round(off_s * NS_PER_S)
            if wakes_utc_ns is not None:
                self._utc_ns = wakes_utc_ns


class SkippingClock:
    """A clock that runs as the machine's does, and jumps ahead at the test's word: a whole day in minutes."""

    def __init__(self, *, utc_ns: int = MORNING_UTC_NS) -> None:
        self._ahead_ns = 0
        self._began_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self._utc_ns = utc_ns

    def boot_ns(self) -> int:
        """Return nanoseconds since the boot."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) + self._ahead_ns

    def stamp(self) -> Stamp:
        """Return now, by every clock."""
        boot_ns = self.boot_ns()
        utc_ns = self._utc_ns + boot_ns - self._began_ns
        return Stamp(boot="boot-1", boot_ns=boot_ns, utc_ns=utc_ns, trust=Trust.NTP, err_ms=NTP_ERR_MS)

    def offer(self, anchor: Anchor) -> None:
        """Know better."""

    def skip_to(self, utc_ns: int) -> None:
        """
        Jump ahead to this time.

        Raises:
            ValueError: It is over already.

        """
        ahead_ns = utc_ns - self.stamp().utc_ns
        if ahead_ns < 0:
            raise ValueError(f"{-ahead_ns / NS_PER_S:.1f} s too late: the day is played too slowly")
        self._ahead_ns += ahead_ns


if TYPE_CHECKING:
    from edge_agent.clock import Clock

    _: tuple[type[Clock], ...] = (FakeClock, SkippingClock)
