"""The daemon on a disk that fills: workers are told, the office hears of it, and it goes on by itself."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from drivers.contract import AnswerKind
from hardware_fakes.broker import Broker
from hardware_fakes.lab import SAVED, Gate, Lab
from hardware_fakes.player import touch
from hardware_fakes.site import crew
from hardware_fakes.slot import Slot
from hardware_fakes.small_disk import SmallDisk, available, small_disk

PEOPLE = crew(20, seed=3)


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="edge-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def disk(folder: Path, require: Callable[[str | None], None]) -> Iterator[SmallDisk]:
    require(available())
    with small_disk(folder / "state", size_kb=8 * 1024) as disk:
        yield disk


@pytest.fixture
def gate(folder: Path) -> Iterator[Gate]:
    with Slot(folder / "gate-1.sock") as slot:
        yield Gate(name="gate-1", role="tap", slot=slot)


@pytest.fixture
def lab(folder: Path, disk: SmallDisk, gate: Gate) -> Iterator[Lab]:
    """A box whose spool lies on the small disk."""
    assert disk.folder == folder / "state"
    with Lab(folder, gates=[gate], people=PEOPLE, broker=Broker(), driver="simulated", agent={"lab": True}) as lab:
        lab.start_agent()
        lab.wait_for(lambda: lab.status()["readers"][0]["state"] == "open", what="the reader is open")
        yield lab


def test_a_full_disk_is_said_to_worker_and_technician_and_heals_when_there_is_room(
    lab: Lab, disk: SmallDisk, gate: Gate
) -> None:
    disk.fill()
    answers = [touch(gate, holder.card) for holder in PEOPLE]
    full = lab.status()["disk"]
    disk.free()
    lab.wait_for(lambda: not lab.status()["disk"]["is_refusing"], what="the disk is tried again by itself")
    after = touch(gate, PEOPLE[0].card)

    assert AnswerKind.NOT_SAVED == answers[-1]
    assert full["is_refusing"]
    assert full["is_short"]
    assert after in SAVED
    taken = sum(answer in SAVED for answer in answers)
    assert taken + 1 == lab.status()["spool"]["last"]
    assert 1 == lab.log("agent").count("spool cannot write")


def test_how_much_room_there_is_stands_in_the_status(lab: Lab) -> None:
    disk = lab.status()["disk"]

    assert 4_000_000 < disk["free_bytes"] < 8_500_000
    assert not disk["is_refusing"]
