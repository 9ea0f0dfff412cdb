"""
How well one is found among many in a test: the report. Reads no table and draws none.

The words are those of ISO/IEC 19795-1, open set: some who are searched for are enrolled, others are not. A search that
could not be made, since a picture has no usable face, is a miss.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.album import Album
from models.metrics import Rate, Scores, false_matches, threshold_for
from models.pairs import Shown

FPIR = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What one search of the whole gallery brought up."""

    best: float
    """The highest score of the gallery; -inf when no search could be made."""
    is_right: bool
    """Whether it is that of the person searched for, and no other has the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """One among many."""

    gallery: int
    """People who could be enrolled."""
    failed_to_enrol: int
    rank_1: float | None
    rank_1_misses: Rate
    fpir: Rate | None
    """Searches of people not enrolled that bring up somebody, at the threshold below."""
    threshold: float | None
    dir_at_fpir: float | None
    """Detection and identification rate: enrolled people found first, at this threshold."""
    dir_misses: Rate | None
    why_not: dict[str, str]


def misses(searches: Sequence[Search], threshold: float = -math.inf) -> Rate:
    """
    FNIR: searches which do not bring up the right person first with a score that reaches the threshold.

    DIR = 1 - FNIR. The rank-1 rate is 1 - FNIR without a threshold, where every search brings up somebody.
    """
    found = sum(search.is_right and search.best >= threshold for search in searches)
    return Rate(errors=len(searches) - found, trials=len(searches))


def identified(album: Album, people: Sequence[Shown]) -> Identified:
    """Enrol the gallery, search for everybody else, and return what comes of it."""
    enrolled = [shown for shown in people if shown.role == "gallery"]
    gallery = _Gallery(album, [shown for shown in enrolled if shown.image.path in album.vectors])
    searches = [gallery.search(shown) for shown in people if shown.role == "probe"]
    strangers = np.array([gallery.search(shown).best for shown in people if shown.role == "unknown"], dtype=np.float64)
    # FPIR, the share of strangers' searches which bring up anybody, is the FMR of their highest scores.
    threshold = threshold_for(strangers, FPIR) if gallery.identities else None
    first = misses(searches)
    missed = misses(searches, threshold) if threshold is not None else None
    return Identified(
        gallery=len(gallery.identities),
        failed_to_enrol=len(enrolled) - len(gallery.identities),
        rank_1=None if first.value is None else 1 - first.value,
        rank_1_misses=first,
        fpir=None if threshold is None else false_matches(strangers, threshold),
        threshold=threshold,
        dir_at_fpir=None if missed is None or missed.value is None else 1 - missed.value,
        dir_misses=missed,
        why_not=_why_not(searches, strangers, gallery),
    )


class _Gallery:
    def __init__(self, album: Album, enrolled: Sequence[Shown]) -> None:
        self._album = album
        self.identities = [shown.identity for shown in enrolled]
        self._vectors = np.array([album.vectors[shown.image.path] for shown in enrolled], dtype=np.float32)

    def search(self, shown: Shown) -> Search:
        vector = self._album.vectors.get(shown.image.path)
        if vector is None or not self.identities:
            return Search(best=-math.inf, is_right=False)
        scores = self._vectors @ vector
        best = np.flatnonzero(scores == scores.max())
        is_right = len(best) == 1 and self.identities[best[0]] == shown.identity
        return Search(best=float(scores.max()), is_right=is_right)


def _why_not(searches: Sequence[Search], strangers: Scores, gallery: _Gallery) -> dict[str, str]:
    why: dict[str, str] = {}
    if not searches:
        why |= dict.fromkeys(["rank_1", "dir_at_fpir"], "no line has the role probe")
    reason = ""
    if not gallery.identities:
        reason = "nobody could be enrolled"
    elif len(strangers) * FPIR < 1:
        reason = f"an FPIR of {FPIR:.0%} needs {round(1 / FPIR)} pictures of unknowns; there are {len(strangers)}"
    return why | (dict.fromkeys(["threshold", "fpir", "dir_at_fpir"], reason) if reason else {})
