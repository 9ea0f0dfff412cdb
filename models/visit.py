"""One person before the camera, as far as it is one: looks taken, what was in the way. Compares with nobody known."""

from collections import Counter
from collections.abc import Callable, Sequence

from models.face import Look, Vector
from models.fuse import APART_NS, fused
from models.gate import Refusal
from models.senses import Liveness
from models.track import Track

LOOKS_MAX = 6
"""So many are kept, the newest; the best three that agree are fused."""
TRIES_MAX = 6
"""So many looks are tried before somebody is asked for the card."""
REFUSED_NS = 80_000_000
"""Until a refused face is measured again: cheap."""
COVERED_NS = 300_000_000
"""Until a face is embedded again that proved covered: dear."""


class Visit:
    """What is known of whoever is on one track. Becomes another visit when the face does (`add`)."""

    def __init__(self, track: Track, *, since_ns: int, liveness: Callable[[], Liveness]) -> None:
        """
        Begin.

        Args:
            track: Where the face is.
            since_ns: From when on this person may have been here without being known.
            liveness: Makes a new judge of whether it lives.

        """
        self.track = track
        self.since_ns = since_ns
        self._new_liveness = liveness
        self._next_ns = 0
        self._begin(track.seen_ns)

    def _begin(self, now_ns: int) -> None:
        self.begun_ns = now_ns
        self.liveness = self._new_liveness()
        self.looks: list[Look] = []
        self.tries = 0
        self.refused: Counter[Refusal] = Counter()
        self.trouble: tuple[Refusal, int] | None = None
        self.face_id: bytes | None = None
        self.is_decided = False
        self.wants_card = False
        self.is_told = False
        """That a card is wanted."""
        self.is_waiting = False
        """The liveness wants to see more before it says how it stands."""
        self._breaks = self.track.breaks

    @property
    def seen_ns(self) -> int:
        """When it was last in view."""
        return self.track.seen_ns

    @property
    def is_doubtful(self) -> bool:
        """Whether somebody else may have taken this place since the last look."""
        return bool(self.looks) and self.track.breaks != self._breaks

    def is_ready(self, now_ns: int) -> bool:
        """Return whether enough time has passed since the last look."""
        return now_ns >= self._next_ns

    def looks_since(self, since_ns: int) -> Sequence[Look]:
        """Return the looks taken from then on."""
        return [look for look in self.looks if look.seen_ns >= since_ns]

    def add(self, look: Look, *, differs_below: float) -> bool:
        """Take a look; return False where it shows somebody else, with whom a new visit has begun."""
        is_same = not self.looks or float(self._direction() @ look.vector) >= differs_below
        if not is_same:
            # Whoever was known here has left just now; whoever was not may still be the same.
            self.since_ns = look.seen_ns if self.face_id else self.since_ns
            self._begin(look.seen_ns)
        self.looks = [*self.looks, look][-LOOKS_MAX:]
        self.tries += 1
        self._breaks = self.track.breaks
        self._next_ns = look.seen_ns + APART_NS
        return is_same

    def refuse(self, why: Sequence[Refusal], now_ns: int) -> None:
        """Take note that this look was not good enough."""
        self.refused.update(why)
        self._next_ns = now_ns + (COVERED_NS if why[0] == "covered" else REFUSED_NS)

    def note_trouble(self, why: Refusal | None, now_ns: int) -> None:
        """Take note of what the person should change, and since when; None: nothing."""
        if why is None or self.trouble is None or self.trouble[0] != why:
            self.trouble = (why, now_ns) if why else None

    def pause(self, now_ns: int) -> None:
        """Take note of a look that was for the liveness alone."""
        self._next_ns = now_ns + REFUSED_NS

    def _direction(self) -> Vector:
        return fused([look.vector for look in self.looks])
