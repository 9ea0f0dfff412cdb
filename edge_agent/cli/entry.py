"""`edge-agent entry`: touches told afterwards, and corrections. The running agent writes them; nothing is rewritten."""

import argparse
import functools
from itertools import chain

from rich.console import Console

from edge_agent.cli.common import complain
from edge_agent.cli.desk import (
    GOOD,
    add_filters,
    add_user,
    asked,
    filters,
    left,
    pages,
    show,
    show_json,
    signed,
    speaking,
    touch,
)
from edge_agent.words import Language
from edge_agent.words.sentences import text

WAYS = ("entry", "exit", "tap")
STATES = ("waiting", "approved", "refused", "void", "settled", "all")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("entry", help="entries by hand, corrections, names", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _add(actions)
    _correct(actions)
    void = actions.add_parser("void", help="take a touch back: it did not happen")
    _one(void)
    void.add_argument("--why", required=True, metavar="TEXT", help="no names: it leaves the box")
    name = actions.add_parser("name", help="say whose a touch was that nobody knew")
    _one(name)
    name.add_argument("--worker", required=True, metavar="ID", help="技能者ID, or the prime's own number")
    name.add_argument("--way", choices=WAYS, help="where the touch does not tell: a shared telephone")
    name.add_argument("--why", default="", metavar="TEXT")
    listed = actions.add_parser("list", help="what waits, or what became of it")
    add_user(listed)
    add_filters(listed)
    listed.add_argument("--state", choices=STATES, default="waiting", help="default: waiting")
    listed.add_argument("--by-hand", action="store_true", help="only entries by hand")


def run(args: argparse.Namespace) -> int:
    """Do it; return 0 if good, 1 if the agent says no."""
    if args.action == "list":
        return speaking(functools.partial(_show_list, args))
    return speaking(functools.partial(_write, args))


def _add(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = actions.add_parser("add", help="a touch told afterwards: a forgotten card, a reader out of order")
    add_user(parser)
    parser.add_argument("--worker", required=True, metavar="ID", help="技能者ID, or the prime's own number")
    parser.add_argument("--way", required=True, choices=WAYS)
    parser.add_argument(
        "--at", default="", metavar="TIME", help="such as '2026-11-24 07:40', Japan's time; default: now"
    )
    parser.add_argument(
        "--why", required=True, metavar="TEXT", help="such as 'forgotten card'; no names: it leaves the box"
    )
    parser.add_argument(
        "--site", default="", metavar="ID", help="where the box serves several; default: the present one"
    )
    parser.add_argument("--note", default="", metavar="TEXT", help="作業場所メモ: where on the site")
    parser.add_argument(
        "--earlier-stay", action="store_true", help="this exit ends a stay before the one that is known"
    )


def _correct(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = actions.add_parser("correct", help="say who, when or which way a touch really was")
    _one(parser)
    parser.add_argument("--worker", default="", metavar="ID")
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--at", default="", metavar="TIME", help="such as '2026-11-24 07:40', Japan's time")
    parser.add_argument("--why", required=True, metavar="TEXT", help="no names: it leaves the box")


def _one(parser: argparse.ArgumentParser) -> None:
    add_user(parser)
    parser.add_argument("touch", type=touch, metavar="TOUCH", help="its number, or EPOCH-NUMBER, as `entry list` shows")


def _write(args: argparse.Namespace) -> int:
    do, wish = _add_wish(args) if args.action == "add" else _amend_wish(args)
    [answer] = asked(args, do, **wish, **signed(args))
    if args.json:
        show_json([answer])
        return GOOD
    language, console = Language.of_terminal(), Console(soft_wrap=True)
    show([answer], console)
    told = [text("desk.deadline", language, left=left(answer))] if answer["state"] == "waiting" else []
    if answer.get("is_presence_sure") is False:
        told.append(text("desk.presence-unsure", language))
    for line in told:
        console.print(line, markup=False, highlight=False)
    return GOOD


def _add_wish(args: argparse.Namespace) -> tuple[str, dict[str, object]]:
    wish = {name: getattr(args, name) for name in ("worker", "at", "why", "site", "note", "earlier_stay")}
    return "entry-add", wish | {"meaning": args.way}


def _amend_wish(args: argparse.Namespace) -> tuple[str, dict[str, object]]:
    kind = {"correct": "change"}.get(args.action, args.action)
    epoch, seq = args.touch
    wish = {name: getattr(args, name, "") for name in ("worker", "at", "why")}
    return "entry-amend", wish | {"kind": kind, "epoch": epoch, "seq": seq, "meaning": getattr(args, "way", None)}


def _show_list(args: argparse.Namespace) -> int:
    do = "entry-list" if args.by_hand else "waiting"
    rows = pages(args, do, state=args.state, **filters(args))
    if args.json:
        show_json(rows)
        return GOOD
    first = next(rows, None)
    if first is None:
        complain(text("desk.none", Language.of_terminal()))
    else:
        show(chain([first], rows), Console(soft_wrap=True))
    return GOOD
