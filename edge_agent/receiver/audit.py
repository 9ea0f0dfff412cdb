"""Prove that what lies in the receiver's file is what the gateways committed: every byte, every number, in order (I5).

Believes the bodies alone: everything else in the file is compared with them.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge_agent.core.events import decode_event
from edge_agent.core.wire import Unreadable, chain_hash, genesis
from spool.file import SpoolUnavailable, open_reader


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as a gateway committed it."""

    gateway: str
    epoch: str
    seq: int
    says: str


def audit(path: Path) -> Iterator[Finding]:
    """
    Yield what is wrong, in the order of the numbers; nothing if all is well.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    db = open_reader(path)
    try:
        for key, gateway, epoch in db.execute("SELECT id, gateway, epoch FROM stream ORDER BY gateway, id").fetchall():
            for seq, says in _stream(db, key, gateway, epoch):
                yield Finding(gateway, epoch, seq, says)
    except sqlite3.Error as exc:
        raise SpoolUnavailable(f"{path}: cannot be read: {exc}; is it the receiver's file?") from exc
    finally:
        db.close()


def _stream(db: sqlite3.Connection, key: int, gateway: str, epoch: str) -> Iterator[tuple[int, str]]:
    before, hash_before = 0, genesis(epoch)
    rows = db.execute("SELECT seq, body, hash FROM held WHERE stream = ? AND seq > 0 ORDER BY seq", (key,))
    for seq, body, kept_hash in rows:
        if seq != before + 1:
            yield before + 1, f"missing up to {seq - 1}"
        if body is None:
            yield seq, "refused when it came"
        else:
            prev_expected = hash_before if seq == before + 1 else None
            yield from ((seq, says) for says in _event(body, kept_hash, (gateway, epoch, seq), prev_expected))
        before, hash_before = seq, kept_hash


def _event(body: bytes, kept_hash: str, place: tuple[str, str, int], prev_expected: str | None) -> Iterator[str]:
    if chain_hash(body) != kept_hash:
        yield "changed since it came"
    try:
        event = decode_event(body)
    except (Unreadable, RecursionError) as exc:
        yield f"cannot be read: {exc}"
        return
    if (event.source.removeprefix("/gw/"), event.data.epoch, event.data.seq) != place:
        yield "lies under another number than its own"
    if prev_expected is not None and event.data.prev != prev_expected:
        yield "does not follow the event before it: one of the two was changed"
