"""`edge-agent approve`: the prime's word (元請承認) on what waits. What is shown is judged, and nothing else."""

import argparse
import sys
from typing import Any

from rich.console import Console

from edge_agent.cli.common import complain
from edge_agent.cli.desk import (
    FAILED,
    GOOD,
    WRONG_USE,
    add_filters,
    add_user,
    asked,
    confirmed,
    filters,
    pages,
    show,
    show_json,
    signed,
    speaking,
    touch,
)
from edge_agent.words import Language
from edge_agent.words.sentences import text

AT_ONCE = 500


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("approve", help="approve or refuse what waits", description=__doc__)
    add_user(parser)
    add_filters(parser)
    parser.add_argument("touches", nargs="*", type=touch, metavar="TOUCH", help="as `edge-agent entry list` shows them")
    parser.add_argument("--all", action="store_true", help="everything that waits")
    parser.add_argument("--refuse", action="store_true", help="it does not count; wants --why")
    parser.add_argument("--why", default="", metavar="TEXT", help="no names: it leaves the box")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace) -> int:
    """Show, ask, judge; return 0 if good, 1 if the agent says no, 2 for wrong use."""
    language = Language.of_terminal()
    if not (args.touches or args.all or any(filters(args).values())):
        complain(text("desk.say-which", language))
        return WRONG_USE
    if args.refuse and not args.why.strip():
        complain(text("desk.say-why", language))
        return WRONG_USE
    if not args.yes and (args.json or not sys.stdin.isatty()):
        complain(text("desk.say-yes", language))
        return WRONG_USE
    return speaking(lambda: _judge(args, language))


def _judge(args: argparse.Namespace, language: Language) -> int:
    console = Console(soft_wrap=True)
    rows, missing = _chosen(args)
    good = [row for row in rows if args.refuse or row["worker"]]
    for epoch, seq in missing:
        complain(text("desk.not-there", language, touch=f"{epoch}-{seq}".lstrip("-")))
    if not args.json:
        show(rows, console)
        if len(good) < len(rows):
            console.print(text("desk.unnamed", language, count=len(rows) - len(good)), markup=False)
    if missing or not good:
        complain(text("desk.nothing", language))
        return FAILED
    question = text("desk.ask-refuse" if args.refuse else "desk.ask-approve", language, count=len(good))
    if not args.yes and not confirmed(question):
        return FAILED
    done = _send(args, good)
    if args.json:
        show_json([done])
    else:
        console.print(text("desk.judged", language, count=done["judged"], again=done["again"]), markup=False)
    return GOOD


def _chosen(args: argparse.Namespace) -> tuple[list[dict[str, Any]], list[tuple[str, int]]]:
    """Return what is to be judged, and which of the touches that were named are not there."""
    if not args.touches:
        return list(pages(args, "waiting", **filters(args))), []
    rows = list(pages(args, "waiting", state="all", **filters(args)))
    found = [[row for row in rows if row["seq"] == seq and epoch in {"", row["epoch"]}] for epoch, seq in args.touches]
    missing = [named for named, some in zip(args.touches, found, strict=True) if len(some) != 1]
    return [row for some in found for row in some], missing


def _send(args: argparse.Namespace, rows: list[dict[str, Any]]) -> dict[str, Any]:
    wish = {"verdict": "refuse" if args.refuse else "approve", "why": args.why, **signed(args)}
    total: dict[str, Any] = {"judged": 0, "again": 0}
    for first in range(0, len(rows), AT_ONCE):
        touches = [[row["epoch"], row["seq"]] for row in rows[first : first + AT_ONCE]]
        [answer] = asked(args, "judge", touches=touches, **wish)
        total = answer | {name: total[name] + answer[name] for name in total if name in {"judged", "again"}}
    return total
