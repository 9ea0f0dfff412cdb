"""Events onto a USB stick, receipts back from it: the two halves of `edge-agent spool` that carry something."""

import argparse
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from edge_agent.cli.common import DEFAULT_SOCKET, complain
from edge_agent.clock import SystemClock
from edge_agent.config.load import load_agent
from edge_agent.control.client import ask
from edge_agent.core.calendar import rfc3339
from edge_agent.core.message import Receipt
from edge_agent.portable.export import Exported, export, header_of
from edge_agent.portable.files import hand_over
from edge_agent.portable.frames import Header
from edge_agent.portable.receipts import Unbelievable, checked, for_us, lines, text_of
from edge_agent.portable.source import Source
from edge_agent.signing import SigningKey
from spool.file import SpoolDamaged, SpoolInUse
from spool.journal import Journal

GOOD, FAILED = 0, 1


def write_events(args: argparse.Namespace, spool: Path) -> int:
    """Write an export file."""
    with Source(spool) as source:
        gateway = source.gateway()
        after = 0 if args.all else args.first - 1 if args.first else source.upto
        total = source.count(after)
        if gateway is None and source.unreadable:
            raise SpoolDamaged(f"{spool}: no event in it can be read; keep the file")
        if gateway is None or total == 0:
            return _say(args, {"events": 0}, "nothing to export: the office has everything")
        key = _signing_key(spool)
        header = Header(
            gateway=gateway,
            epoch=source.epoch,
            key=key.public,
            after=after,
            upto=source.upto,
            gen=source.generation,
            made=rfc3339(SystemClock().stamp().utc_ns),
        )
        file = args.file / f"{gateway}-{source.epoch}.events" if args.file.is_dir() else args.file
        _mind(file, header)
        try:
            done = _write(source, file, header, key, total)
        except OSError as exc:
            complain(
                f"{file}: {exc.strerror}. Nothing is lost. Make room, or put the stick in again, and run the same "
                "command again: it goes on where it stopped"
            )
            return FAILED
    return _tell(args, done)


def _write(source: Source, file: Path, header: Header, key: SigningKey, total: int | None) -> Exported:
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("writing", total=total)
        return export(source, file, header=header, key=key, moved=lambda events: progress.advance(task, events))


def _mind(file: Path, header: Header) -> None:
    """Raise if the file is something else than an older export of the same spool."""
    found = header_of(file)
    if file.exists() and (found is None or (found.gateway, found.epoch) != (header.gateway, header.epoch)):
        raise FileExistsError(0, "is something else; choose another name", str(file))


def _tell(args: argparse.Namespace, done: Exported) -> int:
    if done.unreadable:
        complain(f"{done.unreadable} events could not be read, and are not in the file: edge-agent spool verify")
    told = {field: getattr(done, field) for field in Exported.__slots__}
    text = (
        f"{done.events} events of {done.gateway} in {done.file}{' (continued)' if done.resumed else ''}\n"
        f"now at the office:  edge-agent receive import {Path(done.file).name}\n"
        f"and back here:      edge-agent spool import-receipts {Path(done.file).name}.receipts"
    )
    _say(args, told, text)
    return FAILED if done.unreadable else GOOD


def take_receipts(args: argparse.Namespace, spool: Path) -> int:
    """Take a file of receipts."""
    config = None if args.spool else load_agent(args.config)
    with Source(spool) as source:
        gateway, epoch = source.gateway(), source.epoch
    said = for_us(lines(args.file), gateway or "")
    if not said:
        raise Unbelievable(f"{args.file}: no receipts for {gateway or 'an empty spool'} in it")
    key = args.trust_key or (config.uplink.receiver_key if config else "")
    socket = args.socket or (Path(config.agent.control_socket) if config else DEFAULT_SOCKET)
    try:
        with Journal(spool) as journal:
            found = [checked(line, key=key, spool=spool, epoch=epoch) for line in said]
            taken = [_take(journal, receipt, source) for receipt in found if receipt]
    except SpoolInUse:
        answers = [next(iter(ask(socket, "receipts", line=text_of(line), key=args.trust_key))) for line in said]
        taken = [answer["upto"] for answer in answers if answer["taken"]]
    if not taken:
        raise Unbelievable(f"{args.file}: nothing about the epoch this box is in now; an older file of it?")
    return _say(
        args, {"gateway": gateway, "upto": max(taken)}, f"{gateway}: the office has everything up to {max(taken)}"
    )


def _take(journal: Journal, receipt: Receipt, source: Source) -> int:
    """Write the receipt down, as the uplink would, unless a later one was heard already."""
    if (receipt.gen, receipt.upto) > (source.generation, source.upto):
        stamp = SystemClock().stamp()
        heard_utc_ns = stamp.utc_ns if stamp.is_dated else None
        if receipt.gen > source.generation:
            journal.release(after=receipt.upto)
        for nack in receipt.nack:
            journal.quarantine(nack.seq, code=nack.code, detail=nack.detail)
        journal.set_receipt(upto=receipt.upto, generation=receipt.gen, heard_utc_ns=heard_utc_ns)
    return receipt.upto


def _signing_key(spool: Path) -> SigningKey:
    path = spool.with_name("signing.key")
    is_new = not path.exists()
    key = SigningKey.load(path)
    if is_new:
        with contextlib.suppress(OSError):
            hand_over(path)
    return key


def _say(args: argparse.Namespace, told: dict[str, Any], text: str) -> int:
    print(json.dumps(told, ensure_ascii=False) if args.json else text)  # noqa: T201 - the answer
    return GOOD
