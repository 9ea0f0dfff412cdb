"""`edge-agent headcount`: how many people were counted (朝礼), which is what rates are divided by."""

import argparse

from edge_agent.cli.desk import GOOD, add_user, asked, show_json, signed, speaking
from edge_agent.words import Language
from edge_agent.words.sentences import text


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("headcount", help="how many people were counted today", description=__doc__)
    add_user(parser)
    parser.add_argument("count", type=int, metavar="N")
    parser.add_argument("--day", default="", metavar="YYYY-MM-DD", help="default: today")
    parser.add_argument("--company", default="", metavar="ID", help="default: all together")
    parser.add_argument("--site", default="", metavar="ID", help="default: the one the box serves")


def run(args: argparse.Namespace) -> int:
    """Send it; return 0 if good, 1 if the agent says no."""
    return speaking(lambda: _send(args))


def _send(args: argparse.Namespace) -> int:
    wish = {name: getattr(args, name) for name in ("count", "day", "company", "site")}
    [answer] = asked(args, "headcount", **wish, **signed(args))
    if args.json:
        show_json([answer])
    else:
        told = {name: answer[name] for name in ("site", "day", "count")}
        print(text("desk.headcount", Language.of_terminal(), **told, company=answer["company"] or "*"))  # noqa: T201 - the command line speaks
    return GOOD
