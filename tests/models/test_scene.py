"""A scene is the film of its script: the same each time, with who is there when as the script says."""

from itertools import pairwise

import numpy as np
import pytest

from hardware_fakes.paint import As, Picture, Portrait, Wears
from hardware_fakes.scene import FACE, Scene
from hardware_fakes.stream import Mood

FLAT = np.full((100, 100, 3), 128, np.uint8)


def portrait(level: int = 255) -> Picture:
    return np.full((100, 100, 3), level, np.uint8)


def differ(first: Picture, second: Picture) -> float:
    return float(np.abs(first.astype(int) - second).mean())


def test_the_same_script_is_the_same_film() -> None:
    def scene(seed: int) -> Scene:
        return Scene(seed=seed).walks_up(portrait(), from_s=0, to_s=2).screen_replay(portrait(), from_s=1, to_s=3)

    assert all(np.array_equal(scene(1).frame_at(t), scene(1).frame_at(t)) for t in (0, 0.5, 1.7, 2.9))
    assert not np.array_equal(scene(1).frame_at(1), scene(2).frame_at(1))


def test_no_two_pictures_of_a_live_scene_are_alike() -> None:
    scene = Scene()
    frames = [scene.frame_at(at / 15).tobytes() for at in range(30)]

    assert sum(first == second for first, second in pairwise(frames)) <= 5


@pytest.mark.parametrize("size", [(640, 480), (1280, 720)])
def test_who_walks_up_is_seen_where_and_as_large_as_the_script_says(size: tuple[int, int]) -> None:
    wall = np.zeros((10, 10, 3), np.uint8)
    scene = Scene(wall, size=size).walks_up(portrait(), from_s=1, to_s=3, face_px=(20, 78), at=(0.25, 0.5))
    bright = scene.frame_at(4)[:, :, 0] > 128
    columns = np.flatnonzero(bright.any(axis=0))

    assert 0.25 * size[0] == pytest.approx(columns.mean(), abs=3)
    assert 172 == pytest.approx(columns.size, abs=15), "shoulders are 2.2 faces wide, and their edge is soft"
    assert not (scene.frame_at(0.9) > 128).any()
    assert not (scene.frame_at(5.1) > 128).any()


def test_the_script_says_when_a_face_is_near_enough() -> None:
    scene = Scene().walks_up(FLAT, from_s=1, to_s=3, who="a", face_px=(20, 120)).held_photo(FLAT, from_s=9, to_s=10)
    near_s = scene.script[0].near_s(60)

    assert ["a", ""] == [each.who for each in scene.script]
    assert [As.PERSON, As.PHOTO] == [each.shown_as for each in scene.script]
    assert 60 == pytest.approx(scene.script[0].face_px_at(near_s), abs=0.1)
    assert (0, 1) == (len(scene.in_front(near_s - 0.05)), len(scene.in_front(near_s + 0.05)))
    assert scene.script[0].near_s(200) is None


def test_two_at_once_are_two() -> None:
    scene = Scene().walks_up(FLAT, from_s=0, to_s=1, at=(0.3, 0.5)).walks_up(FLAT, from_s=0, to_s=1, at=(0.7, 0.5))

    assert 2 == len(scene.in_front(1.5))


def test_several_pictures_of_one_person_fade_into_each_other() -> None:
    scene = Scene(np.zeros((9, 9, 3), np.uint8)).walks_up(
        portrait(50), portrait(250), from_s=0, to_s=0.1, stays_s=3.9, face_px=(100, 100)
    )
    levels = [float(scene.frame_at(t)[230:250, 310:330].mean()) for t in (0.5, 2, 3.5)]

    assert levels == pytest.approx([75, 150, 225], abs=10)


@pytest.mark.parametrize("wears", [Wears.HELMET, Wears.MASK])
def test_what_is_worn_is_painted(wears: Wears) -> None:
    bare, worn = Portrait.of(FLAT, face=FACE), Portrait.of(FLAT, face=FACE).wearing(frozenset([wears]))
    above, below = slice(0, 40), slice(55, 100)

    assert (wears is Wears.HELMET) == (differ(bare.picture[above], worn.picture[above]) > 5)
    assert (wears is Wears.MASK) == (differ(bare.picture[below], worn.picture[below]) > 5)


def test_who_turns_is_not_seen_as_before_and_comes_back() -> None:
    stripes = np.tile(np.arange(0, 250, 10, dtype=np.uint8).repeat(4), (100, 1))
    scene = Scene().turns(np.dstack([stripes] * 3), from_s=0, to_s=9, turn_s=4)
    ahead, right, again = (scene.frame_at(t) for t in (0, 1, 2))

    assert differ(ahead, right) > 2 * differ(ahead, again)


def test_a_camera_does_wrong_from_when_until_when() -> None:
    scene = Scene().camera_is(Mood.STUCK, 1, 2).camera_is(Mood.FROZEN, 3, 4).camera_is(Mood.CORRUPT, 5)

    assert ["live", "stuck", "live", "frozen", "live", "corrupt"] == [scene.mood_at(t + 0.5) for t in range(6)]
    assert scene.jpeg_at(1.1) == scene.jpeg_at(1.9)
    assert scene.jpeg_at(0.1) != scene.jpeg_at(0.2)
    assert scene.jpeg_at(6) != Scene().jpeg_at(6)


def test_a_picture_that_is_none_is_told() -> None:
    with pytest.raises(FileNotFoundError, match="no picture that can be read"):
        Scene().walks_up("/nowhere/face.jpg", from_s=0, to_s=1)
