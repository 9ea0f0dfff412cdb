"""Virtual cards as a contactless reader presents them: an ATR, a number, answers to APDUs. They know no reader."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from threading import Event
from typing import Self

_GET_NUMBER = bytes.fromhex("FFCA0000")
"""The pseudo-APDU of PC/SC part 3 that reads UID or IDm."""
_RID = bytes.fromhex("A000000306")
_OK = b"\x90\x00"
_NOT_SUPPORTED = b"\x6d\x00"


class Tear(enum.Enum):
    """How an exchange ends when the card is torn away in the middle of it."""

    ERROR = "the driver reports a communication error"
    EMPTY = "the driver reports success and no answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card. Immutable, so that a test can put the same card on any number of readers."""

    number: bytes
    """UID or IDm: what `FF CA 00 00 00` reads."""
    atr: bytes
    answers: Mapping[bytes, bytes] = field(default_factory=dict)
    """Whole answers by whole command, status word included. Asked before the number."""
    delay_s: float = 0.0
    """How long every answer takes."""
    tear: Tear | None = None
    """None for a card that stays."""

    @classmethod
    def felica(cls, idm: bytes, answers: Mapping[bytes, bytes] | None = None) -> Self:
        """Return a FeliCa card; the IDm has 8 bytes."""
        return cls(number=_sized(idm, 8), atr=storage_atr(standard=0x11, name=0x003B), answers=answers or {})

    @classmethod
    def mifare_classic(cls, uid: bytes, answers: Mapping[bytes, bytes] | None = None) -> Self:
        """Return a MIFARE Classic 1K card; the UID has 4 or 7 bytes."""
        return cls(number=_sized(uid, 4, 7), atr=storage_atr(standard=0x03, name=0x0001), answers=answers or {})

    @classmethod
    def iso14443_4(cls, uid: bytes, answers: Mapping[bytes, bytes] | None = None) -> Self:
        """Return a card with an operating system; the UID has 4 or 7 bytes."""
        return cls(number=_sized(uid, 4, 7), atr=contactless_atr(b"\x80\x31"), answers=answers or {})

    def answer(self, command: bytes) -> bytes | None:
        """Return the answer to a command, after the card's delay; None when it is torn away before."""
        if self.delay_s:
            Event().wait(self.delay_s)
        if self.tear:
            return b"" if self.tear is Tear.EMPTY else None
        if command in self.answers:
            return self.answers[command]
        return self.number + _OK if command[:4] == _GET_NUMBER else _NOT_SUPPORTED


def contactless_atr(historical: bytes) -> bytes:
    """Return the ATR that readers make up for contactless cards (PC/SC part 3): 3B 8n 80 01, these bytes, a check."""
    body = bytes([0x80 | len(historical), 0x80, 0x01]) + historical
    return b"\x3b" + body + bytes([reduce(xor, body)])


def storage_atr(*, standard: int, name: int) -> bytes:
    """Return the ATR of a contactless storage card: standard and card name are numbers from PC/SC part 3's tables."""
    return contactless_atr(b"\x80\x4f\x0c" + _RID + bytes([standard]) + name.to_bytes(2, "big") + bytes(4))


def _sized(number: bytes, *sizes: int) -> bytes:
    if len(number) not in sizes:
        raise ValueError(f"this card's number has {' or '.join(map(str, sizes))} bytes, not {len(number)}")
    return number
