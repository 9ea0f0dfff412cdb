"""What a program did to its files, in order, as the faulty disk recorded it. Reads the log; judges nothing."""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

_LINE = struct.Struct("=IIQq")
"""As faultydisk.c writes it: kind, size of what follows, handle, number."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file or a folder got a handle."""

    handle: int
    name: str
    """Below the watched folder; empty for that folder itself."""
    creates: bool = False
    """If it is not there."""
    truncates: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes were given to the file."""

    handle: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    """The file got this length."""

    handle: int
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """The file's contents, or the folder's names, are on the platter."""

    handle: int


@dataclass(frozen=True, slots=True)
class SyncFailed:
    """The sync said so; the kernel takes what was unsynced for clean from now on, and will not write it again."""

    handle: int


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A name was removed."""

    name: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A name was replaced."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Marked:
    """The program said something: no operation of the disk."""

    text: bytes


Operation = Opened | Written | Truncated | Synced | SyncFailed | Unlinked | Renamed
Line = Operation | Marked


def read(log: Path) -> list[Line]:
    """Return everything the log holds, oldest first."""
    return list(_lines(log.read_bytes())) if log.exists() else []


def marks(lines: list[Line]) -> list[bytes]:
    """Return what the program said of itself, oldest first."""
    return [line.text for line in lines if isinstance(line, Marked)]


def encode(line: Line) -> bytes:  # noqa: PLR0911 - one for each kind
    """Return the line as it stands in a log."""
    match line:
        case Opened():
            flags = os.O_CREAT * line.creates | os.O_TRUNC * line.truncates
            return _pack("O", line.handle, flags, f"/{line.name}".encode())
        case Written():
            return _pack("W", line.handle, line.offset, line.data)
        case Truncated():
            return _pack("T", line.handle, line.size, b"")
        case Synced() | SyncFailed():
            return _pack("S" if isinstance(line, Synced) else "F", line.handle, 0, b"")
        case Unlinked():
            return _pack("U", 0, 0, f"/{line.name}".encode())
        case Renamed():
            return _pack("R", 0, 0, f"/{line.old}\0/{line.new}".encode())
        case Marked():
            return _pack("A", 0, 0, line.text)
        case _:
            assert_never(line)


def _pack(kind: str, handle: int, number: int, data: bytes) -> bytes:
    return _LINE.pack(ord(kind), len(data), handle, number) + data


def _lines(log: bytes) -> Iterator[Line]:
    at = 0
    while at + _LINE.size <= len(log):
        kind, size, handle, number = _LINE.unpack_from(log, at)
        at += _LINE.size + size
        yield _line(chr(kind), handle, number, log[at - size : at])


def _line(kind: str, handle: int, number: int, data: bytes) -> Line:  # noqa: PLR0911 - the same
    match kind:
        case "O":
            return Opened(handle, _name(data), bool(number & os.O_CREAT), bool(number & os.O_TRUNC))
        case "W":
            return Written(handle, number, data)
        case "T":
            return Truncated(handle, number)
        case "S":
            return Synced(handle)
        case "F":
            return SyncFailed(handle)
        case "U":
            return Unlinked(_name(data))
        case "R":
            return Renamed(*(_name(part) for part in data.split(b"\0")))
        case "A":
            return Marked(data)
        case _:
            raise ValueError(f"no line of a faulty disk's log: {kind!r}; written by another version of faultydisk.c?")


def _name(path: bytes) -> str:
    return os.fsdecode(path).strip("/")
