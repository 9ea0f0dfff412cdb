"""`edge-agent receive`: the other end. Without an action it runs the service; the actions read what it committed."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import msgspec
from rich.console import Console
from rich.progress import Progress, track

from edge_agent import log
from edge_agent.clock import SystemClock
from edge_agent.config.load import ConfigError, load_receiver
from edge_agent.config.secrets import SecretUnavailable
from edge_agent.core.topics import Topics
from edge_agent.core.touch import NS_PER_S
from edge_agent.notify import Notify
from edge_agent.portable.files import hand_over_log
from edge_agent.receiver import desk, render, reports
from edge_agent.receiver.arguments import (
    DEFAULT_CONFIG,
    add_config,
    add_output,
    add_reading,
    add_wanted,
    output,
    wanted,
)
from edge_agent.receiver.audit import Finding, audit, count
from edge_agent.receiver.delivery import Delivery
from edge_agent.receiver.export import Events, Row
from edge_agent.receiver.inbox import Inbox, folder_of
from edge_agent.receiver.service import Connection, Service
from edge_agent.receiver.store import Store
from edge_agent.signing import KeyUnavailable
from edge_agent.uplink.endpoint import endpoint
from edge_agent.uplink.mqtt import Session
from edge_agent.uplink.reasons import SessionTaken
from spool.file import SpoolError

if TYPE_CHECKING:
    _: type[Connection] = Session

GOOD, FAILED, WRONG_USE = 0, 1, 2
OPEN_TIMEOUT_S = 10.0


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("receive", help="the other end: take what gateways send", description=__doc__)
    add_config(parser, default=DEFAULT_CONFIG)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listed = add_reading(actions, "list", "what came per site and day, and how the gateways stand")
    add_wanted(listed)
    listed.add_argument("--json", action="store_true", help="one JSON object")
    exported = add_reading(actions, "export", "one row for each event")
    add_wanted(exported)
    exported.add_argument(
        "--format", choices=("csv", "json"), default="csv", help="default: csv; json: an object a line"
    )
    exported.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    add_output(exported)
    reports.add_actions(actions)
    verified = add_reading(actions, "verify", "prove that nothing was changed or left out since it was committed")
    verified.add_argument("--json", action="store_true", help="one JSON object a finding")
    imported = add_reading(actions, "import", "take events that came on a USB stick; write receipts for the box")
    imported.add_argument("files", nargs="+", type=Path, metavar="FILE", help="from `edge-agent spool export`")
    trusted = add_reading(actions, "trust", "believe a gateway's new key")
    trusted.add_argument("gateway", metavar="GATEWAY")
    trusted.add_argument("key", metavar="KEY", help="64 hex digits, as `receive verify` prints them")
    restored = add_reading(actions, "restored", "after a restore: let the gateways send again what this file lacks")
    key = add_reading(actions, "key", "the receiver's public key, for `receiver_key` of the boxes")
    for each in (imported, trusted, restored, key):
        each.add_argument("--json", action="store_true", help="one JSON object an answer")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; return 0 if good, 1 if it failed, 2 for a wrong configuration."""
    try:
        return _serve(args) if args.action is None else _do(args, _database(args))
    except BrokenPipeError:
        raise  # `... export | head` is no mistake
    except (ConfigError, SecretUnavailable) as exc:
        _complain(exc)
        return WRONG_USE
    except (SpoolError, SessionTaken, KeyUnavailable, OSError) as exc:
        _complain(exc)
        return FAILED


def _do(args: argparse.Namespace, database: Path) -> int:
    actions = {
        "list": _list,
        "export": _export,
        "days": reports.show_days,
        "waiting": reports.show_waiting,
        "verify": _verify,
        "import": desk.import_files,
        "trust": desk.trust,
        "restored": desk.restored,
        "key": desk.show_key,
    }
    try:
        return actions[args.action](args, database)
    finally:
        hand_over_log(database)


def _serve(args: argparse.Namespace) -> int:
    """Receive until SIGTERM or SIGINT."""
    config = load_receiver(args.config)
    log.configure(config.log.format, config.log.level)
    clock = SystemClock()
    where = endpoint(config.broker, client_id=config.receiver.name)
    database = Path(config.receiver.database)
    database.parent.mkdir(parents=True, exist_ok=True)
    with Store(database, utc_s=clock.stamp().utc_ns // NS_PER_S) as store:
        service = Service(
            store=store,
            connect=partial(Session.open, where, timeout_s=OPEN_TIMEOUT_S, now=lambda: clock.boot_ns() / NS_PER_S),
            topics=Topics(config.broker.topic_root),
            share=config.receiver.share,
            receipt_every_ms=config.receiver.receipt_every_ms,
            clock=clock,
            notify=Notify(),
            inbox=Inbox(
                folder_of(database),
                deliver=partial(Delivery, store=store, clock=clock, key=desk.key_of(database)),
                answer=desk.answering(store, clock),
            ),
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: service.stop())
        service.run()
    return GOOD


def _list(args: argparse.Namespace, database: Path) -> int:
    console = Console(soft_wrap=True)
    with Events(database) as events:
        days, gateways = events.days(wanted(args)), events.gateways()
    if args.json:
        console.out(render.as_json(days, gateways), highlight=False)
    else:
        render.show(days, gateways, console)
    return GOOD


def _export(args: argparse.Namespace, database: Path) -> int:
    asked = wanted(args)
    write: Callable[[Iterable[Row], TextIO], None] = render.write_csv if args.format == "csv" else render.write_json
    with Events(database) as events, output(args) as out:
        rows: Iterable[Row] = events.rows(asked)
        if args.output and sys.stderr.isatty():
            rows = track(rows, total=events.count(asked), console=Console(stderr=True), transient=True)
        write(rows, out)
    return GOOD


def _verify(args: argparse.Namespace, database: Path) -> int:
    console = Console(soft_wrap=True)
    found = {True: 0, False: 0}
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("verifying", total=count(database))
        for finding in audit(database, moved=lambda rows: progress.advance(task, rows)):
            found[finding.is_wrong] += 1
            console.out(msgspec.json.encode(finding).decode() if args.json else _line(finding), highlight=False)
    if not args.json:
        verdict = f"{found[True]} findings" if found[True] else "all is well"
        console.out(f"{verdict}, {found[False]} notes" if found[False] else verdict, highlight=False)
    return FAILED if found[True] else GOOD


def _line(finding: Finding) -> str:
    number = finding.seq or "-"
    return f"{'' if finding.is_wrong else 'note: '}{finding.gateway} {finding.epoch or '-'} {number}: {finding.says}"


def _database(args: argparse.Namespace) -> Path:
    return args.database or Path(load_receiver(args.config).receiver.database)


def _complain(message: object) -> None:
    print(f"edge-agent: {message}", file=sys.stderr)  # noqa: T201 - the command line speaks
