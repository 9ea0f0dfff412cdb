"""Network cameras as they come, over HTTP and over RTSP: pictures are fresh, and nothing they send ends the reading."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest

from hardware_fakes.paint import number_in
from hardware_fakes.rtsp import RtspServer
from hardware_fakes.scene import Scene, jpeg_of, write_file
from hardware_fakes.stream import CameraServer, Feed, Mood
from hardware_fakes.watching import boot_ns
from models.capture import SIDE_MAX_PX, VideoAway, bounded, open_capture
from models.frames import Frames
from models.view import Limits, View

BOUND_S = 30.0
BOTH = pytest.mark.parametrize("server_of", [CameraServer, RtspServer])
Server = CameraServer | RtspServer


class Sent:
    """A feed of these bytes in turn, so many a second."""

    def __init__(self, *jpegs: bytes) -> None:
        self._jpegs = jpegs

    def mood_at(self, _t_s: float) -> Mood:
        return Mood.LIVE

    def jpeg_at(self, t_s: float) -> bytes:
        return self._jpegs[round(t_s * 30) % len(self._jpegs)]


@contextmanager
def looking_at(url: str) -> Iterator[Frames]:
    limits = Limits(stale_s=1, frozen_s=BOUND_S, dark_s=BOUND_S)
    frames = Frames(url, now_ns=boot_ns, limits=limits, hangs_after_s=BOUND_S)
    try:
        yield frames
    finally:
        frames.close(wait_s=10)


def wait_until(condition: Callable[[], object]) -> None:
    deadline_ns = boot_ns() + round(BOUND_S * 1e9)
    while not condition():
        assert boot_ns() < deadline_ns
        Event().wait(0.01)


def picture(width: int, height: int, *, seed: int = 0) -> bytes:
    few = np.random.default_rng(seed).integers(0, 255, (8, 8, 3)).astype(np.uint8)
    return jpeg_of(np.asarray(cv2.resize(few, (width, height)), dtype=np.uint8))


def sizes_of(feed: Feed, server_of: type[Server], *, count: int) -> set[Sequence[int]]:
    with server_of(feed, fps=30) as server, looking_at(server.url) as frames:
        seen, number = set(), 0
        while number < count:
            frame = frames.newest(after=number, wait_s=BOUND_S)
            assert frame is not None, frames.standing()
            seen.add(frame.picture.shape)
            number = frame.number
    return seen


@BOTH
def test_a_picture_is_of_now(server_of: type[Server]) -> None:
    """Not of two seconds ago, as it is where a stream is opened without care; the usual age is in the benchmark."""
    with server_of(Scene(is_numbered=True)) as server, looking_at(server.url) as frames:
        ages_s, number = [], 0
        for _ in range(20):
            frame = frames.newest(after=number, wait_s=BOUND_S)
            number = frame.number
            ages_s.append((frame.seen_ns - server.playing.began_ns) / 1e9 - number_in(frame.picture) / 100)

    assert -0.02 < min(ages_s) < 0.5, ages_s


@BOTH
def test_a_camera_that_goes_silent_is_told_and_is_back_when_it_is_back(server_of: type[Server]) -> None:
    scene = Scene()
    with server_of(scene) as server, looking_at(server.url) as frames:
        wait_until(lambda: frames.standing().is_open)
        scene.faults.append((Mood.FROZEN, 0.0, 1e9))
        wait_until(lambda: frames.standing().view is View.STALE)
        wait_until(lambda: "broke off" in frames.standing().detail)
        scene.faults.clear()
        wait_until(lambda: frames.standing().view is View.LIVE)

        assert "" == frames.standing().detail


@BOTH
def test_a_camera_that_was_switched_off_and_on_is_opened_again(server_of: type[Server]) -> None:
    with server_of(Scene()) as server, looking_at(server.url) as frames:
        wait_until(lambda: frames.standing().is_open)
        server.close()
        wait_until(lambda: not frames.standing().is_open)
        with server_of(Scene(), port=server.port):
            wait_until(lambda: frames.standing().is_open)


@BOTH
def test_broken_pictures_among_good_ones_are_passed_over(server_of: type[Server]) -> None:
    good = picture(640, 480)
    torn, spoilt = good[: len(good) // 2], good[:1500] + bytes(200) + good[1700:]

    assert {(480, 640, 3)} == sizes_of(Sent(good, torn, good, spoilt, good[:-2]), server_of, count=60)


def test_nonsense_among_good_pictures_is_passed_over() -> None:
    nonsense = np.random.default_rng(1).bytes(3000)

    assert (480, 640, 3) in sizes_of(Sent(picture(640, 480), nonsense, b""), RtspServer, count=60)


@BOTH
def test_a_camera_may_change_its_size_while_it_runs(server_of: type[Server]) -> None:
    sizes = [picture(640, 480)] * 10 + [picture(1280, 720)] * 10 + [picture(64, 48)] * 10

    assert sizes_of(Sent(*sizes), server_of, count=60)


@pytest.mark.parametrize("size", [(1, 1), (3, 500)])
def test_a_tiny_picture_is_a_picture(size: tuple[int, int]) -> None:
    """Nobody has such a camera; whoever sends it shall not end the gate's."""
    assert {(size[1], size[0], 3)} == sizes_of(Sent(picture(*size, seed=1), picture(*size)), CameraServer, count=10)


def test_nothing_grows_with_what_is_broken() -> None:
    good = picture(1280, 720)
    feed = Sent(good, good[: len(good) // 2], picture(640, 480), np.random.default_rng(1).bytes(3000))
    with RtspServer(feed, fps=120) as server, looking_at(server.url) as frames:
        wait_until(lambda: frames.newest(after=150, wait_s=1))
        before_mb = memory_mb()
        wait_until(lambda: frames.newest(after=600, wait_s=1))

        assert memory_mb() < before_mb + 40, "of 1.2 GB that were decoded meanwhile"


def test_a_picture_too_large_for_the_box_is_refused_with_what_to_do() -> None:
    with CameraServer(Sent(picture(7680, 4320))) as server, pytest.raises(VideoAway, match="7680 x 4320 are too large"):
        open_capture(server.url)


def test_a_picture_larger_than_anything_that_is_looked_for_is_made_smaller() -> None:
    assert (SIDE_MAX_PX * 9 // 16, SIDE_MAX_PX, 3) == bounded(np.zeros((2160, 3840, 3), np.uint8)).shape
    assert (1, SIDE_MAX_PX) == bounded(np.zeros((1, 9000), np.uint8)).shape
    assert (1440, 2560, 3) == bounded(np.zeros((1440, 2560, 3), np.uint8)).shape


def test_a_scene_is_a_film_too(tmp_path: Path) -> None:
    path = write_file(Scene(is_numbered=True), tmp_path / "scene.avi", seconds=1, fps=10)
    capture = open_capture(str(path))
    numbers = [number_in(capture.read()) for _ in range(11)]
    capture.close()

    assert [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 0] == numbers


def memory_mb() -> int:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) // 1024
