"""What people say of touches: names, changes, approvals. Whatever comes first, the office counts the same at last."""

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.core.effective import Effective, amended, fold, judged
from edge_agent.core.events import TouchData, decode_event
from edge_agent.core.parts import Evidence, PersonData
from edge_agent.core.said import AmendedData, JudgedData
from edge_agent.receiver import steps
from edge_agent.receiver.audit import audit
from edge_agent.receiver.export import Events, Row, Wanted
from edge_agent.receiver.keep import TOUCHED
from edge_agent.receiver.latest import Known, headcounts, sites
from edge_agent.receiver.reading import Reading
from edge_agent.receiver.store import Store
from edge_agent.receiver.unpack import Letter
from hardware_fakes.history import EPOCH, History
from spool.migrate import run_step

NOW = 1_795_474_800_000_000_000
NEXT, THIRD = "0123456789abcdef", "00000000000000ff"  # not in the order of their names
CREDENTIAL = "hmac:" + "0f" * 16
WORKER = PersonData(ccus="11111111111111", company="98765432109876")


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


def send(store: Store, *bodies: bytes, gateway: str = "gw-1") -> None:
    for body in bodies:
        store.take([Letter(gateway, "touch", body)], utc_ns=NOW)


def rows(path: Path) -> dict[tuple[str, int], Row]:
    with Events(path) as events:
        return {(row.epoch, row.seq): row for row in events.rows(Wanted())}


def wrong(path: Path) -> list[str]:
    return [finding.says for finding in audit(path) if finding.is_wrong]


def unknown(history: History, **told: object) -> bytes:
    data: dict[str, Any] = {"person": PersonData(), "standing": "pending", "because": ["unknown"], "method": "phone"}
    return history.append(**data | told)


def now(row: Row) -> tuple[str | None, ...]:
    return (row.person_now, row.company_now, row.meaning_now, row.standing_now, row.time[11:16], row.day)


# ---------------------------------------------------------------- one word


@pytest.mark.parametrize("is_word_first", [True, False])
def test_a_word_is_applied_and_what_the_box_said_stays(store: Store, path: Path, *, is_word_first: bool) -> None:
    history = History()
    unknown(history)
    history.amend(1, "name", person=WORKER, standing="accepted")
    send(store, *(history.bodies[::-1] if is_word_first else history.bodies))

    row = rows(path)[EPOCH, 1]
    assert (CREDENTIAL, None, "pending") == (row.person, row.company, row.standing)
    assert (WORKER.ccus, WORKER.company, "accepted") == (row.person_now, row.company_now, row.standing_now)
    assert [] == wrong(path)


def test_one_judgement_speaks_of_many_touches(store: Store, path: Path) -> None:
    history = History()
    for _ in range(4):
        unknown(history)
    history.judge(1, 2, 2, 4)
    history.judge(2, verdict="refused")
    send(store, *history.bodies)

    assert ["approved", "refused", "pending", "approved"] == [row.standing_now for row in rows(path).values()]


def test_a_time_a_person_told_wins_over_every_clock(store: Store, path: Path) -> None:
    """The clock corrects what the box stamped; somebody has said since that the stamp is not what counts."""
    history = History()
    history.append(day=None, clock="none", time="1970-01-01T09:00:05.000+09:00")
    history.amend(1, at="2026-11-20T17:00:00.000+09:00", day="2026-11-20")
    history.correct(1, at="2026-11-21T08:00:00.000+09:00", day="2026-11-21")
    send(store, *history.bodies)

    row = rows(path)[EPOCH, 1]
    assert ("17:00", "2026-11-20", "said", None) == (row.time[11:16], row.day, row.quality, row.not_before)


