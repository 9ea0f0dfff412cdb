"""The daemon on a disk that spoils its spool: it says so, saves what can be saved, and goes on by itself."""

import contextlib
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from edge_agent.core.events import EpochEvent, Event, TouchEvent, decode_event
from hardware_fakes.broker import Broker, available
from hardware_fakes.lab import SAVED, Gate, Lab
from hardware_fakes.player import touch
from hardware_fakes.site import crew
from hardware_fakes.slot import Slot
from spool.renewal import set_aside

PEOPLE = crew(30, seed=5)


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="edge-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def gate(folder: Path) -> Iterator[Gate]:
    gate = Gate(name="gate-1", role="toggle", slot=Slot(folder / "gate-1.sock"))
    yield gate
    gate.slot.close()


@pytest.fixture
def broker() -> Iterator[Broker]:
    broker = Broker()
    yield broker
    broker.stop()


@pytest.fixture
def lab(folder: Path, gate: Gate, broker: Broker) -> Iterator[Lab]:
    with Lab(folder, gates=[gate], people=PEOPLE, broker=broker, driver="simulated", agent={"lab": True}) as lab:
        yield lab


def start(lab: Lab) -> None:
    lab.start_agent()
    lab.wait_for(lambda: lab.status()["readers"][0]["state"] == "open", what="the reader is open")


def touches(gate: Gate, count: int) -> int:
    return sum(touch(gate, holder.card) in SAVED for holder in PEOPLE[:count])


def wait_until_saved(lab: Lab, gate: Gate) -> None:
    cards = cycle(holder.card for holder in PEOPLE)  # the same one again at once would be one and the same sighting
    lab.wait_for(lambda: touch(gate, next(cards)) in SAVED, what="touches are saved again")


def saved(lab: Lab) -> list[Event]:
    with contextlib.closing(sqlite3.connect(f"file:{lab.spool}?mode=ro", uri=True)) as db:
        return [decode_event(body) for (body,) in db.execute("SELECT body FROM entry ORDER BY seq")]


def carried(lab: Lab) -> list[int]:
    return [event.data.was.seq for event in saved(lab) if event.data.was]


def flip(file: Path, what: bytes) -> None:
    """Change every copy of this in the file, under whoever has it open."""
    content = file.read_bytes()
    at = content.find(what)
    with file.open("r+b") as opened:
        while at >= 0:
            opened.seek(at + len(what) // 2)
            opened.write(b"\xff")
            at = content.find(what, at + 1)


def test_a_page_that_goes_bad_under_the_running_agent_costs_what_was_in_it(
    lab: Lab, gate: Gate, broker: Broker, require: Callable[[str | None], None]
) -> None:
    """Noticed when it is to be sent; until then, and after it, touches are taken."""
    require(available())
    start(lab)
    greens = touches(gate, 30)
    before = saved(lab)
    spoilt = [event.evidence.credential for event in (before[1].data, before[2].data)]
    for end in ("", "-wal"):
        for card in spoilt:
            flip(Path(f"{lab.spool}{end}"), card.encode())
    broker.start()
    lab.wait_for(lambda: "spool renewed" in lab.log("agent"), what="the spool is renewed")
    wait_until_saved(lab, gate)
    first, *rest = saved(lab)
    status = lab.status()

    assert 30 == greens
    assert isinstance(first, EpochEvent)
    assert ([(2, 3)], 28, before[0].data.epoch) == (first.data.lost, first.data.carried, first.data.before.epoch)
    assert [1, *range(4, 31)] == carried(lab)
    assert isinstance(rest[-1], TouchEvent)
    assert (28, 2) == (int(said(lab, "carried")), int(said(lab, "lost")))
    assert 1 == status["spool"]["set_aside"]
    assert 1 == lab.log("agent").count("reader open")
    assert 0 == lab.stop("agent")


def said(lab: Lab, name: str) -> str:
    line = next(line for line in lab.log("agent").splitlines() if "spool renewed" in line)
    return line.split(f"{name}=")[1].split()[0]


def spoil_header(lab: Lab) -> None:
    with lab.spool.open("r+b") as opened:
        opened.write(bytes(100))


def spoil_all(lab: Lab) -> None:
    lab.spool.write_bytes(bytes(lab.spool.stat().st_size))
    Path(f"{lab.spool}-wal").unlink()


def spoil_log(lab: Lab) -> None:
    with Path(f"{lab.spool}-wal").open("r+b") as opened:
        opened.write(bytes(32))


@pytest.mark.parametrize(
    ("end", "spoil", "left"),
    [(signal.SIGTERM, spoil_header, 12), (signal.SIGKILL, spoil_log, 12), (signal.SIGKILL, spoil_all, 0)],
)
def test_a_spool_found_damaged_at_the_start_is_renewed(
    lab: Lab, gate: Gate, end: signal.Signals, spoil: Callable[[Lab], None], left: int
) -> None:
    start(lab)
    assert 12 == touches(gate, 12)
    lab.stop("agent", end)
    spoil(lab)
    start(lab)
    lab.wait_for(lambda: "spool renewed" in lab.log("agent"), what="the spool is renewed")
    wait_until_saved(lab, gate)
    events = saved(lab)

    assert isinstance(events[0], EpochEvent)
    assert list(range(1, left + 1)) == carried(lab)
    assert left + 2 == len(events)
    assert 1 == len(set_aside(lab.spool))
    assert 0 == lab.stop("agent")


@pytest.mark.parametrize("is_empty", [False, True])
def test_a_spool_deleted_while_the_agent_was_off_is_begun_anew(lab: Lab, gate: Gate, *, is_empty: bool) -> None:
    """There is nothing to tell of, and nobody to ask."""
    start(lab)
    touches(gate, 2)
    assert 0 == lab.stop("agent")
    for file in list(lab.spool.parent.iterdir()) if is_empty else [lab.spool]:
        file.unlink()
    start(lab)
    touches(gate, 1)

    assert [TouchEvent] == [type(event) for event in saved(lab)]
    assert [] == set_aside(lab.spool)


def run(lab: Lab) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge_agent", "run", "--config", str(lab.folder / "config.toml")]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_folder_in_the_spools_place_is_told(lab: Lab) -> None:
    lab.spool.mkdir(parents=True)
    ended = run(lab)

    assert 1 == ended.returncode
    assert "spool.db: cannot be opened" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert lab.spool.is_dir()
