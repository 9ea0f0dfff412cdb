"""1:N: nobody wrong is ever recognised, whoever is known is recognised once, and everybody else shows a card."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pretend import GOOD, MS, Life, S, Seen, direction, face_id, near
from stage import Stage, alike, template

from models.outcome import Recognised

STRANGER = 99


def test_whoever_is_known_is_recognised_once_within_600_ms() -> None:
    stage = Stage(step_ns=66 * MS)
    began_ns = stage.now_ns
    stage.stand(Seen(who=2), s=10)
    (at_ns, said) = next((at, each) for at, each in stage.said if isinstance(each, Recognised))

    assert [2] == stage.recognised()
    assert at_ns - began_ns <= 600 * MS
    assert ("match", "1:N", 3, "t:1:N:1x3") == (
        said.look.verdict,
        said.look.mode,
        said.look.frames,
        said.look.calibration,
    )
    assert [] == stage.advice()


def test_three_embeddings_are_enough_for_a_visit() -> None:
    """They are the dear part: a crowd at seven in the morning must not heat the box."""
    stage = Stage()
    stage.stand(Seen(who=2), s=30)

    assert 3 == stage.sight.embedded


def test_an_empty_picture_costs_no_measuring() -> None:
    stage = Stage()
    stage.empty(10)

    assert (0, 0) == (stage.sight.measured, stage.sight.embedded)


def test_a_stranger_is_asked_for_the_card_once() -> None:
    stage = Stage()
    stage.stand(Seen(who=STRANGER), s=20)

    assert [] == stage.recognised()
    assert ["show_card"] == stage.advice()
    assert stage.sight.embedded <= 6


def test_whoever_turns_away_for_a_moment_is_not_recognised_again() -> None:
    stage = Stage()
    for _ in range(5):
        stage.stand(Seen(who=1), s=2)
        stage.empty(1.8)

    assert [1] == stage.recognised()


def test_whoever_comes_back_after_two_seconds_is_recognised_again() -> None:
    stage = Stage()
    for _ in range(2):
        stage.stand(Seen(who=1), s=2)
        stage.empty(2.2)

    assert [1, 1] == stage.recognised()


def test_whoever_steps_into_the_place_of_the_one_before_is_recognised() -> None:
    """A queue in the morning: the next one stands where the last one stood, half a second later."""
    stage = Stage()
    for who in (1, 2, 3):
        stage.stand(Seen(who=who), s=1.5)
        stage.empty(0.3)

    assert [1, 2, 3] == stage.recognised()


def test_a_stranger_in_the_place_of_somebody_known_is_not_taken_for_them() -> None:
    stage = Stage()
    stage.stand(Seen(who=1), s=0.3)
    stage.empty(0.3)
    stage.stand(Seen(who=STRANGER), s=5)

    assert [] == stage.recognised()
    assert ["show_card"] == stage.advice()


def test_between_two_who_are_nearly_as_near_nobody_is_recognised() -> None:
    """The margin: a face between two people is one of them, or their brother."""
    between = alike(direction(1), direction(2), cosine=0.72)
    stage = Stage()
    stage.stand(*[Seen(who=1, vector=near(between, 0.97, 1))], s=10)

    assert [] == stage.recognised()
    assert ["show_card"] == stage.advice()


def test_look_alikes_who_are_both_known_need_the_card() -> None:
    stage = Stage(known=())
    stage.terminal.know(template(1))
    stage.terminal.know(template(2, near(direction(1), 0.45, 5)))
    stage.stand(Seen(who=1), s=5)

    assert [] == stage.recognised()
    assert ["show_card"] == stage.advice()


def test_one_frame_of_somebody_else_is_no_part_of_a_decision() -> None:
    stage = Stage()
    stage.frame(Seen(who=1))
    stage.frame()
    stage.frame(Seen(who=1, vector=direction(2)))
    stage.frame()
    stage.frame(Seen(who=1))

    assert [] == stage.recognised()


def test_too_many_people_to_tell_apart_means_the_card_for_everybody() -> None:
    stage = Stage(known=range(301))
    stage.stand(Seen(who=1), s=5)

    assert [] == stage.recognised()
    assert ["show_card"] == stage.advice()


def test_two_people_side_by_side_are_asked_to_come_one_at_a_time() -> None:
    stage = Stage()
    stage.stand(Seen(who=1, x=100), Seen(who=2, x=350), s=3)

    assert [] == stage.recognised()
    assert {"one_at_a_time"} == set(stage.advice())


def test_somebody_far_behind_does_not_disturb() -> None:
    stage = Stage()
    stage.stand(Seen(who=1, x=100), Seen(who=2, x=450, width=60), s=3)

    assert [1] == stage.recognised()


@pytest.mark.parametrize(
    ("flaw", "kind"),
    [
        (replace(GOOD, sharpness=10), "hold_still"),
        (replace(GOOD, brightness=20, sharpness=500), "more_light"),
        (replace(GOOD, yaw=0.5), "look_here"),
        (replace(GOOD, length=5), "uncover"),
    ],
)
def test_what_is_in_the_way_is_said_and_then_the_card_is_asked_for(flaw, kind: str) -> None:
    stage = Stage()
    stage.stand(Seen(who=1, quality=flaw), s=6)

    assert [] == stage.recognised()
    assert kind == stage.advice()[0]
    assert 1 == stage.advice().count("show_card")


def test_sunglasses_are_to_be_taken_off() -> None:
    """Of people in sunglasses every ninth pair came out as one person."""
    stage = Stage()
    stage.stand(Seen(who=1, has_sunglasses=True), s=2)
    stage.stand(Seen(who=1), s=2)

    assert "uncover" == stage.advice()[0]
    assert [1] == stage.recognised()
    assert 3 == stage.sight.embedded


def test_whoever_takes_the_mask_down_after_all_is_recognised() -> None:
    stage = Stage()
    stage.stand(Seen(who=1, quality=replace(GOOD, length=5)), s=6)
    stage.stand(Seen(who=1), s=2)

    assert [1] == stage.recognised()


@pytest.mark.parametrize("word", ["failed", "pending", "wants_turn_left", "whatever"])
def test_a_face_that_does_not_prove_that_it_lives_is_not_recognised(word: str) -> None:
    """Fail closed: also on a word that nobody knows."""
    stage = Stage(life=Life(word, "screen"))
    stage.stand(Seen(who=1), s=20)

    assert [] == stage.recognised()
    assert 1 == stage.advice().count("show_card")


def test_whoever_turns_the_head_when_asked_to_is_recognised() -> None:
    stage = Stage(life=Life("wants_turn_left"))
    stage.stand(Seen(who=1), s=1)
    stage.lives[0].word = "passed"
    stage.stand(Seen(who=1), s=1)

    assert [1] == stage.recognised()
    assert ["turn_left"] == stage.advice()
    assert "passed" == stage.heard(Recognised)[0].look.liveness


def test_nobody_known_means_the_card_at_once_and_nothing_embedded() -> None:
    stage = Stage(known=())
    stage.stand(Seen(who=1), s=1)

    assert ["show_card"] == stage.advice()
    assert 0 == stage.sight.embedded


def test_templates_of_another_model_never_match_and_are_counted() -> None:
    stage = Stage(known=())
    stage.terminal.know(replace(template(1), model="pretend/2"))
    stage.stand(Seen(who=1), s=5)

    assert [] == stage.recognised()
    assert (0, 1) == (stage.terminal.tally().people, stage.terminal.tally().of_other_models)


def test_a_new_secret_makes_earlier_templates_worthless() -> None:
    stage = Stage()
    stage.terminal.secret(bytes(32))
    stage.stand(Seen(who=1), s=5)
    after = stage.terminal.tally()
    # Templates turned by the old secret, known under the new one: noise.
    stage.terminal.know(template(1))
    stage.empty(3)
    stage.stand(Seen(who=1), s=5)

    assert 0 == after.people
    assert [] == stage.recognised()


def test_a_face_at_the_edge_of_the_picture_is_not_compared() -> None:
    stage = Stage()
    stage.stand(Seen(who=1, x=-40), s=3)

    assert 0 == stage.sight.embedded
    assert [] == stage.recognised()


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_a_face_without_direction_is_nobody(value: float) -> None:
    """What an embedder gives for a chip in which there is nothing."""
    stage = Stage()
    stage.stand(Seen(who=1, vector=np.full(128, value, dtype=np.float32)), s=6)

    assert [] == stage.recognised()
    assert 1 == stage.advice().count("show_card")


def test_somebody_with_helmet_is_found_by_the_template_with_helmet() -> None:
    stage = Stage()
    helmet = near(direction(1), 0.35, 77)
    stage.terminal.know(template(1, helmet, wearing="helmet"))
    stage.stand(Seen(who=1, vector=near(helmet, 0.9, 78)), s=2)

    assert [1] == stage.recognised()


people = st.integers(min_value=1, max_value=8)  # 1 to 4 are known
quality = st.sampled_from(
    [GOOD, GOOD, GOOD, replace(GOOD, sharpness=5), replace(GOOD, length=4), replace(GOOD, yaw=0.6)]
)
stay = st.tuples(
    people,
    st.lists(st.tuples(st.floats(0.3, 0.97), quality), min_size=1, max_size=12),
    st.sampled_from([0, 1, 3, 6, 25]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(stay, min_size=1, max_size=5), st.sampled_from([66 * MS, 125 * MS]))
def test_whatever_happens_nobody_wrong_is_recognised_and_nobody_twice(stays, step_ns: int) -> None:
    stage = Stage(known=range(1, 5), step_ns=step_ns)
    for who, frames, gap in stays:
        before = len(stage.recognised())
        for likeness, how in frames:
            stage.stand(Seen(who=who, likeness=likeness, quality=how), s=0.13)
        found = stage.recognised()[before:]

        assert found in ([], [who])
        assert not found or who <= 4
        stage.empty(gap * 0.1)
    _bounded(stage)


@settings(max_examples=30, deadline=None)
@given(st.integers(5, 1000), st.lists(st.floats(0.55, 0.97), min_size=45, max_size=60))
def test_every_stranger_who_stays_ends_with_the_card(who: int, likenesses) -> None:
    stage = Stage(known=range(1, 5))
    for likeness in likenesses:
        stage.frame(Seen(who=who, likeness=likeness))

    assert [] == stage.recognised()
    assert 1 == stage.advice().count("show_card")


def test_a_crowd_for_an_hour_takes_no_more_memory_than_for_a_minute() -> None:
    stage = Stage(known=range(1, 5))
    for n in range(1500):
        crowd = [Seen(who=n % 7 + k, x=float((37 * n + 61 * k) % 500), width=40.0 + 7 * k) for k in range(12)]
        stage.terminal.look(stage.sight.shot(200 * S + n * 100 * MS, *crowd))
        if n % 9 == 0:
            stage.terminal.verify(n, face_id(1), 200 * S + n * 100 * MS + 10 * S)
    _bounded(stage)


def _bounded(stage: Stage) -> None:
    terminal = stage.terminal
    assert len(terminal._visits.all()) <= 16
    assert len(terminal._visits._tracks._tracks) <= 16
    assert len(terminal._questions) <= 8
    assert len(terminal._recognition._recent) <= 16
    assert all(len(visit.looks) <= 6 for visit in terminal._visits.all())
