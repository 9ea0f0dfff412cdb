"""Touches told afterwards and corrections: with author, reason and deadline; who is inside follows if it should."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract import Medium
from edge_agent.control.server import BadRequest
from edge_agent.core import by_hand, calendar
from edge_agent.core.attendance import Inside, Never, Outside
from edge_agent.core.events import AmendedData, HeadcountData, TouchData
from edge_agent.core.touch import Trust
from edge_agent.ledger.headcount import counted
from hardware_fakes.desk import DeskBox

W = "12345678901234"
V = "99999999999999"
CARD, OTHER = b"\x01\x02\x03\x04", b"\x05\x06\x07\x08"
DAY = "2026-11-24"


@pytest.fixture(autouse=True)
def crew(box: DeskBox) -> None:
    """The box's clock shows 2026-11-24 08:00."""
    box.worker(W, CARD)
    box.worker(V, OTHER, company="c2")


def add(box: DeskBox, **wish: object) -> dict[str, object]:
    [answer] = box.ask("entry-add", **{"worker": W, "meaning": "entry", "why": "forgotten card", **wish})
    return answer


def amend(box: DeskBox, seq: int, kind: str, **wish: object) -> dict[str, object]:
    [answer] = box.ask("entry-amend", **{"seq": seq, "kind": kind, "why": "mistaken", **wish})
    return answer


# ---------------------------------------------------------------- the deadline


@pytest.mark.parametrize(
    ("day", "last"),
    [
        ("2026-11-24", "2026-12-31"),
        ("2026-11-01", "2026-12-31"),
        ("2026-12-31", "2027-01-31"),
        ("2026-01-31", "2026-02-28"),
        ("2027-12-01", "2028-01-31"),
        ("2028-01-01", "2028-02-29"),
    ],
)
def test_the_deadline_is_the_end_of_the_month_after(day: str, last: str) -> None:
    """CCUS: direct input and its approval, both by then."""
    assert date.fromisoformat(last) == calendar.deadline(date.fromisoformat(day))


@given(st.dates(date(2020, 1, 1), date(2100, 1, 1)))
def test_there_are_28_to_62_days_for_every_day(day: date) -> None:
    assert 28 <= (calendar.deadline(day) - day).days <= 61


# ---------------------------------------------------------------- add


def test_an_entry_by_hand_is_an_event_that_says_who_typed_it_and_why(box: DeskBox) -> None:
    answer = add(box, at="2026-11-24 07:40", note="B棟")
    [event] = box.events()
    data = event.data

    assert "2026-11-24T07:40:00.000+09:00" == event.time
    assert isinstance(data, TouchData)
    assert ("hand", "hand", "in", "entry", "pending", ["hand"]) == (
        data.method, data.reader, data.role, data.meaning, data.standing, data.because,
    )  # fmt: skip
    assert data.hand
    assert ("prime", "forgotten card", "2026-11-24T08:00:00.000+09:00") == (
        data.hand.by, data.hand.why, data.hand.written,
    )  # fmt: skip
    assert (W, DAY, "B棟", "ntp") == (data.person.id, data.day, data.note, data.clock)
    assert (1, DAY, "2026-12-31", 37, "pending") == tuple(
        answer[name] for name in ("seq", "day", "deadline", "days_left", "standing")
    )
    assert 1 == box.uplink.woken


def test_an_entry_by_hand_waits_for_approval(box: DeskBox) -> None:
    add(box, at="2026-11-24 07:40")
    row = box.waits(1)

    assert row
    assert ("waiting", "hand", W, ["hand"]) == (row.state, row.method, row.worker, row.because)


def test_no_name_leaves_the_box_with_an_entry_by_hand(box: DeskBox) -> None:
    assert "name of" in str(add(box)["name"])
    assert "name of" not in box.bodies()[0].decode()


