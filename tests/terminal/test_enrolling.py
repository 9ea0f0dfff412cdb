"""A template is made of three good looks at one living person, and it is said whom it resembles."""

from dataclasses import replace

import numpy as np
import pytest
from pretend import GOOD, Life, S, Seen, direction, face_id, near
from stage import TURN, Stage, template

from models.outcome import Taken
from models.turn import of_bytes, turned

NEW = 50


def enrolled(stage: Stage, *people: Seen, s: float = 3, wearing: str = "bare", own: bytes | None = None) -> Taken:
    stage.terminal.enrol(7, wearing, stage.now_ns + round(s * S), own)
    stage.tick()
    stage.stand(*people, s=s)
    stage.tick(1 * S)
    (taken,) = stage.heard(Taken)
    return taken


@pytest.fixture
def stage() -> Stage:
    return Stage(mode="card+face")


def test_three_looks_make_a_template_which_is_turned(stage: Stage) -> None:
    taken = enrolled(stage, Seen(who=NEW))

    assert (7, "pretend/1", 3, []) == (taken.number, taken.model, taken.frames, taken.why)
    assert taken.vector is not None
    assert float(of_bytes(taken.vector) @ turned(direction(NEW), TURN)) > 0.9
    assert abs(float(of_bytes(taken.vector) @ direction(NEW))) < 0.4


def test_whoever_was_enrolled_is_recognised() -> None:
    stage = Stage(mode="face")
    taken = enrolled(stage, Seen(who=NEW))
    assert taken.vector is not None
    stage.terminal.know(replace(template(NEW), vector=taken.vector))
    stage.empty(3)
    stage.stand(Seen(who=NEW), s=2)

    assert [NEW] == stage.recognised()


@pytest.mark.parametrize(
    ("flaw", "why"),
    [
        (replace(GOOD, sharpness=60), "blurred"),
        (replace(GOOD, brightness=50), "dark"),
        (replace(GOOD, brightness=210), "bright"),
        (replace(GOOD, yaw=0.2), "turned"),
        (replace(GOOD, pitch=0.38), "turned"),
        (replace(GOOD, roll_deg=20), "tilted"),
        (replace(GOOD, score=0.87), "unsure_face"),
        (replace(GOOD, length=8.5), "covered"),
    ],
)
def test_what_is_good_enough_to_compare_may_not_be_good_enough_to_enrol(stage: Stage, flaw, why: str) -> None:
    taken = enrolled(stage, Seen(who=NEW, quality=flaw))

    assert (None, [why]) == (taken.vector, taken.why)
    assert stage.terminal._visits.newest.looks


def test_a_small_face_is_asked_to_come_closer(stage: Stage) -> None:
    taken = enrolled(stage, Seen(who=NEW, width=100))

    assert (None, ["small"]) == (taken.vector, taken.why)
    assert ["come_closer"] == stage.advice()[:1]


def test_nobody_there_is_said(stage: Stage) -> None:
    assert ["nobody"] == enrolled(stage).why


def test_two_people_make_no_template(stage: Stage) -> None:
    taken = enrolled(stage, Seen(who=NEW, x=100), Seen(who=NEW + 1, x=350))

    assert (None, ["two_faces"]) == (taken.vector, taken.why)


def test_looks_that_do_not_agree_make_no_template(stage: Stage) -> None:
    """Each is good; together they are no one."""
    stage.terminal.enrol(7, "bare", stage.now_ns + 3 * S, None)
    for n in range(40):
        stage.frame(Seen(who=NEW, likeness=0.6, vector=near(direction(NEW), 0.65, n)))
    (taken,) = stage.heard(Taken)

    assert (None, ["frames_differ"]) == (taken.vector, taken.why)


def test_a_change_of_people_begins_anew(stage: Stage) -> None:
    stage.terminal.enrol(7, "bare", stage.now_ns + 5 * S, None)
    stage.stand(Seen(who=NEW), s=0.2)
    stage.stand(Seen(who=NEW + 1, x=310), s=3)
    (taken,) = stage.heard(Taken)

    assert taken.vector is not None
    assert float(of_bytes(taken.vector) @ turned(direction(NEW + 1), TURN)) > 0.9


def test_a_picture_held_up_makes_no_template() -> None:
    stage = Stage(mode="card+face", life=Life("failed", "screen"))
    taken = enrolled(stage, Seen(who=NEW))

    assert (None, ["screen"]) == (taken.vector, taken.why[:1])


def test_a_look_alike_is_flagged(stage: Stage) -> None:
    taken = enrolled(stage, Seen(who=NEW, vector=near(direction(1), 0.55, 4)))

    assert taken.vector is not None
    assert ["look_alike"] == taken.why


def test_a_second_template_may_be_like_the_first(stage: Stage) -> None:
    taken = enrolled(stage, Seen(who=1), wearing="helmet", own=face_id(1))

    assert [] == taken.why


def test_a_second_template_of_somebody_else_is_flagged(stage: Stage) -> None:
    taken = enrolled(stage, Seen(who=NEW), wearing="helmet", own=face_id(1))

    assert ["unlike_own"] == taken.why


def test_a_template_that_is_near_to_everybody_is_none() -> None:
    """A blurred one that came through all the same: it would open the gate to strangers."""
    stage = Stage(mode="card+face", known=range(40))
    everybody = np.mean([direction(who) for who in range(40)], axis=0)
    middle = np.asarray(everybody / np.linalg.norm(everybody), dtype=np.float32)
    taken = enrolled(stage, Seen(who=NEW, vector=middle))

    assert (None, ["like_many"]) == (taken.vector, taken.why)


def test_a_mask_on_purpose_is_not_in_the_way(stage: Stage) -> None:
    taken = enrolled(stage, Seen(who=NEW, quality=replace(GOOD, length=6)), wearing="mask")

    assert taken.vector is not None
    assert [] == taken.why


def test_one_enrolment_at_a_time(stage: Stage) -> None:
    stage.terminal.enrol(1, "bare", stage.now_ns + 9 * S, None)
    stage.terminal.enrol(2, "bare", stage.now_ns + 9 * S, None)
    stage.tick()
    (taken,) = stage.heard(Taken)

    assert (2, None, ["busy"]) == (taken.number, taken.vector, taken.why)


def test_before_the_secret_there_is_no_template() -> None:
    stage = Stage(mode="card+face", known=())
    stage.terminal._known._matrix = None
    taken = enrolled(stage, Seen(who=NEW))

    assert (None, ["no_secret"]) == (taken.vector, taken.why)


def test_a_photograph_of_one_person_makes_a_template(stage: Stage) -> None:
    good = stage.terminal.photo(1, stage.sight.shot(0, Seen(who=NEW)).picture, "bare", None)
    two = stage.terminal.photo(2, stage.sight.shot(0, Seen(who=NEW, x=50), Seen(who=1, x=350)).picture, "bare", None)
    poor = stage.terminal.photo(
        3, stage.sight.shot(0, Seen(who=NEW, quality=replace(GOOD, sharpness=9))).picture, "bare", None
    )
    none = stage.terminal.photo(4, stage.sight.shot(0).picture, "bare", None)

    assert (True, 1, []) == (good.vector is not None, good.frames, good.why)
    assert [["two_faces"], ["blurred"], ["nobody"]] == [two.why, poor.why, none.why]
