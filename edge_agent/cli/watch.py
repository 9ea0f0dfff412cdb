"""`edge-agent watch`: touches as they happen, until Ctrl-C."""

import argparse
import json
from typing import Any

from rich.console import Console

from drivers.contract import HintKind
from edge_agent.cli.common import add_socket, complain
from edge_agent.control.client import NotRunning, Refused, ask
from edge_agent.words import Language
from edge_agent.words.answers import ScreenLanguage
from edge_agent.words.hints import hint
from edge_agent.words.reasons import why

COLOURS = {
    "entered": "green",
    "left": "blue",
    "tapped": "green",
    "already": "bright_black",
    "pending": "yellow",
    "refused": "red",
}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("watch", help="touches as they happen", description=__doc__)
    add_socket(parser)
    parser.add_argument("--count", type=int, default=0, metavar="N", help="end after N touches")


def run(args: argparse.Namespace) -> int:
    """Print each touch; return 1 if no agent answers or it ends."""
    console, seen = Console(soft_wrap=True), 0
    try:
        for said in ask(args.socket, "watch", timeout_s=30.0):
            if said.get("missed"):
                complain(f"{said['missed']} touches were not shown: they came too fast for this terminal")
            if "hint" in said:
                _print_hint(console, said, as_json=args.json)
            if "seq" not in said:
                continue
            _print(console, said, as_json=args.json)
            seen += 1
            if seen == args.count:
                return 0
    except (NotRunning, Refused) as exc:
        complain(exc)
        return 1
    complain("the agent has stopped")
    return 1


def _print_hint(console: Console, said: dict[str, Any], *, as_json: bool) -> None:
    words = hint(HintKind(said["hint"]), ScreenLanguage(Language.of_terminal().value))
    text = json.dumps(said, ensure_ascii=False) if as_json else f"          {said['reader']:<10} {words}"
    console.print(text, style=None if as_json else "bright_black", markup=False, highlight=False)


def _print(console: Console, said: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        console.print(json.dumps(said, ensure_ascii=False), markup=False, highlight=False)
        return
    who = said["name"] or said["worker"] or f"unknown {said['method']} {(said['credential'] or '')[5:13]}".strip()
    remarks = [*said["flags"], *([why(said["reason"], Language.of_terminal())] if said["reason"] else [])]
    flags = f"  ({', '.join(remarks)})" if remarks else ""
    style = COLOURS.get(said["answer"], "")
    console.print(
        f"{said['time'][11:19]}  {said['reader']:<10} {said['meaning']:<7} {who}{flags}",
        style=style,
        markup=False,
        highlight=False,
    )
