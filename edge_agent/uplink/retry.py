"""When to try again, for everything that goes over the network: the one retry policy. Never retries a publish.

Full jitter: after an outage of the broker ten thousand boxes must not come back in the same second.
"""

import random
from collections.abc import Callable
from threading import Event

import tenacity
from tenacity.wait import wait_base

from edge_agent.uplink.reasons import BrokerError, BrokerLost, BrokerRefused, CertificateDate

FIRST_WAIT_S = 1.0


class _Wait(wait_base):
    """Longer and longer at random; anew after a connection that was steady; slowly where somebody must act."""

    def __init__(self, *, longest_s: float, was_steady: Callable[[], bool]) -> None:
        self._longest_s = longest_s
        self._was_steady = was_steady
        self._jitter = tenacity.wait_random_exponential(multiplier=FIRST_WAIT_S, max=longest_s)

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        # Naughty, but tenacity counts the attempts itself and has no other way to begin anew.
        if self._was_steady():
            retry_state.attempt_number = 1
        error = retry_state.outcome.exception() if retry_state.outcome else None
        if isinstance(error, BrokerRefused) and not isinstance(error, CertificateDate):
            return random.uniform(self._longest_s, 3 * self._longest_s)  # noqa: S311 - jitter, not a secret
        factor = error.slow_factor if isinstance(error, BrokerError) else 1.0
        return self._jitter(retry_state) * factor


def keep_trying(
    work: Callable[[], None],
    *,
    stop: Event,
    longest_s: float,
    rest: Callable[[float], None],
    was_steady: Callable[[], bool],
) -> None:
    """
    Do the work until it returns or `stop` is set; after a `BrokerLost` or `BrokerRefused` do it again.

    Args:
        work: Connects, and stays connected as long as it can.
        stop: Ends the trying.
        longest_s: Longest wait between two tries; three times that where somebody must act.
        rest: Waits so many seconds, or until `stop` is set.
        was_steady: Whether the last connection held for a while: then the waits begin short again.

    Raises:
        SessionTaken: Trying again would fight another box.

    """
    policy = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((BrokerLost, BrokerRefused)),
        wait=_Wait(longest_s=longest_s, was_steady=was_steady),
        stop=tenacity.stop_when_event_set(stop),
        sleep=rest,
    )
    try:
        policy(work)
    except tenacity.RetryError:
        return
