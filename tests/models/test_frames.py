"""The newest frame, and how its camera stands. The camera is played: it opens, breaks off, hangs to order."""

from collections.abc import Callable, Iterator
from threading import Event

import numpy as np
import pytest

from hardware_fakes.watching import boot_ns
from models.capture import Picture, VideoAway, VideoRefused, kind_of, open_capture, shown
from models.frames import Frames
from models.view import Limits, View

BOUND_S = 5.0


def picture(number: int) -> Picture:
    return np.full((16, 16), number, dtype=np.uint8)


def watched(opener: Callable[[str], "Played"], *, hangs_after_s: float = BOUND_S) -> Frames:
    limits = Limits(stale_s=BOUND_S, frozen_s=BOUND_S, dark_s=BOUND_S)
    return Frames("played", now_ns=boot_ns, limits=limits, opener=opener, hangs_after_s=hangs_after_s)


class Played:
    """A capture that gives what its script gives."""

    def __init__(self, script: Iterator[Picture | None]) -> None:
        self._script = script
        self.is_closed = False

    def read(self) -> Picture | None:
        return next(self._script, None)

    def close(self) -> None:
        self.is_closed = True


def wait_until(condition: Callable[[], object]) -> None:
    deadline_ns = boot_ns() + round(BOUND_S * 1e9)
    while not condition():
        assert boot_ns() < deadline_ns
        Event().wait(0.01)


def test_nobody_ever_looks_at_an_old_frame() -> None:
    """Without a thread that drains it, a camera's queue is three seconds long after three seconds."""
    done, more = Event(), Event()

    def script() -> Iterator[Picture]:
        for number in range(1, 51):
            yield picture(number)
        done.set()
        more.wait(BOUND_S)

    frames = watched(lambda _: Played(script()))
    assert done.wait(BOUND_S)
    newest = frames.newest(after=0, wait_s=BOUND_S)
    frames.close()
    more.set()

    assert newest is not None
    assert (50, 50) == (newest.number, newest.picture[0, 0])


def test_a_frame_is_handed_out_once() -> None:
    hold = Event()

    def script() -> Iterator[Picture | None]:
        yield picture(1)
        hold.wait(BOUND_S)

    frames = watched(lambda _: Played(script()))
    first = frames.newest(after=0, wait_s=BOUND_S)
    second = frames.newest(after=1, wait_s=0.01)
    frames.close()
    hold.set()

    assert first is not None
    assert second is None


def test_a_camera_that_breaks_off_is_closed_and_opened_again() -> None:
    opened: list[Played] = []

    def opener(_: str) -> Played:
        opened.append(Played(iter([picture(len(opened)), None])))
        return opened[-1]

    frames = watched(opener)
    wait_until(lambda: len(opened) > 1)
    frames.close()

    assert opened[0].is_closed
    assert frames.newest(after=0, wait_s=0) is not None


def test_a_camera_that_is_not_there_is_told_with_what_to_do_and_comes_back() -> None:
    there = Event()
    hold = Event()

    def script() -> Iterator[Picture | None]:
        yield picture(1)
        hold.wait(BOUND_S)

    def opener(_: str) -> Played:
        if not there.is_set():
            raise VideoAway("played: not there; plug it in")
        return Played(script())

    frames = watched(opener)
    wait_until(lambda: "plug it in" in frames.standing().detail)
    before = frames.standing()
    there.set()
    wait_until(lambda: frames.standing().is_open)
    after = frames.standing()
    frames.close()
    hold.set()

    assert (View.OPENING, False) == (before.view, before.is_open)
    assert (View.LIVE, "") == (after.view, after.detail)


def test_a_driver_that_does_not_return_is_noticed() -> None:
    """Nothing inside this process can end it: whoever asks must."""
    hold = Event()

    def opener(_: str) -> Played:
        hold.wait(BOUND_S)
        raise VideoAway("at last")

    frames = watched(opener, hangs_after_s=0.05)
    wait_until(lambda: frames.standing().is_hung)
    frames.close()
    hold.set()


def test_a_camera_nobody_may_open_is_the_technicians_to_mend() -> None:
    def opener(_: str) -> Played:
        raise VideoRefused("played: not allowed")

    frames = watched(opener)
    wait_until(lambda: frames.standing().refused)

    assert "played: not allowed" == frames.standing().refused


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("/dev/video0", "device"),
        ("/dev/v4l/by-path/pci-0000:00:14.0-usb-0:2:1.0-video-index0", "device"),
        ("rtsp://10.0.0.5/live", "stream"),
        ("http://10.0.0.5/mjpg", "stream"),
        ("/var/lib/film.avi", "file"),
    ],
)
def test_a_source_is_what_is_written(source: str, kind: str) -> None:
    assert kind == kind_of(source)


def test_the_password_of_a_camera_is_never_shown() -> None:
    assert "rtsp://10.0.0.5:554/live" == shown("rtsp://admin:se%40cret@10.0.0.5:554/live?token=abc")
    assert "/dev/video0" == shown("/dev/video0")


def test_a_device_that_is_not_there_says_so() -> None:
    with pytest.raises(VideoAway, match=r"/dev/video77: not there; .*edge-agent help camera"):
        open_capture("/dev/video77")


def test_a_stream_nobody_serves_says_so_without_its_password() -> None:
    with pytest.raises(VideoAway, match="gives no picture") as raised:
        open_capture("rtsp://admin:secret@127.0.0.1:9/x")

    assert "secret" not in str(raised.value)
