"""Signed badges as the box has met them: which were revoked, which is a worker's newest, where each was last."""

from dataclasses import dataclass

from edge_agent.core.touch import CredentialRef, WorkerId
from spool.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What is known of one badge."""

    is_revoked: bool
    reader: str
    """Where it was last let in; empty where it never was."""
    boot: str
    boot_ns: int


def met(tx: Transaction, ref: CredentialRef) -> Met | None:
    """Return what is known of this badge; None for one the box has neither seen nor heard of."""
    row = tx.execute("SELECT state, reader, boot, boot_ns FROM badge WHERE ref = ?", (ref,)).fetchone()
    return Met(is_revoked=row[0] == "revoked", reader=row[1], boot=row[2], boot_ns=row[3]) if row else None


def note_genuine(tx: Transaction, ref: CredentialRef, *, worker: WorkerId, issued_s: int) -> None:
    """Keep that this badge exists: from now on it replaces older ones of the same worker."""
    tx.execute(
        "INSERT INTO badge VALUES (?, ?, ?, 'active', '', '', 0) ON CONFLICT DO NOTHING",
        (ref, worker, issued_s),
    )


def note_let_in(tx: Transaction, ref: CredentialRef, *, reader: str, boot: str, boot_ns: int) -> None:
    """Keep where and when this badge was last believed."""
    tx.execute("UPDATE badge SET reader = ?, boot = ?, boot_ns = ? WHERE ref = ?", (reader, boot, boot_ns, ref))


def newest_s(tx: Transaction, worker: WorkerId) -> int:
    """Return when the newest badge of this worker was issued that the box has seen and that is not revoked; else 0."""
    row = tx.execute("SELECT max(issued_s) FROM badge WHERE worker = ? AND state = 'active'", (worker,)).fetchone()
    return row[0] or 0


def revoked_upto_s(tx: Transaction, worker: WorkerId) -> int:
    """Return up to which moment of issue all badges of this worker are revoked; 0 where none are."""
    row = tx.execute("SELECT upto_s FROM badge_revoked WHERE worker = ?", (worker,)).fetchone()
    return row[0] if row else 0


def revoke(tx: Transaction, ref: CredentialRef) -> None:
    """Believe this badge no more, whether or not it was ever seen here."""
    tx.execute(
        "INSERT INTO badge VALUES (?, '', 0, 'revoked', '', '', 0) ON CONFLICT DO UPDATE SET state = 'revoked'", (ref,)
    )


def revoke_upto(tx: Transaction, worker: WorkerId, *, upto_s: int) -> None:
    """Believe no badge of this worker any more that was issued at that moment or before."""
    tx.execute(
        "INSERT INTO badge_revoked VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET upto_s = max(badge_revoked.upto_s, excluded.upto_s)",
        (worker, upto_s),
    )
