"""What a wedge reader types is what arrives, or nothing is."""

import string
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.wire.framing import FRAME_MAX
from drivers.wire.keys import EVENT, Keys
from hardware_fakes.wedge import event, press, typed

ENTER, TAB, KEYPAD_ENTER, CAPS, CTRL, F1, RIGHT_SHIFT = 28, 15, 96, 58, 29, 59, 54
TYPEABLE = "".join(sorted(c for c in string.printable if c.isprintable()))
texts = st.text(alphabet=TYPEABLE, min_size=1, max_size=60)


def lines(data: bytes) -> list[bytes]:
    return Keys().feed(data)


def test_an_event_is_as_long_as_the_kernels() -> None:
    assert 2 * struct.calcsize("l") + 8 == EVENT.size


def test_every_character_of_a_badge_survives() -> None:
    """Letters, digits, '.', '-', '_' and whatever else the US layout has."""
    assert [TYPEABLE.encode()] == lines(typed(TYPEABLE) + press(ENTER))


@given(texts, st.sampled_from([ENTER, TAB, KEYPAD_ENTER]))
def test_any_text_survives(text: str, end: int) -> None:
    assert [text.encode()] == lines(typed(text) + press(end))


def test_the_keypad_types_digits_too() -> None:
    codes = [82, 79, 80, 81, 75, 76, 77, 71, 72, 73, 83, 74, 78, 55, 98]

    assert [b"0123456789.-+*/"] == lines(b"".join(map(press, codes)) + press(KEYPAD_ENTER))


def test_right_shift_and_a_held_key_are_understood() -> None:
    held = event(1, 30, 1) + event(1, 30, 2) * 5 + event(1, 30, 0)

    assert [b"Aa"] == lines(event(1, RIGHT_SHIFT, 1) + held + event(1, RIGHT_SHIFT, 0) + press(30) + press(ENTER))


def test_locks_around_a_line_are_no_characters() -> None:
    assert [b"04a1"] == lines(press(CAPS) + typed("04a1") + press(CAPS) + press(ENTER))


@pytest.mark.parametrize("code", [CTRL, F1, 86, 120, 0x2FF])
def test_a_key_that_is_no_character_spoils_its_line_and_no_other(code: int) -> None:
    """A wrong number is worse than none."""
    keys = Keys()

    assert [b"04b2"] == keys.feed(typed("04") + press(code) + typed("a1") + press(ENTER) + typed("04b2") + press(ENTER))
    assert 1 == keys.refused


def test_an_empty_line_is_none() -> None:
    assert [] == lines(press(ENTER) * 3)


def test_a_line_without_an_end_is_forgotten_after_a_silence() -> None:
    keys = Keys()
    keys.feed(typed("garbage"))
    keys.silence()

    assert [b"04a1"] == keys.feed(typed("04a1") + press(ENTER))
    assert 1 == keys.refused


def test_after_the_kernel_lost_events_the_line_is_not_believed() -> None:
    dropped = event(0, 3, 0) + event(1, 30, 1) + event(0, 0, 0)

    assert [b"04b2"] == lines(typed("04") + dropped + typed("a1") + press(ENTER) + typed("04b2") + press(ENTER))


def test_an_enter_among_lost_events_ends_no_line() -> None:
    """What the kernel says between losing events and its next report is old; half a number must not come of it."""
    dropped = event(0, 3, 0) + event(1, ENTER, 1) + event(0, 0, 0)

    assert [] == lines(typed("04") + dropped + typed("a1") + press(ENTER))


def test_a_shift_lost_with_the_events_does_not_stay_down() -> None:
    lost_release = event(1, RIGHT_SHIFT, 1) + event(0, 3, 0) + event(0, 0, 0)

    assert [b"a"] == lines(lost_release + press(ENTER) + press(30) + press(ENTER))


events = st.tuples(st.integers(0, 5), st.integers(0, 0x2FF), st.integers(-1, 3)).map(lambda each: event(*each))
streams = st.lists(st.one_of(events, texts.map(typed), st.just(press(ENTER)), st.just(event(0, 3, 0)))).map(b"".join)


@given(streams, st.data())
def test_the_same_lines_come_however_the_events_are_split(stream: bytes, data) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    keys = Keys()
    came = [line for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) for line in keys.feed(stream[a:b])]

    assert lines(stream) == came


@given(st.binary(max_size=400), st.integers(1, 80))
def test_any_bytes_are_lines_or_nothing_and_fill_nothing(data: bytes, times: int) -> None:
    keys = Keys()
    for _ in range(times):
        assert all(1 <= len(line) <= FRAME_MAX for line in keys.feed(data))
        assert keys.held <= FRAME_MAX + EVENT.size


@given(streams)
def test_a_key_held_by_a_book_fills_nothing(stream: bytes) -> None:
    keys = Keys()
    keys.feed(typed("a" * (FRAME_MAX + 50)))

    assert keys.held <= FRAME_MAX
    assert [b"next"] == keys.feed(press(ENTER) + typed("next") + press(ENTER))
    keys.feed(stream)
