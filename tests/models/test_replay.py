"""A still, a loop and a recording are told from a face; a face is not taken for one of them."""

import numpy as np
import pytest

from models.face import Face
from models.replay import Replay, Seen
from tests.models.living import FRAME_NS, HEAD, S, Somebody, chip_of, face_of, rotation, seen

MS = 1_000_000


def watched(chips, *, step_ns: int = 200 * MS, first_ns: int = S, memory: Seen | None = None) -> Replay:
    replay = Replay(memory or Seen())
    for i, chip in enumerate(chips):
        replay.saw_look(Somebody().look(first_ns + i * step_ns, chip=chip))
    return replay


def test_a_face_with_a_sensors_noise_is_no_replay() -> None:
    replay = watched(chip_of(i) for i in range(50))

    assert (True, "", "") == (replay.is_ready, replay.why, replay.waits_for)


def test_the_same_picture_for_a_second_is_frozen() -> None:
    chips = [chip_of(1)] * 6

    assert [(False, ""), (False, "frozen")] == [
        (replay.is_ready, replay.why) for replay in (watched(chips[:5]), watched(chips))
    ]


def test_while_nothing_has_changed_it_is_waited_for() -> None:
    """A repeated frame of a stream is no attack; it is no living face either."""
    assert "frozen" == watched([chip_of(1)] * 2).waits_for


def test_a_still_with_less_than_a_sensors_noise_is_frozen() -> None:
    """Coded anew for the stream, a still differs by a grey level here and there."""
    still = chip_of(1)
    chips = []
    for i in range(6):
        few = np.random.default_rng(i).random(still.shape) < 0.1
        chips.append(np.where(few, np.minimum(still + np.uint8(1), 255), still).astype(np.uint8))

    assert "frozen" == watched(chips).why


def test_a_frame_repeated_now_and_then_is_no_attack() -> None:
    """Streams and slow sensors give a frame twice."""
    replay = watched([chip_of(i // 2) for i in range(20)])

    assert (True, "") == (replay.is_ready, replay.why)


def test_frames_whose_clock_stands_still_are_none() -> None:
    replay = watched([chip_of(i) for i in range(9)], step_ns=0)

    assert not replay.is_ready


def test_exactly_the_same_picture_after_others_is_a_replay() -> None:
    """A camera's noise makes no picture twice: whoever feeds in a loop does."""
    assert "replay" == watched([chip_of(1), chip_of(2), chip_of(3), chip_of(1)]).why


def test_a_recording_that_was_shown_before_is_known_at_the_next_visit() -> None:
    memory = Seen()
    recording = [chip_of(i) for i in range(3)]

    assert ["", "replay"] == [watched(recording, first_ns=at, memory=memory).why for at in (S, 99 * S)]


def test_what_is_remembered_is_bounded() -> None:
    memory = Seen(remembered=10)
    watched((chip_of(i) for i in range(50)), memory=memory)

    assert 10 == len(memory._digests)
    assert "" == watched([chip_of(0)], first_ns=99 * S, memory=memory).why


def nodding(at_s: float, *, rng: np.random.Generator, noise: float) -> Face:
    """Return a head in a recording: it nods and turns a little, now more, now less."""
    turn = rotation(yaw=9 * np.sin(2.1 * at_s) + 4 * np.sin(5.3 * at_s), pitch=8 * np.sin(3.7 * at_s + 1))
    return face_of((seen(HEAD, turn) + rng.normal(0, noise * 60, (5, 2))).astype(np.float32))


def looped(*, loop_s: float | None, noise: float, seconds: int = 8, moves: float = 1.0, fps: float = 10) -> Replay:
    rng = np.random.default_rng(3)
    replay = Replay(Seen())
    for i in range(int(seconds * fps)):
        at_s = i / fps
        replay.saw_face(nodding(moves * (at_s % loop_s if loop_s else at_s), rng=rng, noise=noise), S + int(at_s * S))
    return replay


@pytest.mark.parametrize("loop_s", [2.0, 2.7, 3.5])
@pytest.mark.parametrize("noise", [0, 0.003])
def test_a_film_that_begins_again_is_a_replay(loop_s: float, noise: float) -> None:
    """Fed in and coded anew: no picture comes twice, the movement does. Filmed off a screen it is too noisy."""
    assert "replay" == looped(loop_s=loop_s, noise=noise).why


@pytest.mark.parametrize("noise", [0, 0.01, 0.02])
def test_a_head_that_moves_as_heads_do_is_no_replay(noise: float) -> None:
    assert "" == looped(loop_s=None, noise=noise, seconds=30).why


@pytest.mark.parametrize("noise", [0, 0.01, 0.02])
def test_a_head_that_stands_still_is_no_replay(noise: float) -> None:
    """It comes back to the same place all the time, since it never leaves."""
    assert "" == looped(loop_s=None, noise=noise, moves=0, seconds=30).why


def test_a_head_that_turns_there_and_back_is_no_replay() -> None:
    """The challenge asks for it, and people do it slowly once and quickly then."""
    rng = np.random.default_rng(5)
    replay = Replay(Seen())
    yaws = [*np.zeros(8), *np.linspace(0, 30, 9), *np.linspace(30, 0, 6), *np.zeros(7), *np.linspace(0, 33, 6)]
    for i, yaw in enumerate([*yaws, *np.linspace(33, 0, 10), *np.zeros(10)]):
        points = seen(HEAD, rotation(yaw=yaw)) + rng.normal(0, 0.6, (5, 2))
        replay.saw_face(face_of(points.astype(np.float32)), S + i * FRAME_NS)

    assert "" == replay.why
