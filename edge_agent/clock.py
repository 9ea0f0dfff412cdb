"""The only place that asks what time it is. Tells how far wall time can be believed; never waits for it."""

import ctypes
import time
from pathlib import Path
from threading import Lock
from typing import Protocol

from edge_agent.core.calendar import DAY_S
from edge_agent.core.dating import as_word, best, better, is_known
from edge_agent.core.touch import NS_PER_S, Anchor, Stamp, Trust

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
RTC = Path("/sys/class/rtc/rtc0")
TRUST_KEPT_NS = 10 * NS_PER_S
STEP_NS = NS_PER_S // 2
# A wall clock before this program was written is wrong, whatever else claims it.
WRITTEN_UTC_NS = 1_793_000_000 * NS_PER_S
# A modem without a network says 1980 or, in two digits, 2080.
ABSURD_UTC_NS = WRITTEN_UTC_NS + 30 * 365 * DAY_S * NS_PER_S
# timesyncd tells the kernel an error of 0. What no client of NTP can see is how unevenly a slow line delays.
NTP_LEAST_ERR_MS = 50


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
    """The kernel's clocks, and the best word of others. The machine's own wall clock is never set."""

    def __init__(self, *, host_keeps_time: bool = False) -> None:
        self._else = Trust.HOST if host_keeps_time else Trust.RTC if RTC.exists() else Trust.NONE
        self._boot = BOOT_ID.read_text(encoding="ascii").strip()
        self._trust: tuple[Trust, int | None] = (Trust.NONE, None)
        self._trust_until_ns = 0
        self._began_utc_ns = 0
        self._said: Anchor | None = None
        self._offering = Lock()

    def boot_ns(self) -> int:
        """Return CLOCK_BOOTTIME."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def offer(self, anchor: Anchor) -> None:
        """Keep the word of the best source: of two equally good ones that with the smaller error now."""
        boot_ns = self.boot_ns()
        if not is_credible(anchor, boot=self._boot, boot_ns=boot_ns):
            return
        with self._offering:
            known = (self._said,) if self._said else ()
            self._said = best((anchor, *known), boot_ns)

    def stamp(self) -> Stamp:
        """Return now. Who keeps the time is asked every ten seconds, and when somebody has set the wall clock."""
        boot_ns, utc_ns = self.boot_ns(), system_utc_ns()
        is_stepped = abs(utc_ns - boot_ns - self._began_utc_ns) > STEP_NS
        is_asked = is_stepped or boot_ns >= self._trust_until_ns
        if is_asked:
            self._trust = self._ask()
            self._trust_until_ns = boot_ns + TRUST_KEPT_NS
            self._began_utc_ns = utc_ns - boot_ns
        trust, err_ms = self._trust
        if utc_ns < WRITTEN_UTC_NS:
            trust, err_ms = Trust.NONE, None
        own = Stamp(boot=self._boot, boot_ns=boot_ns, utc_ns=utc_ns, trust=trust, err_ms=err_ms)
        if is_asked and trust is Trust.NTP and (said := as_word(own)):
            # Hours after the network went the kernel gives up its claim; what it knew last is still true, with its age.
            with self._offering:
                self._said = said
        return better(own, self._said)

    def _ask(self) -> tuple[Trust, int | None]:
        state, err_us = _adjtimex()
        if state in {_REFUSED, _TIME_ERROR}:
            return self._else, None
        return Trust.NTP, max(NTP_LEAST_ERR_MS, -(-err_us // 1000))


def system_utc_ns() -> int:
    """Return the machine's wall clock, right or wrong: what OpenSSL judges certificates by."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME)


def is_credible(anchor: Anchor, *, boot: str, boot_ns: int) -> bool:
    """Tell whether a word can be true at all: of a moment of this boot, by somebody who keeps time, of a sane year."""
    is_ours = anchor.boot == boot and 0 <= anchor.boot_ns <= boot_ns
    is_sane = WRITTEN_UTC_NS <= anchor.utc_ns < ABSURD_UTC_NS and anchor.err_ms >= 0
    return is_ours and is_sane and is_known(anchor.trust)


_TIME_ERROR = 5
_REFUSED = -1
_STA_NANO = 0x2000


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
    state = _libc.adjtimex(ctypes.byref(asked))
    # What is still to be slewed away is not in maxerror.
    offset_us = abs(asked.offset) // (1000 if asked.status & _STA_NANO else 1)
    return state, asked.maxerror + offset_us
