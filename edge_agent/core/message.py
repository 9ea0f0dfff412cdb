"""What a box and the receiver say to each other beside the events. Encodes and decodes; sends nothing."""

from typing import Annotated, Literal

import msgspec

from edge_agent.core.wire import (
    MAJOR,
    UNREADABLE,
    ClockTrust,
    EpochId,
    GatewayId,
    HashText,
    Rfc3339,
    SeqNumber,
    SiteId,
    Text,
    Unreadable,
    Upto,
    Wire,
)


class ReaderState(Wire, frozen=True, kw_only=True):
    """One reader, as the birth message tells it."""

    id: Text
    driver: Text
    state: Literal["open", "lost", "broken", "stalled"]


class GatewayState(Wire, frozen=True, kw_only=True, omit_defaults=False):
    """Retained birth of a gateway's session; its will is `GatewayLost`."""

    gw: GatewayId
    state: Literal["ready"] = "ready"
    session: Annotated[str, msgspec.Meta(max_length=32, description="This run of the agent")]
    epoch: EpochId
    max_seq: Upto
    acked: Upto
    gen: Upto = 0
    """The generation of the receipt that said `acked`: a receiver with less and the same generation was set back."""
    boot_ms: Upto | None = None
    """When this was said, by the box's boot clock: echoed in the receipt that answers, it tells the box the time."""
    key: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""
    """The public key (Ed25519) of its checkpoints."""
    agent: Text
    sites: list[SiteId]
    readers: list[ReaderState]
    schema: tuple[int, ...] = (MAJOR,)
    receipt: Literal["receiver", "broker"]
    t: Rfc3339


class GatewayLost(Wire, frozen=True, kw_only=True, omit_defaults=False):
    """Retained: the broker says it when the connection ends without a word, the agent itself when it stops."""

    gw: GatewayId
    state: Literal["lost", "stopped"]
    session: Annotated[str, msgspec.Meta(max_length=32)]


class Health(Wire, frozen=True, kw_only=True):
    """Gauges, every five minutes and on change; not kept by the broker."""

    gw: GatewayId
    session: Annotated[str, msgspec.Meta(max_length=32)]
    up_s: Annotated[int, msgspec.Meta(ge=0)]
    pending: Upto
    oldest_s: int | None = None
    quarantined: Upto = 0
    clock: ClockTrust
    readers: list[ReaderState]
    free_bytes: Upto | None = None
    """Room on the spool's disk; absent while unknown."""
    days_left: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """How long that lasts at this site's own rate; absent while there is none."""
    is_refusing: bool = False
    """The disk is full or broken: workers see amber, nothing is accepted."""


class Checkpoint(Wire, frozen=True, kw_only=True, omit_defaults=False):
    """The box's signature under its history up to `seq`. Retained: each covers everything before it."""

    gw: GatewayId
    epoch: EpochId
    seq: SeqNumber
    hash: HashText
    """Of the event under that number: with the chain it stands for all before."""
    key: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", description="Ed25519 public key")]
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$", description="Of `signed_text`")]
    t: Rfc3339

    def signed_text(self) -> bytes:
        """Return what is signed."""
        return f"edge-agent checkpoint 1 {self.gw} {self.epoch} {self.seq} {self.hash}".encode()


class Nack(Wire, frozen=True, kw_only=True):
    """An event the receiver cannot take. It keeps the bytes and a tombstone, so that `upto` can pass."""

    seq: SeqNumber
    code: Literal["schema", "chain", "fork", "oversize"]
    detail: Text = ""


class Receipt(Wire, frozen=True, kw_only=True, omit_defaults=False):
    """The receiver's word that it has committed: the only thing that allows pruning. Retained, one per gateway."""

    epoch: EpochId
    gen: Annotated[int, msgspec.Meta(ge=0, description="Generation of the receiver's store: higher after a restore")]
    upto: Upto
    """Everything up to here is committed."""
    more: Annotated[list[tuple[SeqNumber, SeqNumber]], msgspec.Meta(max_length=64)] = msgspec.field(
        default_factory=list
    )
    """Committed ranges above `upto`, both ends included."""
    head: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{32})?$")] = ""
    """The hash of the event at `upto`, also of one refused or withheld; empty where that is 0, or nobody knows it."""
    nack: Annotated[list[Nack], msgspec.Meta(max_length=64)] = msgspec.field(default_factory=list)
    pause_ms: Annotated[int, msgspec.Meta(ge=0, le=3_600_000)] = 0
    echo_ms: Upto | None = None
    """`boot_ms` of the birth message this answers; absent where it answers none."""
    t: Rfc3339


def decode_receipt(payload: bytes) -> Receipt:
    """
    Return the receipt in these bytes.

    Raises:
        Unreadable: They are none.

    """
    try:
        return _RECEIPT.decode(payload)
    except UNREADABLE as exc:
        raise Unreadable(f"receipt: {exc}") from exc


_RECEIPT = msgspec.json.Decoder(Receipt)
