"""
One thread per reader: carry its sightings to the intake, and the answers back.

A reader that fails takes nothing else with it.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event, Thread
from typing import Literal

from drivers.contract import Answer, Probe, Reader, ReaderBroken, ReaderError, ReaderLost, ReaderName, Sighting
from edge_agent.core.touch import NS_PER_S

log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0
BROKEN_WAIT_S = 30.0
STALLED_AFTER_NS = 10 * NS_PER_S
OPENING_NS = 5 * NS_PER_S
"""A device that was never open takes this long to open before it is told as lost."""

State = Literal["open", "lost", "broken", "stalled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatus:
    """How a reader stands."""

    name: ReaderName
    driver: str
    state: State
    device: str
    """The device's own name; empty while nothing is found."""
    detail: str
    """Why it is not open, and what to do; while it is open, what it says of itself."""
    since_ns: int
    """CLOCK_BOOTTIME since which it is so."""


class Unusable:
    """A configured reader whose driver cannot be had. It fails alone, with the driver's reason."""

    def __init__(self, name: ReaderName, reason: ReaderBroken) -> None:
        self.name = name
        self._reason = reason

    def sightings(self, _stop: Event) -> Iterator[Sighting | None]:
        """Raise the reason."""
        raise self._reason

    def show(self, _answer: Answer) -> None:
        """There is nothing to show it with."""

    def probe(self) -> Probe:
        """Return the reason."""
        return Probe(is_open=False, device="", detail=str(self._reason))


class Device:
    """One reader, its thread and its state."""

    def __init__(
        self, reader: Reader, *, driver: str, record: Callable[[Sighting], Answer], boot_ns: Callable[[], int]
    ) -> None:
        self._reader = reader
        self._driver = driver
        self._record = record
        self._boot_ns = boot_ns
        self._stop = Event()
        self._state: State = "lost"
        self._detail = "not looked for yet"
        self._is_told = False
        self._since_ns = self._seen_alive_ns = boot_ns()
        self._waits_s = FIRST_WAIT_S
        self._thread = Thread(target=self._run, name=f"reader-{reader.name}", daemon=True)

    def start(self) -> None:
        """Start looking for cards."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; returns at once."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; False if the device's own library holds it."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def status(self) -> DeviceStatus:
        """Return how the reader stands, from any thread and without touching it."""
        state, detail, since_ns = self._state, self._detail, self._since_ns
        if state == "open" and self._boot_ns() - self._seen_alive_ns > STALLED_AFTER_NS:
            state, since_ns = "stalled", self._seen_alive_ns
            detail = "gives no sign of life; is its service frozen? unplug the reader and plug it in again"
        probe = self._reader.probe()
        return DeviceStatus(
            name=self._reader.name,
            driver=self._driver,
            state=state,
            device=probe.device,
            detail=detail or probe.detail,
            since_ns=since_ns,
        )

    def _run(self) -> None:
        while not self._stop.is_set():
            wait_s = self._serve()
            self._stop.wait(wait_s)

    def _serve(self) -> float:
        """Serve until the reader fails or the agent stops; return how long to wait before the next try."""
        try:
            sightings = self._reader.sightings(self._stop)
            for sighting in sightings:
                self._alive()
                if sighting is not None:
                    self._reader.show(self._record(sighting))
        except ReaderLost as exc:
            return self._failed("lost", exc)
        except ReaderBroken as exc:
            self._failed("broken", exc)
            return BROKEN_WAIT_S
        except Exception as exc:
            # A bug in one driver must not silence the gate: told with its traceback, and tried again.
            log.exception("reader failed unexpectedly", extra={"reader": self._reader.name})
            self._failed("broken", ReaderBroken(f"{self._reader.name}: {exc}"))
            return BROKEN_WAIT_S
        return 0.0

    def _alive(self) -> None:
        self._seen_alive_ns = self._boot_ns()
        probe = self._reader.probe()
        if probe.is_open and self._state != "open":
            self._become("open", "")
            self._waits_s = FIRST_WAIT_S
            log.info("reader open", extra={"reader": self._reader.name, "device": probe.device})
        elif not probe.is_open and (self._is_told or self._boot_ns() - self._since_ns > OPENING_NS):
            self._failed("lost", ReaderLost(probe.detail or self._detail))
        elif not probe.is_open:
            self._detail = probe.detail or self._detail

    def _failed(self, state: State, exc: ReaderError) -> float:
        if self._state != state or not self._is_told:
            log.warning("reader %s", state, extra={"reader": self._reader.name, "why": str(exc)})
            self._become(state, str(exc))
        self._detail = str(exc)
        wait_s, self._waits_s = self._waits_s, min(2 * self._waits_s, LONGEST_WAIT_S)
        return wait_s

    def _become(self, state: State, detail: str) -> None:
        self._state, self._detail, self._since_ns = state, detail, self._boot_ns()
        self._is_told = True


class Devices:
    """All readers of the box."""

    def __init__(self) -> None:
        self._devices: list[Device] = []

    def add(self, device: Device) -> None:
        """Take one more reader, before `start`."""
        self._devices.append(device)

    def start(self) -> None:
        """Start every reader's thread."""
        for device in self._devices:
            device.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Stop them all; one that is held by its device's library is left behind."""
        for device in self._devices:
            device.stop()
        for device in self._devices:
            if not device.join(timeout_s):
                log.warning("reader does not stop", extra={"reader": device.status().name})

    def status(self) -> list[DeviceStatus]:
        """Return how each stands."""
        return [device.status() for device in self._devices]
