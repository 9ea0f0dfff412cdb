"""One of every message, for the published contract and its tests. Nobody sends them."""

from edge_agent.core.message import (
    Evidence,
    GatewayLost,
    GatewayState,
    Health,
    Nack,
    PersonData,
    ReaderState,
    Receipt,
    TouchData,
    TouchEvent,
    chain_hash,
    encode,
    genesis,
    touch_event,
)

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
        evidence=Evidence(card="hmac:9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c", technology="felica"),
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
        evidence=Evidence(card="hmac:07d107d107d107d107d107d107d107d1", technology="iso14443a"),
        repeat_of=1,
        boot=_BOOT,
        boot_ms=8_126_231,
        clock="none",
        prev=chain_hash(encode(ENTRY)),
    ),
)
STATE = GatewayState(
    gw=_GATEWAY,
    session=_SESSION,
    epoch=_EPOCH,
    max_seq=1301,
    acked=1296,
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
