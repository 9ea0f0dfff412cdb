"""Who was where, and how long: what a site pays by, so nothing is invented and nothing counts twice."""

import itertools
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.calendar import as_date, day_clock, deadline, moment_ns, rfc3339, site_day
from edge_agent.core.effective import Effective
from edge_agent.core.stays import PersonDay, Rules, Stay, pair, person_days
from edge_agent.core.touch import NS_PER_S, Stamp, Trust

MIDNIGHT_NS = 1_795_446_000 * NS_PER_S  # 2026-11-24T00:00:00+09:00
HOUR_S = 3600


def touch(clock: str, meaning: str = "entry", *, person: str = "A", **told: Any) -> Effective:
    """A touch at this time of the 24th: `31:05` is five past seven of the 25th."""
    hours, minutes = map(int, clock.split(":"))
    return at_s(HOUR_S * hours + 60 * minutes, meaning, person=person, **told)


def at_s(second: int, meaning: str = "entry", *, person: str = "A", **told: Any) -> Effective:
    utc_ns = MIDNIGHT_NS + second * NS_PER_S
    day = site_day(Stamp(boot="", boot_ns=0, utc_ns=utc_ns, trust=Trust.NTP), cut_off_min=240)
    fields = {"site": "S", "method": "card", "standing": "accepted", "day": day and day.isoformat(), **told}
    return Effective(person=person, meaning=meaning, time=rfc3339(utc_ns), **fields)


def shape(stay: Stay) -> tuple[str, str, str]:
    """`07:41-17:00`, with what is missing as `?`."""
    day = date(2026, 11, 24)
    ends = [None if end is None else day_clock(day, end) for end in (stay.since_ns, stay.until_ns)]
    return (stay.day[-2:], ends[0] or "?", ends[1] or "?")


def shapes(*touches: Effective) -> list[tuple[str, str, str]]:
    return [shape(stay) for stay in pair(touches)]


# ---------------------------------------------------------------- pairs


def test_an_entry_and_an_exit_make_a_stay_whatever_they_came_by() -> None:
    stay = pair([touch("17:05", "exit", method="phone"), touch("07:41", method="card")])[0]

    assert ("24", "07:41", "17:05") == shape(stay)
    assert 9 * HOUR_S + 24 * 60 == stay.length_s


def test_a_missing_exit_is_never_invented() -> None:
    [stay] = pair([touch("07:41")])

    assert (None, None) == (stay.exit, stay.length_s)


def test_an_exit_without_an_entry_is_a_day_and_no_hours() -> None:
    [day] = person_days([touch("17:00", "exit")])

    assert (1, 0, True) == (len(day.stays), day.length_s, day.is_entry_missing)


def test_a_second_entry_ends_no_stay_and_begins_another() -> None:
    assert [("24", "07:41", "?"), ("24", "13:00", "17:00")] == shapes(
        touch("07:41"), touch("13:00"), touch("17:00", "exit")
    )


def test_the_same_again_is_the_same() -> None:
    """At two boxes, or by card and telephone: one entry."""
    [stay] = pair([touch("07:41"), touch("07:43", method="phone"), touch("17:00", "exit"), touch("17:02", "exit")])

    assert ("24", "07:41", "17:00") == shape(stay)
    assert 4 == len(stay.touches)


def test_a_second_exit_later_is_told_and_does_not_lengthen_the_stay() -> None:
    assert [("24", "07:41", "17:00"), ("24", "?", "17:30")] == shapes(
        touch("07:41"), touch("17:00", "exit"), touch("17:30", "exit")
    )


def test_who_leaves_at_noon_and_comes_back_has_two_stays_and_one_day() -> None:
    [day] = person_days([touch("07:30"), touch("12:00", "exit"), touch("13:00"), touch("17:00", "exit")])

    assert (2, 8 * HOUR_S + 1800) == (len(day.stays), day.length_s)


def test_a_night_belongs_to_the_day_it_began() -> None:
    [day] = person_days([touch("20:00"), touch("29:30", "exit", day="2026-11-24")])

    assert ("2026-11-24", 9 * HOUR_S + 1800) == (day.day, day.length_s)


def test_a_night_ended_at_another_box_is_still_one_day() -> None:
    """That box knew of no entry, and took its own day for the exit's."""
    [day] = person_days([touch("20:00"), touch("29:30", "exit", flags=("missing_entry",))])

    assert ("2026-11-24", 9 * HOUR_S + 1800, False) == (day.day, day.length_s, day.is_entry_missing)


def test_an_exit_too_late_is_not_that_of_the_entry() -> None:
    """Forgotten on Tuesday evening and on Wednesday morning: two days, no hours."""
    days = person_days([touch("08:00"), touch("41:00", "exit", day="2026-11-24")])

    assert [("2026-11-24", 0), ("2026-11-25", 0)] == [(day.day, day.length_s) for day in days]
    assert [True, False] == [day.is_exit_missing(before_ns=MIDNIGHT_NS + 10**15) for day in days]
    assert [False, True] == [day.is_entry_missing for day in days]


