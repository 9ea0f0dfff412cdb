"""Touches somebody has to look at: unknown, by phone, by hand, odd. Under the number they had first. Judges nothing."""

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge_agent.core.touch import CredentialRef, WorkerId
from spool.file import SpoolUnavailable, open_reader
from spool.transaction import Transaction

STATES = ("waiting", "approved", "refused", "void", "settled")
"""`settled`: it was only unknown, and has been named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One touch that waits, or waited."""

    epoch: str
    seq: int
    utc_ns: int | None
    day: str | None
    site: str
    credential: CredentialRef | None
    worker: WorkerId | None
    company: str
    method: str
    meaning: str
    because: list[str]
    flags: list[str]
    state: str = "waiting"
    by: str = ""
    why: str = ""
    standing: str = "pending"
    """As the touch and its amendments say; a judgement, which `state` tells, counts more."""
    is_told: bool = False
    """Somebody told when it was: no clock knows it better."""


_COLUMNS = tuple(Waiting.__dataclass_fields__)


def note(tx: Transaction, touch: Waiting) -> None:
    """Write it down, or anew."""
    values = [getattr(touch, name) for name in _COLUMNS]
    told = tuple(msgspec.json.encode(value).decode() if isinstance(value, list) else value for value in values)
    tx.execute(f"INSERT OR REPLACE INTO waiting ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(told))})", told)  # noqa: S608 - our names


def one(tx: Transaction, epoch: str, seq: int) -> Waiting | None:
    """Return this touch; None if nobody had to look at it."""
    found = select(tx, "epoch = ? AND seq = ?", (epoch, seq))
    return found[0] if found else None


def of_credential(tx: Transaction, ref: CredentialRef) -> list[Waiting]:
    """Return the touches of a credential that wait, oldest first."""
    return select(tx, "credential = ? AND state = 'waiting'", (ref,))


def redate(tx: Transaction, *, epoch: str, seq: int, utc_ns: int | None, day: str | None) -> None:
    """Let a touch that waits have been at this time, unless somebody has told another."""
    tx.execute(
        "UPDATE waiting SET utc_ns = ?, day = ? WHERE epoch = ? AND seq = ? AND NOT is_told", (utc_ns, day, epoch, seq)
    )


def select(tx: Transaction, where: str, values: tuple[object, ...] = ()) -> list[Waiting]:
    """Return the touches for which the condition holds, oldest first."""
    rows = tx.execute(f"{_SELECT} {where} ORDER BY day, utc_ns, epoch, seq", values)
    return [_touch(row) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which touches are wanted; what is empty does not matter."""

    day: str = ""
    company: str = ""
    worker: str = ""
    method: str = ""
    state: str = "waiting"
    """One of `STATES`, or `all`."""
    limit: int
    offset: int = 0


def page(spool: Path, chosen: Page) -> tuple[list[Waiting], int]:
    """
    Return these touches, oldest day first, the undated before, and how many there are without the limit.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    wanted = {name: getattr(chosen, name) for name in ("day", "company", "worker", "method")}
    wanted |= {"state": chosen.state if chosen.state != "all" else ""}
    held = {name: value for name, value in wanted.items() if value}
    where = " AND ".join([f"{name} = ?" for name in held] or ["1"])
    with contextlib.closing(open_reader(spool)) as db:
        try:
            rows = db.execute(
                f"{_SELECT} {where} ORDER BY day, utc_ns, epoch, seq LIMIT ? OFFSET ?",
                (*held.values(), chosen.limit, chosen.offset),
            ).fetchall()
            total = db.execute(f"SELECT count(*) FROM waiting WHERE {where}", (*held.values(),)).fetchone()[0]  # noqa: S608 - our names
        except sqlite3.Error as exc:
            raise SpoolUnavailable(f"{spool}: cannot be read: {exc}") from exc
    return [_touch(row) for row in rows], int(total)


_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM waiting WHERE"  # noqa: S608 - our names


def _touch(row: Sequence[object]) -> Waiting:
    told = dict(zip(_COLUMNS, row, strict=True))
    lists = {name: msgspec.json.decode(str(told[name]), type=list[str]) for name in ("because", "flags")}
    return Waiting(**told | lists | {"is_told": bool(told["is_told"])})  # type: ignore[arg-type]  # STRICT tables keep the types
