"""The clock: boot time goes on, and wall time is believed only as far as it deserves."""

import pytest

from edge_agent import clock as clock_module
from edge_agent.clock import WRITTEN_UTC_NS, SystemClock
from edge_agent.core.touch import Trust


def test_boot_time_only_goes_forward() -> None:
    clock = SystemClock()
    times = [clock.boot_ns() for _ in range(1000)]

    assert sorted(times) == times


def test_a_stamp_has_every_clock_and_the_kernels_boot_id() -> None:
    first, second = SystemClock().stamp(), SystemClock().stamp()

    assert first.boot == second.boot
    assert first.boot_ns <= second.boot_ns
    assert 36 == len(first.boot)


@pytest.mark.parametrize(
    ("state", "host_keeps_time", "has_rtc", "trust"),
    [
        (0, False, False, Trust.NTP),
        (5, False, True, Trust.RTC),
        (5, False, False, Trust.NONE),
        (5, True, False, Trust.HOST),
        (-1, False, False, Trust.NONE),
        (-1, False, True, Trust.RTC),
    ],
)
def test_trust_follows_who_keeps_the_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path, *, state: int, host_keeps_time: bool, has_rtc: bool, trust: Trust
) -> None:
    monkeypatch.setattr(clock_module, "_adjtimex", lambda: (state, 20_000))
    monkeypatch.setattr(clock_module, "RTC", tmp_path if has_rtc else tmp_path / "none")

    assert trust is SystemClock(host_keeps_time=host_keeps_time).stamp().trust


def test_a_wall_clock_before_this_program_was_written_is_never_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No RTC: the box wakes up in 1970 and says so."""
    monkeypatch.setattr(clock_module, "_adjtimex", lambda: (0, 0))
    monkeypatch.setattr(clock_module, "WRITTEN_UTC_NS", 2 * WRITTEN_UTC_NS)

    assert Trust.NONE is SystemClock().stamp().trust
