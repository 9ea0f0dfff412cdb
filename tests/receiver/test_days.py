"""Person-days, hours and touch rates as the office prints them, and what waits: through real events."""

import csv
import io
import itertools
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.cli import main
from edge_agent.core.calendar import moment_ns
from edge_agent.core.parts import Hand, PersonData
from edge_agent.receiver.days import DayRow, TotalRow, person_days
from edge_agent.receiver.reading import Reading, Wanted
from edge_agent.receiver.store import Store
from edge_agent.receiver.unpack import Letter
from edge_agent.receiver.waiting import waiting
from edge_agent.words import Language
from hardware_fakes.history import History, batch

NOW_NS = moment_ns("2026-11-26T12:00:00.000+09:00") or 0
TODAY = date(2026, 11, 26)
ONE, TWO = (PersonData(ccus=str(n) * 14, company="98765432109876") for n in (1, 2))
OWN = PersonData(own="own-7", company="=c")
OTHER = "0123456789abcdef"


def touch(history: History, clock: str, meaning: str = "entry", /, *, day: int = 24, **told: Any) -> bytes:
    """A touch at that time; `25:10` is in the night after the day."""
    hours, minutes = map(int, clock.split(":"))
    time = f"2026-11-{day + hours // 24:02d}T{hours % 24:02d}:{minutes:02d}:00.000+09:00"
    return history.append(**{"meaning": meaning, "day": f"2026-11-{day:02d}", "time": time, "person": ONE} | told)


def phone(history: History, clock: str, meaning: str = "entry", **told: Any) -> bytes:
    return touch(history, clock, meaning, **{"method": "phone", "standing": "pending", "because": ["phone"]} | told)


def take(path: Path, *histories: History) -> Path:
    with Store(path, utc_s=1) as store:
        letters = [Letter(history.gateway, "batchz", batch(history.bodies)) for history in histories]
        store.take(letters, utc_ns=NOW_NS)
    return path


def days(path: Path, **wanted: Any) -> tuple[list[DayRow], list[TotalRow]]:
    with Reading(path) as reading:
        return person_days(reading, Wanted(**wanted), now_ns=NOW_NS)


def kinds(path: Path, **wanted: Any) -> list[tuple[str, int, str]]:
    with Reading(path) as reading:
        rows = waiting(reading, Wanted(**wanted), today=TODAY, language=Language.EN)
    return [(row.kind, row.seq, row.says) for row in rows]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


# ---------------------------------------------------------------- days


def test_a_worked_example(path: Path) -> None:
    """A site's day: two boxes, cards, a telephone, a night, a forgotten exit, a headcount."""
    gate, back = History("gw-1"), History("gw-2", OTHER)
    touch(gate, "07:41")
    touch(back, "17:05", "exit", flags=["missing_entry"])  # this box knows nothing of the other one's entry
    touch(gate, "20:00", person=TWO)
    touch(gate, "29:30", "exit", person=TWO)
    phone(gate, "08:00", person=OWN)
    phone(gate, "16:00", "exit", person=OWN)
    gate.judge(4)
    gate.headcount(5)
    gate.site(ccus="12345678901234", parent="wide-1")
    rows, sums = days(take(path, gate, back))

    keys = ("person", "first_in", "last_out", "minutes", "standing", "waiting", "added_minutes", "missing_exit")
    assert [
        ("1" * 14, "07:41", "17:05", 564, "counted", 0, 0, False),
        ("2" * 14, "20:00", "29:30", 570, "counted", 0, 0, False),
        ("own-7", "08:00", None, 0, "counted", 1, 480, True),
    ] == [tuple(getattr(row, key) for key in keys) for row in rows]
    assert {("12345678901234", "wide-1")} == {(row.site_ccus, row.parent) for row in rows}
    assert [None, "98765432109876", "=c"] == [row.company for row in sums]
    assert (3, 0, 1134, 480, 5, 60.0) == (
        sums[0].person_days, sums[0].waiting, sums[0].minutes, sums[0].added_minutes, sums[0].headcount,
        sums[0].touch_rate_percent,
    )  # fmt: skip
    assert sums[1].touch_rate_percent is None


def test_without_a_headcount_the_rate_is_not_known(path: Path) -> None:
    gate = History()
    touch(gate, "07:41")
    _, [everybody, _] = days(take(path, gate))

    assert (1, None, None) == (everybody.person_days, everybody.headcount, everybody.touch_rate_percent)


def test_a_day_moved_by_a_word_is_found_on_its_new_day_only(path: Path) -> None:
    gate = History()
    touch(gate, "07:41")
    touch(gate, "17:00", "exit")
    for seq, clock in ((1, "07:00"), (2, "16:00")):
        gate.amend(seq, at=f"2026-11-20T{clock}:00.000+09:00", day="2026-11-20", standing="accepted")
    take(path, gate)

    assert ([], []) == days(path, first=date(2026, 11, 24), last=date(2026, 11, 24))
    [row], _ = days(path, first=date(2026, 11, 20), last=date(2026, 11, 20), site="13-0042")
    assert ("2026-11-20", 540) == (row.date, row.minutes)


