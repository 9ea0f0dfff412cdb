"""The lines of a scene's script: who is there when, how near, how turned; what the light does. Paints nothing."""

import enum
import math
from dataclasses import dataclass

from hardware_fakes.paint import As, Portrait

NEAR_PX = 60.0
"""From this width on a face is large enough to be seen: the ground truth's idea of being there."""


class Weather(enum.StrEnum):
    """What may be the matter with the light, or with the lens."""

    DARK = "dark"
    NIGHT = "night"
    BACKLIT = "backlit"
    COVERED = "covered"
    CLOSE = "close"
    """Somebody walks by so close that nothing else is seen."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Appearance:
    """Somebody, or something, before the camera."""

    who: str
    shown_as: As
    from_s: float
    until_s: float
    arrived_s: float
    """When it stands still; until then it comes nearer."""
    face_px: tuple[float, float]
    """Width of the face at first and at last."""
    at: tuple[float, float]
    """Where the face's centre is, as shares of width and height."""
    portraits: tuple[Portrait, ...]
    turns_deg: float = 0.0
    """How far it turns, to the picture's right first, then to the left."""
    turn_s: float = 3.0
    """How long it takes to turn right, left, and back."""
    sway_px: float = 1.5

    def face_px_at(self, t_s: float) -> float:
        """Return the face's width at that moment; 0 while it is not there."""
        if not self.from_s <= t_s < self.until_s:
            return 0.0
        first, last = self.face_px
        # Who walks evenly grows as one over the distance.
        way = min(1.0, (t_s - self.from_s) / max(1e-9, self.arrived_s - self.from_s))
        return 1 / ((1 - way) / first + way / last)

    def yaw_deg_at(self, t_s: float) -> float:
        """Return how far it is turned, + to the picture's right."""
        since_s = t_s - self.arrived_s
        return self.turns_deg * math.sin(2 * math.pi * since_s / self.turn_s) if since_s > 0 else 0.0

    def near_s(self, near_px: float = NEAR_PX) -> float | None:
        """Return the first moment its face is so wide; None if it never is."""
        first, last = self.face_px
        if max(first, last) < near_px:
            return None
        if first >= near_px:
            return self.from_s
        way = (1 / first - 1 / near_px) / (1 / first - 1 / last)
        return self.from_s + way * (self.arrived_s - self.from_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """What is the matter with the light, or with the lens, for a while."""

    weather: Weather
    from_s: float
    until_s: float
    level: float = 1.0
