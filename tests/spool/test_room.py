"""A full disk: refused before something is forgotten, receipts go on, and it heals by itself."""

import contextlib
import logging
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from hardware_fakes.small_disk import SmallDisk
from spool import journal as journal_module
from spool.file import SpoolUnavailable
from spool.journal import Journal
from spool.outbox import Outbox
from spool.room import RESERVE_BYTES, Room
from spool.transaction import Transaction

KB = 1024
BODY_BYTES = 700
MakeDisk = Callable[[int], SmallDisk]


def body(seq: int) -> bytes:
    return f"{seq:010}".encode() * (BODY_BYTES // 10)


def touch(journal: Journal) -> int | None:
    """Record one; return its number, None if it was refused."""

    def append(tx: Transaction) -> int:
        seq = tx.head().seq + 1
        tx.append(body(seq), seq=seq, recorded_utc_ns=seq)
        return seq

    try:
        return journal.write(append)
    except SpoolUnavailable:
        return None


def entries(path: Path) -> dict[int, bytes]:
    with contextlib.closing(Outbox(path)) as outbox:
        return {entry.seq: entry.body for entry in outbox.after(0, limit=1_000_000)}


def fill_up(journal: Journal, touches: int = 3_000) -> list[int]:
    return [seq for seq in (touch(journal) for _ in range(touches)) if seq is not None]


def file_on(disk: SmallDisk) -> Path:
    return disk.folder / "spool.db"


def room(disk: SmallDisk, ballast_kb: int = 0) -> Room:
    return Room(file_on(disk), ballast_bytes=ballast_kb * KB)


def test_what_was_accepted_is_in_the_file_and_the_others_were_told(small_disk: MakeDisk) -> None:
    """20,000 touches on 3 MB: no yes without an event, no event without a yes."""
    disk = small_disk(3 * KB)
    with Journal(file_on(disk)) as journal:
        accepted = fill_up(journal, 20_000)
        is_refusing = journal.is_refusing

    kept = entries(file_on(disk))
    assert accepted == list(kept) == list(range(1, len(accepted) + 1))
    assert 300 < len(accepted) < 20_000
    assert is_refusing
    assert all(body(seq) == kept[seq] for seq in accepted)


def test_a_full_disk_heals_by_a_receipt_without_any_room_from_outside(small_disk: MakeDisk) -> None:
    """Others took the last byte: receipts, pruning and then touches live from what the spool has."""
    disk = small_disk(4 * KB)
    with Journal(file_on(disk)) as journal:
        accepted = fill_up(journal)
        disk.fill()
        assert disk.free_bytes() == 0
        assert touch(journal) is None
        journal.set_receipt(upto=accepted[-1], generation=1, heard_utc_ns=None)
        is_still_refusing = journal.is_refusing
        again = [touch(journal) for _ in range(500)]

    assert is_still_refusing
    assert list(range(accepted[-1] + 1, accepted[-1] + 501)) == again


def test_a_disk_taken_to_the_last_byte_in_one_go_leaves_receipts_and_touches_writable(small_disk: MakeDisk) -> None:
    """What the log holds must find its place in the file before anything else can: for that the ballast is there."""
    disk = small_disk(8 * KB)
    with Journal(file_on(disk), room=room(disk, ballast_kb=2 * KB)) as journal:
        journal.tend(utc_ns=None)
        for _ in range(30):
            touch(journal)
        disk.fill()
        first = touch(journal)
        disk.fill()
        more = fill_up(journal, 2_000)
        journal.set_receipt(upto=31, generation=1, heard_utc_ns=None)
        again = [touch(journal) for _ in range(20)]

    assert first == 31
    assert len(more) < 2_000
    assert None not in again
    assert list(entries(file_on(disk)))[-1] == again[-1]


def test_with_receipts_a_small_disk_suffices_for_ever(small_disk: MakeDisk) -> None:
    disk = small_disk(3 * KB)
    with Journal(file_on(disk)) as journal:
        last = fill_up(journal, 5_000)[-1]
        for _ in range(80):
            journal.set_receipt(upto=last, generation=1, heard_utc_ns=None)
            wanted = list(range(last + 1, last + 201))
            assert wanted == [touch(journal) for _ in wanted]
            last += 200

    assert last > 16_000
    kept = entries(file_on(disk))
    assert list(range(min(kept), last + 1)) == list(kept)


def test_nothing_unreceipted_is_ever_pruned_in_need(small_disk: MakeDisk) -> None:
    disk = small_disk(3 * KB)
    with Journal(file_on(disk)) as journal:
        last = fill_up(journal)[-1]
        journal.set_receipt(upto=300, generation=1, heard_utc_ns=None)
        more = fill_up(journal, 2_000)

    kept = list(entries(file_on(disk)))
    assert list(range(kept[0], last + len(more) + 1)) == kept
    assert 1 < kept[0] <= 301
    assert more


def test_the_ballast_goes_first_and_comes_back_with_the_room(
    small_disk: MakeDisk, caplog: pytest.LogCaptureFixture
) -> None:
    disk = small_disk(8 * KB)
    ballast = disk.folder / "spool.ballast"
    with Journal(file_on(disk), room=room(disk, ballast_kb=512)) as journal, caplog.at_level(logging.INFO):
        journal.tend(utc_ns=None)
        before = ballast.stat().st_blocks * 512
        disk.fill()
        is_taken = touch(journal)
        journal.tend(utc_ns=None)
        is_there = ballast.exists()
        disk.free()
        journal.tend(utc_ns=None)

        assert (before, ballast.stat().st_blocks * 512) == (512 * KB, 512 * KB)
    assert is_taken
    assert not is_there
    told = [record.getMessage() for record in caplog.records if "ballast" in record.getMessage()]
    assert ["ballast made", "disk is full: ballast dropped", "ballast made"] == told


def test_the_ballast_never_makes_the_disk_full(small_disk: MakeDisk) -> None:
    disk = small_disk(4 * KB)
    with Journal(file_on(disk), room=room(disk, ballast_kb=2 * KB)) as journal:
        journal.tend(utc_ns=None)

        assert not (disk.folder / "spool.ballast").exists()
        assert touch(journal)


def test_a_full_disk_lets_the_agent_start(small_disk: MakeDisk) -> None:
    """The log's index needs 32 KB before anything can be read: the ballast gives them."""
    disk = small_disk(8 * KB)
    with Journal(file_on(disk), room=room(disk, ballast_kb=512)) as journal:
        journal.tend(utc_ns=None)
        touch(journal)
    disk.fill()
    with Journal(file_on(disk), room=room(disk, ballast_kb=512)) as journal:
        assert touch(journal) == 2


def test_the_file_grows_again_when_there_is_plenty(small_disk: MakeDisk) -> None:
    disk = small_disk(8 * KB)
    with Journal(file_on(disk)) as journal:
        disk.fill(leave_bytes=RESERVE_BYTES)
        before = fill_up(journal, 3_000)
        disk.free()
        after = fill_up(journal, 1_000)

    assert len(before) < 3_000
    assert 1_000 == len(after)
    assert list(range(1, len(before) + 1001)) == list(entries(file_on(disk)))


def test_a_full_disk_is_told_once_however_many_receipts_are_written(
    small_disk: MakeDisk, caplog: pytest.LogCaptureFixture
) -> None:
    """A receipt that can be written is no sign that touches can."""
    disk = small_disk(3 * KB)
    with Journal(file_on(disk)) as journal:
        fill_up(journal)
        for _ in range(5):
            journal.set_receipt(upto=0, generation=1, heard_utc_ns=None)
            journal.tend(utc_ns=None)
            touch(journal)
        journal.set_receipt(upto=500, generation=1, heard_utc_ns=None)
        journal.tend(utc_ns=None)
        is_refusing = journal.is_refusing

    told = [record.getMessage() for record in caplog.records if record.name == "spool.journal"]
    assert ["spool cannot write", "spool writes again"] == told
    assert not is_refusing


def test_sending_goes_on_while_the_disk_is_full(small_disk: MakeDisk) -> None:
    disk = small_disk(3 * KB)
    with Journal(file_on(disk)) as journal, contextlib.closing(Outbox(file_on(disk))) as outbox:
        accepted = fill_up(journal)
        disk.fill()
        sent = [entry.seq for entry in outbox.after(0, limit=10_000)]

    assert accepted == sent


def test_touches_of_many_readers_on_a_full_disk_stand_or_fall_alone(small_disk: MakeDisk) -> None:
    disk = small_disk(3 * KB)
    accepted: list[int] = []
    with Journal(file_on(disk)) as journal:
        threads = [Thread(target=lambda: accepted.extend(fill_up(journal, 600))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    assert sorted(accepted) == list(entries(file_on(disk))) == list(range(1, len(accepted) + 1))


CHILD = """
import sys
from pathlib import Path
from spool import journal as journal_module
from spool.file import SpoolUnavailable
from spool.journal import Journal
def append(tx):
    seq = tx.head().seq + 1
    tx.append(b"x" * 700, seq=seq, recorded_utc_ns=seq)
    return seq
with Journal(Path(sys.argv[1])) as journal:
    while True:
        try:
            print(journal.write(append), flush=True)
        except SpoolUnavailable:
            print(flush=True)
"""


def greens_until_killed(spool: Path, *, refusals: int) -> list[int]:
    """Touch until so many were refused, then SIGKILL; return what was accepted."""
    with subprocess.Popen([sys.executable, "-c", CHILD, spool], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        accepted = []
        for line in child.stdout:
            accepted += [int(line)] if line.strip() else []
            refusals -= not line.strip()
            if not refusals:
                break
        child.send_signal(signal.SIGKILL)
    return accepted


def test_killed_while_full_it_starts_again_and_has_every_yes(small_disk: MakeDisk) -> None:
    """SIGKILL on a full disk, three times; what was accepted before each is there behind the last."""
    disk = small_disk(3 * KB)
    accepted = [seq for refusals in (1, 20, 50) for seq in greens_until_killed(file_on(disk), refusals=refusals)]

    with Journal(file_on(disk)) as journal:
        accepted += fill_up(journal, 2_000)
        kept = list(entries(file_on(disk)))
        journal.set_receipt(upto=kept[-1], generation=1, heard_utc_ns=None)
        assert touch(journal) == kept[-1] + 1
    assert accepted == kept


def test_a_disk_that_was_full_is_whole(small_disk: MakeDisk) -> None:
    disk = small_disk(3 * KB)
    with Journal(file_on(disk)) as journal:
        last = fill_up(journal)[-1]
        journal.set_receipt(upto=last, generation=1, heard_utc_ns=None)
        fill_up(journal, 1_000)
    with contextlib.closing(sqlite3.connect(file_on(disk))) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_log_has_its_room_before_others_take_the_rest(small_disk: MakeDisk) -> None:
    """A log is empty behind a clean start: on a disk with nothing left it could not be begun."""
    disk = small_disk(4 * KB)
    with Journal(file_on(disk)) as journal:
        for _ in range(300):
            touch(journal)
    disk.fill(leave_bytes=600 * KB)
    with Journal(file_on(disk)) as journal:
        journal.tend(utc_ns=None)
        disk.fill()
        journal.set_receipt(upto=300, generation=1, heard_utc_ns=None)

        assert [301, 302] == [touch(journal), touch(journal)]


def test_a_receipt_in_the_same_line_as_a_refused_touch_is_written(small_disk: MakeDisk) -> None:
    """Else a busy gate would keep the receipt out that would end its refusals."""
    disk = small_disk(3 * KB)
    with Journal(file_on(disk)) as journal:
        fill_up(journal)
        together = [
            journal_module._Waiting(lambda tx: tx.append(body(1), seq=tx.head().seq + 1, recorded_utc_ns=1)),
            journal_module._Waiting(lambda tx: tx.execute("UPDATE receipt SET upto = 7").rowcount),
        ]
        journal._line.extend(together)
        journal.write(lambda _tx: None)

    assert [True, False] == [isinstance(waiting.error, SpoolUnavailable) for waiting in together]
    with contextlib.closing(Outbox(file_on(disk))) as outbox:
        assert 7 == outbox.depth().upto
