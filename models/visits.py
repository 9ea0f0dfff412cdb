"""Who stands before the camera: chooses one face, follows it, takes looks at it. Recognises nobody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.cover import cover_of
from models.face import Face, Look
from models.gate import Limits, Refusal, refusals
from models.senses import Frame, Liveness, Seeing
from models.track import Track, Tracks, area
from models.visit import Visit

GONE_NS = 2_000_000_000
"""So long out of sight, and the next time is another visit."""
VISITS_MAX = 16
_UNKNOWN_MAX_NS = 10_000_000_000
_CLEARLY_NEARER = 1.5
"""In area: with less between them nobody can say who of two is meant."""
_LENGTH_OFF_MAX = 0.01
_NEAR = 0.5
"""Faces narrower than this share of the smallest that is compared belong to people passing by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who is in view now."""

    visit: Visit | None
    """The one clearly nearest; None: nobody, or a crowd."""
    is_crowded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of one look."""

    look: Look | None
    """None: not good enough to embed."""
    why: Sequence[Refusal]
    """What was wrong with it."""
    is_new_person: bool = False
    """Somebody else stands there now than before."""


class Visits:
    """All visits at one camera. Bounded: of 8 faces in a frame one is looked at; 16 visits are remembered, for 2 s."""

    def __init__(
        self, *, sight: Seeing, liveness: Callable[[], Liveness], limits: Limits, differs_below: float
    ) -> None:
        """Begin with nobody; below that cosine two looks on one track show two people."""
        self._sight = sight
        self._new_liveness = liveness
        self._limits = limits
        self._differs_below = differs_below
        self._tracks = Tracks()
        self._visits: dict[int, Visit] = {}
        self.newest: Visit | None = None
        """Who was nearest last, also after they left."""

    def all(self) -> Sequence[Visit]:
        """Return the visits of the last two seconds."""
        return tuple(self._visits.values())

    def saw(self, frame: Frame) -> Scene:
        """Find and follow the faces of a frame; return who is meant."""
        now_ns = frame.seen_ns
        faces = self._sight.find(frame.picture)
        tracks = self._tracks.saw(faces, now_ns)
        self._visits = {n: visit for n, visit in self._visits.items() if now_ns - visit.seen_ns <= GONE_NS}
        near = [track for track in tracks if track.face.width >= _NEAR * self._limits.min_width_px]
        is_crowded = len(near) > 1 and area(near[0].face) < _CLEARLY_NEARER * area(near[1].face)
        visit = self._visit(near[0], now_ns) if near and not is_crowded else None
        for track in tracks:
            self._followed(track, tracks, now_ns)
        return Scene(visit=visit, is_crowded=is_crowded)

    def look(self, visit: Visit, frame: Frame) -> Attempt:
        """Measure the face and, if it is good enough, embed it. The dear part: only when somebody wants it."""
        shape, is_for_life = frame.picture.shape, visit.liveness.wants_look
        if not is_for_life and not visit.track.face.width >= self._limits.min_width_px:
            return self._refused(visit, ("small",), frame)
        face, chip, quality = self._sight.measure(frame.picture, visit.track.face)
        cover = cover_of(chip)
        why = refusals(face, quality, self._limits, shape=shape, cover=cover)
        if why and not is_for_life:
            return self._refused(visit, why, frame)
        vector, length = self._sight.embed(chip)
        if not abs(float(np.linalg.norm(vector)) - 1) <= _LENGTH_OFF_MAX:  # nothing there, or no numbers
            return self._refused(visit, ("unsure_face",), frame)
        quality = replace(quality, length=length)
        look = Look(face=face, chip=chip, vector=vector, quality=quality, seen_ns=frame.seen_ns)
        why = refusals(face, quality, self._limits, shape=shape, cover=cover)
        return self._embedded(visit, look, why, frame, is_for_life=is_for_life)

    def _embedded(
        self, visit: Visit, look: Look, why: Sequence[Refusal], frame: Frame, *, is_for_life: bool
    ) -> Attempt:
        is_same = True
        if not why:
            is_same = visit.add(look, differs_below=self._differs_below)
        elif is_for_life:
            visit.pause(frame.seen_ns)
        else:
            visit.refuse(why, frame.seen_ns)
        if not why or is_for_life:
            visit.liveness.saw(frame.picture, look)
        return Attempt(look=look, why=why, is_new_person=not is_same)

    def _refused(self, visit: Visit, why: Sequence[Refusal], frame: Frame) -> Attempt:
        visit.refuse(why, frame.seen_ns)
        return Attempt(look=None, why=why)

    def _visit(self, track: Track, now_ns: int) -> Visit:
        if track.number not in self._visits:
            since_ns = self._since_ns(track, now_ns)
            self._visits[track.number] = Visit(track, since_ns=since_ns, liveness=self._new_liveness)
            for number in sorted(self._visits)[:-VISITS_MAX]:
                del self._visits[number]
        self.newest = self._visits[track.number]
        return self.newest

    def _since_ns(self, track: Track, now_ns: int) -> int:
        """Return from when on whoever is on a new track may have been here unknown: they may have turned away."""
        unknown = [visit.since_ns for visit in self._visits.values() if visit.face_id is None]
        return max(min([track.first_ns, *unknown]), now_ns - _UNKNOWN_MAX_NS)

    def _followed(self, track: Track, tracks: Sequence[Track], now_ns: int) -> None:
        visit = self._visits.get(track.number)
        if visit:
            others: list[Face] = [other.face for other in tracks if other is not track]
            visit.liveness.saw_face(track.face, now_ns, others=others)
