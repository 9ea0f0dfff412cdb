"""The numbers of pictures as cameras give them: scenes in all lights; and what the view makes of them."""

import numpy as np
import pytest

from hardware_fakes.paint import Picture
from hardware_fakes.scene import Scene
from hardware_fakes.stream import Mood
from models.glance import Glances
from models.view import Limits, Looks, View, has_moved

S = 1_000_000_000
LIMITS = Limits(stale_s=5, frozen_s=10, dark_s=5)


def face(level: int = 150) -> Picture:
    """Nobody: a light egg on dark cloth, with two eyes."""
    y, x = np.mgrid[0:120, 0:120] / 120 - 0.5
    picture = np.full((120, 120, 3), 60, np.uint8)
    picture[(x / 0.2) ** 2 + (y / 0.27) ** 2 < 1] = level
    for eye in (-0.08, 0.08):
        picture[((x - eye) / 0.03) ** 2 + ((y + 0.07) / 0.02) ** 2 < 1] = 20
    return picture


def told(scene: Scene, until_s: float) -> list[tuple[View, float]]:
    """Return which views came in this time, each with the second it was first so."""
    glances, looks, views = Glances(), Looks(LIMITS), []
    for at in range(round(until_s * 5)):
        mood_s = next((from_s for mood, from_s, to_s in scene.faults if from_s <= at / 5 < to_s), at / 5)
        glance = glances.of(scene.frame_at(mood_s))
        looks.saw(glance, at * S // 5)
        if has_moved(glance):
            glances.compare_with_next()
        view = looks.view(at * S // 5)
        if not views or views[-1][0] is not view:
            views.append((view, at / 5))
    return views


def people(scene: Scene, *, from_s: int = 1, until_s: int = 60) -> Scene:
    for at in range(from_s, until_s, 8):
        scene.walks_up(face(), from_s=at, to_s=at + 3, stays_s=3, face_px=(30, 150))
    return scene


@pytest.mark.parametrize("brightness", [1.0, 0.4, 0.15])
def test_nothing_is_told_of_a_gate_where_people_come_and_go(brightness: float) -> None:
    assert [(View.LIVE, 0.0)] == told(people(Scene(brightness=brightness)), 60)


def test_nothing_is_told_of_a_gate_where_nobody_comes() -> None:
    assert [(View.LIVE, 0.0)] == told(Scene(), 60)


def test_who_passes_close_by_covers_nothing() -> None:
    assert [(View.LIVE, 0.0)] == told(Scene().passes_close(2, 9).passes_close(10, 25), 30)


@pytest.mark.parametrize("level", [25, 90, 200, 240])
def test_a_lens_that_is_covered_is_told_and_untold(level: float) -> None:
    views = told(Scene().covered(5, 30, level=level), 40)

    assert [View.LIVE, View.COVERED, View.LIVE] == [view for view, _ in views]
    assert [0, pytest.approx(15.2, abs=0.5), pytest.approx(32.2, abs=0.5)] == [at for _, at in views]


def test_a_night_with_a_swinging_lamp_is_one_night() -> None:
    assert [View.LIVE, View.DARK, View.LIVE] == [view for view, _ in told(Scene().night(5, 55), 60)]


def test_light_switched_off_is_told_once() -> None:
    assert [View.LIVE, View.DARK, View.LIVE] == [view for view, _ in told(Scene().dark(5, 20), 30)]


def test_the_sun_behind_people_is_told_once_for_a_morning() -> None:
    views = told(people(Scene().backlit(5, 60)), 60)

    assert [View.LIVE, View.BACKLIT] == [view for view, _ in views]


def test_a_picture_that_is_stuck_is_told_and_untold() -> None:
    views = told(Scene().camera_is(Mood.STUCK, 5, 25), 30)

    assert [View.LIVE, View.FROZEN, View.LIVE] == [view for view, _ in views]


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (7, 900, 3), (480, 640), (2160, 3840, 3)])
def test_every_picture_has_its_numbers(shape: tuple[int, ...]) -> None:
    glance = Glances().of(np.full(shape, 77, np.uint8))

    assert (77, 77, 0) == (glance.brightness, glance.level, glance.texture)


def test_a_picture_of_another_size_is_compared_with_nothing() -> None:
    """Somebody has turned the camera to another format while it ran."""
    glances = Glances()
    glances.of(np.zeros((480, 640, 3), np.uint8))
    glance = glances.of(np.full((720, 1280, 3), 200, np.uint8))

    assert (0, 0, 0) == (glance.restless, glance.drift, glance.peak)
