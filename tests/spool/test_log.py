"""A log that SQLite would forget without a word: told from the end a power cut leaves."""

from collections.abc import Callable
from pathlib import Path

import pytest

from spool.file import SpoolDamaged
from spool.journal import Journal
from spool.log import FRAME, HEADER, assert_log_whole


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Twenty commits in the log, as a power cut leaves them."""
    path, other = tmp_path / "spool.db", tmp_path / "other.db"
    with Journal(other) as journal:
        for seq in range(1, 21):
            journal.write(lambda tx, seq=seq: tx.append(bytes(600), seq=seq, recorded_utc_ns=None))
        for end in ("", "-wal"):
            Path(f"{path}{end}").write_bytes(Path(f"{other}{end}").read_bytes())
    return path


def change(path: Path, how: Callable[[bytearray], None]) -> None:
    log = Path(f"{path}-wal")
    content = bytearray(log.read_bytes())
    how(content)
    log.write_bytes(content)


def flip(at: int) -> Callable[[bytearray], None]:
    def how(content: bytearray) -> None:
        content[at] ^= 1

    return how


def test_what_stands_in_a_log_is_what_sqlite_believes(path: Path) -> None:
    assert_log_whole(path)


def test_no_log_and_an_empty_one_are_whole(path: Path, tmp_path: Path) -> None:
    assert_log_whole(tmp_path / "none.db")
    Path(f"{path}-wal").write_bytes(b"")
    assert_log_whole(path)
    Path(f"{path}-wal").unlink()
    assert_log_whole(path)


@pytest.mark.parametrize(
    "at",
    [0, 17, 24, HEADER, HEADER + 9, HEADER + 17, HEADER + 5 * FRAME, HEADER + 5 * FRAME + 10, HEADER + 8 * FRAME + 999],
)
def test_one_flipped_bit_before_other_commits_is_damage(path: Path, at: int) -> None:
    change(path, flip(at))

    with pytest.raises(SpoolDamaged, match="would be forgotten"):
        assert_log_whole(path)


def test_a_commit_cut_off_is_no_damage(path: Path) -> None:
    """Nobody was told of it. This is every power cut at a busy gate."""
    change(path, lambda content: content.__delitem__(slice(len(content) - 100, None)))
    assert_log_whole(path)
    change(path, flip(-5000))
    assert_log_whole(path)


def test_a_last_commit_of_which_the_end_came_first_is_no_damage(path: Path) -> None:
    change(path, flip(-1))
    assert_log_whole(path)


def test_what_an_older_generation_left_behind_is_no_damage(path: Path) -> None:
    """A log is written anew from its beginning; what stands behind is old."""
    other = path.with_name("again.db")
    with Journal(other) as journal:
        for seq in range(1, 21):
            journal.write(lambda tx, seq=seq: tx.append(bytes(600), seq=seq, recorded_utc_ns=None))
        journal._db.execute("PRAGMA wal_checkpoint(RESTART)")
        journal.write(lambda tx: tx.append(bytes(600), seq=21, recorded_utc_ns=None))
        for end in ("", "-wal"):
            Path(f"{path}{end}").write_bytes(Path(f"{other}{end}").read_bytes())

    assert 20 * FRAME < Path(f"{path}-wal").stat().st_size
    assert_log_whole(path)


@pytest.mark.parametrize("content", [None, b"", b"S"])
def test_a_log_without_its_file_is_damage(path: Path, content: bytes | None) -> None:
    """SQLite deletes it; what is in it may be nowhere else."""
    path.unlink() if content is None else path.write_bytes(content)

    with pytest.raises(SpoolDamaged):
        assert_log_whole(path)
