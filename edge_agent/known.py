"""A touch as it stands by now: from the spool, and what was said of it since. Changes nothing."""

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from edge_agent.core import events, wire
from edge_agent.core.attendance import Meaning, Moment
from edge_agent.core.hindsight import stamp_of, told
from edge_agent.core.parts import Ref
from edge_agent.core.reason import Reason
from edge_agent.core.touch import CredentialRef, PersonKey, Stamp, WorkerId
from edge_agent.ledger.waiting import Waiting, one
from spool.file import SpoolUnavailable, open_reader
from spool.transaction import Transaction

LOOK_BACK = 5_000
"""How many events are searched for somebody's entry: days of a site, and a few milliseconds."""


class NoSuchTouch(Exception):
    """There is no such touch here. The message says what there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """One touch."""

    row: Waiting
    """What counts by now, whether anybody has to look at it or not."""
    number: int | None
    """In the present epoch; None where it is not kept there."""
    role: str = ""
    """Of its reader; empty where that is not kept."""
    stamp: Stamp | None = None
    """When its event says it was; None where that is not kept."""

    @property
    def of(self) -> Ref:
        """What other events call it."""
        return Ref(epoch=self.row.epoch, seq=self.row.seq)

    @property
    def key(self) -> PersonKey | None:
        """Under which a presence may have followed from it."""
        if self.row.worker:
            return PersonKey(self.row.worker)
        is_shared = Reason.COMPANION in self.row.because
        return None if is_shared or self.row.credential is None else PersonKey(self.row.credential)

    def at(self, now: Stamp) -> Stamp | None:
        """Return when it was, as far as anybody knows."""
        if self.row.utc_ns is None or (self.stamp and self.stamp.boot == now.boot and not self.row.is_told):
            return self.stamp
        return told(now, self.row.utc_ns) if now.is_dated else None


def find(tx: Transaction, of: Ref, *, epoch: str, carried: int | None = None) -> Touched:
    """
    Return a touch.

    Args:
        tx: The transaction.
        of: Its number in the present epoch, or the identity it had first.
        epoch: The present one.
        carried: Its number in the present epoch, where that is not the one it had first.

    Raises:
        NoSuchTouch: There is none under this number, or it is no touch, or it is no longer kept.

    """
    number = of.seq if of.epoch == epoch else carried
    event = _touch(tx, number) if number else None
    was = event.data.was if event else None
    row = one(tx, was.epoch, was.seq) if was else one(tx, of.epoch, of.seq)
    if event is None:
        if row is None:
            raise NoSuchTouch(
                f"touch {of.epoch}-{of.seq} is not kept on this box: it was receipted long ago, or never was"
            )
        return Touched(row=row, number=None)
    return Touched(row=row or row_of(event), number=number, role=event.data.role, stamp=stamp_of(event))


def row_of(event: events.TouchEvent) -> Waiting:
    """Return a touch nobody had to look at, as if somebody had to."""
    data, at = event.data, stamp_of(event)
    first = data.was or data
    return Waiting(
        epoch=first.epoch,
        seq=first.seq,
        utc_ns=at.utc_ns if at.is_dated else None,
        day=data.day,
        site=data.site,
        credential=CredentialRef(data.evidence.credential) if data.evidence.credential else None,
        worker=WorkerId(data.person.id) if data.person.id else None,
        company=data.person.company or "",
        method=data.method,
        meaning=data.meaning,
        because=list(data.because),
        flags=list(data.flags),
        state="settled",
        standing=data.standing,
    )


def carried_as(spool: Path, of: Ref) -> int | None:
    """
    Return under which number a touch of an epoch before is kept now. Reads every event: not in a transaction.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    needle = f'"was":{{"epoch":"{of.epoch}","seq":{of.seq},'.encode()
    with contextlib.closing(open_reader(spool)) as db:
        try:
            row = db.execute("SELECT seq FROM entry WHERE instr(body, ?) LIMIT 1", (needle,)).fetchone()
        except sqlite3.Error as exc:
            raise SpoolUnavailable(f"{spool}: cannot be read: {exc}") from exc
    return int(row[0]) if row else None


def entered(tx: Transaction, worker: WorkerId, *, before: int | None, now: Stamp) -> Moment | None:
    """Return somebody's last entry before this event, as far as the newest events tell."""
    if before is None:
        return None
    needle = f'"{worker}"'.encode()
    for (number,) in tx.execute(_BEFORE, (before - LOOK_BACK, before - 1, needle)).fetchall():
        event = _event(tx, number)
        if not isinstance(event, events.TouchEvent):
            continue
        row = one(tx, *((event.data.was or event.data).epoch, (event.data.was or event.data).seq)) or row_of(event)
        if row.worker == worker and row.meaning == Meaning.ENTRY and row.state not in {"void", "refused"}:
            touched = Touched(row=row, number=number, stamp=stamp_of(event))
            at = touched.at(now)
            return Moment(seq=number, at=at) if at else None
    return None


def _touch(tx: Transaction, number: int) -> events.TouchEvent | None:
    event = _event(tx, number)
    if event is not None and not isinstance(event, events.TouchEvent):
        raise NoSuchTouch(f"event {number} is no touch")
    return event


def _event(tx: Transaction, number: int) -> events.Event | None:
    body = tx.body(number)
    try:
        return events.decode_event(body) if body else None
    except wire.Unreadable:
        return None


_BEFORE = "SELECT seq FROM entry WHERE seq BETWEEN ? AND ? AND instr(body, ?) ORDER BY seq DESC LIMIT 50"
