"""The published contract says what the code does: current, complete, and true of real messages."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_agent.core import events, examples, message, parts
from edge_agent.core import wire as fields
from edge_agent.core.schema import DOCUMENTS, Document, documents
from edge_agent.core.topics import Topics
from edge_agent.schema.__main__ import FOLDER, main
from hardware_fakes.history import History, altered

Json = dict[str, Any]
TEXTS = documents()
ASYNCAPI: Json = json.loads(TEXTS["asyncapi.json"])
KEYWORDS = {
    "$ref", "$schema", "$id", "$defs", "title", "description", "examples", "default", "format",
    "type", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "properties", "required",
    "items", "prefixItems", "minItems", "maxItems", "anyOf", "oneOf",
}  # fmt: skip
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}


def mistakes(schema: Any, value: Any, whole: Json, at: str = "$") -> list[str]:
    """What JSON Schema has against the value, for the keywords that our schemas use."""
    if isinstance(schema, bool):
        return [] if schema else [f"{at}: nothing is allowed here"]
    assert schema.keys() <= KEYWORDS, "this test does not know that keyword"
    if "$ref" in schema:
        return mistakes(whole["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, whole, at)
    for several, most in (("anyOf", len(schema.get("anyOf", []))), ("oneOf", 1)):
        if several in schema:
            fits = sum(not mistakes(one, value, whole, at) for one in schema[several])
            return [] if 1 <= fits <= most else [f"{at}: fits {fits} of {several}"]
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{at}: not one of {schema['enum']}"]
    return _typed(schema, value, whole, at)


def _typed(schema: Json, value: Any, whole: Json, at: str) -> list[str]:
    if not isinstance(value, TYPES[schema["type"]]) or (schema["type"] == "integer" and isinstance(value, bool)):
        return [f"{at}: not {schema['type']}"]
    if isinstance(value, dict):
        missing = [f"{at}.{name}: missing" for name in schema.get("required", []) if name not in value]
        inner = [(schema["properties"].get(name, True), one, f"{at}.{name}") for name, one in value.items()]
        return missing + [said for part, one, where in inner for said in mistakes(part, one, whole, where)]
    if isinstance(value, list):
        fixed = schema.get("prefixItems", [])
        parts = [*fixed, *[schema.get("items", True)] * (len(value) - len(fixed))]
        inner = [(part, one, f"{at}[{n}]") for n, (part, one) in enumerate(zip(parts, value, strict=False))]
        size = _within(schema, len(value), "minItems", "maxItems", at)
        return size + [said for part, one, where in inner for said in mistakes(part, one, whole, where)]
    if isinstance(value, str):
        is_fit = re.search(schema.get("pattern", ""), value)
        return _within(schema, len(value), "minLength", "maxLength", at) + ([] if is_fit else [f"{at}: no such string"])
    return _within(schema, value or 0, "minimum", "maximum", at)


def _within(schema: Json, size: int, least: str, most: str, at: str) -> list[str]:
    return [] if schema.get(least, size) <= size <= schema.get(most, size) else [f"{at}: out of bounds"]


def check(document: str, value: object) -> list[str]:
    whole = json.loads(TEXTS[f"{document}.json"])
    top = {key: part for key, part in whole.items() if key not in {"$schema", "$id", "$defs", "examples"}}
    return mistakes(top, value, whole)


def wire(struct: fields.Wire) -> Any:
    return json.loads(fields.encode(struct))


def test_the_files_are_current() -> None:
    assert {name: (FOLDER / name).read_text(encoding="utf-8") for name in TEXTS} == TEXTS
    assert set(TEXTS) == {path.name for path in FOLDER.glob("*.json")}


def test_the_command_writes_what_is_not_current_and_only_checks_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old.json").write_text("{}")

    assert 1 == main(["--check"], folder=tmp_path)
    assert ["old.json"] == [path.name for path in tmp_path.iterdir()]
    assert 0 == main([], folder=tmp_path)
    assert set(TEXTS) == {path.name for path in tmp_path.iterdir()}
    assert 0 == main(["--check"], folder=tmp_path)
    assert "asyncapi.json: written" in capsys.readouterr().err


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_example_is_a_message_and_fits_its_schema(document: Document) -> None:
    shown = json.loads(TEXTS[f"{document.name}.json"])["examples"]
    assert shown
    for example in shown:
        assert [] == check(document.name, example)
        for one in example if document.is_array else [example]:
            read = [_read(kind, one) for kind in document.types]
            assert 1 == sum(found is not None and wire(found) == one for found in read)


def _read(kind: type[fields.Wire], told: object) -> fields.Wire | None:
    try:
        return msgspec.json.decode(msgspec.json.encode(told), type=kind)
    except msgspec.ValidationError:
        return None


def test_the_examples_are_chained() -> None:
    assert fields.genesis(examples.ENTRY.data.epoch) == examples.ENTRY.data.prev
    assert fields.chain_hash(fields.encode(examples.ENTRY)) == examples.REPEAT.data.prev


def test_every_message_type_is_published() -> None:
    known = (*vars(message).values(), *vars(events).values())
    kinds = {kind for kind in known if isinstance(kind, type) and issubclass(kind, fields.Wire)}
    published = {kind for document in DOCUMENTS for kind in document.types}
    parts = {name for text in TEXTS.values() for name in json.loads(text).get("$defs", {})}

    assert {
        "TouchEvent", "WithheldEvent", "CorrectedEvent", "EpochEvent",
        "AmendedEvent", "JudgedEvent", "HeadcountEvent", "SiteEvent",
        "GatewayState", "GatewayLost", "Health", "Checkpoint", "Receipt",
    } == {kind.__name__ for kind in published}  # fmt: skip
    assert {"Wire", "Envelope", "Numbered"} == {kind.__name__ for kind in kinds} - parts


def test_real_events_fit_the_schema() -> None:
    history = History().grow(2)
    history.append(day=None, meaning="repeat", repeat_of=1, flags=["missing_exit"], person=parts.PersonData())

    told = [json.loads(body) for body in history.bodies]
    assert [[], [], []] == [check("touch", event) for event in told]
    assert [] == check("batch", told)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "edge-agent.touch.v2"},
        {"source": "gw-1"},
        {"id": 5},
        {"time": "today"},
        {"data": {"seq": 0}},
        {"data": {"seq": True}},
        {"data": {"meaning": "sneezed"}},
        {"data": {"prev": "F" * 32}},
        {"data": {"flags": ["late"]}},
        {"data": {"day": "24.11.2026"}},
    ],
    ids=str,
)
def test_the_schema_and_the_decoder_refuse_the_same(changes: dict[str, Any]) -> None:
    body = altered(History().append(), **changes)

    assert check("touch", json.loads(body))
    with pytest.raises(fields.Unreadable):
        events.decode_event(body)


def test_the_schema_asks_for_everything_cloudevents_asks_for() -> None:
    event = wire(examples.ENTRY)
    for attribute in ("specversion", "type", "source", "id"):
        assert check("touch", {k: v for k, v in event.items() if k != attribute}), attribute


def test_a_newer_field_is_no_mistake() -> None:
    assert [] == check("touch", wire(examples.ENTRY) | {"traceparent": "00-1"})


@pytest.mark.parametrize("name", ["touch", "batch", "state", "health", "checkpoint", "receipt"])
def test_every_reference_of_the_asyncapi_document_leads_somewhere(name: str) -> None:
    def follow(reference: str) -> Any:
        if reference.startswith("./"):
            return json.loads(TEXTS[reference.removeprefix("./")])
        found: Any = ASYNCAPI
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        return found

    def references(part: Any) -> list[str]:
        if isinstance(part, list):
            return [reference for one in part for reference in references(one)]
        if isinstance(part, dict):
            return [part["$ref"]] if "$ref" in part else references(list(part.values()))
        return []

    assert all(follow(reference) for reference in references(ASYNCAPI))
    channel = ASYNCAPI["channels"][name]
    assert "{gateway}" in channel["address"]
    assert {"gateway"} == set(channel["parameters"])


def test_channels_are_the_topics_of_the_code() -> None:
    topics = Topics("gate/1")
    addresses = {name: channel["address"] for name, channel in ASYNCAPI["channels"].items()}

    assert topics.receipt("{gateway}") == addresses.pop("receipt")
    assert {"touch": "touch", "batch": "batchz", "state": "state", "health": "health", "checkpoint": "checkpoint"} == {
        name: topics.sender(address)[1]  # type: ignore[index]
        for name, address in addresses.items()
    }


def test_operations_say_quality_and_retention() -> None:
    said = {
        name: (operation["action"], operation["bindings"]["mqtt"]["qos"], operation["bindings"]["mqtt"]["retain"])
        for name, operation in ASYNCAPI["operations"].items()
    }

    assert said == {
        "sendTouch": ("send", 1, False),
        "sendBatch": ("send", 1, False),
        "sendState": ("send", 1, True),
        "sendHealth": ("send", 0, False),
        "sendCheckpoint": ("send", 1, True),
        "receiveReceipt": ("receive", 1, True),
    }
