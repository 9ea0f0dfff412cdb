"""A Sony RC-S380: the Port-100 protocol for nfcpy's real driver. Cards answer the frames of ISO 14443 and FeliCa."""

import struct
from collections.abc import Callable

from hardware_fakes import air
from hardware_fakes.usb_chip import UsbChip

ACK = bytes.fromhex("0000ff00ff00")
_SILENCE = bytes.fromhex("8000000000")
"""RECEIVE_TIMEOUT_ERROR, and no bits."""
_FELICA, _TYPE_A, _TYPE_B = ((1, 1), (1, 2)), (2, 3), (3, 7)
_LEVELS = {0x93: 0, 0x95: 1, 0x97: 2}
_ANTICOLLISION, _SELECT = 0x20, 0x70
_MORE_UID = 0x04


class RCS380(UsbChip):
    """The reader."""

    vendor, product = 0x054C, 0x06C3
    manufacturer_name, product_name = "SONY", "RC-S380/P"

    def __init__(self) -> None:
        super().__init__()
        self.is_field_on = False
        self.garble: Callable[[bytes], bytes] = bytes
        """What becomes of each answer's data on its way."""
        self._modulation = (0, 0)
        self._uid, self._sak = b"", 0

    def heard(self, frame: bytes) -> list[bytes]:
        """Answer a command; the program's own ACK ends what is under way."""
        if frame == ACK:
            self._said.clear()
            return []
        size = int.from_bytes(frame[5:7], "little")
        code, data = frame[9], frame[10 : 8 + size]
        return [ACK, _frame(bytes([0xD7, code + 1]) + self.garble(self._answer(code, data)))]

    def _answer(self, code: int, data: bytes) -> bytes:
        match code:
            case 0x00:
                self._modulation = (data[0], data[1])
            case 0x04:
                self.is_field_on = True
                answer = self._on_air(data[2:])
                return _SILENCE if answer is None else b"\x00\x00\x00\x00\x08" + answer
            case 0x06:
                self.is_field_on = bool(data[0])
            case 0x20:
                return b"\x11\x01"
            case 0x22:
                return b"\x00\x01"
            case _:
                pass
        return b"\x00"

    def _on_air(self, asked: bytes) -> bytes | None:
        if self.card is None:
            return None
        if self._modulation in _FELICA:
            answer = self.card.felica(asked[1:])
            return None if answer is None else bytes([len(answer) + 1]) + answer
        if self._modulation == _TYPE_B:
            return self.card.atqb()
        return self._type_a(asked) if self._modulation == _TYPE_A else None

    def _type_a(self, asked: bytes) -> bytes | None:
        if len(asked) == 1:
            drawn = self.card.uid() if self.card else None
            if drawn is None:
                return None
            self._uid, self._sak = drawn
            return b"\x04\x00"
        levels, level = air.cascaded(self._uid), _LEVELS.get(asked[0], 9)
        if level >= len(levels):
            return None
        if asked[1] == _ANTICOLLISION:
            return levels[level]
        return bytes([_MORE_UID if level + 1 < len(levels) else self._sak]) if asked[1] == _SELECT else None


def _frame(body: bytes) -> bytes:
    head = struct.pack("<H", len(body))
    return b"\x00\x00\xff\xff\xff" + head + bytes([-sum(head) & 0xFF]) + body + bytes([-sum(body) & 0xFF, 0])
