"""What a satellite receiver says of time and place (NMEA 0183), as values that can be believed. Reads no port.

pynmeagps is used here alone. Nothing comes out of a sentence with a wrong sum, or of one without a fix.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pynmeagps import NMEAMessageError, NMEAParseError, NMEAReader, NMEAStreamError, NMEATypeError

from drivers.wire.framing import Frames, Framing

SENTENCE_MAX = 120
"""The standard says 82; receivers with seven decimals send a few more."""
UERE_M: Final = 15.0
"""
Horizontal error for each unit of HDOP, 95 %, without corrections: H_UERE_NO_DGPS of gpsd.

Kept for fixes with corrections too (gpsd takes 3.75 m): beside steel and under a crane it is reflections that decide.
"""
_FOREIGN = (
    NMEAParseError,
    NMEAMessageError,
    NMEATypeError,
    NMEAStreamError,
    ValueError,
    TypeError,
    OverflowError,
    AttributeError,  # a sentence that ends too early leaves its last fields out
)
_SENTENCE = re.compile(rb"[A-Z]{2}(GGA|GSA|GST|RMC),[\x20-\x7e]*\*[0-9A-Fa-f]{2}")
_FIXED = {1, 2, 3, 4, 5}
"""GGA's quality: GPS, differential, PPS, RTK, float RTK. Not 0 none, 6 reckoned, 7 typed by hand, 8 simulated."""
_LIVE = {"", "A", "D", "F", "P", "R"}
"""RMC's mode, absent before NMEA 2.3. Not E reckoned, M by hand, N none, S simulated."""
_NO_FIX_MODE = 1
_HDOP_UNKNOWN = 99.0
"""Receivers write 99.9 or 99.99 where they do not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A sentence was understood, whatever it said."""

    sentence: str
    """GGA, GSA, GST or RMC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldPlace(Told):
    """Where the receiver is, by a fix of its own."""

    latitude_deg: float
    longitude_deg: float
    hdop: float | None
    """Dilution of precision; None where the receiver does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldTime(Told):
    """What time it was when the second began that this sentence is about."""

    utc: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldSpread(Told):
    """How far the place may be off, by the receiver's own reckoning: 2 drms, which holds 95 to 98 %."""

    radius_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldHdop(Told):
    """The dilution of precision of a fix."""

    hdop: float


class Nmea:
    """The sentences of one receiver, as its bytes come."""

    def __init__(self) -> None:
        self._frames = Frames(Framing(start=b"$", max_length=SENTENCE_MAX))
        self.refused = 0
        """How many sentences had a wrong sum or made no sense."""

    @property
    def held(self) -> int:
        """How many bytes wait for more."""
        return self._frames.held

    def reset(self) -> None:
        """Forget what has begun."""
        self._frames.reset()

    def feed(self, data: bytes) -> list[Told]:
        """Take bytes; return what the sentences that ended with them told. Others than GGA, GSA, GST, RMC are left."""
        return [told for frame in self._frames.feed(data) for told in self._understood(frame)]

    def _understood(self, frame: bytes) -> Iterator[Told]:
        found = _SENTENCE.fullmatch(frame)
        if found is None:
            return
        try:
            message = NMEAReader.parse(b"$" + frame + b"\r\n")
            told = _TOLD[found[1]](message)
        except _FOREIGN:
            self.refused += 1
            return
        yield told


def accuracy_m(hdop: float | None) -> float | None:
    """Return the radius that holds 95 % of the places with this dilution; None where it is not known."""
    return None if hdop is None else hdop * UERE_M


def _gga(message: Any) -> Told:  # noqa: ANN401 - pynmeagps has no types
    if message.quality not in _FIXED:
        return Told(sentence="GGA")
    latitude, longitude = _degrees(message.lat, 90), _degrees(message.lon, 180)
    # Null Island: a receiver that claims a fix and has none.
    if latitude == longitude == 0 or message.NS not in ("N", "S") or message.EW not in ("E", "W"):
        return Told(sentence="GGA")
    return ToldPlace(sentence="GGA", latitude_deg=latitude, longitude_deg=longitude, hdop=_hdop(message.HDOP))


def _rmc(message: Any) -> Told:  # noqa: ANN401
    if message.status != "A" or getattr(message, "posMode", "") not in _LIVE:
        return Told(sentence="RMC")
    return ToldTime(sentence="RMC", utc=datetime.combine(message.date, message.time, tzinfo=UTC))


def _gst(message: Any) -> Told:  # noqa: ANN401
    deviations = [_metres(message.stdLat), _metres(message.stdLong)]
    if None in deviations:
        return Told(sentence="GST")
    return ToldSpread(sentence="GST", radius_m=2 * math.hypot(*(each or 0.0 for each in deviations)))


def _gsa(message: Any) -> Told:  # noqa: ANN401
    hdop = _hdop(message.HDOP)
    if hdop is None or message.navMode == _NO_FIX_MODE:
        return Told(sentence="GSA")
    return ToldHdop(sentence="GSA", hdop=hdop)


_TOLD = {b"GGA": _gga, b"RMC": _rmc, b"GST": _gst, b"GSA": _gsa}


def _degrees(value: float | str, limit: int) -> float:
    if not isinstance(value, float) or not abs(value) <= limit:
        raise ValueError("no degrees")
    return value


def _hdop(value: float | str) -> float | None:
    return value if isinstance(value, float) and 0 < value < _HDOP_UNKNOWN else None


def _metres(value: float | str) -> float | None:
    return value if isinstance(value, float) and 0 <= value < math.inf else None
