"""
Decides who it is. From scores and rows to a word: no picture, no time, no memory.

Among many nobody wrong may ever be let in, so four things must hold together: the score, the lead over every other
person, each single frame, and no other person enrolled who looks alike. What fails one of them shows a card.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.calibration import Calibration, Row
from models.face import Vector
from models.fuse import FUSED, fused
from models.known import Known
from models.match import Templates, best_of

Word = Literal["match", "differs", "unsure"]
_COHORT_MIN = 20
"""With fewer others nobody can say what is usual."""
_OUTLIER_SIGMAS = 4.0
_OUTLIER_MIN = 0.05
"""So much above the mean at least: where all are alike, sigmas are small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What decides with one model."""

    single: Row
    """1:1, one frame."""
    fused: Row
    """1:1, three."""
    many: Row
    """1:N, three."""

    @classmethod
    def of(cls, calibration: Calibration, identity: str) -> "Rows":
        """
        Return the rows for a model.

        Raises:
            Uncalibrated: One is missing.

        """
        return cls(
            single=calibration.strictest(identity, 1, "1:1"),
            fused=calibration.strictest(identity, FUSED, "1:1"),
            many=calibration.strictest(identity, FUSED, "1:N"),
        )

    def for_frames(self, frames: int) -> Row:
        """Return the 1:1 row for so many frames."""
        return self.single if frames == 1 else self.fused


@dataclass(frozen=True, slots=True, kw_only=True)
class OneToOne:
    """What comparing with one person says."""

    word: Word
    is_clear: bool
    """Enough to say so now; otherwise only once no more frames can come."""
    score: float
    frames: int
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOfMany:
    """What comparing with everybody says."""

    face_id: bytes | None
    """None: show a card."""
    score: float
    frames: int
    row: Row
    why: str
    """`stranger`, `ambiguous`, `frames_differ`, `look_alike`, `too_many`, `too_few_frames`; empty with a face."""


def one_to_one(vectors: Sequence[Vector], face_id: bytes, known: Known, rows: Rows) -> OneToOne:
    """Compare one to three agreeing looks (128,) with one known person."""
    score = known.score(known.turned(fused(vectors)), face_id)
    row = rows.for_frames(len(vectors))
    word: Word = "match" if score >= row.threshold else "differs" if score < row.differs_below else "unsure"
    is_clear = len(vectors) >= FUSED or score >= row.threshold + row.margin
    return OneToOne(word=word, is_clear=is_clear, score=score, frames=len(vectors), row=row)


def one_of_many(vectors: Sequence[Vector], known: Known, rows: Rows) -> OneOfMany:
    """Compare three agreeing looks (128,) with everybody known, at least one."""
    best = best_of(known.scores(known.turned(fused(vectors))))
    why = "stranger"
    if best is not None:
        why = _against(vectors, best.person, known, rows)
        why = "ambiguous" if best.lead < rows.many.margin else why
        # Last, so that of a stranger nothing else is said.
        why = "stranger" if not best.score >= rows.many.threshold else why
    return OneOfMany(
        face_id=None if why or best is None else known.id_of(best.person),
        score=best.score if best else -1.0,
        frames=len(vectors),
        row=rows.many,
        why=why,
    )


def _against(vectors: Sequence[Vector], person: int, known: Known, rows: Rows) -> str:
    """Return what speaks against this person besides score and lead; empty: nothing."""
    if known.people > rows.many.people_max:
        return "too_many"
    if len(vectors) < FUSED:
        return "too_few_frames"
    singles = [best_of(known.scores(known.turned(vector))) for vector in vectors]
    if not all(each and each.person == person and each.score >= rows.single.threshold for each in singles):
        return "frames_differ"
    if known.nearest_other(person) >= look_alike_from(rows):
        return "look_alike"
    return ""


def look_alike_from(rows: Rows) -> float:
    """Return from which cosine on the templates of two people are too near to tell them apart among many."""
    return rows.many.threshold - rows.many.margin


def is_look_alike(vector: Vector, others: Templates, rows: Rows) -> bool:
    """Return whether a turned template is too near to somebody else's. Twins score .62 to .78."""
    return bool((others @ vector).max(initial=-1.0) >= look_alike_from(rows))


def is_outlier(vector: Vector, others: Templates) -> bool:
    """
    Return whether a turned template is nearer to everybody than anybody else is: a bad one, which matches strangers.

    Compared is the mean cosine to the gallery, with the spread of the others' own; with fewer than 20 nobody can say.
    """
    count = len(others)
    if count < _COHORT_MIN:
        return False
    own = (others @ others.sum(axis=0) - 1.0) / (count - 1)
    limit = float(own.mean()) + max(_OUTLIER_MIN, _OUTLIER_SIGMAS * float(own.std()))
    return float(np.mean(others @ vector)) > limit
