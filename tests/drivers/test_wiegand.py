"""A Wiegand number is taken whole or not at all."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.wire.token import NoToken
from drivers.wire.wiegand import WiegandFormat
from hardware_fakes.serial_reader import wiegand

formats = st.sampled_from([26, 34])


def shape(bits) -> tuple[st.SearchStrategy[int], st.SearchStrategy[int]]:
    return st.integers(0, 255 if bits == 26 else 65535), st.integers(0, 65535)


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        # Worked out by hand: 000011001000 has three ones, so 1 before it; 011100000111 has six, so 1 behind it.
        ("10000110010000111000001111", {"writing": "bits"}),
        ("2190E0F", {"writing": "hex"}),
        ("0C8707", {"writing": "data"}),
        ("0c8707\r", {"writing": "data"}),
        ("12,34567", {"writing": "decimal"}),
        ("012:34567", {"writing": "decimal"}),
        ("12 34567", {"writing": "decimal"}),
    ],
)
def test_every_writing_gives_the_same_card(text: str, settings) -> None:
    assert bytes([12, 0x87, 0x07]) == WiegandFormat(bits=26, **settings).token(text.encode())


def test_34_bits_give_two_bytes_of_facility_and_two_of_number() -> None:
    word = wiegand(0x1234, 0x5678, bits=34)

    assert bytes.fromhex("12345678") == WiegandFormat(bits=34).token(word.encode())
    assert bytes.fromhex("12345678") == WiegandFormat(bits=34, writing="data").token(b"12345678")
    assert bytes.fromhex("00000007") == WiegandFormat(bits=34, writing="decimal").token(b"0,7")


@given(formats, st.data())
def test_any_single_flipped_bit_is_refused(bits, data) -> None:
    """A wire beside a welder's cable drops bits: that must not become another worker."""
    facility, number = (data.draw(each) for each in shape(bits))
    word = wiegand(facility, number, bits=bits)
    at = data.draw(st.integers(0, bits - 1))
    flipped = word[:at] + ("1" if word[at] == "0" else "0") + word[at + 1 :]
    one = WiegandFormat(bits=bits)

    assert (facility << 16 | number).to_bytes(bits // 8, "big") == one.token(word.encode())
    with pytest.raises(NoToken, match="parity"):
        one.token(flipped.encode())
    with pytest.raises(NoToken):
        WiegandFormat(bits=bits, writing="hex").token(f"{int(flipped, 2):0{-(-bits // 4)}X}".encode())


@given(formats, st.data())
def test_a_frame_of_another_length_is_refused(bits, data) -> None:
    word = wiegand(*(data.draw(each) for each in shape(bits)), bits=bits)
    cut = data.draw(st.integers(0, bits - 1))
    for wrong in (word[:cut], word + "0", "0" + word):
        with pytest.raises(NoToken):
            WiegandFormat(bits=bits).token(wrong.encode())


@pytest.mark.parametrize(
    ("bits", "writing", "text"),
    [
        (26, "hex", "E190E0F"),  # more than 26 bits, with the right parity
        (26, "hex", "190E0E"),
        (26, "data", "12345678"),
        (34, "data", "0C8707"),
        (26, "data", "0C87_7"),
        (26, "decimal", "256,1"),
        (26, "decimal", "1,65536"),
        (34, "decimal", "65536,1"),
        (26, "decimal", "1"),
        (26, "decimal", "1,2,3"),
        (26, "decimal", "²,3"),
        (26, "decimal", "-1,3"[1:] + ",4"),
        (26, "bits", "2" * 26),
        (26, "bits", ""),
    ],
)
def test_what_the_format_cannot_hold_is_refused(bits, writing, text: str) -> None:
    with pytest.raises(NoToken):
        WiegandFormat(bits=bits, writing=writing).token(text.encode())


@given(formats, st.sampled_from(["bits", "hex", "data", "decimal"]), st.binary(max_size=40))
def test_any_bytes_are_a_number_or_none(bits, writing, frame: bytes) -> None:
    with contextlib.suppress(NoToken):
        assert bits // 8 == len(WiegandFormat(bits=bits, writing=writing).token(frame))
