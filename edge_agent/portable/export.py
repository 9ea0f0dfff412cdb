"""Write a spool's events into a file, so that it can break off at any byte and be continued. Changes nothing."""

import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from edge_agent.portable.files import finish
from edge_agent.portable.frames import (
    EVENTS_PER_FRAME,
    PAYLOAD_BYTES,
    BadExport,
    Broken,
    End,
    Frame,
    Header,
    Reader,
    Writer,
)
from edge_agent.portable.source import Source
from edge_agent.signing import SigningKey
from spool.transaction import Entry

DEFLATE_LEVEL = 6
SYNC_FRAMES = 50
"""A stick that is pulled out has at least what came before the last sync."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What came of it."""

    file: str
    gateway: str
    epoch: str
    events: int
    frames: int
    resumed: bool
    """A file that had broken off was continued."""
    unreadable: int
    """Events that could not be read, or are too large for a frame."""


@dataclass(slots=True)
class _Place:
    """How far the file is."""

    frames: int = 0
    events: int = 0
    last: int = 0


def export(
    source: Source, file: Path, *, header: Header, key: SigningKey, moved: Callable[[int], None] = lambda _: None
) -> Exported:
    """
    Write the events behind `header.after`, and what is quarantined, into the file.

    Until all is written and synced it is called FILE.part; run again, it is continued behind its last good frame.

    Raises:
        OSError: It cannot be written: full, pulled out. What is there is good for the next time.
        SpoolUnavailable: The spool cannot be read.

    """
    part = file.with_name(file.name + ".part")
    before = source.unreadable
    with part.open("r+b" if part.exists() else "w+b", buffering=0) as out:
        found = _found(part, header)
        at = found[1] if found else _Place()
        writer = Writer(out, found[0] if found else header, key)
        if found:
            out.seek(found[2])
            moved(at.events)
        out.truncate(out.tell())
        if not found:
            writer.begin()
        for frame, count in _frames(source, at.last, (found[0] if found else header).after):
            writer.frame(frame)
            at.frames, at.events = at.frames + 1, at.events + count
            moved(count)
            if at.frames % SYNC_FRAMES == 0:
                os.fsync(out.fileno())
        writer.end(End(at.frames, at.events))
        os.fsync(out.fileno())
    finish(part, file)
    return Exported(
        file=str(file),
        gateway=header.gateway,
        epoch=header.epoch,
        events=at.events,
        frames=at.frames,
        resumed=found is not None,
        unreadable=source.unreadable - before,
    )


def header_of(file: Path) -> Header | None:
    """Return whose export this file is; None if it is none, or not there."""
    try:
        with file.open("rb") as opened:
            return Reader(opened).header
    except (BadExport, FileNotFoundError):
        return None


def count_events(payload: bytes) -> int:
    """Return how many events are in a frame we have signed ourselves."""
    return len(msgspec.json.decode(zlib.decompress(payload), type=list[msgspec.Raw]))


def _found(part: Path, header: Header) -> tuple[Header, _Place, int] | None:
    """Return what is in a file that broke off, if it can be continued: its header, how far it is, its good bytes."""
    with part.open("rb") as opened:
        return _resumable(opened, header)


def _resumable(opened: BinaryIO, header: Header) -> tuple[Header, _Place, int] | None:
    place = _Place()
    try:
        reader = Reader(opened)
    except BadExport:
        return None
    old = reader.header
    if (old.gateway, old.epoch, old.key) != (header.gateway, header.epoch, header.key) or old.after > header.after:
        return None
    try:
        for frame in reader.frames():
            place = _Place(place.frames + 1, place.events + count_events(frame.payload), frame.last)
    except Broken:
        pass
    return old, place, reader.good_bytes


def _frames(source: Source, after: int, wanted_after: int) -> Iterator[tuple[Frame, int]]:
    """Yield the frames with the count of their events."""
    page: list[Entry] = []
    for entry in source.entries(after, wanted_after=wanted_after):
        page.append(entry)
        if len(page) == EVENTS_PER_FRAME:
            yield from _packed(source, page)
            page = []
    yield from _packed(source, page)


def _packed(source: Source, page: list[Entry]) -> Iterator[tuple[Frame, int]]:
    if not page:
        return
    payload = zlib.compress(b"[" + b",".join(entry.body for entry in page) + b"]", DEFLATE_LEVEL)
    if len(payload) <= PAYLOAD_BYTES:
        yield Frame(page[0].seq, page[-1].seq, payload), len(page)
    elif len(page) == 1:
        source.unreadable += 1
    else:
        half = len(page) // 2
        yield from _packed(source, page[:half])
        yield from _packed(source, page[half:])
