"""Tombstones, corrections, carried events, new epochs: whatever comes first, the office sees the same in the end."""

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.core.wire import chain_hash
from edge_agent.receiver.audit import audit
from edge_agent.receiver.export import Events, Heard, Row, Wanted
from edge_agent.receiver.store import Store
from edge_agent.receiver.unpack import Letter, Stream
from hardware_fakes.history import EPOCH, History

NOW = 1_795_474_800_000_000_000
NEXT = "0123456789abcdef"
STREAM, AFTER = Stream("gw-1", EPOCH), Stream("gw-1", NEXT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path, utc_s=7) as store:
        yield store


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    folder = tmp_path_factory.mktemp("stores")
    numbers = itertools.count()
    return lambda: folder / f"{next(numbers)}.db"


def send(store: Store, *bodies: bytes) -> None:
    for body in bodies:
        store.take([Letter("gw-1", "touch", body)], utc_ns=NOW)


def rows(path: Path) -> list[Row]:
    with Events(path) as events:
        return list(events.rows(Wanted()))


def gateway(path: Path) -> Heard:
    with Events(path) as events:
        [heard] = events.gateways()
    return heard


def wrong(path: Path) -> list[str]:
    return [finding.says for finding in audit(path) if finding.is_wrong]


def upto(store: Store, stream: Stream = STREAM) -> int:
    return store.receipt(stream, utc_ns=NOW).upto


# ---------------------------------------------------------------- tombstones


def test_numbers_a_gateway_withholds_let_the_receipt_pass(store: Store, path: Path) -> None:
    history = History().grow(5)
    history.withhold(2, 4, code="pruned")
    send(store, history.body(1), history.body(5))
    before = upto(store)
    send(store, history.body(6))

    assert (1, 6) == (before, upto(store))
    assert (3, 0) == (gateway(path).gone, gateway(path).missing)
    assert [] == wrong(path)
    assert ["declared gone up to 4: pruned"] == [finding.says for finding in audit(path)]


def test_the_chain_is_followed_through_a_withheld_event(store: Store) -> None:
    history = History().grow(3)
    history.withhold(2, text="0" * 32)
    send(store, history.body(1), history.body(3), history.body(4))
    assert [(3, "chain")] == [(nack.seq, nack.code) for nack in store.receipt(STREAM, utc_ns=NOW).nack]

    honest = History("gw-1", NEXT).grow(3)
    honest.withhold(2, text=chain_hash(honest.body(2)))
    send(store, honest.body(4), honest.body(3), honest.body(1))
    assert [] == store.receipt(AFTER, utc_ns=NOW).nack
    assert 4 == upto(store, AFTER)


@pytest.mark.parametrize("order", [(1, 2, 4, 3), (4, 1, 3, 2), (2, 4, 3, 1)])
def test_a_withheld_event_that_comes_after_all_takes_its_place(store: Store, path: Path, order: tuple[int]) -> None:
    history = History().grow(3)
    history.withhold(2, text=chain_hash(history.body(2)))
    send(store, *(history.body(seq) for seq in order))

    assert [1, 2, 3] == [row.seq for row in rows(path)]
    assert (4, 0) == (upto(store), gateway(path).gone)
    assert [] == list(audit(path))


def test_another_event_than_the_withheld_one_is_a_fork(store: Store, path: Path) -> None:
    history = History().grow(3)
    history.withhold(2, text="0" * 32)
    send(store, history.body(1), history.body(3), history.body(4), history.body(2))

    assert [1, 3] == [row.seq for row in rows(path)]
    assert (2, "fork") in [(nack.seq, nack.code) for nack in store.receipt(STREAM, utc_ns=NOW).nack]


def test_a_tombstone_speaks_only_of_numbers_before_its_own(store: Store, path: Path) -> None:
    """A forged one must not open the way to forget what has yet to come."""
    history = History().grow(1)
    history.withhold(1, 10**9)
    send(store, *history.bodies)

    assert (2, 0) == (upto(store), gateway(path).gone)
    assert ["schema"] == [nack.code for nack in store.receipt(STREAM, utc_ns=NOW).nack]


# ---------------------------------------------------------------- corrections


def undated(history: History) -> bytes:
    return history.append(day=None, clock="none", time="1970-01-01T09:00:05.000+09:00")


EXACT: dict[str, Any] = {"at": "2026-11-20T08:00:00.000+09:00", "day": "2026-11-20"}
BRACKET: dict[str, Any] = {
    "quality": "bracketed",
    "not_before": "2026-11-19T18:00:00.000+09:00",
    "not_after": "2026-11-20T08:00:00.000+09:00",
}


@pytest.mark.parametrize("is_correction_first", [True, False])
def test_a_correction_is_applied_and_the_bytes_stay(store: Store, path: Path, *, is_correction_first: bool) -> None:
    history = History()
    undated(history)
    history.correct(1, **EXACT)
    send(store, *(history.bodies[::-1] if is_correction_first else history.bodies))

    [row] = rows(path)
    assert ("2026-11-20T08:00:00.000+09:00", "2026-11-20", "exact") == (row.time, row.day, row.quality)
    with sqlite3.connect(path) as db:
        assert history.bodies == [body for (body,) in db.execute("SELECT body FROM held WHERE seq > 0 ORDER BY seq")]
    db.close()
    assert [] == list(audit(path))


