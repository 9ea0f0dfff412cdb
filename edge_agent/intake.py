"""The one door: stamp, decide, commit, and only then answer. Knows no device and no broker."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from drivers.contract import Answer, AnswerKind, ReaderName, Sighting
from edge_agent.chain import append
from edge_agent.clock import Clock
from edge_agent.core import events
from edge_agent.core.attendance import Decision, Meaning, Moment, Policy, Role, decide
from edge_agent.core.calendar import site_day
from edge_agent.core.dating import is_known, restated
from edge_agent.core.touch import NS_PER_MS, CardRef, Person, Stamp
from edge_agent.ledger import note_undated, presence, set_presence
from spool.file import SpoolUnavailable
from spool.journal import Journal
from spool.transaction import Transaction

log = logging.getLogger(__name__)


class Roster(Protocol):
    """Who holds which card."""

    def who(self, card: CardRef) -> Person:
        """Return the holder; a person without a worker where nobody is known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRules:
    """What the intake must know of the site and the box."""

    gateway: str
    site: str
    policy: Policy
    cut_off_min: int
    roles: Mapping[ReaderName, Role]
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


class Intake:
    """Records sightings. May be called from every reader's thread at once."""

    def __init__(
        self,
        *,
        journal: Journal,
        clock: Clock,
        roster: Roster,
        card_ref: Callable[[bytes], CardRef],
        rules: SiteRules,
        committed: Callable[[Recorded], None],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._roster = roster
        self._card_ref = card_ref
        self._rules = rules
        self._committed = committed

    def record(self, sighting: Sighting) -> Answer:
        """Return what to tell the worker: green only when the touch is on disk (I0)."""
        person = self._roster.who(self._card_ref(sighting.token))
        at = self._stamp(sighting)
        try:
            recorded = self._journal.write(lambda tx: self._commit(tx, sighting, person, at))
        except SpoolUnavailable:
            # Logged by the spool, once for all who waited.
            return Answer(kind=AnswerKind.NOT_SAVED)
        self._committed(recorded)
        return Answer(kind=recorded.answer, name=person.worker.name if person.worker else "")

    def _stamp(self, sighting: Sighting) -> Stamp:
        now = self._clock.stamp()
        return now.at(sighting.seen_ns)

    def _commit(self, tx: Transaction, sighting: Sighting, person: Person, at: Stamp) -> Recorded:
        seq = tx.head().seq + 1
        before = presence(tx, person.key)
        role = self._rules.roles[sighting.reader]
        decision = decide(before, touch=Moment(seq=seq, at=at), role=role, policy=self._rules.policy)
        if decision.presence is not before:
            set_presence(tx, person.key, decision.presence)
        append(
            tx,
            lambda seq, prev: self._data(sighting, person, at, decision, seq=seq, prev=prev),
            gateway=self._rules.gateway,
            epoch=self._journal.epoch,
            at=at,
        )
        if not is_known(at.trust):
            self._note_undated(tx, seq, at, entered=decision.entered)
        return Recorded(
            seq=seq,
            at=at,
            reader=sighting.reader,
            person=person,
            meaning=decision.meaning,
            answer=_answer(decision, person),
            flags=decision.flags,
        )

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

    def _data(
        self, sighting: Sighting, person: Person, at: Stamp, decision: Decision, *, seq: int, prev: str
    ) -> events.TouchData:
        rules = self._rules
        # Somebody may have come in before the clock was set, and leave after.
        began = restated(decision.entered, by=at) if decision.entered else at
        day = site_day(began, cut_off_min=rules.cut_off_min)
        return events.TouchData(
            epoch=self._journal.epoch,
            seq=seq,
            prev=prev,
            site=rules.site,
            reader=sighting.reader,
            method=sighting.medium.value,
            role=rules.roles[sighting.reader].value,
            meaning=decision.meaning.value,
            standing="accepted" if person.worker else "pending",
            person=events.PersonData(ccus=person.worker.id if person.worker else None),
            evidence=events.Evidence(card=person.card, technology=sighting.technology),
            repeat_of=decision.repeat_of,
            flags=[flag.value for flag in decision.flags],
            day=day.isoformat() if day else None,
            boot=at.boot,
            boot_ms=at.boot_ns // NS_PER_MS,
            clock=at.trust.value,
            err_ms=at.err_ms,
            simulated=rules.is_simulated,
        )


_GREEN = {
    Meaning.ENTRY: AnswerKind.ENTERED,
    Meaning.EXIT: AnswerKind.LEFT,
    Meaning.TAP: AnswerKind.TAPPED,
    Meaning.REPEAT: AnswerKind.ALREADY,
}


def _answer(decision: Decision, person: Person) -> AnswerKind:
    if person.worker is None and decision.meaning is not Meaning.REPEAT:
        return AnswerKind.PENDING
    return _GREEN[decision.meaning]
