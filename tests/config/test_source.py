"""A file that is no TOML: where, and why; or that is no file at all."""

import os

import pytest

from edge_agent.config.load import ConfigError, load_agent
from edge_agent.config.source import LIMIT_B


def said(path):
    with pytest.raises(ConfigError) as caught:
        load_agent(path)
    return str(caught.value).removeprefix(f"{path}: ")


def test_place_is_shown_with_line_column_text_and_caret(written):
    path = written.write('[agent]\ngateway = "gw" x\n')

    assert (
        "line 2, column 16: Expected newline or end of document after a statement\n"
        '  gateway = "gw" x\n'
        "                 ^"
    ) == said(path)


def test_caret_stands_below_the_place_after_wide_characters(written):
    lines = said(written.write('[site]\nname = "現場" x\n')).splitlines()

    assert '  name = "現場" x' == lines[1]
    assert "          \u3000\u3000  ^" == lines[2]


def test_caret_keeps_tabs(written):
    lines = said(written.write("[site]\n\tname = x\n")).splitlines()

    assert ["  \tname = x", "  \t       ^"] == lines[1:]


def test_full_width_character_is_named(written):
    """
    The commonest slip of a Japanese keyboard, and invisible on the screen.
    """
    assert said(written.write("[site]\nname\u3000= 'x'\n")).startswith("line 2, column 5: a full-width character")


def test_end_of_the_document_has_a_place_too(written):
    assert said(written.write("[site]\nname = [\n")).startswith("line 3, column 1: ")


def test_place_in_a_very_long_line_is_shown_with_its_surroundings(written):
    lines = said(written.write(f"[site]\nname = '{'x' * 5000}' y\n")).splitlines()

    assert max(map(len, lines)) < 120
    assert "y" == lines[1][lines[2].index("^")]


@pytest.mark.parametrize(
    "line",
    [
        'password = "hunter2',
        "card_key_file = hunter2",
        "key_file: hunter2",
        '"token" = "hunter2" x',
    ],
)
def test_line_that_may_hold_a_secret_is_not_shown(written, line):
    text = said(written.write(f"[broker]\n{line}\n"))

    assert text.startswith("line 2, column ")
    assert "hunter2" not in text


@pytest.mark.parametrize(
    "content",
    [
        'x = """\nhunter2\n',
        "password = [\n'hunter2' hunter2",
        "x = '-----BEGIN PRIVATE KEY-----'\nhunter2",
    ],
)
def test_no_line_is_shown_where_the_file_seems_to_hold_a_secret(written, content):
    text = said(written.write(content))

    assert "the line is not shown" in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[site]\nname = '\x8c\xbb\x8f\xea'\n", "line 2 is not UTF-8; save the file as UTF-8"),
        (b"", "is empty; is it the right file?"),
        (b"#" * (LIMIT_B + 1), "is larger than 1 MiB; is it the right file?"),
        (b"a = " + b"[" * 5000, "brackets are nested too deeply"),
        (b"a = " + b"9" * 5000, "holds a number or date that is out of all bounds"),
    ],
)
def test_file_that_cannot_be_read_is_told_plainly(written, content, says):
    assert says == said(written.write(content))


def test_file_of_the_largest_size_is_read(written):
    filled = written.agent.encode()

    assert [] == written.mistakes(filled + b"#" * (LIMIT_B - len(filled)))


def test_missing_folder_and_pipe_are_told_plainly(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    assert "there is no such file" == said(tmp_path / "nowhere")
    assert "there is no such file" == said(tmp_path / "nul\0byte").split(": ")[-1]
    assert "cannot be read: File name too long" == said(tmp_path / ("x" * 300))
    assert "is a folder; give a file" == said(tmp_path)
    assert "is a device or pipe; give a file" == said(tmp_path / "pipe")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_file_of_somebody_else_is_told_plainly(written):
    path = written.write(written.agent)
    os.seteuid(65534)
    try:
        text = said(path)
    finally:
        os.seteuid(0)

    assert "this user may not read it; correct its owner or permissions" == text


def test_path_no_terminal_could_show_is_escaped(tmp_path):
    path = tmp_path / os.fsdecode(b"\xff\x1b[31m")

    with pytest.raises(ConfigError) as caught:
        load_agent(path)

    assert str(caught.value).isprintable()
