"""Dating: whatever boots, clocks and sources did, the truth lies within what is said, or nothing is said."""

from dataclasses import dataclass, field, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.core.dating import (
    DRIFT_PPM,
    WORN_NS,
    Between,
    Boot,
    Exact,
    Past,
    as_word,
    best,
    better,
    is_needed,
    restated,
    sure_day,
)
from edge_agent.core.touch import NS_PER_MS, NS_PER_S, Anchor, Stamp, Trust

MIDNIGHT_JST_UTC_NS = 1_795_446_000 * NS_PER_S  # 2026-11-24T00:00:00+09:00
H = 3600 * NS_PER_S
DAY = 24 * H
SOURCES = [Trust.HOST, Trust.SERVER, Trust.GSM, Trust.GPS, Trust.NTP]


def word(hours: float = 8, *, boot_ns: int = 0, trust: Trust = Trust.NTP, err_ms: int = 20) -> Anchor:
    utc_ns = MIDNIGHT_JST_UTC_NS + round(hours * H)
    return Anchor(boot="b", boot_ns=boot_ns, utc_ns=utc_ns, trust=trust, err_ms=err_ms)


def stamp(hours: float = 8, *, boot_ns: int = 0, trust: Trust = Trust.NTP, err_ms: int | None = None) -> Stamp:
    utc_ns = MIDNIGHT_JST_UTC_NS + round(hours * H)
    return Stamp(boot="b", boot_ns=boot_ns, utc_ns=utc_ns, trust=trust, err_ms=err_ms)


# ---------------------------------------------------------------- words


def test_the_better_source_is_believed_whatever_its_error() -> None:
    gps, server = word(trust=Trust.GPS, err_ms=5_000), word(9, trust=Trust.SERVER, err_ms=1)

    assert best([server, gps], 0) is gps


def test_of_two_words_of_one_source_the_one_with_the_smaller_error_by_now_is_believed() -> None:
    early, late = word(err_ms=20), word(18, boot_ns=10 * H, err_ms=30)

    assert [early, late] == [best([early, late], at_ns) for at_ns in (0, 10 * H)]


def test_a_word_that_is_worn_gives_way_to_any_fresh_one() -> None:
    """A month without NTP: 100 ppm are four minutes, and the receiver knows the second."""
    month_ns = 30 * DAY
    ntp, server = word(), word(8 + 720, boot_ns=month_ns, trust=Trust.SERVER, err_ms=3_000)

    assert best([ntp, server], month_ns) is server
    assert best([ntp], month_ns) is ntp


def test_what_another_source_said_counts_only_where_it_ranks_above_the_kernels_own_clock() -> None:
    said = word(9, trust=Trust.SERVER)
    told = [better(stamp(8, boot_ns=H, trust=trust), said).trust for trust in (Trust.NONE, Trust.RTC, Trust.NTP)]

    assert [Trust.SERVER, Trust.SERVER, Trust.NTP] == told


def test_the_error_of_a_word_grows_with_its_age() -> None:
    aged = better(stamp(0, boot_ns=10_000 * NS_PER_S, trust=Trust.NONE), word(err_ms=20))

    assert (MIDNIGHT_JST_UTC_NS + 8 * H + 10_000 * NS_PER_S, 1_020) == (aged.utc_ns, aged.err_ms)


@pytest.mark.parametrize("trust", list(Trust))
def test_a_word_needs_somebody_who_keeps_time(trust: Trust) -> None:
    """A battery nobody has checked is no witness."""
    assert (trust in SOURCES) == (as_word(stamp(trust=trust)) is not None)


def test_an_entry_before_the_clock_was_set_is_restated_by_the_exit_behind_it() -> None:
    came = replace(stamp(trust=Trust.NONE), utc_ns=60 * NS_PER_S)
    left = stamp(17, boot_ns=9 * H)

    assert MIDNIGHT_JST_UTC_NS + 8 * H == restated(came, by=left).utc_ns
    assert came is restated(came, by=replace(left, boot="c"))
    assert left is restated(left, by=came)


# ---------------------------------------------------------------- corrections


@pytest.mark.parametrize(("off_s", "is_wrong"), [(0, False), (1.9, False), (2.1, True), (-3600, True)])
def test_a_battery_that_was_right_needs_no_correction(*, off_s: float, is_wrong: bool) -> None:
    when = Exact(at_ns=MIDNIGHT_JST_UTC_NS, err_ms=20, trust=Trust.NTP)

    assert is_wrong == is_needed(when, MIDNIGHT_JST_UTC_NS + round(off_s * NS_PER_S))


def test_a_battery_is_not_called_wrong_by_a_source_that_knows_no_better() -> None:
    when = Exact(at_ns=MIDNIGHT_JST_UTC_NS, err_ms=5_000, trust=Trust.SERVER)

    assert not is_needed(when, MIDNIGHT_JST_UTC_NS + 4 * NS_PER_S)


