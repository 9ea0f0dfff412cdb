"""How much backlog is under way, on lines of any kind."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink.budget import LEAST_BYTES, START_BYTES, Budget

MOST = 200_000


class Wire:
    """A line with a delay and a narrow place, as a budget sees it."""

    def __init__(self, *, delay_s: float, bytes_per_s: float) -> None:
        self.budget = Budget(MOST)
        self.delay_s, self.bytes_per_s = delay_s, bytes_per_s
        self.now_s = self.free_s = 0.0
        self.flights: deque[tuple[float, float, int]] = deque()
        self.budget.acknowledged(0, took_ns=round(delay_s * NS_PER_S), now_ns=0)
        self.live_s: list[float] = []
        self.carried = 0

    def run(self, seconds: float) -> None:
        """Drain an endless backlog, with a live event each second."""
        until_s, live_s = self.now_s + seconds, self.now_s + 1
        while self.now_s < until_s:
            if self.now_s >= live_s:
                self.flights.append((self._send(400), self.now_s, 0))
                live_s += 1
            while self.budget.takes(size := min(17_000, self.budget.parcel_bytes)):
                self.flights.append((self._send(size), self.now_s, size))
            back_s, sent_s, size = self.flights.popleft()
            self.now_s = max(self.now_s, back_s)
            self.carried += size
            if not size:
                self.live_s.append(back_s - sent_s)
            self.budget.acknowledged(size, took_ns=round((back_s - sent_s) * NS_PER_S), now_ns=self._ns())

    def _send(self, size: int) -> float:
        self.free_s = max(self.now_s, self.free_s) + size / self.bytes_per_s
        return self.free_s + self.delay_s

    def _ns(self) -> int:
        return round(self.now_s * NS_PER_S)


@pytest.mark.parametrize(
    ("delay_s", "bytes_per_s"), [(0.06, 625_000), (0.6, 125_000), (0.03, 60_000), (0.15, 2_500_000)]
)
def test_the_line_is_used_and_a_live_event_waits_little(delay_s: float, bytes_per_s: float) -> None:
    """LTE, satellite, a poor cell, a far fibre: one setting for all of them."""
    wire = Wire(delay_s=delay_s, bytes_per_s=bytes_per_s)
    wire.run(120)
    possible = min(bytes_per_s, MOST / (delay_s * 1.5))

    assert wire.carried / 120 > 0.5 * possible
    assert max(wire.live_s[5:]) < 3 * max(delay_s, 0.1)


def test_on_the_narrowest_line_a_live_event_waits_for_seconds_not_minutes() -> None:
    wire = Wire(delay_s=0.3, bytes_per_s=2_000)
    wire.run(300)

    assert max(wire.live_s[20:]) <= 2 * LEAST_BYTES / 2_000


def test_a_line_that_becomes_slower_is_learned_anew() -> None:
    """The detour is for ever: its delay must not look like a full line for ever."""
    wire = Wire(delay_s=0.02, bytes_per_s=625_000)
    wire.run(60)
    wire.delay_s, wire.carried = 0.4, 0
    wire.run(300)

    assert wire.carried / 300 > 0.3 * min(625_000, MOST / 0.6)


@given(st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 10**10), st.integers(0, 10**9)), max_size=60))
def test_the_budget_stays_within_its_bounds(answers: list[tuple[int, int, int]]) -> None:
    budget, now_ns = Budget(50_000), 0
    for size, took_ns, passed_ns in answers:
        now_ns += passed_ns
        if budget.takes(size):
            budget.acknowledged(size, took_ns=took_ns, now_ns=now_ns)
        assert LEAST_BYTES <= budget.bytes <= 50_000


def test_a_setting_smaller_than_the_start_is_kept() -> None:
    assert START_BYTES > Budget(1_000).bytes == 1_000
