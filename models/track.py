"""Follows faces from frame to frame by where they are. Knows nobody: who it is, only the faces themselves can say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.face import Face

TRACKS_MAX = 8
"""The largest faces of a frame; a crowd behind them costs nothing."""
GAP_NS = 500_000_000
"""Longer out of sight, and it is a new track: somebody else may have stepped up."""
_NEAR = 0.6
"""How far the middle may have moved, in widths, where boxes overlap little: at 8 frames a second people move."""
_OVERLAPS = 0.3
_HOLDS = 0.6
"""With less overlap, or after a gap, one face may have taken another's place: the track is doubtful."""
_HOLDS_NS = 250_000_000
_GROWS_MAX = 1.6


@dataclass(slots=True, kw_only=True, eq=False)
class Track:
    """One face, as long as it is followed."""

    number: int
    face: Face
    first_ns: int
    seen_ns: int
    breaks: int = 0
    """How often it might have become somebody else."""


class Tracks:
    """All faces before the camera."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._count = 0

    def saw(self, faces: Sequence[Face], now_ns: int) -> Sequence[Track]:
        """Take the faces of a frame; return their tracks, the largest face first, at most `TRACKS_MAX`."""
        self._tracks = [track for track in self._tracks if 0 <= now_ns - track.seen_ns <= GAP_NS]
        free = sorted(faces, key=area, reverse=True)[:TRACKS_MAX]
        pairs = sorted(_pairs(self._tracks, free), key=lambda pair: pair[0], reverse=True)
        seen: list[Track] = []
        for overlap, track, face in pairs:
            if track not in seen and face in free:
                free.remove(face)
                seen.append(_followed(track, face, overlap, now_ns))
        new = [self._begun(face, now_ns) for face in free]
        self._tracks = (seen + new + [track for track in self._tracks if track not in seen])[: 2 * TRACKS_MAX]
        return sorted(seen + new, key=lambda track: area(track.face), reverse=True)

    def _begun(self, face: Face, now_ns: int) -> Track:
        self._count += 1
        return Track(number=self._count, face=face, first_ns=now_ns, seen_ns=now_ns)


def area(face: Face) -> float:
    """Return the area of a face's box, px²."""
    return face.width * face.height


def overlap(one: Face, other: Face) -> float:
    """Return the intersection of two boxes over their union, 0 to 1."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    both = max(0.0, width) * max(0.0, height)
    union = area(one) + area(other) - both
    return both / union if union > 0 else 0.0


def _pairs(tracks: Sequence[Track], faces: Sequence[Face]) -> Iterator[tuple[float, Track, Face]]:
    for track in tracks:
        for face in faces:
            shared = overlap(track.face, face)
            if shared >= _OVERLAPS or _is_near(track.face, face):
                yield shared, track, face


def _is_near(one: Face, other: Face) -> bool:
    (x, y), (u, v) = one.centre, other.centre
    small, large = sorted((one.width, other.width))
    return large <= _GROWS_MAX * small and max(abs(x - u), abs(y - v)) <= _NEAR * small


def _followed(track: Track, face: Face, shared: float, now_ns: int) -> Track:
    if shared < _HOLDS or now_ns - track.seen_ns > _HOLDS_NS:
        track.breaks += 1
    track.face, track.seen_ns = face, now_ns
    return track
