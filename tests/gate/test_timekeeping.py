"""Time from end to end: a box without a clock, real intake, real spool; every touch dated in the end, each once."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import AnswerKind, Medium, ReaderName, Sighting
from edge_agent import timekeeping as timekeeping_module
from edge_agent.clock import WRITTEN_UTC_NS
from edge_agent.core import events, wire
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.events import CorrectedData, TouchData
from edge_agent.core.touch import NS_PER_MS, NS_PER_S, CredentialRef, Person, Trust
from edge_agent.intake import Intake, SiteRules
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.ledger.time import count_undated
from edge_agent.timekeeping import SIGN_NS, Timekeeping
from hardware_fakes.clock import MORNING_UTC_NS, FakeClock
from hardware_fakes.crew import Known
from spool.file import SpoolUnavailable
from spool.journal import Journal
from spool.outbox import Outbox

H = 3600
READER = ReaderName("gate-1")
RULES = SiteRules(
    gateway="gw-1",
    site="13-0042",
    policy=Policy(repeat_window_ns=60 * NS_PER_S),
    cut_off_min=240,
    roles={READER: Role.TOGGLE},
)


class Nobody:
    """A roster that knows no card."""

    def who(self, card: CredentialRef) -> Person:
        return Person(credential=card)


class Box:
    """A box whose power the test switches: real intake, spool and timekeeping, a clock in our hands."""

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self.clock = clock
        self.path = folder / "spool.db"
        self.truth: dict[int, int] = {}
        """When each touch really was."""
        self.start()

    def start(self) -> None:
        self.journal = Journal(self.path, owner_steps={"ledger": LEDGER_STEPS})
        self.timekeeping = Timekeeping(journal=self.journal, clock=self.clock, gateway="gw-1", cut_off_min=240)
        self.intake = Intake(
            journal=self.journal, clock=self.clock, rules=RULES, committed=lambda _recorded: None,
            identities=Known(Nobody().who, lambda token: CredentialRef("hmac:" + token.hex().ljust(32, "0"))),
        )  # fmt: skip
        self.timekeeping.beat()

    def restart(self) -> None:
        self.journal.close()
        self.start()

    def reboot(self, *, off_s: float = 30.0, wakes_utc_ns: int | None = 0, trust: Trust = Trust.NONE) -> None:
        self.journal.close()
        self.clock.reboot(off_s=off_s, wakes_utc_ns=wakes_utc_ns)
        self.clock.believe(trust)
        self.start()

    def touch(self, person: int = 1) -> AnswerKind:
        sighting = Sighting(
            reader=READER, medium=Medium.CARD, token=bytes([person] * 4), technology="felica",
            seen_ns=self.clock.boot_ns(),
        )  # fmt: skip
        answer = self.intake.record(sighting).kind
        self.truth[self.journal.write(lambda tx: tx.head().seq)] = self.clock.true_utc_ns()
        return answer

    def settle(self) -> int:
        """Beat until there is nothing left to do; return how many corrections were written."""
        written = [self.timekeeping.beat()]
        while written[-1]:
            written.append(self.timekeeping.beat())
        return sum(written)

    def events(self) -> list[events.Event]:
        with contextlib.closing(Outbox(self.path)) as outbox:
            return [events.decode_event(entry.body) for entry in outbox.after(0, limit=1_000_000)]

    def corrections(self) -> list[CorrectedData]:
        return [event.data for event in self.events() if isinstance(event.data, CorrectedData)]

    def touches(self) -> list[TouchData]:
        return [event.data for event in self.events() if isinstance(event.data, TouchData)]

    def waiting(self) -> int | None:
        return count_undated(self.path)

    def recorded(self) -> dict[int, int | None]:
        return dict(self.journal.write(lambda tx: tx.execute("SELECT seq, recorded_utc_ns FROM entry").fetchall()))


def utc_ns(text: str | None) -> int:
    assert text is not None
    return int(datetime.fromisoformat(text).timestamp() * 1000) * NS_PER_MS


@pytest.fixture
def make(tmp_path: Path) -> Iterator[type[Box]]:
    boxes: list[Box] = []

    def box(*, utc_ns: int = 0, trust: Trust = Trust.NONE, true_utc_ns: int = MORNING_UTC_NS) -> Box:
        boxes.append(Box(tmp_path, FakeClock(utc_ns=utc_ns, trust=trust, true_utc_ns=true_utc_ns)))
        return boxes[-1]

    yield box  # type: ignore[misc]
    for box_ in boxes:
        box_.journal.close()


# ---------------------------------------------------------------- one boot


def test_touches_of_1970_get_their_true_time_when_ntp_arrives(make) -> None:
    box = make()
    answers = []
    for wait_s in (5, 20, 300, 3 * H):  # entry, repeat, exit after the window, entry again
        box.clock.advance(wait_s)
        answers.append(box.touch())
    nothing_yet = box.settle()
    box.clock.sync()
    written = box.settle()
    box.clock.advance(20)
    answers.append(box.touch())

    said = box.corrections()
    assert (0, 4, 0) == (nothing_yet, written, box.waiting())
    assert [1, 2, 3, 4] == [data.corrects for data in said]
    for data in said:
        assert "exact" == data.quality
        assert abs(utc_ns(data.at) - box.truth[data.corrects]) <= NS_PER_S <= (data.err_ms or 0) * NS_PER_MS + NS_PER_S
    assert sorted(utc_ns(data.at) for data in said) == [utc_ns(data.at) for data in said]
    assert ["2026-11-24"] * 4 == [data.day for data in said]
    assert {"ntp"} == {data.clock for data in said}
    # The window did not notice that the wall clock moved by 56 years.
    assert [t.meaning for t in box.touches()] == ["entry", "repeat", "exit", "entry", "repeat"]
    assert AnswerKind.ALREADY in answers


def test_corrections_are_links_of_the_same_chain(make) -> None:
    box = make()
    for person in range(3):
        box.touch(person)
    box.clock.sync()
    box.settle()

    before = wire.genesis(box.journal.epoch)
    with contextlib.closing(Outbox(box.path)) as outbox:
        for number, entry in enumerate(outbox.after(0, limit=100), start=1):
            data = events.decode_event(entry.body).data
            assert (number, before) == (data.seq, data.prev)
            before = wire.chain_hash(entry.body)


def test_a_corrected_touch_ages_from_when_it_really_was(make) -> None:
    """Retention counts from there; a touch of 1970 would have no age at all."""
    box = make()
    box.touch()
    undated = box.recorded()[1]
    box.clock.advance(H)
    box.clock.sync()
    box.settle()

    assert undated is None
    assert abs((box.recorded()[1] or 0) - box.truth[1]) <= NS_PER_S


def test_a_battery_an_hour_off_is_corrected(make) -> None:
    box = make(utc_ns=MORNING_UTC_NS - H * NS_PER_S, trust=Trust.RTC)
    box.touch()
    box.clock.advance(60)
    box.clock.sync()

    assert 1 == box.settle()
    assert abs(utc_ns(box.corrections()[0].at) - box.truth[1]) <= NS_PER_S


def test_a_battery_that_is_right_costs_no_corrections(make) -> None:
    box = make(utc_ns=MORNING_UTC_NS + NS_PER_S, trust=Trust.RTC)
    for person in range(10):
        box.touch(person)
    noted = box.waiting()
    box.clock.sync()

    assert (10, 0, 0) == (noted, box.settle(), box.waiting())


def test_touches_with_a_good_clock_are_not_even_noted(make) -> None:
    box = make(utc_ns=MORNING_UTC_NS, trust=Trust.NTP)
    box.touch()

    assert (0, 0) == (box.waiting(), box.settle())


def test_a_jump_backwards_under_ntp_disturbs_nothing(make) -> None:
    """Decisions go by the boot clock, and what a time server said is not ours to correct."""
    box = make(utc_ns=MORNING_UTC_NS, trust=Trust.NTP)
    box.touch()
    box.clock.advance(30)
    box.clock.step_wall(-H)
    box.touch()
    box.clock.advance(H)
    box.touch()

    assert ["entry", "repeat", "exit"] == [touch.meaning for touch in box.touches()]
    assert (0, 0) == (box.settle(), box.waiting())


def test_a_suspend_across_midnight_is_counted(make) -> None:
    """The lid closes at 20:00 and opens at 6:00, still without a network."""
    box = make(true_utc_ns=MORNING_UTC_NS + 12 * H * NS_PER_S)
    box.touch(1)
    box.clock.suspend(10 * H)
    box.touch(2)
    box.clock.advance(H)
    box.clock.sync()
    box.settle()

    assert ["2026-11-24", "2026-11-25"] == [data.day for data in box.corrections()]
    for data in box.corrections():
        assert abs(utc_ns(data.at) - box.truth[data.corrects]) <= (data.err_ms or 0) * NS_PER_MS


@pytest.mark.parametrize("trust", [Trust.SERVER, Trust.GSM, Trust.GPS])
def test_any_source_that_keeps_time_dates_the_boot(make, trust: Trust) -> None:
    box = make()
    box.touch()
    box.clock.advance(H)
    box.clock.hear(trust, err_ms=800, off_ms=-700)
    box.settle()
    box.touch(2)

    [data] = box.corrections()
    assert (trust.value, "exact") == (data.clock, data.quality)
    assert abs(utc_ns(data.at) - box.truth[1]) <= (data.err_ms or 0) * NS_PER_MS <= 2 * NS_PER_S
    assert (trust.value, "2026-11-24") == (box.touches()[1].clock, box.touches()[1].day)


def test_the_exit_of_a_night_shift_counts_on_the_day_of_its_entry(make) -> None:
    box = make(true_utc_ns=MORNING_UTC_NS + 12 * H * NS_PER_S)
    box.touch()
    box.clock.advance(9 * H)
    box.touch()
    box.clock.sync()
    box.settle()

    assert ["2026-11-24", "2026-11-24"] == [data.day for data in box.corrections()]


def test_who_came_before_the_clock_was_set_leaves_on_the_right_day(make) -> None:
    """The exit itself is dated, and its day is that of an entry of 1970."""
    box = make()
    box.touch()
    box.clock.advance(H)
    box.clock.sync()
    box.clock.advance(8 * H)
    box.touch()

    assert [None, "2026-11-24"] == [touch.day for touch in box.touches()]


def test_an_exit_in_another_boot_takes_the_day_its_entry_already_has(make) -> None:
    box = make(utc_ns=MORNING_UTC_NS, trust=Trust.NTP)
    box.touch()
    box.reboot(off_s=60)
    box.clock.advance(20 * H)
    box.touch()
    box.clock.sync()
    box.settle()

    [data] = box.corrections()
    assert (2, "2026-11-24") == (data.corrects, data.day)


def test_the_agent_knows_after_a_restart_what_the_boot_had_learned(make) -> None:
    box = make()
    box.clock.hear(Trust.SERVER, err_ms=500)
    box.timekeeping.beat()
    box.clock._said = None  # a new process
    box.restart()
    box.touch()

    assert "server" == box.touches()[0].clock
    assert 0 == box.waiting()


# ---------------------------------------------------------------- several boots


def test_a_boot_that_never_knew_the_time_is_bracketed_by_its_neighbours(make) -> None:
    """Monday synchronised, Tuesday without a network, Wednesday synchronised."""
    box = make(utc_ns=MORNING_UTC_NS, trust=Trust.NTP)
    box.clock.advance(9 * H)
    box.timekeeping.beat()
    box.reboot(off_s=15 * H)
    box.clock.advance(60)
    box.touch(1)
    box.clock.advance(4 * H)
    box.touch(2)
    box.reboot(off_s=19 * H)
    early = box.settle()
    box.clock.sync()
    box.settle()

    said = box.corrections()
    assert 0 == early
    assert [(1, "bracketed"), (2, "bracketed")] == [(data.corrects, data.quality) for data in said]
    for data in said:
        low, high = utc_ns(data.not_before), utc_ns(data.not_after)
        assert low <= box.truth[data.corrects] <= high
        assert high - low < (15 + 19) * H * NS_PER_S + 60 * NS_PER_S
        assert data.at is None
    assert utc_ns(said[1].not_before) - utc_ns(said[0].not_before) > 4 * H * NS_PER_S * 0.999
    # Tuesday's first touch may have been on Monday evening or on Tuesday.
    assert [None, None] == [data.day for data in said]


def test_a_short_power_cut_leaves_no_doubt_about_the_day(make) -> None:
    box = make(utc_ns=MORNING_UTC_NS, trust=Trust.NTP)
    box.clock.advance(H)
    box.timekeeping.beat()
    box.reboot(off_s=30)
    box.touch()
    box.reboot(off_s=30)
    box.clock.sync()
    box.settle()

    [data] = box.corrections()
    assert ("bracketed", "2026-11-24") == (data.quality, data.day)
    assert utc_ns(data.not_after) - utc_ns(data.not_before) <= 61 * NS_PER_S + SIGN_NS


def test_of_all_boots_that_knew_the_time_the_nearest_count(make) -> None:
    box = make(utc_ns=MORNING_UTC_NS, trust=Trust.NTP)
    box.reboot(off_s=240 * H)
    box.clock.sync()
    box.settle()
    box.reboot(off_s=H)
    box.touch()
    for off_s in (H, 240 * H):
        box.reboot(off_s=off_s)
        box.clock.sync()
        box.timekeeping.beat()
    box.settle()

    [data] = box.corrections()
    assert utc_ns(data.not_after) - utc_ns(data.not_before) < 3 * H * NS_PER_S


def test_two_boots_before_any_time_have_no_beginning(make) -> None:
    """Nothing is claimed that nobody knows: that this program had been written is no word about a touch."""
    box = make()
    box.touch(1)
    box.reboot(off_s=60)
    box.touch(2)
    box.clock.advance(H)
    box.clock.sync()
    box.settle()

    first, second = box.corrections()
    assert (None, "bracketed", None) == (first.not_before, first.quality, first.day)
    assert box.truth[1] <= utc_ns(first.not_after) <= box.truth[2] + NS_PER_S
    assert "exact" == second.quality


@pytest.mark.parametrize(("off_by_s", "corrections"), [(0, 0), (-30 * 86400, 1), (30 * 86400, 1)])
def test_a_battery_of_such_a_boot_is_kept_if_it_may_have_been_right(make, off_by_s: int, corrections: int) -> None:
    box = make(utc_ns=MORNING_UTC_NS, trust=Trust.NTP)
    box.reboot(off_s=H, wakes_utc_ns=MORNING_UTC_NS + (H + off_by_s) * NS_PER_S, trust=Trust.RTC)
    box.touch()
    box.reboot(off_s=H)
    box.clock.sync()

    assert corrections == box.settle()
    assert 0 == box.waiting()
    if corrections:
        assert abs((box.recorded()[1] or 0) - box.truth[1]) <= 2 * H * NS_PER_S


def test_what_a_crash_left_is_finished_in_the_next_boot(make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time came, some were dated, the power went: the rest is still known to the second."""
    monkeypatch.setattr(timekeeping_module, "SLICE_TOUCHES", 2)
    box = make()
    for person in range(5):
        box.touch(person)
    box.clock.sync()
    box.timekeeping.beat()
    box.reboot(off_s=H)
    box.settle()

    assert [(number, "exact") for number in range(1, 6)] == [
        (data.corrects, data.quality) for data in box.corrections()
    ]


