"""The site's days: dates and times as people in Japan write them. Pure arithmetic, no time zone data base."""

from datetime import UTC, date, datetime, timedelta, timezone

from edge_agent.core.touch import NS_PER_MS, NS_PER_S, Stamp

# Japan has had no summer time since 1951.
JST_OFFSET_S = 9 * 3600
JST = timezone(timedelta(seconds=JST_OFFSET_S))
DAY_S = 86_400
FIRST_DAY = date(1970, 1, 1).toordinal()
_EPOCH = datetime.fromtimestamp(0, UTC)


def site_day(stamp: Stamp, *, cut_off_min: int) -> date | None:
    """
    Return the day a stay that begins at `stamp` is counted on; None while the clock cannot be believed.

    Args:
        stamp: When the stay began.
        cut_off_min: Minutes after midnight at which the site's day begins: 240 keeps night shifts whole.

    """
    if not stamp.is_dated:
        return None
    since_s = stamp.utc_ns // NS_PER_S + JST_OFFSET_S - 60 * cut_off_min
    return date.fromordinal(FIRST_DAY + since_s // DAY_S)


def jst_date(utc_ns: int) -> date:
    """Return the calendar day in Japan."""
    return date.fromordinal(FIRST_DAY + (utc_ns // NS_PER_S + JST_OFFSET_S) // DAY_S)


def rfc3339(utc_ns: int) -> str:
    """Return wall time with milliseconds in Japan's offset, such as `2026-11-24T07:41:03.127+09:00`."""
    # Integer arithmetic: a float of nanoseconds since 1970 would round.
    whole, rest = divmod(utc_ns, NS_PER_S)
    seconds = datetime.fromtimestamp(whole, tz=JST).isoformat()[:19]
    return f"{seconds}.{rest // NS_PER_MS:03d}+09:00"


def is_day(text: str) -> bool:
    """Return whether this is a day as ISO 8601 writes it, such as `2026-11-24`."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def moment_ns(text: str) -> int | None:
    """Return the moment that RFC 3339 text means, in UTC; None if it means none."""
    try:
        since = datetime.fromisoformat(text) - _EPOCH
    except (ValueError, TypeError, OverflowError):  # no date, no time zone, or none of our years
        return None
    return (since // timedelta(microseconds=1)) * (NS_PER_MS // 1000)


def as_date(day: str | None) -> date | None:
    """Return the day; None where it is not told, or the calendar has no such day."""
    try:
        return date.fromisoformat(day) if day else None
    except ValueError:
        return None


def day_clock(day: date, utc_ns: int) -> str:
    """Return the time as people in Japan write it under a day: `07:41`, and `25:10` for ten past one in the night."""
    since_s = utc_ns // NS_PER_S + JST_OFFSET_S - DAY_S * (day.toordinal() - FIRST_DAY)
    sign, whole_min = ("-" if since_s < 0 else ""), abs(since_s // 60)
    return f"{sign}{whole_min // 60:02d}:{whole_min % 60:02d}"


def deadline(day: date) -> date:
    """
    Return until when an entry for this day, and its approval, is taken: the end of the month after.

    Source: CCUS, 直接入力 and 元請承認.
    """
    months = 12 * day.year + day.month + 1
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


def minutes(clock_time: str) -> int:
    """Return the minutes since midnight of a time such as `04:00`."""
    hours, _, rest = clock_time.partition(":")
    return 60 * int(hours) + int(rest)
