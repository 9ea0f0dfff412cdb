"""How long the disk lasts: told days ahead, at the site's own rate, and never by a guess."""

import logging
from pathlib import Path

import pytest

from spool.journal import Journal
from spool.outlook import DAY_NS, look_ahead
from spool.room import Room
from spool.transaction import Transaction

NOW_NS = 20_000 * DAY_NS
MB = 1_000_000


def history(path: Path, *, days: float, per_day: int, receipted: bool, dated: bool = True) -> None:
    """Fill the file with so many days before now."""

    def append(tx: Transaction) -> None:
        count = round(days * per_day)
        for seq in range(1, count + 1):
            utc_ns = NOW_NS - round((count - seq) / per_day * DAY_NS)
            tx.append(b"x" * 700, seq=seq, recorded_utc_ns=utc_ns if dated else None)

    with Journal(path) as journal:
        journal.write(append)
        if receipted:
            journal.set_receipt(upto=round(days * per_day), generation=1, heard_utc_ns=None)


def ahead(path: Path, *, spare_bytes: int = 10 * MB, now_utc_ns: int | None = NOW_NS) -> int | None:
    return look_ahead(path, spare_bytes=spare_bytes, now_utc_ns=now_utc_ns, retention_days=90)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


@pytest.mark.parametrize("days", [3, 10, 40])
def test_days_left_are_the_room_by_the_sites_own_rate(path: Path, days: int) -> None:
    """300 events of about 0.8 KB a day: 10 MB last about 40 days."""
    history(path, days=days, per_day=300, receipted=False)

    assert ahead(path) == pytest.approx(40, abs=6)


def test_a_first_morning_is_no_rate(path: Path) -> None:
    """The rush of the first hour would foretell a full disk tomorrow."""
    history(path, days=0.5, per_day=1000, receipted=False)

    assert ahead(path) is None


def test_without_a_clock_nothing_is_foretold(path: Path) -> None:
    history(path, days=10, per_day=100, receipted=False, dated=False)

    assert ahead(path) is None
    assert ahead(path, now_utc_ns=None) is None


def test_an_empty_file_foretells_nothing(path: Path) -> None:
    Journal(path).close()

    assert ahead(path) is None


def test_a_disk_that_lasts_until_the_retention_lasts_for_good(path: Path) -> None:
    """80 of 90 days are there and receipted: ten more, and each day takes the place of one that is pruned."""
    history(path, days=80, per_day=50, receipted=True)

    assert ahead(path, spare_bytes=1 * MB) is None
    assert ahead(path, spare_bytes=MB // 5) == pytest.approx(4, abs=1)


def test_a_receiver_that_is_away_lets_the_file_grow_for_ever(path: Path) -> None:
    history(path, days=80, per_day=50, receipted=False)

    assert ahead(path, spare_bytes=1 * MB) == pytest.approx(20, abs=4)


class Disk(Room):
    """A room with as much on the disk as we say."""

    free_mb = 50

    def free_bytes(self) -> int:
        return self.free_mb * MB


def test_it_is_told_once_when_it_falls_below_and_once_when_it_is_back(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    history(path, days=10, per_day=300, receipted=False)
    room = Disk(path, warn_days_left=30)
    filling = []
    with caplog.at_level(logging.INFO):
        for room.free_mb in (50, 5, 4, 5, 50, 50):
            room.tend(NOW_NS)
            filling.append(room.is_filling)

    assert [False, True, True, True, False, False] == filling
    assert ["disk is filling", "disk has room again"] == [record.getMessage() for record in caplog.records]
