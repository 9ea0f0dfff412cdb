"""What is wrong with what a camera shows: nothing new, always the same, too dark. Judges numbers; holds no picture."""

import enum
from dataclasses import dataclass

_NS_PER_S = 1_000_000_000


class View(enum.StrEnum):
    """How a camera stands."""

    OPENING = "opening"
    LIVE = "live"
    STALE = "stale"
    FROZEN = "frozen"
    DARK = "dark"


ADVICE = {
    View.OPENING: "not open yet",
    View.LIVE: "",
    View.STALE: "no new picture; check the camera's power and cable",
    View.FROZEN: "the same picture for ever; switch the camera off and on",
    View.DARK: "too dark to read a badge; switch on a light, or take the cover off the lens",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a view is called what."""

    stale_s: float
    frozen_s: float
    """A sensor makes noise: two pictures are never alike. A compressed stream may stand still for a few seconds."""
    dark_s: float
    dark_below: float = 16.0
    """Brightness, 0 to 255, which 99 of 100 points do not reach."""


class Looks:
    """What was seen of the pictures of one camera."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._seen_ns: int | None = None
        self._same_since_ns = self._bright_ns = 0
        self._digest: int | None = None

    def opened(self) -> None:
        """Forget what was seen: the camera is opened anew."""
        self._seen_ns = self._digest = None

    def saw(self, *, digest: int, brightness: float, now_ns: int) -> None:
        """Take note of a picture."""
        if self._seen_ns is None or brightness >= self._limits.dark_below:
            self._bright_ns = now_ns
        if digest != self._digest:
            self._digest, self._same_since_ns = digest, now_ns
        self._seen_ns = now_ns

    def view(self, now_ns: int) -> View:
        """Return how the camera stands."""
        if self._seen_ns is None:
            return View.OPENING
        if now_ns - self._seen_ns > self._limits.stale_s * _NS_PER_S:
            return View.STALE
        if self._seen_ns - self._same_since_ns > self._limits.frozen_s * _NS_PER_S:
            return View.FROZEN
        return View.DARK if self._seen_ns - self._bright_ns > self._limits.dark_s * _NS_PER_S else View.LIVE
