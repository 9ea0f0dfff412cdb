"""
The camera's own process: pictures to codes to lines for the daemon. Its composition root; decides nothing of the site.

A face terminal would look at the same frames here, beside `Codes`.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from threading import Event
from typing import TYPE_CHECKING

from drivers.allowance import Allowance
from drivers.camera import VIDEO_VARIABLE
from drivers.contract import Medium
from drivers.parent import Parent
from drivers.sensing import InView
from drivers.wire.lines import Failed, Seen
from edge_agent.clock import SystemClock

if TYPE_CHECKING:
    from models.codes import Codes
    from models.frames import Frame, Frames, Standing

_NS_PER_S = 1_000_000_000
_BEAT_NS = _NS_PER_S
_WAIT_S = 0.5
_CODES_PER_S, _CODES_AT_ONCE = 2.0, 10
"""More than walks through a gate. A code above that is still in view a moment later, and is told then."""
_QUIET = {
    # What libraries print may name addresses with passwords; what matters is said in our own words.
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    # One thread each: the box has other work.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Look until the parent is gone; return 1 where there is nothing to look with."""
    args = _parser().parse_args(argv)
    os.environ.update(_QUIET)
    parent = Parent()
    try:
        from models import capture, codes, frames, region, view  # noqa: PLC0415 - an optional extra: said where it is missing
    except ImportError as exc:
        advice = "install the extra `camera`: pip install 'genba-edge-agent[camera]'"
        parent.tell_failed(Failed(how="broken", why=f"pictures cannot be read on this box ({exc}); {advice}"))
        return 1
    codes.use_one_core()
    now_ns = SystemClock().boot_ns
    left, top, right, bottom = (percent / 100 for percent in args.roi)
    limits = view.Limits(stale_s=args.stale, frozen_s=args.frozen, dark_s=args.dark)
    look = Look(
        parent,
        frames=frames.Frames(args.video, now_ns=now_ns, limits=limits, hangs_after_s=args.hung),
        codes=codes.Codes(region=region.Region(left=left, top=top, right=right, bottom=bottom), rotation=args.rotate),
        device=capture.shown(args.video),
        fps=args.fps,
        reread_window_s=args.reread_window,
        now_ns=now_ns,
    )
    parent.tell_failed(look.run())
    # At once: the thread in the driver may never return.
    os._exit(1)


class Look:
    """Looks at the newest frame now and then, and tells what is new in it."""

    def __init__(
        self,
        parent: Parent,
        *,
        frames: "Frames",
        codes: "Codes",
        device: str,
        fps: float,
        reread_window_s: float,
        now_ns: Callable[[], int],
    ) -> None:
        self._parent = parent
        self._frames = frames
        self._codes = codes
        self._device = device
        self._period_ns = round(_NS_PER_S / fps)
        self._now_ns = now_ns
        self._in_view = InView(reread_window_s=reread_window_s)
        self._allowance = Allowance(per_s=_CODES_PER_S, at_once=_CODES_AT_ONCE)
        self._number = 0
        self._told: Standing | None = None
        self._beat_ns = 0

    def run(self) -> Failed:
        """Look until it cannot go on; return why."""
        pause = Event()
        while True:
            standing = self._frames.standing()
            if failed := _failed(standing, self._device):
                return failed
            self._beat(standing)
            frame = self._frames.newest(after=self._number, wait_s=_WAIT_S)
            if frame:
                began_ns = self._now_ns()
                self._look(frame)
                worked_ns = self._now_ns() - began_ns
                # Rests at least as long as it worked: never more than half a core, whatever the picture.
                pause.wait(max(self._period_ns - worked_ns, worked_ns) / _NS_PER_S)

    def _beat(self, standing: "Standing") -> None:
        now_ns = self._now_ns()
        if standing == self._told and now_ns - self._beat_ns < _BEAT_NS:
            return
        self._told, self._beat_ns = standing, now_ns
        self._parent.tell_alive(
            is_open=standing.is_open, device=self._device if standing.is_open else "", detail=standing.detail
        )

    def _look(self, frame: "Frame") -> None:
        self._number = frame.number
        for token in self._codes.find(frame.picture):
            if not self._in_view.is_in_view(token, frame.seen_ns) and self._allowance.take(frame.seen_ns):
                self._in_view.saw(token, frame.seen_ns)
                self._parent.tell_seen(Seen(medium=Medium.QR, token=token, technology="qr", seen_ns=frame.seen_ns))


def _failed(standing: "Standing", device: str) -> Failed | None:
    if standing.refused:
        return Failed(how="broken", why=standing.refused)
    if standing.is_hung:
        return Failed(how="lost", why=f"{device}: its driver does not return; unplug the camera and plug it in again")
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m edge_agent.camera_worker", description=__doc__)
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
    return parser


if __name__ == "__main__":
    sys.exit(main())
