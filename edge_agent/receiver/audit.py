"""Prove that what lies in the receiver's file is what the gateways committed: every byte, every number, in order (I5).

Believes the bodies alone, and the gateways' signatures: everything else in the file is compared with them. Whoever
changes an event and all after it, so that the chain holds again, is named by the first checkpoint behind it.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge_agent.core.events import Event, TouchData, decode_event
from edge_agent.core.message import Checkpoint
from edge_agent.core.wire import Unreadable, chain_hash, genesis
from edge_agent.receiver import tables
from edge_agent.receiver.consequences import is_plain
from edge_agent.receiver.keep import NO_TOUCH, TOUCHED, touched
from edge_agent.receiver.replay import Replay
from edge_agent.signing import is_signed
from spool.file import open_reader, unavailable


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth knowing of one number; 0 where it concerns a whole epoch, or the gateway."""

    gateway: str
    epoch: str
    seq: int
    says: str
    is_wrong: bool = True
    """False for what is in order: declared, explained, or still to come."""


@dataclass(frozen=True, slots=True)
class _Stream:
    key: int
    gateway: str
    epoch: str

    def wrong(self, seq: int, says: str) -> Finding:
        return Finding(self.gateway, self.epoch, seq, says)

    def note(self, seq: int, says: str) -> Finding:
        return Finding(self.gateway, self.epoch, seq, says, is_wrong=False)


def audit(path: Path, *, moved: Callable[[int], None] = lambda _: None) -> Iterator[Finding]:
    """
    Yield what is wrong, and what is worth a note, in the order of the numbers; nothing if all is well.

    Args:
        path: The receiver's file. It may be in use.
        moved: Hears now and then how many rows more were looked at.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    db = open_reader(path)
    try:
        db.execute("BEGIN")  # one moment of a file that grows
        streams = [_Stream(*row) for row in db.execute("SELECT id, gateway, epoch FROM stream ORDER BY gateway, id")]
        with contextlib.closing(Replay(db)) as replay:
            for stream in streams:
                yield from _rows(db, stream, replay, moved)
                yield from _declared(db, stream)
                yield from _checkpoints(db, stream)
            yield from _projected(replay, streams)
        yield from _keys(db)
    except sqlite3.Error as exc:
        raise unavailable(f"{path}: cannot be read (is it the receiver's file?)", exc) from exc
    finally:
        db.close()


def count(path: Path) -> int:
    """
    Return how many rows there are to look at.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    db = open_reader(path)
    try:
        return int(db.execute("SELECT coalesce(max(rowid), 0) FROM held").fetchone()[0])
    except sqlite3.Error as exc:
        raise unavailable(f"{path}: cannot be read (is it the receiver's file?)", exc) from exc
    finally:
        db.close()


BEAT_ROWS = 1000


def _projected(replay: Replay, streams: list[_Stream]) -> Iterator[Finding]:
    by_key = {stream.key: stream for stream in streams}
    for key, seq, table in replay.differences():
        if stream := by_key.get(key):
            yield stream.wrong(seq, f"the table {table} does not say what the events say")


def _rows(db: sqlite3.Connection, stream: _Stream, replay: Replay, moved: Callable[[int], None]) -> Iterator[Finding]:
    before, hash_before = 0, genesis(stream.epoch)
    for number, (seq, body, kept_hash, *kept) in enumerate(db.execute(_HELD, (stream.key,)), start=1):
        if seq != before + 1:
            yield from _hole(db, stream, before + 1, seq - 1)
        if body is None:
            yield from _tombstone(db, stream, seq)
        else:
            expected = hash_before if seq == before + 1 else None
            event = _decoded(body)
            if isinstance(event, Unreadable):
                yield stream.wrong(seq, f"cannot be read: {event}")
            else:
                if not is_plain(event.data):
                    replay.draw(stream.key, stream.gateway, event)
                yield from (stream.wrong(seq, says) for says in _event(event, (stream, seq), expected, kept))
            if chain_hash(body) != kept_hash:
                yield stream.wrong(seq, "changed since it came")
        before, hash_before = seq, kept_hash
        if number % BEAT_ROWS == 0:
            moved(BEAT_ROWS)
    [(last,)] = db.execute("SELECT coalesce(max(last), 0) FROM island WHERE stream = ?", (stream.key,))
    if last > before:
        yield from _hole(db, stream, before + 1, last)


def _decoded(body: bytes) -> Event | Unreadable:
    try:
        return decode_event(body)
    except Unreadable as exc:
        return exc


def _event(event: Event, place: tuple[_Stream, int], prev_expected: str | None, kept: list[object]) -> Iterator[str]:
    data, (stream, seq) = event.data, place
    if (event.source.removeprefix("/gw/"), data.epoch, data.seq) != (stream.gateway, stream.epoch, seq):
        yield "lies under another number than its own"
    if prev_expected is not None and data.prev != prev_expected:
        yield "does not follow the event before it: one of the two was changed"
    columns = touched(data) if isinstance(data, TouchData) else NO_TOUCH
    if tuple(kept) != (*columns, event.time):
        yield "its columns do not say what the event says"


def _hole(db: sqlite3.Connection, stream: _Stream, first: int, last: int) -> Iterator[Finding]:
    """Say of numbers without a row whether they were here, were declared gone, or have yet to come."""
    declared = db.execute(_GONE_WITHIN, (stream.key, last, first)).fetchall()
    held = db.execute(_ISLANDS_WITHIN, (stream.key, last, first)).fetchall()
    at = first
    while at <= last:
        gone, island = _at(declared, at), _at(held, at)
        edges = [edge for span in (*declared, *held) for edge in (span[0], span[1] + 1)]
        end = min([last, *(edge - 1 for edge in edges if edge > at)])
        if gone:
            yield stream.note(at, f"declared gone up to {end}: {gone[2]}")
        elif island:
            yield stream.wrong(at, f"removed up to {end}")
        else:
            yield stream.note(at, f"missing up to {end}: not come yet")
        at = end + 1


