"""Take an export file as if its frames had come as messages: any number of times, in any order, mixed with them.

In steps, one transaction each, so that a large file holds up nobody. What a file says is believed as far as its box's
signature goes, and the box's key as far as it is the one heard before.
"""

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from edge_agent.clock import Clock
from edge_agent.portable.frames import BadExport, Broken, Reader
from edge_agent.portable.receipts import signed
from edge_agent.receiver.store import Store
from edge_agent.receiver.unpack import Letter, Standing, Stream
from edge_agent.signing import SigningKey

FRAMES_AT_ONCE = 5


class Delivered(msgspec.Struct, kw_only=True):
    """What came of a file."""

    file: str
    gateway: str = ""
    epoch: str = ""
    frames: int = 0
    events: int | None = None
    """Events in it, by its own word; None unless it is whole."""
    upto: int = 0
    """Everything up to here is committed now."""
    is_whole: bool = False
    note: str = ""
    error: str = ""
    """Why it is not whole, or why nothing was taken; empty if all is well."""
    receipts: str = ""
    """Lines for the box, each signed: the content of the receipts file."""


class Delivery:
    """One file on its way into the store."""

    def __init__(self, path: Path, *, store: Store, clock: Clock, key: SigningKey) -> None:
        """Prepare; each `step` does a piece."""
        self.done = Delivered(file=path.name)
        self.bytes = 0
        """How far the file was read."""
        self._store, self._clock, self._key = store, clock, key
        self._steps = self._run(path)
        self._streams: dict[Stream, None] = {}

    def step(self) -> list[Stream] | None:
        """
        Do a piece of it; return who is owed a receipt for it, or None when all is done.

        Raises:
            SpoolUnavailable: The store refuses: begin again when it does not.

        """
        return next(self._steps, None)

    def _run(self, path: Path) -> Iterator[list[Stream]]:
        try:
            with path.open("rb") as opened:
                yield from self._take(opened)
        except BadExport as exc:
            self.done.error = str(exc)
        except OSError as exc:
            self.done.error = f"cannot be read: {exc.strerror}"
        for stream in self._streams:
            receipt = self._store.receipt(stream, utc_ns=self._clock.stamp().utc_ns)
            self.done.receipts += signed(stream.gateway, receipt, self._key).decode()
            if stream == Stream(self.done.gateway, self.done.epoch):
                self.done.upto = receipt.upto

    def _take(self, opened: BinaryIO) -> Iterator[list[Stream]]:
        reader = Reader(opened)
        header, done = reader.header, self.done
        done.gateway, done.epoch = header.gateway, header.epoch
        believed = self._store.key(header.gateway)
        if believed is None:
            done.note = f"first heard of {header.gateway}: its key {header.key} is believed from now on"
        elif believed != header.key:
            raise BadExport(
                f"signed with another key than {header.gateway} had: nothing was taken. A new disk? Compare the key at "
                f"the box, then: edge-agent receive trust {header.gateway} {header.key}"
            )
        stream = Stream(header.gateway, header.epoch)
        self._streams[stream] = None
        standing = Standing(stream=stream, acked=header.upto, generation=header.gen, key=header.key)
        yield self._store.hear(standing, utc_ns=self._clock.stamp().utc_ns)
        broken = None
        frames = reader.frames()
        while broken is None and reader.end is None:
            letters = []
            try:
                for frame in itertools.islice(frames, FRAMES_AT_ONCE):
                    letters.append(Letter(header.gateway, "batchz", frame.payload))  # noqa: PERF401 - what came before a break counts
            except Broken as exc:
                broken = exc
            done.frames += len(letters)
            self.bytes = reader.good_bytes
            owed = self._store.take(letters, utc_ns=self._clock.stamp().utc_ns)
            self._streams |= dict.fromkeys(owed)
            yield owed
        if broken:
            raise broken
        if reader.end and reader.end.frames == done.frames:
            done.is_whole, done.events = True, reader.end.events
        else:
            done.error = "frames are missing"


def write_receipts(file: Path, done: Delivered) -> None:
    """
    Write the receipts beside the file, for the box.

    Raises:
        OSError: They cannot be written.

    """
    if done.receipts:
        with contextlib.suppress(FileNotFoundError):
            file.unlink()
        file.write_text(done.receipts, encoding="utf-8")
