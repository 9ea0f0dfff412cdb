"""Frames out of a stream of bytes: where one begins, where it ends, whether its sum is right. Reads no port.

The same frames come out however the bytes are split into reads, and no noise makes it hold more than one frame.
"""

from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Literal, Self

from drivers.wire import apdu

FRAME_MAX = 1024
"""The longest frame, in bytes: the longest text of a badge."""
Checksum = Literal["none", "xor", "xor-hex", "lrc"]


class FramingError(ValueError):
    """These settings describe no frames. The message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """How a device marks its frames."""

    start: bytes = b""
    """What stands before each frame; empty: nothing."""
    ends: tuple[bytes, ...] = (b"\r", b"\n")
    """Any of these ends a frame, and is no part of it. Empty: its length does, or silence."""
    length: int = 0
    """Bytes between start and end; 0: they vary. Where it is given, bytes like start and end may stand within."""
    checksum: Checksum = "none"
    """
    How the frame's last byte follows from those before it; start and end are not counted.

    xor: their exclusive or. lrc: the two's complement of their sum (Modbus over serial line 1.02, 6.2.1). xor-hex: the
    frame is hex digits, and of the bytes they stand for the last is the exclusive or of the others: 125 kHz modules
    such as the RDM6300. What comes out is without it.
    """
    max_length: int = FRAME_MAX

    @classmethod
    def parse(cls, *, start: str, end: str, length: int, checksum: Checksum) -> Self:
        """
        Return what settings describe: `start` in hex; `end` in hex, "line" for CR, LF or both, or "none".

        Raises:
            FramingError: With the setting's name.

        """
        try:
            first, behind = apdu.parse_hex(start), _ends(end, length=length)
        except apdu.ScriptError as exc:
            raise FramingError(f"frame_start, frame_end: {exc}; write bytes in hex such as 02 or 0D 0A") from exc
        if b"" in behind:
            raise FramingError('frame_end: empty; write bytes in hex such as 0D 0A, "line" or "none"')
        return cls(start=first, ends=behind, length=length, checksum=checksum)

    @property
    def is_ended_by_silence(self) -> bool:
        """Whether nothing but a pause tells where a frame ends."""
        return not self.length and not self.ends

    @property
    def longest_mark(self) -> int:
        """The longest of start and ends, in bytes; at least 1."""
        return max(1, len(self.start), *map(len, self.ends))


class Frames:
    """The frames of one device, as its bytes come."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._held = bytearray()
        self.refused = 0
        """How many frames were dropped: torn, too long, or with a wrong sum or end."""
        self.reset()

    @property
    def held(self) -> int:
        """How many bytes wait for more."""
        return len(self._held)

    def reset(self) -> None:
        """Forget what has begun."""
        self._held.clear()
        self._is_within = not self._framing.start
        self._is_spoilt = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; return the frames that ended with them."""
        return [frame for byte in data if (frame := self._take(byte)) is not None]

    def silence(self) -> list[bytes]:
        """Take note that nothing came for a while: a frame that has no other end is whole, any other one is torn."""
        if not self._held or not self._is_within:
            self.reset()
            return []
        frame = self._ended(bytes(self._held) if self._framing.is_ended_by_silence else None)
        return [] if frame is None else [frame]

    def _take(self, byte: int) -> bytes | None:
        self._held.append(byte)
        if not self._is_within:
            self._await_start()
            return None
        return self._counted() if self._framing.length else self._delimited()

    def _await_start(self) -> None:
        start = self._framing.start
        self._is_within = self._held.endswith(start)
        del self._held[: None if self._is_within else -len(start)]

    def _counted(self) -> bytes | None:
        end = b"".join(self._framing.ends)
        if len(self._held) < self._framing.length + len(end):
            return None
        is_ended = self._held.endswith(end)
        return self._ended(bytes(self._held[: self._framing.length]) if is_ended else None)

    def _delimited(self) -> bytes | None:
        framing = self._framing
        if framing.start and self._held.endswith(framing.start):
            self._begin_anew()
            return None
        for end in framing.ends:
            if self._held.endswith(end):
                return self._ended(bytes(self._held[: -len(end)]))
        if self._is_spoilt or len(self._held) > framing.max_length + framing.longest_mark:
            self._is_spoilt = True
            del self._held[: -framing.longest_mark]
        return None

    def _begin_anew(self) -> None:
        self.refused += self._is_spoilt or len(self._held) > len(self._framing.start)
        self.reset()
        self._is_within = True

    def _ended(self, frame: bytes | None) -> bytes | None:
        """Return a frame that is good; None for one that is not, or for the nothing between CR and LF."""
        is_good = frame is not None and not self._is_spoilt and len(frame) <= self._framing.max_length
        self.reset()
        if frame == b"" and is_good:
            return None
        good = unsummed(frame, self._framing.checksum) if frame and is_good else None
        self.refused += good is None
        return good


def _ends(text: str, *, length: int) -> tuple[bytes, ...]:
    if text == "none" or (text == "line" and length):
        return ()
    return (b"\r", b"\n") if text == "line" else (apdu.parse_hex(text),)


def unsummed(frame: bytes, checksum: Checksum) -> bytes | None:
    """Return the frame without its checksum; None if that is wrong."""
    if checksum == "none":
        return frame
    try:
        summed = bytes.fromhex(frame.decode("ascii")) if checksum == "xor-hex" else frame
    except ValueError:
        return None
    *content, last = summed or b"\1"  # of nothing no sum is right
    wanted = -sum(content) & 0xFF if checksum == "lrc" else reduce(xor, content, 0)
    if last != wanted or not content:
        return None
    return bytes(content).hex().upper().encode() if checksum == "xor-hex" else bytes(content)
