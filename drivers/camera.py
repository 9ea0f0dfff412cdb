"""A camera that reads QR badges, as a child process. Loads no library for pictures: the child does."""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from drivers.child import ChildReader
from drivers.contract import Reader, ReaderBroken, ReaderName

WORKER = "edge_agent.camera_worker"
VIDEO_VARIABLE = "EDGE_AGENT_VIDEO"
"""What the child looks at. Not among its arguments: everybody on the box can read those, and it may hold a password."""
_RIGHT_ANGLES = (0, 90, 180, 270)


class CameraReader(ChildReader):
    """Badges held before a camera. It shows no answer: a lamp, a sound or a screen does."""

    def __init__(
        self,
        *,
        name: ReaderName,
        now_ns: Callable[[], int],
        video: str = "",
        camera_fps: float = 8.0,
        camera_roi: str = "",
        camera_rotate: int = 0,
        reread_window_s: float = 1.5,
    ) -> None:
        """
        Take note; nothing is opened yet.

        Args:
            name: The reader's name.
            now_ns: CLOCK_BOOTTIME.
            video: A V4L2 device, an address (rtsp, http) or a file.
            camera_fps: Pictures that are searched in a second, at most.
            camera_roi: Left, top, right, bottom of what is searched, in percent; empty: everything.
            camera_rotate: Degrees, clockwise.
            reread_window_s: A badge back in view within this time has not been away.

        Raises:
            ReaderBroken: A setting makes no sense.

        """
        options = looking(
            name,
            video=video,
            fps=camera_fps,
            roi=camera_roi,
            rotate=camera_rotate,
            reread_window_s=reread_window_s,
        )
        command = [sys.executable, "-m", WORKER, *options]
        super().__init__(name=name, now_ns=now_ns, command=command, environment={VIDEO_VARIABLE: video})


def looking(
    name: ReaderName, *, video: str, fps: float, roi: str, rotate: int, reread_window_s: float
) -> Sequence[str]:
    """
    Return the options by which a child looks through a camera, all but which camera.

    Raises:
        ReaderBroken: A setting makes no sense.

    """
    if not video:
        raise ReaderBroken(f'{name}: which camera? set video = "/dev/v4l/by-path/..."; see: edge-agent help camera')
    if rotate not in _RIGHT_ANGLES:
        raise ReaderBroken(f"{name}: camera_rotate is 0, 90, 180 or 270, not {rotate}")
    options = [f"--fps={fps}", f"--rotate={rotate}", f"--reread-window={reread_window_s}"]
    return [*options, "--roi", *_corners(name, roi)]


def _corners(name: ReaderName, roi: str) -> list[str]:
    corners = roi.split() or ["0", "0", "100", "100"]
    try:
        left, top, right, bottom = map(int, corners)
    except ValueError:
        raise ReaderBroken(f"{name}: camera_roi is four numbers, such as 25 0 75 100, not {roi!r}") from None
    if not (0 <= left < right <= 100 and 0 <= top < bottom <= 100):  # noqa: PLR2004 - percent
        raise ReaderBroken(f"{name}: camera_roi {roi!r}: left must be below right, top below bottom, all 0 to 100")
    return corners


if TYPE_CHECKING:
    _: type[Reader] = CameraReader
