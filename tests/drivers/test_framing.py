"""Frames come out whole however they arrive, and noise neither crashes nor fills the box."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.wire.framing import FRAME_MAX, Frames, Framing, FramingError, unsummed

STX_ETX = Framing.parse(start="02", end="03", length=0, checksum="none")
FRAMINGS = [
    Framing(),
    STX_ETX,
    Framing.parse(start="", end="0D 0A", length=0, checksum="none"),
    Framing.parse(start="02 02", end="none", length=5, checksum="xor"),
    Framing.parse(start="", end="none", length=4, checksum="none"),
    Framing.parse(start="02", end="03", length=4, checksum="lrc"),
    Framing.parse(start="02", end="none", length=0, checksum="none"),
    Framing.parse(start="", end="none", length=0, checksum="none"),
    Framing.parse(start="02", end="03", length=0, checksum="xor-hex"),
]
framings = st.sampled_from(FRAMINGS)
noise = st.lists(
    st.one_of(st.binary(max_size=40), st.sampled_from([b"\x02", b"\x03", b"\r\n", b"\x02abcd\x03", b"\x02\x02abcde"]))
).map(b"".join)


def frames(framing: Framing, data: bytes) -> list[bytes]:
    return Frames(framing).feed(data)


def test_lines_end_with_cr_lf_or_both() -> None:
    assert [b"a", b"b", b"c", b"d"] == frames(Framing(), b"a\rb\nc\r\nd\n\r\r\n\n")


def test_an_empty_line_is_neither_a_frame_nor_a_mistake() -> None:
    found = Frames(Framing())

    assert [] == found.feed(b"\r\n\r\n")
    assert 0 == found.refused


def test_between_stx_and_etx_is_the_frame_and_noise_around_it_is_nothing() -> None:
    assert [b"04A1B2C3\r\n", b"x"] == frames(STX_ETX, b"zz\x0304\x0204A1B2C3\r\n\x03zz\x02x\x03")


def test_a_second_start_begins_anew() -> None:
    """A reader that lost its power in the middle of a card does not spoil the next worker's."""
    found = Frames(STX_ETX)

    assert [b"04A1"] == found.feed(b"\x0204B\x0204A1\x03")
    assert 1 == found.refused


def test_binary_frames_of_a_fixed_length_may_hold_their_own_marks() -> None:
    framing = Framing.parse(start="02", end="03", length=4, checksum="none")

    assert [b"\x02\x03\x02\x03"] == frames(framing, b"\x02\x02\x03\x02\x03\x03")


def test_a_fixed_length_without_its_end_is_refused() -> None:
    found = Frames(Framing.parse(start="02", end="03", length=2, checksum="none"))

    assert [b"cd"] == found.feed(b"\x02abX\x02cd\x03")
    assert 1 == found.refused


def test_silence_ends_a_frame_that_has_no_other_end() -> None:
    found = Frames(Framing.parse(start="", end="none", length=0, checksum="none"))

    assert [] == found.feed(b"abc")
    assert [b"abc"] == found.silence()
    assert [] == found.silence()


def test_silence_tears_any_other_frame() -> None:
    """Half a number of a worker who pulled the card away does not become the head of the next."""
    found = Frames(Framing())
    found.feed(b"04A1")

    assert [] == found.silence()
    assert [b"04B2"] == found.feed(b"04B2\r")
    assert 1 == found.refused


def test_a_frame_of_the_longest_length_is_taken_and_one_byte_more_is_not() -> None:
    longest = b"a" * FRAME_MAX

    assert [longest] == frames(Framing(), longest + b"\r\n")
    assert [b"next"] == frames(Framing(), longest + b"a\r\nnext\r\n")
    assert [longest] == frames(STX_ETX, b"\x02" + longest + b"\x03")
    assert [b"next"] == frames(STX_ETX, b"\x02" + longest + b"a\x03\x02next\x03")


def test_the_tail_of_a_line_without_end_is_no_number() -> None:
    """A stuck reader that at last says CR has not said who came."""
    assert [b"next"] == frames(Framing(), b"a" * 3000 + b"\r\nnext\r\n")
    assert [b"next"] == frames(STX_ETX, b"\x02" + b"a" * 3000 + b"\x03\x02next\x03")


def test_the_checksum_of_125_khz_modules_is_checked_and_taken_off() -> None:
    """From a public description of the RDM6300: 01 xor 00 xor 63 xor E9 xor AE is 25."""
    framing = Framing.parse(start="02", end="03", length=0, checksum="xor-hex")

    assert [b"010063E9AE"] == frames(framing, b"\x02010063E9AE25\x03")
    assert [] == frames(framing, b"\x02010063E9AF25\x03")


def test_the_sum_of_modbus_is_the_twos_complement() -> None:
    assert b"\x01\x02" == unsummed(b"\x01\x02\xfd", "lrc")
    assert unsummed(b"\x01\x02\xfc", "lrc") is None


@pytest.mark.parametrize("checksum", ["xor", "lrc"])
@given(content=st.binary(min_size=1, max_size=20), bit=st.integers(0, 7), data=st.data())
def test_any_flipped_bit_breaks_the_sum(checksum, content: bytes, bit: int, data) -> None:
    last = -sum(content) & 0xFF if checksum == "lrc" else 0
    if checksum == "xor":
        for byte in content:
            last ^= byte
    frame = bytearray(content + bytes([last]))

    assert content == unsummed(bytes(frame), checksum)

    frame[data.draw(st.integers(0, len(frame) - 1))] ^= 1 << bit

    assert unsummed(bytes(frame), checksum) is None


@pytest.mark.parametrize(
    ("start", "end"), [("2", "line"), ("02", "CR"), ("STX", "03"), ("02", "")], ids=["half", "word", "name", "empty"]
)
def test_marks_that_are_no_bytes_are_told(start: str, end: str) -> None:
    with pytest.raises(FramingError, match="frame_"):
        Framing.parse(start=start, end=end, length=0, checksum="none")


@given(framings, noise, st.data())
@example(Framing(), b"a" * 3000 + b"\r\nb\r\n", None)
def test_the_same_frames_come_however_the_bytes_are_split(framing: Framing, stream: bytes, data) -> None:
    whole = Frames(framing)
    expected = whole.feed(stream)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8))) if data else range(len(stream))
    split = Frames(framing)
    came = [frame for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) for frame in split.feed(stream[a:b])]

    assert expected == came
    assert (whole.refused, whole.held) == (split.refused, split.held)


@given(framings, st.binary(max_size=200), st.integers(1, 60))
def test_noise_for_a_day_fills_nothing(framing: Framing, data: bytes, times: int) -> None:
    found = Frames(framing)
    for _ in range(times):
        frames = found.feed(data)
        assert found.held <= FRAME_MAX + 4
        assert all(len(frame) <= FRAME_MAX for frame in frames)


@given(noise.filter(lambda data: b"\x02" not in data), st.binary(max_size=100).filter(lambda b: not {2, 3} & {*b}))
def test_after_any_noise_the_next_frame_is_read(before: bytes, content: bytes) -> None:
    found = Frames(STX_ETX)
    found.feed(before)

    assert ([content] if content else []) == found.feed(b"\x02" + content + b"\x03")
