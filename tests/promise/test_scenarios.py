"""The promise in stories: what happens on sites, step by step, with the real parts in one process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.receiver.audit import audit
from hardware_fakes.promise import World
from hardware_fakes.world import CARDS, POISON


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def touches(world: World, count: int) -> None:
    for number in range(count):
        world.clock.advance(61)
        world.touch(CARDS[number % 2], "gate")


def all_arrived(world: World) -> None:
    world.settle()
    world.promises_hold()
    assert not world.missing()
    assert [] == [finding for finding in audit(world.office.folder / "events.db") if finding.is_wrong]


def test_a_restored_office_gets_again_what_it_had_receipted(world: World) -> None:
    """The office's server dies on Friday; its backup is from Wednesday."""
    touches(world, 3)
    world.settle()
    world.back_up()
    touches(world, 4)
    world.settle()
    assert world.backup
    world.office.die_into(world.copy(world.backup))

    all_arrived(world)
    assert len(world.office.counted()) == 7


def test_a_restored_office_is_noticed_while_nobody_reconnects(world: World) -> None:
    touches(world, 2)
    world.settle()
    world.back_up()
    touches(world, 2)
    world.settle()
    assert world.backup
    world.office.die_into(world.copy(world.backup))
    world.office.connect()
    touches(world, 1)

    all_arrived(world)
    assert len(world.office.counted()) == 5


@pytest.mark.parametrize("new", [1, 3, 6, 9])
def test_a_disk_that_was_set_back_loses_and_doubles_nothing(world: World, new: int) -> None:
    """A technician puts last month's image into the box; it takes fewer, as many, or more touches than it lost."""
    touches(world, 3)
    world.settle()
    world.image = world.folder()
    world.box.copy_to(world.image)
    touches(world, 6)
    world.settle()
    world.set_back(world.image)
    touches(world, new)

    all_arrived(world)
    assert len(world.office.counted()) == 9 + new
    assert world.box.rows()[0].seq == 1


def test_what_the_broker_took_and_lost_is_sent_again(world: World) -> None:
    """It acknowledged, and was switched off before it passed anything on."""
    world.box.connect()
    world.office.connect()
    world.turn()
    world.broker.flow()
    touches(world, 4)
    world.turn()
    for posted in world.broker.post:
        world.broker.acknowledge(posted)
    world.broker.post.clear()
    world.turn()

    all_arrived(world)
    assert len(world.office.counted()) == 4


def test_a_spool_spoilt_again_and_again_loses_and_doubles_nothing(world: World) -> None:
    """Its receipts are lost with its first page: everything is carried on, and the office knows all of it already."""
    touches(world, 3)
    world.settle()
    world.spoil()
    touches(world, 2)
    world.spoil()
    world.spoil()
    touches(world, 1)

    all_arrived(world)
    assert len(world.office.counted()) == 6


def test_poison_stays_on_the_box_until_a_stick_brings_it(world: World) -> None:
    touches(world, 2)
    world.touch(POISON, "gate")
    touches(world, 2)
    world.settle()
    assert len(world.office.counted()) == 4
    world.export()
    paper = world.office.take_stick(world.sticks[0])
    world.hear(paper)

    assert len(world.office.counted()) == 5
    assert world.accepted <= world.at_the_office()
    world.promises_hold()


def test_sticks_and_broker_bring_the_same_touches_once(world: World) -> None:
    touches(world, 3)
    world.export()
    world.settle()
    touches(world, 3)
    world.export()
    papers = [world.office.take_stick(stick) for stick in (*world.sticks, *world.sticks)]
    for paper in reversed(papers):
        world.hear(paper)
    assert world.box.courier.tally.upto == world.box.courier.last

    all_arrived(world)
    assert len(world.office.counted()) == 6


def test_killed_at_the_worst_moments_nothing_is_green_that_is_not_kept(world: World) -> None:
    touches(world, 2)
    for has_committed in (False, True):
        world.clock.advance(61)
        world.touch_and_die(CARDS[0], "gate", has_committed=has_committed)
    world.touch_on_a_full_disk(CARDS[1], "gate")
    touches(world, 2)
    world.crash(off_s=60)
    world.promises_hold()

    all_arrived(world)
    assert len(world.office.counted()) == 5


def test_the_wall_clock_may_step_as_it_likes(world: World) -> None:
    world.touch(CARDS[0], "in")
    for step_s in (3600, -7200, 90_000, -1e9):
        world.clock.step_wall(step_s)
        world.clock.advance(5)
        world.touch(CARDS[0], "in")

    all_arrived(world)
    assert len(world.office.counted()) == 5
