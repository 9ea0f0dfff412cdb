"""
Error rates of comparisons, from scores alone. Knows no picture, no person and no file.

The words are those of ISO/IEC 19795-1. A comparison is a match when its score reaches the threshold. An impostor
comparison is one of two different people, a genuine one is of the same person; here every comparison counts alike,
also if several are of one person.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
"""(n,): one cosine for each comparison, -1 to 1."""

FOLDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many errors in so many trials."""

    errors: int
    trials: int

    @property
    def value(self) -> float | None:
        """The share, 0 to 1; None without a trial."""
        return self.errors / self.trials if self.trials else None

    @property
    def at_most(self) -> float | None:
        """
        What may be claimed when no error was seen: 3/n, with 95 % confidence; else None.

        The "rule of three" of ISO/IEC 19795-1, for independent trials: with (1 - p)^n = 0.05, p is about 3/n.
        """
        return min(1.0, 3 / self.trials) if self.trials and not self.errors else None

    def __str__(self) -> str:
        if self.value is None:
            return "not measured"
        if self.at_most is not None:
            return f"<= {self.at_most:.2%} (0 of {self.trials})"
        return f"{self.value:.2%} ({self.errors} of {self.trials})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """The share decided rightly, genuine and impostor comparisons weighing alike, however many there are of each."""

    mean: float
    deviation: float
    """Standard deviation over the folds; 0 where there are none."""
    threshold: float
    """Mean of those used."""


def false_matches(impostors: Scores, threshold: float) -> Rate:
    """FMR: impostor comparisons whose score reaches the threshold."""
    return Rate(errors=int(np.count_nonzero(impostors >= threshold)), trials=len(impostors))


def false_non_matches(genuines: Scores, threshold: float) -> Rate:
    """FNMR: genuine comparisons whose score does not reach the threshold."""
    return Rate(errors=int(np.count_nonzero(genuines < threshold)), trials=len(genuines))


def threshold_for(impostors: Scores, rate: float) -> float | None:
    """
    Return the lowest threshold at which the FMR is at most this rate.

    It lies just above a score, so that it is the same for whoever measures the same. None when there are fewer than
    1/rate impostors: so few say nothing about such a rate.
    """
    if len(impostors) * rate < 1:
        return None
    accepted = math.floor(len(impostors) * rate + 1e-9)
    ranked = np.sort(impostors)[::-1]
    return float(np.nextafter(ranked[accepted], np.inf)) if accepted < len(ranked) else float(ranked[-1])


def equal_error(genuines: Scores, impostors: Scores) -> tuple[float, float] | None:
    """
    Return the EER and its threshold; None without both kinds.

    EER: where FMR and FNMR are equal. Both go in steps: of all scores as thresholds the one where they are nearest,
    and their mean there.
    """
    if not len(genuines) or not len(impostors):
        return None
    thresholds, fmr, fnmr = curve(genuines, impostors)
    nearest = int(np.argmin(np.abs(fmr - fnmr)))
    return float(fmr[nearest] + fnmr[nearest]) / 2, float(thresholds[nearest])


def best_accuracy(genuines: Scores, impostors: Scores) -> Accuracy | None:
    """Return the accuracy at the one threshold that is best for these very scores: flattering by a little."""
    if not len(genuines) or not len(impostors):
        return None
    threshold = _best_threshold(genuines, impostors)
    return Accuracy(mean=_accuracy(genuines, impostors, threshold), deviation=0.0, threshold=threshold)


def folded_accuracy(genuines: Scores, impostors: Scores, folds: int = FOLDS) -> Accuracy | None:
    """
    Return the accuracy as LFW's View 2 asks: each tenth at the threshold that is best for the other nine.

    Each kind is dealt to the tenths in turn: a table sorted by group or person gives all of them the same mixture.
    None with fewer of a kind than folds.
    """
    if min(len(genuines), len(impostors)) < folds:
        return None
    thresholds, shares = [], []
    for fold in range(folds):
        here, others = _split(genuines, fold, folds)
        strangers, others_strange = _split(impostors, fold, folds)
        thresholds.append(_best_threshold(others, others_strange))
        shares.append(_accuracy(here, strangers, thresholds[-1]))
    return Accuracy(mean=float(np.mean(shares)), deviation=float(np.std(shares)), threshold=float(np.mean(thresholds)))


def curve(genuines: Scores, impostors: Scores) -> tuple[Scores, Scores, Scores]:
    """Return every threshold that makes a difference, rising, and the FMR and the FNMR at each."""
    every = np.unique(np.concatenate([genuines, impostors]))
    thresholds = np.append(every, np.nextafter(every[-1], np.inf))
    fmr = 1 - np.searchsorted(np.sort(impostors), thresholds, side="left") / len(impostors)
    fnmr = np.searchsorted(np.sort(genuines), thresholds, side="left") / len(genuines)
    return thresholds, fmr, fnmr


def _best_threshold(genuines: Scores, impostors: Scores) -> float:
    thresholds, fmr, fnmr = curve(genuines, impostors)
    best = int(np.argmin(fmr + fnmr))
    # In the middle of the gap to the score below, where nothing changes: an even chance for scores not seen.
    return float(thresholds[best] + thresholds[max(best - 1, 0)]) / 2 if best else float(thresholds[0])


def _accuracy(genuines: Scores, impostors: Scores, threshold: float) -> float:
    return 1 - float(np.mean(impostors >= threshold) + np.mean(genuines < threshold)) / 2


def _split(scores: Scores, fold: int, folds: int) -> tuple[Scores, Scores]:
    is_here = np.arange(len(scores)) % folds == fold
    return scores[is_here], scores[~is_here]
