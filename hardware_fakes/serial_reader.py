"""Readers that send a line for each card, and Wiegand converters, on a pty. Knows no driver."""

from pathlib import Path

from hardware_fakes.pty_port import PtyPort


class FakeLineReader(PtyPort):
    """Sends what a card says between a prefix and a suffix."""

    def __init__(self, path: Path, *, prefix: bytes = b"", suffix: bytes = b"\r\n") -> None:
        self._prefix, self._suffix = prefix, suffix
        super().__init__(path)

    def touch(self, number: bytes) -> None:
        """Hold a card with this number to it: sent in hex."""
        self.send_line(number.hex().upper().encode())

    def send_line(self, content: bytes) -> None:
        """Send this as it is, between prefix and suffix."""
        self.say(self._prefix + content + self._suffix)


class FakeWiegandConverter(FakeLineReader):
    """Sends the bits of a facility and a number, with their parity."""

    def touch_card(self, facility: int, number: int, *, bits: int = 26) -> None:
        """Hold a card to it."""
        self.send_line(wiegand(facility, number, bits=bits).encode())

    def touch(self, number: bytes) -> None:
        """Hold a card to it whose facility and number are these 3 or 4 bytes."""
        self.touch_card(
            int.from_bytes(number[:-2], "big"), int.from_bytes(number[-2:], "big"), bits=8 * len(number) + 2
        )


def wiegand(facility: int, number: int, *, bits: int = 26) -> str:
    """Return a card's bits: even parity over the first half, odd over the second."""
    data = f"{facility << 16 | number:0{bits - 2}b}"
    half = len(data) // 2
    even = data[:half].count("1") % 2
    odd = 1 - data[half:].count("1") % 2
    return f"{even}{data}{odd}"
