"""A whole test of the models: pictures embedded once, compared and searched for. Reads no table and draws none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.album import album_of
from models.evaluate import Pictures, Shipped, Verified, by_group, pictures, verified
from models.identification import Identified, identified
from models.pairs import Pair, Shown
from models.sight import Seeing


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


def report_of(
    sight: Seeing,
    pairs: Sequence[Pair],
    people: Sequence[Shown],
    *,
    shipped: Shipped | None = None,
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
    )
