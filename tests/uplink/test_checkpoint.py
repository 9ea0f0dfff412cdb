"""The box signs what it has recorded."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge_agent.core.wire import chain_hash
from edge_agent.signing import is_signed
from edge_agent.uplink.checkpoint import Notary
from edge_agent.uplink.shelf import Shelf
from hardware_fakes.clock import FakeClock
from spool.journal import Journal

GATEWAY = "gw-1"


class Desk:
    """A notary with a spool and a clock."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.key_path: Path | None = folder / "signing.key"
        self.clock = FakeClock()
        self.journal = journal
        self.shelf = Shelf(folder / "spool.db", gateway=GATEWAY, journal=journal, clock=self.clock, retention_days=90)
        self.notary = self.another()

    def another(self) -> Notary:
        return Notary(
            key_path=self.key_path,
            gateway=GATEWAY,
            epoch=self.journal.epoch,
            shelf=self.shelf,
            clock=self.clock,
            every_s=60,
        )

    def record(self, count: int = 1) -> None:
        for _ in range(count):
            seq = self.journal.write(lambda tx: tx.head().seq) + 1
            self.journal.write(lambda tx, seq=seq: tx.append(b"event %d" % seq, seq=seq, recorded_utc_ns=1))

    def signed(self) -> list[int]:
        rows = self.journal.write(lambda tx: tx.execute("SELECT seq FROM checkpoint ORDER BY seq").fetchall())
        return [seq for (seq,) in rows]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Journal(tmp_path / "spool.db") as journal:
        made = Desk(tmp_path, journal)
        yield made
        made.shelf.close()


def test_a_signature_stands_for_the_newest_event(desk: Desk) -> None:
    desk.record(3)
    desk.notary.sign(is_urgent=True)
    newest = desk.notary.newest()

    assert newest is not None
    assert (3, chain_hash(b"event 3"), desk.notary.public) == (newest.seq, newest.hash, newest.key)
    assert is_signed(newest.signed_text(), key=newest.key, signature=newest.signature)
    assert [3] == desk.signed()


def test_nothing_is_signed_more_often_than_set_nor_without_news(desk: Desk) -> None:
    """Each is a write to the card: a busy gate signs once a minute, a quiet one never."""
    desk.record()
    for _ in range(180):
        desk.notary.sign()
        desk.clock.advance(1)
    once = desk.signed()
    for _ in range(180):
        desk.record()
        desk.notary.sign()
        desk.clock.advance(1)

    assert [1] == once
    assert len(desk.signed()) <= 5


def test_after_a_restart_what_was_signed_is_not_signed_again_and_is_still_known(desk: Desk) -> None:
    desk.record(3)
    desk.notary.sign(is_urgent=True)
    again = desk.another()
    again.sign(is_urgent=True)

    assert [3] == desk.signed()
    assert desk.notary.newest() == again.newest()
    assert desk.notary.public == again.public


def test_a_key_that_cannot_be_read_is_told_and_heals(desk: Desk) -> None:
    assert desk.key_path is not None
    desk.key_path.write_bytes(b"too short")
    desk.record()
    desk.notary.sign(is_urgent=True)
    error = desk.notary.error
    desk.key_path.unlink()
    desk.notary.sign(is_urgent=True)

    assert "9 bytes instead of 32" in error
    assert "" == desk.notary.error
    assert [1] == desk.signed()


def test_without_a_key_nothing_is_signed(desk: Desk) -> None:
    desk.key_path = None
    desk.record()
    desk.another().sign(is_urgent=True)

    assert [] == desk.signed()


def test_an_offline_box_signs_all_the_same(tmp_path: Path, box: Any, eventually: Callable[..., bool]) -> None:
    """Who steals the box at night must not be able to add to the day before."""
    nowhere = {"host": "127.0.0.1", "port": 1, "tls": False}
    box.record(3)
    link = box.connect(nowhere, key_path=tmp_path / "signing.key", checkpoint_s=0.1, reconnect_max_s=0.1)

    assert eventually(lambda: box.signatures() == [3])
    assert not link.status().is_connected


def test_a_bad_key_is_no_reason_not_to_send(
    tmp_path: Path, box: Any, broker: Any, eventually: Callable[..., bool]
) -> None:
    (tmp_path / "signing.key").write_bytes(b"")
    box.record(3)
    link = box.connect(broker.settings("gw-1"), key_path=tmp_path / "signing.key")

    assert broker.wait_until(lambda: broker.on("batchz"))
    assert eventually(lambda: "signing.key" in link.status().error)
