"""Sets of numbers as ranges behave like sets of numbers."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.uplink.ranges import Ranges

NUMBERS = st.integers(1, 30)
STEPS = st.lists(st.tuples(st.sampled_from(["add", "discard"]), NUMBERS, NUMBERS), max_size=20)


def _numbers(ranges: Ranges) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


@given(STEPS)
def test_ranges_hold_what_a_set_would_hold(steps: list[tuple[str, int, int]]) -> None:
    ranges, model = Ranges(), set()
    for what, first, last in steps:
        numbers = set(range(first, last + 1))
        if what == "add":
            ranges.add(first, last)
            model |= numbers
        else:
            assert bool(model & numbers) == ranges.discard(first, last)
            model -= numbers

    assert model == _numbers(ranges)
    assert all(number in ranges for number in model)
    assert all(ranges.overlaps(number, number) == (number in model) for number in range(32))


@given(STEPS)
def test_runs_are_sorted_apart_and_as_few_as_can_be(steps: list[tuple[str, int, int]]) -> None:
    """I8: what the books cost is the number of runs."""
    ranges = Ranges()
    for what, first, last in steps:
        getattr(ranges, what)(first, last)
    runs = list(ranges)

    assert all(first <= last for first, last in runs)
    assert all(after[0] > before[1] + 1 for before, after in itertools.pairwise(runs))


def test_filling_leaves_one_run_from_first_to_last() -> None:
    ranges = Ranges([(2, 3), (7, 9)])
    ranges.fill()

    assert [(2, 9)] == list(ranges)


def test_taking_over_empties_the_other() -> None:
    one, other = Ranges([(1, 2)]), Ranges([(3, 4), (8, 8)])
    one.take_over(other)

    assert [(1, 4), (8, 8)] == list(one)
    assert not other
