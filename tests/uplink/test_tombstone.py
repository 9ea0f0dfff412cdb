"""What the box says in its chain of numbers that will not come."""

import contextlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from edge_agent.core.events import WithheldEvent, decode_event
from edge_agent.core.wire import chain_hash
from edge_agent.uplink.tombstone import tell_pruned, withhold
from hardware_fakes.clock import FakeClock
from hardware_fakes.history import History
from spool.journal import Journal
from spool.outbox import Outbox
from spool.transaction import Signed

GATEWAY = "gw-1"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Ten real events."""
    with Journal(tmp_path / "spool.db") as opened:
        history = History(GATEWAY, opened.epoch).grow(10)
        for seq, body in enumerate(history.bodies, 1):
            opened.write(lambda tx, seq=seq, body=body: tx.append(body, seq=seq, recorded_utc_ns=1))
        yield opened


def _who(journal: Journal) -> dict[str, object]:
    return {"gateway": GATEWAY, "epoch": journal.epoch, "at": FakeClock().stamp()}


def _events(tmp_path: Path, after: int = 10) -> list[WithheldEvent]:
    with contextlib.closing(Outbox(tmp_path / "spool.db")) as outbox:
        events = [decode_event(entry.body) for entry in outbox.after(after, limit=100)]
    assert all(isinstance(event, WithheldEvent) for event in events)
    return events  # type: ignore[return-value]  # just looked


def _told(tmp_path: Path) -> list[tuple[int, int, str]]:
    return [(event.data.first, event.data.last, event.data.code) for event in _events(tmp_path)]


def _quarantine(journal: Journal) -> list[int]:
    return [seq for (seq,) in journal.write(lambda tx: tx.execute("SELECT seq FROM quarantine").fetchall())]


def _prune(journal: Journal, upto: int) -> None:
    journal.set_receipt(upto=upto, generation=1, heard_utc_ns=1)
    journal.prune(older_than_utc_ns=2)


def _tell_pruned(journal: Journal, first: int, last: int) -> list[tuple[int, int]]:
    return journal.write(partial(tell_pruned, missing=(first, last), **_who(journal)))  # type: ignore[arg-type]


def test_a_poisoned_event_is_in_quarantine_and_its_tombstone_in_the_chain(journal: Journal, tmp_path: Path) -> None:
    """The receipt can pass it, and whoever checks the history can follow the chain through its hash."""
    journal.write(partial(withhold, seq=4, code="poison", detail="ended", **_who(journal)))  # type: ignore[arg-type]
    with contextlib.closing(Outbox(tmp_path / "spool.db")) as outbox:
        kept, before = outbox.entry(4), outbox.entry(10)
    (event,) = _events(tmp_path)

    assert kept is not None
    assert before is not None
    assert [4] == _quarantine(journal)
    assert (4, 4, "poison", chain_hash(kept.body)) == (
        event.data.first,
        event.data.last,
        event.data.code,
        event.data.hash,
    )
    assert (11, chain_hash(before.body)) == (event.data.seq, event.data.prev)


def test_quarantine_and_tombstone_are_one_commit(journal: Journal, tmp_path: Path) -> None:
    def fail(tx: object) -> None:
        withhold(tx, seq=4, code="poison", detail="", **_who(journal))  # type: ignore[arg-type]
        raise RuntimeError("the power goes")

    with pytest.raises(RuntimeError):
        journal.write(fail)

    assert [] == _quarantine(journal)
    assert [] == _told(tmp_path)


def test_an_event_withheld_twice_has_one_tombstone(journal: Journal, tmp_path: Path) -> None:
    """Released for a restored receiver, it was poison again."""
    for _ in range(2):
        journal.write(partial(withhold, seq=4, code="poison", detail="", **_who(journal)))  # type: ignore[arg-type]
        journal.release(after=0)

    assert [(4, 4, "poison")] == _told(tmp_path)


def test_pruned_numbers_are_told_once(journal: Journal, tmp_path: Path) -> None:
    _prune(journal, 6)

    assert [(1, 6)] == _tell_pruned(journal, 1, 6)
    assert [] == _tell_pruned(journal, 1, 6)
    assert [] == _tell_pruned(journal, 3, 5)
    assert [(1, 6, "pruned")] == _told(tmp_path)


def test_what_is_only_in_quarantine_is_not_told_as_pruned(journal: Journal, tmp_path: Path) -> None:
    journal.quarantine(3, code="schema", detail="")
    _prune(journal, 6)

    assert [(1, 2), (4, 6)] == _tell_pruned(journal, 1, 6)
    assert [] == _tell_pruned(journal, 3, 3)
    assert 3 not in {number for first, last, _ in _told(tmp_path) for number in range(first, last + 1)}


def test_a_tombstone_that_was_pruned_itself_is_said_again(journal: Journal) -> None:
    """Years later another receiver is restored: it must not wait for ever for the numbers of long ago."""
    _prune(journal, 6)
    _tell_pruned(journal, 1, 6)
    journal.write(lambda tx: tx.append(b"newer", seq=12, recorded_utc_ns=1))
    _prune(journal, 11)

    assert [(1, 11)] == _tell_pruned(journal, 1, 11)


def test_signatures_go_with_their_events_and_the_newest_stays(journal: Journal) -> None:
    for seq in (2, 5, 9):
        journal.sign(Signed(seq=seq, hash="0" * 32, signature="0" * 128, key="0" * 64, utc_ns=1))
    _prune(journal, 10)
    left = journal.write(lambda tx: tx.execute("SELECT seq FROM checkpoint").fetchall())

    assert [(9,)] == left
