"""Count: person-days, what waits beside them, time on site, and the touch rate. Says nothing it does not know."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from edge_agent.core.effective import Effective
from edge_agent.core.stays import PersonDay, Rules, person_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A person on a site on a day: what counts, and what would count if all that waits were approved."""

    counted: PersonDay | None
    """None: only touches that wait tell of that day."""
    approved: PersonDay | None
    """With what waits. None: only without it, where a touch that waits makes another day of it."""

    @property
    def shown(self) -> PersonDay:
        """What to show: what counts, else what would."""
        shown = self.counted or self.approved
        assert shown is not None  # noqa: S101 - made of one of the two
        return shown

    @property
    def key(self) -> tuple[str, str, str]:
        """Day, site and person."""
        return (self.shown.day, self.shown.site, self.shown.person)

    @property
    def counted_s(self) -> int:
        """Seconds on the site that count."""
        return self.counted.length_s if self.counted else 0

    @property
    def added_s(self) -> int:
        """Seconds that approval of all that waits would add; less than nothing where it divides a stay."""
        return (self.approved.length_s if self.approved else 0) - self.counted_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A site's day, of one company or of all together."""

    person_days: int
    waiting: int
    """Person-days that approval of all that waits would add."""
    length_s: int
    added_s: int
    by_touch: int
    """Of the person-days, those with a touch at the gate: not typed by hand."""
    headcount: int | None
    """How many were there, as a person counted; None: nobody said."""

    @property
    def touch_rate(self) -> Fraction | None:
        """Who touched of all who were there; None where the denominator is not known, which is never 100 %."""
        return Fraction(self.by_touch, self.headcount) if self.headcount else None


def days(touches: Iterable[Effective], rules: Rules | None = None) -> list[Day]:
    """Return the person-days of these touches, by day, site and person."""
    telling = [touch for touch in touches if touch.is_telling]
    counted = _by_key(person_days([touch for touch in telling if touch.counts], rules))
    approved = _by_key(person_days([touch for touch in telling if touch.counts or touch.waits], rules))
    return [
        Day(counted=counted.get(key), approved=approved.get(key)) for key in sorted(counted.keys() | approved.keys())
    ]


def total(rows: Iterable[Day], *, headcount: int | None) -> Total:
    """Return the sums of these person-days."""
    listed = list(rows)
    counted = [row.counted for row in listed if row.counted]
    return Total(
        person_days=len(counted),
        waiting=len(listed) - len(counted),
        length_s=sum(row.counted_s for row in listed),
        added_s=sum(row.added_s for row in listed),
        by_touch=sum(set(one.methods) != {"hand"} for one in counted),
        headcount=headcount,
    )


TotalKey = tuple[str, str, str | None]
"""Day, site and company: None for all together, empty for those whose company is not known."""


def totals(rows: Iterable[Day], headcounts: Mapping[TotalKey, int | None]) -> dict[TotalKey, Total]:
    """Return the totals; also of what somebody counted and nobody touched."""
    grouped: dict[TotalKey, list[Day]] = {key: [] for key in headcounts}
    for row in rows:
        day, site, _ = row.key
        grouped.setdefault((day, site, None), []).append(row)
        grouped.setdefault((day, site, row.shown.company or ""), []).append(row)
    return {
        key: total(grouped[key], headcount=headcounts.get(key))
        for key in sorted(grouped, key=lambda each: (each[0], each[1], each[2] is not None, each[2] or ""))
    }


def _by_key(rows: Iterable[PersonDay]) -> dict[tuple[str, str, str], PersonDay]:
    return {(row.day, row.site, row.person): row for row in rows}
