"""The one door: stamp, decide, commit, and only then answer. Knows no device and no broker."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

from drivers.contract import Answer, AnswerKind, FaceLook, FaceVerdict, ReaderName, Sighting
from edge_agent.chain import append
from edge_agent.clock import Clock
from edge_agent.core import events, parts
from edge_agent.core.attendance import Decision, Meaning, Moment, Never, Policy, Presence, Role, decide, of_nobody
from edge_agent.core.calendar import site_day
from edge_agent.core.claim import Claim
from edge_agent.core.dating import is_known, restated
from edge_agent.core.reason import Findings, Reason, foremost, standing
from edge_agent.core.rules import Rules
from edge_agent.core.touch import NS_PER_MS, Person, Stamp, Worker
from edge_agent.ledger.people import here
from edge_agent.ledger.presence import presence, set_presence
from edge_agent.ledger.time import note_undated
from edge_agent.ledger.waiting import Waiting, note
from spool.file import SpoolUnavailable
from spool.journal import Journal
from spool.transaction import Transaction

log = logging.getLogger(__name__)


class Identities(Protocol):
    """Who shows what."""

    def identify(self, tx: Transaction, sighting: Sighting, at: Stamp, *, site: str, day: date | None) -> Claim:
        """Return who that is, and what there is to say of them. `day` is None while the date is not known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRules:
    """What the intake must know of the site and the box."""

    gateway: str
    site: str
    policy: Policy
    cut_off_min: int
    roles: Mapping[ReaderName, Role]
    checks: Rules = field(default_factory=Rules)
    """Which facts about a worker, or about the place, are warned of or block."""
    is_simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A touch that is on disk, for those who watch. Stays on the box: it carries the name."""

    seq: int
    at: Stamp
    reader: ReaderName
    person: Person
    meaning: Meaning
    answer: AnswerKind
    flags: tuple[str, ...]
    method: str = "card"
    reason: Reason | None = None
    """What to explain; None where there is nothing."""


class Intake:
    """Records sightings. May be called from every reader's thread at once."""

    def __init__(
        self,
        *,
        journal: Journal,
        clock: Clock,
        identities: Identities,
        rules: SiteRules,
        committed: Callable[[Recorded], None],
        place: Callable[[int], parts.Place | None] = lambda _now_ns: None,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._identities = identities
        self._rules = rules
        self._committed = committed
        self._place = place

    def record(self, sighting: Sighting) -> Answer:
        """Return what to tell the worker: green only when the touch is on disk (I0)."""
        at = self._clock.stamp().at(sighting.seen_ns)
        try:
            recorded = self._journal.write(lambda tx: self._commit(tx, sighting, at))
        except SpoolUnavailable:
            # Logged by the spool, once for all who waited.
            return Answer(kind=AnswerKind.NOT_SAVED)
        self._committed(recorded)
        name = recorded.person.worker.name if recorded.person.worker else ""
        return Answer(kind=recorded.answer, name=name, reason=recorded.reason or "")

    def _commit(self, tx: Transaction, sighting: Sighting, at: Stamp) -> Recorded:
        seen = self._seen(tx, sighting, at)
        seq = tx.head().seq + 1
        key = seen.person.key
        before = presence(tx, key) if key else Never()
        decision = self._decide(before, seen, Moment(seq=seq, at=at))
        if key and decision.presence is not before:
            set_presence(tx, key, decision.presence)
        day = self._day(decision, seen)
        append(
            tx,
            lambda seq, prev: self._data(seen, decision, day, seq=seq, prev=prev),
            gateway=self._rules.gateway,
            epoch=self._journal.epoch,
            at=at,
        )
        if not is_known(at.trust):
            self._note_undated(tx, seq, at, entered=decision.entered)
        if decision.meaning is not Meaning.REPEAT and (seen.standing == "pending" or decision.flags):
            self._note_waiting(tx, seq, seen, decision, day)
        return _recorded(seq, seen, decision)

    def _seen(self, tx: Transaction, sighting: Sighting, at: Stamp) -> "_Seen":
        site, note = here(tx)
        site = site or self._rules.site
        place = self._place(at.boot_ns)
        today = site_day(at, cut_off_min=self._rules.cut_off_min)
        claim = self._identities.identify(tx, sighting, at, site=site, day=today)
        findings = (
            *claim.findings,
            *self._of_face(sighting.look),
            *self._rules.checks.of_place(place.inside if place else None),
        )
        return _Seen(
            sighting=sighting,
            at=at,
            site=site,
            note=note,
            place=place,
            today=today,
            person=claim.person,
            findings=findings,
            standing=standing(findings),
            because=[reason.value for reason, _ in findings],
        )

    def _of_face(self, look: FaceLook | None) -> Findings:
        if look is None or look.mode == "log" or look.verdict is FaceVerdict.MATCH:
            return ()
        return self._rules.checks.of_face(look.verdict.value)

    def _decide(self, before: Presence, seen: "_Seen", touch: Moment) -> Decision:
        role = self._rules.roles[seen.sighting.reader]
        if seen.standing == "refused":
            return Decision(meaning=Meaning.REFUSED, presence=before)
        if seen.person.key is None:
            return Decision(meaning=of_nobody(role), presence=before)
        return decide(before, touch=touch, role=role, policy=self._rules.policy)

    def _day(self, decision: Decision, seen: "_Seen") -> str | None:
        day = seen.today
        if decision.entered:
            # Somebody may have come in before the clock was set, and leave after.
            day = site_day(restated(decision.entered, by=seen.at), cut_off_min=self._rules.cut_off_min)
        return day.isoformat() if day else None

    def _note_waiting(self, tx: Transaction, seq: int, seen: "_Seen", decision: Decision, day: str | None) -> None:
        worker = seen.person.worker
        touch = Waiting(
            epoch=self._journal.epoch,
            seq=seq,
            utc_ns=seen.at.utc_ns if seen.at.is_dated else None,
            day=day,
            site=seen.site,
            credential=seen.person.credential,
            worker=worker.id if worker else None,
            company=worker.company if worker else "",
            method=seen.sighting.medium.value,
            meaning=decision.meaning.value,
            because=seen.because,
            flags=[flag.value for flag in decision.flags],
            standing=seen.standing,
        )
        note(tx, touch)

    def _note_undated(self, tx: Transaction, seq: int, at: Stamp, *, entered: Stamp | None) -> None:
        # The day of an exit is that of its entry: told by this boot's clock, or known already, or not known.
        told_by = entered or at
        day = site_day(told_by, cut_off_min=self._rules.cut_off_min) if is_known(told_by.trust) else None
        note_undated(
            tx,
            seq,
            epoch=self._journal.epoch,
            at=at,
            day_ns=told_by.boot_ns if told_by.boot == at.boot else None,
            day=day.isoformat() if day else None,
        )

    def _data(self, seen: "_Seen", decision: Decision, day: str | None, *, seq: int, prev: str) -> events.TouchData:
        at, person = seen.at, seen.person
        return events.TouchData(
            epoch=self._journal.epoch,
            seq=seq,
            prev=prev,
            site=seen.site,
            reader=seen.sighting.reader,
            method=seen.sighting.medium.value,
            role=self._rules.roles[seen.sighting.reader].value,
            meaning=decision.meaning.value,
            standing=seen.standing,
            person=person_data(person.worker),
            evidence=parts.Evidence(
                credential=person.credential,
                technology=seen.sighting.technology,
                face=face_data(seen.sighting.look),
            ),
            because=seen.because,
            place=seen.place,
            note=seen.note or None,
            repeat_of=decision.repeat_of,
            flags=[flag.value for flag in decision.flags],
            day=day,
            boot=at.boot,
            boot_ms=at.boot_ns // NS_PER_MS,
            clock=at.trust.value,
            err_ms=at.err_ms,
            simulated=self._rules.is_simulated,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A sighting, and everything that is known of it before it is decided what it means."""

    sighting: Sighting
    at: Stamp
    site: str
    note: str
    place: parts.Place | None
    today: date | None
    person: Person
    findings: Findings
    standing: Literal["accepted", "pending", "refused"]
    because: list[str]


def person_data(worker: Worker | None) -> parts.PersonData:
    """Return a worker as events tell of them: by numbers, never by name."""
    if worker is None:
        return parts.PersonData()
    own = None if worker.id == worker.ccus else worker.id
    return parts.PersonData(ccus=worker.ccus or None, own=own, company=worker.company or None)


def face_data(look: FaceLook | None) -> parts.FaceData | None:
    """Return a look as events tell of it."""
    if look is None:
        return None
    return parts.FaceData(
        verdict=look.verdict.value,
        mode=look.mode,
        score_milli=look.score_milli,
        frames=look.frames,
        liveness=look.liveness,
        calibration=look.calibration,
        why=look.why,
    )


_GREEN = {
    Meaning.ENTRY: AnswerKind.ENTERED,
    Meaning.EXIT: AnswerKind.LEFT,
    Meaning.TAP: AnswerKind.TAPPED,
    Meaning.REPEAT: AnswerKind.ALREADY,
    Meaning.REFUSED: AnswerKind.REFUSED,
}


def _recorded(seq: int, seen: _Seen, decision: Decision) -> Recorded:
    waits = seen.standing == "pending" and decision.meaning is not Meaning.REPEAT
    return Recorded(
        seq=seq,
        at=seen.at,
        reader=seen.sighting.reader,
        person=seen.person,
        meaning=decision.meaning,
        answer=AnswerKind.PENDING if waits else _GREEN[decision.meaning],
        flags=decision.flags,
        method=seen.sighting.medium.value,
        reason=foremost(seen.findings),
    )