def test_a_night_is_whole_whichever_of_its_days_is_asked_for(path: Path) -> None:
    gate, back = History("gw-1"), History("gw-2", OTHER)
    touch(gate, "20:00")
    touch(back, "05:30", "exit", day=25, flags=["missing_entry"])
    take(path, gate, back)

    assert [("2026-11-24", 570)] == [(row.date, row.minutes) for row in days(path, last=date(2026, 11, 24))[0]]
    assert [] == days(path, first=date(2026, 11, 25))[0]


def test_a_named_touch_counts_for_the_worker_and_an_unnamed_one_stays_apart(path: Path) -> None:
    gate = History()
    for clock, meaning in (("07:41", "entry"), ("17:00", "exit")):
        phone(gate, clock, meaning, person=PersonData(), because=["unknown"])
    gate.amend(1, "name", person=ONE, standing="accepted")
    rows, [everybody, *_] = days(take(path, gate))

    assert [("1" * 14, "counted"), ("hmac:" + "0f" * 16, "waiting")] == [(row.person, row.standing) for row in rows]
    assert (1, 1) == (everybody.person_days, everybody.waiting)


def test_calls_from_a_shared_telephone_are_nobodys_before_somebody_says_whose(path: Path) -> None:
    """Five workers of one foreman's phone are not one worker."""
    gate = History()
    for minute in range(3):
        phone(gate, f"07:0{minute}", "tap", person=PersonData(), because=["companion", "phone"])
    gate.amend(1, "name", person=ONE, meaning="entry", standing="accepted")
    rows, [everybody, *_] = days(take(path, gate))

    assert ["1" * 14] == [row.person for row in rows]
    assert (1, 0, 2) == (everybody.person_days, everybody.waiting, everybody.nameless)


def test_who_was_typed_by_hand_counts_when_approved_and_did_not_touch(path: Path) -> None:
    gate = History()
    hand = Hand(by="tanaka", why="card at home", written="2026-11-25T09:00:00.000+09:00")
    touch(gate, "08:00", method="hand", reader="hand", clock="none", standing="pending", because=["hand"], hand=hand)
    gate.judge(1)
    gate.headcount(1)
    [row], [everybody, _] = days(take(path, gate))

    assert ("08:00", ["hand"], "counted") == (row.first_in, row.methods, row.standing)
    assert (1, 0, 0.0) == (everybody.person_days, everybody.by_touch, everybody.touch_rate_percent)


def test_a_touch_of_an_unbelieved_clock_tells_its_day_and_no_hours(path: Path) -> None:
    gate = History()
    touch(gate, "07:41")
    gate.append(meaning="exit", person=ONE, clock="none", day="2026-11-24", time="1970-01-01T09:00:05.000+09:00")
    [row], _ = days(take(path, gate))

    assert ("07:41", None, 0, False) == (row.first_in, row.last_out, row.minutes, row.missing_exit)


def test_who_came_in_a_moment_ago_is_inside(path: Path) -> None:
    gate = History()
    touch(gate, "07:41", day=26)
    [row], _ = days(take(path, gate))

    assert (True, False) == (row.inside, row.missing_exit)


