"""Every picture is looked at or refused in words; none makes the terminal stumble."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from looks import Seer, face_at

from models.detect import Detector
from models.landmarks import Landmarks
from models.pictures import PictureUnusable, blob_of, shrunk, usable

DTYPES = [np.uint8, np.uint16, np.int8, np.int64, np.float32, np.float64, np.bool_, np.complex64]


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3), (5, 7, 4), (1, 1), (1, 900, 3)])
def test_grey_and_transparent_pictures_become_colours(shape: tuple[int, ...]) -> None:
    picture = np.full(shape, 7, dtype=np.uint8)

    assert usable(picture).shape == (*shape[:2], 3)
    assert (usable(picture) == 7).all()


def test_a_usable_picture_is_not_copied() -> None:
    picture = np.zeros((4, 4, 3), dtype=np.uint8)

    assert usable(picture) is picture


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (np.full((9, 9, 3), np.nan), "float64"),
        (np.zeros((9, 9, 3), dtype=np.uint16), "uint16"),
        (None, "NoneType"),
        (np.zeros((0, 9, 3), dtype=np.uint8), "9 x 0 px"),
        (np.zeros((9, 9, 2), dtype=np.uint8), "colours"),
        (np.zeros(9, dtype=np.uint8), "shape"),
        (np.zeros((2, 9, 9, 3), dtype=np.uint8), "shape"),
        (np.zeros((1, 40_000), dtype=np.uint8), "40000 x 1 px"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_is_wrong(picture: np.ndarray, why: str) -> None:
    with pytest.raises(PictureUnusable, match=why):
        usable(picture)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([0, 1, 2, 3, 4, 31, 33, 65]), min_size=0, max_size=3),
    st.sampled_from(DTYPES),
    st.floats(-1e6, 1e6),
)
def test_whatever_it_is_it_is_searched_or_refused(shape: list[int], dtype: type, value: float) -> None:
    with np.errstate(all="ignore"):
        picture = np.full(shape, value).astype(dtype)

    try:
        whole = usable(picture)
    except PictureUnusable:
        return
    assert Detector(Seer([])).find(whole) == []
    assert Landmarks(_Blind()).refined(whole, face_at(0, 0, 50))


class _Blind:
    def run(self, **_inputs: np.ndarray) -> list[np.ndarray]:
        return [np.zeros((1, count, 32, 32), dtype=np.float32) for count in (1, 2, 2, 10)]


def test_a_shrunk_picture_is_the_mean_of_what_falls_together() -> None:
    picture = 4 * np.arange(4 * 4 * 3, dtype=np.uint8).reshape(4, 4, 3)

    assert shrunk(picture, 4).tolist() == [[[90, 94, 98]]]
    assert shrunk(picture, 1) is picture


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 99, 3), (7, 2, 3)])
def test_a_narrow_picture_is_shrunk_to_a_point_and_not_to_nothing(shape: tuple[int, ...]) -> None:
    assert min(shrunk(np.zeros(shape, dtype=np.uint8), 16).shape[:2]) == 1


def test_a_network_sees_the_picture_and_black_beyond() -> None:
    picture = np.full((5, 40, 3), (1, 2, 3), dtype=np.uint8)

    blob = blob_of(picture, is_rgb=True, multiple=32)

    assert blob.shape == (1, 3, 32, 64)
    assert blob[0, :, 4, 39].tolist() == [3, 2, 1]
    assert blob[0, :, 5:].max() == blob[0, :, :, 40:].max() == 0
