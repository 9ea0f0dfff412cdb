"""The command line: help for everything, honest exit codes, and a status that puts the verdict first."""

import subprocess
import sys

import pytest

from edge_agent.cli import COMMANDS, main
from edge_agent.cli.status import troubles

GOOD_DISK = {
    "free_bytes": 9_000_000_000, "days_left": None, "is_filling": False, "is_short": False, "is_refusing": False,
}  # fmt: skip


def status(**changes: object) -> dict[str, object]:
    good = {
        "readers": [{"name": "gate-1", "state": "open", "detail": ""}],
        "spool": {"pending": 0, "quarantined": 0, "oldest_s": None},
        "uplink": {"is_connected": True, "is_forked": False, "is_taken": False, "error": ""},
        "disk": GOOD_DISK,
        "clock": {"trust": "ntp"},
        "lab": False,
    }
    return good | changes


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])

    assert 0 == ended.value.code
    assert f"edge-agent {command}" in capsys.readouterr().out


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    listed = capsys.readouterr().out
    assert all(command in listed for command in COMMANDS)


@pytest.mark.parametrize("words", [[], ["fly"], ["status", "--no-such"]])
def test_wrong_use_ends_with_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert 2 == ended.value.code
    assert "usage" in capsys.readouterr().err


def test_a_quiet_box_has_no_troubles() -> None:
    assert [] == troubles(status())


def test_what_a_telephone_says_of_itself_is_no_trouble() -> None:
    assert [] == troubles(status(readers=[{"name": "tel", "driver": "modem", "state": "open", "detail": "4 bars"}]))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"readers": [{"name": "gate-1", "state": "lost", "detail": "check the cable"}]}, "check the cable"),
        (
            {"readers": [{"name": "cam-1", "driver": "camera", "state": "open", "detail": "cam-1: too dark"}]},
            "cam-1: too dark",
        ),
        ({"spool": {"error": "disk I/O error"}}, "disk I/O error"),
        ({"spool": {"pending": 9, "quarantined": 2, "oldest_s": 5}}, "2 events were refused"),
        ({"spool": {"pending": 9, "quarantined": 0, "oldest_s": 7200}}, "120 minutes"),
        ({"uplink": {"is_connected": False, "is_forked": False, "is_taken": False, "error": "DNS"}}, "DNS"),
        ({"uplink": {"is_connected": True, "is_forked": False, "is_taken": False, "error": "refuses"}}, "refuses"),
        ({"uplink": {"is_connected": True, "is_forked": True, "is_taken": False, "error": ""}}, "copied or set back"),
        ({"uplink": {"is_connected": True, "is_forked": False, "is_taken": True, "error": ""}}, "identity"),
        ({"clock": {"trust": "none"}}, "clock"),
        ({"lab": True}, "laboratory"),
        ({"disk": GOOD_DISK | {"is_filling": True, "days_left": 12}}, "full in 12 days"),
        ({"disk": GOOD_DISK | {"is_filling": True, "is_short": True}}, "as earlier ones are receipted"),
        ({"disk": GOOD_DISK | {"is_filling": True, "is_short": True, "is_refusing": True}}, "cannot be written"),
    ],
)
def test_each_trouble_is_told(changes: dict[str, object], said: str) -> None:
    [trouble] = troubles(status(**changes))

    assert said in trouble


def test_the_daemon_does_not_carry_what_only_people_need() -> None:
    """Memory: neither the tables for the terminal nor the receiver are loaded by `run`."""
    code = (
        "import sys; from edge_agent.cli import _parser; _parser('run');"
        "print([m for m in ('rich', 'sqlite_utils', 'edge_agent.receiver', 'hardware_fakes') if m in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert "[]" == loaded.strip()
