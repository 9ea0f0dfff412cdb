"""What time it was: words on the time weighed, moments of a boot dated by them, boots that never knew it bracketed.

Not the clock, and not who is told. Theory of operation: the boot clock of a box runs true within `DRIFT_PPM`, so one
word on the time dates every moment of its boot, with an error that grows with the distance. A boot without a word is
bracketed: it began after the boots before it, and was over when the boots after it began.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from edge_agent.core.calendar import site_day
from edge_agent.core.touch import NS_PER_MS, NS_PER_S, Anchor, Stamp, Trust

DRIFT_PPM = 100
"""A cheap crystal between winter and summer: no more than this, either way."""
TOLERANCE_NS = 2 * NS_PER_S
"""A battery's clock that is no further off needs no correction."""
WORN_NS = 10 * NS_PER_S
"""A word so old that its error has grown past this counts behind every fresher one: after 28 hours."""
HOST_ERR_MS = 1_000
"""What is taken for the error of a clock whose keeper tells none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """A boot as the box remembers it. Moments are of its own boot clock."""

    began_ns: int
    """The first the agent saw of it. Not 0: the boots before it are known to be over only by then."""
    seen_ns: int
    """The last the agent saw of it."""
    words: tuple[Anchor, ...] = ()
    """What sources said of the time; empty: that boot never knew it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """When it was, in whole milliseconds."""

    at_ns: int
    err_ms: int
    """It was no further from `at_ns` than this."""
    trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """When it was at the earliest and at the latest, in whole milliseconds. None: nobody knows."""

    not_before_ns: int | None
    not_after_ns: int | None
    trust: Trust
    """The weaker of the words behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A boot among the boots around it, in their order, as far as they tell something about it."""

    before: tuple[Boot, ...] = ()
    """From the last one that knew the time; empty if none did."""
    boot: Boot
    after: tuple[Boot, ...] = ()
    """Up to the first one that knew the time; empty if none did."""

    def when(self, boot_ns: int) -> Exact | Between:
        """Return when this moment of the boot was."""
        word = best(self.boot.words, boot_ns)
        return self._bracket(boot_ns) if word is None else _exact(word, boot_ns)

    def _bracket(self, boot_ns: int) -> Between:
        low, low_trust = self._low_ns(boot_ns)
        high, high_trust = self._high_ns(boot_ns)
        if low is not None and high is not None and low > high:
            # Rule: of two words that exclude each other the better one is right, of equals the later.
            low, high = (low, None) if low_trust.rank > high_trust.rank else (None, high)
        told = [trust for bound, trust in ((low, low_trust), (high, high_trust)) if bound is not None]
        return Between(
            not_before_ns=None if low is None else _whole_ms(low),
            not_after_ns=None if high is None else -_whole_ms(-high),
            trust=min(told, key=lambda trust: trust.rank, default=Trust.NONE),
        )

    def _low_ns(self, boot_ns: int) -> tuple[int | None, Trust]:
        word = best(self.before[0].words, self.before[0].seen_ns) if self.before else None
        if word is None:
            return None, Trust.NONE
        ended_ns = earliest_ns(word, self.before[0].seen_ns)
        between_ns = sum(_at_least(boot.seen_ns - boot.began_ns) for boot in self.before[1:])
        return ended_ns + between_ns + _at_least(boot_ns - self.boot.began_ns), word.trust

    def _high_ns(self, boot_ns: int) -> tuple[int | None, Trust]:
        word = best(self.after[-1].words, self.after[-1].began_ns) if self.after else None
        if word is None:
            return None, Trust.NONE
        began_ns = latest_ns(word, self.after[-1].began_ns)
        between_ns = sum(_at_least(boot.seen_ns - boot.began_ns) for boot in self.after[:-1])
        return began_ns - between_ns - _at_least(max(0, self.boot.seen_ns - boot_ns)), word.trust


def is_known(trust: Trust) -> bool:
    """Tell whether somebody who keeps the time said it: with less, a date is only written down for now."""
    return trust.rank > Trust.RTC.rank


