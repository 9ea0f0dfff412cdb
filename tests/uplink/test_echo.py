"""The time by the receiver's answer to a birth message."""

import pytest

from edge_agent.core.calendar import rfc3339
from edge_agent.core.message import Receipt
from edge_agent.core.touch import NS_PER_MS, NS_PER_S, Trust
from edge_agent.uplink.echo import Echo
from hardware_fakes.clock import FakeClock

TRUE_UTC_NS = 1_795_500_000 * NS_PER_S


def _answer(echo_ms: int | None, t: str = rfc3339(TRUE_UTC_NS)) -> Receipt:
    return Receipt(epoch="e5c1d20be5c1d20b", gen=1, upto=0, echo_ms=echo_ms, t=t)


def test_an_answer_tells_the_time_give_or_take_half_of_what_it_took() -> None:
    """A box without a clock battery, behind a firewall without NTP: it still dates its touches."""
    clock, echo = FakeClock(utc_ns=0, trust=Trust.NONE), Echo()
    asked_ns = clock.boot_ns()
    echo_ms = echo.asked(clock.stamp())
    clock.advance(0.4)
    anchor = echo.answered(_answer(echo_ms), clock.stamp())

    assert anchor is not None
    assert (clock.stamp().boot, Trust.SERVER) == (anchor.boot, anchor.trust)
    assert asked_ns + 200 * NS_PER_MS == anchor.boot_ns
    assert (TRUE_UTC_NS, 201) == (anchor.utc_ns, anchor.err_ms)


def test_a_slow_answer_tells_nothing() -> None:
    clock, echo = FakeClock(), Echo()
    echo_ms = echo.asked(clock.stamp())
    clock.advance(10)

    assert echo.answered(_answer(echo_ms), clock.stamp()) is None


@pytest.mark.parametrize("changed", [None, 0, 60_001])
def test_a_receipt_that_answers_nothing_or_another_birth_tells_nothing(changed: int | None) -> None:
    clock, echo = FakeClock(), Echo()
    echo.asked(clock.stamp())

    assert echo.answered(_answer(changed), clock.stamp()) is None


def test_an_answer_to_a_birth_before_the_last_one_tells_nothing() -> None:
    clock, echo = FakeClock(), Echo()
    first_ms = echo.asked(clock.stamp())
    clock.advance(1)
    echo.asked(clock.stamp())

    assert echo.answered(_answer(first_ms), clock.stamp()) is None


def test_the_same_answer_repeated_is_not_believed_twice() -> None:
    """The receiver repeats its receipt with each commit: later the same words would tell a wrong time."""
    clock, echo = FakeClock(), Echo()
    receipt = _answer(echo.asked(clock.stamp()))
    first = echo.answered(receipt, clock.stamp())
    clock.advance(5)

    assert first is not None
    assert echo.answered(receipt, clock.stamp()) is None


@pytest.mark.parametrize("t", ["2026-11-24T08:00:00.000", "x" * 20])
def test_a_time_that_is_none_tells_nothing(t: str) -> None:
    clock, echo = FakeClock(), Echo()

    assert echo.answered(_answer(echo.asked(clock.stamp()), t), clock.stamp()) is None
