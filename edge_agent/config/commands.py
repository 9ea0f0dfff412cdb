"""`edge-agent config`: check a configuration, show what holds, print an example. Changes nothing."""

import argparse
import json
from pathlib import Path
from typing import assert_never

from edge_agent.config import show
from edge_agent.config.example import example
from edge_agent.config.load import ConfigError, Examined, examine
from edge_agent.config.mistake import Mistake, shown_path
from edge_agent.config.settings import AgentConfig, ReceiverConfig
from edge_agent.words import Language
from edge_agent.words.sentences import text

DEFAULT_FILE = Path("/etc/edge-agent/config.toml")
GOOD, WRONG = 0, 2


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("config", help="check or show the configuration", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, meaning in (
        ("check", "list every mistake in the file"),
        ("show", "show the values that hold, with defaults"),
    ):
        action = actions.add_parser(name, help=meaning, description=meaning)
        action.add_argument(
            "file", nargs="?", type=Path, default=DEFAULT_FILE, metavar="FILE", help=f"default: {DEFAULT_FILE}"
        )
        action.add_argument("--receiver", action="store_true", help="it is the receiver's file")
        action.add_argument("--json", action="store_true", help="one JSON object")
    printed = actions.add_parser("example", help="print a file to begin with", description="print a file to begin with")
    printed.add_argument("--receiver", action="store_true", help="for the receiver")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; return 0 if the file is good, 2 if it is not."""
    kind = ReceiverConfig if args.receiver else AgentConfig
    match args.action:
        case "check":
            return _check(args.file, examine(args.file, kind), as_json=args.json)
        case "show":
            return _show(args.file, examine(args.file, kind), as_json=args.json)
        case "example":
            _say(example(kind).rstrip("\n"))
            return GOOD
        case other:
            assert_never(other)


def _check(file: Path, examined: Examined[AgentConfig | ReceiverConfig], *, as_json: bool) -> int:
    if as_json:
        _say(_as_json(file, examined))
    else:
        language = Language.of_terminal()
        for mistake in examined.mistakes:
            _say(mistake.text(language))
        if examined.config:
            _say(text("config.good", language, file=shown_path(file)))
    return GOOD if examined.config else WRONG


def _show(file: Path, examined: Examined[AgentConfig | ReceiverConfig], *, as_json: bool) -> int:
    if examined.config is None:
        _say(_as_json(file, examined) if as_json else str(ConfigError(examined.mistakes)))
        return WRONG
    _say(show.as_json(examined.config) if as_json else show.as_toml(examined.config).rstrip("\n"))
    return GOOD


def _as_json(file: Path, examined: Examined[AgentConfig | ReceiverConfig]) -> str:
    said = {
        "file": shown_path(file),
        "good": examined.config is not None,
        "mistakes": [_fields(mistake) for mistake in examined.mistakes],
    }
    return json.dumps(said, ensure_ascii=False, indent=2)


def _fields(mistake: Mistake) -> dict[str, object]:
    says = mistake.says.text(Language.of_terminal())
    return {"table": mistake.table, "key": mistake.key, "says": says, "is_warning": mistake.is_warning}


def _say(line: str) -> None:
    print(line)  # noqa: T201 - the command line speaks
