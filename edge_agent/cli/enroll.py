"""`edge-agent enroll`: give the next card, telephone or code to a worker, or their face; block what is lost."""

import argparse
import json
from functools import partial
from typing import Any

from rich.console import Console

from edge_agent.cli import face_enroll
from edge_agent.cli.common import complain
from edge_agent.cli.desk import GOOD, PATIENCE_S, WRONG_USE, add_user, signed, speaking
from edge_agent.control.client import ask
from edge_agent.core.people import KINDS
from edge_agent.enrolment import LONGEST_WAIT_S, WAIT_S
from edge_agent.words import Language
from edge_agent.words.sentences import text


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("enroll", help="give the next card shown to a worker", description=__doc__)
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("worker", nargs="?", metavar="WORKER", help="技能者ID, or the prime's own number")
    who.add_argument("--worker", dest="named", metavar="ID", help="the same")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--reader", default="", metavar="NAME", help="only this reader enrols; default: whichever is first"
    )
    what.add_argument(
        "--number", default="", metavar="TEXT", help="no reader: the card's number in hex, or a telephone's"
    )
    what.add_argument("--lost", action="store_true", help="block all of the worker's credentials of the kind")
    what.add_argument("--found", action="store_true", help="let what was lost count again")
    parser.add_argument("--kind", default="card", choices=KINDS, help="with --number, --lost, --found; default: card")
    parser.add_argument("--replace", action="store_true", help="issued again: the worker's others of the kind end")
    parser.add_argument("--move", action="store_true", help="take it away from whoever had it")
    parser.add_argument("--share", action="store_true", help="it is that of others too: a companion's telephone")
    parser.add_argument(
        "--timeout", type=float, default=WAIT_S, metavar="S", help=f"how long to wait, default: {WAIT_S:.0f}"
    )
    face_enroll.add_arguments(parser)
    add_user(parser)


def run(args: argparse.Namespace) -> int:
    """Enrol, or block; return 0 if it was done."""
    args.worker = args.worker or args.named
    if wrong := face_enroll.wrong_use(args):
        complain(wrong)
        return WRONG_USE
    if args.face:
        return speaking(partial(face_enroll.run, args))
    if args.lost or args.found:
        return speaking(partial(_set_state, args))
    return speaking(partial(_enroll, args))


def _enroll(args: argparse.Namespace) -> int:
    wish = {
        "worker": args.worker,
        "reader": args.reader,
        "number": args.number,
        "kind": args.kind,
        "replace": args.replace,
        "move": args.move,
        "share": args.share,
        "wait_s": min(args.timeout, LONGEST_WAIT_S),
    }
    console, language = Console(stderr=True), Language.of_terminal()
    answer: dict[str, Any] = {}
    with console.status("") as status:
        for answer in ask(args.socket, "enroll", timeout_s=PATIENCE_S, **wish, **signed(args)):
            if "waiting_s" in answer:
                status.update(text("enroll.touch", language, worker=args.worker, left=answer["waiting_s"]))
    _say(args, answer, text("enroll.done", language, worker=args.worker, kind=answer["kind"], named=answer["named"]))
    return GOOD


def _set_state(args: argparse.Namespace) -> int:
    wish = {"worker": args.worker, "kind": args.kind, "state": "lost" if args.lost else "active"}
    answer = next(iter(ask(args.socket, "credential-state", timeout_s=PATIENCE_S, **wish, **signed(args))))
    said = "enroll.lost" if args.lost else "enroll.found"
    _say(args, answer, text(said, Language.of_terminal(), worker=args.worker, count=answer["changed"], kind=args.kind))
    return GOOD


def _say(args: argparse.Namespace, answer: dict[str, object], words: str) -> None:
    print(json.dumps(answer, ensure_ascii=False) if args.json else words)  # noqa: T201 - the command line speaks
