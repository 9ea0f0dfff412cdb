"""
nfcpy's real PN532 driver over a pty: from laying the card down to the sighting, and the reader thread's cost.

The chip on the other end takes 6 ms for each kind of card: a guess at what a real one takes.
"""

import random
import tempfile
import time
from pathlib import Path
from threading import Event

from measure import Figure, percentile

from drivers.contract import ReaderName
from drivers.nfcpy_reader import NfcReader
from hardware_fakes import air
from hardware_fakes.pn532 import PN532
from hardware_fakes.watching import Watching, boot_ns

PAUSES_MS = (0, 50, 100, 250)
TOUCHES, IDLE_S, AIR_S = 30, 3.0, 0.006


def measure() -> list[Figure]:
    return [figure for pause_ms in PAUSES_MS for figure in _at(pause_ms)]


def _at(pause_ms: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, PN532(Path(folder) / "port", air_s=AIR_S) as chip:
        reader = NfcReader(
            name=ReaderName("gate-1"), now_ns=boot_ns, port=str(chip.path), nfc_poll_ms=pause_ms, reread_window_s=0.0
        )
        with Watching(reader) as watching:
            watching.wait_until_open()
            busy = _busy_share(watching)
            waits_ms = [_touch(chip, watching, number) for number in range(TOUCHES)]
    label = f"nfc, PN532, three kinds, pause {pause_ms} ms"
    p50, p99 = percentile(waits_ms, 0.5), percentile(waits_ms, 0.99)
    return [
        Figure(name=f"{label}: card to sighting, median", value=p50, unit="ms"),
        Figure(name=f"{label}: card to sighting, p99", value=p99, unit="ms", goal="<= 500", is_met=p99 <= 500),
        Figure(name=f"{label}: share of a core, nobody there", value=busy * 100, unit="%"),
    ]


def _busy_share(watching: Watching) -> float:
    clock = time.pthread_getcpuclockid(watching._thread.ident)
    began_s, busy_s = time.monotonic(), time.clock_gettime(clock)
    time.sleep(IDLE_S)
    return (time.clock_gettime(clock) - busy_s) / (time.monotonic() - began_s)


def _touch(chip: PN532, watching: Watching, number: int) -> float:
    Event().wait(random.uniform(0.3, 0.6))
    began_ns, before = boot_ns(), len(watching.sightings)
    chip.put(air.Felica(idm=number.to_bytes(8, "big")))
    watching.wait_for_sightings(before + 1)
    chip.take()
    return (watching.sightings[-1].seen_ns - began_ns) / 1e6
