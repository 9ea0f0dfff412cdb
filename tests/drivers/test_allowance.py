"""So many a second, and so many at once: whatever comes, no more gets through."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.allowance import Allowance

S = 1_000_000_000


def test_what_is_left_fills_again_with_time() -> None:
    allowance = Allowance(per_s=2, at_once=1)

    assert [True, False, True] == [allowance.take(at) for at in (0, S // 4, 3 * S // 4)]


def test_a_refused_amount_takes_nothing() -> None:
    allowance = Allowance(per_s=1, at_once=10)

    assert [False, True] == [allowance.take(0, 11), allowance.take(0, 10)]


@given(st.lists(st.integers(-S, 2 * S), max_size=200), st.floats(0.1, 10), st.integers(1, 20))
def test_no_more_gets_through_than_the_measure_and_the_time_allow(steps: list[int], per_s: float, at_once: int) -> None:
    """Also when the clock is turned back, which CLOCK_BOOTTIME never is."""
    allowance, now_ns, passed_ns, taken = Allowance(per_s=per_s, at_once=at_once), 10**12, 0, 0
    for step_ns in steps:
        now_ns += step_ns
        passed_ns += max(0, step_ns)
        taken += allowance.take(now_ns)

    assert taken <= at_once + per_s * passed_ns / S + 0.001
