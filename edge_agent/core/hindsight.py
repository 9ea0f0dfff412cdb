"""What touches that are told, named or taken back afterwards do to where somebody is. Looks nothing up.

A presence holds its last touches alone, so what comes afterwards changes it only where it would have been one of them.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec

from edge_agent.core.attendance import Flag, Inside, Meaning, Moment, Never, Presence
from edge_agent.core.events import TouchEvent
from edge_agent.core.touch import NS_PER_MS, Stamp, Trust

TOLD = "told"
"""Stands for a boot in the stamp of a moment before this one: its boot clock is wall time, so such compare."""

_EPOCH = datetime.fromtimestamp(0, UTC)


def told(typed: Stamp, utc_ns: int) -> Stamp:
    """Return the stamp of a moment of which somebody tells the wall time: of this boot, if it lies within."""
    boot_ns = _whole_ms(typed.boot_ns) - (_whole_ms(typed.utc_ns) - utc_ns)
    if boot_ns >= 0:
        return replace(typed, boot_ns=boot_ns, utc_ns=utc_ns, err_ms=None)
    return Stamp(boot=TOLD, boot_ns=max(0, utc_ns), utc_ns=utc_ns, trust=typed.trust)


def stamp_of(event: TouchEvent) -> Stamp:
    """Return when a touch was, by its event: for one told by hand what was told, not when it was typed."""
    data = event.data
    typed = Stamp(
        boot=data.boot,
        boot_ns=data.boot_ms * NS_PER_MS,
        utc_ns=utc_ns_of(event.time),
        trust=Trust(data.clock),
        err_ms=data.err_ms,
    )
    if data.hand is None or data.hand.written == event.time:
        return typed
    return told(replace(typed, utc_ns=utc_ns_of(data.hand.written)), typed.utc_ns)


def utc_ns_of(time: str) -> int:
    """Return a time of an event in nanoseconds since 1970, in whole milliseconds."""
    return (datetime.fromisoformat(time) - _EPOCH) // timedelta(milliseconds=1) * NS_PER_MS


def is_later(one: Stamp, other: Stamp) -> bool | None:
    """Tell whether one moment was after the other; None where no clock can: of two boots, one without wall time."""
    if one.boot == other.boot:
        return one.boot_ns > other.boot_ns
    return one.utc_ns > other.utc_ns if one.is_dated and other.is_dated else None


def follows(state: Presence, meaning: Meaning, at: Stamp) -> bool:
    """Tell whether a touch that is told afterwards changes where somebody is: only if it is the latest for certain."""
    if meaning in {Meaning.REPEAT, Meaning.REFUSED}:
        return False
    last = state.tapped if meaning is Meaning.TAP else getattr(state, "since", None)
    return last is None or is_later(at, last.at) is True


def flags_of(state: Presence, meaning: Meaning) -> tuple[Flag, ...]:
    """Return what a report must know of a touch that leads on from this state: said afterwards, nothing is a repeat."""
    if meaning is Meaning.ENTRY and isinstance(state, Inside):
        return (Flag.MISSING_EXIT,)
    return (Flag.MISSING_ENTRY,) if meaning is Meaning.EXIT and not isinstance(state, Inside) else ()


def is_behind(moment: Moment | None, *, seq: int | None, utc_ns: int | None) -> bool:
    """
    Tell whether this touch made that moment.

    Args:
        moment: Of a presence.
        seq: The touch's number in the present epoch; None where it has none.
        utc_ns: When it was, where it can only be told by that.

    """
    if moment is None:
        return False
    if moment.seq is not None and seq is not None:
        return moment.seq == seq
    return utc_ns is not None and _whole_ms(moment.at.utc_ns) == _whole_ms(utc_ns)


def without(
    state: Presence, *, seq: int | None, utc_ns: int | None, flags: Collection[str], entered: Moment | None
) -> Presence | None:
    """
    Return where somebody is if that touch did not happen; the same state if it is not what made it.

    Args:
        state: Where they are with it.
        seq: As in `is_behind`.
        utc_ns: The same.
        flags: The touch's own: they tell what was before it.
        entered: Their last entry before it, as far as it is known.

    Returns:
        None where they were inside before, and nobody knows since when.

    """
    if is_behind(state.tapped, seq=seq, utc_ns=utc_ns):
        state = msgspec.structs.replace(state, tapped=None)
    if isinstance(state, Never) or not is_behind(state.since, seq=seq, utc_ns=utc_ns):
        return state
    is_unpaired = isinstance(state, Inside) or Flag.MISSING_ENTRY in flags
    was_inside = Flag.MISSING_EXIT in flags or not is_unpaired
    if not was_inside:
        return Never(tapped=state.tapped)
    return Inside(since=entered, tapped=state.tapped) if entered else None


def _whole_ms(ns: int) -> int:
    return ns - ns % NS_PER_MS
