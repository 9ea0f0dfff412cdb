"""The wire: what we write is what we read, and nothing else is taken for it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core import events, message, wire
from hardware_fakes.history import History

EPOCH = "00112233445566ff"


def event(seq: int = 1) -> events.TouchEvent:
    return events.decode_event(History(epoch=EPOCH).grow(seq).body(seq))


def test_an_event_survives_the_wire() -> None:
    assert event() == events.decode_event(wire.encode(event()))


def test_an_event_says_what_cloudevents_asks_for() -> None:
    told = msgspec.json.decode(wire.encode(event(1234)))

    assert {
        "specversion": "1.0", "type": "edge-agent.touch.v1", "source": "/gw/gw-1", "id": f"{EPOCH}-000000001234",
        "sequence": "000000001234", "time": "2026-11-24T07:41:03.127+09:00", "datacontenttype": "application/json",
    }.items() <= told.items()  # fmt: skip


def test_unknown_fields_of_the_same_version_are_ignored() -> None:
    """A newer box may say more: an older receiver must go on."""
    told = msgspec.json.decode(wire.encode(event()))
    told["data"]["mood"] = "good"
    told["traceparent"] = "00-1-1-00"

    assert event() == events.decode_event(msgspec.json.encode(told))


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        (("type",), "com.example.touch", "type"),
        (("type",), "edge-agent.touch.v2", "type"),
        (("specversion",), "0.3", "specversion"),
        (("id",), EPOCH + "-000000000009", "id"),
        (("sequence",), "000000000009", "sequence"),
        (("data", "seq"), 0, "seq"),
        (("data", "seq"), 7, "id"),
        (("data", "meaning"), "entered", "meaning"),
        (("data", "evidence", "credential"), "0123456789abcdef", "credential"),
        (("data", "prev"), "zz", "prev"),
        (("data", "epoch"), "x", "epoch"),
        (("data", "day"), "24.11.2026", "day"),
        (("source",), "/gw/Box 1", "source"),
    ],
)
def test_a_wrong_event_is_refused_with_the_field_named(where: tuple[str, ...], value: object, said: str) -> None:
    told = msgspec.json.decode(wire.encode(event()))
    place = told
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value

    with pytest.raises(wire.Unreadable, match=said):
        events.decode_event(msgspec.json.encode(told))


@given(st.binary(max_size=300))
def test_any_bytes_are_an_event_or_unreadable(noise: bytes) -> None:
    for decode in (events.decode_event, message.decode_receipt):
        with pytest.raises(wire.Unreadable):
            decode(noise)


def test_deep_nesting_is_unreadable_not_a_crash() -> None:
    for decode in (events.decode_event, message.decode_receipt):
        with pytest.raises(wire.Unreadable):
            decode(b"[" * 100_000)


def test_the_chain_begins_with_the_epoch() -> None:
    assert wire.genesis(EPOCH) != wire.genesis("00112233445566fe")
