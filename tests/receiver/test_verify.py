"""Somebody edits the file: whatever they change, it is named. And what is in order is not called wrong."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.cli import main
from edge_agent.core.message import Checkpoint
from edge_agent.core.wire import chain_hash, encode
from edge_agent.receiver.audit import Finding, audit
from edge_agent.receiver.store import Store
from edge_agent.receiver.unpack import Letter
from edge_agent.signing import SigningKey
from hardware_fakes.history import EPOCH, History, altered, batch

NOW = 1_795_474_800_000_000_000
KEY, OTHER = SigningKey(b"k" * 32), SigningKey(b"o" * 32)
EVENTS = 12


def checkpoint(history: History, seq: int, key: SigningKey = KEY, **changes: Any) -> Letter:
    said = Checkpoint(
        gw=history.gateway,
        epoch=history.epoch,
        seq=seq,
        hash=chain_hash(history.body(seq)),
        key=key.public,
        signature="0" * 128,
        t="2026-11-24T08:00:00.000+09:00",
    )
    said = msgspec.structs.replace(said, **changes)
    said = msgspec.structs.replace(said, signature=key.sign(said.signed_text()))
    return Letter(history.gateway, "checkpoint", encode(said))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    folder = tmp_path_factory.mktemp("stores")
    numbers = iter(range(10**9))
    return lambda: folder / f"{next(numbers)}.db"


def filled(path: Path) -> History:
    """Twelve events, one withheld among them, one corrected, and a checkpoint under number 10."""
    history = History()
    for seq in range(1, EVENTS + 1):
        if seq == 5:
            history.correct(4, at="2026-11-20T08:00:00.000+09:00", day="2026-11-20")
        elif seq == 8:
            history.withhold(6, text=chain_hash(history.body(6)))
        else:
            undated = {"day": None, "clock": "none"} if seq == 4 else {}
            history.append(boot_ms=seq, **undated)
    with Store(path, utc_s=1) as store:
        came = [body for seq, body in enumerate(history.bodies, start=1) if seq != 6]
        store.take([Letter("gw-1", "batchz", batch(came)), checkpoint(history, 10)], utc_ns=NOW)
    return history


def wrong(path: Path) -> list[Finding]:
    return [finding for finding in audit(path) if finding.is_wrong]


def edit(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as db:
        for statement in statements:
            assert db.execute(statement).rowcount
    db.close()


def test_a_whole_file_is_well(fresh: Callable[[], Path]) -> None:
    filled(path := fresh())

    assert [(6, "declared gone: poison")] == [(note.seq, note.says) for note in audit(path)]


HELD = "WHERE stream = 1 AND seq = {}"
EDITS = {
    "removed": (5, ["DELETE FROM held WHERE seq = 5"]),
    "removed with its correction": (5, ["DELETE FROM held WHERE seq = 5", "DELETE FROM correction"]),
    "the last removed": (12, ["DELETE FROM held WHERE seq = 12"]),
    "bytes removed": (5, ["UPDATE held SET body = NULL WHERE seq = 5"]),
    "reordered": (
        2,
        [
            "UPDATE held SET seq = -1 WHERE seq = 2",
            "UPDATE held SET seq = 2 WHERE seq = 3",
            "UPDATE held SET seq = 3 WHERE seq = -1",
        ],
    ),
    "moved to another box": (
        3,
        ["UPDATE stream SET gateway = 'gw-9'", "UPDATE signer SET gateway = 'gw-9'"],
    ),
    "another worker in the column": (3, ["UPDATE held SET person = '99' WHERE seq = 3"]),
    "another day in the column": (3, ["UPDATE held SET day = '2026-11-01' WHERE seq = 3"]),
    "another site in the column": (3, ["UPDATE held SET site = 'x' WHERE seq = 3"]),
    "hidden from the lists": (3, ["UPDATE held SET meaning = NULL WHERE seq = 3"]),
    "another time in the column": (3, ["UPDATE held SET time = '2026-11-01T00:00:00.000+09:00' WHERE seq = 3"]),
    "a correction edited": (5, ["UPDATE correction SET day = '2026-11-01'"]),
    "a correction removed": (5, ["DELETE FROM correction"]),
    "a correction invented": (
        9,
        ["INSERT INTO correction (stream, seq, of_stream, of_seq, quality) VALUES (1, 9, 1, 3, 'exact')"],
    ),
    "called double": (9, ["INSERT INTO carried SELECT 1, 9, 1, 3, hash FROM held WHERE seq = 3"]),
    "declared gone and removed": (
        11,
        ["DELETE FROM held WHERE seq = 9", "INSERT INTO gone VALUES (1, 11, 9, 9, 'pruned', '', NULL)"],
    ),
    "the checkpoint edited": (10, ["UPDATE checkpoint SET hash = '00000000000000000000000000000000'"]),
    "the checkpoint's number edited": (11, ["UPDATE checkpoint SET seq = 11"]),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_named(fresh: Callable[[], Path], name: str) -> None:
    filled(path := fresh())
    seq, statements = EDITS[name]
    edit(path, *statements)

    assert seq in {finding.seq for finding in wrong(path)}


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(first=st.integers(1, 9), is_removal=st.booleans())
def test_who_recomputes_all_later_hashes_is_named_by_the_checkpoint(
    fresh: Callable[[], Path], *, first: int, is_removal: bool
) -> None:
    """All hashes fit again, all columns too. What the box signed does not."""
    honest = filled(path := fresh())
    forged = History()
    for seq, body in enumerate(honest.bodies, start=1):
        if is_removal and seq == first:
            continue
        changes: dict[str, object] = {"reader": "gate-9"} if seq == first else {}
        if first == 6 and not is_removal and seq == 8:
            changes |= {"hash": chain_hash(forged.body(6))}
        place = forged.place()
        number = f"{place['seq']:012d}"
        forged.bodies.append(
            altered(body, id=f"{EPOCH}-{number}", sequence=number, data={**place, **changes}) if seq >= first else body
        )
    with sqlite3.connect(path) as db:
        for table in ("held", "island", "correction", "gone"):
            db.execute(f"DELETE FROM {table}")  # noqa: S608 - a literal of this test
    db.close()
    with Store(path, utc_s=1) as store:
        store.take([Letter("gw-1", "touch", body) for body in forged.bodies], utc_ns=NOW)

    found = wrong(path)
    assert (10, True) in [(each.seq, "not what the gateway signed" in each.says) for each in found]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_cell_of_any_event_that_is_changed_is_named(fresh: Callable[[], Path], data: st.DataObject) -> None:
    filled(path := fresh())
    seq = data.draw(st.sampled_from([seq for seq in range(1, EVENTS + 1) if seq != 6]))
    column = data.draw(
        st.sampled_from(
            ["body", "hash", "site", "day", "person", "meaning", "standing", "company", "method", "clock", "time"]
        )
    )
    with sqlite3.connect(path) as db:
        before = db.execute(f"SELECT {column} FROM held WHERE seq = ?", (seq,)).fetchone()[0]  # noqa: S608 - literals
        after: object
        if column == "body":
            at = data.draw(st.integers(0, len(before) - 1))
            after = before[:at] + bytes([before[at] ^ data.draw(st.integers(1, 255))]) + before[at + 1 :]
        else:
            after = data.draw(st.text(max_size=5).filter(lambda text: text != before and "\0" not in text))
        db.execute(f"UPDATE held SET {column} = ? WHERE seq = ?", (after, seq))  # noqa: S608 - literals
    db.close()

    assert seq in {finding.seq for finding in wrong(path)}


# ---------------------------------------------------------------- checkpoints and keys


def test_a_checkpoint_ahead_of_the_events_is_a_note(fresh: Callable[[], Path]) -> None:
    history = filled(path := fresh()).grow(3)
    with Store(path, utc_s=1) as store:
        store.take([checkpoint(history, 15)], utc_ns=NOW)

    assert [] == wrong(path)
    assert [15] == [note.seq for note in audit(path) if "not reached yet" in note.says]


def test_a_checkpoint_that_contradicts_is_told_and_found(
    fresh: Callable[[], Path], caplog: pytest.LogCaptureFixture
) -> None:
    history = filled(path := fresh())
    with Store(path, utc_s=1) as store:
        for _ in range(2):
            store.take([checkpoint(history, 12, hash="0" * 32)], utc_ns=NOW)

    assert ["a gateway's checkpoint contradicts its events"] == [record.message for record in caplog.records]
    assert [12] == [finding.seq for finding in wrong(path)]


def test_a_checkpoint_nobody_signed_is_garbage(fresh: Callable[[], Path]) -> None:
    history = filled(path := fresh())
    letter = checkpoint(history, 11)
    with Store(path, utc_s=1) as store:
        store.take([Letter("gw-1", "checkpoint", letter.payload.replace(b'"seq":11', b'"seq":12'))], utc_ns=NOW)
        store.take([Letter("gw-2", "checkpoint", letter.payload)], utc_ns=NOW)

    with sqlite3.connect(path) as db:
        assert [(10,)] == db.execute("SELECT seq FROM checkpoint").fetchall()
        assert 2 == db.execute("SELECT count(*) FROM rejected").fetchone()[0]
    db.close()


def test_another_key_is_told_once_and_believed_only_when_somebody_says_so(
    fresh: Callable[[], Path], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    history = filled(path := fresh())
    with Store(path, utc_s=1) as store:
        for seq in (11, 12):
            store.take([checkpoint(history, seq, OTHER)], utc_ns=NOW)
    [finding] = wrong(path)

    assert ["a gateway signs with another key"] == [record.message for record in caplog.records]
    assert f"edge-agent receive trust gw-1 {OTHER.public}" in finding.says
    assert 0 == main(["receive", "list", "--database", str(path)])
    assert "changed" in capsys.readouterr().out

    assert 0 == main(["receive", "trust", "gw-1", OTHER.public, "--database", str(path)])
    assert [] == wrong(path)
    assert 1 == len([note for note in audit(path) if "key that is not believed" in note.says])


def test_the_newest_checkpoint_is_kept_and_what_contradicts(fresh: Callable[[], Path]) -> None:
    history = filled(path := fresh())
    with Store(path, utc_s=1) as store:
        for letter in (checkpoint(history, 3, hash="0" * 32), checkpoint(history, 12), checkpoint(history, 11)):
            store.take([letter], utc_ns=NOW)

    with sqlite3.connect(path) as db:
        assert [(3,), (12,)] == db.execute("SELECT seq FROM checkpoint ORDER BY seq").fetchall()
    db.close()


def test_a_fork_is_a_finding(fresh: Callable[[], Path]) -> None:
    filled(path := fresh())
    with Store(path, utc_s=1) as store:
        clone = History()
        clone.append(reader="gate-9")
        store.take([Letter("gw-1", "touch", clone.body(1))], utc_ns=NOW)

    assert [1] == [finding.seq for finding in wrong(path)]
