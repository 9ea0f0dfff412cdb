"""What there is to see of the site at a glance, read beside the gate. Writes nothing."""

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from spool.file import SpoolUnavailable, open_reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """The site now."""

    waiting: int
    """Touches somebody has to look at."""
    site: str
    """The site served now, where it is not the configured one; else empty."""
    note: str
    """The place note."""


def glance(spool: Path) -> Glance:
    """
    Return how the site stands.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    with contextlib.closing(open_reader(spool)) as db:
        try:
            waiting = db.execute("SELECT count(*) FROM waiting WHERE state = 'waiting'").fetchone()[0]
            site, note = db.execute("SELECT site, note FROM here").fetchone() or ("", "")
        except sqlite3.Error as exc:
            raise SpoolUnavailable(f"{spool}: cannot be read: {exc}") from exc
    return Glance(waiting=waiting, site=site, note=note)
