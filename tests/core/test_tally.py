"""What is counted: person-days once, what waits beside them, and no rate without its denominator."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.effective import Effective
from edge_agent.core.tally import days, total, totals

DAY = "2026-11-24"


def touch(clock: str, meaning: str = "entry", standing: str = "accepted", **told: Any) -> Effective:
    fields = {"site": "S", "person": "A", "company": "c", "method": "card", "day": DAY, **told}
    return Effective(meaning=meaning, standing=standing, time=f"{DAY}T{clock}:00.000+09:00", **fields)


def test_what_waits_stands_beside_what_counts() -> None:
    """Entry by card, exit by telephone: the day counts, the hours wait for approval."""
    [row] = days([touch("08:00"), touch("17:00", "exit", "pending", method="phone")])

    assert (0, 9 * 3600) == (row.counted_s, row.added_s)
    assert row.counted


def test_a_day_that_only_waits_is_listed_and_not_counted() -> None:
    rows = days([touch("08:00", standing="pending"), touch("17:00", "exit", "pending"), touch("08:00", person="B")])
    summed = total(rows, headcount=None)

    assert (1, 1, 0, 9 * 3600) == (summed.person_days, summed.waiting, summed.length_s, summed.added_s)


def test_refused_and_void_count_for_nothing() -> None:
    assert [] == days([touch("08:00", standing="refused"), touch("17:00", "exit", "void")])


def test_without_a_headcount_there_is_no_rate() -> None:
    rows = days([touch("08:00")])

    assert total(rows, headcount=None).touch_rate is None
    assert total(rows, headcount=0).touch_rate is None
    assert 0.25 == total(rows, headcount=4).touch_rate


def test_who_was_typed_by_hand_did_not_touch() -> None:
    rows = days([touch("08:00", standing="approved", method="hand"), touch("08:00", person="B")])

    assert (2, 1) == (total(rows, headcount=2).person_days, total(rows, headcount=2).by_touch)


def test_totals_are_by_company_and_all_together() -> None:
    rows = days([touch("08:00"), touch("08:00", person="B", company=None), touch("08:00", person="C")])
    sums = totals(rows, {(DAY, "S", None): 6, (DAY, "S", "c"): 2, (DAY, "T", None): 5})

    assert [((DAY, "S", None), 3), ((DAY, "S", ""), 1), ((DAY, "S", "c"), 2), ((DAY, "T", None), 0)] == [
        (key, each.person_days) for key, each in sums.items()
    ]
    assert (0.5, None, 1) == (
        sums[DAY, "S", None].touch_rate,
        sums[DAY, "S", ""].touch_rate,
        sums[DAY, "S", "c"].touch_rate,
    )


@given(
    st.lists(
        st.builds(
            lambda minute, *rest: touch(f"{minute // 60:02d}:{minute % 60:02d}", *rest[:2], person=rest[2]),
            st.integers(240, 1439),
            st.sampled_from(["entry", "exit", "tap"]),
            st.sampled_from(["accepted", "approved", "pending", "refused", "void"]),
            st.sampled_from("ABC"),
        ),
        max_size=12,
    )
)
def test_a_total_is_the_sum_of_its_rows(touches: list[Effective]) -> None:
    rows = days(touches)
    summed = total(rows, headcount=None)

    assert summed.person_days == len({each.person for each in touches if each.counts})
    assert summed.person_days + summed.waiting == len({each.person for each in touches if each.counts or each.waits})
    assert summed.length_s == sum(stay.length_s or 0 for row in rows if row.counted for stay in row.counted.stays)
