"""One of every message, for the published contract and its tests. Nobody sends them."""

from edge_agent.core.events import (
    Before,
    CorrectedData,
    EpochData,
    Event,
    TouchData,
    TouchEvent,
    WithheldData,
    event_of,
    touch_event,
)
from edge_agent.core.message import Checkpoint, GatewayLost, GatewayState, Health, Nack, ReaderState, Receipt
from edge_agent.core.parts import Evidence, PersonData, Ref
from edge_agent.core.said import AmendedData, HeadcountData, JudgedData, SiteData
from edge_agent.core.wire import chain_hash, encode, genesis

_GATEWAY = "gw-0001"
_EPOCH = "e5c1d20be5c1d20b"
_SESSION = "9f2c41aa03b7d5e6"
_READERS = [
    ReaderState(id="gate-1", driver="pcsc", state="open"),
    ReaderState(id="gate-2", driver="pcsc", state="lost"),
]
_BOOT = "4b1c7f52-8d0e-4a36-9c55-1f2e3d4c5b6a"

ENTRY: TouchEvent = touch_event(
    gateway=_GATEWAY,
    time="2026-11-24T07:41:03.127+09:00",
    data=TouchData(
        epoch=_EPOCH,
        seq=1,
        site="13-0042",
        reader="gate-1",
        method="card",
        role="toggle",
        meaning="entry",
        standing="accepted",
        person=PersonData(ccus="12345678901234"),
        evidence=Evidence(credential="hmac:9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c", technology="felica"),
        day="2026-11-24",
        boot=_BOOT,
        boot_ms=8_123_456,
        clock="ntp",
        err_ms=20,
        prev=genesis(_EPOCH),
    ),
)
REPEAT: TouchEvent = touch_event(
    gateway=_GATEWAY,
    time="2026-11-24T07:41:05.902+09:00",
    data=TouchData(
        epoch=_EPOCH,
        seq=2,
        site="13-0042",
        reader="gate-1",
        method="card",
        role="toggle",
        meaning="repeat",
        standing="pending",
        person=PersonData(),
        evidence=Evidence(credential="hmac:07d107d107d107d107d107d107d107d1", technology="iso14443a"),
        repeat_of=1,
        boot=_BOOT,
        boot_ms=8_126_231,
        clock="none",
        prev=chain_hash(encode(ENTRY)),
    ),
)
CORRECTED: Event = event_of(
    CorrectedData(
        epoch=_EPOCH,
        seq=3,
        prev=chain_hash(encode(REPEAT)),
        corrects=2,
        why="clock",
        quality="exact",
        at="2026-11-24T07:41:06.011+09:00",
        err_ms=40,
        day="2026-11-24",
        clock="server",
    ),
    gateway=_GATEWAY,
    time="2026-11-24T07:55:10.400+09:00",
)
WITHHELD: Event = event_of(
    WithheldData(
        epoch=_EPOCH,
        seq=4,
        prev=chain_hash(encode(CORRECTED)),
        first=1,
        last=1,
        code="poison",
        detail="the broker ended the connection over it, again and again",
        hash=chain_hash(encode(ENTRY)),
    ),
    gateway=_GATEWAY,
    time="2026-11-24T07:56:00.000+09:00",
)
NEW_EPOCH: Event = event_of(
    EpochData(
        epoch="07d107d107d107d1",
        seq=1,
        prev=genesis("07d107d107d107d1"),
        reason="damaged",
        before=Before(epoch=_EPOCH, last=1301, head="5f1d0c4e9a7b2c3d5f1d0c4e9a7b2c3d"),
        carried=4,
        lost=[(1300, 1300)],
        lost_count=1,
        boot=_BOOT,
        boot_ms=9_000_000,
        clock="ntp",
    ),
    gateway=_GATEWAY,
    time="2026-11-24T09:00:00.000+09:00",
)
AMENDED: Event = event_of(
    AmendedData(
        epoch=_EPOCH,
        seq=1303,
        prev="5f1d0c4e9a7b2c3d5f1d0c4e9a7b2c3d",
        of=Ref(epoch=_EPOCH, seq=2),
        kind="name",
        person=PersonData(ccus="12345678901234", company="98765432109876"),
        standing="accepted",
        by="tanaka",
        boot=_BOOT,
        boot_ms=9_000_000,
        clock="ntp",
    ),
    gateway=_GATEWAY,
    time="2026-11-24T08:00:00.000+09:00",
)
JUDGED: Event = event_of(
    JudgedData(
        epoch=_EPOCH,
        seq=1304,
        prev="5f1d0c4e9a7b2c3d5f1d0c4e9a7b2c3d",
        of_epoch=_EPOCH,
        seqs=[3, 5, 8],
        verdict="refused",
        by="tanaka",
        why="was not on site that day",
        boot=_BOOT,
        boot_ms=9_000_100,
        clock="ntp",
    ),
    gateway=_GATEWAY,
    time="2026-11-24T08:01:00.000+09:00",
)
HEADCOUNT: Event = event_of(
    HeadcountData(
        epoch=_EPOCH,
        seq=1305,
        prev="5f1d0c4e9a7b2c3d5f1d0c4e9a7b2c3d",
        site="13-0042",
        day="2026-11-24",
        count=61,
        by="tanaka",
        boot=_BOOT,
        boot_ms=9_000_200,
        clock="ntp",
    ),
    gateway=_GATEWAY,
    time="2026-11-24T08:02:00.000+09:00",
)
SITE: Event = event_of(
    SiteData(
        epoch=_EPOCH,
        seq=1306,
        prev="5f1d0c4e9a7b2c3d5f1d0c4e9a7b2c3d",
        site="2026-11-24-1",
        ccus="12345678901234",
        name="市道舗装 第3工区",
        parent="13-0042",
        by="tanaka",
        boot=_BOOT,
        boot_ms=9_000_300,
        clock="ntp",
    ),
    gateway=_GATEWAY,
    time="2026-11-24T08:03:00.000+09:00",
)
CHECKPOINT = Checkpoint(
    gw=_GATEWAY,
    epoch=_EPOCH,
    seq=1301,
    hash="5f1d0c4e9a7b2c3d5f1d0c4e9a7b2c3d",
    key="3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    signature="92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    t="2026-11-24T07:42:00.000+09:00",
)
STATE = GatewayState(
    gw=_GATEWAY,
    session=_SESSION,
    epoch=_EPOCH,
    max_seq=1301,
    acked=1296,
    gen=1_795_000_000,
    boot_ms=8_100_000,
    key=CHECKPOINT.key,
    agent="0.1.0",
    sites=["13-0042"],
    readers=_READERS,
    receipt="receiver",
    t="2026-11-24T07:40:00.000+09:00",
)
LOST = GatewayLost(gw=_GATEWAY, state="lost", session=_SESSION)
STOPPED = GatewayLost(gw=_GATEWAY, state="stopped", session=_SESSION)
HEALTH = Health(
    gw=_GATEWAY, session=_SESSION, up_s=86_400, pending=5, oldest_s=3, quarantined=1, clock="ntp", readers=_READERS
)
RECEIPT = Receipt(
    epoch=_EPOCH,
    gen=1_795_000_000,
    upto=1296,
    more=[(1299, 1301)],
    head="5f1d0c4e9a7b2c3d5f1d0c4e9a7b2c3d",
    nack=[Nack(seq=1290, code="schema", detail="event: Invalid enum value 'sideways' - at `$.data.role`")],
    t="2026-11-24T07:41:04.000+09:00",
)
