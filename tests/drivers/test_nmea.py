"""What a receiver tells is believed only with a right sum and a fix: never 0, 0, never a date from noise."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.wire.nmea import SENTENCE_MAX, Nmea, Told, ToldHdop, ToldPlace, ToldSpread, ToldTime, accuracy_m
from hardware_fakes.gnss import sentence

# From the u-blox 8 protocol specification (UBX-13003221), but for the place.
GGA = "GNGGA,092725.00,3540.87416,N,13946.02750,E,1,08,1.01,499.6,M,48.0,M,,"
RMC = "GNRMC,083559.50,A,3540.87416,N,13946.02750,E,0.004,77.52,231126,,,A,V"
GST = "GNGST,082356.00,1.8,,,,3.0,4.0,2.2"
GSA = "GNGSA,A,3,29,21,26,15,18,09,06,10,,,,,2.32,0.95,2.11,1"


def told(*bodies: str) -> list[Told]:
    return Nmea().feed(b"".join(map(sentence, bodies)))


def test_a_fix_is_a_place() -> None:
    [place] = told(GGA)

    assert ToldPlace(sentence="GGA", latitude_deg=35.681236, longitude_deg=139.767125, hdop=1.01) == place


def test_south_and_west_are_negative() -> None:
    [place] = told(GGA.replace(",N,", ",S,").replace(",E,", ",W,"))

    assert isinstance(place, ToldPlace)
    assert (-35.681236, -139.767125) == (place.latitude_deg, place.longitude_deg)


@pytest.mark.parametrize("quality", ["0", "6", "7", "8", "9", "", "-1"])
def test_without_a_fix_of_its_own_there_is_no_place(quality: str) -> None:
    """Reckoned, typed in or simulated is not where the box is."""
    assert [Told] in ([type(each) for each in told(GGA.replace(",E,1,", f",E,{quality},"))], [Told])
    assert not [each for each in told(GGA.replace(",E,1,", f",E,{quality},")) if isinstance(each, ToldPlace)]


@pytest.mark.parametrize(
    "body",
    [
        "GNGGA,092725.00,,,,,1,08,1.01,499.6,M,48.0,M,,",
        "GNGGA,092725.00,0000.00000,N,00000.00000,E,1,08,1.01,499.6,M,48.0,M,,",
        "GNGGA,092725.00,9040.87416,N,13946.02750,E,1,08,1.01,499.6,M,48.0,M,,",
        "GNGGA,092725.00,3540.87416,N,18146.02750,E,1,08,1.01,499.6,M,48.0,M,,",
        "GNGGA,092725.00,3540.87416,,13946.02750,,1,08,1.01,499.6,M,48.0,M,,",
        "GNGGA,092725.00,0nan.0,N,0inf.0,E,1,08,1.01,499.6,M,48.0,M,,",
        "GNGGA,1",
        "GNGGA,",
    ],
)
def test_a_fix_at_null_island_or_nowhere_is_none(body: str) -> None:
    assert not [each for each in told(body) if isinstance(each, ToldPlace)]


@pytest.mark.parametrize("hdop", ["", "99.99", "99.9", "0", "-1", "nan"])
def test_a_dilution_the_receiver_does_not_know_is_none(hdop: str) -> None:
    assert [None] == [each.hdop for each in told(GGA.replace("1.01", hdop)) if isinstance(each, ToldPlace)]


def test_time_comes_with_a_fix() -> None:
    [time] = told(RMC)

    assert ToldTime(sentence="RMC", utc=dt.datetime(2026, 11, 23, 8, 35, 59, 500_000, dt.UTC)) == time


@pytest.mark.parametrize(
    "body",
    [
        RMC.replace(",A,3540", ",V,3540"),
        RMC.replace(",A,V", ",E,V"),
        RMC.replace(",A,V", ",N,V"),
        RMC.replace(",A,V", ",S,V"),
        RMC.replace("231126", ""),
        RMC.replace("231126", "320126"),
        RMC.replace("083559.50", "235960.00"),
        RMC.replace("083559.50", ""),
        "GNRMC,,V,,,,,,,,,,N",
        "GNRMC,A",
    ],
)
def test_time_without_a_fix_or_sense_is_none(body: str) -> None:
    assert not [each for each in told(body) if isinstance(each, ToldTime)]


def test_time_of_receivers_older_than_the_mode_is_taken() -> None:
    [time] = told("GPRMC,083559,A,3540.874,N,13946.027,E,0.0,77.5,231126,,")

    assert isinstance(time, ToldTime)


def test_spread_is_twice_the_root_of_both_squares() -> None:
    assert [ToldSpread(sentence="GST", radius_m=10.0)] == told(GST)
    assert not [each for each in told(GST.replace("3.0", "")) if isinstance(each, ToldSpread)]


def test_dilution_comes_from_gsa_too_with_a_fix() -> None:
    assert [ToldHdop(sentence="GSA", hdop=0.95)] == told(GSA)
    assert [Told(sentence="GSA")] == told(GSA.replace(",A,3,", ",A,1,"))


def test_accuracy_is_fifteen_metres_a_unit() -> None:
    assert math.isclose(15.15, accuracy_m(1.01) or 0)
    assert accuracy_m(None) is None


def test_other_sentences_are_left() -> None:
    assert [] == told(
        "GPGSV,1,1,04,21,45,120,40,26,30,200,38,29,60,300,41,15,20,045,33", "PUBX,00,1", "GNTXT,01,01,02,x"
    )


def test_any_wrong_byte_is_refused() -> None:
    """A glitch on the line is no other place."""
    good = sentence(GGA)
    for at in range(1, len(good) - 2):
        for bit in range(8):
            wrong = bytearray(good)
            wrong[at] ^= 1 << bit
            for each in Nmea().feed(bytes(wrong)):
                assert [each] == told(GGA), wrong  # the case of a digit in the sum


sentences = st.sampled_from([sentence(body) for body in (GGA, RMC, GST, GSA)])
streams = st.lists(st.one_of(sentences, st.binary(max_size=50), st.just(b"$"), st.just(b"$GNGGA,"))).map(b"".join)


@given(streams, st.data())
def test_the_same_is_told_however_the_bytes_are_split(stream: bytes, data) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    nmea = Nmea()
    came = [each for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) for each in nmea.feed(stream[a:b])]

    assert Nmea().feed(stream) == came


@given(st.binary(max_size=300), st.integers(1, 10))
def test_any_bytes_tell_something_or_nothing_and_fill_nothing(data: bytes, times: int) -> None:
    nmea = Nmea()
    for _ in range(times):
        nmea.feed(data)
        assert nmea.held <= SENTENCE_MAX + 4


@given(
    st.sampled_from(["GGA", "RMC", "GST", "GSA"]),
    st.lists(st.one_of(st.text(alphabet="0123456789.-NSEWAVna", max_size=12), st.just("")), max_size=20),
)
def test_any_fields_with_a_right_sum_tell_sense_or_nothing(kind: str, fields: list[str]) -> None:
    """A receiver with a bug does not stop the gate."""
    for each in told(f"GN{kind},{','.join(fields)}"):
        if isinstance(each, ToldPlace):
            assert abs(each.latitude_deg) <= 90
            assert abs(each.longitude_deg) <= 180
            assert (each.latitude_deg, each.longitude_deg) != (0, 0)
        if isinstance(each, ToldSpread):
            assert math.isfinite(each.radius_m)


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=100))
def test_any_text_with_a_right_sum_tells_sense_or_nothing(text: str) -> None:
    told(f"GNGGA,{text}")
    told(f"GNRMC,{text}")
