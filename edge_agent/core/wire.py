"""What every message is made of: fields, their bounds, bytes and their hash. Knows no message."""

import hashlib
from typing import Annotated, Literal

import msgspec

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
ClockTrust = Literal["none", "rtc", "gsm", "host", "server", "gps", "ntp"]
HashText = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$", description="The first 16 bytes of a SHA-256")]
Text = Annotated[str, msgspec.Meta(max_length=256)]


class Wire(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Every message: immutable, named fields, unknown fields ignored."""


class Unreadable(ValueError):
    """Bytes that are no message of this version. The message says which field and why."""


_encode = msgspec.json.Encoder().encode


def encode(message: Wire) -> bytes:
    """Return the message as UTF-8 JSON."""
    return _encode(message)


# msgspec gives up on deep nesting with a RecursionError.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def chain_hash(body: bytes) -> str:
    """Return what the next event must carry as `prev`."""
    return hashlib.sha256(body).digest()[:HASH_LEN].hex()


def genesis(epoch: str) -> str:
    """Return the `prev` of the first event of an epoch."""
    return chain_hash(b"edge-agent epoch " + epoch.encode())
