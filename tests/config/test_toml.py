"""What is written as TOML reads back as the same; what a message quotes stays short and on its line."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.config.toml import quoted, without_login, written, written_key

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    texts,
    st.lists(texts),
    st.dictionaries(texts, st.lists(texts)),
)


@given(key=texts, value=values)
def test_written_value_reads_back_as_the_same(key, value):
    assert {key: value} == tomllib.loads(f"{written_key(key)} = {written(value)}")


@given(value=values)
def test_quoted_value_is_short_and_on_one_line(value):
    shown = quoted(value)

    assert shown.isprintable()
    assert len(shown) < 150


@given(value=st.lists(st.just("hunter2"), min_size=1) | st.dictionaries(texts, st.just("hunter2"), min_size=1))
def test_quoted_value_never_shows_what_stands_inside(value):
    assert "hunter2" not in quoted(value)


def test_the_login_in_a_cameras_address_is_never_shown():
    address = "rtsp://admin:hunter2@192.168.0.7:554/live"

    assert "rtsp://••••@192.168.0.7:554/live" == without_login(address)
    assert "hunter2" not in quoted(address)
    assert "/dev/v4l/by-path/x@y" == without_login("/dev/v4l/by-path/x@y")
