"""Salvage: whatever is broken, an event whose bytes are still there is found; nothing is changed, nothing invented."""

import errno
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spool import pages
from spool.file import SpoolUnavailable
from spool.journal import Journal
from spool.salvage import Wreck
from spool.transaction import Transaction

OWNER = {
    "site": {
        "1_people": "CREATE TABLE person (name TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID",
    }
}
LEAF_WITHOUT_ROWID = 0x0A
UTC_NS = 1_795_474_800_000_000_000


def body(seq: int) -> bytes:
    return f'{{"seq":{seq},'.encode() + bytes(33 + (seq * 7919 + i * 31) % 90 for i in range(650 + seq % 90)) + b"}"


def person(seq: int) -> str:
    return f"person {seq % 200:03} " + "x" * 80


def fill(journal: Journal, first: int, last: int) -> None:
    def work(tx: Transaction) -> None:
        for seq in range(first, last + 1):
            tx.append(body(seq), seq=seq, recorded_utc_ns=UTC_NS + seq)
            tx.execute("INSERT OR REPLACE INTO person VALUES (?, ?)", (person(seq), str(seq)))

    journal.write(work)


def copy(path: Path, to: Path) -> Path:
    """What a power cut leaves: file and log, as they stand."""
    for end in ("", "-wal"):
        if (old := Path(f"{path}{end}")).exists():
            Path(f"{to}{end}").write_bytes(old.read_bytes())
    return to


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with 250 events, and 50 more in its log."""
    folder = tmp_path_factory.mktemp("whole")
    with Journal(folder / "spool.db", owner_steps=OWNER) as journal:
        fill(journal, 1, 250)
        journal.set_receipt(upto=20, generation=7, heard_utc_ns=UTC_NS)
        journal._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        fill(journal, 251, 300)
        return copy(folder / "spool.db", folder / "left.db")


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    return copy(whole, tmp_path / "spool.db")


def found(path: Path, after: int = 0) -> dict[int, Sequence[bytes]]:
    with Wreck(path) as wreck:
        return {seq: [one.body for one in candidates] for seq, candidates in wreck.entries(after=after)}


def whole_but(*lost: int) -> dict[int, Sequence[bytes]]:
    return {seq: [body(seq)] for seq in range(1, 301) if seq not in lost}


def numbers_in(page: bytes) -> list[int]:
    return [seq for seq in range(1, 301) if body(seq) in page]


def spoil(file: Path, offset: int, content: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(offset)
        opened.write(content)


def test_a_whole_file_is_read_with_its_log(path: Path) -> None:
    with Wreck(path) as wreck:
        assert (20, 300, 300) == (wreck.upto, wreck.last, wreck.highest)
        assert 16 == len(wreck.epoch)
        assert 200 == wreck.count("person")

    assert whole_but() == found(path)


def test_reading_changes_neither_file_nor_log(path: Path) -> None:
    """The wreck may be the only copy of touches: it is set aside as it was."""
    before = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    found(path)

    assert before == (path.read_bytes(), Path(f"{path}-wal").read_bytes())


def test_a_page_in_the_middle_costs_what_is_in_it_and_nothing_behind_it(path: Path) -> None:
    content = path.read_bytes()
    at = next(at for at in range(0, len(content), 4096) if len(numbers_in(content[at : at + 4096])) > 2)
    lost = numbers_in(content[at : at + 4096])
    spoil(path, at, os.urandom(4096))

    assert whole_but(*lost) == found(path)


@pytest.mark.parametrize("size", [16, 100, 4096, 8192])
def test_without_its_header_and_its_tables_names_every_event_is_found(path: Path, size: int) -> None:
    spoil(path, 0, bytes(size))

    assert whole_but() == found(path)


def test_without_the_file_its_log_still_tells(path: Path) -> None:
    path.unlink()

    assert set(range(251, 301)) <= set(found(path))


@pytest.mark.parametrize("left", [0, 1, 4095])
def test_beside_an_empty_file_the_log_is_read_and_stays(path: Path, left: int) -> None:
    """SQLite deletes it at the first touch of the file."""
    path.write_bytes(path.read_bytes()[:left])

    assert set(range(251, 301)) <= set(found(path))
    assert Path(f"{path}-wal").stat().st_size


def test_a_log_that_sqlite_no_longer_believes_is_read_all_the_same(path: Path) -> None:
    """SQLite opens this file without a word, and shows 250 events: fifty touches that were green would be gone."""
    spoil(Path(f"{path}-wal"), 0, bytes(32))
    with sqlite3.connect(copy(path, path.with_name("shown.db"))) as shown:
        assert 250 == shown.execute("SELECT count(*) FROM entry").fetchone()[0]
    shown.close()

    assert whole_but() == found(path)


def test_a_flipped_bit_in_a_body_costs_one_event(path: Path) -> None:
    at = path.read_bytes().index(body(100)) + 300
    spoil(path, at, bytes([path.read_bytes()[at] ^ 4]))

    assert whole_but(100) == found(path)


def test_owner_rows_are_read_from_both_ends(path: Path) -> None:
    content = path.read_bytes()
    leaves = [at for at in range(4096, len(content), 4096) if content[at] == LEAF_WITHOUT_ROWID]
    at = next(at for at in leaves if b"person 100" in content[at : at + 4096])
    spoil(path, at, bytes(4096))
    Path(f"{path}-wal").unlink()
    with Wreck(path) as wreck:
        rows = dict(wreck.rows("person", ["name", "state"], key=["name"]))
        whole = wreck.count("person")

    assert whole is None
    assert {person(0), person(199)} <= set(rows)
    assert person(100) not in rows


def test_what_is_no_spool_at_all_is_read_as_empty(path: Path) -> None:
    Path(f"{path}-wal").unlink()
    path.write_bytes(bytes(100_000))
    with Wreck(path) as wreck:
        assert ("", 0, 0, 0) == (wreck.epoch, wreck.upto, wreck.last, wreck.highest)
        assert ([], None) == (wreck.columns("person"), wreck.count("person"))
        assert [] == list(wreck.entries())


def test_an_event_too_long_for_a_page_and_one_without_a_checksum_are_found_by_sqlite(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("INSERT INTO entry VALUES (301, ?, NULL, ?)", (b"x" * 9000, crc32(b"x" * 9000)))
    db.execute("INSERT INTO entry VALUES (302, ?, NULL, NULL)", (b"from before",))
    db.execute("INSERT INTO entry VALUES (303, ?, NULL, 1)", (b"y" * 9000,))
    db.commit()
    db.close()
    after = found(path, after=300)

    assert {301: [b"x" * 9000], 302: [b"from before"]} == after


def test_of_two_events_under_one_number_the_committed_one_comes_first(path: Path) -> None:
    """The other was never committed, and its number was given again."""
    refused = b"refused" * 90
    log = Path(f"{path}-wal")
    other = path.with_name("other.db")
    with Journal(other) as journal:
        journal.write(lambda tx: tx.append(refused, seq=300, recorded_utc_ns=UTC_NS))
        frames = Path(f"{other}-wal").read_bytes()
    log.write_bytes(log.read_bytes() + frames[-4096:])

    assert [body(300), refused] == found(path)[300]


def test_a_page_the_disk_cannot_read_costs_what_is_in_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = path.read_bytes()
    bad = next(at for at in range(0, len(content), 4096) if len(numbers_in(content[at : at + 4096])) > 2)
    lost = numbers_in(content[bad : bad + 4096])
    pread = os.pread

    def fails(opened: int, size: int, offset: int) -> bytes:
        if os.fstat(opened).st_size == len(content) and offset < bad + 4096 and offset + size > bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return pread(opened, size, offset)

    monkeypatch.setattr(pages.os, "pread", fails)
    seen = found(path)

    assert whole_but(*lost) == seen


def test_a_temporary_folder_without_room_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = sqlite3.OperationalError("database or disk is full")

    class Full:
        def __init__(self, *_args: object, **_more: object) -> None: ...
        def execute(self, _sql: str) -> None:
            raise full

        def close(self) -> None: ...

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda name, **more: Full() if name == "" else connect(name, **more))

    with pytest.raises(SpoolUnavailable, match="temporary folder"):
        Wreck(path)


def test_what_the_beat_raises_ends_the_work(path: Path) -> None:
    def beat() -> None:
        raise SpoolUnavailable("stop")

    with pytest.raises(SpoolUnavailable, match="stop"):
        Wreck(path, beat=beat)


@settings(max_examples=30, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 3900), min_size=1, max_size=12),
    first=st.sampled_from([1, 120, 16_380, 2_097_140, 2**40]),
    stamps=st.lists(st.sampled_from([None, 0, 1, 127, 2**20, UTC_NS, -1]), min_size=12, max_size=12),
)
def test_every_row_has_the_shape_that_is_looked_for(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], first: int, stamps: list[int | None]
) -> None:
    path = tmp_path_factory.mktemp("shape") / "spool.db"
    bodies = {first + i: bytes([1 + i]) * size for i, size in enumerate(sizes)}
    with Journal(path) as journal:
        for (seq, content), stamp in zip(bodies.items(), stamps, strict=False):
            journal.write(lambda tx, s=seq, c=content, t=stamp: tx.append(c, seq=s, recorded_utc_ns=t))
    with path.open("rb") as opened:
        places = {place.seq: place for place in pages.places(opened.fileno(), beat=lambda: None)}
        cut = {seq: os.pread(opened.fileno(), place.size, place.offset) for seq, place in places.items()}

    assert bodies == cut
    assert stamps[: len(sizes)] == [places[seq].recorded_utc_ns for seq in sorted(places)]


def test_an_event_at_the_seam_of_two_chunks_is_found(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "CHUNK", 512)

    assert whole_but() == found(path)