@pytest.mark.parametrize(
    ("at", "time"),
    [
        ("2026-11-24 07:40", "07:40:00.000"),
        ("2026-11-24T07:40", "07:40:00.000"),
        ("2026-11-23T22:40:00Z", "07:40:00.000"),
        ("2026-11-24T07:40:00.125+09:00", "07:40:00.125"),
    ],
)
def test_times_are_japans_unless_they_say_otherwise(box: DeskBox, at: str, time: str) -> None:
    assert f"{DAY}T{time}+09:00" == add(box, at=at)["time"]


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"at": "2026-11-24 08:03"}, "still to come"),
        ({"at": "2026-08-20 08:00"}, "92 days"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "92 days"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "still to come"),
        ({"at": "yesterday"}, "no time"),
        ({"at": "2026-11-24"}, "no time"),
        ({"at": "2026-13-24 07:40"}, "no time"),
        ({"why": ""}, "why is missing"),
        ({"why": "   "}, "why is missing"),
        ({"why": "x" * 257}, "at most 256"),
        ({"why": "a\nb"}, "one line"),
        ({"why": "\ud800"}, "one line"),
        ({"meaning": "repeat"}, "one of entry, exit, tap"),
        ({"worker": "7"}, "no worker 7 in the roster: add them first"),
        ({"worker": 7}, "one line of text"),
        ({"site": "other"}, "no site other"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason_and_nothing_is_written(
    box: DeskBox, wish: dict[str, object], says: str
) -> None:
    with pytest.raises(BadRequest, match=says):
        add(box, **wish)

    assert [] == box.bodies()
    assert Never() == box.presence(W)


def test_without_a_clock_only_now_can_be_told_and_gets_its_time_later(box: DeskBox) -> None:
    box.clock.believe(Trust.NONE)
    with pytest.raises(BadRequest, match="does not know the time"):
        add(box, at="2026-11-24 07:40")
    answer = add(box)
    box.clock.sync()
    box.timekeeping.beat()
    row = box.waits(1)

    assert (None, None) == (answer["day"], answer["deadline"])
    assert row
    assert (DAY, box.clock.true_utc_ns()) == (row.day, row.utc_ns)


def test_a_time_somebody_told_is_not_corrected_by_a_clock(box: DeskBox) -> None:
    """The battery was an hour slow; the foreman's watch was not."""
    box.clock.believe(Trust.RTC)
    box.clock.step_wall(-1800)
    seq = box.touch(CARD)
    amend(box, seq, "change", at="2026-11-24 06:40")
    box.clock.sync()
    while box.timekeeping.beat():
        pass
    row = box.waits(seq)

    assert row
    assert by_hand.time_ns("2026-11-24 06:40") == row.utc_ns


def test_a_touch_that_waits_gets_its_better_time(box: DeskBox) -> None:
    box.clock.believe(Trust.NONE)
    seq = box.touch(b"\xee" * 4)
    assert (None, None) == (box.waits(seq).utc_ns, box.waits(seq).day)
    box.clock.sync()
    box.timekeeping.beat()

    assert DAY == box.waits(seq).day
    assert box.clock.true_utc_ns() == box.waits(seq).utc_ns


# ---------------------------------------------------------------- who is inside


def test_presence_follows_a_touch_that_is_the_latest(box: DeskBox) -> None:
    add(box, at="2026-11-24 07:40")

    assert isinstance(box.presence(W), Inside)


def test_presence_does_not_follow_a_touch_before_the_last_one(box: DeskBox) -> None:
    seq = box.touch(CARD)
    before = box.presence(W)
    add(box, meaning="entry", at="2026-11-23 07:40")
    add(box, meaning="exit", at="2026-11-23 17:00", earlier_stay=True)

    assert before == box.presence(W)
    assert seq == before.since.seq


def test_an_exit_before_its_entry_is_refused_unless_it_ends_an_earlier_stay(box: DeskBox) -> None:
    box.touch(CARD)
    with pytest.raises(BadRequest, match="before the entry"):
        add(box, meaning="exit", at="2026-11-24 07:00")

    assert 2 == add(box, meaning="exit", at="2026-11-24 07:00", earlier_stay=True)["seq"]


def test_what_is_recorded_already_is_not_recorded_again(box: DeskBox) -> None:
    """Whoever got no answer asks again; who touched has touched."""
    box.touch(CARD)
    for at in ("2026-11-24 07:59:30", "2026-11-24 08:00:30"):
        with pytest.raises(BadRequest, match="already"):
            add(box, at=at)
    add(box, at="2026-11-20 07:40")
    with pytest.raises(BadRequest, match="entered already, as touch 2 by prime"):
        add(box, at="2026-11-20 07:40")

    assert 2 == len(box.bodies())


def test_an_exit_in_the_morning_counts_on_the_evenings_day(box: DeskBox) -> None:
    """夜勤: the stay is one day's."""
    box.clock.advance(12 * 3600)
    box.touch(CARD)
    box.clock.advance(10 * 3600)

    assert DAY == add(box, meaning="exit", at="2026-11-25 05:30")["day"]


def test_a_missing_exit_before_an_entry_by_hand_is_marked(box: DeskBox) -> None:
    box.touch(CARD)
    box.clock.advance(24 * 3600)

    assert ["missing_exit"] == add(box, at="2026-11-25 07:40")["flags"]


def test_a_card_after_an_entry_by_hand_goes_on_from_it(box: DeskBox) -> None:
    """Forgotten in the morning, fetched at noon: the touch in the evening is the exit."""
    add(box, at="2026-11-24 07:40")
    box.clock.advance(9 * 3600)
    box.touch(CARD)
    data = box.events()[-1].data

    assert ("exit", [], DAY) == (data.meaning, data.flags, data.day)


@pytest.mark.parametrize("keeps_time", [True, False])
def test_across_a_boot_presence_follows_only_where_a_clock_can_tell(box: DeskBox, *, keeps_time: bool) -> None:
    if not keeps_time:
        box.clock.believe(Trust.NONE)
    box.touch(CARD)
    box.clock.reboot()
    box.clock.advance(4 * 3600)
    box.clock.sync()
    add(box, meaning="exit", at="2026-11-24 11:00")

    assert isinstance(box.presence(W), Outside if keeps_time else Inside)


# ---------------------------------------------------------------- corrections


def test_a_touch_taken_back_did_not_happen(box: DeskBox) -> None:
    seq = box.touch(CARD)
    answer = amend(box, seq, "void")
    data = box.events()[-1].data

    assert isinstance(data, AmendedData)
    assert ("void", seq, "prime", "mistaken") == (data.kind, data.of.seq, data.by, data.why)
    assert ("void", True) == (answer["state"], answer["is_presence_sure"])
    assert Never() == box.presence(W)
    with pytest.raises(BadRequest, match="taken back already"):
        amend(box, seq, "void")


def test_an_exit_taken_back_leaves_its_worker_inside_since_the_entry(box: DeskBox) -> None:
    came = box.touch(CARD)
    box.clock.advance(3600)
    inside = box.presence(W)
    left = box.touch(CARD)
    amend(box, left, "void")

    assert came == inside.since.seq
    assert inside == box.presence(W)


def test_an_exit_whose_entry_nobody_knows_leaves_presence_as_it_is_and_says_so(box: DeskBox) -> None:
    box.touch(CARD)
    box.clock.advance(3600)
    left = box.touch(CARD)
    box.journal.write(lambda tx: tx.execute("DELETE FROM entry WHERE seq = 1"))
    answer = amend(box, left, "void")

    assert answer["is_presence_sure"] is False
    assert isinstance(box.presence(W), Outside)


def test_an_old_touch_taken_back_changes_nobodys_presence(box: DeskBox) -> None:
    came = box.touch(CARD)
    box.clock.advance(3600)
    box.touch(CARD)
    before = box.presence(W)
    amend(box, came, "void")

    assert before == box.presence(W)


def test_a_touch_with_the_wrong_card_becomes_that_of_the_right_worker(box: DeskBox) -> None:
    """Somebody took the colleague's jacket."""
    seq = box.touch(CARD)
    answer = amend(box, seq, "change", worker=V)
    data = box.events()[-1].data

    assert (V, "c2", "waiting", "pending") == tuple(answer[k] for k in ("worker", "company", "state", "standing"))
    assert (V, None, None, "pending") == (data.person.id, data.meaning, data.at, data.standing)
    assert Never() == box.presence(W)
    assert isinstance(box.presence(V), Inside)


def test_a_corrected_time_moves_the_stay_and_wants_approval(box: DeskBox) -> None:
    seq = box.touch(CARD)
    answer = amend(box, seq, "change", at="2026-11-23 07:40")

    assert ("2026-11-23", "pending", ["hand"]) == tuple(answer[k] for k in ("day", "standing", "because"))
    assert by_hand.time_ns("2026-11-23 07:40") == box.presence(W).since.at.utc_ns


def test_a_corrected_way_moves_its_worker(box: DeskBox) -> None:
    """He pressed the wrong reader: it was an exit."""
    seq = box.touch(CARD, "in")
    amend(box, seq, "change", meaning="exit")

    assert isinstance(box.presence(W), Outside)
    assert ["missing_entry"] == box.waits(seq).flags


def test_what_was_taken_back_can_be_corrected_and_waits_again(box: DeskBox) -> None:
    seq = box.touch(CARD)
    amend(box, seq, "void")
    answer = amend(box, seq, "change", at="2026-11-24 07:50")

    assert "waiting" == answer["state"]
    assert isinstance(box.presence(W), Inside)


@pytest.mark.parametrize(
    ("kind", "wish", "says"),
    [
        ("change", {}, "say what was otherwise"),
        ("change", {"worker": W, "why": ""}, "why is missing"),
        ("name", {"worker": V}, "that of 12345678901234 already"),
        ("name", {}, "worker is missing"),
        ("void", {"worker": W}, "has no worker"),
        ("void", {"seq": 77}, "not kept on this box"),
        ("void", {"seq": 0}, "whole number"),
        ("void", {"seq": True}, "whole number"),
        ("void", {"epoch": "0123456789abcdef"}, "not kept"),
        ("change", {"worker": "7"}, "no worker 7"),
        ("unmake", {}, "one of name, change, void"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_with_a_reason(
    box: DeskBox, kind: str, wish: dict[str, object], says: str
) -> None:
    seq = box.touch(CARD)
    with pytest.raises(BadRequest, match=says):
        amend(box, **{"seq": seq, "kind": kind, **wish})

    assert 1 == len(box.bodies())
    assert isinstance(box.presence(W), Inside)


def test_what_is_no_touch_is_not_corrected(box: DeskBox) -> None:
    seq = box.touch(CARD)
    amend(box, seq, "void")
    with pytest.raises(BadRequest, match="event 2 is no touch"):
        amend(box, 2, "void")


def test_a_repeat_counts_only_once_somebody_says_what_it_was(box: DeskBox) -> None:
    box.touch(CARD)
    repeat = box.touch(CARD)
    with pytest.raises(BadRequest, match="say which way"):
        amend(box, repeat, "change", worker=V)

    assert "entry" == amend(box, repeat, "change", worker=V, meaning="entry")["meaning"]
    assert isinstance(box.presence(V), Inside)


def test_a_touch_that_is_pruned_is_corrected_from_what_waits(box: DeskBox) -> None:
    seq = add(box, at="2026-11-24 07:40")["seq"]
    box.touch(OTHER)
    box.journal.write(lambda tx: tx.execute("DELETE FROM entry WHERE seq = 1"))

    assert "void" == amend(box, seq, "void")["state"]
    assert Never() == box.presence(W)


# ---------------------------------------------------------------- headcount


def test_a_headcount_is_an_event_and_the_last_word_of_a_day_counts(box: DeskBox) -> None:
    for count in (40, 41):
        box.ask("headcount", count=count)
    box.ask("headcount", count=7, company="c1", day="2026-11-23")
    data = [event.data for event in box.events()]

    assert all(isinstance(each, HeadcountData) for each in data)
    assert [(DAY, None, 40), (DAY, None, 41), ("2026-11-23", "c1", 7)] == [(d.day, d.company, d.count) for d in data]
    assert {"": 41} == box.journal.write(lambda tx: counted(tx, site="13-0042", day=DAY))


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"count": -1}, "whole number"),
        ({"count": "7"}, "whole number"),
        ({"count": 100_001}, "whole number"),
        ({}, "whole number"),
        ({"count": 7, "day": "2026-11-25"}, "still to come"),
        ({"count": 7, "day": "24.11."}, "a date such as"),
    ],
)
def test_a_headcount_that_cannot_be_is_refused(box: DeskBox, wish: dict[str, object], says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        box.ask("headcount", **wish)

    assert [] == box.bodies()


# ---------------------------------------------------------------- lists


def test_the_list_tells_why_each_waits_and_how_many_days_are_left(box: DeskBox) -> None:
    add(box, at="2026-10-25 07:40")
    box.touch(b"\xee" * 4)
    first, second, end = box.ask("waiting")

    assert ("2026-11-30", 6, W) == (first["deadline"], first["days_left"], first["worker"])
    assert [{"en": "entered by hand: wants approval", "ja": "手入力。承認が必要"}] == first["reasons"]
    assert ["unknown"] == second["because"]
    assert {"total": 2, "next": None} == end


def test_the_list_comes_in_pages_and_by_what_is_asked_for(box: DeskBox) -> None:
    for number in range(1, 8):
        add(box, at=f"2026-11-{number:02} 07:40")
    add(box, worker=V, at="2026-11-03 07:40")
    one, two, end = box.ask("waiting", limit=2, offset=2)

    assert ("2026-11-03", "2026-11-03", 8, 4) == (one["day"], two["day"], end["total"], end["next"])
    assert 1 == box.ask("waiting", company="c2")[-1]["total"]
    assert 2 == box.ask("waiting", day="2026-11-03")[-1]["total"]
    assert 7 == box.ask("waiting", worker=W, method="hand")[-1]["total"]
    assert 0 == box.ask("waiting", state="void")[-1]["total"]
    assert 8 == box.ask("entry-list")[-1]["total"]


def test_a_shared_telephone_is_named_with_the_way_it_was(box: DeskBox) -> None:
    """携帯を持たない方は現場同行者の端末: the foreman's telephone, several workers."""
    for worker in (W, V):
        box.worker(worker, b"09012345678", medium=Medium.PHONE)
    seq = box.touch(b"09012345678", medium=Medium.PHONE)
    amend(box, seq, "name", worker=V, meaning="entry", why="")
    row = box.waits(seq)

    assert (V, "entry", "pending", ["phone", "hand"], "waiting") == (
        row.worker, row.meaning, row.standing, row.because, row.state,
    )  # fmt: skip
    assert isinstance(box.presence(V), Inside)
