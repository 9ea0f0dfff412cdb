"""Finds out who it is among all, once a visit; else asks for the card. Says nothing by itself: the terminal does."""

from models.decide import OneOfMany, Rows, one_of_many
from models.fuse import FUSED, chosen
from models.known import Known
from models.outcome import Alive, Looked, Recognised
from models.verifying import milli
from models.visit import TRIES_MAX, Visit
from models.visits import GONE_NS

CARD_NS = 4_000_000_000
"""Whoever stands near for so long without a good look is asked for the card, and may still be recognised."""
_WAIT_MAX_NS = 8_000_000_000
"""So long for the liveness to make up its mind."""
_FORGET_NS = 30_000_000_000


class Recognition:
    """Remembers who was recognised just now: whoever turns away for a moment is not recognised twice."""

    def __init__(self, known: Known, rows: Rows) -> None:
        """Recognise whoever is known, by these rows."""
        self._known = known
        self._rows = rows
        self._recent: dict[bytes, int] = {}

    def saw(self, visit: Visit, now_ns: int) -> None:
        """Take note that somebody, known or not, is still there."""
        if visit.face_id is not None:
            self._recent[visit.face_id] = visit.seen_ns
        self._recent = {face_id: at for face_id, at in self._recent.items() if now_ns - at <= _FORGET_NS}

    def of(self, visit: Visit, now_ns: int) -> Recognised | None:
        """Return who it is, if that was just found out. Notes on the visit whether a card is needed."""
        if visit.is_decided:
            return None
        age_ns = now_ns - visit.begun_ns
        visit.wants_card |= age_ns > CARD_NS and not visit.is_waiting
        said = self._said(visit)
        if said and said.face_id is not None:
            standing = visit.liveness.standing(now_ns)
            # Rule: a face counts only if it matches AND lives; a word nobody knows is no life.
            if standing.word == "passed" or standing.word == "unchecked":  # noqa: PLR1714 - narrows the type
                return self._recognised(visit, said, said.face_id, standing.word)
            visit.is_waiting = standing.word != "failed" and age_ns <= _WAIT_MAX_NS
        # Tried often enough, or nothing to wait for: no more looks are taken.
        is_over = self._known.people == 0 or (visit.tries >= TRIES_MAX and not visit.is_waiting)
        is_dead = said is not None and said.face_id is not None and not visit.is_waiting
        if is_over or is_dead:
            visit.is_decided = visit.wants_card = True
        return None

    def _said(self, visit: Visit) -> OneOfMany | None:
        picked = chosen(visit.looks)
        if len(picked) < FUSED or not self._known.people:
            return None
        return one_of_many([look.vector for look in picked], self._known, self._rows)

    def _recognised(self, visit: Visit, said: OneOfMany, face_id: bytes, alive: Alive) -> Recognised | None:
        is_new = self._is_new(visit, face_id)
        visit.is_decided, visit.face_id, visit.wants_card = True, face_id, False
        look = Looked(
            verdict="match",
            mode="1:N",
            score_milli=milli(said.score),
            frames=said.frames,
            liveness=alive,
            calibration=said.row.id,
        )
        return Recognised(face_id=face_id, look=look) if is_new else None

    def _is_new(self, visit: Visit, face_id: bytes) -> bool:
        seen_ns = self._recent.get(face_id)
        return seen_ns is None or visit.since_ns - seen_ns >= GONE_NS
