"""The command line: `edge-agent COMMAND`. Finds the command's module; what it does stands there."""

import argparse
import importlib
import io
import sys
from collections.abc import Sequence

from edge_agent.version import VERSION

COMMANDS = {
    "run": "edge_agent.cli.run",
    "status": "edge_agent.cli.status",
    "watch": "edge_agent.cli.watch",
    "roster": "edge_agent.cli.roster",
    "spool": "edge_agent.cli.spool",
    "badge": "edge_agent.cli.badge",
    "receive": "edge_agent.receiver.commands",
    "entry": "edge_agent.cli.entry",
    "approve": "edge_agent.cli.approve",
    "headcount": "edge_agent.cli.headcount",
    "users": "edge_agent.cli.users",
    "models": "edge_agent.cli.models",
    "config": "edge_agent.config.commands",
    "demo": "edge_agent.cli.demo",
    "enroll": "edge_agent.cli.enroll",
    "face": "edge_agent.cli.face",
    "site": "edge_agent.cli.site",
    "help": "edge_agent.cli.help",
}
"""Command to module. Only the module asked for is imported: the daemon must not carry the others' weight."""

GOOD, FAILED, WRONG_USE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0 if good, 1 if what was asked for failed, 2 for wrong use or configuration."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot write a name shows it escaped
            stream.reconfigure(errors="backslashreplace")
    words = list(sys.argv[1:] if argv is None else argv)
    asked = words[0] if words and words[0] in COMMANDS else None
    args = _parser(asked).parse_args(words)
    try:
        code: int = importlib.import_module(COMMANDS[args.command]).run(args)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `edge-agent watch | head` is no mistake
        sys.stderr.close()
        return GOOD
    return code


def _parser(asked: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="edge-agent",
        description="Record who comes to and leaves a construction site; lose nothing on the way to the office.",
    )
    parser.add_argument("--version", action="version", version=f"edge-agent {VERSION}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in [asked] if asked else COMMANDS:
        importlib.import_module(COMMANDS[name]).add_parser(commands)
    return parser
