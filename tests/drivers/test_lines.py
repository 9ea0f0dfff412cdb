"""The language between a child and its parent: whatever bytes come, memory is bounded and nothing is invented."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract import AnswerKind, Medium
from drivers.wire.lines import (
    LINE_MAX,
    TEXT_MAX,
    TOKEN_MAX,
    Alive,
    Failed,
    Garbage,
    Hello,
    Line,
    Message,
    Seen,
    Shown,
    Splitter,
    clipped,
    line_of,
    parse,
)

texts = st.text(max_size=2000).map(clipped)
words = st.text(max_size=100).map(lambda text: clipped(text, most=64))
messages = st.one_of(
    st.builds(Hello, version=st.integers(0, 2**31)),
    st.builds(
        Seen,
        medium=st.sampled_from(Medium),
        token=st.binary(max_size=TOKEN_MAX),
        technology=words,
        seen_ns=st.integers(0, 2**63 - 1),
    ),
    st.builds(Alive, is_open=st.booleans(), device=texts, detail=texts),
    st.builds(Failed, how=st.sampled_from(["lost", "broken"]), why=texts),
    st.builds(Shown, kind=st.sampled_from(AnswerKind), name=texts, reason=words),
)


def heard(pieces: list[bytes]) -> list[Line]:
    splitter = Splitter()
    return [line for piece in pieces for line in splitter.feed(piece)]


@given(st.lists(messages, max_size=8), st.data())
def test_what_is_said_is_heard_however_the_pipe_cuts_it(said: list[Message], data: st.DataObject) -> None:
    stream = b"".join(map(line_of, said))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    assert said == [parse(line) for line in heard(pieces)]


@given(messages)
def test_every_message_fits_a_pipe_whole(message: Message) -> None:
    """A write of up to PIPE_BUF bytes is whole or not at all: no half line, ever."""
    assert len(line_of(message)) <= LINE_MAX


@given(st.lists(st.one_of(st.binary(max_size=300), st.just(b"x" * 5000), st.just(b"\n")), max_size=20))
def test_any_bytes_are_messages_or_garbage_and_the_memory_is_bounded(pieces: list[bytes]) -> None:
    splitter = Splitter()
    for piece in pieces:
        for line in splitter.feed(piece):
            assert len(line.text) < LINE_MAX
            try:
                parse(line)
            except Garbage:
                continue
        assert len(splitter._begun) < LINE_MAX


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(["version", "medium", "token", "technology", "seen_ns", "is_open", "device", "detail", "why"])


@given(st.sampled_from(["hello", "seen", "alive", "failed", "shown", "face", ""]), st.dictionaries(fields, json_values))
def test_any_json_of_our_kinds_is_a_good_message_or_garbage(kind: str, said: dict[str, object]) -> None:
    try:
        message = parse(Line(json.dumps({"type": kind, **said}).encode(), is_whole=True))
    except Garbage:
        return

    assert message is None or message == parse(Line(line_of(message).rstrip(), is_whole=True))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"Traceback (most recent call last):",
        b"[" * 5000,
        b'{"type":"seen"}',
        b'{"type":"seen","medium":"soul","token":"AA==","technology":"","seen_ns":1}',
        b'{"type":"seen","medium":"qr","token":"not base64!","technology":"","seen_ns":1}',
        b'{"type":"seen","medium":"qr","token":"AA==","technology":"","seen_ns":-1}',
        b'{"type":"alive","is_open":"yes"}',
        b'{"type":"alive","is_open":true,"detail":"' + b"x" * 401 + b'"}',
        b'{"type":"failed","how":"sad","why":""}',
        b'{"type":7}',
        b'{"type":"\xff"}',
    ],
)
def test_a_line_that_is_none_of_ours_is_garbage(text: bytes) -> None:
    with pytest.raises(Garbage) as raised:
        parse(Line(text, is_whole=True))

    assert len(str(raised.value)) < 40, "it may hold a card's number: never repeated"


def test_a_line_cut_short_is_garbage_even_where_its_beginning_is_none() -> None:
    with pytest.raises(Garbage, match="too long"):
        parse(Line(line_of(Hello()).rstrip(), is_whole=False))


def test_a_kind_of_a_later_version_is_ignored_and_so_are_its_fields() -> None:
    assert parse(Line(b'{"type":"face","vector":[1]}', is_whole=True)) is None
    assert Hello(version=1) == parse(Line(b'{"type":"hello","version":1,"speaks":"faces"}', is_whole=True))


@given(st.text(max_size=1000))
def test_a_clipped_text_fits_and_is_one_line(text: str) -> None:
    fitted = clipped(text)

    assert len(fitted) <= TEXT_MAX
    assert fitted.isprintable()
