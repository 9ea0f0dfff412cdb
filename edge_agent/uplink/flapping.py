"""Notice that the broker ends our connections soon after they began, again and again. Pure; retries nothing.

A broker that gives our place to another client should say so (0x8E). In MQTT 3.1.1 it cannot: two boxes with one
identity then throw each other out for ever.
"""

from collections import deque

from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink.reasons import BUSY_FACTOR, BrokerClosed, BrokerError

TIMES = 5
SHORT_NS = 60 * NS_PER_S
WITHIN_NS = 1800 * NS_PER_S


class Flapping:
    """The last short connections."""

    def __init__(self) -> None:
        self._ends: deque[int] = deque(maxlen=TIMES)
        self.warning = ""
        """What may be the matter; empty if all is well."""

    def ended(self, error: BrokerError, *, lasted_ns: int, now_ns: int) -> BrokerError:
        """Hear how a connection ended; return the error to go on with."""
        if lasted_ns >= SHORT_NS or type(error) is not BrokerClosed:
            self.passed(now_ns)
            return error
        self._ends.append(now_ns)
        if not self._is_flapping(now_ns):
            return error
        self.warning = (
            f"the broker ended {TIMES} connections soon after they began: another client may use our identity; "
            "was this box's disk copied? Does the broker's log say why?"
        )
        return BrokerClosed(f"{error}; {self.warning}", code=error.code, slow_factor=BUSY_FACTOR)

    def passed(self, now_ns: int) -> None:
        """Hear that time has passed: after a quiet while it may be over."""
        if not self._is_flapping(now_ns):
            self.warning = ""

    def _is_flapping(self, now_ns: int) -> bool:
        return len(self._ends) == TIMES and now_ns - self._ends[0] < WITHIN_NS
