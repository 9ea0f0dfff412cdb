"""A telephone number is one number, however a list, a spreadsheet or a modem writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.wire.phone import NoNumber, can_read, normal, of_caller

MOBILE = "+819012345678"


@pytest.mark.parametrize(
    "written",
    [
        "09012345678",
        "090-1234-5678",
        "090 1234 5678",
        "(090)1234-5678",
        "０９０－１２３４－５６７８",  # noqa: RUF001 - as typed on a Japanese keyboard
        "090ー1234ー5678",
        "090−1234−5678",  # noqa: RUF001 - a minus sign
        "090.1234.5678",
        "+81 90-1234-5678",
        "＋81(0)90-1234-5678",  # noqa: RUF001 - full width
        "+81(0)90 1234 5678",
        "0081 90 1234 5678",
        "010-81-90-1234-5678",
        "819012345678",
        "tel:+81-90-1234-5678",
        "186-090-1234-5678",
        "18409012345678",
        "9012345678",
        " 090-1234-5678\n",
    ],
)
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    assert MOBILE == normal(written)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0120-123-456", "+81120123456"),
        ("03-1234-5678", "+81312345678"),
        ("186 03-1234-5678", "+81312345678"),
        ("050-1234-5678", "+815012345678"),
        ("0800-123-4567", "+818001234567"),
        ("+84 91 234 5678", "+84912345678"),
        ("0084912345678", "+84912345678"),
        ("+390612345678", "+390612345678"),
        ("+18605551234", "+18605551234"),
    ],
)
def test_other_kinds_of_numbers_keep_what_they_are(written: str, meant: str) -> None:
    assert meant == normal(written)


@pytest.mark.parametrize("written", ["", "-", "110", "12", "1" * 16, "090-1234-567x", "anonymous", "*31#", "+", "++81"])
def test_what_is_no_number_is_refused_without_being_repeated(written: str) -> None:
    with pytest.raises(NoNumber) as refused:
        normal(written)
    assert not written or written not in str(refused.value) or len(written) < 3


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("09012345678", 129),
        ("09012345678", 161),
        ("9012345678", 161),
        ("+819012345678", 145),
        ("819012345678", 145),
        ("819012345678", 129),
        ("+819012345678", 129),
    ],
)
def test_a_caller_is_the_same_whatever_type_the_network_gives_the_number(number: str, kind: int) -> None:
    assert MOBILE == of_caller(number, kind)


def test_what_the_network_says_of_a_number_goes_before_what_it_looks_like() -> None:
    assert "+84912345678" == of_caller("84912345678", 145)
    assert "+9012345678" == of_caller("9012345678", 145)
    assert "+81312345678" == of_caller("312345678", 161)


@pytest.mark.parametrize(
    ("number", "is_read"), [(MOBILE, True), ("+817012345678", True), ("+81312345678", False), ("+84912345678", False)]
)
def test_short_messages_go_to_mobile_telephones_here_only(number: str, *, is_read: bool) -> None:
    assert is_read == can_read(number)


@given(st.text(max_size=30))
def test_whatever_is_written_is_a_number_or_refused_and_stays_the_same(text: str) -> None:
    try:
        number = normal(text)
    except NoNumber:
        return
    assert number == normal(number)
    assert number[0] == "+"
    assert number[1:].isascii()
    assert number[1:].isdigit()
