"""One enrolment: from a good view of one person to a template, and what must be known of it. Keeps no template."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from models.cover import cover_of
from models.decide import Rows, is_look_alike, is_outlier
from models.face import Look, Vector
from models.fuse import FUSED, chosen, fused
from models.gate import Limits, Refusal, enrolling, refusals
from models.known import Known
from models.outcome import Taken
from models.senses import Picture, Seeing
from models.turn import to_bytes
from models.visit import LOOKS_MAX, Visit
from models.visits import Attempt

_WHY_MAX = 8


@dataclass(slots=True, kw_only=True, eq=False)
class Enrolment:
    """What is wanted, until when, and what there is of it."""

    number: int
    wearing: str
    until_ns: int
    own: bytes | None
    limits: Limits = field(init=False)
    looks: list[Look] = field(default_factory=list)
    why: Counter[str] = field(default_factory=Counter)
    """What was in the way, how often."""
    _visit: Visit | None = None

    def __post_init__(self) -> None:
        self.limits = enrolling(self.wearing)

    def saw(self, visit: Visit, attempt: Attempt, shape: tuple[int, ...]) -> Sequence[Refusal]:
        """Take a look at one visit if it is good enough for a template; return what is wrong with it."""
        if visit is not self._visit or attempt.is_new_person:
            self.looks.clear()
            self._visit = visit
        look, why = attempt.look, attempt.why
        if look:
            why = refusals(look.face, look.quality, self.limits, shape=shape, cover=cover_of(look.chip))
            self.looks = self.looks if why else [*self.looks, look][-LOOKS_MAX:]
        self.why.update(why)
        return why

    def taken(self, visit: Visit | None, known: Known, rows: Rows, *, model: str, now_ns: int) -> Taken | None:
        """Return the answer; None: wait for more. At its time there is always one."""
        is_due = now_ns >= self.until_ns
        picked = chosen(self.looks)
        if visit is None or visit is not self._visit or len(picked) < FUSED:
            return self.refused(model=model) if is_due else None
        standing = visit.liveness.standing(now_ns)
        # Rule: as with every face that counts: good enough AND alive.
        if standing.word in ("passed", "unchecked"):
            return self.template(picked, known, rows, model=model)
        if standing.word == "failed" or is_due:
            return self.refused(model=model, also=standing.why or standing.word)
        visit.is_waiting = True
        return None

    def refused(self, *, model: str, also: str = "") -> Taken:
        """Return that there is no template, and why."""
        why = [also] if also else []
        why += [word for word, _ in self.why.most_common() if word != also]
        if len(self.looks) >= FUSED and not also:
            why.insert(0, "frames_differ")
        return Taken(number=self.number, vector=None, model=model, frames=0, why=(why or ["nobody"])[:_WHY_MAX])

    def template(self, picked: Sequence[Look], known: Known, rows: Rows, *, model: str) -> Taken:
        """Return the template of looks that agree, if it is fit to be one."""
        vector = known.turned(fused([look.vector for look in picked]))
        if is_outlier(vector, known.others(self.own)):
            return self.refused(model=model, also="like_many")
        return Taken(
            number=self.number,
            vector=to_bytes(vector),
            model=model,
            frames=len(picked),
            why=_notes(vector, self.own, known, rows),
        )


def _notes(vector: Vector, own: bytes | None, known: Known, rows: Rows) -> list[str]:
    """Return what is to be known of a good template: it looks like somebody else, or unlike its own before."""
    notes = ["look_alike"] if is_look_alike(vector, known.others(own), rows) else []
    if own is not None and known.is_known(own) and known.score(vector, own) < rows.single.differs_below:
        notes.append("unlike_own")
    return notes


def photograph(enrolment: Enrolment, picture: Picture, sight: Seeing, known: Known, rows: Rows) -> Taken:
    """Return the template of a picture with one face in it, held to the limits of an enrolment."""
    model, faces = sight.identity, sight.find(picture)
    if len(faces) != 1 or not known.has_secret:
        also = "no_secret" if not known.has_secret else "two_faces" if faces else "nobody"
        return enrolment.refused(model=model, also=also)
    face, chip, quality = sight.measure(picture, faces[0])
    vector, length = sight.embed(chip)
    quality = replace(quality, length=length)
    look = Look(face=face, chip=chip, vector=vector, quality=quality, seen_ns=0)
    why = refusals(face, quality, enrolment.limits, shape=picture.shape, cover=cover_of(chip))
    enrolment.why.update(why)
    return enrolment.refused(model=model) if why else enrolment.template([look], known, rows, model=model)
