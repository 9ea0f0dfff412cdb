"""
How well two pictures are compared in a test: the report. Reads no table and draws none.

The words are those of ISO/IEC 19795-1. FMR and FNMR are of the comparisons that were made. A picture without a usable
face is a failure to acquire: it takes no part in them, and is counted in FAR and FRR at the shipped threshold (a
genuine pair with such a picture is rejected, an impostor pair is not accepted) and as a miss in rank-1 and DIR. No
quality gate is asked: what the detector finds is compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np

from models.album import Album
from models.metrics import (
    FOLDS,
    Accuracy,
    Rate,
    Scores,
    best_accuracy,
    equal_error,
    false_matches,
    false_non_matches,
    folded_accuracy,
    threshold_for,
)
from models.pairs import Pair

FMRS = (1e-2, 1e-3, 1e-4)
_NS_PER_MS = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """A threshold of the calibration."""

    row: str
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AtThreshold:
    """What a threshold does."""

    threshold: float
    fmr: Rate
    fnmr: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class AtShipped(AtThreshold):
    """What the shipped threshold does, also to those whose picture has no face."""

    row: str
    far: Rate
    """Impostor pairs accepted, of all."""
    frr: Rate
    """Genuine pairs not accepted, of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """One against one, in all pairs or those of a group."""

    genuine: int
    """Pairs in the table."""
    impostor: int
    not_compared: int
    """Of both: a picture has no face."""
    accuracy_ten_folds: Accuracy | None
    """Over ten folds, each at the best threshold of the other nine."""
    accuracy: Accuracy | None
    """At the threshold that is best for these pairs."""
    eer: float | None
    eer_threshold: float | None
    at_fmr: dict[str, AtThreshold | None]
    """FNMR at the lowest threshold with an FMR of at most this."""
    at_shipped: AtShipped | None
    why_not: dict[str, str]
    """For each number that is None: the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What it took to look at the pictures."""

    count: int
    failed: Rate
    """Failures to acquire."""
    failures: dict[str, str]
    """Picture: why."""
    median_ms: float | None
    per_s: float | None


def pictures(album: Album) -> Pictures:
    """Return what the album says of itself."""
    spent_ms = [spent_ns / _NS_PER_MS for spent_ns in album.spent_ns]
    return Pictures(
        count=len(spent_ms),
        failed=Rate(errors=len(album.failures), trials=len(spent_ms)),
        failures={str(path): why for path, why in album.failures.items()},
        median_ms=median(spent_ms) if spent_ms else None,
        per_s=1000 / fmean(spent_ms) if sum(spent_ms) else None,
    )


def verified(album: Album, pairs: Sequence[Pair], shipped: Shipped | None) -> Verified:
    """Compare the pairs and return what comes of it."""
    genuine, genuines = _scores(album, [pair for pair in pairs if pair.is_same])
    impostor, impostors = _scores(album, [pair for pair in pairs if not pair.is_same])
    eer = equal_error(genuines, impostors)
    folded = folded_accuracy(genuines, impostors)
    at_fmr = {f"{rate:g}": _at(genuines, impostors, threshold_for(impostors, rate)) for rate in FMRS}
    return Verified(
        genuine=genuine,
        impostor=impostor,
        not_compared=genuine + impostor - len(genuines) - len(impostors),
        accuracy_ten_folds=folded,
        accuracy=best_accuracy(genuines, impostors),
        eer=eer[0] if eer else None,
        eer_threshold=eer[1] if eer else None,
        at_fmr=at_fmr,
        at_shipped=_at_shipped(genuines, impostors, (genuine, impostor), shipped) if shipped else None,
        why_not=_why_not(genuines, impostors, shipped),
    )


def by_group(album: Album, pairs: Sequence[Pair], shipped: Shipped | None) -> dict[str, Verified]:
    """Return the same for each group of the table's column; empty where it has none."""
    groups = sorted({pair.group for pair in pairs} - {""})
    return {group: verified(album, [pair for pair in pairs if pair.group == group], shipped) for group in groups}


def _scores(album: Album, pairs: Sequence[Pair]) -> tuple[int, Scores]:
    scores = [album.score(pair.a.path, pair.b.path) for pair in pairs]
    return len(pairs), np.array([score for score in scores if score is not None], dtype=np.float64)


def _at(genuines: Scores, impostors: Scores, threshold: float | None) -> AtThreshold | None:
    if threshold is None or not len(genuines):
        return None
    return AtThreshold(
        threshold=threshold, fmr=false_matches(impostors, threshold), fnmr=false_non_matches(genuines, threshold)
    )


def _at_shipped(genuines: Scores, impostors: Scores, pairs: tuple[int, int], shipped: Shipped) -> AtShipped:
    fmr, fnmr = false_matches(impostors, shipped.threshold), false_non_matches(genuines, shipped.threshold)
    genuine, impostor = pairs
    return AtShipped(
        row=shipped.row,
        threshold=shipped.threshold,
        fmr=fmr,
        fnmr=fnmr,
        far=Rate(errors=fmr.errors, trials=impostor),
        frr=Rate(errors=fnmr.errors + genuine - len(genuines), trials=genuine),
    )


def _why_not(genuines: Scores, impostors: Scores, shipped: Shipped | None) -> dict[str, str]:
    why: dict[str, str] = {}
    if not len(genuines) or not len(impostors):
        kind = "impostor" if len(genuines) else "genuine"
        reason = f"no {kind} pair could be compared"
        why = dict.fromkeys(["accuracy", "eer", "eer_threshold"], reason)
    if min(len(genuines), len(impostors)) < FOLDS:
        there = f"there are {len(genuines)} genuine and {len(impostors)} impostor"
        why["accuracy_ten_folds"] = f"{FOLDS} folds need {FOLDS} pairs of each kind; {there}"
    for rate in FMRS:
        if not len(genuines):
            why[f"at_fmr {rate:g}"] = "no genuine pair could be compared"
        elif len(impostors) * rate < 1:
            why[f"at_fmr {rate:g}"] = f"{round(1 / rate)} impostor pairs are needed; there are {len(impostors)}"
    return why if shipped else why | {"at_shipped": "the calibration has no row for this model"}
