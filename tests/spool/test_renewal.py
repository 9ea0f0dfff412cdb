"""The swap: wherever it is cut off, there is the old file or the new one, each with its own log, and none is lost."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from spool import renewal
from spool.file import SpoolUnavailable
from spool.journal import Journal
from spool.outbox import Outbox
from spool.renewal import Successor, finish, set_aside, succeed


class PowerCut(BaseException):
    """Nothing is done any more."""


def bodies(path: Path) -> list[bytes]:
    outbox = Outbox(path)
    try:
        return [entry.body for entry in outbox.after(0, limit=1000)]
    finally:
        outbox.close()


def fill(new: Successor) -> None:
    with new.batch() as tx:
        tx.append(b"new", seq=1, recorded_utc_ns=None)


def renew(path: Path, fill: Callable[[Successor], None] = fill) -> tuple[str, Path]:
    return succeed(path, aside="damaged-e1", owner_steps={}, fill=fill)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file whose event stands in the log alone, as a power cut leaves it."""
    path = tmp_path / "spool.db"
    with Journal(tmp_path / "other.db") as journal:
        journal.write(lambda tx: tx.append(b"old", seq=1, recorded_utc_ns=None))
        for end in ("", "-wal"):
            Path(f"{path}{end}").write_bytes((tmp_path / f"other.db{end}").read_bytes())
    for left in tmp_path.glob("other*"):
        left.unlink()
    return path


def names(path: Path) -> set[str]:
    return {there.name for there in path.parent.iterdir()} - {f"{path.name}-shm", f"{path.name}.lock"}


def test_the_old_file_lies_beside_with_its_log_and_the_new_one_is_in_its_place(path: Path) -> None:
    epoch, aside = renew(path)

    assert {"spool.db", "spool.damaged-e1.db", "spool.damaged-e1.db-wal"} == names(path)
    assert ([b"new"], [b"old"]) == (bodies(path), bodies(aside))
    with Journal(path) as journal:
        assert epoch == journal.epoch


def test_what_was_set_aside_earlier_is_never_overwritten(path: Path) -> None:
    before = path.with_name("spool.damaged-e1.db")
    before.write_bytes(b"earlier")
    path.with_name("spool.damaged-e1-2.db-wal").write_bytes(b"its log")
    _, aside = renew(path)

    assert "spool.damaged-e1-3.db" == aside.name
    assert b"earlier" == before.read_bytes()
    assert {before, aside} == set(set_aside(path))


STEPS = 12


def test_there_are_no_more_steps_than_are_tried(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_at(monkeypatch, 1000, is_done=False)
    renew(path)

    assert 0 < cut_at.count <= STEPS


def cut_at(monkeypatch: pytest.MonkeyPatch, step: int, *, is_done: bool) -> None:
    """End everything at this change of the folder or sync of a file; before it is done, or right behind."""
    cut_at.count = 0

    def cutting(act: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*args: object, **more: object) -> object:
            cut_at.count += 1
            if cut_at.count == step and not is_done:
                raise PowerCut
            result = act(*args, **more)
            if cut_at.count == step:
                raise PowerCut
            return result

        return wrapped

    monkeypatch.setattr(Path, "rename", cutting(Path.rename))
    monkeypatch.setattr(renewal, "sync_folder", cutting(renewal.sync_folder))
    monkeypatch.setattr(os, "fsync", cutting(os.fsync))


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
@pytest.mark.parametrize("again", [1, 3])
def test_a_swap_cut_off_anywhere_leaves_the_old_state_or_the_new(
    path: Path, step: int, again: int, monkeypatch: pytest.MonkeyPatch, *, is_done: bool
) -> None:
    """And cut off once more while it is finished."""
    for act, number in ((renew, step), (finish, again)):
        with monkeypatch.context() as world, contextlib.suppress(PowerCut):
            cut_at(world, number, is_done=is_done)
            act(path)
    finish(path)
    has_log = Path(f"{path}-wal").exists()
    seen = bodies(path)

    assert not list(path.parent.glob("spool.next*"))
    if has_log:
        assert [b"old"] == seen
    else:
        assert ([b"new"], [b"old"]) == (seen, bodies(path.with_name("spool.damaged-e1.db")))


def test_a_log_that_moved_without_its_file_is_followed(path: Path) -> None:
    """A power cut may keep either of two renames that were not synced between."""
    ready = path.with_name("spool.next.damaged-e1.db")
    with Journal(ready) as journal:
        journal.write(lambda tx: tx.append(b"new", seq=1, recorded_utc_ns=None))
    Path(f"{path}-wal").rename(path.with_name("spool.damaged-e1.db-wal"))
    finish(path)

    assert ([b"new"], [b"old"]) == (bodies(path), bodies(path.with_name("spool.damaged-e1.db")))


def test_a_new_file_that_was_never_complete_is_forgotten(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path.with_name(f"spool.next.db{end}").write_bytes(b"half")
    finish(path)

    assert {"spool.db", "spool.db-wal"} == names(path)
    assert [b"old"] == bodies(path)


def test_a_file_that_came_meanwhile_is_not_written_over_what_was_set_aside(path: Path) -> None:
    path.with_name("spool.next.damaged-e1.db").write_bytes(b"new")
    aside = path.with_name("spool.damaged-e1.db")
    aside.write_bytes(b"aside")

    with pytest.raises(SpoolUnavailable, match="move one of them away"):
        finish(path)
    assert b"aside" == aside.read_bytes()
    assert [b"old"] == bodies(path)


def test_without_room_the_old_file_stays_and_the_half_of_the_new_one_goes(path: Path) -> None:
    def full(new: Successor) -> None:
        new._db.execute("PRAGMA max_page_count=20")
        with new.batch() as tx:
            tx.append(bytes(1_000_000), seq=1, recorded_utc_ns=None)

    with pytest.raises(SpoolUnavailable, match=r"full.*is full"):
        renew(path, full)
    assert {"spool.db", "spool.db-wal"} == names(path)
    assert [b"old"] == bodies(path)


def test_a_row_that_does_not_fit_is_left_out(path: Path) -> None:
    put = []

    def fill(new: Successor) -> None:
        with new.batch():
            put.extend(new.put("person", {"name": name, "age": age}) for name, age in [("a", 1), ("a", 2), ("b", "x")])

    table = "CREATE TABLE person (name TEXT PRIMARY KEY, age INTEGER NOT NULL) STRICT"
    succeed(path, aside="forked-e1", owner_steps={"site": {"1": table}}, fill=fill)

    assert [True, False, False] == put