@pytest.mark.parametrize(
    ("low_h", "high_h", "rtc_h", "is_wrong"),
    [(1, 3, 2, False), (1, 3, 0.5, True), (1, 3, 3.5, True), (None, 3, 0, False), (1, None, 9, False)],
)
def test_a_battery_is_kept_inside_the_bracket_and_corrected_outside(
    *, low_h: float | None, high_h: float | None, rtc_h: float, is_wrong: bool
) -> None:
    ends = [None if hours is None else round(hours * H) for hours in (low_h, high_h)]
    when = Between(not_before_ns=ends[0], not_after_ns=ends[1], trust=Trust.NTP)

    assert is_wrong == is_needed(when, round(rtc_h * H))


@pytest.mark.parametrize(
    ("low_h", "high_h", "day"),
    [(5, 20, date(2026, 11, 24)), (3, 5, None), (None, 5, None), (5, None, None), (20, 27, date(2026, 11, 24))],
)
def test_a_bracket_names_a_day_only_if_both_ends_lie_in_it(
    low_h: float | None, high_h: float | None, day: date | None
) -> None:
    ends = [None if hours is None else MIDNIGHT_JST_UTC_NS + round(hours * H) for hours in (low_h, high_h)]
    when = Between(not_before_ns=ends[0], not_after_ns=ends[1], trust=Trust.NTP)

    assert day == sure_day(when, cut_off_min=240)


def test_a_time_at_the_cut_off_names_no_day_unless_it_is_sure() -> None:
    at_ns = MIDNIGHT_JST_UTC_NS + 4 * H + NS_PER_S
    days = [sure_day(Exact(at_ns=at_ns, err_ms=err, trust=Trust.SERVER), cut_off_min=240) for err in (10, 1_000, 5_000)]

    assert [date(2026, 11, 24), date(2026, 11, 24), None] == days


# ---------------------------------------------------------------- boots


def boot(began_h: float, seen_h: float, *words: Anchor) -> Boot:
    return Boot(began_ns=round(began_h * H), seen_ns=round(seen_h * H), words=words)


def test_a_boot_between_two_that_knew_the_time_is_bracketed_by_them() -> None:
    """Monday: synchronised at 8, off at 17. Tuesday: no network, one touch after 2 hours, off after 5. Wednesday: 8."""
    monday, tuesday, wednesday = boot(0, 9, word(8, err_ms=0)), boot(0, 5), boot(0, 1, word(56, err_ms=0))
    when = Past(before=(monday,), boot=tuesday, after=(wednesday,)).when(2 * H)

    assert isinstance(when, Between)
    assert when.not_before_ns is not None
    assert when.not_after_ns is not None
    slack_ns = 8 * H * DRIFT_PPM // 1_000_000 + 13 * H * DRIFT_PPM // 1_000_000
    assert 0 <= MIDNIGHT_JST_UTC_NS + 19 * H - when.not_before_ns < slack_ns
    assert 0 <= when.not_after_ns - (MIDNIGHT_JST_UTC_NS + 53 * H) < slack_ns


def test_without_an_earlier_boot_that_knew_the_time_nothing_is_said_of_the_beginning() -> None:
    """When this program was written says nothing about a touch."""
    when = Past(before=(), boot=boot(0, 5), after=(boot(0, 1, word(56)),)).when(2 * H)

    assert isinstance(when, Between)
    assert when.not_before_ns is None
    assert when.not_after_ns is not None


def test_bounds_are_rounded_outwards() -> None:
    """They travel as milliseconds: rounding must not shut out the truth."""
    odd = replace(word(err_ms=0), utc_ns=MIDNIGHT_JST_UTC_NS + 1)
    when = Past(before=(boot(0, 0, odd),), boot=boot(0, 0), after=(boot(0, 0, odd),)).when(0)

    assert (
        Between(not_before_ns=MIDNIGHT_JST_UTC_NS, not_after_ns=MIDNIGHT_JST_UTC_NS + NS_PER_MS, trust=Trust.NTP)
        == when
    )


@pytest.mark.parametrize(
    ("earlier", "later", "kept"),
    [
        (Trust.NTP, Trust.SERVER, "not_before_ns"),
        (Trust.SERVER, Trust.NTP, "not_after_ns"),
        (Trust.GSM, Trust.GSM, "not_after_ns"),
    ],
)
def test_of_two_boots_that_exclude_each_other_the_better_word_stays(earlier: Trust, later: Trust, kept: str) -> None:
    """A receiver whose clock was a day ahead must not make a bracket without an inside."""
    before, after = boot(0, 9, word(32, trust=earlier)), boot(0, 1, word(8, trust=later))
    when = Past(before=(before,), boot=boot(0, 5), after=(after,)).when(2 * H)

    assert [kept] == [name for name in ("not_before_ns", "not_after_ns") if getattr(when, name) is not None]


# ---------------------------------------------------------------- the promise


@dataclass
class Truth:
    """One boot as it really was: true times of its moments, and what the box kept of it."""

    boot: Boot
    touches: list[tuple[int, int, int | None]] = field(default_factory=list)
    """Boot clock, true UTC, what the battery said."""


