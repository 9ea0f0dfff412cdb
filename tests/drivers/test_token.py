"""The same card is the same number at every reader, however the reader writes it; a pattern never stops the gate."""

import contextlib
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract import Medium
from drivers.wire.token import PATTERN_FRAME_MAX, NoToken, PatternError, TokenRule, compiled

UID = bytes.fromhex("04A1B2C3")


def rule(**settings) -> TokenRule:
    usual = {"medium": "card", "number_as": "hex", "number_bytes": 4, "number_reversed": False, "pattern": ""}
    return TokenRule.parse(**(usual | settings))


@pytest.mark.parametrize(
    ("frame", "settings"),
    [
        (b"04A1B2C3", {}),
        (b"04a1b2c3\r", {}),
        (b" 04 A1 B2 C3 ", {}),
        (b"04:A1:B2:C3", {}),
        (b"04-A1-B2-C3", {}),
        (b"C3B2A104", {"number_reversed": True}),
        (b"0077705923", {"number_as": "decimal"}),
        (b"77705923", {"number_as": "decimal"}),
        (b"\x04\xa1\xb2\xc3", {"number_as": "bytes"}),
        (b"UID=04A1B2C3;RSSI=40", {"pattern": r"UID=([0-9A-F]+);.*"}),
        (b"\x10\x04\xa1\xb2\xc3\x99", {"number_as": "bytes", "pattern": r"\x10(.{4})."}),
    ],
)
def test_the_same_card_is_the_same_number_however_it_is_written(frame: bytes, settings) -> None:
    assert UID == rule(**settings).token(frame)


def test_a_badge_is_its_text() -> None:
    text = "EA1.kid-1.山田._-"

    assert text.encode() == rule(medium="qr").token(text.encode() + b"\r\n")


@pytest.mark.parametrize(
    ("frame", "settings"),
    [
        (b"", {}),
        (b"04A", {}),
        (b"no card", {}),
        (b"\xff\xfe", {}),
        (b"00" * 257, {}),
        (b"4294967296", {"number_as": "decimal"}),
        (b"-1", {"number_as": "decimal"}),
        ("٣".encode(), {"number_as": "decimal"}),
        (b"9" * 5000, {"number_as": "decimal"}),
        (b"\xff", {"medium": "qr"}),
        (b"x" * 1025, {"medium": "qr"}),
        (b"X04", {"pattern": "Y(.*)"}),
        (b"a" * (PATTERN_FRAME_MAX + 1), {"pattern": "(a+)"}),
    ],
)
def test_what_is_no_number_is_refused_without_quoting_it(frame: bytes, settings) -> None:
    with pytest.raises(NoToken) as told:
        rule(**settings).token(frame)

    assert not frame or frame.decode("latin-1") not in str(told.value)


@pytest.mark.parametrize("pattern", ["(a+)+", "(a*)*b", "(a|aa)+", "a|b", "a+b+c+d+", "a{2}{3}", "a**"])
def test_patterns_that_might_never_end_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="frame_pattern"):
        compiled(pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"(.)\1", "(?=a)b", "(?i)a", "(a)(b)", "((a))", "[", "(a", "x" * 129, "[z-a]", "a{3,2}"],
)
def test_patterns_that_are_none_or_do_more_than_they_should_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="frame_pattern"):
        compiled(pattern)


@pytest.mark.parametrize(
    "pattern", ["^[0-9A-F]{8}$", r"\x02?(\d+),.*", "[^]]+", r"a\.b", "([^;]*);[^;]*;.*", "日本(.+)"]
)
def test_patterns_that_people_need_are_taken(pattern: str) -> None:
    assert compiled(pattern).pattern == pattern


@pytest.mark.parametrize("pattern", [r".*(.*).*\x00", "a*a*a*b", r"[^x]*[^y]*(\w*)\x00", ".{0,255}.{0,255}.{0,255}b"])
def test_the_worst_pattern_costs_less_than_a_blink(pattern: str) -> None:
    """At 9600 bit/s four frames of 256 bytes come in a second: the worst of them must not hold the gate up."""
    one = rule(pattern=pattern)
    began = time.perf_counter()
    with pytest.raises(NoToken):
        one.token(b"a" * PATTERN_FRAME_MAX)

    assert time.perf_counter() - began < 1.0


@given(st.text(alphabet=r"ab[](){}*+?|^$\.-,019xd ", max_size=20))
def test_any_text_is_a_pattern_or_a_message(text: str) -> None:
    with contextlib.suppress(PatternError):
        assert isinstance(compiled(text), re.Pattern)


@given(st.binary(max_size=300), st.sampled_from(["hex", "decimal", "text", "bytes"]), st.sampled_from(list(Medium)))
def test_any_bytes_are_a_token_or_none(frame: bytes, number_as, medium: Medium) -> None:
    one = TokenRule(medium=medium, number_as=number_as)
    with contextlib.suppress(NoToken):
        assert 1 <= len(one.token(frame)) <= 1024


@given(st.binary(min_size=1, max_size=10))
def test_a_uid_survives_hex_in_both_orders(uid: bytes) -> None:
    assert uid == rule().token(uid.hex().encode())
    assert uid == rule(number_reversed=True).token(uid[::-1].hex(":").encode())
