"""What lies in the office's database and in the box's files, read beside the programs. Changes nothing there."""

import contextlib
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from hardware_fakes.chaos.judge import Row


def of_office(database: Path) -> list[Row]:
    """Return the touches the office holds, as everybody reads them: by the view `event`."""
    with contextlib.closing(_read_only(database)) as db:
        bodies = db.execute("SELECT epoch, seq, body FROM event").fetchall()
    return [row for body in bodies if (row := _row(*body))]


def held(database: Path) -> int:
    """Return how many events the office holds, of any kind; 0 while there is no office."""
    try:
        with contextlib.closing(_read_only(database)) as db:
            return int(db.execute("SELECT count(*) FROM event").fetchone()[0])
    except sqlite3.Error:
        return 0


def back_up(database: Path, to: Path) -> None:
    """Copy the office's database as it is now."""
    with contextlib.closing(_read_only(database)) as db, contextlib.closing(sqlite3.connect(to)) as copy:
        db.backup(copy)


def of_box(state_dir: Path, *, scratch: Path) -> list[Row]:
    """Return the touches in the box's spools, set aside or not, from copies of them. The agent does not run."""
    with tempfile.TemporaryDirectory(dir=scratch) as copies:
        shutil.copytree(state_dir, copies, dirs_exist_ok=True)
        return [row for spool in sorted(Path(copies).glob("spool*.db")) for row in _of_spool(spool)]


def epoch_of(spool: Path) -> str:
    """Return the spool's epoch. The agent does not run."""
    with contextlib.closing(sqlite3.connect(spool)) as db:
        return str(db.execute("SELECT name FROM epoch").fetchone()[0])


def _of_spool(spool: Path) -> list[Row]:
    rows = []
    with contextlib.closing(sqlite3.connect(spool)) as db, contextlib.suppress(*_SPOILT):
        for body in db.execute("SELECT name, seq, body FROM epoch, entry"):
            with contextlib.suppress(*_SPOILT):
                rows.append(_row(*body))
    return [row for row in rows if row]


_SPOILT = (sqlite3.Error, ValueError, KeyError, TypeError, msgspec.DecodeError)
"""What reading a damaged file ends in. What the office has not was left whole."""


def _row(epoch: str, seq: int, body: str | bytes) -> Row | None:
    data: dict[str, Any] = msgspec.json.decode(body)["data"]
    if "evidence" not in data:  # not a touch
        return None
    return Row(epoch=epoch, seq=seq, gate=data["reader"], card=data["evidence"]["credential"], boot_ms=data["boot_ms"])


def _read_only(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True)
