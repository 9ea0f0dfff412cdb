"""Watching costs little while nobody is there, and misses nobody for it."""

import numpy as np
import pytest
from looks import Seer, face_at

from models.detect import Detector
from models.watch import SAVED_MAX, Watch

NOISE = np.random.default_rng(5)
WHOLE, NEAR = (1, 3, 256, 320), (1, 3, 96, 96)


def wall(*, bright: int = 120) -> np.ndarray:
    """480 rows of a camera's picture of nothing, with its noise."""
    noise = NOISE.normal(0, 4, (480, 640, 3))
    return np.clip(bright + noise, 0, 255).astype(np.uint8)


def somebody(picture: np.ndarray, *, shade: int) -> np.ndarray:
    """The picture with a spot as large as the smallest face that must be found."""
    shown = picture.copy()
    shown[200:270, 300:360] = shade
    return shown


def watching(*faces) -> tuple[Watch, Seer]:
    seer = Seer(list(faces))
    return Watch(Detector(seer)), seer


def test_an_empty_place_is_searched_now_and_then_only() -> None:
    watch, seer = watching()

    for _ in range(1 + SAVED_MAX + 1):
        assert watch.find(wall()) == []

    assert seer.shapes == [WHOLE, WHOLE]


@pytest.mark.parametrize("shade", [60, 114, 126, 200])
def test_whoever_comes_is_searched_for_at_once(shade: int) -> None:
    watch, seer = watching()
    watch.find(wall())

    watch.find(somebody(wall(), shade=shade))

    assert len(seer.shapes) == 2


def test_whoever_comes_as_slowly_as_light_changes_is_seen_nevertheless() -> None:
    """Compared is with the last picture that was searched, not with the one before."""
    watch, seer = watching()
    for step in range(SAVED_MAX):
        watch.find(somebody(wall(), shade=120 + 2 * step))

    assert len(seer.shapes) > 1


def test_a_face_alone_is_looked_for_where_it_was() -> None:
    watch, seer = watching(face_at(40, 30, 30))

    for _ in range(4):
        assert len(watch.find(wall())) == 1

    assert seer.shapes[0] == WHOLE
    assert all(np.prod(shape) < np.prod(WHOLE) / 2 for shape in seer.shapes[1:])


def test_a_face_that_is_gone_is_searched_everywhere() -> None:
    watch, seer = watching(face_at(40, 30, 30))
    watch.find(wall())
    seer.faces = []

    watch.find(wall())

    assert seer.shapes[2] == WHOLE


def test_of_two_faces_both_are_searched_for_each_time() -> None:
    """Who stands behind whom decides whether anybody is looked at: it must not be half a second late."""
    watch, seer = watching(face_at(40, 30, 30), face_at(200, 30, 30))

    for _ in range(3):
        assert len(watch.find(wall())) == 2

    assert seer.shapes == [WHOLE] * 3


def test_a_second_face_far_away_is_found_within_half_a_second() -> None:
    watch, seer = watching(face_at(40, 30, 30))

    for _ in range(2 * (SAVED_MAX + 1)):
        watch.find(wall())

    assert seer.shapes.count(WHOLE) == 2


def test_another_size_of_picture_is_searched() -> None:
    watch, seer = watching()
    watch.find(wall())

    watch.find(wall()[:240])

    assert len(seer.shapes) == 2
