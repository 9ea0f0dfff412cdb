"""Append an event to the box's chain: next number, hash of the one before, bytes. Decides nothing, commits nothing."""

from collections.abc import Callable

from edge_agent.core import events, wire
from edge_agent.core.calendar import rfc3339
from edge_agent.core.touch import Stamp
from spool.transaction import Transaction


def append(
    tx: Transaction,
    make: Callable[[int, str], events.EventData],
    *,
    gateway: str,
    epoch: str,
    at: Stamp,
    told_utc_ns: int | None = None,
) -> int:
    """
    Append one event in this transaction; return its number.

    Args:
        tx: The transaction; the event is accepted when it is committed.
        make: Returns the event's data for its number and the hash of the event before it.
        gateway: This box.
        epoch: The spool's epoch.
        at: When it happened; where that is told, when it was told.
        told_utc_ns: When it happened by somebody's word.

    """
    head = tx.head()
    seq = head.seq + 1
    prev = wire.genesis(epoch) if head.body is None else wire.chain_hash(head.body)
    event = events.event_of(
        make(seq, prev), gateway=gateway, time=rfc3339(at.utc_ns if told_utc_ns is None else told_utc_ns)
    )
    tx.append(wire.encode(event), seq=seq, recorded_utc_ns=at.utc_ns if at.is_dated else None)
    return seq
