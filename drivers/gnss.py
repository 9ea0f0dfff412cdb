"""A satellite receiver on a serial port: tells time and place to whom it may concern. Reads no cards and sees nobody.

It is run like a reader, so that it is found again after it was unplugged, and stands in `edge-agent status`.
"""

from collections.abc import Callable, Iterator
from threading import Event
from typing import TYPE_CHECKING

from drivers.contract import Answer, Fix, HeardTime, Probe, Reader, ReaderBroken, ReaderName, Sighting
from drivers.port import Port
from drivers.satellite import Beliefs

_NS_PER_S = 1_000_000_000
_SILENT_NS = 10 * _NS_PER_S
"""Nothing understood for so long: the wrong port, the wrong speed, or no receiver."""


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
        self._beliefs: Beliefs | None = None

    def sightings(self, stop: Event) -> Iterator[Sighting | None]:
        """
        Listen, and yield None at least once a second.

        Raises:
            ReaderLost: The port is not there, or was unplugged.
            ReaderBroken: No permission, or another program has it.

        """
        with Port(self.name, self._path, baud=self._baud) as port:
            try:
                self._beliefs = beliefs = self._anew()
                while not stop.is_set():
                    data = port.read()
                    beliefs.feed(data, self._now_ns())
                    yield None
            finally:
                self._beliefs = None

    def show(self, answer: Answer) -> None:
        """Show nothing: there is nobody to show it to."""

    def probe(self) -> Probe:
        """Return what is known. Open means that sentences come, not that there is a fix: `detail` says that."""
        beliefs = self._beliefs
        if beliefs is None:
            return Probe(is_open=False, device="", detail="not opened yet")
        now_ns = self._now_ns()
        if not _is_within(beliefs.understood_ns, _SILENT_NS, now_ns):
            return Probe(is_open=False, device="", detail=f"{self.name}: {self._path}: no sentences; is baud right?")
        detail = "" if _is_within(beliefs.placed_ns, _SILENT_NS, now_ns) else "no fix: can the antenna see the sky?"
        return Probe(is_open=True, device=self._path, detail=detail)

    def _anew(self) -> Beliefs:
        return Beliefs(self.name, began_ns=self._now_ns(), hear_time=self._hear_time, hear_fix=self._hear_fix)


def _is_within(then_ns: int | None, span_ns: int, now_ns: int) -> bool:
    return then_ns is not None and now_ns - then_ns <= span_ns


if TYPE_CHECKING:
    _: type[Reader] = GnssReceiver
