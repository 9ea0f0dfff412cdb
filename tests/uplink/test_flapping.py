"""Two boxes with one identity, and a broker that cannot say so."""

from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink.flapping import TIMES, WITHIN_NS, Flapping
from edge_agent.uplink.reasons import BUSY_FACTOR, BrokerClosed, BrokerError, BrokerLost


def _ends(flapping: Flapping, times: int, *, kind: type[BrokerError] = BrokerClosed, lasted_s: int = 5) -> BrokerError:
    for number in range(times):
        error = flapping.ended(kind("the end"), lasted_ns=lasted_s * NS_PER_S, now_ns=number * 10 * NS_PER_S)
    return error


def test_connections_that_end_soon_again_and_again_are_told_and_slowed_down() -> None:
    """Disks get copied; the site then sees two boxes that both seem to work, a little."""
    flapping = Flapping()
    before = _ends(flapping, TIMES - 1)
    error = flapping.ended(BrokerClosed("the end"), lasted_ns=NS_PER_S, now_ns=60 * NS_PER_S)

    assert 1.0 == before.slow_factor
    assert BUSY_FACTOR == error.slow_factor
    assert "another client may use our identity" in str(error)
    assert "disk copied" in flapping.warning


def test_a_bad_line_and_long_connections_are_no_flapping() -> None:
    for error in (_ends(Flapping(), 50, kind=BrokerLost), _ends(Flapping(), 50, lasted_s=60)):
        assert 1.0 == error.slow_factor


def test_after_a_quiet_while_it_is_over() -> None:
    flapping = Flapping()
    _ends(flapping, TIMES)
    flapping.passed(WITHIN_NS - 1)
    during = flapping.warning
    flapping.passed(WITHIN_NS)

    assert during
    assert "" == flapping.warning
