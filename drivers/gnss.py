"""A satellite receiver on a serial port: tells time and place to whom it may concern. Reads no cards and sees nobody.

It is run like a reader, so that it is found again after it was unplugged, and stands in `edge-agent status`.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING

from drivers.contract import Answer, Fix, HeardTime, Probe, Reader, ReaderBroken, ReaderName, Sighting
from drivers.port import Port
from drivers.wire.nmea import Nmea, Told, ToldHdop, ToldPlace, ToldSpread, ToldTime, accuracy_m

log = logging.getLogger(__name__)

_NS_PER_S = 1_000_000_000
_NS_PER_MS = 1_000_000
_SILENT_NS = 10 * _NS_PER_S
"""Nothing understood for so long: the wrong port, the wrong speed, or no receiver."""
OFFER_NS = 10 * _NS_PER_S
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
    # Rule: as many as are wanted to reach the floor, and the outcome must lie within ten years of it.
    utc += -((utc - FLOOR) // ROLL_OVER) * ROLL_OVER
    return utc if utc < FLOOR + HORIZON else None


@dataclass
class _Session:
    """What is known since the port was opened."""

    began_ns: int
    understood_ns: int | None = None
    placed_ns: int | None = None
    hdop: tuple[int, float] | None = None
    spread: tuple[int, float] | None = None
    offset_ns: int | None = None
    agreeing: int = 0
    offered_ns: int | None = None
    nmea: Nmea = field(default_factory=Nmea)


class GnssReceiver:
    """One receiver that sends NMEA 0183 by itself, as nearly all do at 9600 bit/s (u-blox 8: 9600, later: 38400)."""

    def __init__(
        self,
        *,
        name: ReaderName,
        now_ns: Callable[[], int],
        hear_time: Callable[[HeardTime], None],
        hear_fix: Callable[[Fix], None],
        port: str = "",
        baud: int = 9600,
    ) -> None:
        if not port:
            raise ReaderBroken(f"{name}: port is not set; such as /dev/serial/by-path/...")
        self.name = name
        self._now_ns = now_ns
        self._hear_time, self._hear_fix = hear_time, hear_fix
        self._path, self._baud = port, baud
        self._session: _Session | None = None

    def sightings(self, stop: Event) -> Iterator[Sighting | None]:
        """
        Listen, and yield None at least once a second.

        Raises:
            ReaderLost: The port is not there, or was unplugged.
            ReaderBroken: No permission, or another program has it.

        """
        with Port(self.name, self._path, baud=self._baud) as port:
            try:
                self._session = session = _Session(began_ns=self._now_ns())
                while not stop.is_set():
                    data, at_ns = port.read(), self._now_ns()
                    for told in session.nmea.feed(data):
                        session.understood_ns = at_ns
                        self._take(session, told, at_ns)
                    yield None
            finally:
                self._session = None

    def show(self, answer: Answer) -> None:
        """Show nothing: there is nobody to show it to."""

    def probe(self) -> Probe:
        """Return what is known. Open means that sentences come, not that there is a fix: `detail` says that."""
        session = self._session
        if session is None:
            return Probe(is_open=False, device="", detail="not opened yet")
        now_ns = self._now_ns()
        if not _is_within(session.understood_ns, _SILENT_NS, now_ns):
            return Probe(is_open=False, device="", detail=f"{self.name}: {self._path}: no sentences; is baud right?")
        detail = "" if _is_within(session.placed_ns, _SILENT_NS, now_ns) else "no fix: can the antenna see the sky?"
        return Probe(is_open=True, device=self._path, detail=detail)

    def _take(self, session: _Session, told: Told, at_ns: int) -> None:
        match told:
            case ToldTime():
                self._take_time(session, told.utc, at_ns)
            case ToldSpread():
                session.spread = (at_ns, told.radius_m)
            case ToldHdop():
                session.hdop = (at_ns, told.hdop)
            case ToldPlace():
                self._take_place(session, told, at_ns)

    def _take_place(self, session: _Session, told: ToldPlace, at_ns: int) -> None:
        session.placed_ns = at_ns
        hdop = _fresh(session.hdop, at_ns) if told.hdop is None else told.hdop
        accuracies = [radius for radius in (_fresh(session.spread, at_ns), accuracy_m(hdop)) if radius is not None]
        if not accuracies:  # a place nobody knows how well is none
            return
        self._hear_fix(
            Fix(
                latitude_deg=told.latitude_deg,
                longitude_deg=told.longitude_deg,
                accuracy_m=accuracies[0],
                at_ns=at_ns,
            )
        )

    def _take_time(self, session: _Session, told: datetime, at_ns: int) -> None:
        utc = corrected(told)
        if utc is None:
            session.agreeing = 0
            return
        utc_ns = _utc_ns(utc)
        is_steady = session.offset_ns is not None and abs(utc_ns - at_ns - session.offset_ns) <= _STEADY_NS
        if session.offered_ns is not None and not is_steady:
            log.warning("satellite time jumped", extra={"reader": self.name})
            session.offered_ns = None
        session.agreeing = session.agreeing + 1 if is_steady else 1
        session.offset_ns = utc_ns - at_ns
        if session.agreeing < STEADY or _is_within(session.offered_ns, OFFER_NS - 1, at_ns):
            return
        session.offered_ns = at_ns
        self._offer(utc_ns, at_ns, is_leap_known=at_ns - session.began_ns >= LEAP_NS)

    def _offer(self, utc_ns: int, at_ns: int, *, is_leap_known: bool) -> None:
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


def _is_within(then_ns: int | None, span_ns: int, now_ns: int) -> bool:
    return then_ns is not None and now_ns - then_ns <= span_ns


def _utc_ns(utc: datetime) -> int:
    return (utc - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


if TYPE_CHECKING:
    _: type[Reader] = GnssReceiver
