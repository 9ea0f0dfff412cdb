"""A face gives the same chip however the picture is turned, scaled and shifted."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from models.align import SIDE_PX, TEMPLATE, chip_of, similarity


def scene() -> np.ndarray:
    """A smooth colourful picture of 300 px."""
    y, x = np.mgrid[0:300, 0:300] / 300
    waves = [np.sin(9 * x + 5 * y), np.cos(7 * y - 3 * x), np.sin(8 * x * y + 2)]
    return np.stack([127 + 100 * each for each in waves], axis=2).astype(np.uint8)


POINTS = (TEMPLATE + 90).astype(np.float32)


def moved(points: np.ndarray, move: np.ndarray) -> np.ndarray:
    return (points @ move[:, :2].T + move[:, 2]).astype(np.float32)


def a_move(turn_deg: float, scale: float, x: float, y: float) -> np.ndarray:
    cos, sin = scale * math.cos(math.radians(turn_deg)), scale * math.sin(math.radians(turn_deg))
    return np.array([[cos, -sin, x], [sin, cos, y]])


def test_points_of_the_template_stay_where_they_are() -> None:
    assert similarity(TEMPLATE) == pytest.approx(np.eye(3)[:2], abs=1e-6)


@given(st.floats(-180, 180), st.floats(0.05, 20), st.floats(-5000, 5000), st.floats(-5000, 5000))
def test_the_move_that_was_made_is_undone(turn_deg: float, scale: float, x: float, y: float) -> None:
    points = moved(TEMPLATE, a_move(turn_deg, scale, x, y))

    assert moved(points, similarity(points)) == pytest.approx(TEMPLATE, abs=0.05)


@given(arrays.arrays(np.float32, (5, 2), elements=st.floats(0, 500, width=32)), st.floats(-0.1, 0.1))
def test_no_other_move_brings_the_points_nearer(points: np.ndarray, nudge: float) -> None:
    best = similarity(points)
    turn = best[:, :2] + np.array([[nudge, 0.05], [-0.05, nudge]])
    middle = points.astype(np.float64).mean(axis=0)
    other = np.column_stack([turn, TEMPLATE.mean(axis=0) - turn @ middle])

    def away(move: np.ndarray) -> float:
        return float((((points.astype(np.float64) @ move[:, :2].T + move[:, 2]) - TEMPLATE) ** 2).sum())

    assert away(best) <= away(other) + 1e-6 * (1 + away(other))


def test_a_mirrored_face_is_not_mirrored_back() -> None:
    mirrored = TEMPLATE * [-1, 1] + [112, 0]

    assert np.linalg.det(similarity(mirrored.astype(np.float32))[:, :2]) > 0


@settings(max_examples=40, deadline=None)
@given(st.floats(-180, 180), st.floats(0.7, 6), st.floats(-20, 20), st.floats(-20, 20))
def test_a_face_gives_the_same_chip_however_the_picture_is_moved(
    turn_deg: float, scale: float, x: float, y: float
) -> None:
    side = int(300 * scale * 1.5)
    move = a_move(turn_deg, scale, 0, 0)
    move[:, 2] = side / 2 - move[:, :2] @ [150, 150] + [x, y]
    other = cv2.warpAffine(scene(), move, (side, side), flags=cv2.INTER_CUBIC)

    chip, same = chip_of(scene(), POINTS), chip_of(other, moved(POINTS, move))

    assert np.abs(chip.astype(int) - same).mean() < 1.5


def test_fine_lines_of_a_large_face_are_averaged_and_do_not_flicker() -> None:
    stripes = np.zeros((900, 900, 3), dtype=np.uint8)
    stripes[:, ::2] = 255

    chip = chip_of(stripes, TEMPLATE * 6 + 50)

    assert chip.std() < 10


def test_what_lies_beyond_the_picture_is_black() -> None:
    white = np.full((100, 100, 3), 255, dtype=np.uint8)

    assert chip_of(white, TEMPLATE + 5000).max() == 0
    assert chip_of(white, TEMPLATE * 9 + 5000).max() == 0


@given(arrays.arrays(np.float32, (5, 2), elements=st.floats(-1e5, 1e5, width=32)))
def test_any_points_give_a_chip(points: np.ndarray) -> None:
    chip = chip_of(scene(), points)

    assert chip.shape == (SIDE_PX, SIDE_PX, 3)
    assert chip.dtype == np.uint8


@pytest.mark.parametrize("scale", [1.3, 2.1])
def test_a_chip_is_not_shifted_by_a_fraction_of_a_point(scale: float) -> None:
    """From column 60 on, each of the picture is brighter by two: the chip tells where it was taken."""
    ramp = np.clip(2 * (np.arange(250) - 60), 0, 255).astype(np.uint8)
    picture = np.repeat(np.tile(ramp, (250, 1))[..., None], 3, axis=2)

    chip = chip_of(picture, (TEMPLATE * scale + 6).astype(np.float32))

    columns = np.arange(int(70 / scale), int(140 / scale))
    taken = chip[50, columns, 0] / 2 + 60
    assert (taken - (columns * scale + 6)).mean() == pytest.approx(0, abs=0.2)
