"""Events: what a box commits under a number, chained each to the one before. Encodes and decodes; commits nothing.

CloudEvents 1.0 structured JSON. Readers of this major version ignore fields they do not know.
"""

import re
from typing import Annotated, Literal

import msgspec

from edge_agent.core.parts import (
    ALL_SHAPES,
    MAY_BE_ABSENT,
    SHAPES,
    Evidence,
    Hand,
    Numbered,
    PersonData,
    Place,
    Was,
    shaped,
)
from edge_agent.core.said import AmendedData, HeadcountData, JudgedData, SiteData
from edge_agent.core.wire import (
    UNREADABLE,
    ClockTrust,
    EpochId,
    HashText,
    Rfc3339,
    SeqNumber,
    SiteId,
    Text,
    Unreadable,
    Upto,
    Wire,
)

TOUCH = "edge-agent.touch.v1"
WITHHELD = "edge-agent.withheld.v1"
CORRECTED = "edge-agent.corrected.v1"
EPOCH = "edge-agent.epoch.v1"
AMENDED = "edge-agent.amended.v1"
JUDGED = "edge-agent.judged.v1"
HEADCOUNT = "edge-agent.headcount.v1"
SITE = "edge-agent.site.v1"


class TouchData(Numbered, frozen=True, kw_only=True):
    """What a worker did at a gate."""

    site: SiteId
    reader: Text
    method: Literal["card", "phone", "qr", "face", "hand"]
    role: Literal["in", "out", "toggle", "tap"]
    meaning: Literal["entry", "exit", "tap", "repeat", "refused"]
    standing: Literal["accepted", "pending", "refused"]
    """`pending`: recorded, and waits until somebody names or approves it. `refused`: recorded, counts for nothing."""
    person: PersonData
    evidence: Evidence
    because: Annotated[list[Text], msgspec.Meta(max_length=16)] = msgspec.field(default_factory=list)
    """What is remarkable: why it waits or is refused, or what the site's rules warn of."""
    place: Place | None = None
    note: Text | None = None
    """作業場所メモ: where on a wide-area site."""
    hand: Hand | None = None
    repeat_of: SeqNumber | None = None
    flags: Annotated[list[Literal["missing_exit", "missing_entry"]], msgspec.Meta(max_length=8)] = msgspec.field(
        default_factory=list
    )
    day: Annotated[str, shaped("day")] | None = None
    """The site day of the stay this touch belongs to; absent while the clock cannot be believed."""
    boot: Text
    boot_ms: Annotated[int, msgspec.Meta(ge=0)]
    clock: ClockTrust
    err_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None
    simulated: bool = False


class WithheldData(Numbered, frozen=True, kw_only=True):
    """Numbers of this epoch that will not come by themselves: a tombstone, so that a receipt can pass them (I4)."""

    first: SeqNumber
    last: SeqNumber
    """Both ends included."""
    code: Literal["poison", "oversize", "pruned"]
    """
    `poison`: the broker ends the connection over it; `oversize`: larger than any broker takes. Both are kept on the
    box and travel on a USB stick. `pruned`: receipted once and forgotten since; a receiver restored from a backup older
    than the box's retention cannot have it back.
    """
    detail: Text = ""
    hash: HashText | None = None
    """The event's own, where it is one: the chain is followed through it."""


class CorrectedData(Numbered, frozen=True, kw_only=True):
    """A better word on an earlier event, which itself is never changed."""

    corrects: SeqNumber
    corrects_epoch: EpochId | None = None
    """Whose number that is; absent: of this epoch."""
    why: Literal["clock"]
    quality: Literal["exact", "bracketed"]
    """`exact`: `at` is when it was. `bracketed`: that boot never knew the time; it was between the two bounds."""
    at: Rfc3339 | None = None
    err_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None
    not_before: Rfc3339 | None = None
    not_after: Rfc3339 | None = None
    day: Annotated[str, shaped("day")] | None = None
    """The site day, where the better time tells it: for a bracket, only if both ends lie in the same."""
    clock: ClockTrust
    """Who told the time."""


class Before(Wire, frozen=True, kw_only=True):
    """The epoch that ended."""

    # Not a union with Literal[""]: msgspec would hold the empty text against the pattern of the other.
    epoch: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{16})?$")]
    """Empty where not even its name could be read."""
    last: Upto
    """The highest number found."""
    head: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{32})?$")] = ""
    """The hash of the event under that number; absent where that event is lost."""


class EpochData(Numbered, frozen=True, kw_only=True):
    """The first event of an epoch that follows another one on the same box, and why."""

    reason: Literal["damaged", "forked"]
    """`damaged`: the file could not be read any more. `forked`: this disk is a copy, or was set back."""
    before: Before
    carried: Upto
    """Events without a receipt that follow here under new numbers, each with `was`."""
    lost: Annotated[list[tuple[SeqNumber, SeqNumber]], msgspec.Meta(max_length=64)] = msgspec.field(
        default_factory=list
    )
    """Numbers up to `before.last`, above its receipt, that could not be saved: the first 64 ranges."""
    lost_count: Upto = 0
    boot: Text
    boot_ms: Annotated[int, msgspec.Meta(ge=0)]
    clock: ClockTrust


