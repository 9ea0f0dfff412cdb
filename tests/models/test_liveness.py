"""Every layer must agree; what was not asked is unchecked, never passed; what failed stays failed."""

from random import Random

import numpy as np
import pytest

from models.challenge import Side
from models.face import Look
from models.liveness import Liveness, Policy, Standing
from models.pad import Pad
from models.replay import Seen
from tests.models.living import (
    FLAT,
    FRAME_NS,
    HEAD,
    S,
    Somebody,
    camera,
    chip_of,
    drawn,
    face_of,
    hall,
    held_up,
    rotation,
    seen,
)

BLACK = np.zeros((480, 640, 3), dtype=np.uint8)
FRONT = seen(HEAD, at=(320, 150), eyes_px=40)
PASSED, UNCHECKED, PENDING = (Standing(word=word) for word in ("passed", "unchecked", "pending"))


class Says:
    """A network that is this sure of life."""

    inputs = ("input",)

    def __init__(self, living: float) -> None:
        self.living = living

    def run(self, **_):
        return [np.log(np.array([[self.living, 1 - self.living]], dtype=np.float32))]


def new(policy: Policy = Policy.PASSIVE, *, living: float | None = None, side: Side | None = None) -> Liveness:
    """Return the liveness of a new track; a turn, if any, is asked to this side."""
    seeds = (seed for seed in range(99) if side is None or Random(seed).choice(list(Side)) is side)
    pad = Pad({} if living is None else {"pad-antispoof": Says(living)})
    return Liveness(policy, seen=Seen(), pad=pad, random=Random(next(seeds)))


def shown(liveness: Liveness, looks: int = 3, *, picture=BLACK, **others) -> int:
    """Show somebody from the front; return when the last look was."""
    at_ns = S
    for i in range(looks):
        at_ns = S + i * 2 * FRAME_NS
        one: Look = Somebody(points=FRONT).look(at_ns, **others)
        liveness.saw_face(one.face, at_ns)
        liveness.saw(picture, one)
    return at_ns


def turning(liveness: Liveness, at_ns: int, *, to: float, body=HEAD, seed: int = 1) -> int:
    """Show a body that turns its head, and the looks that are wanted."""
    for yaw in [0] * 5 + list(np.linspace(0, to, 10)) + [to] * 3:
        at_ns += FRAME_NS
        points = seen(body, rotation(yaw=yaw), at=(320, 150), eyes_px=40)
        liveness.saw_face(face_of(points), at_ns)
        if liveness.wants_look:
            liveness.saw(BLACK, Somebody(seed, points).look(at_ns))
    return at_ns


def test_with_policy_off_nothing_is_looked_at() -> None:
    liveness = new(Policy.OFF)
    shown(liveness, chip=chip_of(1), looks=20)

    assert UNCHECKED == liveness.standing(9 * S)
    assert not liveness.wants_look


def test_before_two_looks_it_is_pending() -> None:
    liveness = new()

    assert PENDING == liveness.standing(S)
    shown(liveness, looks=1)
    assert PENDING == liveness.standing(S)


def test_with_nothing_against_it_and_no_network_it_is_unchecked_and_not_passed() -> None:
    liveness = new()

    assert UNCHECKED == liveness.standing(shown(liveness))


def test_with_a_network_that_is_sure_it_passes() -> None:
    liveness = new(living=0.99)
    at_ns = shown(liveness, looks=2)

    assert PENDING == liveness.standing(at_ns)
    assert PASSED == liveness.standing(shown(liveness))


def test_with_a_network_that_is_sure_of_the_contrary_it_fails() -> None:
    liveness = new(living=0.01)

    assert Standing(word="failed", why="pad_model") == liveness.standing(shown(liveness))


def test_what_failed_stays_failed_though_the_network_changes_its_mind() -> None:
    liveness = new(living=0.01)
    shown(liveness)
    liveness._doubt._pad._nets["pad-antispoof"].living = 0.99

    assert Standing(word="failed", why="pad_model") == liveness.standing(shown(liveness, looks=9))