def test_taps_tell_a_day_and_no_hours() -> None:
    [day] = person_days([touch("07:00", "tap"), touch("12:00", "tap"), touch("17:00", "tap")])

    assert (0, 0, 3) == (len(day.stays), day.length_s, len(day.seen))
    assert not day.is_exit_missing(before_ns=MIDNIGHT_NS + 10**15)


def test_a_touch_of_which_only_the_day_is_known_counts_as_a_day() -> None:
    [day] = person_days([touch("00:00", is_timed=False, day="2026-11-24"), touch("17:00", "exit")])

    assert (0, False) == (day.length_s, day.is_entry_missing)
    assert ["card"] == day.methods


def test_who_is_still_inside_lacks_no_exit() -> None:
    [day] = person_days([touch("07:41")])

    assert not day.is_exit_missing(before_ns=MIDNIGHT_NS)
    assert day.is_exit_missing(before_ns=MIDNIGHT_NS + 86_400 * NS_PER_S)


@pytest.mark.parametrize("meaning", ["repeat", "refused"])
def test_repeats_and_refusals_tell_nothing(meaning: str) -> None:
    assert [] == person_days([touch("07:41", meaning)])


def test_the_company_is_that_of_the_last_touch_that_tells_one() -> None:
    [day] = person_days([touch("07:41", company="a"), touch("12:00", "exit", company="b"), touch("13:00")])

    assert "b" == day.company


# ---------------------------------------------------------------- any touches

any_touch = st.builds(
    lambda second, meaning, person, method, is_timed: at_s(
        second, meaning, person=person, method=method, is_timed=is_timed
    ),
    st.integers(0, 3 * 86_400),
    st.sampled_from(["entry", "exit", "tap", "repeat"]),
    st.sampled_from("AB"),
    st.sampled_from(["card", "phone"]),
    st.sampled_from([True, True, True, False]),
)
many = st.lists(any_touch, max_size=14)


def told(days: list[PersonDay]) -> list[tuple[object, ...]]:
    return [
        (day.person, day.day, day.length_s, [(stay.since_ns, stay.until_ns) for stay in day.stays], day.methods)
        for day in days
    ]


@given(touches=many)
def test_doubling_every_touch_changes_nothing(touches: list[Effective]) -> None:
    """I10."""
    assert told(person_days(touches)) == told(person_days([*touches, *touches]))


@given(data=st.data(), touches=many)
def test_the_order_of_arrival_does_not_matter(data: st.DataObject, touches: list[Effective]) -> None:
    assert person_days(touches) == person_days(data.draw(st.permutations(touches)))


@given(touches=many)
def test_hours_are_the_sum_of_the_stays_and_no_stay_overlaps_another(touches: list[Effective]) -> None:
    days = person_days(touches)
    for person in "AB":
        stays = pair([each for each in touches if each.person == person])
        whole = [(stay.since_ns or 0, stay.until_ns or 0) for stay in stays if stay.length_s is not None]
        assert sum(day.length_s for day in days if day.person == person) == sum(stay.length_s or 0 for stay in stays)
        assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(whole))
        assert all(0 <= (stay.length_s or 0) <= Rules().longest_s for stay in stays)


@given(touches=many)
def test_a_person_day_is_counted_once_and_each_has_a_touch(touches: list[Effective]) -> None:
    days = person_days(touches)
    keys = [(day.person, day.site, day.day) for day in days]

    assert len(set(keys)) == len(keys)
    assert all(day.touches for day in days)
    telling = {touch.person for touch in touches if touch.meaning != "repeat"}
    assert telling == {day.person for day in days}


# ---------------------------------------------------------------- the calendar


@pytest.mark.parametrize(
    ("second", "written"),
    [(7 * HOUR_S + 41 * 60 + 59, "07:41"), (25 * HOUR_S + 600, "25:10"), (24 * HOUR_S, "24:00"), (-60, "-00:01")],
)
def test_a_night_is_written_as_people_write_it(second: int, written: str) -> None:
    assert written == day_clock(date(2026, 11, 24), MIDNIGHT_NS + second * NS_PER_S)


@pytest.mark.parametrize(
    ("day", "until"),
    [
        ("2026-11-24", "2026-12-31"),
        ("2026-12-01", "2027-01-31"),
        ("2027-01-31", "2027-02-28"),
        ("2028-01-01", "2028-02-29"),
    ],
)
def test_a_day_can_be_approved_until_the_end_of_the_next_month(day: str, until: str) -> None:
    assert date.fromisoformat(until) == deadline(date.fromisoformat(day))


@given(st.integers(0, 4_000_000_000_000))
def test_a_time_is_read_as_it_was_written(utc_ms: int) -> None:
    assert utc_ms * 1_000_000 == moment_ns(rfc3339(utc_ms * 1_000_000))


@pytest.mark.parametrize("text", ["2026-13-45T00:00:00.000+09:00", "2026-11-24T07:41:03.127", "x" * 24])
def test_text_that_is_no_time_is_none(text: str) -> None:
    assert moment_ns(text) is None
    assert as_date("2026-13-45") is None
