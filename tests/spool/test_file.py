"""Opening: what cannot be opened says why and what to do, and is never replaced by something weaker."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from spool.file import SpoolUnavailable, open_reader, open_writer, settle
from spool.journal import Journal
from spool.migrate import SPOOL_STEPS, migrate
from spool.outbox import Outbox


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


def test_a_folder_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SpoolUnavailable, match="not mounted"):
        open_writer(tmp_path / "away" / "spool.db")


def test_a_file_that_is_no_database_is_told_and_left_alone(path: Path) -> None:
    path.write_bytes(b"touches, once" * 1000)

    with pytest.raises(SpoolUnavailable):
        open_writer(path)
    assert path.read_bytes().startswith(b"touches")


def test_a_journal_that_cannot_open_gives_its_lock_back(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(SpoolUnavailable):
        Journal(path)
    path.unlink()

    Journal(path).close()


def test_a_lock_that_cannot_be_made_is_told_too(tmp_path: Path) -> None:
    with pytest.raises(SpoolUnavailable, match="not mounted"):
        Journal(tmp_path / "away" / "spool.db")


def test_a_spool_that_is_not_there_cannot_be_read(path: Path) -> None:
    with pytest.raises(SpoolUnavailable, match="cannot be read"):
        open_reader(path)


def test_a_damaged_spool_is_told_by_the_reader_too(path: Path) -> None:
    Journal(path).close()
    with contextlib.closing(Outbox(path)) as outbox:
        db = sqlite3.connect(path)
        db.execute("DROP TABLE entry")
        db.close()

        with pytest.raises(SpoolUnavailable, match="cannot be read"):
            outbox.last()


def test_a_step_that_fails_leaves_no_trace_and_can_be_mended(path: Path) -> None:
    db = open_writer(path)
    steps = {"0001_good": "CREATE TABLE a (x INTEGER)", "0002_bad": "CREATE TABLE b (x INTEGER); NONSENSE"}
    with pytest.raises(SpoolUnavailable, match="brought up to date"):
        migrate(db, "site", steps)
    migrate(db, "site", steps | {"0002_bad": "CREATE TABLE b (x INTEGER)"})

    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"a", "b"} <= tables
    db.close()


def test_a_step_is_applied_once_however_often_the_file_is_opened(path: Path) -> None:
    for _ in range(3):
        db = open_writer(path)
        migrate(db, "spool", SPOOL_STEPS)
        assert len(SPOOL_STEPS) == db.execute("SELECT count(*) FROM _sqlite_migrations").fetchone()[0]
        db.close()


def test_after_a_failed_commit_nothing_is_written_while_a_reader_holds_the_log(path: Path) -> None:
    """Its pages may not be on disk, and cannot be written anew under the reader."""
    with Journal(path) as journal:
        journal.write(lambda tx: tx.append(b"{}", seq=1, recorded_utc_ns=None))
        reader = open_reader(path)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM entry").fetchone()
        journal.write(lambda tx: tx.append(b"{}", seq=2, recorded_utc_ns=None))
        db = open_writer(path)
        db.execute("PRAGMA busy_timeout=1")

        with pytest.raises(SpoolUnavailable, match="a reader holds the log"):
            settle(db)
        reader.execute("COMMIT")
        settle(db)
        reader.close()
        db.close()


def test_a_restored_receivers_refusals_are_sent_again(path: Path) -> None:
    with Journal(path) as journal:
        for seq in (1, 2, 3):
            journal.write(lambda tx, seq=seq: tx.append(b"{}", seq=seq, recorded_utc_ns=None))
            journal.quarantine(seq, code="schema", detail="")
        journal.release(after=1)

    with contextlib.closing(Outbox(path)) as outbox:
        assert [2, 3] == [entry.seq for entry in outbox.after(0, limit=9)]
