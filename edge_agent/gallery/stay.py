"""Between which days a worker belongs to the site, and whose stay is over. Pure: asks nobody."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from edge_agent.gallery.record import Person

MISSED_DAYS = 7
"""Whom the roster has forgotten, without an end, is kept so long: a new spool begins with an empty roster."""


@dataclass(frozen=True, slots=True)
class Stay:
    """The first and the last day; empty where not told."""

    first: str
    last: str

    def has(self, day: date | None) -> bool:
        """Whether the worker belongs to the site on this day; on a day nobody knows, as far as can be told."""
        if day is None:
            return True
        return (not self.first or self.first <= day.isoformat()) and not self.is_over(day)

    def is_over(self, day: date) -> bool:
        """Whether the last day is over."""
        return bool(self.last) and self.last < day.isoformat()


Roster = Callable[[Collection[str]], Mapping[str, Stay] | None]
"""Returns of these workers those it knows; None where nothing can be told now."""


def is_gone(person: Person, stay: Stay | None, today: date) -> bool:
    """Whether a person's face is to be erased: the last day is over, or the roster has long not known them."""
    if stay is None:
        late = (today - timedelta(days=MISSED_DAYS)).isoformat()
        return bool(person.missed_since) and person.missed_since <= late
    return stay.is_over(today)
