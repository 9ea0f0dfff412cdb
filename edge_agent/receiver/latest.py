"""The last word on headcounts and sites: whoever said it last, at whichever box. Judges nothing.

Rule: of one box the word with the higher number is the later one, whatever its clock said. Of several boxes it is the
one that was said later.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from edge_agent.core.tally import TotalKey
from edge_agent.receiver.reading import Reading, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a site. None: nobody has said."""

    ccus: str | None = None
    """現場ID."""
    name: str | None = None
    parent: str | None = None
    """The wide-area site (広域現場) it is part of."""


def headcounts(reading: Reading, wanted: Wanted) -> dict[TotalKey, int | None]:
    """
    Return how many were there, by day, site and company; under None all together.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    said: dict[TotalKey, list[tuple[str, str, int]]] = {}
    rows = reading.select(_HEADCOUNTS, wanted.values())
    for (gateway, *key), words in _by_box(rows, 4):
        time, count = words[-1]
        day, site, company = key
        said.setdefault((day, site, company), []).append((time, gateway, count))
    return {key: max(words)[2] for key, words in said.items()}


def sites(reading: Reading) -> dict[str, Known]:
    """
    Return what is known of each site: of each thing the last word that tells it.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    said: dict[str, list[tuple[str, str, Known]]] = {}
    for (gateway, site), words in _by_box(reading.select(_SITES, {}), 2):
        known = Known()
        for _, *told in words:
            known = _after(known, dict(zip(("ccus", "name", "parent"), told, strict=True)))
        said.setdefault(site, []).append((words[-1][0], gateway, known))
    return {site: _merged(each for _, _, each in sorted(boxes, key=itemgetter(0, 1))) for site, boxes in said.items()}


def _by_box(rows: Iterable[tuple[Any, ...]], width: int) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
    for key, words in groupby(rows, key=lambda row: row[:width]):
        yield key, [word[width:] for word in words]


def _merged(known: Iterable[Known]) -> Known:
    merged = Known()
    for each in known:
        merged = _after(merged, {"ccus": each.ccus, "name": each.name, "parent": each.parent})
    return merged


def _after(known: Known, told: dict[str, str | None]) -> Known:
    return replace(known, **{name: value for name, value in told.items() if value is not None})


_SAID = """
    LEFT JOIN carried AS again ON again.stream = one.stream AND again.seq = one.seq
    JOIN stream ON stream.id = coalesce(again.was_stream, one.stream)
"""
_ORDER = "rank, epoch, coalesce(again.was_seq, one.seq)"
_HEADCOUNTS = f"""
    SELECT gateway, day, site, company, time, count FROM headcount AS one {_SAID}
    WHERE day BETWEEN coalesce(:first, '') AND coalesce(:last, '~') AND (:site IS NULL OR site = :site)
    ORDER BY gateway, day, site, company, {_ORDER}
"""  # noqa: S608 - our names
_SITES = f"""
    SELECT gateway, site, time, ccus, name, parent FROM site AS one {_SAID} ORDER BY gateway, site, {_ORDER}
"""  # noqa: S608 - our names
