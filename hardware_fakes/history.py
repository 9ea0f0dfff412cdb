"""What a gateway has committed, without the gateway: chained events, as many as wanted. Sends nothing."""

import zlib
from collections.abc import Iterable
from typing import Any

import msgspec

from edge_agent.core import events, wire

EPOCH = "e5c1d20be5c1d20b"


class History:
    """The events of one gateway's epoch, numbered from 1 and chained."""

    def __init__(self, gateway: str = "gw-1", epoch: str = EPOCH) -> None:
        self.gateway, self.epoch = gateway, epoch
        self.bodies: list[bytes] = []

    def append(self, *, time: str = "2026-11-24T07:41:03.127+09:00", **changes: object) -> bytes:
        """Commit one more event; `changes` replace what it says of the touch."""
        data: dict[str, Any] = {
            "epoch": self.epoch,
            "seq": len(self.bodies) + 1,
            "site": "13-0042",
            "reader": "gate-1",
            "method": "card",
            "role": "toggle",
            "meaning": "entry",
            "standing": "accepted",
            "person": events.PersonData(ccus="12345678901234"),
            "evidence": events.Evidence(card="hmac:" + "0f" * 16, technology="felica"),
            "day": "2026-11-24",
            "boot": "3f0e7a52-boot",
            "boot_ms": 8_123_456,
            "clock": "ntp",
            "err_ms": 20,
            "prev": wire.chain_hash(self.bodies[-1]) if self.bodies else wire.genesis(self.epoch),
        }
        event = events.touch_event(gateway=self.gateway, time=time, data=events.TouchData(**data | changes))
        self.bodies.append(wire.encode(event))
        return self.bodies[-1]

    def grow(self, count: int) -> "History":
        """Commit so many more events."""
        for _ in range(count):
            self.append()
        return self

    def body(self, seq: int) -> bytes:
        """Return the event's bytes."""
        return self.bodies[seq - 1]


def batch(bodies: Iterable[bytes]) -> bytes:
    """Return the deflated batch of these events."""
    return zlib.compress(b"[" + b",".join(bodies) + b"]")


def altered(body: bytes, *, data: dict[str, object] | None = None, **changes: object) -> bytes:
    """Return the event with other attributes, or with `data` replaced in part."""
    told = msgspec.json.decode(body)
    return msgspec.json.encode(told | changes | {"data": told["data"] | (data or {})})
