"""Time and place by satellite: never without a fix, never a jump, never a date of nineteen years ago."""

import datetime as dt
import logging
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import satellite
from drivers.contract import Fix, HeardTime, ReaderName
from drivers.satellite import DELAY_MS, ERR_MS, FLOOR, LEAP_ERR_MS, OFFER_NS, STEADY, Beliefs, corrected
from edge_agent.clock import ABSURD_UTC_NS, WRITTEN_UTC_NS
from hardware_fakes.gnss import ROLL_OVER, TOKYO, FakeGnss

S = 1_000_000_000
START = dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC)
BOOT_NS = 100 * S


class Sky(FakeGnss):
    """A receiver without a port, whose seconds the test counts."""

    def __init__(self) -> None:
        self.times: list[HeardTime] = []
        self.fixes: list[Fix] = []
        self.now_ns = BOOT_NS
        self.off = dt.timedelta()
        self.beliefs = Beliefs(
            ReaderName("gnss"), began_ns=BOOT_NS, hear_time=self.times.append, hear_fix=self.fixes.append
        )
        super().__init__(None, clock=self.told)

    def plug(self) -> None:
        """There is no port."""

    def told(self) -> dt.datetime:
        return START + dt.timedelta(microseconds=(self.now_ns - BOOT_NS) // 1000) + self.off

    def seconds(self, count: int) -> None:
        for _ in range(count):
            self.beliefs.feed(self.burst(), self.now_ns)
            self.now_ns += S


@pytest.fixture
def sky() -> Sky:
    return Sky()


def test_time_is_told_once_it_is_steady_and_then_every_ten_seconds(sky: Sky) -> None:
    sky.seconds(35)

    first, *_ = sky.times
    assert 4 == len(sky.times)
    assert BOOT_NS + (STEADY - 1) * S == first.at_ns
    assert "gps" == first.source
    assert all(b.at_ns - a.at_ns == OFFER_NS for a, b in zip(sky.times, sky.times[1:], strict=False))


def test_error_covers_every_delay_up_to_a_second(sky: Sky) -> None:
    """RMC tells of the second before: the truth lies within the error, whenever in that second it came."""
    sky.seconds(5)
    [told] = sky.times
    at_once_ns = int(START.timestamp() + (told.at_ns - BOOT_NS) / S) * S

    for delay_ms in (0, 50, 500, 999):
        truth_ns = at_once_ns + delay_ms * 1_000_000
        assert abs(truth_ns - told.utc_ns) <= told.err_ms * 1_000_000
    assert at_once_ns + DELAY_MS * 1_000_000 == told.utc_ns


def test_leap_seconds_are_not_relied_on_before_the_satellites_told_them(sky: Sky) -> None:
    sky.seconds(800)

    assert ERR_MS + LEAP_ERR_MS == sky.times[0].err_ms
    assert ERR_MS == sky.times[-1].err_ms


def test_without_a_fix_there_is_neither_time_nor_place(sky: Sky) -> None:
    sky.has_fix = False
    sky.seconds(30)

    assert [] == sky.times
    assert [] == sky.fixes
    assert sky.beliefs.understood_ns is not None
    assert sky.beliefs.placed_ns is None


@pytest.mark.parametrize(("quality", "mode"), [(6, "E"), (7, "M"), (8, "S"), (0, "N")])
def test_reckoned_typed_and_simulated_places_are_none(sky: Sky, quality: int, mode: str) -> None:
    sky.quality, sky.mode = quality, mode
    sky.seconds(30)

    assert [] == sky.times
    assert [] == sky.fixes


def test_wrong_sums_tell_nothing(sky: Sky) -> None:
    sky.has_wrong_sums = True
    sky.seconds(30)

    assert ([], [], None) == (sky.times, sky.fixes, sky.beliefs.understood_ns)


def test_clock_that_jumps_is_silent_until_it_is_steady_again(sky: Sky, caplog: pytest.LogCaptureFixture) -> None:
    sky.seconds(11)
    before = len(sky.times)
    sky.off = dt.timedelta(seconds=2)
    sky.seconds(2)
    assert before == len(sky.times)
    sky.seconds(3)

    assert before + 1 == len(sky.times)
    assert ["satellite time jumped"] == [record.getMessage() for record in caplog.records]


def test_clock_that_never_settles_is_never_believed(sky: Sky, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    for second in range(60):
        sky.off = dt.timedelta(seconds=5 * (second % 2))
        sky.seconds(1)

    assert [] == sky.times
    assert [] == caplog.records


def test_backlog_read_at_once_after_a_stall_is_not_the_time(sky: Sky) -> None:
    """Nine seconds of sentences wait in the kernel while the box is busy: all but the last are old."""
    sky.seconds(12)
    before = len(sky.times)
    waiting = b""
    for _ in range(9):
        waiting += sky.burst()
        sky.now_ns += S
    sky.beliefs.feed(waiting, sky.now_ns)

    assert before == len(sky.times)


@pytest.mark.parametrize("rolls", [0, 1, 2])
def test_receiver_that_rolled_over_tells_todays_date(sky: Sky, rolls: int) -> None:
    """Old firmware falls back by 1024 weeks: 2007 stands for 2026."""
    sky.off = -rolls * ROLL_OVER
    sky.seconds(5)
    [told] = sky.times

    assert START.date() == dt.datetime.fromtimestamp(told.utc_ns / S, dt.UTC).date()


@pytest.mark.parametrize("date", ["1980-01-06", "1999-08-22", "2019-04-07", "1970-01-01", "2000-01-01"])
def test_well_known_wrong_dates_are_refused(sky: Sky, date: str) -> None:
    sky.off = dt.datetime.fromisoformat(date).replace(tzinfo=dt.UTC) - START
    sky.seconds(30)

    assert [] == sky.times


def since(start: dt.datetime, *, days: int) -> st.SearchStrategy[dt.datetime]:
    return st.timedeltas(dt.timedelta(), dt.timedelta(days=days)).map(lambda passed: start + passed)


@given(since(dt.datetime(1969, 1, 1, tzinfo=dt.UTC), days=36_500))
def test_correction_changes_whole_roll_overs_only(told: dt.datetime) -> None:
    utc = corrected(told)

    if told >= FLOOR:
        assert told == utc
    elif utc is not None:
        assert FLOOR <= utc
        assert dt.timedelta() == (utc - told) % ROLL_OVER
        assert WRITTEN_UTC_NS <= utc.timestamp() * S < ABSURD_UTC_NS


@given(since(FLOOR, days=3650), st.integers(0, 2))
def test_any_date_of_the_next_ten_years_survives_its_roll_overs(truth: dt.datetime, rolls: int) -> None:
    assert truth == corrected(truth - rolls * ROLL_OVER)


def test_place_is_within_fifteen_metres_a_unit_of_dilution(sky: Sky) -> None:
    sky.seconds(1)
    [fix] = sky.fixes

    assert TOKYO == (fix.latitude_deg, fix.longitude_deg)
    assert math.isclose(0.9 * 15, fix.accuracy_m)
    assert BOOT_NS == fix.at_ns


def test_receivers_own_reckoning_of_its_error_goes_first(sky: Sky) -> None:
    sky.spread_m = (3.0, 4.0)
    sky.seconds(2)

    assert math.isclose(10.0, sky.fixes[-1].accuracy_m)


def test_old_reckoning_is_not_taken_for_a_new_fix(sky: Sky) -> None:
    sky.spread_m = (3.0, 4.0)
    sky.seconds(2)
    sky.spread_m = None
    sky.now_ns += 10 * S
    sky.seconds(1)

    assert math.isclose(13.5, sky.fixes[-1].accuracy_m)


def test_place_nobody_knows_how_well_is_none(sky: Sky) -> None:
    sky.hdop = "99.99"
    sky.seconds(10)

    assert [] == sky.fixes
    assert sky.beliefs.placed_ns is not None


@given(st.lists(st.one_of(st.binary(max_size=80), st.just(b"$GNRMC,")), max_size=10))
def test_noise_tells_nothing_and_does_not_stop_it(noise: list[bytes]) -> None:
    sky = Sky()
    for data in noise:
        sky.beliefs.feed(data, sky.now_ns)
    assert [] == sky.fixes
    sky.beliefs.feed(b"\r\n", sky.now_ns)
    sky.seconds(STEADY)

    assert 1 == len(sky.times)


def test_floor_is_a_date_the_clock_believes() -> None:
    assert satellite.FLOOR.timestamp() * S >= WRITTEN_UTC_NS
