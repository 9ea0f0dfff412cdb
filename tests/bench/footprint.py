"""What the daemon costs while nothing happens: memory and processor with four readers."""

import os
import time
from pathlib import Path

from measure import Figure, box, start

from hardware_fakes import pcscd
from hardware_fakes.card import Card

IDLE_S = 20.0


def measure() -> list[Figure]:
    missing = pcscd.available()
    if missing:
        return [Figure(name="memory and idle CPU of the daemon", value=None, unit="", note=missing)]
    with box() as lab:
        for number in range(20):
            slot = lab.gates[number % 4].slot
            slot.insert(Card.felica(number.to_bytes(8, "big")))
            time.sleep(0.05)
            slot.remove()
        # A daemon's life: started once, its file migrated long ago.
        lab.stop("agent")
        start(lab)
        time.sleep(2)
        before = _cpu_s(lab.pid("agent"))
        time.sleep(IDLE_S)
        share = (_cpu_s(lab.pid("agent")) - before) / IDLE_S * 100
        mib = rss_mib(lab.pid("agent"))
    return [
        Figure(name="memory of the daemon with 4 readers", value=mib, unit="MiB", goal="<= 45", is_met=mib <= 45),
        Figure(
            name=f"idle CPU of the daemon over {IDLE_S:.0f} s",
            value=share,
            unit="%",
            goal="<= 0.5",
            is_met=share <= 0.5,
        ),
    ]


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid: int) -> float:
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024
