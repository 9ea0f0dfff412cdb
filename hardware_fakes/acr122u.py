"""An ACR122U: a PN532 behind CCID, for nfcpy's real driver; and its habit not to be found again once it sleeps."""

import struct

from hardware_fakes.air import OnAir
from hardware_fakes.card import Card
from hardware_fakes.pn532 import Pn532Core
from hardware_fakes.usb_chip import UsbChip

_DIRECT = bytes.fromhex("FF000000")
_VERSION = bytes.fromhex("FF00480000")
_POWER_DOWN = 0x16


class ACR122U(UsbChip):
    """The reader."""

    vendor, product = 0x072F, 0x2200
    manufacturer_name, product_name = "ACS", "ACR122U PICC Interface"

    def __init__(self) -> None:
        super().__init__()
        self.core = Pn532Core(air_s=0.0)
        self.is_asleep = False
        """Its chip was powered down: it answers nothing before it is plugged in anew."""

    def put(self, card: Card | OnAir) -> None:
        """Lay a card into the field, in place of one that rests there."""
        super().put(card)
        self.core.put(card)

    def take(self) -> None:
        """Take the card away."""
        super().take()
        self.core.put(None)

    def heard(self, frame: bytes) -> list[bytes]:
        """Answer a CCID message: the block in it is a pseudo-APDU."""
        if self.is_asleep:
            return []
        block = frame[10:]
        if block == _VERSION:
            return [_ccid(b"ACR122U214")]
        if not block.startswith(_DIRECT):
            return [_ccid(b"\x90\x00")]
        code, data = block[6], block[7:]
        self.is_asleep = code == _POWER_DOWN
        answer = self.core.answer(code, data)
        return [_ccid(b"\x7f\x90\x00" if answer is None else bytes([0xD5, code + 1]) + answer + b"\x90\x00")]


def _ccid(block: bytes) -> bytes:
    return struct.pack("<BI5x", 0x80, len(block)) + block
