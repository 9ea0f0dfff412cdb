"""The site's own tables, inside the spool's file and transaction. Decides nothing."""

import contextlib
import sqlite3
from pathlib import Path

import msgspec

from edge_agent.core.attendance import Never, Presence
from edge_agent.core.touch import PersonKey
from spool.file import SpoolUnavailable, open_reader
from spool.journal import Transaction
from spool.migrate import Steps

LEDGER_STEPS: Steps = {
    "0001_presence": """
        CREATE TABLE presence (
            person TEXT PRIMARY KEY,
            state TEXT NOT NULL  -- JSON of core.attendance.Presence
        ) STRICT, WITHOUT ROWID
    """,
}

_PRESENCE = msgspec.json.Decoder(Presence)


def presence(tx: Transaction, person: PersonKey) -> Presence:
    """Return where this person is, as far as touches tell."""
    row = tx.execute("SELECT state FROM presence WHERE person = ?", (person,)).fetchone()
    return _PRESENCE.decode(row[0]) if row else Never()


def set_presence(tx: Transaction, person: PersonKey, state: Presence) -> None:
    """Keep where this person is now."""
    text = msgspec.json.encode(state).decode()
    tx.execute("INSERT OR REPLACE INTO presence (person, state) VALUES (?, ?)", (person, text))


def count_inside(spool: Path) -> int:
    """
    Return how many people are on the site, as far as touches tell.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    with contextlib.closing(open_reader(spool)) as db:
        try:
            return int(db.execute("SELECT count(*) FROM presence WHERE state ->> '$.is' = 'inside'").fetchone()[0])
        except sqlite3.Error as exc:
            raise SpoolUnavailable(f"{spool}: cannot be read: {exc}") from exc
