"""The desk's commands against a running agent: what people type, what they are told, what is on disk."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.cli import main
from edge_agent.config.user import User
from edge_agent.control.server import Server
from hardware_fakes.desk import PASSWORD, DeskBox

W = "12345678901234"


@pytest.fixture
def desk(box: DeskBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskBox]:
    """The box answers at its socket; the prime's password lies in a file; the terminal speaks English."""
    box.worker(W, b"\x01" * 4)
    server = Server(tmp_path / "s", handlers=box.handlers)
    server.start()
    (tmp_path / "password").write_text(PASSWORD + "\n", encoding="utf-8")
    monkeypatch.setenv("EDGE_AGENT_PASSWORD_FILE", str(tmp_path / "password"))
    monkeypatch.setenv("EDGE_AGENT_USER", "prime")
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.chdir(tmp_path)
    yield box
    server.stop()


def say(*words: str) -> int:
    at = words.index("--") if "--" in words else len(words)
    return main([*words[:at], "--socket", "s", *words[at:]])


def add(at: str = "2026-11-24 07:40", *more: str) -> int:
    return say("entry", "add", "--worker", W, "--way", "entry", "--at", at, "--why", "forgotten card", *more)


def test_after_an_entry_its_deadline_is_shown(desk: DeskBox, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == add()
    told = capsys.readouterr().out

    assert "deadline 2026-12-31 (37 days)" in told
    assert "entered by hand: wants approval; forgotten card" in told
    assert 1 == len(desk.bodies())


@pytest.mark.usefixtures("desk")
def test_a_deadline_that_is_over_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    add("2026-09-01 07:40")

    assert "deadline 2026-10-31 (24 days over)" in capsys.readouterr().out


@pytest.mark.usefixtures("desk")
def test_a_japanese_terminal_is_answered_in_japanese(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    add()

    assert "承認待ち。期限 2026-12-31 (あと37日)" in capsys.readouterr().out


@pytest.mark.usefixtures("desk")
def test_what_the_agent_refuses_is_told_and_ends_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert 1 == add("2026-11-25 07:40")
    assert "still to come" in capsys.readouterr().err


def test_a_touch_is_corrected_named_listed_and_taken_back(desk: DeskBox, capsys: pytest.CaptureFixture[str]) -> None:
    seq = desk.touch(b"\xee" * 4)
    assert 0 == say("entry", "name", str(seq), "--worker", W)
    assert 0 == say("entry", "correct", str(seq), "--at", "2026-11-24 07:30", "--why", "came earlier")
    capsys.readouterr()
    assert 0 == say("entry", "list", "--json")
    [row] = map(json.loads, capsys.readouterr().out.splitlines())
    assert 0 == say("entry", "void", f"{desk.journal.epoch}-{seq}", "--why", "mistaken")

    assert (W, "2026-11-24T07:30:00.000+09:00", "waiting") == (row["worker"], row["time"], row["state"])
    assert "void" == desk.waits(seq).state


def test_everything_is_listed_however_much_it_is(desk: DeskBox, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(1_003):
        desk.clock.advance(61)
        desk.touch(b"\xee" * 4, "tap")
    say("entry", "list")

    assert 1_003 == len(capsys.readouterr().out.splitlines())


def test_what_is_shown_is_approved(desk: DeskBox) -> None:
    for day in (20, 21, 22):
        add(f"2026-11-{day} 07:40")
    unknown = desk.touch(b"\xee" * 4)

    assert 0 == say("approve", "--day", "2026-11-20", "--yes")
    assert 0 == say("approve", "2", "--yes")
    assert 0 == say("approve", "--all", "--refuse", "--why", "not there", "--yes")
    assert ["approved", "approved", "refused", "refused"] == [desk.waits(seq).state for seq in (1, 2, 3, unknown)]


def test_who_is_not_named_is_shown_and_not_approved(desk: DeskBox, capsys: pytest.CaptureFixture[str]) -> None:
    desk.touch(b"\xee" * 4)
    add("2026-11-20 07:40")

    assert 0 == say("approve", "--all", "--yes")
    assert "1 of these nobody has named" in capsys.readouterr().out
    assert "waiting" == desk.waits(1).state


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["approve", "--yes"], 2, "say which"),
        (["approve", "--all"], 2, "--yes"),
        (["approve", "--all", "--refuse", "--yes"], 2, "--why"),
        (["approve", "99", "--yes"], 1, "99: nothing of that number"),
        (["approve", "--day", "2026-11-01", "--yes"], 1, "nothing was judged"),
    ],
)
def test_nothing_is_judged_by_mistake(
    desk: DeskBox, capsys: pytest.CaptureFixture[str], words: list[str], code: int, says: str
) -> None:
    add()

    assert code == say(*words)
    assert says in capsys.readouterr().err
    assert "waiting" == desk.waits(1).state


def test_whoever_answers_no_has_judged_nothing(desk: DeskBox, monkeypatch: pytest.MonkeyPatch) -> None:
    add()
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    for answer, state in (("", "waiting"), ("n", "waiting"), ("y", "approved")):
        monkeypatch.setattr("builtins.input", lambda _question, answer=answer: answer)
        say("approve", "1")

        assert state == desk.waits(1).state


@pytest.mark.usefixtures("desk")
def test_a_headcount_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == say("headcount", "42", "--company", "c1")
    assert "13-0042, 2026-11-24, company c1: 42 people" in capsys.readouterr().out


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("word", ["", "x", "0", "-1", "0123456789abcde-1", "1.5"])
def test_what_is_no_touch_is_wrong_use(word: str) -> None:
    with pytest.raises(SystemExit) as ended:
        say("entry", "void", "--why", "x", "--", word)

    assert 2 == ended.value.code


# ---------------------------------------------------------------- passwords


def test_no_password_is_taken_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    """It would stand in the shell's history and in the list of processes."""
    with pytest.raises(SystemExit) as ended:
        main(["headcount", "42", "--password", PASSWORD])

    assert 2 == ended.value.code
    assert "unrecognized arguments: --password" in capsys.readouterr().err


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(("content", "says"), [(None, "No such file"), (b"", "is empty"), (b"\xff", "not UTF-8")])
def test_a_password_file_that_cannot_be_used_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, says: str
) -> None:
    if content is not None:
        (tmp_path / "other").write_bytes(content)

    assert 1 == add("2026-11-24 07:40", "--password-file", str(tmp_path / "other"))
    assert says in capsys.readouterr().err


@pytest.mark.usefixtures("desk")
def test_without_a_terminal_the_password_is_not_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("EDGE_AGENT_PASSWORD_FILE")

    assert 1 == add()
    assert "EDGE_AGENT_PASSWORD_FILE" in capsys.readouterr().err


def test_users_hash_prints_the_line_to_paste(people: tuple[User, ...]) -> None:
    command = [sys.executable, "-m", "edge_agent", "users", "hash"]
    good = subprocess.run(command, input=PASSWORD + "\n", capture_output=True, text=True, check=False)
    short = subprocess.run(command, input="short\n", capture_output=True, text=True, check=False)

    assert people
    assert good.stdout.startswith('password_hash = "$argon2id$')
    assert (0, 1, "") == (good.returncode, short.returncode, short.stdout)


def test_users_hash_asks_twice(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    typed = iter([PASSWORD, PASSWORD, PASSWORD, "another password"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))

    assert [0, 1] == [main(["users", "hash"]) for _ in range(2)]
    assert PASSWORD not in "".join(capsys.readouterr())
