"""The published contract: JSON Schema 2020-12 of every message, and an AsyncAPI 3.0 document of who says what where.

Made from the message types, so that it cannot say anything else than they do. Returns text; writes no file.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from edge_agent.core import examples
from edge_agent.core.events import (
    AmendedEvent,
    CorrectedEvent,
    EpochEvent,
    HeadcountEvent,
    JudgedEvent,
    SiteEvent,
    TouchEvent,
    WithheldEvent,
)
from edge_agent.core.message import Checkpoint, GatewayLost, GatewayState, Health, Receipt
from edge_agent.core.topics import Topics
from edge_agent.core.wire import MAJOR, Wire, encode

ROOT = f"gate/{MAJOR}"
JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_FORMAT = "application/schema+json;version=draft-2020-12"
MQTT_BINDING = "0.2.0"
BATCH_EVENTS = 1000
"""The most a gateway may be told to put into one batch."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One message, as it is published."""

    name: str
    title: str
    about: str
    leaf: str
    types: tuple[type[Wire], ...]
    examples: Sequence[Wire]
    qos: int = 1
    is_retained: bool = False
    is_array: bool = False


_EVENTS = (
    TouchEvent,
    WithheldEvent,
    CorrectedEvent,
    EpochEvent,
    AmendedEvent,
    JudgedEvent,
    HeadcountEvent,
    SiteEvent,
)

DOCUMENTS = (
    Document(
        name="touch",
        title="A touch, or what belongs to the touches",
        about="CloudEvents 1.0, structured JSON. `source` and `id` together are its identity: the same again is the "
        "same event; so is what its `was` names. Live events travel alone.",
        leaf="touch",
        types=_EVENTS,
        examples=(
            examples.ENTRY,
            examples.REPEAT,
            examples.CORRECTED,
            examples.WITHHELD,
            examples.NEW_EPOCH,
            examples.AMENDED,
            examples.JUDGED,
            examples.HEADCOUNT,
            examples.SITE,
        ),
    ),
    Document(
        name="batch",
        title="A batch of events",
        about="The backlog: a zlib-deflated (RFC 1950) JSON array of events, bytes unchanged. Only a packing: each "
        "event stands alone, in any order, and may come again.",
        leaf="batchz",
        types=_EVENTS,
        examples=(examples.ENTRY, examples.REPEAT),
        is_array=True,
    ),
    Document(
        name="checkpoint",
        title="A checkpoint",
        about="Retained. The gateway's signature under its history: with the hashes that chain its events it covers "
        "everything up to `seq`.",
        leaf="checkpoint",
        types=(Checkpoint,),
        examples=(examples.CHECKPOINT,),
        is_retained=True,
    ),
    Document(
        name="state",
        title="A gateway's state",
        about="Retained. `ready` when a session begins; `stopped` by the agent, or `lost` by its will, when it ends.",
        leaf="state",
        types=(GatewayState, GatewayLost),
        examples=(examples.STATE, examples.LOST, examples.STOPPED),
        is_retained=True,
    ),
    Document(
        name="health",
        title="A gateway's gauges",
        about="Every five minutes and on change. Expires; never kept by the broker.",
        leaf="health",
        types=(Health,),
        examples=(examples.HEALTH,),
        qos=0,
    ),
    Document(
        name="receipt",
        title="A receipt",
        about="The receiver's word that it has committed: the only thing that lets a gateway forget. Retained. A "
        "number is committed if it is at most `upto` or within a range of `more`; one named in `nack` was refused, and "
        "the gateway keeps it. A receiver must never cover a refused number without naming it.",
        leaf="ack",
        types=(Receipt,),
        examples=(examples.RECEIPT,),
        is_retained=True,
    ),
)


def documents() -> dict[str, str]:
    """Return file name to text of everything that is published."""
    schemas = {f"{document.name}.json": _text(_schema(document)) for document in DOCUMENTS}
    return {**schemas, "asyncapi.json": _text(_asyncapi())}


def _schema(document: Document) -> Json:
    refs, parts = msgspec.json.schema_components(document.types, ref_template="#/$defs/{name}")
    one: Json = dict(refs[0]) if len(refs) == 1 else {"oneOf": list(refs)}
    shown = [json.loads(encode(example)) for example in document.examples]
    if document.is_array:
        one = {"type": "array", "items": one, "maxItems": BATCH_EVENTS}
        shown = [shown]
    return {
        "$schema": JSON_SCHEMA,
        "$id": f"urn:edge-agent:schema:{MAJOR}:{document.name}",
        "title": document.title,
        "description": document.about,
        **one,
        "examples": shown,
        "$defs": {name: _complete(part, _struct(name, document.types)) for name, part in parts.items()},
    }


def _complete(part: Mapping[str, Any], struct: type[Wire] | None) -> Json:
    """Return the part with everything required that is always written, and open for newer fields."""
    if struct is None or struct.__struct_config__.omit_defaults:
        return dict(part)
    return {**part, "required": list(part["properties"])}


def _struct(name: str, types: Sequence[type[Wire]]) -> type[Wire] | None:
    return next((each for each in types if each.__name__ == name), None)


def _asyncapi() -> Json:
    return {
        "asyncapi": "3.0.0",
        "id": f"urn:edge-agent:asyncapi:{MAJOR}",
        "info": {
            "title": "edge-agent",
            "version": f"{MAJOR}.0.0",
            "description": "What a gateway at the gate of a construction site sends, and the one thing it hears. "
            f"`{ROOT}` is the topic root of the configuration. MQTT 5, or 3.1.1 where the broker knows nothing newer. "
            "Readers ignore fields they do not know; a new major version has a new topic root and new types.",
        },
        "defaultContentType": "application/json",
        "channels": {document.name: _channel(document) for document in DOCUMENTS},
        "operations": {_operation_name(document): _operation(document) for document in DOCUMENTS},
        "components": {
            "messages": {document.name: _message(document) for document in DOCUMENTS},
            "parameters": {
                "gateway": {"description": "The box, as in its certificate: small letters, digits, hyphens, at most 63"}
            },
        },
    }


def _channel(document: Document) -> Json:
    topics = Topics(ROOT)
    address = topics.receipt("{gateway}") if _is_heard(document) else topics.up("{gateway}", document.leaf)
    return {
        "address": address,
        "title": document.title,
        "description": document.about,
        "parameters": {"gateway": {"$ref": "#/components/parameters/gateway"}},
        "messages": {document.name: {"$ref": f"#/components/messages/{document.name}"}},
    }


def _operation(document: Document) -> Json:
    return {
        # Seen from the gateway, whose contract this is.
        "action": "receive" if _is_heard(document) else "send",
        "channel": {"$ref": f"#/channels/{document.name}"},
        "messages": [{"$ref": f"#/channels/{document.name}/messages/{document.name}"}],
        "bindings": {
            "mqtt": {"qos": document.qos, "retain": document.is_retained, "bindingVersion": MQTT_BINDING},
        },
    }


def _operation_name(document: Document) -> str:
    return ("receive" if _is_heard(document) else "send") + document.name.capitalize()


def _message(document: Document) -> Json:
    return {
        "name": document.name,
        "title": document.title,
        "contentType": "application/zlib" if document.is_array else "application/json",
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": {"$ref": f"./{document.name}.json"}},
    }


def _is_heard(document: Document) -> bool:
    return Receipt in document.types


def _text(document: Json) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
