"""What a badge before the camera says is read: turned, small, soft, two at once; clutter on a wall is nobody."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hardware_fakes.camera import Badge, drawn
from models.codes import CODES_MAX, Codes
from models.region import Region

VGA, HD = (640, 480), (1280, 720)
SHORT = "EA1:0123456789AB"
SIGNED = "EA1:" + "A7" * 75
"""As long as a signed badge: 41 modules a side instead of 21."""
TURNS = (0, 7, 23, 45, 68, 90, 133, 180, 222, 270)


def found(badges: list[Badge], *, size: tuple[int, int] = VGA, codes: Codes | None = None) -> set[str]:
    return {text.decode() for text in (codes or Codes()).find(drawn(badges, size=size))}


@pytest.mark.parametrize("size", [VGA, HD])
@pytest.mark.parametrize("text", [SHORT, SIGNED])
def test_a_badge_is_read_however_it_is_turned(text: str, size: tuple[int, int]) -> None:
    read = [text in found([Badge(text=text, module_px=6, turned_deg=turn, blur_px=0.6)], size=size) for turn in TURNS]

    assert sum(read) >= len(TURNS) - 1, "one look of ten may fail: the next is an eighth of a second later"


@pytest.mark.parametrize("text", [SHORT, SIGNED])
@pytest.mark.parametrize(("module_px", "blur_px"), [(3, 0.7), (4, 1.0)])
def test_a_small_and_soft_badge_is_read(text: str, module_px: float, blur_px: float) -> None:
    """The sizes the manual promises: edge-agent help camera."""
    badges = [Badge(text=text, module_px=module_px, turned_deg=turn, blur_px=blur_px) for turn in TURNS]

    assert sum(text in found([badge]) for badge in badges) >= len(TURNS) - 1


def test_two_badges_in_one_picture_are_both_read() -> None:
    badges = [Badge(text="EA1:LEFT", at=(0.25, 0.5)), Badge(text="EA1:RIGHT", at=(0.75, 0.5), turned_deg=12)]

    assert {"EA1:LEFT", "EA1:RIGHT"} == found(badges, size=HD)


def test_a_picture_without_a_badge_says_nothing() -> None:
    assert set() == found([])


def test_only_the_region_is_searched() -> None:
    """A poster with a code hangs at the edge of the picture."""
    badges = [Badge(text="EA1:GATE", at=(0.3, 0.5)), Badge(text="EA1:POSTER", at=(0.85, 0.5))]

    assert {"EA1:GATE"} == found(badges, size=HD, codes=Codes(region=Region(right=0.6)))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_picture_may_be_turned_before_it_is_searched(rotation: int) -> None:
    assert {SHORT} == found([Badge(text=SHORT, module_px=6)], codes=Codes(rotation=rotation))


def test_a_picture_larger_than_is_searched_is_read_in_its_own_size() -> None:
    """A badge far from a good camera: found in the small picture, read in the large one."""
    assert {SHORT} == found([Badge(text=SHORT, module_px=8)], size=(2560, 1440))


def test_a_colour_picture_is_read_too() -> None:
    grey = drawn([Badge(text=SHORT, module_px=6)], size=VGA)

    assert (SHORT.encode(),) == Codes().find(np.dstack([grey] * 3))


@pytest.mark.parametrize("badge", [Badge(text="山田建設花子"), Badge(text="山田 花子", encoding="utf-8")])
def test_japanese_is_utf_8_also_where_the_code_was_written_in_kanji_mode(badge: Badge) -> None:
    """Kanji mode is Shift JIS by the standard; the token is the text."""
    assert {badge.text} == found([badge])


def test_no_more_codes_are_told_than_may_be() -> None:
    badges = [
        Badge(text=f"EA1:{x}{y}", module_px=4, at=((x + 0.5) / 4, (y + 0.5) / 3)) for x in range(4) for y in range(3)
    ]

    assert 1 <= len(Codes().find(drawn(badges, size=HD))) <= CODES_MAX


pictures = arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=80))


@settings(max_examples=100, deadline=None)
@given(pictures, st.sampled_from([0, 90, 180, 270]))
def test_any_picture_is_looked_at_without_an_error(picture: np.ndarray, rotation: int) -> None:
    assert isinstance(Codes(rotation=rotation).find(picture), tuple)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 16), st.floats(0, 1))
def test_a_badge_that_is_torn_and_scribbled_over_is_read_right_or_not_at_all(
    seed: int, side: int, share: float
) -> None:
    """Error correction repairs or refuses: another worker's badge it must never become."""
    picture = drawn([Badge(text=SHORT, module_px=6)], size=VGA)
    rng = np.random.default_rng(seed)
    spots = rng.random((480 // side + 1, 640 // side + 1)) < share * 0.3
    mask = np.kron(spots, np.ones((side, side), dtype=bool))[:480, :640]
    picture[mask] = rng.integers(0, 256, int(mask.sum()))

    assert set(Codes().find(picture)) <= {SHORT.encode()}
