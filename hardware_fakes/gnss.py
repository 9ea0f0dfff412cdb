"""A satellite receiver on a pty: with a fix, without one, with a wrong clock, wrong sums, silence or noise."""

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path

from hardware_fakes.pty_port import PtyPort

TOKYO = (35.681236, 139.767125)
ROLL_OVER = dt.timedelta(weeks=1024)


def sentence(body: str) -> bytes:
    """Return a sentence with its sum."""
    total = 0
    for byte in body.encode():
        total ^= byte
    return f"${body}*{total:02X}\r\n".encode()


def now() -> dt.datetime:
    """Return the true time."""
    return dt.datetime.now(dt.UTC)


class FakeGnss(PtyPort):
    """Says a burst of sentences whenever it is told to: as a real one does each second."""

    def __init__(self, path: Path, *, clock: Callable[[], dt.datetime] = now) -> None:
        self.clock = clock
        self.latitude_deg, self.longitude_deg = TOKYO
        self.has_fix = True
        self.quality = 1
        self.mode = "A"
        self.hdop = "0.9"
        self.spread_m: tuple[float, float] | None = None
        """Standard deviations of latitude and longitude, for receivers that send GST."""
        self.has_wrong_sums = False
        super().__init__(path)

    def burst(self) -> bytes:
        """Return what it says this second."""
        told = b"".join(map(sentence, self._bodies()))
        return told.replace(b"*", b"*F") if self.has_wrong_sums else told

    def say_burst(self) -> None:
        """Say it."""
        self.say(self.burst())

    def say_noise(self, seed: int, length: int = 500) -> None:
        """Say what is heard at a wrong speed."""
        self.say(random.Random(seed).randbytes(length))

    def _bodies(self) -> list[str]:
        at = self.clock()
        time, date = at.strftime("%H%M%S.") + f"{at.microsecond // 10_000:02}", at.strftime("%d%m%y")
        place = (
            f"{_written(self.latitude_deg, 'NS', 2)},{_written(self.longitude_deg, 'EW', 3)}" if self.has_fix else ",,,"
        )
        quality, used, hdop = (self.quality, 9, self.hdop) if self.has_fix else (0, 0, "99.99")
        status, mode = ("A", self.mode) if self.has_fix else ("V", "N")
        spread = [f"GNGST,{time},1.8,,,,{self.spread_m[0]},{self.spread_m[1]},2.2"] if self.spread_m else []
        return [
            f"GNRMC,{time},{status},{place},0.01,,{date},,,{mode}",
            f"GNGGA,{time},{place},{quality},{used:02},{hdop},12.3,M,36.7,M,,",
            f"GNGSA,A,{3 if self.has_fix else 1},29,21,26,15,,,,,,,,,2.32,{hdop},2.11",
            *spread,
            "GPGSV,1,1,04,21,45,120,40,26,30,200,38,29,60,300,41,15,20,045,33",
        ]


def _written(degrees: float, letters: str, width: int) -> str:
    whole = int(abs(degrees))
    return f"{whole:0{width}}{(abs(degrees) - whole) * 60:08.5f},{letters[degrees < 0]}"