def test_a_word_without_a_time_leaves_the_clocks_correction(store: Store, path: Path) -> None:
    history = History()
    history.append(day=None, clock="none")
    history.correct(1, at="2026-11-21T08:00:00.000+09:00", day="2026-11-21")
    history.amend(1, meaning="exit")
    send(store, *history.bodies)

    row = rows(path)[EPOCH, 1]
    assert ("exit", "08:00", "2026-11-21", "exact") == (row.meaning_now, row.time[11:16], row.day, row.quality)


def test_the_clock_does_not_correct_what_was_typed(store: Store, path: Path) -> None:
    """Its time is when it happened; the box's clock only knows when it was typed."""
    history = History()
    history.append(method="hand", reader="hand", clock="none", time="2026-11-20T08:00:00.000+09:00", day="2026-11-20")
    history.correct(1, at="2026-11-24T15:00:00.000+09:00", day="2026-11-24")
    send(store, *history.bodies)

    row = rows(path)[EPOCH, 1]
    assert ("08:00", "2026-11-20", None) == (row.time[11:16], row.day, row.quality)


def test_a_fork_says_nothing(store: Store, path: Path) -> None:
    """Two boxes from one disk image: what came second under a number has no consequences either."""
    real, clone = History().grow(2), History().grow(1)
    clone.amend(1, "void")
    send(store, *real.bodies, *clone.bodies)

    assert "accepted" == rows(path)[EPOCH, 1].standing_now


# ---------------------------------------------------------------- epochs


def box() -> tuple[History, History, History]:
    """A box that began anew twice, with touches and words before, between and after."""
    old = History()
    for _ in range(4):
        unknown(old)
    old.amend(1, "name", person=WORKER, standing="accepted")
    old.judge(1, 2, 3)
    old.amend(4, at="2026-11-20T17:00:00.000+09:00", day="2026-11-20", meaning="exit")
    new = History(epoch=NEXT)
    new.begin(old)
    for seq in (2, 3, 5, 7):  # 6, the judgement, had come: what follows here must not be undone by it
        new.carry(old.body(seq))
    new.judge(2, verdict="refused", epoch=EPOCH)
    new.amend(3, "void", epoch=EPOCH)
    new.amend(4, person=PersonData(own="own-7"), epoch=EPOCH, standing="accepted")
    third = History(epoch=THIRD)
    third.begin(new)
    third.carry(new.body(1))
    third.carry(new.body(2))
    third.carry(new.body(7))
    third.judge(3, epoch=EPOCH)
    third.amend(1, "name", meaning="exit", epoch=EPOCH)
    return old, new, third


def truth(*histories: History) -> dict[tuple[str, int], tuple[str | None, ...]]:
    """What the box meant: each event once, in the order in which it was first committed."""
    first: dict[tuple[str, int], Any] = {}
    for history in histories:
        for body in history.bodies:
            data = decode_event(body).data
            first.setdefault((data.was.epoch, data.was.seq) if data.was else (data.epoch, data.seq), decode_event(body))
    touches: dict[tuple[str, int], Effective] = {}
    for epoch in (history.epoch for history in histories):
        for key, event in sorted((key, event) for key, event in first.items() if key[0] == epoch):
            _say(touches, key, event)
    return {
        key: (one.person, one.company, one.meaning, one.standing, one.time[11:16], one.day)
        for key, one in touches.items()
    }


