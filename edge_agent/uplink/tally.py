"""Which events the receiver has, which the broker has, which are still to be sent. Pure; sends nothing.

Every number up to the newest that is not in the live lane and not in flight is in one of these places:

    receipted    <= upto, or in a range the receiver named above it: never sent again
    sent         the broker has it, the receiver has not said so yet
    todo         to be sent
    (none)       cannot be sent: withheld, or no longer kept

A PUBACK makes an event sent, and no more than that. Only a receipt takes it out (I1, I3). A receipt that does not come
in time makes what was sent todo again. So an event may be sent twice, and the receiver keeps it once.
"""

import enum
from typing import Literal

from edge_agent.core.message import Receipt
from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink.ranges import Ranges

MAX_RUNS = 200
PATIENCE_MAX_NS = 3_600 * NS_PER_S
ANSWERING_PATIENCE_NS = 2 * NS_PER_S
"""A receiver that answers, and does not name what the broker took before, has not got it: it is soon sent again."""


class Probe(enum.Enum):
    """While receipts do not come, one batch at a time asks whether the receiver is back: nobody is flooded."""

    NO = enum.auto()
    DUE = enum.auto()
    OUT = enum.auto()


class Tally:
    """The books on one epoch."""

    def __init__(
        self,
        *,
        epoch: str,
        upto: int,
        generation: int,
        last: int,
        receipt: Literal["receiver", "broker"],
        receipt_timeout_s: float,
    ) -> None:
        """Begin with the last receipt the spool knows, and everything after it to be sent."""
        self.upto, self.generation = upto, generation
        self.is_forked = False
        """The receiver has other or later events of this epoch: this disk is a copy, or was set back."""
        self.has_forgotten = False
        """The receiver said just now that it has less than it once had: restored, and does not know it."""
        self.todo = Ranges([(upto + 1, last)])
        self.probe = Probe.NO
        self._epoch = epoch
        self._trusts_broker = receipt == "broker"
        self._sent = Ranges()
        self._more = Ranges()
        self._patience_ns = self._first_patience_ns = round(receipt_timeout_s * NS_PER_S)
        self._waiting_since_ns: int | None = None

    def add(self, first: int, last: int) -> None:
        """Make these todo, as far as the receiver does not have them."""
        self.todo.add(max(first, self.upto + 1), last)
        for a, b in self._more:
            self.todo.discard(a, b)

    def took(self, first: int, last: int) -> None:
        """Hear that these were handed to the connection."""
        self.todo.discard(first, last)
        if self.probe is Probe.DUE:
            self.probe = Probe.OUT

    def acknowledged(self, first: int, last: int, now_ns: int) -> None:
        """Hear that the broker has these."""
        self._sent.add(max(first, self.upto + 1), last)
        for a, b in self._more:
            self._sent.discard(a, b)
        self._trust_broker()
        if self._sent and self._waiting_since_ns is None:
            self._waiting_since_ns = now_ns
        self._bound()

    def forget(self, first: int, last: int) -> None:
        """Hear that these cannot be sent. The broker's word passes them; the receiver waits for them."""
        self.todo.discard(first, last)
        self._sent.discard(first, last)
        if self._trusts_broker:
            self._sent.add(max(first, self.upto + 1), last)
            self._trust_broker()

    def heard(
        self,
        receipt: Receipt,
        *,
        newest: int,
        handed: int,
        now_ns: int,
        is_fresh: bool = False,
        own_head: str = "",
    ) -> bool:
        """
        Hear what the receiver has committed; return whether that is news. An old or foreign receipt is none.

        Nor is anything once the history has forked: whose events the receiver counts is not known any more.

        Args:
            receipt: Its word.
            newest: The newest event of the spool.
            handed: Everything up to here has been todo: behind it is the live lane.
            now_ns: Now.
            is_fresh: The receiver said it just now; not the broker, from memory.
            own_head: The hash of our own event at `upto`; empty where it is no longer kept.

        """
        if receipt.epoch != self._epoch or self.is_forked:
            return False
        if own_head and receipt.head and own_head != receipt.head:
            self.is_forked = True
            return False
        if (receipt.gen, receipt.upto) < (self.generation, self.upto):
            self.has_forgotten |= is_fresh
            return False
        if receipt.upto > newest or any(nack.code == "fork" for nack in receipt.nack):
            self.is_forked = True
            return False
        if receipt.gen > self.generation:
            self._rewind(receipt, handed)
        self._take_out(receipt, now_ns)
        if is_fresh:
            self._expect_soon(now_ns)
        self._bound()
        return True

    def is_probing(self, *, in_flight: bool) -> bool:
        """
        Tell whether nothing more is to be sent before a probe is answered.

        One that is neither in flight nor waits for its receipt any more was taken back meanwhile: nobody would answer.
        """
        return self.probe is Probe.OUT and (in_flight or bool(self._sent))

    def lost(self) -> None:
        """Hear that the connection broke: a probe under way may not have arrived."""
        if self.probe is Probe.OUT and not self._sent:
            self.probe = Probe.DUE

    def resume(self, now_ns: int) -> None:
        """Count the wait for a receipt from now on: without a connection none could come."""
        self._waiting_since_ns = now_ns if self._sent else None

    def overdue_ns(self) -> int | None:
        """Return when the patience with the receiver ends; None while nothing waits for it."""
        if self._waiting_since_ns is None or self._trusts_broker:
            return None
        return self._waiting_since_ns + self._patience_ns

    def lose_patience(self, now_ns: int) -> None:
        """Make everything sent todo again, if its receipt is overdue; wait twice as long the next time."""
        overdue_ns = self.overdue_ns()
        if overdue_ns is None or now_ns < overdue_ns:
            return
        self.todo.take_over(self._sent)
        self._waiting_since_ns = None
        self._patience_ns = min(2 * self._patience_ns, PATIENCE_MAX_NS)
        self.probe = Probe.DUE

    def _rewind(self, receipt: Receipt, handed: int) -> None:
        # Rule: a receiver restored from a backup says so with a higher generation, and is believed even if it has less.
        is_first = (self.generation, self.upto) == (0, 0)
        self.generation, self.upto = receipt.gen, receipt.upto
        if is_first:
            return
        self._more.clear()
        self._sent.clear()
        self.todo.add(receipt.upto + 1, handed)

    def _take_out(self, receipt: Receipt, now_ns: int) -> None:
        more, oldest = Ranges(receipt.more), self._sent.first_run
        is_progress = receipt.upto > self.upto or list(more) != list(self._more)
        self.upto, self._more = receipt.upto, more
        for a, b in [(1, receipt.upto), *receipt.more, *((nack.seq, nack.seq) for nack in receipt.nack)]:
            self.todo.discard(a, b)
            is_progress |= self._sent.discard(a, b)
        if is_progress:
            self._patience_ns = self._first_patience_ns
            self.probe = Probe.NO
            self._wait_for_oldest(oldest, now_ns)

    def _wait_for_oldest(self, before: tuple[int, int] | None, now_ns: int) -> None:
        # Rule: news of younger events do not excuse the oldest. At a busy gate there is always such news.
        now = self._sent.first_run
        if now is None:
            self._waiting_since_ns = None
        elif before is None or now[0] != before[0] or self._waiting_since_ns is None:
            self._waiting_since_ns = now_ns

    def _expect_soon(self, now_ns: int) -> None:
        soon_ns = min(ANSWERING_PATIENCE_NS, self._first_patience_ns)
        if self._patience_ns == self._first_patience_ns:
            self._patience_ns = soon_ns
        elif self._waiting_since_ns is not None:
            # It was away for long and is back: asked once soon, without forgetting how long it was away.
            self._waiting_since_ns = min(self._waiting_since_ns, now_ns + soon_ns - self._patience_ns)

    def _trust_broker(self) -> None:
        run = self._sent.first_run
        if self._trusts_broker and run is not None and run[0] == self.upto + 1:
            self.upto = run[1]
            self._sent.discard(*run)

    def _bound(self) -> None:
        # Rule (I8): the books stay small. What they then forget is sent twice, never not at all.
        if len(self._sent) > MAX_RUNS:
            self.todo.take_over(self._sent)
        if len(self.todo) > MAX_RUNS:
            self.todo.fill()
