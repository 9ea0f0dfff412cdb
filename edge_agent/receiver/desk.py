"""What changes the receiver's file by hand: import, trust, restored; and its key.

While the service runs, it alone writes: then it is asked through its import folder. While it does not, this does it.
"""

import argparse
import contextlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress

from edge_agent.clock import Clock, SystemClock
from edge_agent.core.touch import NS_PER_S
from edge_agent.portable.files import finish, hand_over
from edge_agent.portable.receipts import KEY
from edge_agent.receiver.delivery import Delivered, Delivery, write_receipts
from edge_agent.receiver.inbox import Request, folder_of
from edge_agent.receiver.store import Store
from edge_agent.receiver.unpack import is_gateway
from edge_agent.signing import SigningKey
from spool.file import SpoolInUse, only_writer

GOOD, FAILED, WRONG_USE = 0, 1, 2
POLL_S = 0.2


def key_of(database: Path) -> SigningKey:
    """
    Return the receiver's own key, beside its database; make it, if there is none.

    Raises:
        KeyUnavailable: It can be neither read nor made.

    """
    path = database.with_suffix(".key")
    is_new = not path.exists()
    key = SigningKey.load(path)
    if is_new:
        hand_over(path)
    return key


def answering(store: Store, clock: Clock) -> Callable[[Request], dict[str, object]]:
    """Return what does a request on this store."""

    def answer(asked: Request) -> dict[str, object]:
        match asked:
            case {"do": "trust", "gateway": str(gateway), "key": str(key)} if is_gateway(gateway) and KEY.fullmatch(
                key
            ):
                store.trust(gateway, key)
                return {"gateway": gateway, "key": key}
            case {"do": "restored"}:
                return {"generation": store.new_generation(utc_s=clock.stamp().utc_ns // NS_PER_S)}
            case _:
                return {"error": "no such request"}

    return answer


def trust(args: argparse.Namespace, database: Path) -> int:
    """Believe a gateway's new key."""
    if not is_gateway(args.gateway) or not KEY.fullmatch(args.key):
        _complain("a gateway's name and a key of 64 hex digits are wanted, as `edge-agent receive verify` prints them")
        return WRONG_USE
    done = _asked(database, {"do": "trust", "gateway": args.gateway, "key": args.key})
    return _say(args, done, f"{args.gateway}: this key is believed from now on")


def restored(args: argparse.Namespace, database: Path) -> int:
    """Let all gateways send again what this file lacks."""
    done = _asked(database, {"do": "restored"})
    return _say(args, done, f"generation {done.get('generation')}: gateways send again what this file lacks")


def show_key(args: argparse.Namespace, database: Path) -> int:
    """Print the receiver's public key."""
    return _say(args, {"key": (key := key_of(database).public)}, key)


def import_files(args: argparse.Namespace, database: Path) -> int:
    """Take export files, and write a file of receipts beside each."""
    code = GOOD
    for file in args.files:
        done = _delivered(database, file)
        where = _keep_receipts(file, done)
        if args.json:
            print(json.dumps({**msgspec.to_builtins(done), "receipts": where}, ensure_ascii=False))  # noqa: T201 - the answer
        else:
            _tell(file, done, where)
        code = code if done.is_whole else FAILED
    return code


def _keep_receipts(file: Path, done: Delivered) -> str:
    receipts = file.with_name(file.name + ".receipts")
    try:
        write_receipts(receipts, done)
    except OSError as exc:
        _complain(f"{receipts}: cannot be written: {exc.strerror}. The events are safe; import again for the receipts")
    return str(receipts) if done.receipts else ""


def _tell(file: Path, done: Delivered, where: str) -> None:
    if done.note:
        _complain(done.note)
    if done.error:
        _complain(f"{file}: {done.error}")
    if not where:
        return
    whole = f"{done.events} events" if done.is_whole else f"{done.frames} good frames of a file that is not whole"
    print(  # noqa: T201 - the answer
        f"{file}: {whole} of {done.gateway}; committed up to {done.upto}\n"
        f"{where}: take it back to the box: edge-agent spool import-receipts {Path(where).name}"
    )


def _delivered(database: Path, file: Path) -> Delivered:
    with contextlib.suppress(SpoolInUse), _store(database) as (store, clock):
        return _directly(file, store, clock, key_of(database))
    return _by_the_service(database, file)


@contextlib.contextmanager
def _store(database: Path) -> Iterator[tuple[Store, Clock]]:
    clock = SystemClock()
    with Store(database, utc_s=clock.stamp().utc_ns // NS_PER_S) as store:
        for path in (database, database.with_name(database.name + ".lock")):
            hand_over(path)
        yield store, clock


def _directly(file: Path, store: Store, clock: Clock, key: SigningKey) -> Delivered:
    delivery = Delivery(file, store=store, clock=clock, key=key)
    size = file.stat().st_size if file.exists() else None
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(file.name, total=size)
        while delivery.step() is not None:
            progress.update(task, completed=delivery.bytes)
    delivery.done.file = str(file)
    return delivery.done


def _by_the_service(database: Path, file: Path) -> Delivered:
    name = secrets.token_hex(8)
    aside, put_in = (folder_of(database) / f"{name}.{end}" for end in ("part", "events"))
    try:
        with file.open("rb") as source, aside.open("wb") as out:
            shutil.copyfileobj(source, out)
            out.flush()
            os.fsync(out.fileno())
        hand_over(aside)
        finish(aside, put_in)
        done = msgspec.json.decode(_result(database, put_in), type=Delivered)
    except OSError as exc:
        aside.unlink(missing_ok=True)
        return Delivered(
            file=str(file), error=f"cannot be handed to the running receiver: {exc.filename}: {exc.strerror}"
        )
    for end in ("imported", "receipts"):
        put_in.with_suffix(f".{end}").unlink(missing_ok=True)
    done.file = str(file)
    return done


def _asked(database: Path, request: Request) -> dict[str, Any]:
    with contextlib.suppress(SpoolInUse), _store(database) as (store, clock):
        return answering(store, clock)(request)
    path = folder_of(database) / f"{secrets.token_hex(8)}.request"
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(request), encoding="utf-8")
    hand_over(aside)
    finish(aside, path)
    answer: dict[str, Any] = json.loads(_result(database, path))
    return answer


def _result(database: Path, path: Path) -> bytes:
    """Wait for the service's answer; as long as it runs, it comes."""
    result, pause = path.with_suffix(".result"), Event()
    while not result.exists():
        pause.wait(POLL_S)
        with contextlib.suppress(SpoolInUse), only_writer(database):
            if not result.exists():
                path.unlink(missing_ok=True)
                raise OSError(0, "the receiver stopped before it answered; try again", str(path))
    content = result.read_bytes()
    result.unlink()
    return content


def _say(args: argparse.Namespace, done: dict[str, Any], text: str) -> int:
    print(json.dumps(done) if args.json else done.get("error") or text)  # noqa: T201 - the answer
    return FAILED if "error" in done else GOOD


def _complain(message: object) -> None:
    print(f"edge-agent: {message}", file=sys.stderr)  # noqa: T201 - the command line speaks