def test_a_disk_that_refuses_undoes_correction_and_note_together(make, monkeypatch: pytest.MonkeyPatch) -> None:
    box = make()
    box.touch(1)
    box.touch(2)
    box.clock.sync()
    real, calls = timekeeping_module.append, []

    def refuses(*args, **how):
        calls.append(1)
        if len(calls) == 2:
            raise SpoolUnavailable("disk full")
        return real(*args, **how)

    with monkeypatch.context() as full:
        full.setattr(timekeeping_module, "append", refuses)
        with pytest.raises(SpoolUnavailable):
            box.timekeeping.beat()
    half_done = (box.waiting(), len(box.corrections()))
    box.settle()

    assert (2, 0) == half_done
    assert [1, 2] == [data.corrects for data in box.corrections()]


def test_a_touch_of_a_former_epoch_is_corrected_under_its_own_name(make) -> None:
    box = make()
    box.touch()
    old = "e5c1d20be5c1d20b"
    box.journal.write(lambda tx: tx.execute("UPDATE undated SET epoch = ?", (old,)))
    box.clock.sync()
    box.settle()

    [data] = box.corrections()
    assert (1, old) == (data.corrects, data.corrects_epoch)
    assert box.recorded()[1] is None


def test_what_the_spool_has_forgotten_no_longer_waits(make) -> None:
    box = make()
    for person in range(3):
        box.touch(person)
    box.journal.write(lambda tx: tx.execute("DELETE FROM entry WHERE seq < 3"))
    box.restart()

    assert 1 == box.waiting()


