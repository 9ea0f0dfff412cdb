"""A whole test of the models: pictures embedded once, compared and searched for. Reads no table and draws none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.album import Album, album_of
from models.evaluate import Pictures, Shipped, Verified, by_group, pictures, verified
from models.face import Vector
from models.identification import Identified, identified
from models.pairs import Pair, Shown
from models.sight import Seeing
from models.trials import Measured, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a test."""

    model: str
    """Identity of embedder and alignment: numbers hold for this one only."""
    pictures: Pictures
    overall: Verified | None
    """None where no pairs were given."""
    groups: dict[str, Verified]
    identification: Identified | None
    """None where nobody was to be searched for."""
    rows: list[Measured]
    """For a calibration; empty where none was asked for."""


def report_of(
    sight: Seeing,
    pairs: Sequence[Pair],
    people: Sequence[Shown],
    *,
    shipped: Shipped | None = None,
    has_rows: bool = False,
    now_ns: Callable[[], int],
    moved: Callable[[int], None] = lambda _left: None,
) -> Report:
    """
    Look at every picture once, and compare.

    Args:
        sight: What is tested.
        pairs: To compare; may be empty.
        people: To enrol and to search for; may be empty.
        shipped: The calibrated threshold, 1:1 with one picture on each side.
        has_rows: Measure also the rows of a calibration, from all pictures of `people`.
        now_ns: Of a clock that only grows.
        moved: Called after each picture with how many are left.

    Raises:
        TableWrong: Some of the files are no pictures.

    """
    named = [side for pair in pairs for side in (pair.a, pair.b)] + [shown.image for shown in people]
    album = album_of(sight, named, now_ns=now_ns, moved=moved)
    return Report(
        model=sight.identity,
        pictures=pictures(album),
        overall=verified(album, pairs, shipped) if pairs else None,
        groups=by_group(album, pairs, shipped),
        identification=identified(album, people) if people else None,
        rows=list(rows(_by_person(album, people), _groups(pairs, people))) if has_rows else [],
    )


def _by_person(album: Album, people: Sequence[Shown]) -> dict[str, list[Vector]]:
    by_person: dict[str, list[Vector]] = {}
    for shown in {shown.image.path: shown for shown in people if shown.image.path in album.vectors}.values():
        by_person.setdefault(shown.identity, []).append(album.vectors[shown.image.path])
    return by_person


def _groups(pairs: Sequence[Pair], people: Sequence[Shown]) -> dict[str, frozenset[str]]:
    """Return who is in which group of the pairs."""
    name_of = {shown.image.path: shown.identity for shown in people}
    names: dict[str, set[str]] = {}
    for pair in pairs:
        if pair.group:
            names.setdefault(pair.group, set()).update(
                name_of[side.path] for side in (pair.a, pair.b) if side.path in name_of
            )
    return {group: frozenset(members) for group, members in names.items()}
