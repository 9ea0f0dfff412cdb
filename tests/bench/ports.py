"""Readers on ports: the last byte of a card's line to its sighting, and what they cost while nothing happens."""

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from measure import Figure, percentile

from drivers.contract import Reader, ReaderName
from drivers.gnss import GnssReceiver
from drivers.line import SerialReader
from drivers.wedge import WedgeReader
from hardware_fakes import wedge
from hardware_fakes.gnss import FakeGnss
from hardware_fakes.serial_reader import FakeLineReader
from hardware_fakes.watching import Watching, boot_ns

TOUCHES = 300
IDLE_S = 20.0


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="edge-bench-") as name:
        folder = Path(name)
        with FakeLineReader(folder / "serial") as line, wedge.FakeWedge(folder / "wedge") as keyboard:
            serial = SerialReader(name=ReaderName("serial"), now_ns=boot_ns, port=str(line.path))
            typed = WedgeReader(name=ReaderName("wedge"), now_ns=boot_ns, port=str(keyboard.path), grab=wedge.grab)
            return [
                *_latency(serial, line.touch),
                *_latency(typed, keyboard.touch),
                *(_idle(reader) for reader in (serial, typed)),
                _busy(folder),
            ]


def _latency(reader: Reader, touch: Callable[[bytes], None]) -> list[Figure]:
    taken_ms = []
    with Watching(reader) as watching:
        watching.wait_until_open()
        for number in range(TOUCHES):
            began_ns = boot_ns()
            touch(number.to_bytes(7, "big"))
            watching.wait_for_sightings(number + 1)
            taken_ms.append((watching.sightings[-1].seen_ns - began_ns) / 1e6)
            time.sleep(0.005)
    p99 = percentile(taken_ms, 0.99)
    return [
        Figure(name=f"{reader.name}: line -> sighting: p50", value=percentile(taken_ms, 0.5), unit="ms"),
        Figure(name=f"{reader.name}: line -> sighting: p99", value=p99, unit="ms", goal="<= 10", is_met=p99 <= 10),
    ]


def _idle(reader: Reader) -> Figure:
    with Watching(reader) as watching:
        watching.wait_until_open()
        share = _share_of(lambda: time.sleep(IDLE_S))
    return _cpu(f"{reader.name}: CPU while nobody comes", share)


def _busy(folder: Path) -> Figure:
    """A receiver that sends a burst a second; the fake's own work is measured and taken off."""
    with FakeGnss(folder / "gnss") as fake:
        fake.unplug()
        playing = _share_of(lambda: _play(fake.burst))
        fake.plug()
        receiver = GnssReceiver(
            name=ReaderName("gnss"),
            now_ns=boot_ns,
            hear_time=lambda _: None,
            hear_fix=lambda _: None,
            port=str(fake.path),
        )
        with Watching(receiver):
            share = _share_of(lambda: _play(fake.say_burst))
    return _cpu("gnss: CPU at one burst of five sentences a second", max(0.0, share - playing))


def _play(act: Callable[[], object]) -> None:
    def each_second() -> None:
        for _ in range(int(IDLE_S)):
            act()
            time.sleep(1)

    thread = Thread(target=each_second)
    thread.start()
    thread.join()


def _share_of(act: Callable[[], None]) -> float:
    before, began = _cpu_s(), time.perf_counter()
    act()
    return (_cpu_s() - before) / (time.perf_counter() - began) * 100


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _cpu(name: str, share: float) -> Figure:
    note = "with the fake's thread, which looks 20 times a second"
    return Figure(name=name, value=share, unit="%", goal="<= 1", is_met=share <= 1, note=note)
