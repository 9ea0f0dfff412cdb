"""Wiegand numbers as converters write them on a serial line: bits to facility and number, parity checked. No UID.

The two formats, most significant bit first, P even over the first half, Q odd over the second, each half with its bit:

    26 bits  P FFFFFFFF NNNNNNNNNNNNNNNN Q            HID H10301 (pcProx Plus manual, appendix); SIA AC-01
    34 bits  P FFFFFFFFFFFFFFFF NNNNNNNNNNNNNNNN Q    NITGEN NAC-3000 manual, appendix VI

Other makers split the 32 bits otherwise (ZKTeco: 8 and 24) under the same parity: the token is all of them, so nothing
depends on where facility ends, except for a converter that writes the two as decimal numbers.

The token is these data bits as bytes, 3 or 4. It is not the card's UID: some readers send a UID, a part of it or its
bytes turned round, others a number of their own. A card is known at such readers once it was shown to one of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from drivers.wire.token import NoToken

Writing = Literal["bits", "hex", "data", "decimal"]
"""
How the converter writes a touch.

bits: each bit as 0 or 1, parity included. hex: the same as hex digits, 7 or 9, with zero bits in front. data: hex
digits without the parity, 6 or 8: the converter checked it (Priority 1 Design WIE232). decimal: facility, comma,
number; the comma may be a colon, a hyphen or spaces.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WiegandFormat:
    """How many bits, and how they are written."""

    bits: Literal[26, 34] = 26
    writing: Writing = "bits"

    @property
    def data_bits(self) -> int:
        """The bits between the two parity bits."""
        return self.bits - 2

    def token(self, frame: bytes) -> bytes:
        """
        Return facility and number: 3 bytes of 26 bits (1 + 2), 4 bytes of 34 (2 + 2).

        Raises:
            NoToken: Another length, other characters, or wrong parity.

        """
        try:
            text = frame.decode("ascii").strip()
        except UnicodeDecodeError as exc:
            raise NoToken("no text") from exc
        data = _READ[self.writing](self, text)
        return data.to_bytes(self.data_bits // 8, "big")

    def of_bits(self, text: str) -> int:
        """Return the data of a frame written as bits."""
        if len(text) != self.bits or text.strip("01"):
            raise NoToken(f"{len(text)} characters; wanted {self.bits} of 0 and 1")
        return self._checked(int(text, 2))

    def of_hex(self, text: str) -> int:
        """Return the data of a frame written in hex."""
        word = _hex(text, digits=-(-self.bits // 4))
        if word >> self.bits:
            raise NoToken(f"more than {self.bits} bits")
        return self._checked(word)

    def of_data(self, text: str) -> int:
        """Return the data where the converter has taken the parity off."""
        return _hex(text, digits=self.data_bits // 4)

    def of_decimal(self, text: str) -> int:
        """Return the data of facility and number."""
        facility, number = _two_numbers(text)
        if facility >> (self.data_bits - 16) or number >> 16:
            raise NoToken(f"facility or number too large for {self.bits} bits")
        return facility << 16 | number

    def _checked(self, word: int) -> int:
        half = self.bits // 2
        first, second = word >> half, word & ((1 << half) - 1)
        if first.bit_count() % 2 != 0 or second.bit_count() % 2 != 1:
            raise NoToken("wrong parity")
        return (word >> 1) & ((1 << self.data_bits) - 1)


_READ: dict[Writing, Callable[[WiegandFormat, str], int]] = {
    "bits": WiegandFormat.of_bits,
    "hex": WiegandFormat.of_hex,
    "data": WiegandFormat.of_data,
    "decimal": WiegandFormat.of_decimal,
}
_SEPARATORS = str.maketrans(":-,", "   ")


def _hex(text: str, *, digits: int) -> int:
    if len(text) != digits or text.strip("0123456789abcdefABCDEF"):
        raise NoToken(f"{len(text)} characters; wanted {digits} hex digits")
    return int(text, 16)


def _two_numbers(text: str) -> tuple[int, int]:
    numbers = text.translate(_SEPARATORS).split()
    if len(numbers) != 2 or not all(n.isdigit() and len(n) <= 10 for n in numbers):  # noqa: PLR2004 - facility, number
        raise NoToken("wanted facility and number")
    return int(numbers[0]), int(numbers[1])