def test_a_bracket_gives_bounds_and_no_day(store: Store, path: Path) -> None:
    history = History()
    undated(history)
    history.correct(1, **BRACKET)
    send(store, *history.bodies)

    [row] = rows(path)
    assert ("bracketed", None) == (row.quality, row.day)
    assert (BRACKET["not_before"], BRACKET["not_after"]) == (row.not_before, row.not_after)
    with Events(path) as events:
        [day] = events.days(Wanted())
    assert (BRACKET["not_before"], BRACKET["not_after"]) == (day.first, day.last)


def test_of_several_corrections_the_highest_counts(store: Store, path: Path) -> None:
    history, later = History(), History("gw-1", NEXT)
    undated(history)
    history.correct(1, **BRACKET)
    history.correct(1, **EXACT)
    send(store, history.body(3), history.body(1), history.body(2))
    first = rows(path)[0].day
    later.correct(1, EPOCH, at="2026-11-21T08:00:00.000+09:00", day="2026-11-21")
    send(store, *later.bodies)

    assert ("2026-11-20", "2026-11-21") == (first, rows(path)[0].day)


# ---------------------------------------------------------------- carried events


def carried() -> tuple[History, History]:
    """Five events, of which three came over; one of them has a correction before, one after the new beginning."""
    old = History("gw-1", EPOCH)
    for _ in range(4):
        undated(old)
    old.correct(3, **EXACT)
    new = History("gw-1", NEXT)
    new.begin(old, lost=1)
    for seq in (3, 4, 5):
        new.carry(old.body(seq))
    new.correct(3, at="2026-11-22T08:00:00.000+09:00", day="2026-11-22")  # the old epoch's number 4
    new.append()
    return old, new


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_was_carried_over_counts_once_in_any_order(fresh: Callable[[], Path], data: st.DataObject) -> None:
    old, new = carried()
    came = data.draw(st.permutations([*old.bodies, *new.bodies]))
    path = fresh()
    with Store(path, utc_s=1) as store:
        send(store, *came)
        assert (5, 6) == (upto(store), upto(store, AFTER))

    days = {(row.epoch, row.seq): row.day for row in rows(path)}
    assert {
        (EPOCH, 1): None,
        (EPOCH, 2): None,
        (EPOCH, 3): "2026-11-20",
        (EPOCH, 4): "2026-11-22",
        (NEXT, 6): "2026-11-24",
    } == days
    assert [] == wrong(path)


def test_a_carried_event_counts_where_its_former_self_never_came(store: Store, path: Path) -> None:
    _, new = carried()
    send(store, *new.bodies)

    assert [(2, "2026-11-20"), (3, "2026-11-22"), (6, "2026-11-24")] == [(row.seq, row.day) for row in rows(path)]


def test_carried_twice_it_still_counts_once(store: Store, path: Path) -> None:
    old, new = carried()
    third = History("gw-1", "fedcba9876543210")
    third.begin(new)
    third.carry(new.body(2))
    send(store, *third.bodies, *new.bodies)
    without = [row.day for row in rows(path)].count("2026-11-20")
    send(store, old.body(3))

    assert 1 == without
    assert 1 == [row.day for row in rows(path)].count("2026-11-20")


def test_a_carried_event_counts_beside_other_bytes_under_its_old_number(store: Store, path: Path) -> None:
    """A disk set back: the receiver's number 3 is another touch than the box's."""
    old, new = carried()
    other = History("gw-1", EPOCH).grow(3)
    send(store, *other.bodies, *new.bodies)

    assert {(EPOCH, 3), (NEXT, 2)} <= {(row.epoch, row.seq) for row in rows(path)}
    assert old.body(3) != other.body(3)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_correction_is_about_the_bytes_the_box_has(fresh: Callable[[], Path], data: st.DataObject) -> None:
    """Disk set back: two touches have had number 3. Each gets the corrections of its own history, in any order."""
    old, new = carried()
    other = History("gw-1", EPOCH).grow(2)
    other.append(day=None, clock="none", boot_ms=77)
    other.append(boot_ms=1)
    other.correct(3, at="2026-11-01T08:00:00.000+09:00", day="2026-11-01")
    path = fresh()
    with Store(path, utc_s=1) as store:
        send(store, other.body(3))  # it was there first
        send(store, *data.draw(st.permutations([*other.bodies, *new.bodies])))

    days = {(row.epoch, row.seq): row.day for row in rows(path)}
    assert ("2026-11-01", "2026-11-24") == (days[EPOCH, 3], days[EPOCH, 4])
    assert ("2026-11-20", "2026-11-22") == (days[NEXT, 2], days[NEXT, 3])
    assert old.body(4) != other.body(4)


def test_a_new_epoch_is_told(store: Store, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    old, new = carried()
    send(store, *old.bodies)
    store.take([Letter("gw-1", "touch", body) for body in new.bodies], utc_ns=NOW + 1)

    assert ["a gateway began a new epoch"] == [record.message for record in caplog.records]
    assert (NEXT, "damaged", 1) == (gateway(path).epoch, gateway(path).began, gateway(path).lost)
    assert [5] == [finding.seq for finding in audit(path) if "ended this epoch here (damaged)" in finding.says]
