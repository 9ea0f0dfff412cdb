"""What is wrong with what a camera shows is said, and nothing is said of a good one."""

from dataclasses import replace

import pytest

from models.glance import Glance
from models.view import Limits, Looks, View

S = 1_000_000_000
LIMITS = Limits(stale_s=5, frozen_s=10, dark_s=3, covered_s=8, backlit_s=2, gone_s=2, backlit_gone_s=30)
GOOD = Glance(
    digest=0, restless=2.0, drift=1.0, peak=9.0, brightness=180.0, level=110.0, texture=60.0, border=120.0, core=90.0
)
DARK = replace(GOOD, brightness=7.0, level=2.0, texture=2.0)
COVERED = replace(GOOD, texture=2.0)
BACKLIT = replace(GOOD, border=250.0, core=40.0)
SKY = replace(GOOD, border=250.0, core=245.0)


class Played:
    """What a camera's pictures look like, five times a second."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.looks = Looks(limits)
        self.at = 0

    def shows(self, glance: Glance, seconds: float, *, is_same: bool = False) -> View:
        """Play for so long; return how the camera stands then."""
        for _ in range(round(seconds * 5)):
            self.at += 1
            self.looks.saw(replace(glance, digest=0 if is_same else self.at), self.at * S // 5)
        return self.looks.view(self.at * S // 5)


def test_before_the_first_picture_it_is_opening() -> None:
    assert View.OPENING is Looks(LIMITS).view(99 * S)


def test_a_camera_with_noise_and_light_is_live() -> None:
    assert View.LIVE is Played().shows(GOOD, 100)


def test_no_new_picture_for_long_is_stale() -> None:
    played = Played()
    played.shows(GOOD, 10)

    assert [View.LIVE, View.STALE] == [played.looks.view(at * S) for at in (15, 16)]


def test_a_picture_that_was_not_looked_at_came_nevertheless() -> None:
    played = Played()
    played.shows(GOOD, 10)
    played.looks.came(15 * S)

    assert View.LIVE is played.looks.view(16 * S)


def test_the_same_picture_for_ever_is_frozen() -> None:
    """The stream runs, the picture stands: nobody is seen, and nothing else would tell."""
    played = Played()

    assert View.LIVE is played.shows(GOOD, 10, is_same=True)
    assert View.FROZEN is played.shows(GOOD, 1, is_same=True)


def test_a_stuck_picture_that_is_compressed_again_and_again_is_frozen_too() -> None:
    """It changes as little as a quiet gate at night does: only after long enough is it told."""
    stuck = replace(GOOD, restless=0.2, drift=1.1, peak=8.0)
    played = Played()

    assert View.LIVE is played.shows(stuck, 1790)
    assert View.FROZEN is played.shows(stuck, 15)
    assert View.LIVE is played.shows(replace(stuck, drift=1.6), 3)


def test_somebody_who_walks_by_ends_what_seemed_to_stand_still() -> None:
    quiet = replace(GOOD, restless=0.2)
    played = Played()
    for _ in range(3):
        played.shows(quiet, 1000)
        played.shows(replace(quiet, peak=60.0), 0.2)

    assert View.LIVE is played.looks.view(played.at * S // 5)


def test_a_picture_that_moves_again_is_no_longer_frozen() -> None:
    played = Played()
    played.shows(GOOD, 20, is_same=True)

    assert View.LIVE is played.shows(GOOD, 3)


@pytest.mark.parametrize(
    ("glance", "view", "after_s", "gone_s"),
    [(DARK, View.DARK, 3, 2), (COVERED, View.COVERED, 8, 2), (BACKLIT, View.BACKLIT, 2, 30)],
)
def test_each_is_told_after_a_while_and_untold_after_a_while(glance, view, after_s, gone_s) -> None:
    """Somebody walks close by the lens: that is no night, and no cover."""
    played = Played()

    assert View.LIVE is played.shows(glance, after_s)
    assert view is played.shows(glance, 1)
    assert view is played.shows(GOOD, gone_s)
    assert View.LIVE is played.shows(GOOD, 1)


@pytest.mark.parametrize(("glance", "view"), [(DARK, View.DARK), (COVERED, View.COVERED)])
def test_nothing_is_told_of_what_comes_and_goes(glance, view) -> None:
    """A lamp that swings, people who pass close by: no telling and untelling all night."""
    played = Played()
    told = {played.shows(each, 1.5) for _ in range(20) for each in (glance, GOOD)}
    played.shows(glance, 20)
    still_told = {played.shows(each, 1.5) for _ in range(20) for each in (GOOD, glance)}

    assert {View.LIVE} == told
    assert {view} == still_told


def test_what_is_neither_clearly_dark_nor_clearly_light_stays_as_it_was() -> None:
    dusk = replace(GOOD, brightness=20.0)
    played = Played()

    assert View.LIVE is played.shows(dusk, 60)
    played.shows(DARK, 10)
    assert View.DARK is played.shows(dusk, 60)


def test_the_sun_stays_behind_while_nobody_stands_before_it() -> None:
    played = Played()
    played.shows(BACKLIT, 3)

    assert View.BACKLIT is played.shows(SKY, 20)
    assert View.LIVE is played.shows(SKY, 15)


def test_a_bright_sky_alone_is_nothing_to_tell() -> None:
    assert View.LIVE is Played().shows(SKY, 60)


def test_in_the_dark_a_picture_that_never_changes_is_dark() -> None:
    """A sensor behind a cap gives black, always the same."""
    assert View.DARK is Played().shows(DARK, 60, is_same=True)


def test_a_plain_picture_that_never_changes_is_no_lens_but_a_camera_that_hangs() -> None:
    """The blue picture of a recorder that has lost its camera."""
    assert View.FROZEN is Played().shows(COVERED, 60, is_same=True)


def test_a_camera_opened_anew_is_judged_anew() -> None:
    played = Played()
    played.shows(GOOD, 20, is_same=True)
    played.looks.opened()

    assert View.OPENING is played.looks.view(20 * S)
