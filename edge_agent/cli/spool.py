"""`edge-agent spool`: the box's events on a USB stick, receipts back from it, and a proof that the file is whole."""

import argparse
import json
import logging
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from edge_agent.cli import stick
from edge_agent.cli.common import DEFAULT_SOCKET, complain
from edge_agent.config.load import ConfigError, load_agent
from edge_agent.control.client import NotRunning, Refused
from edge_agent.portable.files import hand_over_log
from edge_agent.portable.proof import prove
from edge_agent.portable.receipts import Unbelievable
from edge_agent.portable.source import Source
from edge_agent.signing import KeyUnavailable
from spool.file import SpoolError

GOOD, FAILED, WRONG_USE = 0, 1, 2
# What the configuration warns of is the daemon's to tell.
logging.getLogger("edge_agent.config").addHandler(logging.NullHandler())

SPOOL = Path("/var/lib/edge-agent/spool.db")
DEFAULT_CONFIG = Path("/etc/edge-agent/config.toml")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("spool", help="events on a USB stick, and a proof of the file", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    out = _add(actions, "export", "write the events the office does not have into a file, for a USB stick")
    out.add_argument("file", type=Path, metavar="FILE", help="a file, or a folder such as the stick's")
    which = out.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="everything that is kept, also what is receipted")
    which.add_argument("--from", dest="first", type=_number, metavar="SEQ", help="everything from this number on")
    back = _add(actions, "import-receipts", "take the receipts that came back on the stick")
    back.add_argument("file", type=Path, metavar="FILE", help="from `edge-agent receive import`")
    back.add_argument(
        "--trust-key", default="", metavar="HEX", help="believe this receiver once, in place of receiver_key"
    )
    back.add_argument("--socket", type=Path, metavar="PATH", help=f"default: the configuration's, or {DEFAULT_SOCKET}")
    _add(actions, "verify", "prove that nothing in the file was changed or left out")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; return 0 if good, 1 if it failed or something is wrong, 2 for a wrong configuration."""
    actions = {"export": stick.write_events, "import-receipts": stick.take_receipts, "verify": _verify}
    try:
        spool = _spool(args)
        try:
            return actions[args.action](args, spool)
        finally:
            hand_over_log(spool)
    except BrokenPipeError:
        raise  # `... verify | head` is no mistake
    except ConfigError as exc:
        complain(exc)
        return WRONG_USE
    except (SpoolError, KeyUnavailable, Unbelievable, NotRunning, Refused) as exc:
        complain(exc)
    except OSError as exc:
        complain(f"{exc.filename or args.file}: {exc.strerror}")
    return FAILED


def _verify(args: argparse.Namespace, spool: Path) -> int:
    console, found = Console(soft_wrap=True), 0
    with (
        Source(spool) as source,
        Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress,
    ):
        task = progress.add_task("verifying", total=source.count(0))
        for finding in prove(spool, moved=lambda events: progress.advance(task, events)):
            found += 1
            told = json.dumps({"seq": finding.seq, "says": finding.says}, ensure_ascii=False)
            console.out(told if args.json else f"{finding.seq or '-'}: {finding.says}", highlight=False)
    if not args.json:
        console.out("all is well" if not found else f"{found} findings", highlight=False)
    return FAILED if found else GOOD


def _spool(args: argparse.Namespace) -> Path:
    if args.spool:
        return Path(args.spool)
    return Path(load_agent(args.config).agent.state_dir) / SPOOL.name


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("numbers begin at 1")
    return number


def _add(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, meaning: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=meaning, description=meaning)
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"default: {DEFAULT_CONFIG}"
    )
    parser.add_argument(
        "--spool",
        type=Path,
        metavar="PATH",
        help="this file, such as one that was set aside; no configuration is needed",
    )
    parser.add_argument("--json", action="store_true", help="JSON, one object a line")
    return parser
