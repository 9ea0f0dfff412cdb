"""A ring at a modem's port until the touch is on disk, and what a quiet line costs. The modem is played over a pty."""

import contextlib
import threading
import time
from collections.abc import Callable

from door import READER
from measure import Figure, disk, percentile

from drivers.modem import Modem
from edge_agent.clock import SystemClock
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.rules import Rules
from edge_agent.devices import Device
from edge_agent.identity import Book
from edge_agent.intake import Intake, SiteRules
from edge_agent.ledger.steps import LEDGER_STEPS
from hardware_fakes.modem import FakeModem
from spool.journal import Journal

CALLS = 300
IDLE_S = 20.0


def measure() -> list[Figure]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(disk())
        journal = stack.enter_context(Journal(folder / "spool.db", owner_steps={"ledger": LEDGER_STEPS}))
        modem = stack.enter_context(FakeModem(folder / "tty"))
        on_disk = threading.Semaphore(0)
        device = _device(modem, journal, on_disk.release)
        device.start()
        stack.callback(device.join, 3)
        stack.callback(device.stop)
        _wait(lambda: device.status().state == "open")
        rung_s = [_call(modem, number, on_disk) for number in range(CALLS)]
        busy_s = _thread_s()
        time.sleep(IDLE_S)
        idle = (_thread_s() - busy_s) / IDLE_S
    return [
        Figure(name="RING at the port to touch on disk: median", value=percentile(rung_s, 0.5) * 1e3, unit="ms"),
        Figure(name="RING at the port to touch on disk: p99", value=percentile(rung_s, 0.99) * 1e3, unit="ms"),
        Figure(
            name="quiet telephone line: CPU of its thread", value=idle * 100, unit="%", goal="<= 1", is_met=idle <= 0.01
        ),
    ]


def _device(modem: FakeModem, journal: Journal, committed: Callable[[], None]) -> Device:
    clock = SystemClock(host_keeps_time=True)
    intake = Intake(
        journal=journal,
        clock=clock,
        identities=Book(key=b"k" * 32, rules=Rules()),
        committed=lambda _: committed(),
        rules=SiteRules(
            gateway="gw-1",
            site="13-0042",
            policy=Policy(repeat_window_ns=0),
            cut_off_min=240,
            roles={READER: Role.TOGGLE},
        ),
    )
    reader = Modem(name=READER, now_ns=clock.boot_ns, port=str(modem.path))
    return Device(reader, driver="modem", record=intake.record, boot_ns=clock.boot_ns)


def _call(modem: FakeModem, number: int, on_disk: threading.Semaphore) -> float:
    began = time.perf_counter()
    modem.call(f"090{number:08}")
    if not on_disk.acquire(timeout=10):
        raise TimeoutError("a call was not recorded")
    took_s = time.perf_counter() - began
    _wait(lambda: not modem.brain.is_ringing)
    return took_s


def _wait(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.005)
    raise TimeoutError(condition)


def _thread_s() -> float:
    """Return the CPU time of the line's own thread: the one that plays the modem is not counted."""
    [line] = [thread for thread in threading.enumerate() if thread.name == f"reader-{READER}"]
    return time.clock_gettime(time.pthread_getcpuclockid(line.ident))
