"""`edge-agent badge`: badges for workers, the poster of the site, the key that signs them, what counts no more."""

import argparse
import json
import logging
from pathlib import Path
from typing import assert_never

from edge_agent.cli import badge_print
from edge_agent.cli.common import add_config, complain
from edge_agent.cli.desk import NoPassword, add_user, asked, signed
from edge_agent.config.load import ConfigError
from edge_agent.config.secrets import SecretUnavailable
from edge_agent.control.client import NotRunning, Refused
from edge_agent.holders import NoHolders
from edge_agent.paper.fonts import NoFont
from edge_agent.portable.files import hand_over
from edge_agent.signing import KeyUnavailable, SigningKey
from spool.file import SpoolError

GOOD, FAILED, WRONG_USE = 0, 1, 2
# What the configuration warns of is the daemon's to tell.
logging.getLogger("edge_agent.config").addHandler(logging.NullHandler())


_TOLD = (
    badge_print.CannotPrint,
    NoHolders,
    NoFont,
    KeyUnavailable,
    SpoolError,
    NoPassword,
    NotRunning,
    Refused,
)
"""What ends a command with a message."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("badge", help="QR badges and the site's poster", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    key = _add(actions, "key", "print the public key of a file; make the key if there is none")
    key.add_argument("file", type=Path, metavar="FILE", help="what [badge] key_file names")
    key.add_argument("--json", action="store_true", help="one JSON object")
    printed = _add(actions, "print", "sign new badges and draw them for a printer")
    _add_output(printed)
    printed.add_argument("--layout", choices=("sheet", "card"), default="sheet", help="A4 with ten (default), or ID-1")
    printed.add_argument(
        "--list", type=Path, metavar="FILE", help="people from CSV or XLSX, as `roster import` takes it"
    )
    who = printed.add_mutually_exclusive_group(required=True)
    who.add_argument("--worker", nargs="+", default=[], metavar="ID", help="these workers")
    who.add_argument("--company", default="", metavar="ID", help="everybody of this company, by id or name")
    who.add_argument("--all", action="store_true", help="everybody")
    poster = _add(actions, "poster", "draw the site's poster")
    _add_output(poster)
    poster.add_argument(
        "--notice",
        action="append",
        default=[],
        metavar="TEXT",
        help="a line at the bottom, such as who to ask; up to 4",
    )
    revoke = _add(actions, "revoke", "let badges count no more, at the agent that runs here")
    revoke.add_argument("serial", nargs="*", metavar="SERIAL", help="the number printed on the badge")
    revoke.add_argument("--worker", nargs="+", default=[], metavar="ID", help="all badges issued to them until now")
    revoke.add_argument("--csv", type=Path, metavar="FILE", help="a serial in each line")
    add_user(revoke)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; return 0 if good, 1 if it failed, 2 for wrong use or configuration."""
    try:
        match args.action:
            case "key":
                return _key(args)
            case "print":
                return badge_print.badges(args)
            case "poster":
                return badge_print.site_poster(args)
            case "revoke":
                return _revoke(args)
            case other:
                assert_never(other)
    except (ConfigError, SecretUnavailable) as exc:
        complain(exc)
        return WRONG_USE
    except (
        badge_print.CannotPrint,
        NoHolders,
        NoFont,
        KeyUnavailable,
        SpoolError,
        NoPassword,
        NotRunning,
        Refused,
    ) as exc:
        complain(exc)
    except OSError as exc:
        complain(f"{exc.filename}: {exc.strerror}")
    return FAILED


def _key(args: argparse.Namespace) -> int:
    is_new = not args.file.exists()
    key = SigningKey.load(args.file)
    if is_new:
        hand_over(args.file)
    _say(json.dumps({"key": key.public, "is_new": is_new}) if args.json else key.public)
    return GOOD


def _revoke(args: argparse.Namespace) -> int:
    serials = [*args.serial, *(_lines(args.csv) if args.csv else [])]
    answer = asked(args, "badge-revoke", serials=serials, workers=args.worker, **signed(args))[0]
    _say(
        json.dumps(answer) if args.json else f"revoked: {answer['serials']} badges, all of {answer['workers']} workers"
    )
    return GOOD


def _lines(file: Path) -> list[str]:
    # Its first cell: what `badge print` lists, or a column copied from anywhere.
    cells = [line.split(",")[0].strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
    return [cell for cell in cells if cell and cell.casefold() != "serial"]


def _add(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, meaning: str
) -> argparse.ArgumentParser:
    return actions.add_parser(name, help=meaning, description=meaning)


def _add_output(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="FILE.pdf, or FILE.svg")
    parser.add_argument("--today", metavar="DATE", help="such as 2026-11-23, where this machine's clock is not kept")
    parser.add_argument("--json", action="store_true", help="JSON, one object a line")


def _say(line: str) -> None:
    print(line)  # noqa: T201 - the command line speaks
