"""Take a look at somebody who enrols: by a camera, or from a photo. One at a time; keeps nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Protocol

from drivers.contract import FaceTemplate, ReaderError, Wearing
from edge_agent.core.touch import NS_PER_S
from edge_agent.gallery.once import NoAnswer, Once

SIGN_S = 1.0
"""How often whoever waits hears that it still does."""
_OVER_S = 5.0
"""So much later than promised a camera has failed."""


class Shot(Protocol):
    """What a camera or a photo gave: numbers, or why there are none."""

    @property
    def vector(self) -> bytes | None:
        """128 float16, turned by the site's secret; None where no look was good enough."""
        ...

    @property
    def model(self) -> str:
        """Which model made it."""
        ...

    @property
    def frames(self) -> int:
        """Of how many looks it was made."""
        ...

    @property
    def why(self) -> Sequence[str]:
        """What was in the way; with a vector: what is to be known of it, such as `look_alike`."""
        ...


class Camera(Protocol):
    """A reader that looks at faces."""

    def capture(self, wearing: Wearing, within_s: float, own: bytes | None) -> Shot:
        """
        Look at whoever stands before it; return within this time.

        Raises:
            ReaderLost: It is away.

        """
        ...


@dataclass(slots=True)
class _Look:
    done: Event = field(default_factory=Event)
    shot: Shot | None = None
    error: str = "it gave no answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """Who takes looks. From any thread."""

    once: Once
    cameras: Callable[[], Mapping[str, Camera]]
    """By the reader's name."""
    now_ns: Callable[[], int]
    _turn: Lock = field(default_factory=Lock)

    def live(self, name: str, *, wearing: Wearing, within_s: float, own: bytes | None) -> Iterator[int | Shot]:
        """
        Yield the seconds left, and at last the look.

        Raises:
            NoAnswer: The camera cannot be used, or somebody else is enrolling.

        """
        camera, look = self._camera(name), _Look()
        until_ns = self.now_ns() + round(within_s * NS_PER_S)
        self._begin()
        # Whoever waits may go; the camera is free again when it has answered.
        Thread(target=self._look, args=(camera, look, wearing, within_s, own), name="face-enrol", daemon=True).start()
        while not look.done.wait(SIGN_S):
            left_s = (until_ns - self.now_ns()) // NS_PER_S
            if left_s < -_OVER_S:
                break
            yield max(0, left_s)
        if look.shot is None:
            raise NoAnswer(f"{name}: {look.error}")
        yield look.shot

    def photo(
        self, picture: bytes, *, wearing: Wearing, own: bytes | None, seed: bytes, others: Sequence[FaceTemplate]
    ) -> Shot:
        """
        Return the look of the one face in a picture.

        Raises:
            NoAnswer: The program that looks failed, or somebody else is enrolling.

        """
        self._begin()
        try:
            return self.once.photo(picture, wearing=wearing, own=own, seed=seed, others=others)
        finally:
            self._turn.release()

    def _camera(self, name: str) -> Camera:
        cameras = self.cameras()
        if name in cameras:
            return cameras[name]
        there = ", ".join(cameras) or 'none; give a reader driver = "face", or use --photo'
        raise NoAnswer(f"no camera {name!r} that looks at faces; there are: {there}")

    def _begin(self) -> None:
        if not self._turn.acquire(blocking=False):
            raise NoAnswer("somebody else is enrolling; wait until that is done")

    def _look(self, camera: Camera, look: _Look, wearing: Wearing, within_s: float, own: bytes | None) -> None:
        try:
            look.shot = camera.capture(wearing, within_s, own)
        except ReaderError as exc:
            look.error = str(exc)
        finally:
            self._turn.release()
            look.done.set()