@pytest.mark.parametrize(("side", "word"), [(Side.LEFT, "wants_turn_left"), (Side.RIGHT, "wants_turn_right")])
def test_with_a_network_that_doubts_a_turn_is_asked_for(side: Side, word: str) -> None:
    liveness = new(living=0.5, side=side)
    at_ns = shown(liveness)

    assert word == liveness.standing(at_ns).word
    at_ns = turning(liveness, at_ns, to=35 * side.value)
    assert PASSED == liveness.standing(at_ns)


def test_where_the_policy_demands_it_everybody_turns_the_head() -> None:
    liveness = new(Policy.CHALLENGE, living=0.99, side=Side.LEFT)
    at_ns = shown(liveness)

    assert "wants_turn_left" == liveness.standing(at_ns).word
    assert PASSED == liveness.standing(turning(liveness, at_ns, to=35))


@pytest.mark.parametrize(
    ("to", "body", "seed", "why"),
    [(-35, HEAD, 1, "wrong_turn"), (35, HEAD, 2, "other_face"), (40, FLAT, 1, "no_turn"), (0, HEAD, 1, "no_turn")],
)
def test_a_failed_turn_is_failed_and_stays_so(to: float, body, seed: int, why: str) -> None:
    liveness = new(Policy.CHALLENGE, side=Side.LEFT)
    at_ns = shown(liveness)
    liveness.standing(at_ns)
    at_ns = turning(liveness, at_ns, to=to, body=body, seed=seed) + 2 * S

    assert Standing(word="failed", why=why) == liveness.standing(at_ns)
    assert Standing(word="failed", why=why) == liveness.standing(turning(liveness, at_ns, to=35))


@pytest.mark.parametrize("policy", [Policy.PASSIVE, Policy.CHALLENGE])
def test_a_frozen_picture_is_waited_for_and_then_fails(policy: Policy) -> None:
    liveness = new(policy, living=0.99)
    at_ns = shown(liveness, chip=chip_of(1))

    assert Standing(word="pending", why="frozen") == liveness.standing(at_ns)
    assert Standing(word="failed", why="frozen") == liveness.standing(shown(liveness, chip=chip_of(1), looks=8))


def test_a_sheet_fails_however_sure_the_network_is() -> None:
    """AND, never OR."""
    picture, points = held_up(hall(), tilt_deg=3, size=1, shines=False, frame_px=8)
    liveness = new(living=0.99)
    for i in range(3):
        liveness.saw(camera(picture, i), Somebody(points=points).look(S + i * 2 * FRAME_NS))

    assert "failed" == liveness.standing(2 * S).word
    assert liveness.standing(2 * S).why in {"paper", "screen"}


def test_a_head_before_a_door_does_not_fail() -> None:
    liveness = new(living=0.99)

    assert PASSED == liveness.standing(shown(liveness, picture=camera(drawn(hall(), FRONT))))


def test_a_face_within_a_face_fails() -> None:
    liveness = new(living=0.99)
    at_ns = shown(liveness)
    for i in range(2):
        liveness.saw_face(face_of(FRONT), at_ns + i, others=[face_of(seen(HEAD, at=(320, 150), eyes_px=120))])

    assert Standing(word="failed", why="nested") == liveness.standing(at_ns)


def test_a_recording_fails_at_the_next_visit_even_after_a_right_turn() -> None:
    """One memory for all tracks."""
    memory = Seen()
    first, second = (Liveness(Policy.CHALLENGE, seen=memory, pad=Pad({}), random=Random(1)) for _ in range(2))
    for at_s, liveness in ((1, first), (60, second)):
        for i in range(3):
            liveness.saw(BLACK, Somebody(points=FRONT).look(at_s * S + i * 2 * FRAME_NS, chip=chip_of(i)))

    assert Standing(word="failed", why="replay") == second.standing(61 * S)
    assert first.standing(2 * S).word.startswith("wants_turn")


def test_the_network_is_not_asked_of_a_turned_head() -> None:
    """It knows faces from the front: of others it says anything."""
    liveness = new(Policy.CHALLENGE, living=0.99, side=Side.LEFT)
    at_ns = shown(liveness)
    liveness.standing(at_ns)
    liveness._doubt._pad._nets["pad-antispoof"].living = 0.01
    turning(liveness, at_ns, to=35)

    assert 3 == len(liveness._doubt._said)
