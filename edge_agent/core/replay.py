"""Who is where, told anew from the events of a spool. Reads no spool; knows no table.

A table of people may know some of the events already: each is followed only where it leads further. A word on a touch
(named, changed, taken back) is followed where that touch is what made somebody's state, as it was at the desk.

Where the last touch was set back to before another that had been told by hand, the two differ: the desk had passed that
other one over, and here it is the last.
"""

import msgspec

from edge_agent.core.attendance import Inside, Meaning, Moment, Never, Presence, follow
from edge_agent.core.events import AmendedEvent, Event, TouchEvent
from edge_agent.core.hindsight import TOLD, flags_of, follows, is_later, stamp_of, told, utc_ns_of, without
from edge_agent.core.reason import Reason
from edge_agent.core.said import AmendedData
from edge_agent.core.touch import NS_PER_MS, Stamp, Trust

Identity = tuple[str, int]
_Slot = tuple[str, bool]
"""Somebody, and whether it is their last tap or their last entry or exit: a state is made of both."""


class _Made(msgspec.Struct, frozen=True, kw_only=True):
    """The touch behind somebody's state."""

    of: Identity
    meaning: Meaning
    moment: Moment
    flags: tuple[str, ...]
    entered: Moment | None
    """Their entry before it; None where there was none, or where it is not known."""


class Replay:
    """People by their key, and the touches they owe their states to. Events come in order."""

    def __init__(self, people: dict[str, Presence] | None = None) -> None:
        self.people = people if people is not None else {}
        self._made: dict[_Slot, _Made] = {}
        self._whose: dict[Identity, _Slot] = {}

    def see(self, event: Event) -> None:
        """Bring whoever it is about up to this event."""
        if isinstance(event, TouchEvent):
            self._touch(event)
        elif isinstance(event, AmendedEvent):
            self._amend(event.data, _typed(event))

    def _touch(self, event: TouchEvent) -> None:
        data = event.data
        # A telephone of several workers tells nobody's coming or going until it is said whose it was.
        credential = None if Reason.COMPANION in data.because else data.evidence.credential
        person, meaning = data.person.id or credential, Meaning(data.meaning)
        if not person or meaning in {Meaning.REPEAT, Meaning.REFUSED}:
            return
        state, moment = self.people.get(person, Never()), Moment(seq=data.seq, at=stamp_of(event))
        before = state.since if isinstance(state, Inside) and state.since.seq != data.seq else None
        if not _is_known(state, meaning, moment):
            # Rule: what is told afterwards counts only if it was the last; what a reader saw, when it saw it.
            if data.hand and not follows(state, meaning, moment.at):
                return
            state = self.people[person] = follow(state, meaning, moment)
        if any(each.seq == data.seq for each in _moments(state)):
            first = data.was or data
            made = _Made(
                of=(first.epoch, first.seq), meaning=meaning, moment=moment, flags=tuple(data.flags), entered=before
            )
            self._owe(person, made)

    def _owe(self, person: str, made: _Made) -> None:
        slot = person, made.meaning is Meaning.TAP
        if earlier := self._made.get(slot):
            self._whose.pop(earlier.of, None)
        self._made[slot] = made
        self._whose[made.of] = slot

    def _amend(self, data: AmendedData, typed: Stamp) -> None:
        slot = self._whose.pop((data.of.epoch, data.of.seq), None)
        if slot is None:
            return
        person, made = slot[0], self._made.pop(slot)
        to = (data.person and data.person.id) or person
        left = self._without(person, made)
        if left is not None:
            self._put(person, left)
        if data.kind != "void":
            self._follow(to, _retold(made, data, typed), is_sure=left is not None or to != person)

    def _without(self, person: str, made: _Made) -> Presence | None:
        state = self.people.get(person, Never())
        if person.startswith("hmac:"):
            return Never()
        return without(state, seq=made.moment.seq, utc_ns=None, flags=made.flags, entered=made.entered)

    def _follow(self, person: str, made: _Made, *, is_sure: bool) -> None:
        state = self.people.get(person, Never())
        if not is_sure or follows(state, made.meaning, made.moment.at):
            before = state.since if isinstance(state, Inside) else None
            self._put(person, follow(state, made.meaning, made.moment))
            flags = flags_of(state, made.meaning)
            self._owe(person, msgspec.structs.replace(made, entered=before, flags=flags))

    def _put(self, person: str, state: Presence) -> None:
        if state == Never():
            self.people.pop(person, None)
        else:
            self.people[person] = state


def _retold(made: _Made, data: AmendedData, typed: Stamp) -> _Made:
    at = told(typed, utc_ns_of(data.at)) if data.at else made.moment.at
    meaning = Meaning(data.meaning) if data.meaning else made.meaning
    return msgspec.structs.replace(made, meaning=meaning, moment=Moment(seq=made.moment.seq, at=at))


def _typed(event: AmendedEvent) -> Stamp:
    data = event.data
    boot_ns, utc_ns = data.boot_ms * NS_PER_MS, utc_ns_of(event.time)
    return Stamp(boot=data.boot, boot_ns=boot_ns, utc_ns=utc_ns, trust=Trust(data.clock))


def _is_known(state: Presence, meaning: Meaning, touch: Moment) -> bool:
    """Tell whether a state was made when this touch had been: by its number, or by a later moment that was told."""
    if (touch.seq or 0) <= max((each.seq or 0 for each in _moments(state)), default=0):
        return True
    last = state.tapped if meaning is Meaning.TAP else getattr(state, "since", None)
    # An earlier touch may have been given a later time. Wall time of two boots proves nothing: it may have been wrong.
    return last is not None and last.at.boot in {touch.at.boot, TOLD} and is_later(last.at, touch.at) is True


def _moments(state: Presence) -> list[Moment]:
    return [moment for moment in (state.tapped, getattr(state, "since", None)) if moment]
