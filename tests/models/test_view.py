"""What is wrong with what a camera shows is said, and nothing is said of a good one."""

from models.view import Limits, Looks, View

S = 1_000_000_000
LIMITS = Limits(stale_s=5, frozen_s=10, dark_s=3)


def play(*, seconds: int, digests: bool = True, brightness: float = 100.0, looks: Looks | None = None) -> Looks:
    looks = looks or Looks(LIMITS)
    for at in range(seconds + 1):
        looks.saw(digest=at if digests else 7, brightness=brightness, now_ns=at * S)
    return looks


def test_before_the_first_picture_it_is_opening() -> None:
    assert View.OPENING is Looks(LIMITS).view(99 * S)


def test_a_camera_with_noise_and_light_is_live() -> None:
    assert View.LIVE is play(seconds=100).view(100 * S)


def test_no_new_picture_for_long_is_stale() -> None:
    looks = play(seconds=10)

    assert [View.LIVE, View.STALE] == [looks.view(at * S) for at in (15, 16)]


def test_the_same_picture_for_ever_is_frozen() -> None:
    """The stream runs, the picture stands: nobody is seen, and nothing else would tell."""
    assert View.LIVE is play(seconds=10, digests=False).view(10 * S)
    assert View.FROZEN is play(seconds=11, digests=False).view(11 * S)


def test_a_picture_that_moves_again_is_no_longer_frozen() -> None:
    looks = play(seconds=20, digests=False)
    looks.saw(digest=8, brightness=100, now_ns=21 * S)

    assert View.LIVE is looks.view(21 * S)


def test_a_dark_picture_is_told_after_a_while() -> None:
    """Somebody walks close by the lens: that is no night."""
    assert View.LIVE is play(seconds=3, brightness=5).view(3 * S)
    assert View.DARK is play(seconds=4, brightness=5).view(4 * S)


def test_a_camera_opened_anew_is_judged_anew() -> None:
    looks = play(seconds=20, digests=False)
    looks.opened()

    assert View.OPENING is looks.view(20 * S)
