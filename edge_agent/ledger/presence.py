"""Where everybody is, as far as touches tell. Keeps it; decides nothing."""

import contextlib
import sqlite3
from pathlib import Path

import msgspec

from edge_agent.core.attendance import Never, Presence
from edge_agent.core.touch import PersonKey
from spool.file import SpoolDamaged, SpoolUnavailable, open_reader
from spool.transaction import Transaction

_PRESENCE = msgspec.json.Decoder(Presence)


def presence(tx: Transaction, person: PersonKey) -> Presence:
    """
    Return where this person is, as far as touches tell.

    Raises:
        SpoolDamaged: What the file says of them is not what was written.

    """
    row = tx.execute("SELECT state FROM presence WHERE person = ?", (person,)).fetchone()
    try:
        return _PRESENCE.decode(row[0]) if row else Never()
    except msgspec.DecodeError as exc:
        raise SpoolDamaged(f"a person's presence cannot be read ({exc}); the file is damaged") from exc


def set_presence(tx: Transaction, person: PersonKey, state: Presence) -> None:
    """Keep where this person is now."""
    text = msgspec.json.encode(state).decode()
    tx.execute("INSERT OR REPLACE INTO presence (person, state) VALUES (?, ?)", (person, text))


def drop_presence(tx: Transaction, person: PersonKey) -> None:
    """Forget where this one is: it has become somebody else."""
    tx.execute("DELETE FROM presence WHERE person = ?", (person,))


def count_inside(spool: Path) -> int:
    """
    Return how many people are on the site, as far as touches tell.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    with contextlib.closing(open_reader(spool)) as db:
        try:
            return int(db.execute(_COUNT_INSIDE).fetchone()[0])
        except sqlite3.Error as exc:
            raise SpoolUnavailable(f"{spool}: cannot be read: {exc}") from exc


# One state that is damaged must not hide all others: it is found, and mended, at that person's next touch.
_COUNT_INSIDE = "SELECT count(*) FROM presence WHERE iif(json_valid(state), state ->> '$.is', '') = 'inside'"