def _at(spans: list[tuple[int, int, str]], seq: int) -> tuple[int, int, str] | None:
    return next((span for span in spans if span[0] <= seq <= span[1]), None)


def _tombstone(db: sqlite3.Connection, stream: _Stream, seq: int) -> Iterator[Finding]:
    declared = db.execute(_GONE_WITHIN, (stream.key, seq, seq)).fetchone()
    refused = db.execute("SELECT code FROM nack WHERE stream = ? AND seq = ?", (stream.key, seq)).fetchone()
    if declared:
        yield stream.note(seq, f"declared gone: {declared[2]}")
    elif refused:
        yield stream.wrong(seq, f"refused when it came: {refused[0]}")
    else:
        yield stream.wrong(seq, "its bytes were removed")


def _declared(db: sqlite3.Connection, stream: _Stream) -> Iterator[Finding]:
    """Compare what was written down beside the events with what the events say."""
    for (seq,) in db.execute("SELECT seq FROM nack WHERE stream = ? AND code = 'fork'", (stream.key,)):
        if db.execute(_CARRIED_FROM, (stream.key, seq)).fetchone():
            yield stream.note(
                seq, "the gateway's disk was set back: its other event of this number came over as another"
            )
        else:
            yield stream.wrong(
                seq, "other bytes came under this number: two boxes with one identity, or a disk set back"
            )
    for (seq,) in db.execute(_GONE_OTHERWISE, (stream.key,)):
        yield stream.wrong(seq, "not the event that the gateway withheld under this number")
    for after, reason, last, carried, lost in db.execute(_FOLLOWED, (stream.gateway, stream.epoch)):
        yield stream.note(
            last,
            f"the gateway ended this epoch here ({reason}); {carried} events came over to {after}, {lost} were lost",
        )


def _checkpoints(db: sqlite3.Connection, stream: _Stream) -> Iterator[Finding]:
    believed = db.execute(tables.KEY, (stream.gateway,)).fetchone()
    reached = 0
    for seq, hash_, key, signature, time in db.execute(_CHECKPOINTS, (stream.key,)).fetchall():
        said = Checkpoint(
            gw=stream.gateway, epoch=stream.epoch, seq=seq, hash=hash_, key=key, signature=signature, t=time
        )
        held = db.execute("SELECT hash, body FROM held WHERE stream = ? AND seq = ?", (stream.key, seq)).fetchone()
        actual = chain_hash(held[1]) if held and held[1] is not None else held and held[0]
        if not believed or key != believed[0]:
            yield stream.note(seq, f"a checkpoint of {time} is signed with a key that is not believed")
        elif not is_signed(said.signed_text(), key=key, signature=signature):
            yield stream.wrong(seq, f"the checkpoint of {time} was forged")
        elif actual is None:
            yield stream.note(seq, f"the checkpoint of {time} is not reached yet")
        elif actual != hash_ and (seq, hash_) in _carried(db, stream, seq):
            yield stream.note(seq, f"signed at {time} by a disk that was set back: that event came over as another")
        elif actual != hash_:
            yield stream.wrong(
                seq, f"not what the gateway signed at {time}: something after {reached} and up to here was forged"
            )
        else:
            reached = seq


def _carried(db: sqlite3.Connection, stream: _Stream, seq: int) -> list[tuple[int, str]]:
    """Return what the gateway had under this number on another disk, and has carried on since."""
    return db.execute(_CARRIED_FROM, (stream.key, seq)).fetchall()


def _keys(db: sqlite3.Connection) -> Iterator[Finding]:
    for gateway, key in db.execute("SELECT gateway, other_key FROM signer WHERE other_key IS NOT NULL"):
        yield Finding(
            gateway, "", 0, f"signs with another key now: a new disk? If so: edge-agent receive trust {gateway} {key}"
        )


# Only what is not the event that is held: else nothing came over, it came again.
_CARRIED_FROM = """
    SELECT was_seq, was_hash FROM carried
    WHERE was_stream = ? AND was_seq = ? AND NOT EXISTS (
        SELECT 1 FROM held WHERE stream = was_stream AND seq = was_seq AND hash = was_hash
    )
"""
_HELD = f"SELECT seq, body, hash, {', '.join(TOUCHED)}, time FROM held WHERE stream = ? AND seq > 0 ORDER BY seq"  # noqa: S608 - our columns
_GONE_WITHIN = "SELECT first, last, code FROM gone WHERE stream = ? AND first <= ? AND last >= ? ORDER BY first"
_ISLANDS_WITHIN = "SELECT first, last, '' FROM island WHERE stream = ? AND first <= ? AND last >= ? ORDER BY first"
_GONE_OTHERWISE = """
    SELECT first FROM gone JOIN held ON held.stream = gone.stream AND held.seq = gone.first
    WHERE gone.stream = ? AND first = last AND body IS NOT NULL AND held.hash <> gone.hash
"""
_FOLLOWED = """
    SELECT epoch, reason, before_last, carried, lost_count
    FROM beginning JOIN stream ON stream.id = beginning.stream
    WHERE stream.gateway = ? AND before_epoch = ?
"""
_CHECKPOINTS = "SELECT seq, hash, key, signature, time FROM checkpoint WHERE stream = ? ORDER BY seq"
