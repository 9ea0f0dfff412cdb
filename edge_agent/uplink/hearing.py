"""What the receiver says, brought to the courier, the spool and the clock. Listens to nothing itself."""

import logging
from dataclasses import dataclass

from edge_agent.clock import Clock
from edge_agent.core.message import Receipt, decode_receipt
from edge_agent.core.wire import Unreadable
from edge_agent.uplink.courier import Courier
from edge_agent.uplink.echo import Echo
from edge_agent.uplink.shelf import Shelf

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """One run's ear for receipts, whichever way they come."""

    epoch: str
    courier: Courier
    shelf: Shelf
    echo: Echo
    clock: Clock

    def payload(self, payload: bytes, *, is_fresh: bool) -> None:
        """Hear what came from the broker; bytes that are no receipt change nothing."""
        try:
            receipt = decode_receipt(payload)
        except Unreadable as exc:
            log.warning("receipt cannot be read", extra={"error": str(exc)})
            return
        if is_fresh:
            anchor = self.echo.answered(receipt, self.clock.stamp())
            if anchor is not None:
                self.clock.offer(anchor)
        self.receipt(receipt, is_fresh=is_fresh)

    def receipt(self, receipt: Receipt, *, is_fresh: bool) -> None:
        """Hear the receiver's word; an old or foreign one changes nothing."""
        if receipt.epoch != self.epoch:
            return
        courier = self.courier
        was_forked, was_broken_at = courier.tally.is_forked, courier.broken_at
        own_head = self.shelf.hash_at(receipt.upto) if receipt.head else ""
        courier.receipt(receipt, self.clock.boot_ns(), is_fresh=is_fresh, own_head=own_head)
        if courier.tally.is_forked and not was_forked:
            facts = {"upto": receipt.upto, "last": courier.last}
            log.error("receiver knows other events of this epoch than this disk", extra=facts)
        if courier.broken_at not in {None, was_broken_at}:
            log.error("receiver finds the history broken", extra={"seq": courier.broken_at})
        released = courier.take_released()
        if released is not None:
            self.shelf.release(after=released)
        self.date()

    def date(self) -> None:
        """Keep when the word that allows pruning last came."""
        stamp = self.clock.stamp()
        if stamp.is_dated:
            self.shelf.heard_utc_ns = stamp.utc_ns
