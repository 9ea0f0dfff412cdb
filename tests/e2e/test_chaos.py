"""`make chaos`, short: everything fails, and every answer of a lamp is one row at the office."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hardware_fakes.chaos import stage, volume, wallclock

SEED = 11
MINUTES = 0.35


@pytest.mark.pcscd
@pytest.mark.mosquitto
@pytest.mark.timeout(300)
def test_nothing_is_lost_or_doubled_whatever_fails(tmp_path: Path, require: Callable[[str | None], None]) -> None:
    """I0, I1, I2, I6, I11: the promise itself, with real processes on both sides."""
    require(stage.available())
    require(volume.available())
    require(wallclock.available())
    told = tmp_path / "account.json"
    command = [sys.executable, "-m", "hardware_fakes.chaos", "--seed", str(SEED), "--minutes", str(MINUTES)]
    done = subprocess.run(
        ["setpriv", "--pdeathsig", "TERM", *command, "--json", str(told)], capture_output=True, text=True, check=False
    )
    account = json.loads(told.read_text()) if told.exists() else {}

    assert 0 == done.returncode, done.stdout + done.stderr
    assert ([], []) == (account["lost"], account["doubled"])
    assert account["accepted"] == account["received"] > 100
    assert 5 <= sum(account["faults"].values())
    assert (
        done.stdout.splitlines()[-1]
        == f"accepted {account['accepted']} received {account['received']} lost 0 doubled 0"
    )
