"""
Compares a face with templates: one matrix product. Decides nothing.

Everything here is in turned space: templates as they are at rest, and the probe turned by the same matrix.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.face import Vector

Templates = NDArray[np.float32]
"""(n, 128), rows of unit length."""
Owners = NDArray[np.intp]
"""(n,), whose each template is: numbers of people, from 0."""
Scores = NDArray[np.float32]
"""Cosines, -1 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """Who comes first, and how far before the next other person."""

    person: int
    score: float
    lead: float
    """Score less the next person's; less -1 where there is nobody else."""


def per_person(probe: Vector, templates: Templates, owners: Owners, *, people: int) -> Scores:
    """Return each person's best cosine, (people,): bare, helmet and mask count as one. -1 without template."""
    best = np.full(people, -1.0, dtype=np.float32)
    np.maximum.at(best, owners, templates @ probe)
    return best


def best_of(scores: Scores) -> Best | None:
    """Return who comes first; None among nobody. The lead is over another person, not another template."""
    if not scores.size:
        return None
    first = int(scores.argmax())
    others = np.delete(scores, first)
    return Best(
        person=first,
        score=float(scores[first]),
        lead=float(scores[first] - (others.max() if others.size else np.float32(-1.0))),
    )


def one_to_one(probe: Vector, templates: Templates) -> float:
    """Return the best cosine with one person's templates; -1 without any."""
    return float((templates @ probe).max(initial=-1.0))
