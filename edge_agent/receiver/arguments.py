"""What the reading actions of `edge-agent receive` share: which events, which file, where to write. Reads nothing."""

import argparse
import contextlib
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TextIO

from edge_agent.receiver.reading import Wanted

DEFAULT_CONFIG = Path("/etc/edge-agent/receiver.toml")


def add_reading(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, meaning: str
) -> argparse.ArgumentParser:
    """Declare an action that needs the database."""
    parser = actions.add_parser(name, help=meaning, description=meaning)
    # Suppressed, or it would overwrite `receive --config FILE list`.
    add_config(parser, default=argparse.SUPPRESS)
    parser.add_argument("--database", type=Path, metavar="FILE", help="read this file; no configuration is needed")
    return parser


def add_config(parser: argparse.ArgumentParser, *, default: object) -> None:
    """Let the command take `--config`."""
    parser.add_argument("--config", type=Path, default=default, metavar="FILE", help=f"default: {DEFAULT_CONFIG}")


def add_wanted(parser: argparse.ArgumentParser) -> None:
    """Let the action take a site and days."""
    parser.add_argument("--site", metavar="ID", help="only this site")
    day = date.fromisoformat
    parser.add_argument("--from", dest="first", type=day, metavar="DAY", help="first site day, such as 2026-11-24")
    parser.add_argument("--to", dest="last", type=day, metavar="DAY", help="last site day")


def add_whose(parser: argparse.ArgumentParser) -> None:
    """Let the action take a company and a worker."""
    parser.add_argument("--company", metavar="ID", help="only this company")
    parser.add_argument(
        "--worker", metavar="ID", help="only this worker: 技能者ID, the prime's own number, or hmac:..."
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """Let the action write to a file."""
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    parser.add_argument("--excel", action="store_true", help="begin with a mark that tells Excel it is UTF-8")


def wanted(args: argparse.Namespace) -> Wanted:
    """Return which events are asked for."""
    whose = {"company": getattr(args, "company", None), "worker": getattr(args, "worker", None)}
    return Wanted(site=args.site, first=args.first, last=args.last, **whose)


@contextlib.contextmanager
def output(args: argparse.Namespace) -> Iterator[TextIO]:
    """
    Yield where to write.

    Raises:
        OSError: The file cannot be written.

    """
    encoding = "utf-8-sig" if args.excel else "utf-8"
    if args.output:
        with args.output.open("w", encoding=encoding, newline="") as out:
            yield out
        return
    if args.excel:
        sys.stdout.write("\ufeff")
    yield sys.stdout
