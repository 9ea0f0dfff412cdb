"""How many were counted on a site, by day and company. Keeps it; divides nothing."""

from dataclasses import astuple, dataclass

from spool.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A headcount, as somebody told it."""

    site: str
    day: str
    company: str
    """Empty: all together."""
    count: int
    by: str


def put(tx: Transaction, counted: Counted) -> None:
    """Keep it: the last word of a day counts."""
    tx.execute(
        "INSERT OR REPLACE INTO headcount (site, day, company, count, by) VALUES (?, ?, ?, ?, ?)", astuple(counted)
    )


def counted(tx: Transaction, *, site: str, day: str) -> dict[str, int]:
    """Return what was counted on a day, by company; under the empty name all together."""
    return dict(tx.execute("SELECT company, count FROM headcount WHERE site = ? AND day = ?", (site, day)).fetchall())
