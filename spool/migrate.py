"""Bring a file's schema up to date, step by recorded step. The steps are handed in by whoever owns the tables."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from spool.file import SpoolUnavailable, open_writer, unavailable

Steps = Mapping[str, str]
"""Name of a step to the SQL that makes it. Steps are only ever added, at the end."""

SPOOL_STEPS: Steps = {
    "0001_entries": """
        CREATE TABLE epoch (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL) STRICT;
        INSERT INTO epoch (id, name) VALUES (1, lower(hex(randomblob(8))));
        CREATE TABLE entry (
            seq INTEGER PRIMARY KEY,
            body BLOB NOT NULL,
            recorded_utc_ns INTEGER  -- NULL while the wall clock was not to be believed
        ) STRICT;
        CREATE TABLE receipt (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            upto INTEGER NOT NULL,
            generation INTEGER NOT NULL,
            heard_utc_ns INTEGER
        ) STRICT;
        INSERT INTO receipt (id, upto, generation) VALUES (1, 0, 0);
        CREATE TABLE quarantine (
            seq INTEGER PRIMARY KEY,
            code TEXT NOT NULL,
            detail TEXT NOT NULL
        ) STRICT;
    """,
    "0002_checksums": """
        ALTER TABLE entry ADD COLUMN crc INTEGER;  -- CRC-32 of the body: SQLite does not notice flipped bits
    """,
    "0003_withheld": """
        CREATE TABLE tombstone (  -- which event says that these will not come
            seq INTEGER PRIMARY KEY,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE checkpoint (  -- the box's signature under its history up to seq
            seq INTEGER PRIMARY KEY,
            hash TEXT NOT NULL,
            signature TEXT NOT NULL,
            key TEXT NOT NULL,
            utc_ns INTEGER NOT NULL
        ) STRICT;
    """,
}


def open_migrated(path: Path, owners: Mapping[str, Steps]) -> sqlite3.Connection:
    """
    Return the writing connection of a file whose tables are up to date, owner by owner.

    Raises:
        SpoolUnavailable: It cannot be opened, or a step failed.

    """
    db = open_writer(path)
    try:
        for owner, steps in owners.items():
            migrate(db, owner, steps)
    except SpoolUnavailable:
        db.close()
        raise
    return db


def migrate(db: sqlite3.Connection, owner: str, steps: Steps) -> None:
    """
    Apply the steps this file has not had yet, each in a transaction of its own together with its record.

    Raises:
        SpoolUnavailable: A step failed; the file is as it was before that step.

    """
    try:
        if _applied(db, owner) >= set(steps):
            return
    except sqlite3.Error as exc:
        raise unavailable("the file's tables cannot be read", exc) from exc
    # Costs 14 MiB and 70 ms: paid only when there is something to do.
    from sqlite_utils import Database, Migrations  # noqa: PLC0415

    todo = Migrations(owner)
    for name, sql in steps.items():
        todo(name=name)(lambda database, sql=sql: run_step(database.conn, sql))
    try:
        todo.apply(Database(db, execute_plugins=False))
    except sqlite3.Error as exc:
        raise unavailable(f"the file's tables could not be brought up to date ({owner})", exc) from exc


def _applied(db: sqlite3.Connection, owner: str) -> set[str]:
    try:
        rows = db.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (owner,))
        return {name for (name,) in rows}
    except sqlite3.OperationalError:  # a new file has no such table
        return set()


def run_step(db: sqlite3.Connection, sql: str) -> None:
    """Run a step's statements, and nothing else: the transaction is the caller's."""
    # Not executescript: it would commit the transaction the step and its record share.
    for statement in sql.split(";"):
        if statement.strip():
            db.execute(statement)
