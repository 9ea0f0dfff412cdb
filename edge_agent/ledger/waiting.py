"""Touches somebody has to look at: unknown, by phone, by hand, odd. Under the number they had first. Judges nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from edge_agent.core.touch import CredentialRef, WorkerId
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


def select(tx: Transaction, where: str, values: tuple[object, ...] = ()) -> list[Waiting]:
    """Return the touches for which the condition holds, oldest first."""
    rows = tx.execute(f"{_SELECT} {where} ORDER BY day, utc_ns, epoch, seq", values)
    return [_touch(row) for row in rows]


_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM waiting WHERE"  # noqa: S608 - our names


def _touch(row: Sequence[object]) -> Waiting:
    told = dict(zip(_COLUMNS, row, strict=True))
    lists = {name: msgspec.json.decode(str(told[name]), type=list[str]) for name in ("because", "flags")}
    return Waiting(**told | lists)  # type: ignore[arg-type]  # STRICT tables keep the types