def _say(touches: dict[tuple[str, int], Effective], key: tuple[str, int], event: Any) -> None:
    data = event.data
    if isinstance(data, TouchData):
        touches[key] = Effective(
            site=data.site,
            person=data.person.id or data.evidence.credential,
            company=data.person.company,
            method=data.method,
            meaning=data.meaning,
            time=event.time,
            day=data.day,
            standing=data.standing,
        )
    elif isinstance(data, AmendedData):
        named = (data.of.epoch, data.of.seq)
        touches[named] = fold(touches[named], [amended(data)])
    elif isinstance(data, JudgedData):
        for seq in data.seqs:
            touches[data.of_epoch, seq] = fold(touches[data.of_epoch, seq], [judged(data)])


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_order_of_arrival_gives_what_the_box_meant(fresh: Callable[[], Path], data: st.DataObject) -> None:
    old, new, third = box()
    every = [*old.bodies, *new.bodies, *third.bodies]
    came = data.draw(st.permutations([*every, *data.draw(st.lists(st.sampled_from(every), max_size=8))]))
    path = fresh()
    with Store(path, utc_s=1) as store:
        send(store, *came)

    assert truth(old, new, third) == {key: now(row) for key, row in rows(path).items()}
    assert [] == wrong(path)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_word_finds_its_touch_where_only_the_carried_one_came(fresh: Callable[[], Path], data: st.DataObject) -> None:
    """The old file's events never came: the box carried over what had no receipt, and went on."""
    old, new, third = box()
    lost = {2, 3, 5, 7}
    came = [body for seq, body in enumerate(old.bodies, start=1) if seq not in lost]
    path = fresh()
    with Store(path, utc_s=1) as store:
        send(store, *data.draw(st.permutations([*came, *new.bodies, *third.bodies])))

    meant = truth(old, new, third)
    carried = {(EPOCH, 2): (NEXT, 2), (EPOCH, 3): (NEXT, 3)}
    seen = {key: now(row) for key, row in rows(path).items()}
    twin = seen.pop((THIRD, 3), None) or seen.pop((NEXT, 2))  # of two copies one counts
    assert meant[EPOCH, 2] == twin
    assert {carried.get(key, key): value for key, value in meant.items() if key != (EPOCH, 2)} == seen
    assert [] == wrong(path)


def test_a_word_is_about_the_bytes_the_box_has(store: Store, path: Path) -> None:
    """A disk set back: two touches have had number 3. Who approves the one does not approve the other."""
    old, new, _ = box()
    other = History().grow(2)
    unknown(other, boot_ms=77)
    send(store, other.body(3), *new.bodies)

    seen = rows(path)
    assert ("pending", "void") == (seen[EPOCH, 3].standing_now, seen[NEXT, 3].standing_now)
    assert old.body(3) != other.body(3)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_word_that_names_the_later_number_is_about_the_same_touch(
    store: Store, path: Path, order: tuple[int, ...]
) -> None:
    """Words name the number a touch had first. One that does not is understood all the same."""
    old, new = History(), History(epoch=NEXT)
    unknown(old)
    new.carry(old.body(1))
    new.judge(1)
    came = [old.body(1), new.body(1), new.body(2)]
    send(store, *(came[at] for at in order))

    assert {(EPOCH, 1): "approved"} == {key: row.standing_now for key, row in rows(path).items()}
    assert [] == wrong(path)


def test_who_speaks_of_another_epoch_speaks_later(store: Store, path: Path) -> None:
    """Also where the new epoch's first event has not come, so that nobody has said which was before which."""
    old, new = History(), History(epoch=NEXT)
    unknown(old)
    old.judge(1)
    new.append()
    new.judge(1, verdict="refused", epoch=EPOCH)
    send(store, new.body(2), *old.bodies)

    assert "refused" == rows(path)[EPOCH, 1].standing_now


def test_a_box_that_lies_in_a_circle_holds_up_nobody(store: Store, path: Path) -> None:
    one, two = History(), History(epoch=NEXT)
    one.append()
    two.append()
    three, four = History(), History(epoch=NEXT)
    three.begin(two)
    four.begin(one)
    unknown(three)
    four.judge(2, epoch=EPOCH)
    send(store, *three.bodies, *four.bodies)

    assert "approved" == rows(path)[EPOCH, 2].standing_now


# ---------------------------------------------------------------- headcounts and sites


