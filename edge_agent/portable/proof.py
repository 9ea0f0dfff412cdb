"""Prove that a spool holds what its box committed: every byte, every number, in order, as it was signed. Reads only."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from edge_agent.core.events import decode_event
from edge_agent.core.message import Checkpoint
from edge_agent.core.wire import Unreadable, chain_hash, genesis
from edge_agent.signing import is_signed
from spool.file import open_reader, unavailable

BEAT_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the box committed it; `seq` is 0 where it is about the file."""

    seq: int
    says: str


@dataclass(slots=True)
class _Walk:
    """Where the walk along the chain is."""

    seq: int = 0
    hash: str | None = None
    gateway: str = ""
    has_begun: bool = False
    """An event that may not be forgotten was seen: from there on nothing may be missing."""


def prove(path: Path, *, moved: Callable[[int], None] = lambda _: None) -> Iterator[Finding]:
    """
    Yield what is wrong, in the order of the numbers; nothing if all is well.

    Args:
        path: The spool. It may be in use.
        moved: Hears now and then how many events more were looked at.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    db = open_reader(path)
    try:
        db.execute("BEGIN")  # one moment of a file that grows
        [(epoch,)] = db.execute("SELECT name FROM epoch")
        [(upto,)] = db.execute("SELECT upto FROM receipt")
        walk = _Walk(hash=genesis(epoch))
        has_crc = any(row[1] == "crc" for row in db.execute("PRAGMA table_info(entry)"))
        rows = db.execute(_ROWS if has_crc else _ROWS.replace("crc", "NULL"))
        for number, (seq, body, crc, is_quarantined) in enumerate(rows, start=1):
            for says in _event(walk, epoch, upto, (seq, body, crc)):
                yield Finding(seq, says)
            walk.seq, walk.hash = seq, chain_hash(body)
            walk.has_begun |= not is_quarantined
            if number % BEAT_ROWS == 0:
                moved(BEAT_ROWS)
        if upto > walk.seq:
            yield Finding(walk.seq + 1, f"removed up to {upto}: the receiver has had it already")
        yield from _checkpoints(db, walk, epoch)
    except (sqlite3.Error, ValueError) as exc:
        error = exc if isinstance(exc, sqlite3.Error) else sqlite3.DatabaseError("its tables are empty")
        raise unavailable(f"{path}: cannot be read (is it a spool?)", error) from exc
    finally:
        db.close()


def _event(walk: _Walk, epoch: str, upto: int, row: tuple[int, bytes, int | None]) -> Iterator[str]:
    seq, body, crc = row
    if crc is not None and crc != crc32(body):
        yield "not as it was written: its checksum is wrong"
    # What is receipted is forgotten after a while, from the oldest on; what is quarantined never is.
    is_hole = seq != walk.seq + 1
    if is_hole and (walk.has_begun or seq - 1 > upto):
        yield f"removed before it: {walk.seq + 1} up to {seq - 1}"
    try:
        event = decode_event(body)
    except Unreadable as exc:
        yield f"cannot be read: {exc}"
        return
    gateway = event.source.removeprefix("/gw/")
    if (event.data.epoch, event.data.seq) != (epoch, seq):
        yield "lies under another number than its own"
    if gateway != (walk.gateway or gateway):
        yield f"is of another box: {gateway}"
    walk.gateway = gateway
    if not is_hole and event.data.prev != walk.hash:
        yield "does not follow the event before it: one of the two was changed"


def _checkpoints(db: sqlite3.Connection, walk: _Walk, epoch: str) -> Iterator[Finding]:
    """Compare the box's own signatures; a file from before there were any has none."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'checkpoint'").fetchone():
        return
    for seq, hash_, signature, key in db.execute("SELECT seq, hash, signature, key FROM checkpoint ORDER BY seq"):
        said = Checkpoint(gw=walk.gateway, epoch=epoch, seq=seq, hash=hash_, key=key, signature=signature, t="")
        if not is_signed(said.signed_text(), key=key, signature=signature):
            yield Finding(seq, "its checkpoint was forged, or the epoch's name changed")
            continue
        held = db.execute("SELECT body FROM entry WHERE seq = ?", (seq,)).fetchone()
        if held and chain_hash(held[0]) != hash_:
            yield Finding(seq, "not what the box signed: this event, or one before it, was forged")
        elif not held and seq > walk.seq:
            yield Finding(seq, f"removed: the box signed up to here, and the file ends at {walk.seq}")


_ROWS = "SELECT seq, body, crc, seq IN (SELECT seq FROM quarantine) FROM entry ORDER BY seq"
