"""What a gateway has committed, without the gateway: chained events, as many as wanted. Sends nothing."""

import zlib
from collections.abc import Iterable
from typing import Any

import msgspec

from edge_agent.core import events, parts, wire
from edge_agent.core.said import AmendedData, HeadcountData, JudgedData, SiteData

EPOCH = "e5c1d20be5c1d20b"
SAID: dict[str, Any] = {"by": "tanaka", "boot": "3f0e7a52-boot", "boot_ms": 9_000_000, "clock": "ntp"}
"""What a person's word begins with."""


class History:
    """The events of one gateway's epoch, numbered from 1 and chained."""

    def __init__(self, gateway: str = "gw-1", epoch: str = EPOCH) -> None:
        self.gateway, self.epoch = gateway, epoch
        self.bodies: list[bytes] = []

    def append(self, *, time: str = "2026-11-24T07:41:03.127+09:00", **changes: object) -> bytes:
        """Commit one more event; `changes` replace what it says of the touch."""
        data: dict[str, Any] = {
            **self.place(),
            "site": "13-0042",
            "reader": "gate-1",
            "method": "card",
            "role": "toggle",
            "meaning": "entry",
            "standing": "accepted",
            "person": parts.PersonData(ccus="12345678901234"),
            "evidence": parts.Evidence(credential="hmac:" + "0f" * 16, technology="felica"),
            "day": "2026-11-24",
            "boot": "3f0e7a52-boot",
            "boot_ms": 8_123_456,
            "clock": "ntp",
            "err_ms": 20,
        }
        return self.tell(events.TouchData(**data | changes), time=time)

    def tell(self, data: events.EventData, *, time: str = "2026-11-24T07:41:03.127+09:00") -> bytes:
        """Commit this event; its place must be right."""
        self.bodies.append(wire.encode(events.event_of(data, gateway=self.gateway, time=time)))
        return self.bodies[-1]

    def withhold(self, first: int, last: int | None = None, *, code: str = "poison", text: str | None = None) -> bytes:
        """Commit a tombstone for these numbers; with the hash `text`."""
        return self.tell(
            events.WithheldData(**self.place(), first=first, last=last or first, code=code, hash=text)  # type: ignore[arg-type]  # as given
        )

    def correct(self, seq: int, epoch: str | None = None, **better: object) -> bytes:
        """Commit a correction of that event."""
        word: dict[str, Any] = {"why": "clock", "quality": "exact", "clock": "ntp", **better}
        return self.tell(events.CorrectedData(**self.place(), corrects=seq, corrects_epoch=epoch, **word))

    def amend(self, seq: int, kind: str = "change", *, epoch: str | None = None, **told: object) -> bytes:
        """Commit a person's word on that touch."""
        said: dict[str, Any] = {"of": parts.Ref(epoch=epoch or self.epoch, seq=seq), "kind": kind, **told}
        return self.tell(AmendedData(**self.place(), **SAID, **said))

    def judge(self, *seqs: int, verdict: str = "approved", epoch: str | None = None) -> bytes:
        """Commit the prime's word on those touches."""
        said: dict[str, Any] = {"of_epoch": epoch or self.epoch, "seqs": list(seqs), "verdict": verdict}
        return self.tell(JudgedData(**self.place(), **SAID, **said))

    def headcount(self, count: int, *, time: str = "2026-11-24T08:00:00.000+09:00", **told: object) -> bytes:
        """Commit how many were there."""
        said: dict[str, Any] = {"site": "13-0042", "day": "2026-11-24", "count": count, **told}
        return self.tell(HeadcountData(**self.place(), **SAID, **said), time=time)

    def site(self, site: str = "13-0042", *, time: str = "2026-11-24T08:00:00.000+09:00", **told: object) -> bytes:
        """Commit what is known of a site."""
        known: dict[str, Any] = told
        return self.tell(SiteData(**self.place(), **SAID, site=site, **known), time=time)

    def begin(self, before: "History", *, reason: str = "damaged", lost: int = 0) -> bytes:
        """Commit that this epoch follows that one."""
        head = wire.chain_hash(before.bodies[-1])
        end = events.Before(epoch=before.epoch, last=len(before.bodies), head=head)
        said: dict[str, Any] = {"reason": reason, "carried": 0, "lost_count": lost}
        return self.tell(
            events.EpochData(**self.place(), before=end, boot="3f0e7a52-boot", boot_ms=1, clock="ntp", **said)
        )

    def carry(self, body: bytes) -> bytes:
        """Commit an event of an epoch before under the next number of this one."""
        event = events.decode_event(body)
        data = event.data
        was = data.was or parts.Was(epoch=data.epoch, seq=data.seq, hash=wire.chain_hash(body))
        self.bodies.append(wire.encode(events.renumbered(event, **self.place(), was=was)))
        return self.bodies[-1]

    def place(self) -> dict[str, Any]:
        """Return where the next event stands in the chain."""
        prev = wire.chain_hash(self.bodies[-1]) if self.bodies else wire.genesis(self.epoch)
        return {"epoch": self.epoch, "seq": len(self.bodies) + 1, "prev": prev}

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
