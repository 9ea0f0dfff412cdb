"""The whole daemon on disks that fail: what the lamps showed green is in the file, on the disk that is left."""

import contextlib
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.contract import AnswerKind
from edge_agent.core import events, wire
from hardware_fakes.broker import Broker
from hardware_fakes.disk.faulty import FaultyDisk
from hardware_fakes.disk.mounts import Mounted, ext4, make_ext4
from hardware_fakes.lab import SAVED, Gate, Lab
from hardware_fakes.player import touch
from hardware_fakes.site import crew
from hardware_fakes.slot import Slot
from spool.outbox import Outbox

PEOPLE = crew(60, seed=5)
ROUNDS = 3


@pytest.fixture
def box(folder: Path) -> Iterator[Callable[..., Lab]]:
    """Make boxes: each with two readers and a state folder of one's choice."""
    with contextlib.ExitStack() as boxes:

        def make(name: str, state: Path) -> Lab:
            place = folder / name
            place.mkdir()
            slots = [boxes.enter_context(Slot(place / f"{number}.sock")) for number in (1, 2)]
            gates = [Gate(name=f"gate-{n}", role="toggle", slot=slot) for n, slot in enumerate(slots)]
            agent = {"lab": True, "state_dir": str(state)}
            lab = Lab(place, gates=gates, people=PEOPLE, broker=Broker(), driver="simulated", agent=agent)
            return boxes.enter_context(lab)

        yield make


def start(lab: Lab, environment: dict[str, str] | None = None) -> None:
    lab.start_agent(environment)
    lab.wait_for(lambda: {r["state"] for r in lab.status().get("readers", [])} == {"open"}, what="readers are open")


def touches(lab: Lab, first: int, count: int) -> list[AnswerKind | None]:
    return [touch(lab.gates[n % 2], PEOPLE[n].card) for n in range(first, first + count)]


def cards(lab: Lab) -> Counter[str | None]:
    """Whose touches are in the file, with the chain proved on the way."""
    with contextlib.closing(Outbox(lab.spool)) as outbox:
        bodies = [entry.body for entry in outbox.after(0, limit=10_000)]
    told = [events.decode_event(body) for body in bodies]
    chain = [wire.genesis(told[0].data.epoch), *map(wire.chain_hash, bodies)]
    assert chain[:-1] == [event.data.prev for event in told]
    return Counter(event.data.evidence.credential for event in told)


def held_by(first: int, count: int) -> Counter[str | None]:
    return Counter(Lab.card(PEOPLE[n].card) for n in range(first, first + count))


@pytest.mark.usefixtures("mounting")
def test_a_power_cut_right_behind_the_last_green_takes_none(box: Callable[..., Lab], folder: Path, state: Path) -> None:
    """#1: the device's own bytes of that moment, recovered by ext4 and by SQLite, under another agent."""
    copy, elsewhere = folder / "copy", folder / "elsewhere"
    elsewhere.mkdir()
    make_ext4(folder / "image")
    with ext4(folder / "image", state) as image:
        lab = box("here", state)
        other = box("there", elsewhere)
        start(lab)
        for number in range(ROUNDS):
            answers = touches(lab, 10 * number, 10)
            image.as_after_a_power_cut(copy)
            assert set(answers) <= SAVED
            with ext4(copy, elsewhere):
                other.start_agent()
                assert 10 * (number + 1) == other.status()["spool"]["last"]
                assert 0 == other.stop("agent")
                assert held_by(0, 10 * (number + 1)) == cards(other)
        assert 0 == lab.stop("agent")


def test_a_disk_that_is_slow_then_refuses_then_works_again_costs_no_green_touch(
    box: Callable[..., Lab], state: Path, disk: FaultyDisk
) -> None:
    """A dying SD card, and somebody pulls the plug out of despair while it refuses."""
    lab = box("here", state)
    start(lab, disk.environment())
    disk.slow(50)
    slow = touches(lab, 0, 5)
    disk.slow(0)
    disk.fail_syncs(on=True)
    refused = touches(lab, 5, 5)
    disk.good()
    good = touches(lab, 10, 5)
    disk.fail_syncs(on=True)
    touches(lab, 15, 1)
    lab.stop("agent", signal.SIGKILL)
    disk.good()
    start(lab)
    last = touches(lab, 20, 5)
    assert 0 == lab.stop("agent")

    kept = held_by(0, 5) + held_by(10, 5) + held_by(20, 5)
    assert set(slow + good + last) <= SAVED
    assert {AnswerKind.NOT_SAVED} == set(refused)
    assert not kept - cards(lab)
    assert 1 == lab.log("agent").split("agent started")[1].count("spool writes again")


def test_a_full_disk_refuses_and_when_there_is_room_the_next_start_has_every_green(
    box: Callable[..., Lab], state: Path, small_disk: Mounted
) -> None:
    """#5, with SIGKILL in the full state."""
    lab = box("here", state)
    start(lab)
    assert set(touches(lab, 0, 5)) <= SAVED
    small_disk.fill()
    answers = touches(lab, 5, 30)
    small_disk.free()
    back = touches(lab, 35, 5)
    small_disk.fill()
    lab.stop("agent", signal.SIGKILL)
    small_disk.free()
    start(lab)
    last = touches(lab, 45, 5)
    assert 0 == lab.stop("agent")

    greens = Counter(Lab.card(PEOPLE[5 + n].card) for n, answer in enumerate(answers) if answer in SAVED)
    assert {AnswerKind.NOT_SAVED} == set(answers) - SAVED
    assert set(back + last) <= SAVED
    assert not held_by(0, 5) + greens + held_by(35, 5) + held_by(45, 5) - cards(lab)
