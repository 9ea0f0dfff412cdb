"""What of a picture counts, upright, and the small picture of it for people. Drawn pictures."""

import cv2
import numpy as np

from models.codes import Region
from models.frames import Frame
from models.photo import SIDE_MAX_PX, read_photo
from models.window import Window

LEFT_HALF = Region(left=0.0, top=0.0, right=0.5, bottom=1.0)


def half_white() -> np.ndarray:
    """720p, white on the left."""
    picture = np.zeros((720, 1280, 3), dtype=np.uint8)
    picture[:, :640] = 255
    return picture


def test_the_part_that_counts_is_cut_before_it_is_turned() -> None:
    frame = Window(LEFT_HALF, 90).of(Frame(number=3, picture=half_white(), seen_ns=7))

    assert (3, 7, (640, 720, 3)) == (frame.number, frame.seen_ns, frame.picture.shape)
    assert frame.picture.min() == 255
    assert frame.picture.flags["C_CONTIGUOUS"]


def test_a_preview_is_small_upright_whole_and_frames_the_part_that_counts() -> None:
    small = cv2.imdecode(np.frombuffer(Window(LEFT_HALF, 90).preview(half_white()), dtype=np.uint8), cv2.IMREAD_COLOR)
    plain = cv2.imdecode(np.frombuffer(Window().preview(half_white()), dtype=np.uint8), cv2.IMREAD_COLOR)

    assert ((320, 180), (180, 320)) == (small.shape[:2], plain.shape[:2])
    assert int(small[100, 0, 1]) - int(small[100, 0, 2]) > 50, "the frame is green"
    assert np.ptp(plain[90, 1]) < 20, "no frame where all counts"


def test_a_grey_picture_has_a_preview_too() -> None:
    assert Window(LEFT_HALF).preview(np.zeros((480, 640), dtype=np.uint8)).startswith(b"\xff\xd8\xff")


def test_a_photograph_is_shrunk_to_what_a_camera_gives_and_what_is_none_is_none() -> None:
    large = cv2.imencode(".png", np.zeros((10, 3000, 3), dtype=np.uint8))[1].tobytes()
    photo = read_photo(large)

    assert photo is not None
    assert SIDE_MAX_PX == photo.shape[1]
    assert all(read_photo(content) is None for content in (b"", b"no", large[:50]))
