"""Say in the chain itself which numbers will not come, so that a receipt can pass them (I4). Sends nothing."""

from typing import Literal, TypedDict, Unpack

from edge_agent import chain
from edge_agent.core.events import WithheldData
from edge_agent.core.touch import Stamp
from edge_agent.core.wire import chain_hash
from edge_agent.uplink.ranges import Range, Ranges
from spool.transaction import Transaction

Code = Literal["poison", "oversize", "pruned"]


class Identity(TypedDict):
    """Who tells of it, and when."""

    gateway: str
    epoch: str
    at: Stamp


def withhold(
    tx: Transaction, *, seq: int, code: Literal["poison", "oversize"], detail: str, **who: Unpack[Identity]
) -> None:
    """Put an event into quarantine and tell of it with another, both or neither."""
    if not tx.withheld(seq, seq):
        body = tx.body(seq)
        _tell(tx, (seq, seq), code=code, detail=detail, hashed=None if body is None else chain_hash(body), **who)
    tx.quarantine(seq, code=code, detail=detail)


def tell_pruned(tx: Transaction, *, missing: Range, **who: Unpack[Identity]) -> list[Range]:
    """
    Tell of numbers a restored receiver asks for and the box no longer has; return those told of now.

    What a tombstone tells of already, and what is only in quarantine, is not told of again.
    """
    untold = Ranges([missing])
    for told in tx.withheld(*missing):
        untold.discard(*told)
    for numbers in untold:
        _tell(tx, numbers, code="pruned", detail="receipted once, and older than the box keeps", hashed=None, **who)
    return list(untold)


def _tell(
    tx: Transaction, numbers: Range, *, code: Code, detail: str, hashed: str | None, **who: Unpack[Identity]
) -> None:
    first, last = numbers

    def make(seq: int, prev: str) -> WithheldData:
        return WithheldData(
            epoch=who["epoch"], seq=seq, prev=prev, first=first, last=last, code=code, detail=detail, hash=hashed
        )

    tx.withhold(first, last, told_by=chain.append(tx, make, **who))
