"""One question, is it this one: from the card to the one answer. Takes no look and knows no other question."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.decide import OneToOne, Rows, one_to_one
from models.face import Look
from models.fuse import chosen
from models.known import Known
from models.outcome import Alive, Looked, Mode, Verdict
from models.senses import Standing
from models.visit import TRIES_MAX, Visit

BEFORE_NS = 1_500_000_000
"""Whoever was before the camera so long before the card counts."""
_OLD_NS = 10_000_000_000
"""Looks at somebody who has not moved away since may still say yes; to say no it takes new ones."""


@dataclass(slots=True, kw_only=True, eq=False)
class Question:
    """What is asked, and until when."""

    number: int
    face_id: bytes
    since_ns: int
    until_ns: int
    mode: Mode
    tries: int = 0
    """Looks taken since the question."""
    is_crowded: bool = False
    """Two faces were seen, and neither was clearly nearer."""

    def counts(self, visit: Visit) -> bool:
        """Return whether this visit can be the one who is asked for."""
        return visit.seen_ns >= self.since_ns - BEFORE_NS

    def wants_look(self) -> bool:
        """Return whether more looks can help."""
        return self.tries < TRIES_MAX

    def answer(self, visit: Visit | None, known: Known, rows: Rows, *, now_ns: int) -> Looked | None:
        """Return the answer; None: wait for more. At its time there is always one."""
        is_due = now_ns >= self.until_ns
        if visit is None or not self.counts(visit):
            return self._unseen() if is_due else None
        if not known.is_known(self.face_id):  # erased while somebody waited
            return self.looked("not_enrolled") if is_due else None
        is_last = is_due or not self.wants_look()
        said = self._match(visit, known, rows, is_last=is_last)
        if said:
            return self._alive(said, visit.liveness.standing(now_ns), visit, is_due=is_due)
        return self._no(visit, known, rows, is_due=is_due) if is_last else None

    def looked(self, verdict: Verdict, *, why: str = "", alive: Alive = "unchecked") -> Looked:
        """Return an answer without a score."""
        return Looked(verdict=verdict, mode=self.mode, why=why, liveness=alive)

    def _match(self, visit: Visit, known: Known, rows: Rows, *, is_last: bool) -> OneToOne | None:
        said = self._compared(visit.looks_since(self.since_ns - _OLD_NS), known, rows)
        return said if said and said.word == "match" and (said.is_clear or is_last) else None

    def _no(self, visit: Visit, known: Known, rows: Rows, *, is_due: bool) -> Looked | None:
        fresh = visit.looks_since(self.since_ns - BEFORE_NS)
        said = self._compared(fresh, known, rows)
        if said:
            return self._scored("differs" if said.word == "differs" else "unsure", said, why=_why(said))
        return self.looked("unsure", why=_in_the_way(visit)) if is_due else None

    def _compared(self, looks: Sequence[Look], known: Known, rows: Rows) -> OneToOne | None:
        picked = chosen(looks)
        return one_to_one([look.vector for look in picked], self.face_id, known, rows) if picked else None

    def _alive(self, said: OneToOne, standing: Standing, visit: Visit, *, is_due: bool) -> Looked | None:
        # Rule: a face counts only if it matches AND lives; a word nobody knows is no life.
        if standing.word == "passed" or standing.word == "unchecked":  # noqa: PLR1714 - narrows the type
            return self._scored("match", said, alive=standing.word)
        if standing.word == "failed":
            return self._scored("unsure", said, why=standing.why or "failed", alive="failed")
        visit.is_waiting = True
        return self._scored("unsure", said, why=standing.why or standing.word) if is_due else None

    def _unseen(self) -> Looked:
        return self.looked("unsure", why="two_faces") if self.is_crowded else self.looked("unseen")

    def _scored(self, verdict: Verdict, said: OneToOne, *, why: str = "", alive: Alive = "unchecked") -> Looked:
        return Looked(
            verdict=verdict,
            mode=self.mode,
            score_milli=milli(said.score),
            frames=said.frames,
            liveness=alive,
            calibration=said.row.id,
            why=why,
        )


def milli(score: float) -> int:
    """Return a cosine times 1000, -1000 to 1000."""
    return max(-1000, min(1000, round(1000 * score)))


def _why(said: OneToOne) -> str:
    return "" if said.word == "differs" else "not_clear"


def _in_the_way(visit: Visit) -> str:
    return visit.refused.most_common(1)[0][0] if visit.refused else "not_clear"