def test_the_last_time_known_outlives_a_boot_and_never_precedes_this_program(make) -> None:
    box = make()
    fresh = box.timekeeping.known_utc_ns
    box.clock.sync()
    box.clock.advance(H)
    box.timekeeping.beat()
    box.reboot(off_s=30)

    assert WRITTEN_UTC_NS == fresh
    assert 0 <= MORNING_UTC_NS + H * NS_PER_S - box.timekeeping.known_utc_ns <= 2 * NS_PER_S


def test_a_beat_with_nothing_to_do_writes_nothing(make) -> None:
    """A card in a gate lives for years: only a sign of life now and then."""
    box = make(utc_ns=MORNING_UTC_NS, trust=Trust.NTP)
    box.touch()
    box.timekeeping.beat()
    before = box.path.with_name("spool.db-wal").stat().st_size
    for _ in range(100):
        box.clock.advance(5)
        box.timekeeping.beat()

    assert before == box.path.with_name("spool.db-wal").stat().st_size


def test_no_beat_reads_all_that_wait(make) -> None:
    """A year with a battery and no network leaves a hundred thousand rows."""
    box = make()
    questions = [
        "SELECT seq FROM undated WHERE boot <= 7 AND boot IN (SELECT no FROM boot) ORDER BY boot, boot_ns LIMIT 100",
        "SELECT max(boot_ns) FROM undated WHERE boot = 7",
        "SELECT seq FROM undated WHERE epoch = 'x' AND seq < 7 ORDER BY seq LIMIT 100",
    ]
    plans = box.journal.write(
        lambda tx: [row[3] for sql in questions for row in tx.execute("EXPLAIN QUERY PLAN " + sql).fetchall()]
    )

    assert not [step for step in plans if "SCAN" in step or "TEMP B-TREE" in step]


