"""Overwrite parts of a spool's file, but never an event the receiver has not: no program could bring that back."""

import contextlib
import random
import sqlite3
from pathlib import Path

HEADER_BYTES = 100
PAGES_MAX = 6


def spoil(spool: Path, rng: random.Random) -> str:
    """
    Overwrite one kind of bytes; return which, in words; empty where it is damaged already. Nobody has the file open.

    Everything that was in the log is put into the file first: so each event has one place only.
    """
    try:
        spots, kind = _chosen(spool, rng)
    except sqlite3.Error:
        return ""
    with spool.open("r+b") as file:
        for offset, size in spots:
            file.seek(offset)
            file.write(rng.randbytes(size))
    return f"{kind} ({len(spots)})"


def _chosen(spool: Path, rng: random.Random) -> tuple[list[tuple[int, int]], str]:
    with contextlib.closing(sqlite3.connect(spool)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged already")
        page_bytes = int(db.execute("PRAGMA page_size").fetchone()[0])
        receipted, others = _pages(db)
    kind = rng.choice(["header", "first page", "pages without events", "receipted pages", "single bytes"])
    match kind:
        case "header":
            spots = [(0, HEADER_BYTES)]
        case "first page":
            spots = [(0, page_bytes)]
        case "single bytes":
            pages = _some(receipted + others, rng)
            spots = [((page - 1) * page_bytes + rng.randrange(page_bytes), 1) for page in pages]
        case _:
            pages = _some(receipted if kind == "receipted pages" else others, rng)
            spots = [((page - 1) * page_bytes, page_bytes) for page in pages]
    return spots, kind


def _some(pages: list[int], rng: random.Random) -> list[int]:
    return rng.sample(pages, min(len(pages), rng.randint(1, PAGES_MAX)))


def _pages(db: sqlite3.Connection) -> tuple[list[int], list[int]]:
    """Return the pages with receipted events only, and those with none at all."""
    upto = db.execute("SELECT upto FROM receipt").fetchone()[0]
    receipted_rows = db.execute("SELECT count(*) FROM entry WHERE seq <= ?", (upto,)).fetchone()[0]
    leaves = db.execute(_PAGES + "name = 'entry' AND pagetype = 'leaf' ORDER BY path").fetchall()
    receipted, rows = [], 0
    for page, cells in leaves:
        rows += cells
        if rows <= receipted_rows:
            receipted.append(page)
    others = db.execute(_PAGES + "NOT (name = 'entry' AND pagetype <> 'internal')").fetchall()
    return receipted, [page for page, _ in others]


_PAGES = "SELECT pageno, ncell FROM dbstat WHERE "
