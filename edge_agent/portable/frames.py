"""An export file: signed frames of events of one box and epoch. Reads and writes bytes; knows no spool, no receiver.

Layout. A magic line; a line of JSON (the header); a line with its signature; frames; an end frame. A frame is a fixed
head, the payload of a `batchz` message, and a signature. So a file that breaks off is whole up to its last frame.
Everything is read with a limit (I8), and nothing is believed before its signature was looked at.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

import msgspec

from edge_agent.core.wire import UNREADABLE, EpochId, GatewayId, Rfc3339, Upto, Wire, encode
from edge_agent.signing import SigningKey, is_signed

MAGIC = b"edge-agent events 1\n"
LINE_BYTES = 4096
PAYLOAD_BYTES = 1 << 20
EVENTS_PER_FRAME = 200
EVENTS, END = b"EVTS", b"DONE"
HEAD = struct.Struct(">4sIQQ")
"""Tag, bytes of the payload, then first and last number; in the end frame: 0, then counts of frames and events."""
SIGNATURE_BYTES = 64


class BadExport(Exception):
    """The file is no export, or none that can be believed. The message says why."""


class Broken(BadExport):
    """The file is an export and breaks off, or is garbled, behind its last good frame."""


class Header(Wire, frozen=True, kw_only=True, omit_defaults=False):
    """What the first line says."""

    format: Literal[1] = 1
    gateway: GatewayId
    epoch: EpochId
    key: str = msgspec.field(default="")
    """The box's public key."""
    after: Upto
    """Everything behind this number was asked for, and what is quarantined."""
    upto: Upto
    """The receipt the box had heard when the file was begun,"""
    gen: Upto
    """and its generation."""
    made: Rfc3339


@dataclass(frozen=True, slots=True)
class Frame:
    """Some events, packed as they travel by MQTT."""

    first: int
    last: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class End:
    """Says that the file is whole."""

    frames: int
    events: int


class Writer:
    """Writes a file's parts, each at once and whole."""

    def __init__(self, out: BinaryIO, header: Header, key: SigningKey) -> None:
        """Take an unbuffered file that stands where the next part belongs."""
        self._out, self._header, self._key = out, header, key

    def begin(self) -> None:
        """Write what comes before the frames."""
        line = encode(self._header)
        self._put(MAGIC + line + b"\n" + self._key.sign(_header_text(line)).encode() + b"\n")

    def frame(self, frame: Frame) -> None:
        """Write one frame."""
        head = HEAD.pack(EVENTS, len(frame.payload), frame.first, frame.last)
        self._put(head + frame.payload + bytes.fromhex(self._key.sign(frame_text(self._header, frame))))

    def end(self, end: End) -> None:
        """Say that the file is whole."""
        head = HEAD.pack(END, 0, end.frames, end.events)
        self._put(head + bytes.fromhex(self._key.sign(_end_text(self._header, end))))

    def _put(self, part: bytes) -> None:
        view = memoryview(part)
        while view:
            view = view[self._out.write(view) :]


class Reader:
    """Reads a file front to back."""

    def __init__(self, file: BinaryIO) -> None:
        """
        Read the header.

        Raises:
            BadExport: It is none, or its signature is wrong.

        """
        self._file = file
        if self._line() != MAGIC:
            raise BadExport("not an export of edge-agent events")
        line, signature = self._line().rstrip(b"\n"), self._line().rstrip(b"\n")
        try:
            self.header = _HEADER.decode(line)
        except UNREADABLE as exc:
            raise BadExport(f"its first lines are garbled: {exc}") from exc
        if not is_signed(_header_text(line), key=self.header.key, signature=signature.decode("ascii", "replace")):
            raise BadExport("its first lines are not signed by the key they name")
        self.end: End | None = None
        """Set once the end frame was read."""
        self.good_bytes = file.tell()
        """Up to here the file is good."""

    def frames(self) -> Iterator[Frame]:
        """
        Yield the frames, each with a good signature, until the end frame.

        Raises:
            Broken: What follows is not a good frame. What came before is good all the same.

        """
        while self.end is None:
            tag, length, first, last = HEAD.unpack(self._exactly(HEAD.size))
            match tag:
                case _ if tag == EVENTS and length <= PAYLOAD_BYTES and 1 <= first <= last < 1 << 53:
                    frame = Frame(first, last, self._exactly(length))
                    self._check(frame_text(self.header, frame))
                    self.good_bytes = self._file.tell()
                    yield frame
                case _ if tag == END and length == 0:
                    end = End(first, last)
                    self._check(_end_text(self.header, end))
                    self.end = end
                case _:
                    raise Broken(f"garbled behind byte {self.good_bytes}")

    def _check(self, text: bytes) -> None:
        signature = self._exactly(SIGNATURE_BYTES).hex()
        if not is_signed(text, key=self.header.key, signature=signature):
            raise Broken(f"garbled or forged behind byte {self.good_bytes}: the signature is wrong")

    def _exactly(self, size: int) -> bytes:
        part = self._file.read(size)
        if len(part) < size:
            raise Broken(f"cut off behind byte {self.good_bytes}")
        return part

    def _line(self) -> bytes:
        return self._file.readline(LINE_BYTES)


def frame_text(header: Header, frame: Frame) -> bytes:
    """Return what a frame's signature signs."""
    digest = hashlib.sha256(frame.payload).hexdigest()
    return f"edge-agent events 1 {header.gateway} {header.epoch} {frame.first} {frame.last} {digest}".encode()


def _end_text(header: Header, end: End) -> bytes:
    return f"edge-agent events 1 {header.gateway} {header.epoch} end {end.frames} {end.events}".encode()


def _header_text(line: bytes) -> bytes:
    return b"edge-agent events 1 header " + line


_HEADER = msgspec.json.Decoder(Header)
