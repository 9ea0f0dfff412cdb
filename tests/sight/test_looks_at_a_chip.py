"""What is said of a chip: its direction, and how good the look is."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from looks import face_at

from models.align import TEMPLATE
from models.embed import Embedder
from models.quality import quality_of, roll_deg, turned


class Adder:
    """An SFace that weighs the left half of a chip otherwise than the right one."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain
        self.batches: list[int] = []

    def run(self, **inputs: np.ndarray) -> list[np.ndarray]:
        data = inputs["data"]
        self.batches.append(len(data))
        mean = data.mean(axis=(2, 3)) * self.gain
        left = data[..., :56].mean(axis=(1, 2, 3))[:, None] * self.gain
        return [np.concatenate([mean, left, np.zeros((len(data), 124))], axis=1).astype(np.float32)]


def chip(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (112, 112, 3), dtype=np.uint8)


def test_a_vector_has_unit_length_and_the_raw_one_is_told() -> None:
    plain = np.full((112, 112, 3), 3, dtype=np.uint8)

    vector, length = Embedder(Adder()).embed(plain)

    assert vector.dtype == np.float32
    assert vector[:4] == pytest.approx([0.5] * 4)
    assert length == pytest.approx(6)


def test_colours_are_given_red_first() -> None:
    red = np.zeros((112, 112, 3), dtype=np.uint8)
    red[..., 2] = 90

    vector, _ = Embedder(Adder()).embed(red)

    assert vector[0] > 0.9
    assert vector[1:3].tolist() == [0, 0]


def test_with_its_mirror_picture_a_mirrored_chip_is_the_same() -> None:
    half = chip()
    half[:, :56] //= 3
    embedder = Embedder(Adder(), has_mirror=True)

    assert embedder.embed(half)[0] == pytest.approx(embedder.embed(half[:, ::-1])[0], abs=1e-6)
    assert Embedder(Adder()).embed(half)[0] != pytest.approx(Embedder(Adder()).embed(half[:, ::-1])[0], abs=1e-3)


@pytest.mark.parametrize("gain", [0.0, np.nan, np.inf])
def test_what_has_no_direction_is_nobody(gain: float) -> None:
    vector, length = Embedder(Adder(gain)).embed(chip())

    assert not vector.any()
    assert length == 0


def test_blur_noise_and_light_are_seen() -> None:
    face = face_at(10, 20, 90)
    sharp = quality_of(face, chip())
    blurred = quality_of(face, cv2.GaussianBlur(chip(), (0, 0), 2))
    dark = quality_of(face, chip() // 8)

    assert sharp.sharpness > 50 * blurred.sharpness
    assert sharp.contrast > blurred.contrast
    assert sharp.brightness == pytest.approx(127, abs=3)
    assert dark.brightness < 20
    assert (sharp.width_px, sharp.score, sharp.length) == (90, 0.9, 0)


def test_a_head_that_looks_straight_is_neither_turned_nor_leant() -> None:
    yaw, pitch = turned(TEMPLATE)

    assert abs(yaw) < 0.01
    assert 0.45 < pitch < 0.55
    assert abs(roll_deg(TEMPLATE)) < 1


@given(st.floats(-170, 170))
def test_leaning_the_head_is_roll_and_no_yaw(lean_deg: float) -> None:
    lean = np.radians(lean_deg)
    turn = np.array([[np.cos(lean), -np.sin(lean)], [np.sin(lean), np.cos(lean)]])
    leant = (TEMPLATE @ turn.T).astype(np.float32)

    assert turned(leant) == pytest.approx(turned(TEMPLATE), abs=1e-3)
    assert roll_deg(leant) == pytest.approx(lean_deg + roll_deg(TEMPLATE), abs=0.01)


def test_a_nose_to_the_pictures_right_is_a_positive_yaw() -> None:
    points = TEMPLATE.copy()
    points[2, 0] += 10

    assert turned(points)[0] == pytest.approx(turned(TEMPLATE)[0] + 10 / 35.24, abs=1e-3)


@given(arrays.arrays(np.float32, (5, 2), elements=st.floats(-1e6, 1e6, width=32)))
def test_any_points_give_numbers(points: np.ndarray) -> None:
    assert np.isfinite([*turned(points), roll_deg(points)]).all()
