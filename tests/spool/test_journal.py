"""The spool: yes means on disk, numbers have no gaps, a refusing disk promises nothing."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spool import journal as journal_module
from spool.file import SpoolDamaged, SpoolInUse, SpoolUnavailable, assert_durable, open_reader, open_writer
from spool.journal import Journal
from spool.outbox import Outbox
from spool.transaction import Transaction

DAY_NS = 86_400_000_000_000


def append(tx: Transaction, body: bytes = b"{}", utc_ns: int | None = None) -> int:
    seq = tx.head().seq + 1
    tx.append(body, seq=seq, recorded_utc_ns=utc_ns)
    return seq


def add(journal: Journal, body: bytes = b"{}", utc_ns: int | None = None) -> int:
    return journal.write(lambda tx: append(tx, body, utc_ns))


def numbers(path: Path) -> list[int]:
    with contextlib.closing(Outbox(path)) as outbox:
        return [entry.seq for entry in outbox.after(0, limit=10_000)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


def test_every_open_proves_that_a_commit_is_durable(path: Path) -> None:
    """I0: with synchronous=NORMAL a power cut loses touches the worker saw green for."""
    db = open_writer(path)
    db.execute("PRAGMA synchronous=NORMAL")

    with pytest.raises(SpoolUnavailable, match="power cut"):
        assert_durable(db)
    db.close()


def test_numbers_go_on_behind_a_restart(path: Path) -> None:
    """I4: contiguous from 1, whatever stops and starts."""
    for _ in range(3):
        with Journal(path) as journal:
            add(journal)

    assert numbers(path) == [1, 2, 3]


def test_the_epoch_is_kept_with_the_file_and_new_with_a_new_file(tmp_path: Path) -> None:
    epochs = []
    for name in ("a.db", "a.db", "b.db"):
        with Journal(tmp_path / name) as journal:
            epochs.append(journal.epoch)

    assert epochs[0] == epochs[1]
    assert epochs[0] != epochs[2]
    assert len(epochs[0]) == 16


def test_two_agents_cannot_write_to_one_spool(path: Path) -> None:
    with Journal(path), pytest.raises(SpoolInUse, match="already running"):
        Journal(path)


def test_work_that_raises_is_undone_alone(path: Path) -> None:
    """A bug in one touch must not take a neighbour's touch with it."""

    def fails(tx: Transaction) -> None:
        append(tx)
        raise KeyError("bug")

    with Journal(path) as journal:
        add(journal)
        with pytest.raises(KeyError):
            journal.write(fails)
        add(journal)

    assert numbers(path) == [1, 2]


def test_touches_that_wait_share_one_commit(path: Path) -> None:
    """A slow SD card stays usable: while it syncs, the others gather, and go with the next sync."""
    commits = []
    with Journal(path) as journal:
        journal._db.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)  # type: ignore[union-attr]
        gate = Barrier(2)

        def slow(tx: Transaction) -> int:
            gate.wait(10)  # the leader is inside its transaction
            gate.wait(10)  # until all others stand in line
            return append(tx)

        threads = [Thread(target=journal.write, args=(slow,))] + [Thread(target=add, args=(journal,)) for _ in range(8)]
        threads[0].start()
        gate.wait(10)
        for thread in threads[1:]:
            thread.start()
        while len(journal._line) < 8:
            pass
        gate.wait(10)
        for thread in threads:
            thread.join(10)

    assert list(range(1, 10)) == numbers(path)
    assert len(commits) == 2


