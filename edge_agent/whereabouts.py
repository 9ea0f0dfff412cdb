"""Where the box is, as its receiver last told. From any thread. Guesses nothing: an old fix is none."""

from drivers.contract import Fix
from edge_agent.core.parts import Place
from edge_agent.core.place import Fence
from edge_agent.core.touch import NS_PER_S

OLD_NS = 3600 * NS_PER_S
"""A box at a gate does not move much; after an hour without the sky nobody knows."""


class Whereabouts:
    """The last fix."""

    def __init__(self, fence: Fence | None = None) -> None:
        self._fence = fence
        self._fix: Fix | None = None

    def hear(self, fix: Fix) -> None:
        """Take a device's word."""
        self._fix = fix

    def place(self, now_ns: int) -> Place | None:
        """Return where the box is; None while nobody has told it within the last hour."""
        fix = self._fix
        if fix is None or now_ns - fix.at_ns > OLD_NS:
            return None
        fence = self._fence
        return Place(
            lat=round(fix.latitude_deg, 6),
            lon=round(fix.longitude_deg, 6),
            acc_m=round(fix.accuracy_m, 1),
            age_s=max(0, now_ns - fix.at_ns) // NS_PER_S,
            inside=fence.holds(fix.latitude_deg, fix.longitude_deg, fix.accuracy_m) if fence else None,
        )
