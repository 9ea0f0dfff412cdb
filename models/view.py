"""What is wrong with what a camera shows: nothing new, always the same, dark, covered. Judges numbers, no picture."""

import enum
from dataclasses import dataclass

from models.glance import Glance

_NS_PER_S = 1_000_000_000


class View(enum.StrEnum):
    """How a camera stands."""

    OPENING = "opening"
    LIVE = "live"
    STALE = "stale"
    FROZEN = "frozen"
    DARK = "dark"
    COVERED = "covered"
    BACKLIT = "backlit"


ADVICE = {
    View.OPENING: "not open yet",
    View.LIVE: "",
    View.STALE: "no new picture; check the camera's power and cable",
    View.FROZEN: "the same picture for ever; switch the camera off and on",
    View.DARK: "too dark to read a badge or a face; switch on a light, or take the cover off the lens",
    View.COVERED: "nothing but one plain grey; take away what is before the lens, or wipe it clean",
    View.BACKLIT: "who comes is dark before a bright background; turn the camera, shade it, or light the faces",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a view is called what. What is said was so for long enough, and is unsaid when it was long enough not so."""

    stale_s: float
    frozen_s: float
    """A sensor makes noise: two pictures are never alike. A compressed stream may stand still for a few seconds."""
    dark_s: float
    covered_s: float = 10.0
    """Who leans on the camera for longer covers it."""
    backlit_s: float = 2.0
    """As long as somebody stands there."""
    almost_frozen_s: float = 1800.0
    """
    Measured: a quiet gate seen by a compressing camera changes as little from picture to picture as one that hangs.

    Only that nobody walks by, no cloud passes and no lamp changes for so long tells them apart.
    """
    gone_s: float = 2.0
    """A telephone's screen, held up for a moment, does not end a night."""
    backlit_gone_s: float = 30.0
    """The sun is still there when nobody stands before it."""


# In pairs: from the first on it is so, from the second on it is not; between them it stays as it was.
# Measured on drawn scenes and on photographs: texture 100 and more in photographs, 13 and more before a bright sky,
# 7 in a dim scene, 5 and less behind whatever covers the lens.
_DARK, _BRIGHT = 16.0, 24.0
_PLAIN, _CLEAR = 6.0, 9.0
_LIT, _UNLIT = 16.0, 12.0
_GLARE, _NO_GLARE = 240.0, 225.0
_SHADE, _NO_SHADE = 0.35, 0.5
# What a compressing camera changes while its sensor hangs (MPEG-4, VP8): 0.06 to 0.23 from picture to picture,
# 1.5 and 8 in the long run. A live one that looks at a wall: 0.16 to 0.7 and more, no farther in the long run.
_RESTLESS = 0.25
_DRIFT, _PEAK = 1.5, 12.0


class Looks:
    """What was seen of the pictures of one camera."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.opened()

    def opened(self) -> None:
        """Forget what was seen: the camera is opened anew."""
        limits = self._limits
        self._seen_ns: int | None = None
        self._digest: int | None = None
        # What moves again is not frozen: to be told again takes long enough.
        self._same = _Lasting(limits.frozen_s, 0)
        self._almost_same = _Lasting(limits.almost_frozen_s, 0)
        self._dark = _Lasting(limits.dark_s, limits.gone_s)
        self._covered = _Lasting(limits.covered_s, limits.gone_s)
        self._backlit = _Lasting(limits.backlit_s, limits.backlit_gone_s)

    def came(self, now_ns: int) -> None:
        """Take note that a picture came which nobody looked at."""
        self._seen_ns = now_ns

    def saw(self, glance: Glance, now_ns: int) -> None:
        """Take note of a picture."""
        self._seen_ns = now_ns
        self._same.saw(is_so=glance.digest == self._digest, now_ns=now_ns)
        self._almost_same.saw(is_so=not has_moved(glance) and glance.restless < _RESTLESS, now_ns=now_ns)
        self._dark.saw(is_so=_is_dark(glance), now_ns=now_ns)
        self._covered.saw(is_so=_is_covered(glance), now_ns=now_ns)
        self._backlit.saw(is_so=_is_backlit(glance), now_ns=now_ns)
        self._digest = glance.digest

    def view(self, now_ns: int) -> View:
        """Return how the camera stands."""
        if self._seen_ns is None:
            return View.OPENING
        if now_ns - self._seen_ns > self._limits.stale_s * _NS_PER_S:
            return View.STALE
        # In the dark all pictures are alike, and behind a cover nearly.
        for lasting, view in (
            (self._dark, View.DARK),
            (self._same, View.FROZEN),
            (self._covered, View.COVERED),
            (self._almost_same, View.FROZEN),
            (self._backlit, View.BACKLIT),
        ):
            if lasting.is_said:
                return view
        return View.LIVE


class _Lasting:
    """Something that is said once it was so for long enough, and unsaid once it was long enough not so."""

    def __init__(self, after_s: float, gone_s: float) -> None:
        self.is_said = False
        self._after_ns, self._gone_ns = round(after_s * _NS_PER_S), round(gone_s * _NS_PER_S)
        self._other_since_ns: int | None = None

    def saw(self, *, is_so: bool | None, now_ns: int) -> None:
        """Take note whether it is so; None: neither clearly so nor clearly not."""
        if is_so is None or is_so is self.is_said:
            self._other_since_ns = None
            return
        if self._other_since_ns is None:
            self._other_since_ns = now_ns
        if now_ns - self._other_since_ns > (self._gone_ns if self.is_said else self._after_ns):
            self.is_said, self._other_since_ns = is_so, None


def has_moved(glance: Glance) -> bool:
    """Return whether more has changed than compression changes."""
    return glance.drift >= _DRIFT or glance.peak >= _PEAK


def _is_dark(glance: Glance) -> bool | None:
    if glance.brightness < _DARK:
        return True
    return False if glance.brightness >= _BRIGHT else None


def _is_covered(glance: Glance) -> bool | None:
    if glance.texture < _PLAIN and glance.level >= _LIT:
        return True
    return False if glance.texture >= _CLEAR or glance.level < _UNLIT else None


def _is_backlit(glance: Glance) -> bool | None:
    if glance.border >= _GLARE and glance.core <= _SHADE * glance.border:
        return True
    return False if glance.border < _NO_GLARE or glance.core > _NO_SHADE * glance.border else None
