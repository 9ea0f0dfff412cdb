"""What is cut out of a picture and turned is found again in the whole picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.region import WHOLE, Region, back, cut

SHARES = st.floats(0, 1)


@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    corners=st.tuples(SHARES, SHARES, SHARES, SHARES),
    rotation=st.sampled_from([0, 90, 180, 270]),
    data=st.data(),
)
def test_every_point_of_a_cut_is_found_again_in_the_whole_picture(width, height, corners, rotation, data) -> None:
    (left, right), (top, bottom) = sorted(corners[:2]), sorted(corners[2:])
    picture = np.arange(width * height, dtype=np.uint16).astype(np.uint8).reshape(height, width)
    region = Region(left=left, top=top, right=right, bottom=bottom)
    part = cut(picture, region, rotation)
    x, y = data.draw(st.integers(0, part.shape[1] - 1)), data.draw(st.integers(0, part.shape[0] - 1))

    [[there_x, there_y]] = back(np.array([[x, y]], np.float32), picture, region, rotation)

    assert part[y, x] == picture[int(there_y), int(there_x)]


def test_a_cut_keeps_its_colours() -> None:
    picture = np.zeros((10, 20, 3), np.uint8)
    picture[0, 0] = 1, 2, 3

    assert (20, 10, 3) == cut(picture, WHOLE, 90).shape
    assert [1, 2, 3] == list(cut(picture, WHOLE, 90)[0, -1])


def test_nothing_is_copied_where_nothing_is_turned() -> None:
    """It is done for every frame."""
    picture = np.zeros((10, 20, 3), np.uint8)

    assert np.shares_memory(picture, cut(picture, Region(left=0.5)))


def test_another_angle_is_a_bug() -> None:
    with pytest.raises(KeyError):
        cut(np.zeros((2, 2), np.uint8), WHOLE, 45)
