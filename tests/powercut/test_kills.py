"""kill -9 anywhere: what was accepted is there, no number is given twice with other bytes, and it goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hardware_fakes.disk.faulty import FaultyDisk
from hardware_fakes.disk.kills import POINTS
from hardware_fakes.disk.powercut import ramdisk

SHARDS = 2
"""One for each core."""


def killed(build_dir: Path, life: str, *, size: int, shards: list[tuple[int, int]]) -> list[dict[str, Any]]:
    with ramdisk() as folder, FaultyDisk(folder / "nothing", beside=folder, build_dir=build_dir) as disk:
        command = [sys.executable, "-m", "hardware_fakes.disk.kills", life]
        processes = []
        for first, step in shards:
            (folder / str(first)).mkdir()
            words = [str(folder / str(first)), str(size), str(first), str(step)]
            environment = os.environ | {"LD_PRELOAD": disk.environment()["LD_PRELOAD"]}
            processes.append(subprocess.Popen([*command, *words], stdout=subprocess.PIPE, env=environment))
        return [json.loads(process.communicate(timeout=200)[0]) for process in processes]


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("life", "size", "least"), [("gate", 4, 280), ("office", 2, 220)])
def test_killed_before_any_operation_on_its_files_it_keeps_its_promises(
    disk_build_dir: Path, life: str, size: int, least: int
) -> None:
    """Every write, sync, truncation, creation and removal of a whole life, one after the other."""
    shards = killed(disk_build_dir, life, size=size, shards=[(first, SHARDS) for first in range(1, SHARDS + 1)])

    assert sum(len(shard["places"]) for shard in shards) >= least
    assert [] == [wrong for shard in shards for wrong in shard["wrong"]]


def test_killed_at_any_step_of_its_program_it_keeps_its_promises(disk_build_dir: Path) -> None:
    """Between COMMIT and the answer, between receipt and prune, within a prune, a checkpoint, a migration."""
    [verdict] = killed(disk_build_dir, "gate", size=8, shards=[(0, 1)])

    reached = {place.split(",")[0] for place in verdict["places"]}
    assert {f"{when} {name}" for name in POINTS for when in ("before", "after")} | {"before the answer"} == reached
    assert [] == verdict["wrong"]
