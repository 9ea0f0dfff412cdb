"""`edge-agent site`: a new site on the spot, its 現場ID later, which one this box serves, and place notes."""

import argparse
import json
from functools import partial
from typing import Any

from rich.console import Console
from rich.table import Table

from edge_agent.cli.common import add_socket
from edge_agent.cli.desk import GOOD, add_user, asked, show_json, signed, speaking
from edge_agent.words import Language
from edge_agent.words.sentences import text

_FACTS = ("ccus", "name", "valid_from", "valid_to", "prime", "contract_yen", "place", "parent")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("site", help="the sites of this box, and where it stands now", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_socket(_action(actions, "list", "which sites the box knows, and which one it serves"))
    new = _action(actions, "new", "make a site without a network, and serve it from now on")
    new.add_argument("name", metavar="NAME", help="what people call it")
    known = _action(actions, "set", "say what is known of a site")
    known.add_argument("site", metavar="ID", help="as `site list` shows it")
    known.add_argument("--name", metavar="NAME", help="what people call it")
    for each in (new, known):
        _add_facts(each)
        add_user(each)
    use = _action(actions, "use", "serve this site from now on")
    use.add_argument("site", metavar="ID", help="as `site list` shows it")
    note = _action(actions, "note", "write where the box stands: a place note for every touch from now on")
    note.add_argument("note", metavar="TEXT", help="such as '3F east'; empty: none")
    for each in (use, note):
        add_user(each)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; return 0 if it was done."""
    actions = {"list": _list, "new": _put, "set": _put, "use": _use, "note": _note}
    return speaking(partial(actions[args.action], args))


def _action(actions: Any, name: str, meaning: str) -> argparse.ArgumentParser:  # noqa: ANN401 - argparse keeps its type to itself
    parser: argparse.ArgumentParser = actions.add_parser(name, help=meaning, description=meaning)
    return parser


def _add_facts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ccus", metavar="ID", help="現場ID, 14 digits")
    parser.add_argument("--from", dest="valid_from", metavar="DAY", help="first day of the 就業履歴蓄積期間")
    parser.add_argument("--to", dest="valid_to", metavar="DAY", help="last day")
    parser.add_argument("--prime", metavar="NAME", help="the prime contractor")
    parser.add_argument("--contract-yen", type=int, metavar="YEN", help="the contract's amount")
    parser.add_argument("--place", metavar="TEXT", help="where it is")
    parser.add_argument("--parent", metavar="ID", help="the wide-area site it is part of")


def _put(args: argparse.Namespace) -> int:
    told = {name: getattr(args, name) for name in _FACTS if getattr(args, name) is not None}
    if args.action == "set":
        told["site"] = args.site
    (site,) = asked(args, "site-put", **told, **signed(args))
    said = "site.made" if args.action == "new" else "site.kept"
    _say(args, site, text(said, Language.of_terminal(), id=site["id"], name=site["name"]))
    return GOOD


def _use(args: argparse.Namespace) -> int:
    (answer,) = asked(args, "site-use", site=args.site, **signed(args))
    _say(args, answer, text("site.used", Language.of_terminal(), id=answer["site"]))
    return GOOD


def _note(args: argparse.Namespace) -> int:
    (answer,) = asked(args, "site-use", note=args.note, **signed(args))
    _say(args, answer, text("site.noted", Language.of_terminal(), note=answer["note"]))
    return GOOD


def _list(args: argparse.Namespace) -> int:
    sites = asked(args, "site-list")
    if args.json:
        show_json(sites)
        return GOOD
    rows = [_row(site) for site in sites]
    console = Console(soft_wrap=True)
    if not console.is_terminal:
        for row in rows:
            console.print("\t".join(row), markup=False, highlight=False)
        return GOOD
    table = Table(*text("site.columns", Language.of_terminal()).split("|"))
    for row in rows:
        table.add_row(*row)
    console.print(table)
    return GOOD


def _row(site: dict[str, Any]) -> list[str]:
    period = f"{site['valid_from'] or '-'} .. {site['valid_to'] or '-'}"
    here = f"* {site['note']}".strip() if site["is_here"] else "-"
    return [here, site["id"], site["ccus"] or "-", site["name"] or "-", period, site["parent"] or "-"]


def _say(args: argparse.Namespace, answer: dict[str, Any], words: str) -> None:
    print(json.dumps(answer, ensure_ascii=False) if args.json else words)  # noqa: T201 - the command line speaks