@pytest.mark.parametrize(
    ("wanted", "persons", "companies"),
    [
        ({"company": "=c"}, ["own-7"], ["=c"]),
        ({"worker": "own-7"}, ["own-7"], []),
        ({"site": "elsewhere"}, [], []),
        ({"company": "98765432109876"}, ["1" * 14], ["98765432109876"]),
    ],
)
def test_what_is_asked_for_is_told(
    path: Path, wanted: dict[str, Any], persons: list[str], companies: list[str]
) -> None:
    gate = History()
    touch(gate, "07:41")
    touch(gate, "07:41", person=OWN)
    rows, sums = days(take(path, gate), **wanted)

    assert persons == [row.person for row in rows]
    assert companies == [row.company for row in sums]


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_the_days_are_the_same_whatever_came_first(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    gate, back = History("gw-1"), History("gw-2", OTHER)
    touch(gate, "07:41")
    phone(back, "12:00", "exit")
    touch(gate, "13:00")
    touch(back, "17:05", "exit")
    back.judge(1, verdict=data.draw(st.sampled_from(["approved", "refused"])))
    gate.amend(2, at="2026-11-24T13:30:00.000+09:00")
    gate.headcount(4)
    both = [(history.gateway, body) for history in (gate, back) for body in history.bodies]
    orders = (both, data.draw(st.permutations([*both, *data.draw(st.lists(st.sampled_from(both), max_size=4))])))
    seen = []
    for order in orders:
        path = tmp_path_factory.mktemp("days") / "events.db"
        with Store(path, utc_s=1) as store:
            for gateway, body in order:
                store.take([Letter(gateway, "touch", body)], utc_ns=NOW_NS)
        seen.append(days(path))

    assert seen[0] == seen[1]


# ---------------------------------------------------------------- what waits


def test_what_waits_is_told_with_its_reasons_and_its_deadline(path: Path) -> None:
    gate = History()
    touch(gate, "07:41")
    phone(gate, "07:50", person=TWO)
    phone(gate, "07:55", person=PersonData(), because=["unknown", "withheld"])
    touch(gate, "08:00", person=TWO, flags=["missing_exit"])
    touch(gate, "08:01", "repeat", standing="pending", repeat_of=4, person=TWO)
    touch(gate, "08:02", "refused", standing="refused", because=["lost"], person=TWO)
    gate.append(day=None, clock="none", person=ONE)
    take(path, gate)

    assert [
        ("pending", 2, "by telephone: wants approval"),
        ("unknown", 3, "nobody has said whose this is; the caller withheld the number"),
        ("anomaly", 4, "the exit before is missing"),
        ("undated", 7, "its day is not known yet"),
    ] == kinds(path)
    with Reading(path) as reading:
        [row] = waiting(reading, Wanted(worker=TWO.ccus, last=date(2026, 11, 24)), today=TODAY, language=Language.JA)[
            :1
        ]
    assert ("2026-12-31", 35, "電話による記録。承認が必要") == (row.deadline, row.days_left, row.says)


def test_what_was_judged_or_named_waits_no_longer(path: Path) -> None:
    gate = History()
    phone(gate, "07:50")
    phone(gate, "07:55", person=PersonData(), because=["unknown"])
    touch(gate, "08:00", flags=["missing_exit"])
    phone(gate, "08:05")
    phone(gate, "08:06")
    gate.judge(1, 3)
    gate.amend(2, "name", person=TWO, standing="accepted")
    gate.amend(4, "void")
    gate.judge(5, verdict="refused")

    assert [] == kinds(take(path, gate))


def test_what_was_changed_after_its_approval_waits_again(path: Path) -> None:
    gate = History()
    touch(gate, "07:50")
    gate.judge(1)
    gate.amend(1, meaning="exit")

    assert [("pending", 1, "")] == kinds(take(path, gate))


def test_what_was_approved_of_nobody_waits_for_a_name(path: Path) -> None:
    gate = History()
    phone(gate, "07:50", person=PersonData(), because=["companion"])
    gate.judge(1)

    [(kind, _, says)] = kinds(take(path, gate))
    assert ("unknown", True) == (kind, "nobody has said whose it was" in says)


def test_a_reason_of_a_newer_box_is_told_as_it_is(path: Path) -> None:
    gate = History()
    phone(gate, "07:50", because=["moonlight"])

    assert [("pending", 1, "moonlight")] == kinds(take(path, gate))


# ---------------------------------------------------------------- the command


@pytest.fixture
def say(path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    gate = History()
    touch(gate, "20:00")
    touch(gate, "25:10", "exit")
    phone(gate, "08:00", person=OWN)
    take(path, gate)

    def said(*words: str) -> str:
        assert 0 == main(["receive", *words, "--database", str(path)])
        return capsys.readouterr().out

    return said


def test_the_command_prints_tables_json_and_csv(say: Callable[..., str]) -> None:
    told = json.loads(say("days", "--json"))
    persons = list(csv.DictReader(io.StringIO(say("days", "--csv"))))
    sums = list(csv.DictReader(io.StringIO(say("days", "--csv", "--totals"))))
    lines = say("days").splitlines()

    assert [row["person"] for row in told["days"]] == [row["person"] for row in persons]
    assert ("25:10", "310") == (persons[0]["last_out"], persons[0]["minutes"])
    assert "'=c" == persons[1]["company"]
    assert [row["person_days"] for row in told["totals"]] == [int(row["person_days"]) for row in sums]
    assert lines[0].split("\t")[:2] == ["date", "site"]
    assert any("unknown denominator" in line for line in lines)


def test_the_table_speaks_the_terminals_language(say: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")

    assert "分母不明" in say("days")
    assert "電話による記録" in say("waiting")


def test_what_waits_is_printed_too(say: Callable[..., str], tmp_path: Path) -> None:
    assert ["pending"] == [row["kind"] for row in json.loads(say("waiting", "--json"))["waiting"]]
    say("waiting", "--csv", "--excel", "--output", str(tmp_path / "waiting.csv"))
    [row] = csv.DictReader(io.StringIO((tmp_path / "waiting.csv").read_text("utf-8-sig")))
    assert ("'=c", "phone") == (row["company"], row["because"])


def test_a_day_is_found_by_an_index(path: Path) -> None:
    """A million events must not be read for one day."""
    take(path, History().grow(1))
    with Reading(path) as reading:
        for wanted in (Wanted(first=TODAY), Wanted(last=TODAY, site="13-0042")):
            plan = [row[-1] for row in reading.select("EXPLAIN QUERY PLAN SELECT * " + wanted.found, wanted.values())]
            assert not [step for step in plan if step.startswith("SCAN")]
            assert list(itertools.filterfalse(lambda step: "held_by_day" not in step, plan))
