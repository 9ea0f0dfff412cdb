"""What to believe of a satellite receiver's sentences: which time, which place, how exactly. Opens no port."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from drivers.contract import Fix, HeardTime, ReaderName
from drivers.wire.nmea import Nmea, Told, ToldHdop, ToldPlace, ToldSpread, ToldTime, accuracy_m

log = logging.getLogger(__name__)

_NS_PER_S = 1_000_000_000
_NS_PER_MS = 1_000_000
OFFER_NS = 10 * _NS_PER_S
"""The time is told at most this often."""
_FRESH_NS = 5 * _NS_PER_S
"""A spread or dilution is of the same fix only when it came with it."""
DELAY_MS = 500
ERR_MS = 600
"""
RMC comes some time within the second after the one it tells: computing, and up to half a second of sentences before it
at 9600 bit/s. So half a second is added, and it may be as much either way; the rest is the wait for our thread.
"""
LEAP_NS = 750 * _NS_PER_S
LEAP_ERR_MS = 3_000
"""
The satellites tell how far UTC is from their own time once in 12.5 minutes (IS-GPS-200, page 18 of subframe 4); until
then a cold receiver says what was true when it was made, some seconds off (u-blox FAQ on leap seconds).
"""
STEADY = 3
"""So many tellings in a row must agree. One that jumps, or a backlog read at once after a stall, is not believed."""
_STEADY_NS = 700 * _NS_PER_MS

ROLL_OVER = timedelta(weeks=1024)
"""The satellites send the week with 10 bits (IS-GPS-200); old firmware falls back by this every 19.7 years."""
BEGINNING = datetime(1980, 1, 6, tzinfo=UTC)
"""Of GPS time. No roll-over leads before it: a receiver that says 1970 knows nothing."""
FLOOR = datetime(2026, 11, 1, tzinfo=UTC)
"""No true date is before it: this was written then."""
HORIZON = timedelta(days=3653)
"""
How long after it a corrected date is believed. Well-known wrong dates (6 January 1980 and the roll-overs of 1999 and
2019) come out later than that, and are refused. From 2036 on this wants another look, and a newer FLOOR.
"""


def corrected(utc: datetime) -> datetime | None:
    """Return a receiver's date with lost roll-overs added back; None for one that cannot be right."""
    if utc >= FLOOR:
        return utc
    if utc < BEGINNING:
        return None
    # Rule: as many as are wanted to reach the floor, and the outcome must lie within ten years of it.
    utc += -((utc - FLOOR) // ROLL_OVER) * ROLL_OVER
    return utc if utc < FLOOR + HORIZON else None


class Beliefs:
    """What one receiver told since its port was opened, and who is told of it."""

    def __init__(
        self,
        owner: ReaderName,
        *,
        began_ns: int,
        hear_time: Callable[[HeardTime], None],
        hear_fix: Callable[[Fix], None],
    ) -> None:
        self.understood_ns: int | None = None
        """CLOCK_BOOTTIME of the last sentence with a right sum."""
        self.placed_ns: int | None = None
        """The same of the last fix."""
        self._owner = owner
        self._began_ns = began_ns
        self._hear_time, self._hear_fix = hear_time, hear_fix
        self._nmea = Nmea()
        self._hdop: tuple[int, float] | None = None
        self._spread: tuple[int, float] | None = None
        self._offset_ns: int | None = None
        self._agreeing = 0
        self._offered_ns: int | None = None

    def feed(self, data: bytes, at_ns: int) -> None:
        """Take what came at this moment."""
        for told in self._nmea.feed(data):
            self.understood_ns = at_ns
            self._take(told, at_ns)

    def _take(self, told: Told, at_ns: int) -> None:
        match told:
            case ToldTime():
                self._take_time(told.utc, at_ns)
            case ToldSpread():
                self._spread = (at_ns, told.radius_m)
            case ToldHdop():
                self._hdop = (at_ns, told.hdop)
            case ToldPlace():
                self._take_place(told, at_ns)
            case _:  # understood, and without a fix
                pass

    def _take_place(self, told: ToldPlace, at_ns: int) -> None:
        self.placed_ns = at_ns
        hdop = _fresh(self._hdop, at_ns) if told.hdop is None else told.hdop
        spread_m = _fresh(self._spread, at_ns)
        radius_m = accuracy_m(hdop) if spread_m is None else spread_m
        if radius_m is None:  # a place nobody knows how well is none
            return
        latitude_deg, longitude_deg = told.latitude_deg, told.longitude_deg
        self._hear_fix(Fix(latitude_deg=latitude_deg, longitude_deg=longitude_deg, accuracy_m=radius_m, at_ns=at_ns))

    def _take_time(self, told: datetime, at_ns: int) -> None:
        utc = corrected(told)
        if utc is None:
            self._agreeing = 0
            return
        utc_ns = _utc_ns(utc)
        if not self._is_steady(utc_ns - at_ns):
            self._jumped()
        self._agreeing += 1
        self._offset_ns = utc_ns - at_ns
        is_due = self._offered_ns is None or at_ns - self._offered_ns >= OFFER_NS
        if self._agreeing >= STEADY and is_due:
            self._offered_ns = at_ns
            self._offer(utc_ns, at_ns)

    def _is_steady(self, offset_ns: int) -> bool:
        return self._offset_ns is not None and abs(offset_ns - self._offset_ns) <= _STEADY_NS

    def _jumped(self) -> None:
        if self._offered_ns is not None:
            log.warning("satellite time jumped", extra={"reader": self._owner})
        self._agreeing, self._offered_ns = 0, None

    def _offer(self, utc_ns: int, at_ns: int) -> None:
        is_leap_known = at_ns - self._began_ns >= LEAP_NS
        self._hear_time(
            HeardTime(
                source="gps",
                utc_ns=utc_ns + DELAY_MS * _NS_PER_MS,
                at_ns=at_ns,
                err_ms=ERR_MS + (0 if is_leap_known else LEAP_ERR_MS),
            )
        )


def _fresh(told: tuple[int, float] | None, now_ns: int) -> float | None:
    return told[1] if told and now_ns - told[0] <= _FRESH_NS else None


def _utc_ns(utc: datetime) -> int:
    return (utc - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