# ---------------------------------------------------------------- anything at all


deeds = st.one_of(
    st.tuples(st.just("touch"), st.floats(0, 8 * H)),
    st.tuples(st.just("beat"), st.floats(0, 2 * H)),
    st.tuples(st.just("sync"), st.floats(0, 600)),
    st.tuples(st.just("server"), st.floats(0, 600)),
    st.tuples(st.just("step"), st.floats(-1e7, 1e7)),
    st.tuples(st.just("restart"), st.floats(0, 600)),
    st.tuples(st.just("reboot"), st.floats(1, 86_400)),
    st.tuples(st.just("rtc reboot"), st.floats(1, 86_400)),
)


def play(box: Box, history: list[tuple[str, float]]) -> None:
    """Let this happen to the box: each deed and its amount in seconds, which pass before it."""
    clock = box.clock

    def rtc_reboot(seconds: float) -> None:
        box.reboot(off_s=seconds, wakes_utc_ns=clock.stamp().utc_ns + round(seconds * NS_PER_S), trust=Trust.RTC)

    at_once = {"step": clock.step_wall, "reboot": lambda seconds: box.reboot(off_s=seconds), "rtc reboot": rtc_reboot}
    later = {
        "touch": box.touch,
        "beat": box.settle,
        "sync": clock.sync,
        "server": lambda: clock.hear(Trust.SERVER, err_ms=3_000, off_ms=-2_500),
        "restart": box.restart,
    }
    for deed, seconds in history:
        if deed in later:
            clock.advance(seconds)
            later[deed]()
        elif deed != "step" or clock.stamp().trust is not Trust.NTP:
            at_once[deed](seconds)


@settings(max_examples=25, deadline=None)
@given(st.lists(deeds, max_size=25))
def test_whatever_happens_each_touch_is_dated_truly_and_once(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, float]]
) -> None:
    clock = FakeClock(utc_ns=0, trust=Trust.NONE, true_utc_ns=MORNING_UTC_NS)
    box = Box(tmp_path_factory.mktemp("box"), clock)
    play(box, history)
    box.settle()
    box.reboot(off_s=60)
    clock.sync()
    box.settle()
    box.journal.close()

    said = {data.corrects: data for data in box.corrections()}
    touches = box.touches()
    assert len(said) == len(box.corrections())
    assert 0 == box.waiting()
    assert {t.seq for t in touches if t.clock == "none"} <= set(said)
    assert set(said) <= {t.seq for t in touches if t.clock in {"none", "rtc"}}
    for seq, data in said.items():
        if data.quality == "exact":
            assert abs(utc_ns(data.at) - box.truth[seq]) <= (data.err_ms or 0) * NS_PER_MS
        else:
            assert data.not_before is None or utc_ns(data.not_before) <= box.truth[seq]
            assert box.truth[seq] <= utc_ns(data.not_after)
