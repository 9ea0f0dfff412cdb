"""1:1: a card asks whether it is this one, and gets exactly one answer in time."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pretend import GOOD, MS, Life, S, Seen, direction, face_id, near
from stage import Stage, template

from models.outcome import Advice, Confirmed

STRANGER = 99


def asked(stage: Stage, who: int = 1, **how) -> None:
    stage.verify(who, **how)
    stage.tick()


def answer(stage: Stage) -> Confirmed:
    (said,) = stage.heard(Confirmed)
    return said


def test_whoever_stands_there_when_the_card_is_touched_is_answered_at_once() -> None:
    """The camera looked while they took the card out."""
    stage = Stage(mode="card+face")
    stage.stand(Seen(who=1), s=1)
    asked(stage)
    look = answer(stage).look

    assert ("match", "1:1", 3, "t:1:1:1x3") == (look.verdict, look.mode, look.frames, look.calibration)
    assert 400 <= look.score_milli <= 1000


def test_whoever_comes_after_the_card_is_confirmed_by_the_first_clear_look() -> None:
    stage = Stage(mode="card+face")
    asked(stage)
    stage.frame(Seen(who=1))
    look = answer(stage).look

    assert ("match", 1, "t:1:1:1x1") == (look.verdict, look.frames, look.calibration)


def test_a_look_that_is_not_clear_waits_for_three() -> None:
    stage = Stage(mode="card+face")
    asked(stage)
    began_ns = stage.now_ns
    like = near(direction(1), 0.43, 3)
    for n in range(6):
        stage.frame(Seen(who=1, vector=near(like, 0.99, n)))

    assert ("match", 3) == (answer(stage).look.verdict, answer(stage).look.frames)
    assert 300 * MS <= next(at for at, each in stage.said if isinstance(each, Confirmed)) - began_ns <= 600 * MS


def test_somebody_else_with_the_card_differs() -> None:
    stage = Stage(mode="card+face")
    stage.stand(Seen(who=2), s=1)
    asked(stage)
    stage.stand(Seen(who=2), s=2)

    assert "differs" == answer(stage).look.verdict


def test_between_the_same_and_somebody_else_it_is_unsure() -> None:
    stage = Stage(mode="card+face")
    asked(stage)
    like = near(direction(1), 0.35, 3)
    for n in range(20):
        stage.frame(Seen(who=1, vector=near(like, 0.99, n)))

    assert ("unsure", "not_clear") == (answer(stage).look.verdict, answer(stage).look.why)


def test_nobody_before_the_camera_is_unseen_at_its_time_and_not_before() -> None:
    stage = Stage(mode="card+face")
    asked(stage)
    stage.empty(2.4)
    before = stage.heard(Confirmed)
    stage.tick(101 * MS)

    assert [] == before
    assert "unseen" == answer(stage).look.verdict


def test_without_any_frame_the_answer_comes_by_the_tick() -> None:
    stage = Stage(mode="card+face")
    asked(stage)
    stage.tick(3 * S)

    assert "unseen" == answer(stage).look.verdict


def test_whoever_left_two_seconds_before_the_card_does_not_count() -> None:
    stage = Stage(mode="card+face")
    stage.stand(Seen(who=1), s=1)
    stage.empty(1.7)
    asked(stage)
    stage.empty(3)

    assert "unseen" == answer(stage).look.verdict


def test_whoever_left_a_second_before_the_card_counts() -> None:
    stage = Stage(mode="card+face")
    stage.stand(Seen(who=1), s=1)
    stage.empty(1)
    asked(stage)

    assert "match" == answer(stage).look.verdict


def test_a_person_without_template_is_answered_at_once() -> None:
    stage = Stage(mode="card+face")
    asked(stage, STRANGER)

    assert ("not_enrolled", "") == (answer(stage).look.verdict, answer(stage).look.why)


def test_a_person_known_by_another_model_only_must_be_enrolled_anew() -> None:
    stage = Stage(mode="card+face", known=())
    stage.terminal.know(replace(template(1), model="pretend/2"))
    asked(stage)

    assert ("not_enrolled", "other_model") == (answer(stage).look.verdict, answer(stage).look.why)


def test_what_was_in_the_way_is_said() -> None:
    stage = Stage(mode="card+face")
    asked(stage)
    stage.stand(Seen(who=1, quality=replace(GOOD, length=5)), s=3)

    assert ("unsure", "covered") == (answer(stage).look.verdict, answer(stage).look.why)
    assert "uncover" in stage.advice()


def test_two_people_at_once_are_unsure() -> None:
    stage = Stage(mode="card+face")
    asked(stage)
    stage.stand(Seen(who=1, x=100), Seen(who=2, x=350), s=3)

    assert ("unsure", "two_faces") == (answer(stage).look.verdict, answer(stage).look.why)
    assert "one_at_a_time" in stage.advice()


def test_the_next_in_the_queue_is_not_compared_by_the_looks_at_the_one_before() -> None:
    """They change places within a frame, on the same spot: only the faces tell."""
    stage = Stage(mode="card+face")
    stage.stand(Seen(who=1), s=2)
    stage.frame(Seen(who=2, x=310))
    asked(stage, 2)
    stage.stand(Seen(who=2), s=2)

    assert "match" == answer(stage).look.verdict


@pytest.mark.parametrize(
    ("word", "why", "alive", "said"),
    [
        ("failed", "replay", "failed", "replay"),
        ("pending", "", "unchecked", "pending"),
        ("odd", "", "unchecked", "odd"),
    ],
)
def test_a_picture_of_the_right_face_is_unsure(word: str, why: str, alive: str, said: str) -> None:
    stage = Stage(mode="card+face", life=Life(word, why))
    asked(stage)
    stage.stand(Seen(who=1), s=4)
    look = answer(stage).look

    assert ("unsure", said, alive) == (look.verdict, look.why, look.liveness)


def test_whoever_is_asked_to_turn_and_turns_is_confirmed() -> None:
    stage = Stage(mode="card+face", life=Life("wants_turn_right"))
    asked(stage)
    stage.stand(Seen(who=1), s=1)
    stage.lives[0].word = "passed"
    stage.stand(Seen(who=1), s=1)

    assert ("match", "passed") == (answer(stage).look.verdict, answer(stage).look.liveness)
    assert ["turn_right"] == stage.advice()


def test_turned_looks_go_to_the_liveness_alone() -> None:
    stage = Stage(mode="card+face", life=Life(wants_look=True))
    stage.stand(Seen(who=1, quality=replace(GOOD, yaw=0.6)), s=2)

    assert stage.lives[0].looks
    assert not stage.terminal._visits.newest.looks


@pytest.mark.parametrize("mode", ["card+face", "log"])
def test_without_a_card_nothing_is_said(mode) -> None:
    stage = Stage(mode=mode)
    stage.stand(Seen(who=1), s=3)
    stage.stand(Seen(who=STRANGER, quality=replace(GOOD, length=5)), s=10)

    assert [] == stage.said


def test_to_log_is_to_keep_the_score_under_its_own_word() -> None:
    stage = Stage(mode="log")
    stage.stand(Seen(who=2), s=1)
    asked(stage)
    stage.stand(Seen(who=2), s=3)

    assert "log" == answer(stage).look.mode
    assert answer(stage).look.score_milli is not None


def test_of_nine_questions_the_ninth_is_told_that_there_are_too_many() -> None:
    stage = Stage(mode="card+face")
    for number in range(9):
        stage.verify(1, number=number)
    stage.tick()

    assert [(8, "away", "busy")] == [(e.number, e.look.verdict, e.look.why) for e in stage.heard(Confirmed)]


def test_a_question_taken_back_is_not_answered() -> None:
    stage = Stage(mode="card+face")
    stage.verify(1)
    stage.terminal.cancel(1)
    stage.tick(10 * S)

    assert [] == stage.said


def test_who_is_erased_while_they_wait_is_not_compared() -> None:
    stage = Stage(mode="card+face")
    stage.verify(1)
    stage.terminal.forget()
    stage.stand(Seen(who=1), s=3)

    assert "not_enrolled" == answer(stage).look.verdict


def test_a_gallery_sent_anew_while_somebody_waits_loses_no_answer() -> None:
    stage = Stage(mode="card+face")
    stage.verify(1)
    stage.terminal.forget()
    stage.frame(Seen(who=1))
    stage.terminal.know(template(1))
    stage.frame(Seen(who=1))

    assert "match" == answer(stage).look.verdict


event = st.one_of(
    st.tuples(st.just("frame"), st.integers(1, 5), st.floats(0.2, 0.97)),
    st.tuples(st.just("crowd"), st.integers(1, 5), st.floats(0.2, 0.97)),
    st.tuples(st.just("empty"), st.integers(1, 20), st.just(0.0)),
    st.tuples(st.just("tick"), st.integers(1, 900), st.just(0.0)),
    st.tuples(st.just("verify"), st.integers(1, 6), st.floats(0.1, 4)),
    st.tuples(st.just("forget"), st.just(0), st.just(0.0)),
    st.tuples(st.just("know"), st.integers(1, 3), st.just(0.0)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(event, max_size=40), st.sampled_from(["card+face", "face", "log"]))
def test_every_question_is_answered_exactly_once_and_in_time(events, mode) -> None:
    stage = Stage(mode=mode)
    due: dict[int, tuple[int, int]] = {}
    for number, (what, which, how) in enumerate(events):
        if what == "frame":
            stage.frame(Seen(who=which, likeness=how))
        elif what == "crowd":
            stage.frame(Seen(who=which, x=50, likeness=how), Seen(who=which + 1, x=400))
        elif what == "empty":
            stage.empty(which * 0.1)
        elif what == "tick":
            stage.tick(which * MS)
        elif what == "verify":
            stage.verify(which, number=number, within_s=how)
            due[number] = (stage.now_ns + round(how * S), which)
        elif what == "forget":
            stage.terminal.forget()
        else:
            stage.terminal.know(template(which))
    for _ in range(50):
        stage.tick(100 * MS)
    answers = [(at, each) for at, each in stage.said if isinstance(each, Confirmed)]

    assert sorted(due) == sorted(each.number for _, each in answers)
    # By its time, or with the first call after it: a tick here is up to 900 ms away.
    assert all(at_ns <= due[each.number][0] + S for at_ns, each in answers)
    assert all(due[each.number][1] <= 3 for _, each in answers if each.look.verdict == "match")
    assert all(each.look.why or each.look.verdict != "unsure" for _, each in answers)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.2, 0.97), min_size=1, max_size=30), st.integers(2, 50))
def test_somebody_else_never_matches_whatever_their_looks(likenesses, who: int) -> None:
    stage = Stage(mode="card+face", known=[1])
    asked(stage)
    for likeness in likenesses:
        stage.frame(Seen(who=who, likeness=likeness))
    stage.tick(3 * S)

    assert answer(stage).look.verdict in {"differs", "unsure"}
    assert answer(stage).number == 1
    assert face_id(1) != face_id(who)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from([GOOD, replace(GOOD, sharpness=5), replace(GOOD, yaw=1)]), min_size=60, max_size=80))
def test_no_advice_is_given_twice_in_two_seconds(looks) -> None:
    stage = Stage(mode="face")
    for quality in looks:
        stage.frame(Seen(who=99, quality=quality))
    said = [(at, each.kind) for at, each in stage.said if isinstance(each, Advice)]

    assert all(
        later - at >= 2 * S for n, (at, kind) in enumerate(said) for later, other in said[n + 1 :] if other == kind
    )
