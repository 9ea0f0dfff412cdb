"""Person-days, hours and touch rates as the office sees them. Reads beside the receiver; decides nothing itself."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from edge_agent.core.calendar import as_date, day_clock, rfc3339
from edge_agent.core.effective import Effective
from edge_agent.core.stays import PersonDay, Rules
from edge_agent.core.tally import Day, Total, TotalKey, days, totals
from edge_agent.core.touch import NS_PER_S
from edge_agent.receiver.latest import Known, headcounts, sites
from edge_agent.receiver.reading import Reading, Wanted
from edge_agent.receiver.touches import touches

MARGIN_DAYS = 1
"""So many days more are read at either end: a night's exit, and its entry, may lie there."""
S_PER_MIN = 60


class DayRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person on a site on a day."""

    date: str
    site: str
    site_ccus: str | None
    """現場ID, as soon as somebody has told it."""
    parent: str | None
    """The wide-area site (広域現場)."""
    person: str
    company: str | None
    first_in: str | None
    """As people write it under the day: `07:41`."""
    last_out: str | None
    """`25:10` for ten past one in the night after."""
    minutes: int
    """On the site, of stays with both ends that count; whole minutes of `seconds`."""
    stays: int
    methods: list[str]
    standing: str
    """`counted`, or `waiting` where nothing but touches that wait tell of that day."""
    waiting: int
    """Touches of that day that wait."""
    added_minutes: int
    """What approval of them would add."""
    missing_entry: bool
    missing_exit: bool
    inside: bool
    """Came, and has not left yet."""
    seconds: int
    first_in_time: str | None
    last_out_time: str | None


class TotalRow(msgspec.Struct, frozen=True, kw_only=True):
    """A site's day: of one company, or of all."""

    date: str
    site: str
    company: str | None
    """None: all together. Empty: of those whose company is not known."""
    person_days: int
    waiting: int
    """Person-days that approval of all that waits would add."""
    nameless: int
    """Touches that wait to hear whose they were."""
    minutes: int
    added_minutes: int
    by_touch: int
    """Person-days with a touch at the gate, not only typed by hand."""
    headcount: int | None
    touch_rate_percent: float | None
    """None: the denominator is not known (分母不明). Never 100 for want of a headcount."""
    seconds: int


def person_days(reading: Reading, wanted: Wanted, *, now_ns: int) -> tuple[list[DayRow], list[TotalRow]]:
    """
    Return the person-days that are asked for, and their totals.

    Args:
        reading: The receiver's file.
        wanted: Which; totals of all companies are told only where none is asked for, and none of one worker.
        now_ns: Now, in UTC: who came in not long before is inside, and no exit is missing.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    told = [held.touch for held in touches(reading, wanted.widened(MARGIN_DAYS))]
    rows = [row for row in days(told) if wanted.has(row.shown.day)]
    known = sites(reading)
    shown = [_row(row, known.get(row.shown.site, Known()), now_ns) for row in rows]
    counts = headcounts(reading, wanted)
    nameless = Counter((touch.day, touch.site) for touch in told if _is_nameless(touch))
    listed: dict[TotalKey, int | None] = {
        (day, site, None): None for day, site in nameless if day is not None and wanted.has(day)
    }
    sums = [
        _total(key, each, nameless=nameless[key[:2]] if key[2] is None else 0)
        for key, each in totals(rows, listed | counts).items()
    ]
    return [row for row in shown if _is_wanted(row, wanted)], [] if wanted.worker else _of_company(sums, wanted)


def _is_nameless(touch: Effective) -> bool:
    return touch.person is None and touch.waits


def _is_wanted(row: DayRow, wanted: Wanted) -> bool:
    return wanted.company in {None, row.company} and wanted.worker in {None, row.person}


def _of_company(sums: Iterable[TotalRow], wanted: Wanted) -> list[TotalRow]:
    return [row for row in sums if wanted.company in {None, row.company}]


def _row(row: Day, known: Known, now_ns: int) -> DayRow:
    shown = row.shown
    first_ns, last_ns = shown.first_in_ns, shown.last_out_ns
    since_ns = now_ns - Rules().longest_s * NS_PER_S
    return DayRow(
        date=shown.day,
        site=shown.site,
        site_ccus=known.ccus,
        parent=known.parent,
        person=shown.person,
        company=shown.company,
        first_in=_clock(shown.day, first_ns),
        last_out=_clock(shown.day, last_ns),
        minutes=row.counted_s // S_PER_MIN,
        stays=len(shown.stays),
        methods=shown.methods,
        standing="counted" if row.counted else "waiting",
        waiting=sum(touch.waits for touch in row.approved.touches) if row.approved else 0,
        added_minutes=row.added_s // S_PER_MIN,
        missing_entry=shown.is_entry_missing,
        missing_exit=shown.is_exit_missing(before_ns=since_ns),
        inside=_is_inside(shown, since_ns),
        seconds=row.counted_s,
        first_in_time=None if first_ns is None else rfc3339(first_ns),
        last_out_time=None if last_ns is None else rfc3339(last_ns),
    )


def _is_inside(shown: PersonDay, since_ns: int) -> bool:
    return any(stay.exit is None and stay.since_ns is not None and stay.since_ns >= since_ns for stay in shown.stays)


def _clock(day: str, utc_ns: int | None) -> str | None:
    under = as_date(day)
    return None if utc_ns is None or under is None else day_clock(under, utc_ns)


def _total(key: tuple[str, str, str | None], each: Total, *, nameless: int) -> TotalRow:
    day, site, company = key
    rate = each.touch_rate
    return TotalRow(
        date=day,
        site=site,
        company=company,
        person_days=each.person_days,
        waiting=each.waiting,
        nameless=nameless,
        minutes=each.length_s // S_PER_MIN,
        added_minutes=each.added_s // S_PER_MIN,
        by_touch=each.by_touch,
        headcount=each.headcount,
        touch_rate_percent=None if rate is None else float(round(100 * rate, 1)),
        seconds=each.length_s,
    )
