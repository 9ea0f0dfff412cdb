"""What holds for entries people type: by when, how far back, what is no repeat. Asks no clock, writes nothing."""

import re
from datetime import UTC, date, datetime, timedelta

from edge_agent.core.attendance import Inside, Meaning, Outside, Policy, Presence, Role, elapsed_ns
from edge_agent.core.calendar import JST, site_day
from edge_agent.core.dating import restated
from edge_agent.core.touch import NS_PER_S, Stamp

OLDEST_DAYS = 92
"""How far back a touch can be told: a month more than the longest deadline."""
AHEAD_NS = 120 * NS_PER_S
"""How far ahead of the box the watch of whoever types may be."""
ROLES = {Meaning.ENTRY: Role.IN, Meaning.EXIT: Role.OUT, Meaning.TAP: Role.TAP}
"""Which reader would have said the same."""

_LOCAL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_EPOCH = datetime.fromtimestamp(0, UTC)


class Impossible(ValueError):
    """What was told cannot be. The message says why, and what to do."""


def time_ns(told: str) -> int:
    """
    Return a time as nanoseconds since 1970: RFC 3339, or Japan's time such as `2026-11-24 07:40`.

    Raises:
        Impossible: It is none.

    """
    try:
        when = datetime.fromisoformat(told) if _LOCAL.match(told) else None
    except ValueError:
        when = None
    if when is None:
        raise Impossible(f"{told!r} is no time: write 2026-11-24 07:40 (Japan's time), or 2026-11-24T07:40:00+09:00")
    since = (when if when.tzinfo else when.replace(tzinfo=JST)) - _EPOCH
    return since // timedelta(microseconds=1) * 1000


def check_time(utc_ns: int, now: Stamp) -> None:
    """
    See that a touch may have been at this time.

    Raises:
        Impossible: It is still to come, or too long ago; or the box does not know what time it is.

    """
    if not now.is_dated:
        raise Impossible(
            "the box does not know the time, so nothing past can be told now: wait until its clock is set, or enter it"
            " without a time, as of now"
        )
    if utc_ns > now.utc_ns + AHEAD_NS:
        raise Impossible("that is still to come")
    if utc_ns < now.utc_ns - OLDEST_DAYS * 86_400 * NS_PER_S:
        raise Impossible(f"that is more than {OLDEST_DAYS} days ago: too late for this box and for CCUS")


def check_order(state: Presence, meaning: Meaning, at: Stamp, *, policy: Policy, is_earlier_stay: bool) -> None:
    """
    See that this touch does not repeat what is known, and that an exit comes after its entry.

    Args:
        state: Where the worker is, as far as is known.
        meaning: What was told.
        at: When.
        policy: The site's rules.
        is_earlier_stay: Whoever types knows that it belongs to a stay before the one that is known.

    Raises:
        Impossible: It is there already, or the wrong way round.

    """
    since = _same_as_told(state, meaning)
    apart_ns = (elapsed_ns(since, at), elapsed_ns(at, since)) if since else ()
    if any(ns is not None and 0 <= ns < policy.repeat_window_ns for ns in apart_ns):
        raise Impossible("that is recorded already, within the time of a repeat")
    if meaning is Meaning.EXIT and isinstance(state, Inside) and not is_earlier_stay:
        early_ns = elapsed_ns(at, state.since.at)
        if early_ns is not None and 0 <= early_ns < policy.longest_stay_ns:
            raise Impossible(
                "that exit is before the entry that is known: correct the time, or say that it ends an earlier stay"
            )


def day_of(state: Presence, meaning: Meaning, at: Stamp, *, policy: Policy, cut_off_min: int) -> date | None:
    """Return the site day of the stay a touch belongs to; None while the clock cannot be believed."""
    began = at
    if meaning is Meaning.EXIT and isinstance(state, Inside):
        stayed_ns = elapsed_ns(state.since.at, at)
        if stayed_ns is not None and 0 <= stayed_ns < policy.longest_stay_ns:
            began = restated(state.since.at, by=at)
    return site_day(began, cut_off_min=cut_off_min)


def _same_as_told(state: Presence, meaning: Meaning) -> Stamp | None:
    """Return when the worker was last known to do just that."""
    if meaning is Meaning.TAP:
        return state.tapped.at if state.tapped else None
    made = Inside if meaning is Meaning.ENTRY else Outside
    return state.since.at if isinstance(state, made) else None
