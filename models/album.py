"""Pictures of a test, each embedded once: a direction or why there is none. Compares nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.capture import Picture
from models.face import Face, Vector
from models.pairs import Named, TableWrong
from models.picture import decoded
from models.pictures import PictureUnusable
from models.sight import Seeing

NO_FACE = "no face found"
NO_DIRECTION = "the face gives no embedding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """What was made of the pictures."""

    vectors: dict[Path, Vector] = field(default_factory=dict)
    failures: dict[Path, str] = field(default_factory=dict)
    """Failures to acquire (FTA): pictures without a usable face, and why."""
    spent_ns: list[int] = field(default_factory=list)
    """For each picture: decode, find, align, embed."""

    def score(self, a: Path, b: Path) -> float | None:
        """Return the cosine of two pictures, -1 to 1; None where one of them has no face."""
        if a not in self.vectors or b not in self.vectors:
            return None
        return float(self.vectors[a] @ self.vectors[b])


def album_of(
    sight: Seeing,
    pictures: Iterable[Named],
    *,
    now_ns: Callable[[], int],
    moved: Callable[[int], None] = lambda _left: None,
) -> Album:
    """
    Embed every picture once.

    Args:
        sight: Finds, aligns and embeds.
        pictures: May name one more than once.
        now_ns: Of a clock that only grows.
        moved: Called after each with how many are left.

    Raises:
        TableWrong: Some of the files are no pictures; all of them are named.

    """
    album, faults = Album(), []
    each_once: dict[Path, Named] = {}
    for named in pictures:
        each_once.setdefault(named.path, named)
    for left, named in zip(range(len(each_once) - 1, -1, -1), each_once.values(), strict=True):
        before_ns = now_ns()
        try:
            found = _embedded(sight, decoded(named.path.read_bytes()))
        except (PictureUnusable, OSError) as exc:
            faults.append(f"{named.place}: {named.path}: {exc}")
            continue
        album.spent_ns.append(now_ns() - before_ns)
        if isinstance(found, str):
            album.failures[named.path] = found
        else:
            album.vectors[named.path] = found
        moved(left)
    if faults:
        raise TableWrong(faults)
    return album


def subject(faces: Sequence[Face], picture: Picture) -> Face:
    """
    Return whom a photograph is of: the largest face, where one far from the middle counts for less.

    Rule: area / (1 + (distance of its centre from the picture's / its width)^2). In LFW the person named stands in the
    middle, and somebody in front of them may be larger.
    """
    rows, columns = picture.shape[:2]

    def weight(face: Face) -> float:
        x, y = face.centre
        aside = np.hypot(x - columns / 2, y - rows / 2) / max(face.width, 1.0)
        return float(face.width * face.height / (1 + aside**2))

    return max(faces, key=weight)


def _embedded(sight: Seeing, picture: Picture) -> Vector | str:
    faces = sight.find(picture)
    if not faces:
        return NO_FACE
    _, chip, _ = sight.measure(picture, subject(faces, picture))
    vector, length = sight.embed(chip)
    return vector if length > 0 and np.isfinite(vector).all() else NO_DIRECTION
