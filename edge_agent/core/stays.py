"""Make stays of touches, and person-days of stays. A missing exit is flagged, and never invented.

Not who may count: the caller hands in the touches that do. Theory of operation: one person's touches of one site, in
the order of their times, whatever box or method they came by. An entry opens a stay, the next exit closes it. The
same again within `same_s` says nothing new (I10). An entry that is followed by another one, or by an exit too late to
be its own, has no exit; an exit without an open stay has no entry. Taps, and touches of which only the day is known,
tell that somebody was there, and no hours.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from edge_agent.core.calendar import site_day
from edge_agent.core.effective import Effective
from edge_agent.core.touch import NS_PER_S, Stamp, Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a pair is."""

    same_s: int = 180
    """The same touch again within this time is the same touch."""
    longest_s: int = 16 * 3600
    """An exit after more than this is not that of the entry before it."""
    cut_off_min: int = 240
    """Minutes after midnight at which the site's day begins: only for an exit whose box took it for an old entry's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """From an entry to an exit."""

    day: str
    """The site day of the entry; of the exit where there is no entry."""
    entry: Effective | None
    """None: missing."""
    exit: Effective | None
    """None: missing, or yet to come."""
    others: tuple[Effective, ...] = ()
    """The same touches again."""

    @property
    def length_s(self) -> int | None:
        """Whole seconds on the site; None where one end is missing."""
        since_ns, until_ns = self.since_ns, self.until_ns
        return None if since_ns is None or until_ns is None else (until_ns - since_ns) // NS_PER_S

    @property
    def since_ns(self) -> int | None:
        """When it began; None where the entry is missing."""
        return self.entry.at_ns if self.entry else None

    @property
    def until_ns(self) -> int | None:
        """When it ended; None where the exit is missing."""
        return self.exit.at_ns if self.exit else None

    @property
    def touches(self) -> tuple[Effective, ...]:
        """All touches that told it."""
        return tuple(touch for touch in (self.entry, self.exit) if touch) + self.others


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDay:
    """A person on a site on a day: counted once, however often they came (タッチ数)."""

    person: str
    site: str
    day: str
    stays: tuple[Stay, ...] = ()
    seen: tuple[Effective, ...] = ()
    """Taps, and touches of which only the day is known."""

    @property
    def length_s(self) -> int:
        """Whole seconds on the site, as far as both ends are known: the sum of the stays."""
        return sum(stay.length_s or 0 for stay in self.stays)

    @property
    def touches(self) -> tuple[Effective, ...]:
        """All touches that told it."""
        return tuple(touch for stay in self.stays for touch in stay.touches) + self.seen

    @property
    def methods(self) -> list[str]:
        """How they touched."""
        return sorted({touch.method for touch in self.touches})

    @property
    def company(self) -> str | None:
        """For whom, by the last touch that tells it."""
        told = [(touch.at_ns or 0, touch.company) for touch in self.touches if touch.company]
        return max(told)[1] if told else None

    @property
    def first_in_ns(self) -> int | None:
        """The first entry or tap; None where there is none with a time."""
        times = [stay.since_ns for stay in self.stays] + [tap.at_ns for tap in self.seen]
        return min((time for time in times if time is not None), default=None)

    @property
    def last_out_ns(self) -> int | None:
        """The last exit; None where there is none."""
        return max((stay.until_ns for stay in self.stays if stay.until_ns is not None), default=None)

    @property
    def is_entry_missing(self) -> bool:
        """Whether somebody left who did not come."""
        is_explained = any(touch.meaning == "entry" for touch in self.seen)
        return not is_explained and any(stay.entry is None for stay in self.stays)

    def is_exit_missing(self, *, before_ns: int) -> bool:
        """Whether somebody who came before this time did not leave."""
        if any(touch.meaning == "exit" for touch in self.seen):
            return False
        return any(stay.exit is None and (stay.since_ns or 0) < before_ns for stay in self.stays)


@dataclass(slots=True, kw_only=True)
class _Visit:
    day: str
    entry: Effective | None = None
    exit: Effective | None = None
    at_ns: int
    """When its last end was."""
    others: list[Effective] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.exit is None

    def stay(self) -> Stay:
        return Stay(day=self.day, entry=self.entry, exit=self.exit, others=tuple(self.others))


def person_days(touches: Iterable[Effective], rules: Rules | None = None) -> list[PersonDay]:
    """Return who was where on which day, by the touches handed in; those without a day or a person tell nothing."""
    by_person: dict[tuple[str, str], list[Effective]] = {}
    for touch in touches:
        if touch.is_telling and touch.person is not None and touch.day is not None:
            by_person.setdefault((touch.person, touch.site), []).append(touch)
    return [
        one
        for (person, site), theirs in sorted(by_person.items())
        for one in _days_of(person, site, theirs, rules or Rules())
    ]


def _days_of(person: str, site: str, touches: Sequence[Effective], rules: Rules) -> list[PersonDay]:
    stays: dict[str, list[Stay]] = {}
    seen: dict[str, list[Effective]] = {}
    for stay in pair(touches, rules):
        stays.setdefault(stay.day, []).append(stay)
    for touch in sorted(touches, key=_order):
        if touch.day is not None and (touch.meaning == "tap" or touch.at_ns is None):
            seen.setdefault(touch.day, []).append(touch)
    return [
        PersonDay(person=person, site=site, day=day, stays=tuple(stays.get(day, ())), seen=tuple(seen.get(day, ())))
        for day in sorted(stays.keys() | seen.keys())
    ]


def pair(touches: Iterable[Effective], rules: Rules | None = None) -> list[Stay]:
    """Return the stays of one person on one site, in their order; entry by one method and exit by another pair up."""
    known = rules or Rules()
    visits: list[_Visit] = []
    for at_ns, touch in _ordered(touches):
        last = visits[-1] if visits else None
        if touch.meaning == "entry":
            _enter(visits, last, touch, at_ns, known)
        else:
            _leave(visits, last, touch, at_ns, known)
    return [visit.stay() for visit in visits]


def _ordered(touches: Iterable[Effective]) -> list[tuple[int, Effective]]:
    ways = [touch for touch in touches if touch.meaning in {"entry", "exit"} and touch.day is not None]
    return [(at_ns, touch) for touch in sorted(ways, key=_order) if (at_ns := touch.at_ns) is not None]


def _order(touch: Effective) -> tuple[object, ...]:
    # Rule: the order in which touches arrive must not matter, even of two at the same instant.
    return (touch.at_ns or 0, touch.meaning != "exit", touch.rank)


def _enter(visits: list[_Visit], last: _Visit | None, touch: Effective, at_ns: int, rules: Rules) -> None:
    if last and last.is_open and at_ns - last.at_ns < rules.same_s * NS_PER_S:
        last.others.append(touch)
    else:
        visits.append(_Visit(day=touch.day or "", entry=touch, at_ns=at_ns))


def _leave(visits: list[_Visit], last: _Visit | None, touch: Effective, at_ns: int, rules: Rules) -> None:
    passed_ns = at_ns - last.at_ns if last else 0
    if last and last.is_open and passed_ns <= rules.longest_s * NS_PER_S:
        last.exit, last.at_ns = touch, at_ns
    elif last and not last.is_open and passed_ns < rules.same_s * NS_PER_S:
        last.others.append(touch)
    else:
        # The box counts an exit on the day of the entry it had: here that entry was too long ago.
        is_parted = last is not None and last.is_open and last.day == touch.day
        day = _own_day(at_ns, rules) if is_parted else touch.day or ""
        visits.append(_Visit(day=day, exit=touch, at_ns=at_ns))


def _own_day(at_ns: int, rules: Rules) -> str:
    stamp = Stamp(boot="", boot_ns=0, utc_ns=at_ns, trust=Trust.HOST)
    day = site_day(stamp, cut_off_min=rules.cut_off_min)
    return (day or date.min).isoformat()
