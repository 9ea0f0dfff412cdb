"""The newest frame of a camera: a thread drains the source, so that nobody looks at an old one. Decodes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition, Event, Thread
from typing import TypeVar

from models.capture import Capture, Picture, VideoAway, VideoRefused, open_capture, shown
from models.glance import Glances
from models.view import ADVICE, Limits, Looks, View, has_moved

_T = TypeVar("_T")
_NS_PER_S = 1_000_000_000
GLANCE_NS = _NS_PER_S // 5
"""A picture is glanced at so often: one glance at 720p takes the better part of a millisecond."""
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One picture."""

    number: int
    """Counts all frames since the start, from 1."""
    picture: Picture
    seen_ns: int
    """CLOCK_BOOTTIME when it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a camera stands."""

    view: View
    is_open: bool
    """Whether it sees who comes. In the dark it sees at least the screens of telephones."""
    detail: str
    """What is wrong and what to do; empty while nothing is."""
    is_hung: bool
    """The driver does not return: only the end of this process helps."""
    refused: str
    """Why a technician must act; empty while nobody must."""


class Frames:
    """One camera, opened again whenever it was lost."""

    def __init__(
        self,
        source: str,
        *,
        now_ns: Callable[[], int],
        limits: Limits,
        opener: Callable[[str], Capture] = open_capture,
        hangs_after_s: float,
    ) -> None:
        """Begin at once, in a thread that ends with the process, since nothing else ends a hung driver."""
        self._source = source
        self._now_ns = now_ns
        self._opener = opener
        self._hangs_after_ns = round(hangs_after_s * _NS_PER_S)
        self._changed = Condition()
        self._looks = Looks(limits)
        self._glances = Glances()
        self._glance_ns = 0
        self._newest: Frame | None = None
        self._number = 0
        self._trouble = ""
        self._refused = ""
        self._in_driver_since_ns: int | None = None
        self._stop = Event()
        self._thread = Thread(target=self._run, name="frames", daemon=True)
        self._thread.start()

    def newest(self, *, after: int, wait_s: float) -> Frame | None:
        """Return the newest frame if its number is greater than `after`; wait for one, at most this long."""
        with self._changed:
            self._changed.wait_for(lambda: self._number > after, wait_s)
            return self._newest if self._number > after else None

    def standing(self) -> Standing:
        """Return how the camera stands now."""
        now_ns, since_ns = self._now_ns(), self._in_driver_since_ns
        view = self._looks.view(now_ns)
        detail = ADVICE[view]
        if view in {View.OPENING, View.STALE}:
            detail = self._trouble or detail
        return Standing(
            view=view,
            is_open=view in {View.LIVE, View.DARK, View.BACKLIT},
            detail=detail,
            is_hung=since_ns is not None and now_ns - since_ns > self._hangs_after_ns,
            refused=self._refused,
        )

    def close(self, *, wait_s: float = 0.0) -> None:
        """Ask the thread to end, and wait for that at most so long. A driver that hangs holds it for ever."""
        self._stop.set()
        self._thread.join(wait_s)

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            count = self._number
            try:
                self._play()
            except VideoAway as exc:
                self._trouble = str(exc)
            except VideoRefused as exc:
                self._refused = str(exc)
                return
            failures = 0 if self._number > count else failures + 1
            self._stop.wait(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])

    def _play(self) -> None:
        capture = self._timed(lambda: self._opener(self._source))
        self._looks.opened()
        self._glances.forget()
        self._glance_ns = 0
        try:
            while not self._stop.is_set():
                picture = self._timed(capture.read)
                if picture is None:
                    raise VideoAway(f"{shown(self._source)}: the picture broke off; check the camera's power and cable")
                self._take(picture)
        finally:
            self._timed(capture.close)

    def _timed(self, call: Callable[[], _T]) -> _T:
        self._in_driver_since_ns = self._now_ns()
        try:
            return call()
        finally:
            self._in_driver_since_ns = None

    def _take(self, picture: Picture) -> None:
        now_ns = self._now_ns()
        if now_ns < self._glance_ns:
            self._looks.came(now_ns)
        else:
            self._glance_ns = now_ns + GLANCE_NS
            glance = self._glances.of(picture)
            self._looks.saw(glance, now_ns)
            if has_moved(glance):
                self._glances.compare_with_next()
        with self._changed:
            self._number += 1
            self._newest = Frame(number=self._number, picture=picture, seen_ns=now_ns)
            self._changed.notify_all()
