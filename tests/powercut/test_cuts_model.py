"""The model of the disk by itself: what is synced is sure, everything else is luck."""

import random
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hardware_fakes.disk.cuts import SECTOR, Disk
from hardware_fakes.disk.record import (
    Line,
    Marked,
    Opened,
    Operation,
    Renamed,
    Synced,
    SyncFailed,
    Truncated,
    Unlinked,
    Written,
    encode,
    read,
)

FOLDER = [Opened(9, ""), Synced(9)]
NEW = Opened(1, "a", creates=True)
MANY = 300


def outcomes(*operations: Operation, files: dict[str, bytes] | None = None) -> list[dict[str, bytes]]:
    disk, rng = Disk(files), random.Random(7)
    disk.run(operations)
    return [disk.cut(rng) for _ in range(MANY)]


def of(name: str, cuts: Iterable[dict[str, bytes]]) -> set[bytes | None]:
    return {cut.get(name) for cut in cuts}


def test_a_synced_file_in_a_synced_folder_is_sure() -> None:
    assert {b"x"} == of("a", outcomes(NEW, Written(1, 0, b"x"), Synced(1), *FOLDER))


def test_an_unsynced_write_may_be_there_or_not_or_be_zeros() -> None:
    assert {b"", b"x", b"\0"} == of("a", outcomes(NEW, *FOLDER, Written(1, 0, b"x")))


def test_a_new_name_may_be_gone_though_its_file_was_synced() -> None:
    assert {None, b"x"} == of("a", outcomes(NEW, Written(1, 0, b"x"), Synced(1)))


def test_later_writes_may_be_there_without_earlier_ones() -> None:
    found = of("a", outcomes(Opened(1, "a"), Written(1, 0, b"1"), Written(1, 1, b"2"), files={"a": b"--"}))

    assert {b"--", b"1-", b"-2", b"12"} == found


def test_a_write_tears_between_sectors_and_never_within_one() -> None:
    cuts = outcomes(Opened(1, "a"), Written(1, 100, b"x" * 2 * SECTOR), files={"a": bytes(4 * SECTOR)})
    found = of("a", cuts)
    torn = bytes(100) + b"x" * (SECTOR - 100) + bytes(3 * SECTOR)

    assert torn in found
    for body in found:
        assert body
        assert all(len(set(body[a:b])) == 1 for a, b in ((100, SECTOR), (SECTOR, 2 * SECTOR), (2 * SECTOR, 1124)))


def test_a_truncation_may_be_undone_until_it_is_synced() -> None:
    shorter = [Opened(1, "a"), Truncated(1, 1)]

    assert {b"abc", b"a"} == of("a", outcomes(*shorter, files={"a": b"abc"}))
    assert {b"a"} == of("a", outcomes(*shorter, Synced(1), files={"a": b"abc"}))


def test_opening_with_o_trunc_empties_the_file() -> None:
    assert {b"abc", b""} == of("a", outcomes(Opened(1, "a", creates=True, truncates=True), files={"a": b"abc"}))


def test_a_removal_may_be_undone_until_the_folder_is_synced() -> None:
    assert {b"x", None} == of("a", outcomes(Unlinked("a"), files={"a": b"x"}))
    assert {None} == of("a", outcomes(Unlinked("a"), *FOLDER, files={"a": b"x"}))


def test_a_name_used_again_is_the_old_file_or_the_new_one() -> None:
    cuts = outcomes(Unlinked("a"), NEW, Written(1, 0, b"new"), Synced(1), files={"a": b"old"})

    assert {b"old", b"new", None} == of("a", cuts)


def test_a_file_removed_while_open_is_written_in_vain() -> None:
    cuts = outcomes(Opened(1, "a"), Unlinked("a"), *FOLDER, Written(1, 0, b"x"), Synced(1), files={"a": b"-"})

    assert {None} == of("a", cuts)


def test_a_rename_happens_as_a_whole() -> None:
    cuts = outcomes(Renamed("new", "a"), files={"a": b"old", "new": b"new"})

    assert {("old", "new"), ("new", None)} == {
        (cut["a"].decode(), cut["new"].decode() if "new" in cut else None) for cut in cuts
    }


def test_what_a_failed_sync_left_is_not_written_by_the_next_one() -> None:
    """fsync's failure is told once; the pages are clean from then on."""
    failed = [Opened(1, "a"), Written(1, 0, b"1"), SyncFailed(1)]

    assert {b"--", b"1-"} == of("a", outcomes(*failed, Synced(1), files={"a": b"--"}))
    assert {b"-2", b"12"} == of("a", outcomes(*failed, Written(1, 1, b"2"), Synced(1), files={"a": b"--"}))
    assert {b"3-"} == of("a", outcomes(*failed, Written(1, 0, b"3"), Synced(1), files={"a": b"--"}))


def test_a_folder_that_could_not_be_synced_may_forget_its_names() -> None:
    assert {None, b""} == of("a", outcomes(NEW, Opened(9, ""), SyncFailed(9)))


def test_a_folder_below_is_synced_by_itself() -> None:
    below = [Opened(1, "below/a", creates=True)]

    assert {None, b""} == of("below/a", outcomes(*below, *FOLDER))
    assert {b""} == of("below/a", outcomes(*below, Opened(8, "below"), Synced(8)))


writes = st.lists(st.tuples(st.integers(0, 40), st.binary(min_size=1, max_size=20), st.booleans()), max_size=8)


@given(plan=writes, seed=st.integers(0, 99))
def test_whatever_happens_before_a_sync_the_file_is_what_the_program_saw(
    plan: list[tuple[int, bytes, bool]], seed: int
) -> None:
    disk, seen = Disk({"a": b""}), bytearray()
    disk.do(Opened(1, "a"))
    for offset, data, cuts_off in plan:
        disk.do(Truncated(1, offset) if cuts_off else Written(1, offset, data))
        seen.extend(bytes(max(0, offset - len(seen))))
        seen[offset:] = b"" if cuts_off else data + seen[offset + len(data) :]
    disk.do(Synced(1))

    assert {"a": bytes(seen)} == disk.cut(random.Random(seed))


def test_the_log_is_read_as_it_is_written(tmp_path: Path) -> None:
    lines: list[Line] = [
        Opened(1, "a", creates=True, truncates=True),
        Written(1, 7, b"x"),
        Truncated(1, 3),
        Synced(1),
        SyncFailed(1),
        Unlinked("a"),
        Renamed("b", "below/c"),
        Marked(b"said"),
    ]
    (tmp_path / "log").write_bytes(b"".join(map(encode, lines)) + b"half a li")

    assert lines == read(tmp_path / "log")
