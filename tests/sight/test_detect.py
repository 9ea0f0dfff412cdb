"""Faces are read out of what the network says: exactly, whatever it says, and none twice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from looks import Seer, face_at, said_of

from models.detect import FACES_MAX, OVERLAP_MAX, Detector, Reach, apart, decoded, faces, overlaps

ROUNDING = 1e-4
NO_NUMBERS = [np.nan, np.inf, -np.inf, 3e38]
BOXES = arrays.arrays(np.float32, st.tuples(st.integers(0, 40), st.just(14)), elements=st.floats(0, 200, width=32))


def black(rows: int, columns: int) -> np.ndarray:
    return np.zeros((rows, columns, 3), dtype=np.uint8)


def test_a_face_is_where_the_network_says() -> None:
    wanted = face_at(41, 30, 60, score=0.81)

    boxes, scores = decoded(said_of([wanted], rows=160, columns=192), columns=192)

    assert boxes[0, :4] == pytest.approx([41, 30, 60, 60], abs=1e-3)
    assert boxes[0, 4:].reshape(5, 2) == pytest.approx(wanted.points, abs=1e-3)
    assert scores.tolist() == pytest.approx([0.81], abs=1e-6)


@pytest.mark.parametrize(("face_min_px", "divisor"), [(40, 1), (59, 1), (60, 2), (119, 2), (120, 4)])
def test_a_picture_is_shrunk_no_more_than_the_smallest_face_allows(face_min_px: float, divisor: int) -> None:
    assert Reach(face_min_px=face_min_px).divisor(black(720, 1280)) == divisor


def test_a_huge_picture_is_searched_in_bounded_time() -> None:
    seer = Seer([])

    Detector(seer, reach=Reach(face_min_px=20)).find(black(4320, 7680))

    assert max(seer.shapes[0]) <= 1280


@pytest.mark.parametrize("face_min_px", [40, 60, 120])
def test_however_it_was_shrunk_the_face_is_told_in_px_of_the_picture(face_min_px: float) -> None:
    reach = Reach(face_min_px=face_min_px)
    divisor = reach.divisor(black(480, 640))

    found = Detector(Seer([face_at(40, 24, 40)]), reach=reach).find(black(480, 640))

    assert (found[0].left, found[0].top, found[0].width) == pytest.approx((40 * divisor, 24 * divisor, 40 * divisor))
    assert found[0].points == pytest.approx((face_at(40, 24, 40).points + 0.5) * divisor - 0.5, abs=1e-2)


def test_a_face_looked_for_where_it_was_is_told_in_px_of_the_whole_picture() -> None:
    seer = Seer([face_at(50, 48, 60)])

    found = Detector(seer).near(black(720, 1280), face_at(600, 300, 60))

    assert (found[0].left, found[0].top) == pytest.approx((540 + 50, 240 + 48))
    assert seer.shapes == [(1, 3, 192, 192)]


def test_where_a_face_was_at_the_edge_is_no_fault() -> None:
    assert Detector(Seer([])).near(black(72, 128), face_at(120, 60, 40)) == []
    assert Detector(Seer([])).near(black(72, 128), face_at(900, 900, 40)) == []


def test_a_face_that_sticks_out_is_told_as_far_as_it_is_inside() -> None:
    boxes = np.array([[-20, 10, 50, 60, *[5] * 10], [200, 200, 30, 30, *[5] * 10]], dtype=np.float32)

    found = faces(boxes, np.array([0.9, 0.8], dtype=np.float32), black(64, 96))

    assert [(f.left, f.top, f.width, f.height) for f in found] == [(0, 10, 30, 54)]


@given(st.integers(0, 2**32), st.floats(0.01, 100), st.sampled_from([0.0, 0.02, 0.3]))
def test_whatever_the_network_says_no_face_is_outside_or_nowhere(seed: int, wildness: float, broken: float) -> None:
    random, said = np.random.default_rng(seed), said_of([], rows=64, columns=96)
    for each in said.values():
        each[:] = random.normal(0, wildness, each.shape)
        each[random.random(each.shape) < broken] = random.choice(NO_NUMBERS)

    boxes, scores = decoded(said, columns=96)
    kept = apart(boxes, scores)[:FACES_MAX]

    for face in faces(boxes[kept], scores[kept], black(64, 96)):
        assert 0 <= face.left < face.left + face.width <= 96 + ROUNDING
        assert 0 <= face.top < face.top + face.height <= 64 + ROUNDING
        assert np.isfinite(face.points).all()
        assert 0 <= face.score <= 1


@given(BOXES, st.randoms(use_true_random=False))
def test_no_face_is_found_twice_and_sorting_out_again_changes_nothing(boxes: np.ndarray, random) -> None:
    scores = np.array([random.random() for _ in boxes], dtype=np.float32)

    kept = apart(boxes, scores)
    again = apart(boxes[kept], scores[kept])

    assert list(again) == list(range(len(kept)))
    for place, one in enumerate(kept):
        assert (overlaps(boxes[one], boxes[kept[place + 1 :]]) <= OVERLAP_MAX).all()
