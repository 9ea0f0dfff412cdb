"""The real models see what they must, on six freely licensed photographs."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.align import chip_of
from models.errors import ModelError
from models.face import Face
from models.pictures import PictureUnusable
from models.shelf import Shelf
from models.sight import Sight

pytestmark = pytest.mark.models
THRESHOLD = 0.40
PEOPLE = {"person_a": ("person_a_1", "person_a_2"), "person_b": ("person_b_1", "person_b_2")}
STRANGERS = ("impostor_1", "impostor_2")
LEANT_MAX_DEG = 45


@pytest.fixture(scope="module")
def sight(face_models: Path) -> Sight:
    return Sight.of(Shelf(face_models))


@pytest.fixture(scope="module")
def photograph(photographs: Path) -> Callable[[str], np.ndarray]:
    def read(name: str) -> np.ndarray:
        picture = cv2.imread(str(photographs / f"{name}.jpg"))
        assert picture is not None
        return np.asarray(picture, dtype=np.uint8)

    return read


def largest(faces: list[Face]) -> Face:
    return max(faces, key=lambda face: face.width)


def vector_of(sight: Sight, picture: np.ndarray) -> np.ndarray:
    _, chip, _ = sight.measure(picture, largest(sight.find(picture)))
    return sight.embed(chip)[0]


def on_a_wall(picture: np.ndarray, face_px: float, sight: Sight, size: tuple[int, int] = (1280, 720)) -> np.ndarray:
    """The photograph scaled so that its face is so wide, on a grey wall, with a sensor's noise."""
    scale = face_px / largest(sight.find(picture)).width
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    wall = np.full((size[1], size[0], 3), 120.0)
    wall[150 : 150 + small.shape[0], 400 : 400 + small.shape[1]] = small
    return np.clip(wall + np.random.default_rng(2).normal(0, 3, wall.shape), 0, 255).astype(np.uint8)


def test_the_same_person_is_above_the_threshold_and_others_are_below(
    sight: Sight, photograph: Callable[[str], np.ndarray]
) -> None:
    names = [name for pair in PEOPLE.values() for name in pair] + list(STRANGERS)
    vectors = {name: vector_of(sight, photograph(name)) for name in names}

    for one in names:
        for other in names[names.index(one) + 1 :]:
            is_same = (one, other) in PEOPLE.values()
            assert (float(vectors[one] @ vectors[other]) >= THRESHOLD) == is_same, (one, other)


@pytest.mark.parametrize("name", [PEOPLE["person_a"][1], PEOPLE["person_b"][0]])
def test_light_size_and_a_mirror_do_not_make_somebody_else(
    name: str, sight: Sight, photograph: Callable[[str], np.ndarray]
) -> None:
    picture = photograph(name)
    vector = vector_of(sight, picture)
    others = {
        "mirrored": picture[:, ::-1],
        "grey": cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY),
        "darker": (255 * (picture / 255.0) ** 2).astype(np.uint8),
        "brighter": (255 * (picture / 255.0) ** 0.5).astype(np.uint8),
        "smaller": cv2.resize(picture, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA),
        "larger": cv2.resize(picture, None, fx=1.7, fy=1.7),
        "leant": cv2.warpAffine(picture, cv2.getRotationMatrix2D((360, 400), 15, 1), picture.shape[1::-1]),
    }

    scores = {how: float(vector @ vector_of(sight, np.ascontiguousarray(other))) for how, other in others.items()}

    assert {how: score for how, score in scores.items() if score < 0.75} == {}


@pytest.mark.parametrize("name", [*PEOPLE["person_a"], *PEOPLE["person_b"], *STRANGERS])
def test_a_face_upside_down_is_not_found_or_seen_to_be_leant(
    name: str, sight: Sight, photograph: Callable[[str], np.ndarray]
) -> None:
    picture = np.ascontiguousarray(photograph(name)[::-1, ::-1])

    for face in sight.find(picture):
        _, _, quality = sight.measure(picture, face)
        assert abs(quality.roll_deg) > LEANT_MAX_DEG


@pytest.mark.parametrize("name", [PEOPLE["person_a"][1], *PEOPLE["person_b"], *STRANGERS])
def test_a_face_of_60_px_is_found_in_a_large_picture_and_known(
    name: str, sight: Sight, photograph: Callable[[str], np.ndarray]
) -> None:
    far = on_a_wall(photograph(name), 60, sight)

    found = sight.find(far)

    assert [round(face.width / 60, 0) for face in found] == [1]
    assert float(vector_of(sight, far) @ vector_of(sight, photograph(name))) > 0.6


def test_smaller_faces_are_found_where_that_is_asked_for(
    face_models: Path, sight: Sight, photograph: Callable[[str], np.ndarray]
) -> None:
    far = on_a_wall(photograph("person_b_1"), 36, sight)

    assert len(Sight.of(Shelf(face_models), face_min_px=36).find(far)) == 1


def test_who_is_watched_is_found_as_well_as_whoever_is_not(
    face_models: Path, sight: Sight, photograph: Callable[[str], np.ndarray]
) -> None:
    watching = Sight.of(Shelf(face_models), is_watching=True)
    near = on_a_wall(photograph("person_a_2"), 150, sight)
    empty = np.full_like(near, 120)

    assert [len(watching.find(picture)) for picture in (empty, empty, near, near, near, empty)] == [0, 0, 1, 1, 1, 0]
    for shift_px in (0, 12, 24, 36, 48):
        moved = np.roll(near, shift_px, axis=1)
        assert watching.find(moved)[0].centre == pytest.approx(sight.find(moved)[0].centre, abs=12)


def test_the_chip_is_where_the_refined_points_are(sight: Sight, photograph: Callable[[str], np.ndarray]) -> None:
    picture = photograph("person_b_1")

    face, chip, quality = sight.measure(picture, largest(sight.find(picture)))

    assert (chip == chip_of(picture, face.points)).all()
    assert abs(quality.yaw) < 0.15
    assert quality.sharpness > 80
    assert quality.length == 0
    assert sight.embed(chip)[1] > 10


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (33, 1, 4), (2000, 8000), (16, 30_000, 3)])
def test_no_size_of_picture_makes_it_stumble(shape: tuple[int, ...], sight: Sight) -> None:
    noise = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)

    for face in sight.find(noise):
        sight.embed(sight.measure(noise, face)[1])


def test_what_is_no_picture_is_refused(sight: Sight) -> None:
    with pytest.raises(PictureUnusable, match="float32"):
        sight.find(np.full((480, 640, 3), np.nan, dtype=np.float32))


def test_the_identity_says_model_recipe_and_alignment(sight: Sight) -> None:
    assert sight.identity == "fb143eea0783/int8-1/cf"


def test_without_models_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="edge-agent models install"):
        Sight.of(Shelf(tmp_path))
