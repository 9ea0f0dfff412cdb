"""The daemon as a process: it starts without network, answers, tells systemd, and stops cleanly."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hardware_fakes.broker import Broker
from hardware_fakes.lab import SAVED, Gate, Lab
from hardware_fakes.player import touch
from hardware_fakes.site import crew
from hardware_fakes.slot import Slot

PEOPLE = crew(20, seed=3)


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="edge-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def gates(folder: Path) -> Iterator[list[Gate]]:
    gates = [Gate(name=name, role="toggle", slot=Slot(folder / f"{name}.sock")) for name in ("gate-1", "gate-2")]
    yield gates
    for gate in gates:
        gate.slot.close()


@pytest.fixture
def lab(folder: Path, gates: list[Gate]) -> Iterator[Lab]:
    """A box with simulated readers, and a broker that is not there."""
    with Lab(folder, gates=gates, people=PEOPLE, broker=Broker(), driver="simulated", agent={"lab": True}) as lab:
        yield lab


def states(lab: Lab) -> dict[str, str]:
    return {reader["name"]: reader["state"] for reader in lab.status().get("readers", [])}


def all_open(lab: Lab) -> bool:
    return set(states(lab).values()) == {"open"}


def edge_agent(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge_agent", *words], capture_output=True, text=True, timeout=60, check=False
    )


def test_touches_are_taken_with_no_network_at_all(lab: Lab, gates: list[Gate]) -> None:
    lab.start_agent()
    lab.wait_for(lambda: all_open(lab), what="readers are open")
    answer = touch(gates[0], PEOPLE[0].card)
    status = lab.status()

    assert answer in SAVED
    assert (1, 1) == (status["spool"]["pending"], status["spool"]["inside"])
    assert not status["uplink"]["is_connected"]
    assert 0 == lab.stop("agent")


def test_a_badge_is_revoked_at_the_running_daemon(lab: Lab) -> None:
    lab.start_agent()
    lab.wait_for(lambda: all_open(lab), what="readers are open")
    said = edge_agent("badge", "revoke", "1A2B-3C4D-5E6F-7081", "--socket", str(lab.socket))
    wrong = edge_agent("badge", "revoke", "1A2B", "--socket", str(lab.socket))

    assert (0, 1) == (said.returncode, wrong.returncode)
    assert "16 hex digits" in wrong.stderr


def test_a_killed_daemon_finds_every_green_again(lab: Lab, gates: list[Gate]) -> None:
    """I1: kill -9 right behind the green lamp."""
    lab.start_agent()
    lab.wait_for(lambda: all_open(lab), what="readers are open")
    greens = sum(touch(gates[0], holder.card) in SAVED for holder in PEOPLE[:10])
    lab.stop("agent", signal.SIGKILL)
    lab.start_agent()

    assert 10 == greens == lab.status()["spool"]["last"]


def test_a_reader_pulled_out_is_told_and_taken_back_and_the_other_goes_on(lab: Lab, gates: list[Gate]) -> None:
    """I11."""
    lab.start_agent()
    lab.wait_for(lambda: all_open(lab), what="readers are open")
    gates[0].slot.unplug()
    lab.wait_for(lambda: states(lab)["gate-1"] == "lost", what="gate-1 is told as lost")
    other = touch(gates[1], PEOPLE[1].card)
    gates[0].slot.plug()
    lab.wait_for(lambda: all_open(lab), what="gate-1 is back")

    assert other in SAVED
    assert 1 == lab.log("agent").count("reader lost reader=gate-1")


def test_watch_shows_the_name_and_the_log_never_does(lab: Lab, gates: list[Gate]) -> None:
    """Security: names and card numbers are for the gate and the receiver, not for logs."""
    lab.start_agent()
    lab.wait_for(lambda: all_open(lab), what="readers are open")
    command = [sys.executable, "-m", "edge_agent", "watch", "--socket", str(lab.socket), "--json", "--count", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watch:
        said: dict[str, object] = {}
        for holder in PEOPLE[:15]:  # until the watcher watches
            touch(gates[0], holder.card)
            try:
                said = json.loads(watch.communicate(timeout=0.5)[0])
                break
            except subprocess.TimeoutExpired:
                continue
        watch.kill()

    assert said["name"] in {holder.name for holder in PEOPLE}
    log = lab.log("agent")
    assert not any(holder.name in log or holder.card.hex() in log.lower() for holder in PEOPLE)


def test_status_says_what_is_wrong_and_ends_with_one(lab: Lab) -> None:
    lab.start_agent()
    told = edge_agent("status", "--socket", str(lab.socket))
    facts = edge_agent("status", "--socket", str(lab.socket), "--json")

    assert 1 == told.returncode == facts.returncode
    assert "not connected to the broker" in told.stdout
    assert "gw-lab" == json.loads(facts.stdout)["gateway"]


def test_status_without_an_agent_says_where_it_looked(folder: Path) -> None:
    told = edge_agent("status", "--socket", str(folder / "none.sock"))

    assert 1 == told.returncode
    assert "none.sock" in told.stderr
    assert "is it running?" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_second_agent_on_the_same_spool_is_refused(lab: Lab) -> None:
    lab.start_agent()
    told = edge_agent("run", "--config", str(lab.folder / "config.toml"))

    assert 1 == told.returncode
    assert "already running" in told.stderr


def test_a_wrong_configuration_ends_with_two_and_names_the_mistake(folder: Path) -> None:
    (folder / "config.toml").write_text("[agent]\ngatewy = 'gw-1'\n", encoding="utf-8")
    told = edge_agent("run", "--config", str(folder / "config.toml"))

    assert 2 == told.returncode
    assert "gatewy" in told.stderr
    assert "gateway" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_broken_roster_opens_the_gate_all_the_same(lab: Lab, gates: list[Gate]) -> None:
    (lab.folder / "roster.csv").write_bytes(b"\xff\xfe nonsense")
    lab.start_agent()
    lab.wait_for(lambda: all_open(lab), what="readers are open")

    assert "pending" == touch(gates[0], PEOPLE[0].card)
    assert "roster cannot be used" in lab.log("agent")


def test_systemd_is_told_ready_status_watchdog_and_stopping(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(lab.folder / "notify.sock"))
        manager.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(lab.folder / "notify.sock"))
        monkeypatch.setenv("WATCHDOG_USEC", "600000")
        lab.start_agent()
        heard = []
        while "WATCHDOG=1" not in heard:
            heard.append(manager.recv(4096).decode())
        assert 0 == lab.stop("agent")
        while "STOPPING=1" not in heard:
            heard.append(manager.recv(4096).decode())

    assert "READY=1" == heard[0]
    assert any(message.startswith("STATUS=not connected") for message in heard)


def test_the_spool_is_for_the_agents_eyes_only(lab: Lab) -> None:
    lab.start_agent()

    assert 0 == (lab.spool.stat().st_mode | lab.spool.parent.stat().st_mode) & 0o007
    assert 0o600 == lab.socket.stat().st_mode & 0o777