class Envelope(Wire, frozen=True, kw_only=True, tag_field="type"):
    """CloudEvents 1.0 attributes. `source` and `id` together are the identity."""

    specversion: Literal["1.0"] = "1.0"
    source: Annotated[str, shaped("source")]
    id: Annotated[str, msgspec.Meta(extra_json_schema={"pattern": "^[0-9a-f]{16}-[0-9]{12,16}$"})]
    sequence: Annotated[str, msgspec.Meta(extra_json_schema={"pattern": "^[0-9]{12,16}$"})]
    time: Rfc3339
    datacontenttype: Literal["application/json"] = "application/json"


class TouchEvent(Envelope, frozen=True, kw_only=True, omit_defaults=False, tag=TOUCH):
    """A touch. Committed on the box before the worker saw green."""

    data: TouchData


class WithheldEvent(Envelope, frozen=True, kw_only=True, omit_defaults=False, tag=WITHHELD):
    """A tombstone."""

    data: WithheldData


class CorrectedEvent(Envelope, frozen=True, kw_only=True, omit_defaults=False, tag=CORRECTED):
    """A correction: a new event about an old one."""

    data: CorrectedData


class EpochEvent(Envelope, frozen=True, kw_only=True, omit_defaults=False, tag=EPOCH):
    """A new beginning, told."""

    data: EpochData


class AmendedEvent(Envelope, frozen=True, kw_only=True, omit_defaults=False, tag=AMENDED):
    """A person's correction."""

    data: AmendedData


class JudgedEvent(Envelope, frozen=True, kw_only=True, omit_defaults=False, tag=JUDGED):
    """An approval, or a refusal."""

    data: JudgedData


class HeadcountEvent(Envelope, frozen=True, kw_only=True, omit_defaults=False, tag=HEADCOUNT):
    """A headcount."""

    data: HeadcountData


class SiteEvent(Envelope, frozen=True, kw_only=True, omit_defaults=False, tag=SITE):
    """A site."""

    data: SiteData


Event = (
    TouchEvent | WithheldEvent | CorrectedEvent | EpochEvent | AmendedEvent | JudgedEvent | HeadcountEvent | SiteEvent
)
EventData = TouchData | WithheldData | CorrectedData | EpochData | AmendedData | JudgedData | HeadcountData | SiteData


def decode_event(payload: bytes | msgspec.Raw) -> Event:
    """
    Return the event in these bytes.

    Raises:
        Unreadable: They are none of this version, or its parts disagree about its number.

    """
    try:
        event = _EVENT.decode(payload)
    except UNREADABLE as exc:
        raise Unreadable(f"event: {exc}") from exc
    data = event.data
    number = sequence(data.seq)
    if event.sequence != number or event.id != f"{data.epoch}-{number}":
        raise Unreadable(f"id, sequence: {event.id} is not epoch and seq of its data")
    credential = data.evidence.credential if isinstance(data, TouchData) else None
    day = None if isinstance(data, _WITHOUT_DAY) else data.day
    shaped = (event.source, data.epoch, data.prev, credential or "", day or "")
    if not ALL_SHAPES.fullmatch(" ".join(shaped)):
        raise Unreadable(f"{_misshapen(shaped)}: is not what the schema says")
    return event


def _misshapen(shaped: tuple[str, ...]) -> str:
    pairs = zip(SHAPES.items(), shaped, strict=True)
    return ", ".join(
        name for (name, shape), text in pairs if not re.fullmatch(shape, text) and (text or name not in MAY_BE_ABSENT)
    )


_WITHOUT_DAY = (WithheldData, EpochData, JudgedData, SiteData)
_EVENT: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_EVENT_OF: dict[type[Numbered], type[Event]] = {
    TouchData: TouchEvent,
    WithheldData: WithheldEvent,
    CorrectedData: CorrectedEvent,
    EpochData: EpochEvent,
    AmendedData: AmendedEvent,
    JudgedData: JudgedEvent,
    HeadcountData: HeadcountEvent,
    SiteData: SiteEvent,
}


def touch_event(*, gateway: str, time: str, data: TouchData) -> TouchEvent:
    """Return the touch with everything that follows from its data."""
    number = sequence(data.seq)
    return TouchEvent(source=source(gateway), id=f"{data.epoch}-{number}", sequence=number, time=time, data=data)


def event_of(data: EventData, *, gateway: str, time: str) -> Event:
    """Return the event with everything that follows from its data."""
    number = sequence(data.seq)
    made = _EVENT_OF[type(data)]
    return made(source=source(gateway), id=f"{data.epoch}-{number}", sequence=number, time=time, data=data)  # type: ignore[arg-type]  # the table pairs them


def renumbered(event: Event, *, epoch: str, seq: int, prev: str, was: Was) -> Event:
    """Return the event under another number of another epoch; `was` says which one it had when it was committed."""
    data = msgspec.structs.replace(event.data, epoch=epoch, seq=seq, prev=prev, was=was)
    match data:
        case TouchData(repeat_of=int()):
            # That number is of the epoch before, and need not have come along.
            data = msgspec.structs.replace(data, repeat_of=None)
        case CorrectedData(corrects_epoch=None):
            data = msgspec.structs.replace(data, corrects_epoch=event.data.epoch)
        case _:
            pass
    number = sequence(seq)
    return msgspec.structs.replace(event, id=f"{epoch}-{number}", sequence=number, data=data)


def sequence(seq: int) -> str:
    """Return the number so that text order is number order."""
    return f"{seq:012d}"


def source(gateway: str) -> str:
    """Return the CloudEvents source of a gateway."""
    return f"/gw/{gateway}"
