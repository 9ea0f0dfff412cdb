"""The site the faults happen to: readers, pcscd, box, line, broker, office. Put up and taken down here, not broken."""

import contextlib
import os
import shutil
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from hardware_fakes import mosquitto, pcscd
from hardware_fakes.chaos import books, volume
from hardware_fakes.chaos.judge import Row, judge
from hardware_fakes.chaos.line import Line
from hardware_fakes.chaos.log import Log
from hardware_fakes.chaos.unit import Unit
from hardware_fakes.chaos.volume import Volume
from hardware_fakes.chaos.wallclock import WallClock
from hardware_fakes.chaos.witness import Reading, WitnessSlot
from hardware_fakes.chaos.workers import Crew, Worker
from hardware_fakes.disk import faulty
from hardware_fakes.disk.faulty import FaultyDisk
from hardware_fakes.lab import GATEWAY, Gate, Lab
from hardware_fakes.mosquitto import Mosquitto
from hardware_fakes.pcscd import Pcscd
from hardware_fakes.site import crew

GATES = {"north-in": "in", "north-out": "out", "south": "toggle", "east": "toggle", "hut": "tap", "yard": "toggle"}
PEOPLE = 80
PAUSE_S = 0.25
"""Mean time between two people at a gate."""
KEEPALIVE_S = 5
REPEAT_WINDOW_S = 2.0
SETTLED_TIMEOUT_S = 15.0


