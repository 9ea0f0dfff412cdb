"""The site's days: dates and times as people in Japan write them. Pure arithmetic, no time zone data base."""

from datetime import UTC, date, datetime, timedelta, timezone

from edge_agent.core.touch import NS_PER_MS, NS_PER_S, Stamp

# Japan has had no summer time since 1951.
JST = timezone(timedelta(hours=9))


def site_day(stamp: Stamp, *, cut_off_min: int) -> date | None:
    """
    Return the day a stay that begins at `stamp` is counted on; None while the clock cannot be believed.

    Args:
        stamp: When the stay began.
        cut_off_min: Minutes after midnight at which the site's day begins: 240 keeps night shifts whole.

    """
    if not stamp.is_dated:
        return None
    local = datetime.fromtimestamp(stamp.utc_ns // NS_PER_S, tz=JST)
    return (local - timedelta(minutes=cut_off_min)).date()


def rfc3339(utc_ns: int) -> str:
    """Return wall time with milliseconds in Japan's offset, such as `2026-11-24T07:41:03.127+09:00`."""
    whole, rest = divmod(utc_ns, NS_PER_S)
    # Integer arithmetic: a float of nanoseconds since 1970 would round.
    local = datetime.fromtimestamp(whole, tz=UTC).astimezone(JST)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{rest // NS_PER_MS:03d}+09:00"


def minutes(clock_time: str) -> int:
    """Return the minutes since midnight of a time such as `04:00`."""
    hours, _, rest = clock_time.partition(":")
    return 60 * int(hours) + int(rest)