def test_the_last_headcount_of_a_day_counts(store: Store, path: Path) -> None:
    """Of one box by its number, whatever its clock said; of two boxes by the time it was said."""
    one, two = History(), History("gw-2", NEXT)
    one.headcount(60, time="2026-11-24T08:00:00.000+09:00")
    one.headcount(61, time="2026-11-24T07:00:00.000+09:00")
    one.headcount(12, company="c")
    two.headcount(50, time="2026-11-24T06:30:00.000+09:00")
    send(store, *one.bodies[::-1])
    send(store, *two.bodies, gateway="gw-2")

    with Reading(path) as reading:
        counts = headcounts(reading, Wanted())
    assert {("2026-11-24", "13-0042", None): 61, ("2026-11-24", "13-0042", "c"): 12} == counts


def test_of_a_site_the_last_word_on_each_thing_counts(store: Store, path: Path) -> None:
    """Made on the box without a network; its 現場ID is told weeks later, perhaps at another box."""
    one, two = History(), History("gw-2", NEXT)
    one.site("x-1", name="舗装")
    one.site("x-1", parent="13-0042", name="舗装 第3工区")
    two.site("x-1", ccus="12345678901234", time="2026-12-10T08:00:00.000+09:00")
    send(store, *one.bodies[::-1])
    send(store, *two.bodies, gateway="gw-2")

    with Reading(path) as reading:
        assert {"x-1": Known(ccus="12345678901234", name="舗装 第3工区", parent="13-0042")} == sites(reading)
    assert [] == wrong(path)


# ---------------------------------------------------------------- the file


def test_a_file_of_an_earlier_version_gets_its_columns(tmp_path: Path) -> None:
    """Touches that came before have company, method and reasons too, and a day can be found."""
    history = History()
    history.append(person=WORKER, because=["phone", "no_ccus"], method="phone", flags=["missing_exit"])
    history.append(evidence=Evidence())
    path = tmp_path / "events.db"
    before, steps.RECEIVER_STEPS = (
        steps.RECEIVER_STEPS,
        {name: sql for name, sql in steps.RECEIVER_STEPS.items() if name < "0003"},
    )
    try:
        with Store(path, utc_s=1):
            pass
    finally:
        steps.RECEIVER_STEPS = before
    _fill_by_hand(path, history)
    with Store(path, utc_s=1) as store:
        send(store, *history.bodies)

    assert [] == wrong(path)
    with Events(path) as events:
        found = list(events.rows(Wanted(first=_DAY, last=_DAY)))
    assert [("phone", WORKER.company, ["phone", "no_ccus"]), ("card", None, [])] == [
        (row.method, row.company_now, row.because) for row in found
    ]


def test_what_somebody_edits_in_the_tables_is_found(store: Store, path: Path) -> None:
    history = History()
    unknown(history)
    history.judge(1, verdict="refused")
    history.headcount(9)
    history.site(ccus="12345678901234")
    send(store, *history.bodies)
    assert [] == wrong(path)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE word SET standing = 'approved'")
        db.execute("UPDATE headcount SET count = 1")
        db.execute("UPDATE site SET ccus = '99'")
    db.close()

    assert {"word", "headcount", "site"} == {says.split()[2] for says in wrong(path)}


_DAY = date(2026, 11, 24)


def _fill_by_hand(path: Path, history: History) -> None:
    """As the version before wrote it."""
    with Store(path.with_name("other.db"), utc_s=1) as store:
        send(store, *history.bodies)
    db = sqlite3.connect(path)
    db.execute("ATTACH ? AS other", (str(path.with_name("other.db")),))
    for table in ("stream", "held", "island"):
        names = [row[1] for row in db.execute(f"PRAGMA main.table_info({table})")]
        columns = ", ".join(names)
        db.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM other.{table}")  # noqa: S608 - names
    db.commit()
    db.close()


def test_the_columns_of_a_touch_are_those_of_the_table() -> None:
    db = sqlite3.connect(":memory:")
    for sql in steps.RECEIVER_STEPS.values():
        run_step(db, sql)

    assert set(TOUCHED) <= {row[1] for row in db.execute("PRAGMA table_info(held)")}
    db.close()
