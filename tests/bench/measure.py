"""What every benchmark needs: a figure with its goal, percentiles, folders on a real disk."""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from hardware_fakes import pcscd
from hardware_fakes.broker import Broker
from hardware_fakes.lab import Gate, Lab
from hardware_fakes.slot import Slot


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured thing."""

    name: str
    value: float | None
    unit: str
    goal: str = ""
    is_met: bool | None = None
    """None where there is no goal, or nothing could be measured."""
    note: str = ""

    def __str__(self) -> str:
        value = (
            "not measured"
            if self.value is None
            else f"{self.value:,.3g} {self.unit}"
            if self.value < 1000
            else f"{self.value:,.0f} {self.unit}"
        )
        verdict = {True: "met", False: "MISSED", None: ""}[self.is_met]
        goal = f"  goal {self.goal}: {verdict}" if self.goal else ""
        return f"{self.name:<62} {value:>22}{goal}" + (f"  ({self.note})" if self.note else "")

    def facts(self) -> dict[str, object]:
        return asdict(self)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


@contextmanager
def box(readers: int = 4) -> Iterator[Lab]:
    """The daemon with readers behind the real pcscd, ready; the office is not there."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(disk())
        slots = [stack.enter_context(Slot(folder / f"g{n}.sock")) for n in range(readers)]
        gates = [Gate(name=f"gate-{n}", role="toggle", slot=slot) for n, slot in enumerate(slots)]
        stack.enter_context(pcscd.Pcscd(folder / "pcscd", {gate.name: gate.slot for gate in gates}))
        broker = stack.enter_context(Broker())
        lab = stack.enter_context(Lab(folder, gates=gates, people=[], broker=broker, driver="pcsc"))
        start(lab)
        yield lab


def start(lab: Lab) -> None:
    lab.start_agent()
    lab.wait_for(lambda: all(reader["state"] == "open" for reader in lab.status()["readers"]), what="readers open")


@contextmanager
def disk() -> Iterator[Path]:
    """A folder on a real disk with a short path: /tmp may be memory, where a sync costs nothing."""
    with tempfile.TemporaryDirectory(prefix="edge-bench-", dir="/var/tmp") as name:
        yield Path(name)
