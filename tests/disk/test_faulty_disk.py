"""The faulty disk by itself: what it records is what was done, and what it refuses is refused."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hardware_fakes.disk import record
from hardware_fakes.disk.faulty import FaultyDisk

WRITES = """
import os, sys
folder = sys.argv[1]
mark = os.open(folder + "/.mark", os.O_WRONLY | os.O_CREAT)
file = os.open(folder + "/a", os.O_RDWR | os.O_CREAT, 0o600)
os.write(file, b"one")
os.write(mark, b"said")
os.pwrite(file, b"two", 7)
os.writev(file, [b"thr", b"ee"])
os.ftruncate(file, 5)
os.fsync(file)
os.fdatasync(file)
os.rename(folder + "/a", folder + "/b")
os.fsync(os.open(folder, os.O_RDONLY))
os.close(file)
with open(folder + "/b", "ab") as more:
    more.write(b"!")
open(folder + "/b", "wb").close()
os.unlink(folder + "/b")
open(sys.argv[2] + "/elsewhere", "wb").close()
"""
SYNCS = """
import os, sys
file = os.open(sys.argv[1] + "/a", os.O_RDWR | os.O_CREAT, 0o600)
for number in range(6):
    try:
        os.write(file, b"x")
        os.fsync(file)
        print("ok")
    except OSError as exc:
        print(exc.errno)
"""
WAITS = """
import os, sys
file = os.open(sys.argv[1] + "/a", os.O_RDWR | os.O_CREAT, 0o600)
for line in sys.stdin:
    try:
        os.write(file, b"x")
        os.fsync(file)
        print("ok", flush=True)
    except OSError as exc:
        print(exc.errno, flush=True)
"""


def run(disk: FaultyDisk, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, str(disk.folder), *words]
    environment = os.environ | disk.environment()
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)


def test_everything_done_to_the_folder_is_recorded_in_order(disk: FaultyDisk, tmp_path: Path) -> None:
    done = run(disk, WRITES, str(tmp_path))

    lines = disk.lines()
    said = [type(line).__name__ for line in lines]
    first = lines[0]
    assert isinstance(first, record.Opened)
    assert (0, "") == (done.returncode, done.stderr)
    assert record.Opened(first.handle, "a", creates=True) == first
    assert [
        record.Written(first.handle, 0, b"one"),
        record.Marked(b"said"),
        record.Written(first.handle, 7, b"two"),
    ] == lines[1:4]
    assert [record.Written(first.handle, 3, b"thr"), record.Written(first.handle, 6, b"ee")] == lines[4:6]
    assert [record.Truncated(first.handle, 5), record.Synced(first.handle), record.Synced(first.handle)] == lines[6:9]
    assert record.Renamed("a", "b") == lines[9]
    assert ["Opened", "Synced", "Opened", "Written", "Opened", "Unlinked"] == said[10:]
    assert isinstance(lines[13], record.Written)
    assert (5, b"!") == (lines[13].offset, lines[13].data)
    assert (len(lines) - 2, 3, [b"said"]) == (disk.operations, disk.syncs, disk.marks())
    assert not (disk.folder / ".mark").exists()


def test_the_nth_sync_fails_as_often_as_it_is_told(disk: FaultyDisk) -> None:
    disk.fail_sync(2, times=3)
    said = run(disk, SYNCS).stdout.split()

    assert ["ok", "5", "5", "5", "ok", "ok"] == said
    assert 3 == disk.failed == sum(isinstance(line, record.SyncFailed) for line in disk.lines())


def test_a_full_and_a_read_only_disk_refuse_with_their_own_words(disk: FaultyDisk) -> None:
    disk.full(on=True)
    full = run(disk, SYNCS)
    disk.read_only(on=True)
    read_only = run(disk, SYNCS)

    assert {str(errno.ENOSPC)} == set(full.stdout.split())
    assert "Read-only file system" in read_only.stderr


def test_slow_syncs_take_their_time(disk: FaultyDisk) -> None:
    disk.slow(50)
    took_s = float(
        run(disk, f"import time; began = time.monotonic()\n{SYNCS}\nprint(time.monotonic() - began)").stdout.split()[-1]
    )

    assert took_s > 6 * 0.05


@pytest.mark.parametrize(("knob", "lives"), [({"before": 4}, 3), ({"after": 4}, 4)])
def test_it_kills_before_or_after_the_operation_named(disk: FaultyDisk, knob: dict[str, int], lives: int) -> None:
    disk.kill(**knob)
    done = run(disk, SYNCS)

    assert -9 == done.returncode
    assert lives == len(disk.lines())


def test_the_knobs_are_turned_while_the_program_runs(disk: FaultyDisk) -> None:
    command = [sys.executable, "-c", WAITS, str(disk.folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=os.environ | disk.environment(), stdin=pipe, stdout=pipe, text=True) as waits:
        assert waits.stdin is not None
        assert waits.stdout is not None
        said = []
        for turn in (
            disk.good,
            lambda: disk.fail_syncs(on=True),
            lambda: disk.fail_syncs(on=False),
            lambda: disk.full(on=True),
        ):
            turn()
            waits.stdin.write("now\n")
            waits.stdin.flush()
            said.append(waits.stdout.readline().strip())

    assert ["ok", str(errno.EIO), "ok", str(errno.ENOSPC)] == said


def test_another_library_loaded_before_stays_loaded(disk: FaultyDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "libother.so")

    assert disk.environment()["LD_PRELOAD"].endswith(":libother.so")
