"""
A process that looks at the frames of one camera: its loop, its signs of life, its arguments.

What it looks for, its eyes know; `camera_worker` and `face_worker` put them together. Loads no library for pictures.
"""

import argparse
import ctypes
import os
from collections.abc import Callable, Sequence
from threading import Event
from typing import TYPE_CHECKING, Protocol

from drivers.allowance import Allowance
from drivers.camera import VIDEO_VARIABLE
from drivers.contract import Medium
from drivers.parent import Parent
from drivers.sensing import InView
from drivers.wire.lines import Failed, Seen

if TYPE_CHECKING:
    from models.codes import Codes
    from models.frames import Frame, Frames, Standing

_NS_PER_S = 1_000_000_000
_BEAT_NS = _NS_PER_S
_WAIT_S = 0.1
_THRIFT_NS = 30 * _NS_PER_S
_CODES_PER_S, _CODES_AT_ONCE = 2.0, 10
"""More than walks through a gate. A code above that is still in view a moment later, and is told then."""
_QUIET = {
    # What libraries print may name addresses with passwords; what matters is said in our own words.
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    # A photograph of more points is no photograph of a face: 64 megapixels.
    "OPENCV_IO_MAX_IMAGE_PIXELS": str(1 << 26),
    # One thread each: the box has other work.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


def keep_quiet() -> None:
    """Let the libraries print nothing and start no threads. Before any of them is loaded."""
    os.environ.update(_QUIET)


class Eye(Protocol):
    """Looks for one kind of thing, and tells the parent what it sees."""

    def look(self, frame: "Frame") -> None:
        """Look at the newest frame."""
        ...

    def tick(self, now_ns: int) -> str:
        """Do what is due, with a frame or without, several times a second; return what a technician should know."""
        ...


class Look:
    """Gives the newest frame to the eyes now and then, and signs of life to the parent."""

    def __init__(
        self,
        parent: Parent,
        *,
        frames: "Frames",
        eyes: Sequence[Eye],
        device: str,
        fps: float,
        now_ns: Callable[[], int],
    ) -> None:
        self._parent = parent
        self._frames = frames
        self._eyes = eyes
        self._device = device
        self._period_ns = round(_NS_PER_S / fps)
        self._now_ns = now_ns
        self._number = 0
        self._told: tuple[Standing, str] | None = None
        self._beat_ns = 0

    def run(self) -> Failed:
        """Look until it cannot go on; return why."""
        self._parent.greet()
        pause = Event()
        while True:
            standing = self._frames.standing()
            if failed := _failed(standing, self._device):
                return failed
            notes = [each.tick(self._now_ns()) for each in self._eyes]
            self._beat(standing, "; ".join(filter(None, notes)))
            frame = self._frames.newest(after=self._number, wait_s=_WAIT_S)
            if frame:
                began_ns = self._now_ns()
                self._look(frame)
                worked_ns = self._now_ns() - began_ns
                # Rests at least as long as it worked: never more than half a core, whatever the picture.
                pause.wait(max(self._period_ns - worked_ns, worked_ns) / _NS_PER_S)

    def _look(self, frame: "Frame") -> None:
        self._number = frame.number
        for each in self._eyes:
            each.look(frame)

    def _beat(self, standing: "Standing", note: str) -> None:
        now_ns = self._now_ns()
        if (standing, note) == self._told and now_ns - self._beat_ns < _BEAT_NS:
            return
        self._told, self._beat_ns = (standing, note), now_ns
        self._parent.tell_alive(
            is_open=standing.is_open, device=self._device if standing.is_open else "", detail=standing.detail or note
        )


class CodeEye:
    """Looks for QR codes. A code that stays in view is told once."""

    def __init__(self, parent: Parent, codes: "Codes", *, reread_window_s: float, rest_s: float = 0.0) -> None:
        """Search every frame; or not oftener than every `rest_s` seconds, since that costs more than to find faces."""
        self._parent = parent
        self._codes = codes
        self._in_view = InView(reread_window_s=reread_window_s)
        self._allowance = Allowance(per_s=_CODES_PER_S, at_once=_CODES_AT_ONCE)
        self._rest_ns = round(rest_s * _NS_PER_S)
        self._next_ns = 0

    def look(self, frame: "Frame") -> None:
        """Tell the codes that were not in view before."""
        if frame.seen_ns < self._next_ns:
            return
        self._next_ns = frame.seen_ns + self._rest_ns
        for token in self._codes.find(frame.picture):
            if not self._in_view.is_in_view(token, frame.seen_ns) and self._allowance.take(frame.seen_ns):
                self._in_view.saw(token, frame.seen_ns)
                self._parent.tell(Seen(medium=Medium.QR, token=token, technology="qr", seen_ns=frame.seen_ns))

    def tick(self, now_ns: int) -> str:
        """Nothing is ever due."""
        del now_ns
        return ""


class Thrift:
    """No eye: gives back to the box what a visit needed. The allocator keeps it else, 40 MB of it."""

    def __init__(self) -> None:
        # Not every C library has it.
        self._trim: Callable[[int], object] = getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)
        self._next_ns = 0

    def look(self, frame: "Frame") -> None:
        """See nothing."""

    def tick(self, now_ns: int) -> str:
        """Give back, now and then."""
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + _THRIFT_NS
            self._trim(0)
        return ""


def _failed(standing: "Standing", device: str) -> Failed | None:
    if standing.refused:
        return Failed(how="broken", why=standing.refused)
    if standing.is_hung:
        return Failed(how="lost", why=f"{device}: its driver does not return; unplug the camera and plug it in again")
    return None


def shares(roi: Sequence[float]) -> dict[str, float]:
    """Return the part of the picture, given in percent, as `models.region.Region` wants it."""
    return dict(zip(("left", "top", "right", "bottom"), (percent / 100 for percent in roi), strict=True))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add how a camera is looked through."""
    parser.add_argument(
        "--video",
        default=os.environ.get(VIDEO_VARIABLE, ""),
        help=f"device, address or file; default: what {VIDEO_VARIABLE} says, which nobody else can read",
    )
    parser.add_argument("--fps", type=float, default=8.0, help="frames looked at in a second, at most")
    parser.add_argument(
        "--roi",
        type=float,
        nargs=4,
        default=[0, 0, 100, 100],
        metavar=("LEFT", "TOP", "RIGHT", "BOTTOM"),
        help="the part of the picture that is looked at, in percent",
    )
    parser.add_argument("--rotate", type=int, default=0, choices=(0, 90, 180, 270), help="degrees, clockwise")
    parser.add_argument("--reread-window", type=float, default=1.5, metavar="S", help="seconds until a badge is new")
    after = parser.add_argument_group("seconds after which it is said that")
    after.add_argument("--stale", type=float, default=5.0, metavar="S", help="no new picture comes")
    after.add_argument("--frozen", type=float, default=10.0, metavar="S", help="it is always the same picture")
    after.add_argument("--dark", type=float, default=5.0, metavar="S", help="it is too dark")
    # Longer than a source takes to open and to read with all its time-outs: RTSP was seen to take 6 s for its 3.
    after.add_argument("--hung", type=float, default=20.0, metavar="S", help="the driver does not return")
