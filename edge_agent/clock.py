"""The only place that asks what time it is. Tells how far wall time can be believed; never waits for it."""

import ctypes
import time
from pathlib import Path
from typing import Protocol

from edge_agent.core.touch import NS_PER_S, Anchor, Stamp, Trust

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
RTC = Path("/sys/class/rtc/rtc0")
TRUST_KEPT_NS = 10 * NS_PER_S
# A wall clock before this program was written is wrong, whatever else claims it.
WRITTEN_UTC_NS = 1_793_000_000 * NS_PER_S


class Clock(Protocol):
    """What time it is, by every clock of the box."""

    def stamp(self) -> Stamp:
        """Return now, by every clock."""
        ...

    def boot_ns(self) -> int:
        """Return nanoseconds since the boot, also through suspend."""
        ...

    def offer(self, anchor: Anchor) -> None:
        """Hear from another source than the kernel what time it was at a moment of this boot. From any thread."""
        ...


class SystemClock:
    """The kernel's clocks."""

    def __init__(self, *, host_keeps_time: bool = False) -> None:
        self._else = Trust.HOST if host_keeps_time else Trust.RTC if RTC.exists() else Trust.NONE
        self._boot = BOOT_ID.read_text(encoding="ascii").strip()
        self._trust: tuple[Trust, int | None] = (Trust.NONE, None)
        self._trust_until_ns = 0

    def boot_ns(self) -> int:
        """Return CLOCK_BOOTTIME."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def offer(self, anchor: Anchor) -> None:
        """Keep the word of the best source: of two equally good ones that with the smaller error now."""

    def stamp(self) -> Stamp:
        """Return now. The trust is asked for at most every ten seconds: a touch does not wait for it."""
        boot_ns = self.boot_ns()
        utc_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
        if boot_ns >= self._trust_until_ns:
            self._trust = self._ask()
            self._trust_until_ns = boot_ns + TRUST_KEPT_NS
        trust, err_ms = self._trust
        if utc_ns < WRITTEN_UTC_NS:
            trust, err_ms = Trust.NONE, None
        return Stamp(boot=self._boot, boot_ns=boot_ns, utc_ns=utc_ns, trust=trust, err_ms=err_ms)

    def _ask(self) -> tuple[Trust, int | None]:
        state, err_us = _adjtimex()
        return (self._else, None) if state in {_REFUSED, _TIME_ERROR} else (Trust.NTP, err_us // 1000)


_TIME_ERROR = 5
_REFUSED = -1


class _Timex(ctypes.Structure):
    """The beginning of struct timex (adjtimex(2)); the rest is only reserved room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 32),
    )


_libc = ctypes.CDLL(None, use_errno=True)


def _adjtimex() -> tuple[int, int]:
    """Return (state, greatest error in µs); 5 as state: nobody keeps this clock right; -1: a sandbox forbids asking."""
    asked = _Timex()
    return _libc.adjtimex(ctypes.byref(asked)), asked.maxerror
