"""Power on with nothing there: the gate opens at once, and network, broker, pcscd and office join when they appear."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from edge_agent.clock import SystemClock
from edge_agent.core.touch import NS_PER_S
from hardware_fakes.lab import SAVED, Gate, Lab
from hardware_fakes.mosquitto import Mosquitto
from hardware_fakes.pcscd import Pcscd
from hardware_fakes.player import touch
from hardware_fakes.site import crew
from hardware_fakes.slot import Slot

pytestmark = [pytest.mark.pcscd, pytest.mark.mosquitto, pytest.mark.usefixtures("real_mosquitto")]

GATE_OPENS_S = 3.0
JOINS_S = 15.0
PEOPLE = crew(20, seed=3)


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A box whose gate needs no pcscd, and one reader that does; the broker is down."""
    with TemporaryDirectory(prefix="edge-", dir="/tmp") as name:
        folder = Path(name)
        gates = [
            Gate(name="turnstile", role="toggle", slot=Slot(folder / "turnstile.sock"), driver="simulated"),
            Gate(name="desk", role="toggle", slot=Slot(folder / "desk.sock"), driver="pcsc"),
        ]
        with Mosquitto(folder / "broker", acl=False) as broker:
            broker.stop()
            box = {"lab": True, "host_keeps_time": False}
            with Lab(folder, gates=gates, people=PEOPLE, broker=broker, driver="pcsc", agent=box) as lab:
                yield lab
        for gate in gates:
            gate.slot.close()


@pytest.fixture
def absent_pcscd(lab: Lab, require: Callable[[str | None], None]) -> Iterator[Pcscd]:
    """The real pcscd, seen once so that its place is known, and gone again."""
    from hardware_fakes import pcscd  # noqa: PLC0415

    require(pcscd.available())
    desk = lab.gates[1]
    with Pcscd(lab.folder / "pcscd", {desk.name: desk.slot}, build_dir=Path(__file__).parents[2] / "build/lab") as made:
        made.stop()
        yield made
        made.start()


def state_of(lab: Lab, reader: str) -> str:
    return next((one["state"] for one in lab.status().get("readers", []) if one["name"] == reader), "")


def test_the_gate_opens_with_nothing_there_and_everything_joins_later(lab: Lab, absent_pcscd: Pcscd) -> None:
    """A site is switched on at six in the morning; the router wakes up at seven."""
    began_ns = SystemClock().boot_ns()
    lab._start("agent", "run", "--config", str(lab.folder / "config.toml"), environment=None)
    answer = touch(lab.gates[0], PEOPLE[0].card, patience_s=30)
    took_s = (SystemClock().boot_ns() - began_ns) / NS_PER_S

    assert answer in SAVED
    assert took_s <= GATE_OPENS_S
    assert state_of(lab, "desk") != "open"

    absent_pcscd.start()
    lab.wait_for(lambda: state_of(lab, "desk") == "open", what="the desk's reader joins", timeout_s=JOINS_S)
    assert touch(lab.gates[1], PEOPLE[1].card) in SAVED
    absent_pcscd.stop()

    lab.broker.start()
    lab.wait_for(lambda: lab.status()["uplink"]["is_connected"], what="the broker joins", timeout_s=JOINS_S)
    lab.start_receiver()
    lab.wait_for(lambda: lab.status()["spool"]["pending"] == 0, what="the office joins", timeout_s=JOINS_S)
    assert {lab.card(person.card) for person in PEOPLE[:2]} == {event.card for event in lab.received()}


def test_the_unit_waits_for_neither_network_nor_time() -> None:
    unit = (Path(__file__).parents[2] / "systemd" / "edge-agent.service").read_text(encoding="utf-8")
    directives = [line for line in unit.splitlines() if line and not line.startswith("#")]

    assert not any("network" in line or "time-sync" in line for line in directives)
    assert "StartLimitIntervalSec=0" in directives
