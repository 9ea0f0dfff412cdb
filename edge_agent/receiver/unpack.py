"""Take a message apart: events, events that cannot be taken, garbage. Whatever the bytes are, it raises nothing.

Theory of operation. A batch is only a packing, so each event stands alone. An event that keeps the contract is `Sent`.
One that does not, but whose number can be read, is `Refused`: the gateway hears of it and the number is accounted for.
Bytes without a number are `Garbage`: there is nobody to answer. Inflating and listing are bounded, so that no message
costs more memory or time than it is worth (I8).
"""

import contextlib
import re
import zlib
from collections.abc import Iterator
from typing import Literal

import msgspec

from edge_agent.core.events import Event, WithheldEvent, decode_event, source
from edge_agent.core.message import Checkpoint, GatewayLost, GatewayState
from edge_agent.core.wire import EpochId, GatewayId, SeqNumber, Unreadable, chain_hash

PAYLOAD_BYTES = 1 << 20
INFLATED_BYTES = 16 << 20
EVENT_BYTES = 64 << 10
BATCH_EVENTS = 4096
MAX_SEQ = 2**53 - 1
DETAIL_CHARS = 120

Code = Literal["schema", "fork", "oversize"]


class Letter(msgspec.Struct, frozen=True):
    """One message, as a gateway sent it."""

    gateway: str
    leaf: str
    payload: bytes


class Stream(msgspec.Struct, frozen=True, order=True):
    """Whose numbers these are: they count from 1 within a gateway's epoch."""

    gateway: str
    epoch: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a gateway stands with us, by its own word."""

    stream: Stream
    acked: int
    """It has heard a receipt up to here,"""
    generation: int
    """of this generation; 0 if it has heard none."""
    key: str
    """Its public key; empty if it does not say."""


class Sent(msgspec.Struct, frozen=True, gc=False):
    """An event that keeps the contract."""

    body: bytes
    hash: str
    event: Event


class Refused(msgspec.Struct, frozen=True, gc=False):
    """An event that breaks the contract, but whose number can be read."""

    epoch: str
    seq: int
    body: bytes
    hash: str
    code: Code
    detail: str


class Garbage(msgspec.Struct, frozen=True, gc=False):
    """Bytes without a number."""

    body: bytes
    detail: str


Item = Sent | Refused | Garbage


def is_gateway(name: str) -> bool:
    """Return whether a topic's level can be a gateway's name."""
    try:
        msgspec.convert(name, GatewayId)
    except msgspec.ValidationError:
        return False
    return True


def unpack(letter: Letter) -> Iterator[Item]:
    """Yield what is in a message from `touch` or `batchz`, in its order."""
    if len(letter.payload) > PAYLOAD_BYTES:
        yield Garbage(letter.payload, "payload above 1 MiB")
        return
    try:
        bodies = [letter.payload] if letter.leaf == "touch" else _bodies(letter.payload)
    except _Garbled as exc:
        yield Garbage(letter.payload, str(exc))
        return
    expected = source(letter.gateway)
    for body in bodies:
        yield _item(bytes(body), expected)


def read_state(letter: Letter) -> GatewayState | GatewayLost | None:
    """Return what a gateway, or the broker for it, says in `state`; None if it says nothing we know."""
    for decoder in (_READY, _LOST):
        with contextlib.suppress(*_UNREADABLE):
            said = decoder.decode(letter.payload)
            return said if said.gw == letter.gateway else None
    return None


def read_checkpoint(letter: Letter) -> Checkpoint | None:
    """Return a gateway's checkpoint, its signature not looked at; None if it is none of this gateway."""
    try:
        said = _CHECKPOINT.decode(letter.payload)
    except _UNREADABLE:
        return None
    return said if said.gw == letter.gateway else None


def standing_of(said: GatewayState) -> Standing:
    """Return how the gateway stands by its birth message."""
    # Where the broker's word is enough, what it calls acknowledged is none of our receipts.
    acked, generation = (said.acked, said.gen) if said.receipt == "receiver" else (0, 0)
    return Standing(stream=Stream(said.gw, said.epoch), acked=acked, generation=generation, key=said.key)


class _Garbled(Exception):
    """Not a batch."""


def _bodies(payload: bytes) -> list[msgspec.Raw]:
    inflater = zlib.decompressobj()
    try:
        packed = inflater.decompress(payload, INFLATED_BYTES)
    except zlib.error as exc:
        raise _Garbled("batch is not deflated") from exc
    if not inflater.eof:
        raise _Garbled("batch is cut off, or inflates above 16 MiB")
    try:
        bodies = _BATCH.decode(packed)
    except _UNREADABLE as exc:
        raise _Garbled("batch is not an array of events") from exc
    if len(bodies) > BATCH_EVENTS:
        raise _Garbled(f"batch of more than {BATCH_EVENTS} events")
    return bodies


def _item(body: bytes, expected_source: str) -> Item:
    if len(body) > EVENT_BYTES:
        return _refuse(body, "oversize", f"{len(body)} bytes; at most {EVENT_BYTES}")
    try:
        body.decode()  # msgspec passes over the bytes of fields it does not know
        event = decode_event(body)
    except (Unreadable, UnicodeDecodeError, RecursionError) as exc:
        return _refuse(body, "schema", str(exc))
    if event.source != expected_source:
        # Rule: a box writes under its own name only, which the broker checked in its certificate.
        return _refuse(body, "schema", "source: not the gateway this came from")
    if type(event) is WithheldEvent and not event.data.first <= event.data.last < event.data.seq:
        return _refuse(body, "schema", "first, last: not numbers before its own")
    return Sent(body, chain_hash(body), event)


def _refuse(body: bytes, code: Code, detail: str) -> Refused | Garbage:
    number = _number(body)
    if number is None:
        return Garbage(body, detail[:DETAIL_CHARS])
    epoch, seq = number
    return Refused(epoch, seq, body, chain_hash(body), code, detail[:DETAIL_CHARS])


class _ById(msgspec.Struct):
    # CloudEvents' own identity: it can be read in every major version.
    id: str


class _Number(msgspec.Struct):
    epoch: EpochId
    seq: SeqNumber


class _ByData(msgspec.Struct):
    data: _Number


_READY = msgspec.json.Decoder(GatewayState)
_CHECKPOINT = msgspec.json.Decoder(Checkpoint)
_LOST = msgspec.json.Decoder(GatewayLost)
_BATCH = msgspec.json.Decoder(list[msgspec.Raw])
_BY_ID = msgspec.json.Decoder(_ById)
_BY_DATA = msgspec.json.Decoder(_ByData)
_ID = re.compile("([0-9a-f]{16})-([0-9]{12,16})")
# msgspec gives up on deep nesting with a RecursionError, on foreign encodings with a UnicodeDecodeError.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _number(body: bytes) -> tuple[str, int] | None:
    """Return the number the event claims, by its id, else by its data; None where neither can be read."""
    try:
        claimed = _ID.fullmatch(_BY_ID.decode(body).id)
    except _UNREADABLE:
        claimed = None
    if claimed and 1 <= int(claimed[2]) <= MAX_SEQ:
        return claimed[1], int(claimed[2])
    try:
        number = _BY_DATA.decode(body).data
    except _UNREADABLE:
        return None
    return number.epoch, number.seq
