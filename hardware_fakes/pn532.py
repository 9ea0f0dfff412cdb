"""A PN532 at a serial port: NXP's frames on a pty, for nfcpy's real driver. Cards are put into its field by hand."""

import enum
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Condition, Event

from hardware_fakes import air
from hardware_fakes.air import OnAir
from hardware_fakes.card import Card
from hardware_fakes.pty_port import PtyPort

ACK = bytes.fromhex("0000ff00ff00")
_CONTROL, _FIFO = 0x6304, 0x6339
_SENS_REQ = 0x26
_TYPE_A, _FELICA, _TYPE_B = 0, (1, 2), 3


class Fault(enum.Enum):
    """How the chip fails."""

    NONE = "not at all"
    DEAD = "it says nothing"
    MUTE = "it acknowledges, and never answers"
    NOISE = "it answers with bytes that are no frame"
    ACKS = "it acknowledges without end"
    ERRORS = "it answers every command with its error frame"


class Pn532Core:
    """The chip behind whatever line: commands in, answers out. Knows no frames."""

    def __init__(self, *, air_s: float = 0.005) -> None:
        self.air_s = air_s
        """How long one search takes on air."""
        self.looks = 0
        """How many searches there were."""
        self.garble: Callable[[bytes], bytes] = bytes
        """What becomes of each answer's data on its way."""
        self.changed = Condition()
        self._registers: dict[int, int] = {}
        self._card: OnAir | None = None

    def put(self, card: Card | OnAir | None) -> None:
        """Lay a card into the field in place of whatever is there."""
        self._card = air.of(card) if isinstance(card, Card) else card

    def answer(self, code: int, data: bytes) -> bytes | None:
        """Return the answer's data to a command, None for the chip's error frame."""
        match code:
            case 0x00 if data[:1] == b"\x00":  # line test: says the same
                found: bytes | None = data
            case 0x02:
                found = bytes.fromhex("32010607")
            case 0x06:
                # FIFO still holds SENS_REQ: nobody answered.
                addresses = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
                found = bytes(self._registers.get(each, _SENS_REQ if each == _FIFO else 0) for each in addresses)
            case 0x08:
                self._registers |= {
                    int.from_bytes(data[at : at + 2], "big"): data[at + 2] for at in range(0, len(data), 3)
                }
                found = b""
            case 0x32:
                if data[0] == 1:
                    self._registers[_CONTROL] = 0x83 if data[1] & 1 else 0x80
                found = b""
            case 0x4A:
                found = self._search(data[1], data[2:])
            case 0x42:
                found = self._through(data)
            case _:
                found = b""
        return None if found is None else self.garble(found)

    def _search(self, modulation: int, asked: bytes) -> bytes:
        Event().wait(self.air_s)
        with self.changed:
            self.looks += 1
            self.changed.notify_all()
        found = self._found(self._card, modulation, asked) if self._card else None
        return b"\x00" if found is None else b"\x01\x01" + found

    @staticmethod
    def _found(card: OnAir, modulation: int, asked: bytes) -> bytes | None:
        if modulation in _FELICA:
            answer = card.felica(asked)
            return None if answer is None else bytes([len(answer) + 1]) + answer
        if modulation == _TYPE_B:
            atqb = card.atqb()
            return None if atqb is None else atqb + b"\x01\x00"
        uid = card.uid() if modulation == _TYPE_A else None
        return None if uid is None else b"\x00\x04" + bytes([uid[1], len(uid[0])]) + uid[0]

    def _through(self, data: bytes) -> bytes:
        atqb = self._card.atqb() if self._card else None
        if atqb is None:
            return b"\x01"
        return b"\x00" + (atqb if data[:1] == b"\x05" else data[:1])


class PN532(PtyPort):
    """A PN532 board whose serial port is found under `path`."""

    def __init__(self, path: Path, *, air_s: float = 0.005) -> None:
        self.core = Pn532Core(air_s=air_s)
        self.fault = Fault.NONE
        self.garble_frame: Callable[[bytes], bytes] = bytes
        """What becomes of each whole frame on its way."""
        self._heard = b""
        super().__init__(path)

    # ------------------------------------------------------------ what a hand does
    def put(self, card: Card | OnAir) -> None:
        """Lay a card into the field, in place of one that rests there."""
        self.core.put(card)

    def take(self) -> None:
        """Take the card away."""
        self.core.put(None)

    def plug(self) -> None:
        """Give it power again; what it was told is forgotten."""
        self._heard = b""
        super().plug()

    def unplug(self) -> None:
        """Pull the cable; a card goes with it."""
        self.core.put(None)
        super().unplug()

    def wait_for_looks(self, count: int, *, timeout_s: float = 5.0) -> None:
        """
        Wait until it searched so many times more.

        Raises:
            TimeoutError: Nobody asks it to.

        """
        goal = self.core.looks + count
        with self.core.changed:
            if not self.core.changed.wait_for(lambda: self.core.looks >= goal, timeout_s):
                raise TimeoutError(f"{self.path.name}: {self.core.looks} looks of {goal}")

    # ------------------------------------------------------------ what the program hears
    def heard(self, data: bytes) -> None:
        """Take frames apart and answer each."""
        self._heard += data
        while (body := self._next_body()) is not None:
            if body[:1] == b"\xd4" and self.fault is not Fault.DEAD:
                self._obey(body[1], body[2:])

    def _next_body(self) -> bytes | None:
        """Cut the next frame's body off what was heard; empty for the program's own ACK, None while there is none."""
        start = self._heard.find(b"\x00\xff")
        if start < 0:
            self._heard = self._heard[-1:]
            return None
        rest = self._heard[start + 2 :]
        if rest[:2] == b"\x00\xff":
            self._heard = rest[2:]
            return b""
        is_long = rest[:2] == b"\xff\xff"
        if len(rest) < (5 if is_long else 2):
            return None
        size, begin = (int.from_bytes(rest[2:4], "big"), 5) if is_long else (rest[0], 2)
        if len(rest) < begin + size + 2:
            return None
        self._heard = rest[begin + size + 2 :]
        return rest[begin : begin + size]

    def _obey(self, code: int, data: bytes) -> None:
        if self.fault is Fault.NOISE:
            self._send(b"\x55\xaa\x00\xff\x10" * 3)
            return
        self._send(ACK * (200 if self.fault is Fault.ACKS else 1))
        if self.fault in (Fault.MUTE, Fault.ACKS):
            return
        answer = None if self.fault is Fault.ERRORS else self.core.answer(code, data)
        self._send(self.garble_frame(frame(b"\x7f" if answer is None else bytes([0xD5, code + 1]) + answer)))

    def _send(self, data: bytes) -> None:
        with suppress(OSError):  # nobody listens any more
            self.say(data)


def frame(body: bytes) -> bytes:
    """Return the frame that carries this body."""
    size = len(body)
    if size < 256:  # noqa: PLR2004 - what one byte can say
        head = bytes([size, -size & 0xFF])
    else:
        head = b"\xff\xff" + size.to_bytes(2, "big") + bytes([-sum(size.to_bytes(2, "big")) & 0xFF])
    return b"\x00\x00\xff" + head + body + bytes([-sum(body) & 0xFF, 0])
