"""The site's days, as Japan counts them."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.calendar import rfc3339, site_day
from edge_agent.core.touch import NS_PER_MS, NS_PER_S, Stamp, Trust

MIDNIGHT_JST_UTC_NS = 1_795_446_000 * NS_PER_S  # 2026-11-24T00:00:00+09:00


def stamp(hours: float, trust: Trust = Trust.NTP) -> Stamp:
    return Stamp(boot="b", boot_ns=0, utc_ns=MIDNIGHT_JST_UTC_NS + round(hours * 3600 * NS_PER_S), trust=trust)


def test_time_is_written_with_japans_offset_and_milliseconds() -> None:
    assert rfc3339(MIDNIGHT_JST_UTC_NS + 127 * NS_PER_MS) == "2026-11-24T00:00:00.127+09:00"


def test_night_work_before_the_cut_off_belongs_to_the_day_before() -> None:
    assert date(2026, 11, 23) == site_day(stamp(3.99), cut_off_min=240)
    assert date(2026, 11, 24) == site_day(stamp(4), cut_off_min=240)


def test_a_clock_nobody_believes_names_no_day() -> None:
    assert site_day(stamp(12, Trust.NONE), cut_off_min=240) is None


@given(st.integers(min_value=0, max_value=4_000_000_000 * NS_PER_S))
def test_no_millisecond_is_rounded_away(utc_ns: int) -> None:
    assert rfc3339(utc_ns)[20:23] == f"{utc_ns // NS_PER_MS % 1000:03d}"
