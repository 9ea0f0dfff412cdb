"""The journal and the intake on disks that fail: green is kept, the rest is said, and it recovers by itself."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware_fakes.disk.faulty import FaultyDisk
from hardware_fakes.disk.gate_check import Promised, Wrong, check
from hardware_fakes.disk.gate_life import SPOOL
from hardware_fakes.disk.gate_process import GateProcess
from hardware_fakes.disk.mounts import Mounted, ext4, make_ext4

READERS = 8


@pytest.fixture
def gate(state: Path, disk: FaultyDisk) -> Iterator[GateProcess]:
    with GateProcess(state, environment=disk.environment()) as gate:
        yield gate


def wrong(gate: GateProcess, state: Path) -> list[Wrong]:
    return check(state, Promised(accepted=gate.accepted))


@pytest.mark.parametrize("slow_ms", [5, 50])
def test_on_a_slow_card_readers_share_syncs_and_none_is_refused(
    gate: GateProcess, disk: FaultyDisk, state: Path, slow_ms: float
) -> None:
    """#13: an SD card that takes 50 ms a sync serves eight readers at once."""
    gate.touches(1)
    before = disk.syncs
    disk.slow(slow_ms)
    tally = gate.touches(12, readers=READERS)
    disk.good()
    gate.close()

    assert (96, 0, []) == (len(tally.accepted), tally.refused, tally.escaped)
    assert disk.syncs - before < 96 / 2
    assert [] == wrong(gate, state)


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("times", [1, 4])
def test_a_failed_sync_is_no_green_and_the_gate_goes_on_by_itself(
    gate: GateProcess, disk: FaultyDisk, state: Path, number: int, times: int
) -> None:
    """The number of the refused touch is in the file for ever, or was never given."""
    gate.touches(3)
    disk.fail_sync(number, times=times)
    tallies = [gate.touches(1) for _ in range(12)]
    gate.close()

    refused = sum(tally.refused for tally in tallies)
    assert disk.failed
    # The sync that failed may have been a checkpoint's: that moves what a commit has made safe already.
    assert (number == 1) <= refused <= times + 1
    assert 12 == refused + sum(len(tally.accepted) for tally in tallies)
    assert not any(tally.escaped for tally in tallies)
    assert len(tallies[-1].accepted) == 1
    assert [] == wrong(gate, state)


def test_while_all_syncs_fail_nothing_is_green_and_the_killed_gate_starts_again(
    gate: GateProcess, disk: FaultyDisk, state: Path
) -> None:
    gate.touches(3)
    disk.fail_syncs(on=True)
    tally = gate.touches(2, readers=READERS)
    gate.kill()
    disk.good()

    assert (0, 2 * READERS, []) == (len(tally.accepted), tally.refused, tally.escaped)
    assert [] == wrong(gate, state)


def test_a_disk_that_turns_read_only_refuses_and_is_used_again_when_it_is_writable(
    gate: GateProcess, disk: FaultyDisk, state: Path
) -> None:
    gate.touches(3)
    disk.read_only(on=True)
    refused = gate.touches(2, readers=2)
    disk.good()
    back = gate.touches(2, readers=2)
    gate.close()

    assert (4, 0, []) == (refused.refused, len(refused.accepted), refused.escaped)
    assert 4 == len(back.accepted)
    assert [] == wrong(gate, state)


@pytest.mark.parametrize("dies", [False, True])
def test_a_full_disk_keeps_what_was_green_and_takes_more_when_there_is_room(
    small_disk: Mounted, state: Path, *, dies: bool
) -> None:
    """#5: the others were told "not saved"; nobody was told green and forgotten, also when the agent is killed then."""
    with GateProcess(state) as gate:
        gate.touches(5)
        small_disk.fill()
        tally = gate.touches(40, readers=READERS)
        accepted = gate.accepted
        if dies:
            gate.kill()
            small_disk.free()
            again = GateProcess(state)
        else:
            small_disk.free()
            again = gate
        with again:
            back = again.touches(5)
            again.close()

    assert 40 * READERS == len(tally.accepted) + tally.refused
    assert tally.refused > 0
    assert [] == tally.escaped == back.escaped
    assert 5 == len(back.accepted)
    assert [] == check(state, Promised(accepted=accepted | back.accepted))


@pytest.mark.usefixtures("mounting")
def test_an_ext4_that_gives_up_refuses_and_serves_the_next_start(state: Path, folder: Path) -> None:
    """After an error of its own ext4 takes nothing more until it is mounted anew."""
    make_ext4(folder / "image")
    with ext4(folder / "image", state) as image, GateProcess(state) as gate:
        gate.touches(5)
        image.abort()
        refused = gate.touches(2, readers=2)
        gate.kill()
        accepted = gate.accepted
    with ext4(folder / "image", state):
        found = check(state, Promised(accepted=accepted))

    assert (4, 0, []) == (refused.refused, len(refused.accepted), refused.escaped)
    assert 5 == len(accepted)
    assert [] == found


def test_a_reader_that_holds_the_log_holds_up_no_touch(gate: GateProcess, state: Path) -> None:
    """A report that reads for an hour: the log grows meanwhile."""
    gate.touches(3)
    with contextlib.closing(sqlite3.connect(state / SPOOL, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entry").fetchone()
        tally = gate.touches(150, readers=READERS)
        reader.execute("COMMIT")
    gate.close()

    assert (150 * READERS, 0, []) == (len(tally.accepted), tally.refused, tally.escaped)
    assert [] == wrong(gate, state)


def test_a_reader_that_holds_the_log_behind_a_failed_sync_keeps_the_gate_closed_no_longer_than_it_reads(
    state: Path, disk: FaultyDisk
) -> None:
    with GateProcess(state, environment=disk.environment(), busy_s=0.2) as gate:
        gate.touches(3)
        with contextlib.closing(sqlite3.connect(state / SPOOL, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM entry").fetchone()
            disk.fail_sync(1)
            held = gate.touches(2)
            reader.execute("COMMIT")
        free = gate.touches(2)
        gate.close()

    assert held.refused
    assert [] == held.escaped
    assert (2, 0) == (len(free.accepted), free.refused)
    assert [] == wrong(gate, state)


def test_another_process_that_locks_the_file_while_syncs_take_half_a_second_lets_no_exception_escape(
    state: Path, disk: FaultyDisk
) -> None:
    """#13: a technician's sqlite3 in a transaction, on a dying card."""
    with GateProcess(state, environment=disk.environment(), busy_s=0.2) as gate:
        gate.touches(1)
        disk.slow(500)
        with contextlib.closing(sqlite3.connect(state / SPOOL, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            locked = gate.touches(1, readers=READERS)
            other.execute("ROLLBACK")
        free = gate.touches(1, readers=READERS)
        disk.good()
        gate.close()

    assert (0, READERS, []) == (len(locked.accepted), locked.refused, locked.escaped)
    assert (READERS, 0, []) == (len(free.accepted), free.refused, free.escaped)
    assert [] == wrong(gate, state)
