"""The daemon as a process takes a roster in while it runs, and the gate knows it at the next touch."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hardware_fakes.broker import Broker
from hardware_fakes.lab import Gate, Lab
from hardware_fakes.player import touch
from hardware_fakes.site import crew
from hardware_fakes.slot import Slot

PEOPLE = crew(60, seed=3)


@pytest.fixture
def lab():
    with TemporaryDirectory(prefix="edge-", dir="/tmp") as name:
        gate = Gate(name="gate-1", role="toggle", slot=Slot(Path(name) / "gate-1.sock"))
        with Lab(
            Path(name), gates=[gate], people=PEOPLE, broker=Broker(), driver="simulated", agent={"lab": True}
        ) as made:
            yield made
        gate.slot.close()


def edge_agent(lab, *words):
    command = [sys.executable, "-m", "edge_agent", "roster", *words, "--socket", str(lab.socket)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_card_nobody_knew_is_somebodys_after_an_import(lab):
    stranger, friend = [holder for holder in PEOPLE if not holder.is_enrolled][:2]
    lab.start_agent()
    lab.wait_for(lambda: lab.status()["readers"][0]["state"] == "open", what="reader is open")
    before = touch(lab.gates[0], stranger.card)
    path = lab.folder / "new.csv"
    path.write_text(
        "カード,技能者ID,氏名\n" + "".join(f"{h.card.hex()},{h.ccus_id},{h.name}\n" for h in (stranger, friend)),
        encoding="cp932",
    )
    done = edge_agent(lab, "import", str(path))
    known = touch(lab.gates[0], friend.card)
    exported = edge_agent(lab, "export")

    assert "pending" == before
    assert 0 == done.returncode, done.stderr
    assert "1 touches waited for these" in done.stdout
    assert "entered" == known
    assert stranger.ccus_id in exported.stdout
    assert not [said for said in (stranger.card.hex(), stranger.name) if said in lab.log("agent").lower()]