seconds = st.just(0.0) | st.floats(0, 10) | st.floats(0, 3 * 86_400)
deeds = st.one_of(
    st.tuples(st.just("touch"), seconds, st.none()),
    st.tuples(st.just("sign"), seconds, st.none()),
    st.tuples(st.just("word"), seconds, st.tuples(st.sampled_from(SOURCES), st.integers(0, 5_000), st.floats(-1, 1))),
)
boots = st.lists(
    st.fixed_dictionaries(
        {
            "off_s": seconds,
            "late_s": st.floats(0, 600),
            "elsewhere_s": st.just(0.0) | seconds,
            "drift_ppm": st.floats(-DRIFT_PPM, DRIFT_PPM),
            "rtc_off_s": st.none() | st.floats(-1e8, 1e8) | st.just(0.0),
            "deeds": st.lists(deeds, max_size=6),
        }
    ),
    max_size=6,
)


def live(history: list[dict]) -> list[Truth]:
    """
    Play the history: suspends are time that passes, steps of the wall clock are what the battery says.

    A disk may have moved to a machine that had been up for a while: `elsewhere_s`.
    """
    now_ns, lived = MIDNIGHT_JST_UTC_NS, []
    for number, plan in enumerate(history):
        now_ns += round(plan["off_s"] * NS_PER_S)
        booted_ns, rate = now_ns - round(plan["elsewhere_s"] * NS_PER_S), 1 / (1 + plan["drift_ppm"] * 1e-6)

        def boot_ns(utc_ns: int, booted_ns: int = booted_ns, rate: float = rate) -> int:
            return round((utc_ns - booted_ns) * rate)

        now_ns += round(plan["late_s"] * NS_PER_S)
        truth = Truth(Boot(began_ns=boot_ns(now_ns), seen_ns=boot_ns(now_ns)))
        words: list[Anchor] = []
        for deed, passed_s, said in plan["deeds"]:
            now_ns += round(passed_s * NS_PER_S)
            at_ns = boot_ns(now_ns)
            if deed == "word":
                trust, err_ms, share = said
                utc_ns = now_ns + int(share * err_ms * NS_PER_MS)
                words.append(Anchor(boot=f"b{number}", boot_ns=at_ns, utc_ns=utc_ns, trust=trust, err_ms=err_ms))
            elif deed == "touch":
                rtc = plan["rtc_off_s"]
                truth.touches.append((at_ns, now_ns, None if rtc is None else now_ns + round(rtc * NS_PER_S)))
            truth.boot = replace(truth.boot, seen_ns=at_ns, words=tuple(words))
        lived.append(truth)
    return lived


def around(lived: list[Truth], number: int) -> Past:
    """Return what the box remembers around this boot."""
    known = [i for i, truth in enumerate(lived) if truth.boot.words]
    first = max((i for i in known if i < number), default=number)
    last = min((i for i in known if i > number), default=number)
    kept = [truth.boot for truth in lived]
    return Past(before=tuple(kept[first:number]), boot=kept[number], after=tuple(kept[number + 1 : last + 1]))


@settings(max_examples=300, deadline=None)
@given(boots)
def test_the_true_time_lies_within_what_is_said(history: list[dict]) -> None:
    lived = live(history)
    for number, truth in enumerate(lived):
        is_decided = any(other.boot.words for other in lived[number:])
        for at_ns, true_ns, rtc_ns in truth.touches:
            when = around(lived, number).when(at_ns)
            match when:
                case Exact():
                    assert abs(when.at_ns - true_ns) <= when.err_ms * NS_PER_MS + 1_000
                case Between(not_before_ns=low, not_after_ns=high):
                    assert low is None or low <= true_ns + 1_000
                    assert high is None or true_ns <= high + 1_000
                    assert is_decided == (high is not None)
            day = sure_day(when, cut_off_min=240)
            assert day in {None, sure_day(Exact(at_ns=true_ns, err_ms=0, trust=Trust.NTP), cut_off_min=240)}
            if rtc_ns == true_ns:
                assert not is_needed(when, rtc_ns)


@settings(max_examples=100, deadline=None)
@given(boots)
def test_touches_keep_their_order_within_a_boot(history: list[dict]) -> None:
    lived = live(history)
    for number, truth in enumerate(lived):
        said = [around(lived, number).when(at_ns) for at_ns, _, _ in sorted(truth.touches)]
        if len(truth.boot.words) == 1:
            assert [w.at_ns for w in said] == sorted(w.at_ns for w in said)  # type: ignore[union-attr]
        for end in ("not_before_ns", "not_after_ns"):
            ends = [getattr(when, end, None) for when in said]
            assert [e for e in ends if e is not None] == sorted(e for e in ends if e is not None)


def test_worn_is_what_the_manual_says() -> None:
    assert 27 < WORN_NS * 1_000_000 / DRIFT_PPM / H < 28
