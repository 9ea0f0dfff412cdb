"""Put a new file in the place of one that is set aside, so that a power cut leaves either. Knows nothing of its events.

Theory of operation. The new file is built as `spool.next.db`; until it is complete, it is nothing. Giving it the name
`spool.next.damaged-EPOCH.db` is the decision: from then on the old file is to be `spool.damaged-EPOCH.db`, and whoever
comes next finishes that (`finish`), however often it is interrupted. The old log goes with the old file, and before the
new one comes: a log beside a file it does not belong to would be played into it.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, count
from pathlib import Path

from spool.file import SpoolUnavailable, settle, sync_folder, unavailable
from spool.migrate import SPOOL_STEPS, Steps, open_migrated
from spool.transaction import Transaction

SPOOL_TABLES = frozenset({"epoch", "entry", "receipt", "quarantine", "_sqlite_migrations"})


class Successor:
    """The file that is being built."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._tx = Transaction(db)
        self.epoch = str(db.execute("SELECT name FROM epoch").fetchone()[0])

    @contextlib.contextmanager
    def batch(self) -> Iterator[Transaction]:
        """Put what is done in this block into the file."""
        self._db.execute("BEGIN")
        yield self._tx
        self._db.execute("COMMIT")

    def put(self, table: str, values: Mapping[str, object]) -> bool:
        """Put a row into a table of the owner; return False for one that does not fit there, or is there already."""
        columns, marks = ", ".join(values), ", ".join("?" * len(values))
        try:
            self._db.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 - names from a schema of ours
        except sqlite3.IntegrityError:
            return False
        return True

    def owner_tables(self) -> dict[str, tuple[list[str], list[str]]]:
        """Return the tables that are not the spool's own: the columns of each, and those that identify a row."""
        tables = [name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: self._columns(name) for name in tables if not (name in SPOOL_TABLES or name.startswith("sqlite_"))
        }

    def _columns(self, table: str) -> tuple[list[str], list[str]]:
        described = self._db.execute(f"PRAGMA table_info({table})").fetchall()
        return [row[1] for row in described], [row[1] for row in described if row[5]] or ["rowid"]


def succeed(
    path: Path, *, aside: str, owner_steps: Mapping[str, Steps], fill: Callable[[Successor], None]
) -> tuple[str, Path]:
    """
    Build a new file, and put it in this one's place; return its epoch, and where the old file lies now.

    The caller holds the file's lock, and nobody has it open.

    Args:
        path: The file to set aside.
        aside: What is said of it in its new name: `damaged-EPOCH`.
        owner_steps: The owners' tables.
        fill: Puts into the new file what is to be in it.

    Raises:
        SpoolUnavailable: There is no room, or the disk refuses. The old file is in its place.

    """
    building = path.with_name(f"{path.stem}.next{path.suffix}")
    try:
        _forget(building)
        epoch = _build(building, owner_steps, fill)
        ready = path.with_name(f"{path.stem}.next.{_free(path, aside)}{path.suffix}")
        building.rename(ready)
        sync_folder(path.parent)
        return epoch, _swap(path, ready)
    except (sqlite3.Error, OSError) as exc:
        with contextlib.suppress(OSError):
            _forget(building)  # its room may be what is missing
        raise unavailable(f"{path}: cannot be replaced (is the disk full or read-only?)", exc) from exc


def finish(path: Path) -> None:
    """
    Finish a swap that was interrupted, and forget a new file that was never complete. Before anybody opens the file.

    Raises:
        SpoolUnavailable: The folder cannot be changed.

    """
    try:
        _forget(path.with_name(f"{path.stem}.next{path.suffix}"))
        for ready in path.parent.glob(f"{path.stem}.next.*{path.suffix}"):
            _swap(path, ready)
    except OSError as exc:
        raise unavailable(f"{path}: a new file cannot take its place (is the folder read-only?)", exc) from exc


def set_aside(path: Path) -> list[Path]:
    """Return the files that were set aside, in no order."""
    return [old for why in ("damaged", "forked") for old in path.parent.glob(f"{path.stem}.{why}-*{path.suffix}")]


def _build(building: Path, owner_steps: Mapping[str, Steps], fill: Callable[[Successor], None]) -> str:
    with contextlib.closing(open_migrated(building, {"spool": SPOOL_STEPS, **owner_steps})) as db:
        new = Successor(db)
        fill(new)
        settle(db)
    opened = os.open(building, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
    return new.epoch


def _swap(path: Path, ready: Path) -> Path:
    aside = path.with_name(path.stem + ready.name.removeprefix(f"{path.stem}.next"))
    for end in ("", "-wal"):
        old, there = Path(f"{path}{end}"), Path(f"{aside}{end}")
        if old.exists():
            if there.exists():
                raise SpoolUnavailable(
                    f"{old} was to be renamed {there}, which is there already; move one of them away"
                )
            old.rename(there)
    Path(f"{path}-shm").unlink(missing_ok=True)
    sync_folder(path.parent)
    ready.rename(path)
    sync_folder(path.parent)
    return aside


def _free(path: Path, aside: str) -> str:
    taken = {there.name for there in path.parent.iterdir()}
    names = chain([aside], (f"{aside}-{number}" for number in count(2)))
    return next(name for name in names if not taken & {f"{path.stem}.{name}{path.suffix}{end}" for end in ("", "-wal")})


def _forget(building: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        Path(f"{building}{end}").unlink(missing_ok=True)
