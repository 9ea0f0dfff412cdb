"""A card's touch beside a face terminal that works, hangs, crashes: against the same touch without one, in one run."""

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from door import door
from measure import Figure, disk, percentile

from drivers.contract import Answer, AnswerKind, ReaderName
from drivers.face import FaceReader
from edge_agent.devices import Device, Devices
from edge_agent.ledger.steps import LEDGER_STEPS
from hardware_fakes.camera import Badge, film
from hardware_fakes.watching import boot_ns
from spool.journal import Journal

ROUNDS, TOUCHES = 9, 150
PAUSE_S = 0.01
GOAL = 1.2
ALONE, AGAIN = "is not there", "is not there, once more"
SHOWN = {"works": "FACE:ann", "hangs": "DO:hang", "crashes": "DO:segv"}


def measure() -> list[Figure]:
    p99s_s: dict[str, list[float]] = {what: [] for what in (ALONE, AGAIN, *SHOWN)}
    numbers = itertools.count(1)
    with disk() as folder, Journal(folder / "spool.db", owner_steps={"ledger": LEDGER_STEPS}) as journal:
        record = door(journal)
        # A film: a camera drawn in this process would hold the touches up itself.
        films = {
            what: film(folder / f"{what}.avi", [(15, []), (30, [Badge(text=text, module_px=6)])])
            for what, text in SHOWN.items()
        }
        for _ in range(ROUNDS):  # in turn, so that the machine's moods hit all
            for what in (ALONE, AGAIN):
                p99s_s[what].append(_p99_s(record, numbers))
            for what, path in films.items():
                with _terminal(path):
                    p99s_s[what].append(_p99_s(record, numbers))
    return [figure for what in p99s_s for figure in _figures(what, p99s_s)]


def _figures(what: str, p99s_s: dict[str, list[float]]) -> Iterator[Figure]:
    name = f"durable touch, a face terminal {what}: p99"
    yield Figure(name=name, value=median(p99s_s[what]) * 1e3, unit="ms")
    ratio = median(p99s_s[what]) / median(p99s_s[ALONE])
    if what == AGAIN:
        yield Figure(name=f"{name} / without: what this machine does by itself", value=ratio, unit="×")
    elif what in SHOWN:
        yield Figure(name=f"{name} / without", value=ratio, unit="×", goal=f"<= {GOAL}", is_met=ratio <= GOAL)


@contextmanager
def _terminal(path: Path) -> Iterator[None]:
    reader = FaceReader(name=ReaderName("face-1"), now_ns=boot_ns, video=str(path), camera_fps=12)
    reader._command = [sys.executable, "-m", "hardware_fakes.pretend_faces", *reader._command[3:]]
    devices = Devices()
    devices.add(Device(reader, driver="face", record=lambda _: Answer(kind=AnswerKind.TAPPED), boot_ns=boot_ns))
    devices.start()
    try:
        opened_by_ns = boot_ns() + 20 * 10**9
        while not reader.probe().is_open:
            if boot_ns() > opened_by_ns:
                raise TimeoutError(reader.probe().detail)
            time.sleep(0.01)
        yield
    finally:
        devices.stop()


def _p99_s(record: Callable[[int], None], numbers: Iterator[int]) -> float:
    return percentile(list(_touches(record, numbers)), 0.99)


def _touches(record: Callable[[int], None], numbers: Iterator[int]) -> Iterator[float]:
    for number in itertools.islice(numbers, TOUCHES):
        time.sleep(PAUSE_S)
        began = time.perf_counter()
        record(number)
        yield time.perf_counter() - began