def as_word(stamp: Stamp) -> Anchor | None:
    """Return a stamp as a word on the time; None if nobody who keeps the time stands behind it."""
    if not is_known(stamp.trust):
        return None
    err_ms = HOST_ERR_MS if stamp.err_ms is None else stamp.err_ms
    return Anchor(boot=stamp.boot, boot_ns=stamp.boot_ns, utc_ns=stamp.utc_ns, trust=stamp.trust, err_ms=err_ms)


def best(words: Iterable[Anchor], boot_ns: int) -> Anchor | None:
    """Return the word to go by at this moment: not worn, of the best source, with the smallest error by then."""
    return max(words, key=lambda word: _weight(word, boot_ns), default=None)


def better(stamp: Stamp, said: Anchor | None) -> Stamp:
    """Return the kernel's stamp, or the same moment by what another source said, if that ranks higher."""
    if said is None or said.trust.rank <= stamp.trust.rank:
        return stamp
    return replace(
        stamp,
        utc_ns=_told_ns(said, stamp.boot_ns),
        trust=said.trust,
        err_ms=_ms_up(_err_ns(said, stamp.boot_ns)),
    )


def restated(stamp: Stamp, *, by: Stamp) -> Stamp:
    """Return an earlier stamp by a later one of the same boot, if that knows the time better."""
    return by.at(stamp.boot_ns) if stamp.boot == by.boot and by.trust.rank > stamp.trust.rank else stamp


def earliest_ns(word: Anchor, boot_ns: int) -> int:
    """Return what time it was at least at this moment, in UTC."""
    return _told_ns(word, boot_ns) - _err_ns(word, boot_ns)


def latest_ns(word: Anchor, boot_ns: int) -> int:
    """Return what time it was at most at this moment, in UTC."""
    return _told_ns(word, boot_ns) + _err_ns(word, boot_ns)


def is_needed(when: Exact | Between, rtc_utc_ns: int | None) -> bool:
    """Tell whether a touch needs a correction: it had no time, or that of a battery which was wrong."""
    if rtc_utc_ns is None:
        return True
    if isinstance(when, Exact):
        return abs(rtc_utc_ns - when.at_ns) > max(TOLERANCE_NS, when.err_ms * NS_PER_MS)
    is_early = when.not_before_ns is not None and rtc_utc_ns < when.not_before_ns
    is_late = when.not_after_ns is not None and rtc_utc_ns > when.not_after_ns
    return is_early or is_late


def sure_day(when: Exact | Between, *, cut_off_min: int) -> date | None:
    """Return the site day; None where it may have been one or the other."""
    if isinstance(when, Exact):
        err_ns = when.err_ms * NS_PER_MS
        ends: tuple[int | None, int | None] = (when.at_ns - err_ns, when.at_ns + err_ns)
    else:
        ends = (when.not_before_ns, when.not_after_ns)
    days = {None if end is None else _day(end, when.trust, cut_off_min) for end in ends}
    return days.pop() if len(days) == 1 else None


def _day(utc_ns: int, trust: Trust, cut_off_min: int) -> date | None:
    return site_day(Stamp(boot="", boot_ns=0, utc_ns=utc_ns, trust=trust), cut_off_min=cut_off_min)


def _exact(word: Anchor, boot_ns: int) -> Exact:
    told_ns = _told_ns(word, boot_ns)
    at_ns = _whole_ms(told_ns)
    return Exact(at_ns=at_ns, err_ms=_ms_up(_err_ns(word, boot_ns) + told_ns - at_ns), trust=word.trust)


def _weight(word: Anchor, boot_ns: int) -> tuple[bool, int, int]:
    err_ns = _err_ns(word, boot_ns)
    return err_ns <= WORN_NS, word.trust.rank, -err_ns


def _told_ns(word: Anchor, boot_ns: int) -> int:
    return word.utc_ns + boot_ns - word.boot_ns


def _err_ns(word: Anchor, boot_ns: int) -> int:
    return word.err_ms * NS_PER_MS + _drift_ns(boot_ns - word.boot_ns)


def _at_least(passed_ns: int) -> int:
    return passed_ns - _drift_ns(passed_ns)


def _drift_ns(passed_ns: int) -> int:
    return -(-abs(passed_ns) * DRIFT_PPM // 1_000_000)


def _whole_ms(utc_ns: int) -> int:
    return utc_ns - utc_ns % NS_PER_MS


def _ms_up(ns: int) -> int:
    return -(-ns // NS_PER_MS)