class Stage:
    """Everything in one folder. Orders come from the thread that entered it."""

    def __init__(self, folder: Path, *, seed: int, log: Log, build_dir: Path | None = None) -> None:
        """Prepare; entering starts it. The folder's name is short, for the sockets in it."""
        self.folder = folder
        self.say = log
        """Takes what happens, in words."""
        self._seed = seed
        self._build_dir = build_dir
        self._stack = contextlib.ExitStack()
        self._volume: Volume | None = None
        self.findings: list[str] = []
        """What was not as it should be, and is neither lost nor doubled."""
        self.epochs = 1
        """How many the faults so far can explain."""
        self.is_whole = True
        """Whether the box must still have everything, also what the office has."""
        self.forked: set[str] = set()
        """Epochs that have two histories, since the disk was set back in them."""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._build(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _build(self, stack: contextlib.ExitStack) -> None:
        self.slots = [stack.enter_context(WitnessSlot(self.folder / f"{gate}.sock", gate=gate)) for gate in GATES]
        by_name = {slot.gate: slot for slot in self.slots}
        self.pcscd = Pcscd(self.folder / "pcscd", by_name, build_dir=self._build_dir)
        self.pcscd.start()
        stack.callback(self._end_pcscd)
        self.broker = Mosquitto(self.folder / "broker", port=_free_port(), extra=_persistence(self.store))
        stack.enter_context(self.broker)
        self.line = stack.enter_context(Line(self.broker.port))
        if not volume.available():
            self._volume = stack.enter_context(Volume(self.folder / "state", image=self.folder / "box.img"))
        people = crew(PEOPLE, seed=self._seed)
        self.lab = Lab(
            self.folder,
            gates=[Gate(name=name, role=role, slot=by_name[name]) for name, role in GATES.items()],
            people=people,
            broker=_ByLine(self.broker, self.line),
            driver="pcsc",
            site={"repeat_window_s": REPEAT_WINDOW_S},
            uplink={"receipt_timeout_s": 3.0},
            reader={"reread_window_s": 0.0},
        )
        self.lab.office.parent.mkdir(exist_ok=True)
        self.clock = WallClock(self.folder / "wall-clock")
        self.disk = FaultyDisk(self.state_dir, beside=self.folder, build_dir=self._build_dir)
        stack.callback(self.disk.close)
        self.agent = self._unit(stack, "agent", "run", "config.toml")
        self.receiver = self._unit(stack, "receiver", "receive", "receiver.toml")
        cards = Crew([holder.card for holder in people])
        self.workers = [Worker(slot, cards, seed=f"{slot.gate} {self._seed}", pause_s=PAUSE_S) for slot in self.slots]

    # ------------------------------------------------------------ what is seen
    @property
    def store(self) -> Path:
        """Where the broker keeps what outlives it."""
        return self.folder / "broker" / "store"

    @property
    def volume(self) -> Volume:
        """The box's own disk. Only where there is one."""
        if self._volume is None:
            raise volume.VolumeError(str(volume.available()))
        return self._volume

    @property
    def state_dir(self) -> Path:
        """The box's disk."""
        return self.lab.spool.parent

    def is_open(self) -> bool:
        """Whether all readers of the box are open."""
        readers = self.lab.status().get("readers", [])
        return len(readers) == len(GATES) and all(reader["state"] == "open" for reader in readers)

    def pending(self) -> int | None:
        """Return how many events wait in the box; None while it does not say."""
        pending = self.lab.status().get("spool", {}).get("pending")
        return None if pending is None else int(pending)

    def readings(self) -> list[Reading]:
        """Return all readings so far."""
        return [reading for slot in self.slots for reading in list(slot.readings)]

    def rows(self) -> list[Row]:
        """Return the touches the office holds."""
        return books.of_office(self.lab.office)

    def assert_on_disk(self) -> None:
        """
        Look for every promised touch on the box's disk; what is not there is a finding. The agent does not run.

        Once an epoch has ended or the disk was full, what the office has need not be in the box any more.
        """
        rows = books.of_box(self.state_dir, scratch=self.folder) + ([] if self.is_whole else self.rows())
        missing = judge(self.readings(), rows).lost
        self.findings += [f"not on the disk after a power cut: {lost.told(self.say.began_ns)}" for lost in missing]

    def ends_epoch(self) -> None:
        """Hear that what was done can be the end of an epoch. The agent does not run."""
        self.epochs += 1
        self.is_whole = False
        # As a technician would: it sets aside eight of them, and then wants somebody to look.
        attic = self.folder / "set-aside"
        attic.mkdir(exist_ok=True)
        for file in self.state_dir.glob("spool.*-*.db*"):
            shutil.move(file, attic / file.name)

    def expect_fork(self) -> None:
        """Hear that the disk was set back: this epoch has two histories from now on. The agent does not run."""
        self.forked.add(books.epoch_of(self.lab.spool))
        self.ends_epoch()

    def keep_state(self) -> None:
        """Copy the box's disk beside itself, where it can be looked at after the run."""
        with contextlib.suppress(OSError, shutil.Error):
            shutil.copytree(self.state_dir, self.folder / "state-at-the-end", dirs_exist_ok=True)

    # ------------------------------------------------------------ what is done in several faults
    def pause(self) -> None:
        """Let no worker touch."""
        for worker in self.workers:
            worker.ask_to_pause()
        for worker in self.workers:
            worker.wait_paused()

    def go_on(self) -> None:
        """End the pause."""
        for worker in self.workers:
            worker.go_on()

    def while_all_is_receipted(self, do: Callable[[], None]) -> bool:
        """Do it between two touches, when the box knows that the office has everything; False if that is not soon."""
        self.pause()
        try:
            deadline = time.monotonic() + SETTLED_TIMEOUT_S
            while self.pending() != 0:
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.05)
            do()
        finally:
            self.go_on()
        return True

    def copy_disk(self, to: Path) -> None:
        """Copy the box's disk as it is at one moment, while the agent stands still."""
        self.agent.freeze()
        self.volume.copy(to)
        self.agent.thaw()

    def environment(self) -> dict[str, str]:
        """Return what is added to the agent's environment at its next start."""
        disk, clock = self.disk.environment(), self.clock.environment()
        both = ":".join(each["LD_PRELOAD"] for each in (disk, clock) if each)
        return {**disk, **clock, "LD_PRELOAD": both}

    def _unit(self, stack: contextlib.ExitStack, name: str, command: str, config: str) -> Unit:
        environment: Callable[[], Mapping[str, str]] = self.environment if name == "agent" else dict
        words = (command, "--config", str(self.folder / config))
        unit = Unit(name, words, log=self.folder / f"{name}.log", environment=environment)
        stack.callback(unit.close)
        return unit

    def _end_pcscd(self) -> None:
        with contextlib.suppress(pcscd.PcscdError):  # a fault was at it
            self.pcscd.kill()


class _ByLine:
    """The broker as the box and the office reach it: the box by the line."""

    def __init__(self, broker: Mosquitto, line: Line) -> None:
        self._broker, self._line = broker, line

    @property
    def port(self) -> int:
        return self._broker.port

    def settings(self, name: str) -> dict[str, str | int | bool]:
        port = self._line.port if name == GATEWAY else self.port
        return self._broker.settings(name) | {"port": port, "keepalive_s": KEEPALIVE_S}

    def start(self) -> object:
        return self._broker.start()

    def stop(self) -> None:
        self._broker.stop()


def available() -> str | None:
    """Return what is missing on this machine; None when all that is indispensable is there."""
    return pcscd.available() or mosquitto.available() or faulty.available()


def _persistence(store: Path) -> str:
    store.mkdir(parents=True, exist_ok=True)
    return f"persistence true\npersistence_location {store}{os.sep}\nautosave_interval 1"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((mosquitto.HOST, 0))
        return int(probe.getsockname()[1])
