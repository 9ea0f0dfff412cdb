"""A face on a sheet or a screen is told from a head before a door; drawn, not photographed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.context import Context, _Line, around, is_nested
from tests.models.living import HEAD, camera, drawn, face_of, hall, held_up, seen

SEEDS = range(4)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("eyes_px", [30, 60, 80])
def test_a_head_with_shoulders_before_a_door_is_no_sheet(seed: int, eyes_px: int) -> None:
    points = seen(HEAD, at=(320, 150), eyes_px=eyes_px)
    picture = camera(drawn(hall(seed), points), seed)

    assert "" == around(picture, face_of(points))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("tilt_deg", [-8, 0, 8])
@pytest.mark.parametrize("size", [0.7, 1.0])
@pytest.mark.parametrize("shines", [False, True])
def test_a_head_on_something_held_up_is_seen(seed: int, tilt_deg: float, size: float, *, shines: bool) -> None:
    picture, points = held_up(hall(seed), tilt_deg=tilt_deg, size=size, shines=shines, frame_px=8)

    assert around(camera(picture, seed), face_of(points)) in {"screen", "paper"}


def test_what_shines_is_called_a_screen() -> None:
    picture, points = held_up(hall(), tilt_deg=3, size=1, shines=True, frame_px=8)

    assert "screen" == around(camera(picture), face_of(points))


def test_a_telephone_that_reaches_out_of_the_picture_below_is_seen() -> None:
    """Its lower end is not there to be seen: the two sides are enough, where shoulders should be."""
    picture, points = held_up(hall(), tilt_deg=0, size=1, shines=True, frame_px=8)
    cut = np.ascontiguousarray(picture[: int(points[:, 1].max()) + 130])

    assert around(camera(cut), face_of(points))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sheet_that_ends_right_below_the_chin_is_seen(seed: int) -> None:
    """Cut close around the face: its sides do not run on, its end joins them."""
    picture, points = held_up(hall(seed), tilt_deg=3, size=1, shines=False, frame_px=8)
    below = int(points[:, 1].max()) + 60
    picture[below:] = hall(seed)[below:]

    assert around(camera(picture, seed), face_of(points))


@pytest.mark.parametrize("seed", SEEDS)
def test_sides_far_apart_are_a_door(seed: int) -> None:
    points = seen(HEAD, at=(320, 150), eyes_px=40)
    picture = drawn(hall(seed), points)
    picture[:, 120:126] = picture[:, 514:520] = 20

    assert "" == around(camera(picture, seed), face_of(points))


def test_a_face_that_fills_the_picture_is_too_near_to_be_a_head() -> None:
    near, far = face_of(seen(HEAD, eyes_px=200, at=(320, 180))), face_of(seen(HEAD, eyes_px=100, at=(320, 180)))
    picture = np.zeros((480, 640, 3), dtype=np.uint8)

    assert ["fills_picture", ""] == [around(picture, near), around(picture, far)]


def test_a_face_within_a_face_is_held_up_before_it() -> None:
    large, small = face_of(seen(HEAD, eyes_px=100)), face_of(seen(HEAD, eyes_px=30))
    beside = face_of(seen(HEAD, eyes_px=30, at=(560, 240)))

    assert [True, True, False] == [is_nested(large, small), is_nested(small, large), is_nested(large, beside)]


def test_one_frame_is_chance_and_two_are_not() -> None:
    picture, points = held_up(hall(), tilt_deg=3, size=1, shines=False, frame_px=8)
    context = Context()
    said = []
    for i in range(2):
        context.saw_look(camera(picture, i), face_of(points))
        said.append(context.why)

    assert ["", True] == [said[0], said[1] in {"screen", "paper"}]


def test_chance_does_not_add_up_over_a_long_visit() -> None:
    picture, points = held_up(hall(), tilt_deg=3, size=1, shines=False, frame_px=8)
    large, small, context = face_of(seen(HEAD, eyes_px=100)), face_of(seen(HEAD, eyes_px=30)), Context()
    for _ in range(3):
        context.saw_look(camera(picture), face_of(points))
        context.saw_face(small, [large])
        for _ in range(10):
            context.saw_look(hall(), face_of(points))
            context.saw_face(small, [])

    assert "" == context.why


def test_a_face_within_a_face_counts_in_every_tracked_frame() -> None:
    large, small = face_of(seen(HEAD, eyes_px=100)), face_of(seen(HEAD, eyes_px=30))
    context = Context()
    for _ in range(2):
        context.saw_face(small, [large])

    assert "nested" == context.why


@pytest.mark.parametrize("at", [(0, 0), (639, 479), (-50, 200), (900, 900)])
@pytest.mark.parametrize("shape", [(480, 640, 3), (480, 640), (9, 9, 3)])
def test_a_face_at_the_edge_of_any_picture_breaks_nothing(at: tuple[int, int], shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)

    assert around(picture, face_of(seen(HEAD, at=at))) in {"", "fills_picture"}


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_lines_that_meet_anywhere_cover_between_nothing_and_all(first: float, last: float) -> None:
    """Two lines may meet far outside of the picture."""
    full = _Line(x=0.0, slope=0.0, hits=np.arange(139))

    assert 0 <= full.cover(first, last) <= 1


def test_lines_that_end_before_they_begin_cover_nothing() -> None:
    full = _Line(x=0.0, slope=0.0, hits=np.arange(139))

    assert [0.0, 0.0, 0.0] == [full.cover(90, 20), full.cover(-300, -198), full.cover(400, 500)]
