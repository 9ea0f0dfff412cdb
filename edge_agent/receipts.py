"""Receipts that came by hand to the running agent: checked, then handed to the uplink. Decides nothing about events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge_agent.control.server import Answers, BadRequest
from edge_agent.core.message import Receipt
from edge_agent.door import Door
from edge_agent.portable.receipts import Unbelievable, checked, parsed
from spool.file import SpoolUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedReceipts:
    """What the control socket answers about them."""

    gateway: str
    spool: Path
    receiver_key: str
    door: Door

    def handlers(self) -> Mapping[str, Callable[[Mapping[str, object]], Answers]]:
        """Return what the control socket answers."""
        return {"receipts": self.take}

    def take(self, wish: Mapping[str, object]) -> Answers:
        """Take one line of a receipts file, `line`; `key` is believed instead of the configured one, this once."""
        try:
            receipt = self._checked(str(wish.get("line", "")), str(wish.get("key") or "") or self.receiver_key)
        except (Unbelievable, SpoolUnavailable) as exc:
            raise BadRequest(str(exc)) from exc
        if receipt is None:
            return [{"taken": False}]
        self.door.offer(receipt)
        return [{"taken": True, "upto": receipt.upto}]

    def _checked(self, line: str, key: str) -> Receipt | None:
        said = parsed(line.encode())
        if said.gateway != self.gateway:
            raise Unbelievable(f"it is for {said.gateway}, and this is {self.gateway}")
        return checked(said, key=key, spool=self.spool, epoch=self.door.epoch)
