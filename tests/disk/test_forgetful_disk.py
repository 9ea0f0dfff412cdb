"""A file system that forgets: the agent's spool on it keeps what was green, whatever else the power took."""

import contextlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hardware_fakes.disk import forgetful
from hardware_fakes.disk.forgetful import ForgetfulDisk
from hardware_fakes.disk.gate_check import Promised, check
from hardware_fakes.disk.gate_life import SPOOL
from hardware_fakes.disk.gate_process import GateProcess
from spool.outbox import Outbox


@pytest.fixture
def forgetful_disk(require: Callable[[str | None], None], state: Path) -> Iterator[ForgetfulDisk]:
    require(forgetful.available())
    with ForgetfulDisk(state) as disk:
        yield disk


@pytest.fixture
def left(folder: Path) -> Path:
    (folder / "left").mkdir()
    return folder / "left"


def test_it_keeps_what_was_synced_and_forgets_the_rest(forgetful_disk: ForgetfulDisk, left: Path) -> None:
    synced, unsynced = forgetful_disk.folder / "synced", forgetful_disk.folder / "unsynced"
    unsynced.write_bytes(b"x")
    with synced.open("wb") as file:
        file.write(b"x")
        file.flush()
        os.fsync(file.fileno())
        file.write(b"y")
    folder = os.open(forgetful_disk.folder, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    (forgetful_disk.folder / "later").write_bytes(b"x")
    forgetful_disk.cut(left)

    assert {"synced": b"x", "unsynced": b""} == {path.name: path.read_bytes() for path in left.iterdir()}
    with pytest.raises(OSError, match="Input/output"):
        synced.read_bytes()


@pytest.mark.parametrize(("kept", "seed"), [(0.0, 1), (0.5, 2), (0.9, 3)])
def test_every_green_touch_is_found_after_the_power_was_cut(
    forgetful_disk: ForgetfulDisk, state: Path, left: Path, kept: float, seed: int
) -> None:
    """With the kernel's own page cache between SQLite and the disk, and with sectors torn."""
    with GateProcess(state) as gate:
        gate.touches(20, readers=4)
        gate.touches(3)
        forgetful_disk.cut(left, kept=kept, seed=seed)
        dead = gate.touches(1)
        gate.kill()

    assert (1, 0, []) == (dead.refused, len(dead.accepted), dead.escaped)
    assert 83 == len(gate.accepted)
    assert [] == check(left, Promised(accepted=gate.accepted))


def test_power_that_goes_in_the_morning_rush_takes_no_green_touch(
    forgetful_disk: ForgetfulDisk, state: Path, left: Path
) -> None:
    """Nothing is quiet: some touches are between COMMIT and their answer."""
    with GateProcess(state) as gate:
        gate.touches(1)
        with ThreadPoolExecutor(1) as crowd, contextlib.closing(Outbox(state / SPOOL)) as outbox:
            rush = crowd.submit(gate.touches, 300, readers=4)
            while outbox.last() < 50:
                pass
            forgetful_disk.cut(left, kept=0.3)
            tally = rush.result()
        gate.kill()

    assert tally.accepted
    assert tally.refused
    assert [] == check(left, Promised(accepted=gate.accepted))
