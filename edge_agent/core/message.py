"""The wire, as types: every message that crosses the broker. Encodes and decodes; sends nothing.

CloudEvents 1.0 structured JSON. Readers of this major version ignore fields they do not know.
"""

import hashlib
import re
from typing import Annotated, Literal

import msgspec

TOUCH: Literal["edge-agent.touch.v1"] = "edge-agent.touch.v1"
MAJOR = 1

HASH_LEN = 16
"""Bytes of SHA-256 that the chain keeps."""

SeqNumber = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1, description="1, 2, 3, ... within the epoch, without a gap")]
Upto = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
GatewayId = Annotated[
    str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$", description="The box, as in its certificate")
]
EpochId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$", description="Made anew with each new spool file")]
Rfc3339 = Annotated[str, msgspec.Meta(min_length=20, max_length=35, extra_json_schema={"format": "date-time"})]
SiteId = Annotated[str, msgspec.Meta(max_length=64, description="現場ID, or the prime's own name of the site")]
ClockTrust = Literal["none", "rtc", "host", "ntp"]
Text = Annotated[str, msgspec.Meta(max_length=256)]


# What strings of an event look like. msgspec would match each pattern by itself, which costs half of all decoding;
# decode_event matches them together. The published schema has them all the same.
_SHAPES = {
    "source": "/gw/[a-z0-9][a-z0-9-]{0,62}",
    "epoch": "[0-9a-f]{16}",
    "prev": f"[0-9a-f]{{{2 * HASH_LEN}}}",
    "card": "hmac:[0-9a-f]{32}",
    "day": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
}
_MAY_BE_ABSENT = {"card", "day"}
_ALL_SHAPES = re.compile(" ".join(f"({shape}){'?' * (name in _MAY_BE_ABSENT)}" for name, shape in _SHAPES.items()))


def _shaped(name: str) -> msgspec.Meta:
    return msgspec.Meta(extra_json_schema={"pattern": f"^{_SHAPES[name]}$"})


class Wire(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Every message: immutable, named fields, unknown fields ignored."""


class PersonData(Wire, frozen=True, kw_only=True):
    """Who, as far as the box knows."""

    ccus: Annotated[str, msgspec.Meta(max_length=32, description="技能者ID")] | None = None


class Evidence(Wire, frozen=True, kw_only=True):
    """How the box knows. A card's number leaves the box only as a keyed hash."""

    card: Annotated[str, _shaped("card")] | None = None
    technology: Text | None = None


class TouchData(Wire, frozen=True, kw_only=True):
    """What a worker did at a gate."""

    epoch: Annotated[str, _shaped("epoch")]
    seq: SeqNumber
    site: SiteId
    reader: Text
    method: Literal["card"]
    role: Literal["in", "out", "toggle", "tap"]
    meaning: Literal["entry", "exit", "tap", "repeat"]
    standing: Literal["accepted", "pending"]
    """`pending`: recorded, and waits until somebody says whose card it is."""
    person: PersonData
    evidence: Evidence
    repeat_of: SeqNumber | None = None
    flags: Annotated[list[Literal["missing_exit", "missing_entry"]], msgspec.Meta(max_length=8)] = []
    day: Annotated[str, _shaped("day")] | None = None
    """The site day of the stay this touch belongs to; absent while the clock cannot be believed."""
    boot: Text
    boot_ms: Annotated[int, msgspec.Meta(ge=0)]
    clock: ClockTrust
    err_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None
    simulated: bool = False
    prev: Annotated[str, _shaped("prev")]
    """The hash of the event before: of the epoch's name for the first."""


class Envelope(Wire, frozen=True, kw_only=True):
    """CloudEvents 1.0 attributes. `source` and `id` together are the identity."""

    specversion: Literal["1.0"] = "1.0"
    type: Text
    source: Annotated[str, _shaped("source")]
    id: Annotated[str, msgspec.Meta(extra_json_schema={"pattern": "^[0-9a-f]{16}-[0-9]{12,16}$"})]
    sequence: Annotated[str, msgspec.Meta(extra_json_schema={"pattern": "^[0-9]{12,16}$"})]
    time: Rfc3339
    datacontenttype: Literal["application/json"] = "application/json"


class TouchEvent(Envelope, frozen=True, kw_only=True, omit_defaults=False):
    """A touch. Committed on the box before the worker saw green."""

    type: Literal["edge-agent.touch.v1"] = TOUCH
    data: TouchData


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
    more: Annotated[list[tuple[SeqNumber, SeqNumber]], msgspec.Meta(max_length=64)] = []
    """Committed ranges above `upto`, both ends included."""
    head: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{32})?$")] = ""
    """The hash of the event at `upto`; empty while that is 0 or a tombstone."""
    nack: Annotated[list[Nack], msgspec.Meta(max_length=64)] = []
    pause_ms: Annotated[int, msgspec.Meta(ge=0, le=3_600_000)] = 0
    t: Rfc3339


class Unreadable(ValueError):
    """Bytes that are no message of this version. The message says which field and why."""


_encode = msgspec.json.Encoder().encode


def encode(message: Wire) -> bytes:
    """Return the message as UTF-8 JSON."""
    return _encode(message)


def decode_receipt(payload: bytes) -> Receipt:
    """
    Return the receipt in these bytes.

    Raises:
        Unreadable: They are none.

    """
    try:
        return _RECEIPT.decode(payload)
    except _UNREADABLE as exc:
        raise Unreadable(f"receipt: {exc}") from exc


def decode_event(payload: bytes | msgspec.Raw) -> TouchEvent:
    """
    Return the event in these bytes.

    Raises:
        Unreadable: They are none of this version, or its parts disagree about its number.

    """
    try:
        event = _TOUCH.decode(payload)
    except _UNREADABLE as exc:
        raise Unreadable(f"event: {exc}") from exc
    data = event.data
    number = sequence(data.seq)
    if event.sequence != number or event.id != f"{data.epoch}-{number}":
        raise Unreadable(f"id, sequence: {event.id} is not epoch and seq of its data")
    shaped = (event.source, data.epoch, data.prev, data.evidence.card or "", data.day or "")
    if not _ALL_SHAPES.fullmatch(" ".join(shaped)):
        raise Unreadable(f"{_misshapen(shaped)}: is not what the schema says")
    return event


def _misshapen(shaped: tuple[str, ...]) -> str:
    pairs = zip(_SHAPES.items(), shaped, strict=True)
    return ", ".join(
        name for (name, shape), text in pairs if not re.fullmatch(shape, text) and (text or name not in _MAY_BE_ABSENT)
    )


# msgspec gives up on deep nesting with a RecursionError.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_RECEIPT = msgspec.json.Decoder(Receipt)
_TOUCH = msgspec.json.Decoder(TouchEvent)


def touch_event(*, gateway: str, time: str, data: TouchData) -> TouchEvent:
    """Return the event with everything that follows from its data."""
    number = sequence(data.seq)
    return TouchEvent(source=source(gateway), id=f"{data.epoch}-{number}", sequence=number, time=time, data=data)


def sequence(seq: int) -> str:
    """Return the number so that text order is number order."""
    return f"{seq:012d}"


def source(gateway: str) -> str:
    """Return the CloudEvents source of a gateway."""
    return f"/gw/{gateway}"


def chain_hash(body: bytes) -> str:
    """Return what the next event must carry as `prev`."""
    return hashlib.sha256(body).digest()[:HASH_LEN].hex()


def genesis(epoch: str) -> str:
    """Return the `prev` of the first event of an epoch."""
    return chain_hash(b"edge-agent epoch " + epoch.encode())
