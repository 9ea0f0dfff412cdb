"""The one retry policy: how long it waits, and what ends it."""

from threading import Event

import pytest

from edge_agent.uplink.reasons import BrokerError, BrokerLost, BrokerRefused, CertificateDate, SessionTaken
from edge_agent.uplink.retry import keep_trying

LONGEST_S = 300.0


def _waits(errors: list[BrokerError], *, was_steady: bool = False) -> list[float]:
    """Return how long it waits after each of these."""
    waits: list[float] = []
    left = list(errors)

    def work() -> None:
        if left:
            raise left.pop(0)

    keep_trying(work, stop=Event(), longest_s=LONGEST_S, rest=waits.append, was_steady=lambda: was_steady)
    return waits


def test_waits_grow_at_random_up_to_the_longest() -> None:
    """Full jitter: after an outage of the broker ten thousand boxes must not come back in the same second."""
    rounds = [_waits([BrokerLost("away")] * 15) for _ in range(200)]

    for attempt in range(15):
        waits = [waits[attempt] for waits in rounds]
        ceiling_s = min(LONGEST_S, 2.0**attempt)
        assert 0.8 * ceiling_s < max(waits) <= ceiling_s
        assert min(waits) < 0.2 * ceiling_s


def test_after_a_steady_connection_the_waits_begin_short_again() -> None:
    waits = _waits([BrokerLost("away")] * 50, was_steady=True)

    assert max(waits) <= 1.0


def test_a_busy_broker_is_given_four_times_as_long() -> None:
    waits = [_waits([BrokerLost("busy", code=0x97, slow_factor=4.0)])[0] for _ in range(200)]

    assert 3.0 < max(waits) <= 4.0


def test_where_somebody_must_act_it_tries_slowly() -> None:
    waits = _waits([BrokerRefused("not authorized")] * 100)

    assert min(waits) >= LONGEST_S
    assert max(waits) <= 3 * LONGEST_S


def test_a_wrong_date_heals_by_itself_and_is_tried_as_often_as_a_lost_line() -> None:
    """A box that boots in 1970 gets its time from the network seconds later."""
    assert _waits([CertificateDate("not valid yet")])[0] <= 1.0


def test_a_taken_identity_is_never_fought_over() -> None:
    with pytest.raises(SessionTaken):
        _waits([SessionTaken("another box")])


def test_stopping_ends_the_trying() -> None:
    stop = Event()

    def work() -> None:
        raise BrokerLost("away")

    keep_trying(work, stop=stop, longest_s=LONGEST_S, rest=lambda _s: stop.set(), was_steady=lambda: False)

    assert stop.is_set()


def test_a_bug_is_not_retried() -> None:
    def work() -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        keep_trying(work, stop=Event(), longest_s=LONGEST_S, rest=lambda _s: None, was_steady=lambda: False)