def test_who_is_saved_does_not_wait_for_the_sync_of_those_behind(path: Path) -> None:
    """On a slow disk that wait would be as long as the sync itself, and halve what the gate can take."""
    gate, entered = Barrier(2), Barrier(2)

    def slow(tx: Transaction) -> int:
        entered.wait(10)
        gate.wait(10)
        return append(tx)

    def stand_in_line(thread: Thread, place: int) -> None:
        thread.start()
        while len(journal._line) < place:
            pass

    with Journal(path) as journal:
        first = Thread(target=journal.write, args=(slow,))
        busy = Thread(target=lambda: [journal.write(slow), journal.write(slow)])
        saved = Thread(target=add, args=(journal,))
        first.start()
        entered.wait(10)
        stand_in_line(busy, 1)
        stand_in_line(saved, 2)
        gate.wait(10)  # the first is done: the busy one leads, with the other behind it
        entered.wait(10)
        gate.wait(10)
        entered.wait(10)  # both are saved, and the busy one is at its next touch
        saved.join(5)
        is_waiting = saved.is_alive()
        gate.wait(10)
        first.join(10)
        busy.join(10)

    assert not is_waiting
    assert numbers(path) == [1, 2, 3, 4]


def test_a_bug_in_the_leader_is_no_yes_for_those_behind_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal(path) as journal:
        behind = journal_module._Waiting(append)
        journal._line.append(behind)
        with monkeypatch.context() as bug:
            bug.setattr(journal.room, "look", lambda _db: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                add(journal)
        after = add(journal)

    assert isinstance(behind.error, SpoolUnavailable)
    assert after == 1


@settings(max_examples=60, deadline=None)
@given(plan=st.lists(st.sampled_from(["append", "append twice", "fail", "append and fail"]), min_size=1, max_size=6))
def test_in_a_shared_commit_each_piece_stands_or_falls_alone(
    tmp_path_factory: pytest.TempPathFactory, plan: list[str]
) -> None:
    """I4: whoever of those who share a sync fails, the numbers of the others have no gap."""

    def piece(kind: str) -> Callable[[Transaction], None]:
        def work(tx: Transaction) -> None:
            for _ in range(kind.count("append") + kind.count("twice")):
                append(tx, kind.encode())
            if "fail" in kind:
                raise KeyError(kind)

        return work

    path = tmp_path_factory.mktemp("shared") / "spool.db"
    with Journal(path) as journal:
        add(journal, b"before")
        line = [journal_module._Waiting(piece(kind)) for kind in plan]
        journal._line.extend(line)
        journal.write(lambda _tx: None)
        add(journal, b"after")

    kept = [kind for kind in plan for _ in range(kind.count("append") + kind.count("twice")) if "fail" not in kind]
    with contextlib.closing(Outbox(path)) as outbox:
        entries = outbox.after(0, limit=100)
    assert ["before", *kept, "after"] == [entry.body.decode() for entry in entries]
    assert list(range(1, len(entries) + 1)) == [entry.seq for entry in entries]
    assert ["fail" in kind for kind in plan] == [isinstance(waiting.error, KeyError) for waiting in line]


def no_disk(_path: Path, _owners: object) -> sqlite3.Connection:
    raise SpoolUnavailable("read-only file system")


class RefusingDisk:
    """A connection whose next COMMITs fail, before or after the bytes reach the file."""

    def __init__(self, db: sqlite3.Connection, *, keeps: bool) -> None:
        self._db, self._keeps = db, keeps

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        if sql == "COMMIT":
            self._db.execute("COMMIT" if self._keeps else "ROLLBACK")
            raise sqlite3.OperationalError("disk I/O error")
        return self._db.execute(sql, *values)

    def close(self) -> None:
        self._db.close()


@pytest.mark.parametrize("keeps", [True, False])
def test_a_failed_commit_is_no_yes_and_its_number_is_found_out(path: Path, *, keeps: bool) -> None:
    """A failed sync is not a failed touch: it may be in the file. No green; no number twice, none left out."""
    with Journal(path) as journal:
        add(journal, b"first")
        journal._db = RefusingDisk(journal._db, keeps=keeps)  # type: ignore[assignment, arg-type]
        with pytest.raises(SpoolUnavailable, match="not saved"):
            add(journal, b"refused")
        add(journal, b"after")

    with contextlib.closing(Outbox(path)) as outbox:
        bodies = [entry.body for entry in outbox.after(0, limit=10)]
    assert bodies == ([b"first", b"refused", b"after"] if keeps else [b"first", b"after"])
    assert numbers(path) == list(range(1, len(bodies) + 1))


def test_a_disk_that_will_not_open_again_promises_nothing_until_it_does(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(path) as journal:
        journal._db = RefusingDisk(journal._db, keeps=False)  # type: ignore[assignment, arg-type]
        with monkeypatch.context() as away:
            away.setattr(journal_module, "open_migrated", no_disk)
            for _ in range(2):
                with pytest.raises(SpoolUnavailable):
                    add(journal)
        add(journal)

    assert numbers(path) == [1]


def test_a_refusing_disk_is_told_once_and_once_when_it_is_back(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk full over the weekend must not be filled further by its own log."""

    with Journal(path) as journal:
        journal._db = RefusingDisk(journal._db, keeps=False)  # type: ignore[assignment, arg-type]
        with monkeypatch.context() as away:
            away.setattr(journal_module, "open_migrated", no_disk)
            for _ in range(5):
                with pytest.raises(SpoolUnavailable):
                    add(journal)
        add(journal)
        add(journal)

    told = [record.getMessage() for record in caplog.records if record.name == "spool.journal"]
    assert ["spool cannot write", "spool writes again"] == told


class DyingDisk(RefusingDisk):
    """A connection on which only what writes nothing can be committed."""

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        return self._db.execute(sql, *values) if self._db.total_changes == 0 else super().execute(sql, *values)


def test_a_disk_that_takes_an_empty_commit_is_not_well_again(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Read-only or dying: whoever looks at the status must see it until a real write works."""
    opened = journal_module.open_migrated
    with Journal(path) as journal:
        with monkeypatch.context() as dying:
            dying.setattr(journal_module, "open_migrated", lambda *what: DyingDisk(opened(*what), keeps=False))
            journal._close()
            with pytest.raises(SpoolUnavailable):
                add(journal)
            for _ in range(3):
                journal.tend(utc_ns=None)
            was_refusing = journal.is_refusing
        journal.tend(utc_ns=None)

        assert was_refusing
        assert not journal.is_refusing
    told = [record.getMessage() for record in caplog.records if record.name == "spool.journal"]
    assert ["spool cannot write", "spool writes again"] == told


def test_pruned_means_receipted_and_older_than_the_retention(path: Path) -> None:
    """I3."""
    with Journal(path) as journal:
        for day in range(6):
            add(journal, utc_ns=day * DAY_NS)
        journal.set_receipt(upto=4, generation=1, heard_utc_ns=None)
        pruned = journal.prune(older_than_utc_ns=3 * DAY_NS)

    assert (pruned, numbers(path)) == (3, [4, 5, 6])


def test_old_events_behind_a_long_run_without_a_date_are_found(path: Path) -> None:
    """A box that ran for weeks without a clock: its undated events are older than the dated ones behind them."""
    with Journal(path) as journal:
        for seq in range(1, 41):
            add(journal, utc_ns=None if seq <= 30 else DAY_NS)
        journal.set_receipt(upto=40, generation=1, heard_utc_ns=None)
        pruned = [journal.prune(older_than_utc_ns=3 * DAY_NS, slice_rows=8) for _ in range(12)]

    assert numbers(path) == [40]
    assert max(pruned) <= 8


def test_a_clock_put_back_makes_young_what_it_called_old(path: Path) -> None:
    with Journal(path) as journal:
        for day in range(6):
            add(journal, utc_ns=day * DAY_NS)
        journal.prune(older_than_utc_ns=5 * DAY_NS)
        journal.set_receipt(upto=6, generation=1, heard_utc_ns=None)
        journal.prune(older_than_utc_ns=2 * DAY_NS)

    assert numbers(path) == [3, 4, 5, 6]


def test_what_was_refused_and_is_released_can_be_pruned_again(path: Path) -> None:
    with Journal(path) as journal:
        for _ in range(4):
            add(journal, utc_ns=0)
        journal.quarantine(1, code="schema", detail="")
        journal.set_receipt(upto=4, generation=1, heard_utc_ns=None)
        journal.prune(older_than_utc_ns=DAY_NS)
        journal.release(after=0)
        journal.prune(older_than_utc_ns=DAY_NS)

    assert numbers(path) == [4]


def test_nothing_is_pruned_by_the_age_of_a_clock_nobody_believed(path: Path) -> None:
    with Journal(path) as journal:
        for _ in range(3):
            add(journal, utc_ns=None)
        journal.set_receipt(upto=3, generation=1, heard_utc_ns=None)

        assert journal.prune(older_than_utc_ns=10**30 % 2**62) == 0


def test_the_newest_event_is_never_pruned(path: Path) -> None:
    """It is the head of the chain, and the next number comes from it."""
    with Journal(path) as journal:
        for _ in range(3):
            add(journal, utc_ns=1)
        journal.set_receipt(upto=3, generation=1, heard_utc_ns=None)
        while journal.prune(older_than_utc_ns=DAY_NS, slice_rows=1):
            pass

        assert numbers(path) == [3]
        assert add(journal) == 4


@settings(max_examples=60, deadline=None)
@given(
    days=st.lists(st.integers(0, 30) | st.none(), min_size=1, max_size=30),
    upto=st.integers(0, 40),
    older_than_day=st.integers(0, 40),
    refused=st.sets(st.integers(1, 30), max_size=3),
)
def test_whatever_is_pruned_was_receipted_and_no_younger_event_went(
    tmp_path_factory: pytest.TempPathFactory, days: list[int | None], upto: int, older_than_day: int, refused: set[int]
) -> None:
    """I3 as a property: nothing above the receipt, nothing young, nothing refused."""
    path = tmp_path_factory.mktemp("prune") / "spool.db"
    with Journal(path) as journal:
        for day in days:
            add(journal, utc_ns=None if day is None else day * DAY_NS)
        for seq in refused:
            journal.quarantine(seq, code="schema", detail="")
        journal.set_receipt(upto=min(upto, len(days)), generation=1, heard_utc_ns=None)
        journal.prune(older_than_utc_ns=older_than_day * DAY_NS)
        kept = {seq for (seq,) in journal._db.execute("SELECT seq FROM entry")}  # type: ignore[union-attr]

    old = [seq for seq, day in enumerate(days, start=1) if day is not None and day < older_than_day]
    for seq in set(range(1, len(days) + 1)) - kept:
        assert seq <= upto
        assert seq <= max(old)
        assert seq not in refused
    assert len(days) in kept


def test_a_reader_cannot_write(path: Path) -> None:
    with Journal(path) as journal:
        add(journal)
        db = open_reader(path)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            db.execute("DELETE FROM entry")
        db.close()


def test_the_outbox_hands_out_at_most_what_was_asked(path: Path) -> None:
    """I8: memory is bounded whatever the backlog."""
    with Journal(path) as journal:
        for _ in range(20):
            add(journal)
        journal.quarantine(3, code="schema", detail="bad")
    with contextlib.closing(Outbox(path)) as outbox:
        page = [entry.seq for entry in outbox.after(1, limit=4, upto=9)]
        depth = outbox.depth()

    assert page == [2, 4, 5, 6]
    assert (depth.last, depth.pending, depth.quarantined) == (20, 20, 1)


def test_what_is_closed_is_not_opened_again_by_a_late_touch(path: Path) -> None:
    """The file behind the name may be another one by then, with an epoch of its own."""
    journal = Journal(path)
    journal.close()

    with pytest.raises(SpoolUnavailable, match="closed"):
        add(journal)
    with Journal(path):
        assert [] == numbers(path)


def test_an_event_is_not_chained_to_one_that_is_not_as_it_was_written(path: Path) -> None:
    """The next event would vouch for it, and nobody could tell any more what was said."""
    with Journal(path) as journal:
        add(journal)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE entry SET body = x'00'")
        db.commit()
    with Journal(path) as journal:
        with pytest.raises(SpoolDamaged, match="not as it was written"):
            add(journal)
        assert journal.is_damaged


def test_a_file_without_the_name_of_its_epoch_is_damaged_and_gives_its_lock_back(path: Path) -> None:
    Journal(path).close()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM epoch")
        db.commit()

    for _ in range(2):
        with pytest.raises(SpoolDamaged, match="no name"):
            Journal(path)
