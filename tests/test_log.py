"""Logs: a constant text, facts as fields, one line each, whatever is in them."""

import json
import logging

import pytest

from edge_agent.log import JsonLines, TextLines
from edge_agent.notify import Notify


def record(text: str, **facts: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"msg": text, "levelname": "WARNING", "name": "edge_agent.devices"})
    made.__dict__.update(facts)
    return made


def test_text_lines_put_the_facts_behind_the_event() -> None:
    assert 'WARNING reader lost reader=gate-1 why="no cable"' == TextLines().format(
        record("reader lost", reader="gate-1", why="no cable")
    )


def test_a_fact_cannot_forge_a_line() -> None:
    """Security: what came over the wire must not look like a line of ours."""
    line = TextLines().format(record("broker lost", error="bye\nINFO agent stopped"))

    assert 1 == len(line.splitlines())


def test_json_lines_are_one_object_each() -> None:
    told = json.loads(JsonLines().format(record("reader lost", reader="ゲート1", why="a\nb")))

    assert {"level": "warning", "logger": "edge_agent.devices", "event": "reader lost"}.items() <= told.items()
    assert ("ゲート1", "a\nb") == (told["reader"], told["why"])


def test_a_bug_brings_its_traceback() -> None:
    with pytest.raises(ValueError, match="a bug") as raised:
        int("a bug")
    made = record("reader failed unexpectedly", exc_info=(raised.type, raised.value, raised.tb))

    assert "a bug" in TextLines().format(made)
    assert "a bug" in json.loads(JsonLines().format(made))["traceback"]


def test_without_systemd_nobody_is_told_and_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    notify = Notify()
    notify.ready()

    assert notify.watchdog_s is None


def test_a_service_manager_that_is_away_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/nonexistent/notify.sock")

    Notify().status("still here")
    assert Notify()._address
