"""`edge-agent config`: good or wrong in the exit code, for people or as JSON, and never a secret."""

import argparse
import json
import tomllib
from dataclasses import replace

import pytest

from edge_agent.config import commands, show
from edge_agent.config.declare import tables
from edge_agent.config.load import load_agent
from edge_agent.config.settings import AgentConfig


def run(*words):
    parser = argparse.ArgumentParser()
    commands.add_parser(parser.add_subparsers())
    return commands.run(parser.parse_args(["config", *map(str, words)]))


def test_check_says_good_and_exits_0(written, capsys):
    path = written.write(written.agent)

    assert 0 == run("check", path)
    assert f"{path}: good\n" == capsys.readouterr().out


def test_check_says_all_mistakes_and_exits_2(written, capsys):
    path = written.write(written.agent.replace("gw-0001", "GW").replace("[broker]", "[broker]\nport = 0"))

    assert 2 == run("check", path)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{path}: [agent] gateway: ")
    assert second.startswith(f"{path}: [broker] port: ")


def test_check_says_warnings_and_good(written, capsys):
    written.secret("card.key").chmod(0o644)
    path = written.write(written.agent)

    assert 0 == run("check", path)
    note, good = capsys.readouterr().out.splitlines()
    assert note.startswith(f"note: {path}: [agent] card_key_file: ")
    assert f"{path}: good" == good


def test_check_speaks_japanese_in_a_japanese_terminal(written, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    path = written.write(written.agent)

    run("check", path)

    assert f"{path}: 問題ありません\n" == capsys.readouterr().out


def test_check_as_json_names_table_and_key(written, capsys):
    path = written.write(written.agent.replace("[broker]", "[broker]\nport = 0"))

    assert 2 == run("check", path, "--json")
    assert {
        "file": str(path),
        "good": False,
        "mistakes": [
            {"table": "[broker]", "key": "port", "says": "0 is out of bounds; write 1 .. 65535", "is_warning": False}
        ],
    } == json.loads(capsys.readouterr().out)


def test_receivers_file_is_checked_as_such(written):
    path = written.write('[broker]\nhost = "localhost"\n')

    assert 0 == run("check", path, "--receiver")
    assert 2 == run("check", path)


@pytest.mark.parametrize("action", ["check", "show"])
def test_file_is_where_the_package_puts_it_unless_said(action):
    parser = argparse.ArgumentParser()
    commands.add_parser(parser.add_subparsers())

    assert "/etc/edge-agent/config.toml" == str(parser.parse_args(["config", action]).file)


def test_show_marks_defaults(written, capsys):
    path = written.write(written.agent.replace("[broker]", "[broker]\nport = 1883"))

    assert 0 == run("show", path)
    lines = capsys.readouterr().out.splitlines()
    assert "port = 1883" in lines
    assert "keepalive_s = 30  # default" in lines


def test_show_hides_the_login_of_a_camera(written, capsys):
    path = written.write(
        written.agent + '[[reader]]\nname = "eye"\ndriver = "camera"\nvideo = "rtsp://a:hunter2@h/1"\n'
    )

    for words in (("show", path), ("show", path, "--json")):
        run(*words)
        out = capsys.readouterr().out
        assert "hunter2" not in out
        assert "@h/1" in out


def test_show_holds_every_setting(written, capsys):
    path = written.write(written.agent)
    run("show", path)
    shown = tomllib.loads(capsys.readouterr().out)
    run("show", path, "--json")
    as_json = json.loads(capsys.readouterr().out)

    for table in tables(AgentConfig):
        if table.name in {"credential", "user"}:
            continue
        held = shown[table.name][0] if table.is_array else shown[table.name]
        assert [declared.key for declared in table.settings] == list(held)
    assert shown | {"credential": [], "user": []} == as_json["values"]
    assert "broker.port" in as_json["defaults"]
    assert "reader.0.driver" in as_json["defaults"]
    assert "agent.gateway" not in as_json["defaults"]


def test_show_of_a_wrong_file_says_its_mistakes(written, capsys):
    path = written.write("[agent]\n")

    assert 2 == run("show", path)
    assert "[agent] gateway: is missing" in capsys.readouterr().out
    assert 2 == run("show", path, "--json")
    assert json.loads(capsys.readouterr().out)["good"] is False


@pytest.mark.parametrize("words", [("check",), ("show",), ("check", "--json"), ("show", "--json")])
def test_content_of_a_secret_file_is_never_printed(written, capsys, words):
    password = written.secret("password", b"hunter2\n")
    path = written.write(written.agent.replace("[broker]", f'[broker]\npassword_file = "{password}"'))

    assert 0 == run(words[0], path, *words[1:])
    out = capsys.readouterr().out
    assert "hunter2" not in out
    assert "this-is-the-secret" not in out
    assert words[0] == "check" or str(password) in out


@pytest.mark.parametrize("secret", ["hunter2", "-----BEGIN PRIVATE KEY-----hunter2"])
def test_show_masks_what_is_no_reference(written, secret):
    """
    The loader refuses it; a configuration made in code has not passed the loader.
    """
    config = load_agent(written.write(written.agent))
    config = replace(config, broker=replace(config.broker, password_file=secret, username="-----BEGIN hunter2"))

    for shown in (show.as_toml(config), show.as_json(config)):
        assert "hunter2" not in shown
        assert "••••" in shown


def test_example_is_printed(capsys):
    assert 0 == run("example")
    assert "[agent]" in capsys.readouterr().out
    assert 0 == run("example", "--receiver")
    assert "[receiver]" in capsys.readouterr().out
