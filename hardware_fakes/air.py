"""Cards as a chip meets them on air: what they answer to polling, anticollision, WUPB. They know no chip."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from drivers.wire import apdu
from hardware_fakes.card import Card

_ANY = 0xFF
_SAK = {"iso14443-4": 0x20, "mifare-classic-1k": 0x08}
_CASCADE_TAG = b"\x88"


class OnAir(Protocol):
    """A card in a reader's field."""

    def felica(self, request: bytes) -> bytes | None:
        """Return the answer to a polling request `00 SC SC RC TSN`: SENSF_RES without its length; None for silence."""
        ...

    def uid(self) -> tuple[bytes, int] | None:
        """Return the UID and the SAK anticollision ends with; None for silence."""
        ...

    def atqb(self) -> bytes | None:
        """Return the answer to WUPB; None for silence."""
        ...


class _Silent:
    def felica(self, request: bytes) -> bytes | None:
        del request
        return None

    def uid(self) -> tuple[bytes, int] | None:
        return None

    def atqb(self) -> bytes | None:
        return None


@dataclass(frozen=True, kw_only=True)
class Felica(_Silent):
    """A FeliCa card of one system."""

    idm: bytes
    system_code: int = 0xFE00
    pmm: bytes = bytes.fromhex("100B4B428485D0FF")

    def felica(self, request: bytes) -> bytes | None:
        """Answer the own system code, or FF in place of either of its bytes."""
        own = self.system_code.to_bytes(2, "big")
        if len(request) != 5 or any(want not in (_ANY, is_) for want, is_ in zip(request[1:3], own, strict=True)):  # noqa: PLR2004 - 00 SC SC RC TSN
            return None
        return b"\x01" + self.idm + self.pmm + (own if request[3] == 1 else b"")


@dataclass(frozen=True, kw_only=True)
class TypeA(_Silent):
    """A type A card; a `draw` gives it another UID each time, as telephones have."""

    number: bytes = b""
    sak: int = 0x08
    draw: Callable[[], bytes] | None = None

    def uid(self) -> tuple[bytes, int] | None:
        """Return UID and SAK."""
        return (self.draw() if self.draw else self.number), self.sak


@dataclass(frozen=True, kw_only=True)
class TypeB(_Silent):
    """A type B card; a `draw` gives it another PUPI each time, as driving licences have."""

    pupi: bytes = b""
    draw: Callable[[], bytes] | None = None

    def atqb(self) -> bytes | None:
        """Return 50, PUPI, application data, protocol info of a card with part 4."""
        return b"\x50" + (self.draw() if self.draw else self.pupi) + bytes(4) + b"\x00\x81\x81"


def drawn(prefix: bytes = b"") -> Callable[[], bytes]:
    """Return what draws another number of four bytes each time."""
    numbers: Iterator[int] = itertools.count(1)
    return lambda: prefix + next(numbers).to_bytes(4 - len(prefix), "big")


def of(card: Card) -> OnAir:
    """Return the same card on air that a PC/SC slot shows through its ATR."""
    technology = apdu.technology(card.atr)
    if technology == "felica":
        return Felica(idm=card.number)
    return TypeA(number=card.number, sak=_SAK[technology])


def cascaded(uid: bytes) -> list[bytes]:
    """Return the UID as anticollision gives it, level by level: four bytes and their check."""
    parts = [uid[start : start + 3] for start in range(0, len(uid) - 4, 3)]
    levels = [_CASCADE_TAG + part for part in parts] + [uid[3 * len(parts) :]]
    return [level + bytes([level[0] ^ level[1] ^ level[2] ^ level[3]]) for level in levels]
