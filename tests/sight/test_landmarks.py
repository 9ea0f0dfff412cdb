"""Finer points come out where the network put them, at any size and at the picture's edge."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from looks import face_at

from models.landmarks import CUT_PX, FACE_PX, Landmarks, cut_around, decoded

WANTED = np.array([[50, 52], [78, 53], [64, 66], [53, 80], [75, 81]], dtype=np.float32)
"""In the cut."""


class Pointer:
    """A CenterFace that always sees the same points in the middle of a cut of 128 px."""

    def __init__(self, points: np.ndarray, *, heat: float = 0.8) -> None:
        self.points, self.heat = points, heat

    def run(self, **inputs: np.ndarray) -> list[np.ndarray]:
        assert inputs["input.1"].shape == (1, 3, CUT_PX, CUT_PX)
        return [each[None] for each in maps(self.points, self.heat)]


def maps(points: np.ndarray, heat: float) -> list[np.ndarray]:
    """Heat, scale, offset and marks of a face of 80 px with its corner at 24, told at row 15, column 16."""
    told = [np.zeros((count, 32, 32), dtype=np.float32) for count in (1, 2, 2, 10)]
    told[0][0, 15, 16] = heat
    told[1][:, 15, 16] = np.log(80 / 4)
    told[2][:, 15, 16] = 64 / 4 - 15.5, 64 / 4 - 16.5
    told[3][:, 15, 16] = ((points[:, ::-1] - 24) / 80).ravel()
    return told


def test_points_are_where_the_network_says() -> None:
    heat, scale, offset, marks = maps(WANTED, 0.8)

    assert decoded(heat[0], scale, offset, marks) == pytest.approx(WANTED, abs=1e-3)


@pytest.mark.parametrize(
    "face", [face_at(300, 200, 80), face_at(500, 400, 337), face_at(-20, 460, 55), face_at(9, 9, 24)]
)
def test_points_of_the_cut_are_told_in_px_of_the_picture(face) -> None:
    picture = np.zeros((480, 640, 3), dtype=np.uint8)
    refined = Landmarks(Pointer(WANTED)).refined(picture, face)

    share = (WANTED + 0.5) / CUT_PX
    side = face.width * CUT_PX / FACE_PX
    expected = np.array(face.centre) - side / 2 + share * side - 0.5
    assert refined.points == pytest.approx(expected, abs=0.01)
    assert replace(refined, points=face.points) != refined
    assert (refined.left, refined.width, refined.score) == (face.left, face.width, face.score)


def test_a_face_that_is_not_seen_again_keeps_its_points() -> None:
    face = face_at(300, 200, 80)

    assert Landmarks(Pointer(WANTED, heat=0.05)).refined(np.zeros((480, 640, 3), dtype=np.uint8), face) is face


def test_the_cut_shows_the_face_in_its_middle_and_black_around_the_picture() -> None:
    picture = np.full((100, 100, 3), 200, dtype=np.uint8)

    _, small = cut_around(picture, face_at(-40, 30, 80), cut_px=128, face_px=80)

    assert small.shape == (128, 128, 3)
    assert small[64, 66:].min() == 200
    assert small[64, :60].max() == 0


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(0, 3000))
def test_any_place_gives_a_cut(left: float, top: float, side: float) -> None:
    picture = np.zeros((60, 80, 3), dtype=np.uint8)

    _, small = cut_around(picture, face_at(left, top, side), cut_px=128, face_px=80)

    assert small.shape == (128, 128, 3)


@given(st.integers(0, 2**32), st.floats(0.01, 100), st.sampled_from([np.nan, np.inf, -np.inf, 3e38]))
def test_whatever_the_network_says_points_are_numbers_or_none(seed: int, wildness: float, broken: float) -> None:
    random = np.random.default_rng(seed)
    drawn = [random.normal(0, wildness, each.shape).astype(np.float32) for each in maps(WANTED, 0.5)]
    for each in drawn:
        each[random.random(each.shape) < 0.2] = broken

    points = decoded(drawn[0][0], *drawn[1:])

    assert points is None or np.isfinite(points).all()


@pytest.mark.parametrize("side", [60, 111, 190])
def test_what_the_cut_shows_is_where_it_says(side: float) -> None:
    """From column 60 on, each of the picture is brighter by two."""
    ramp = np.clip(2 * (np.arange(300) - 60), 0, 255).astype(np.uint8)
    picture = np.repeat(np.tile(ramp, (300, 1))[..., None], 3, axis=2)

    cut, small = cut_around(picture, face_at(120 - side / 2, 120 - side / 2, side), cut_px=128, face_px=80)

    inside = np.arange(54, 74)
    told = cut.in_picture(np.stack([inside, inside], axis=1).astype(np.float32))[:, 0]
    assert (small[64, inside, 0] / 2 + 60 - told).mean() == pytest.approx(0, abs=0.2)
