"""Decide what a touch means: entry, exit, tap or repeat. Within a boot only the boot clock counts (I9)."""

import enum
from dataclasses import dataclass
from typing import assert_never

import msgspec

from edge_agent.core.touch import NS_PER_S, Stamp, Trust


class Role(enum.StrEnum):
    """What a reader is there for."""

    IN = "in"
    OUT = "out"
    TOGGLE = "toggle"
    """One reader for both ways: the touches of a person alternate."""
    TAP = "tap"
    """Presence only: a touch says "I was here", without a direction."""


class Meaning(enum.StrEnum):
    """What a touch means."""

    ENTRY = "entry"
    EXIT = "exit"
    TAP = "tap"
    REPEAT = "repeat"
    """The same again within the repeat window: kept, marked, changes nothing."""
    REFUSED = "refused"
    """The credential was not taken: kept, changes nothing."""


class Flag(enum.StrEnum):
    """What a report must know about a touch. A missing touch is marked and never invented."""

    MISSING_EXIT = "missing_exit"
    MISSING_ENTRY = "missing_entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The site's rules."""

    repeat_window_ns: int = 180 * NS_PER_S
    longest_stay_ns: int = 16 * 3600 * NS_PER_S
    """
    An entry older than this was never followed by its exit.

    The next touch of a toggle reader is an entry; one at a way out belongs to another stay, whose entry is missing.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The touch that made a state: its number and its time."""

    seq: int | None
    """None: that event is of an epoch before, where this number meant another one."""
    at: Stamp


class Never(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="is", tag="never"):
    """Not seen on this site, or seen only at tap readers."""

    tapped: Moment | None = None


class Inside(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="is", tag="inside"):
    """Came in, has not left."""

    since: Moment
    tapped: Moment | None = None


class Outside(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="is", tag="outside"):
    """Left, after having been seen."""

    since: Moment
    tapped: Moment | None = None


Presence = Never | Inside | Outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a touch means, and the presence after it."""

    meaning: Meaning
    presence: Presence
    flags: tuple[Flag, ...] = ()
    repeat_of: int | None = None
    """The number of the touch this one repeats; None unless the meaning is REPEAT."""
    entered: Stamp | None = None
    """On an exit: when its entry was, for the site day the stay belongs to; None where it is not known."""


def decide(presence: Presence, *, touch: Moment, role: Role, policy: Policy) -> Decision:
    """Return what `touch` at a reader of this role means for somebody who is in this state."""
    match role:
        case Role.IN:
            return _enter(presence, touch, policy)
        case Role.OUT:
            return _leave(presence, touch, policy)
        case Role.TAP:
            return _tap(presence, touch, policy)
        case Role.TOGGLE:
            return _toggle(presence, touch, policy)
        case _:
            assert_never(role)


def of_nobody(role: Role) -> Meaning:
    """Return what a touch means that tells of nobody in particular: only a reader with one way tells which."""
    return {Role.IN: Meaning.ENTRY, Role.OUT: Meaning.EXIT}.get(role, Meaning.TAP)


def follow(presence: Presence, meaning: Meaning, touch: Moment) -> Presence:
    """Return the presence after a touch of which it is known already what it means."""
    match meaning:
        case Meaning.ENTRY:
            return Inside(since=touch, tapped=presence.tapped)
        case Meaning.EXIT:
            return Outside(since=touch, tapped=presence.tapped)
        case Meaning.TAP:
            return msgspec.structs.replace(presence, tapped=touch)
        case Meaning.REPEAT | Meaning.REFUSED:
            return presence
        case _:
            assert_never(meaning)


def elapsed_ns(since: Stamp, now: Stamp) -> int | None:
    """Return the time between two stamps; None where no clock can tell: across boots, one of them without wall time."""
    if since.boot == now.boot:
        return now.boot_ns - since.boot_ns
    if Trust.NONE in {since.trust, now.trust} or now.utc_ns < since.utc_ns:
        return None
    return now.utc_ns - since.utc_ns


def _within(window_ns: int, since: Moment, touch: Moment) -> bool:
    passed = elapsed_ns(since.at, touch.at)
    return passed is not None and passed < window_ns


def _is_over(presence: Inside, touch: Moment, policy: Policy) -> bool:
    """Whether nobody stays that long: the exit was forgotten."""
    passed = elapsed_ns(presence.since.at, touch.at)
    return passed is not None and passed >= policy.longest_stay_ns


def _enter(presence: Presence, touch: Moment, policy: Policy) -> Decision:
    flags: tuple[Flag, ...] = ()
    if isinstance(presence, Inside):
        if _within(policy.repeat_window_ns, presence.since, touch):
            return _repeat(presence, presence.since)
        flags = (Flag.MISSING_EXIT,)
    return Decision(meaning=Meaning.ENTRY, presence=Inside(since=touch, tapped=presence.tapped), flags=flags)


def _leave(presence: Presence, touch: Moment, policy: Policy) -> Decision:
    after = Outside(since=touch, tapped=presence.tapped)
    if isinstance(presence, Inside):
        if _is_over(presence, touch, policy):
            # The exit of that stay was forgotten, and so was the entry of this one.
            return Decision(meaning=Meaning.EXIT, presence=after, flags=(Flag.MISSING_EXIT, Flag.MISSING_ENTRY))
        return Decision(meaning=Meaning.EXIT, presence=after, entered=presence.since.at)
    if isinstance(presence, Outside) and _within(policy.repeat_window_ns, presence.since, touch):
        return _repeat(presence, presence.since)
    return Decision(meaning=Meaning.EXIT, presence=after, flags=(Flag.MISSING_ENTRY,))


def _tap(presence: Presence, touch: Moment, policy: Policy) -> Decision:
    if presence.tapped and _within(policy.repeat_window_ns, presence.tapped, touch):
        return _repeat(presence, presence.tapped)
    return Decision(meaning=Meaning.TAP, presence=msgspec.structs.replace(presence, tapped=touch))


def _toggle(presence: Presence, touch: Moment, policy: Policy) -> Decision:
    match presence:
        case Never():
            return _enter(presence, touch, policy)
        case Outside(since=since):
            # Rule: a card held too long at the exit must not come in again.
            if _within(policy.repeat_window_ns, since, touch):
                return _repeat(presence, since)
            return _enter(presence, touch, policy)
        case Inside(since=since):
            if _within(policy.repeat_window_ns, since, touch):
                return _repeat(presence, since)
            if _is_over(presence, touch, policy):
                return _enter(presence, touch, policy)
            return _leave(presence, touch, policy)
        case _:
            assert_never(presence)


def _repeat(presence: Presence, of: Moment) -> Decision:
    return Decision(meaning=Meaning.REPEAT, presence=presence, repeat_of=of.seq)
