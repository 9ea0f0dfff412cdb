"""Compare what a receiver said with what its folder holds after a power cut or a kill. Promises nothing itself."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.core.message import Receipt, decode_receipt
from edge_agent.receiver.audit import audit
from edge_agent.receiver.store import Store
from edge_agent.receiver.unpack import Letter, Stream
from hardware_fakes.clock import MORNING_UTC_NS
from hardware_fakes.disk.gate_check import Wrong
from hardware_fakes.disk.office_life import DATABASE, EPOCHS, GATEWAYS, histories, upgraded
from spool.file import SpoolError, SpoolUnavailable, open_reader


@dataclass(slots=True)
class Handed:
    """What was said up to some moment."""

    receipts: dict[str, Receipt] = field(default_factory=dict)
    """The last of each gateway."""
    generation: int = 0
    is_regenerating: bool = False

    def hear(self, mark: bytes) -> None:
        """Take one more mark."""
        facts = json.loads(mark)
        match facts["said"]:
            case "receipt":
                receipt = decode_receipt(facts["receipt"].encode())
                self.receipts[facts["gateway"]] = receipt
                self.generation = receipt.gen
            case "regenerating":
                self.is_regenerating = True
            case "generation":
                self.generation, self.is_regenerating = facts["number"], False


def check(folder: Path, said: Handed, *, size: int) -> list[Wrong]:
    """
    Open the folder as the product does, and return what is wrong.

    Args:
        folder: Where the store lies.
        said: The receipts that were handed out.
        size: As the life had it.

    """
    path = folder / DATABASE
    try:
        with upgraded(), Store(path, utc_s=said.generation + 1) as store:
            found = {g: store.receipt(Stream(g, e), utc_ns=0) for g, e in zip(GATEWAYS, EPOCHS, strict=True)}
            wrong = [*_sound(path), *_audited(path), *_bytes(path, found, size)]
            wrong += [each for gateway, last in said.receipts.items() for each in _covered(last, found[gateway])]
            wrong += _generation(said, next(iter(found.values())).gen)
            return wrong or list(_goes_on(store, size))
    except SpoolError as exc:
        return [Wrong("corrupt", f"does not open: {exc}")]


def covered(said: Receipt) -> set[int]:
    """Return the numbers a gateway may prune on this receipt."""
    return {seq for first, last in [(1, said.upto), *said.more] for seq in range(first, last + 1)}


def _sound(path: Path) -> Iterator[Wrong]:
    with contextlib.closing(open_reader(path)) as db:
        verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        yield Wrong("corrupt", str(verdict))


def _audited(path: Path) -> Iterator[Wrong]:
    try:
        for finding in audit(path):
            # What comes behind a refused event cannot follow it; a fork is part of that life.
            if finding.is_wrong and not finding.says.startswith(("refused", "does not follow", "other bytes")):
                yield Wrong("corrupt", f"{finding.gateway} {finding.seq}: {finding.says}")
    except SpoolUnavailable as exc:
        yield Wrong("corrupt", str(exc))


def _covered(handed: Receipt, now: Receipt) -> Iterator[Wrong]:
    gone = covered(handed) - covered(now)
    if gone:
        yield Wrong("lost", f"receipted and not there: {sorted(gone)}")


def _bytes(path: Path, found: dict[str, Receipt], size: int) -> Iterator[Wrong]:
    """A receipt covers what is held, and only with the gateway's own bytes."""
    with contextlib.closing(open_reader(path)) as db:
        rows = db.execute("SELECT gateway, seq, body FROM event").fetchall()
    held = {(gateway, seq): body.encode() for gateway, seq, body in rows}
    for history in histories(5 * size):
        receipt = found[history.gateway]
        refused = {nack.seq for nack in receipt.nack}
        for seq in covered(receipt) - refused:
            if held.get((history.gateway, seq)) != history.body(seq):
                yield Wrong("invented", f"{history.gateway} {seq}: not the gateway's bytes")


def _generation(said: Handed, now: int) -> Iterator[Wrong]:
    if said.receipts and now != said.generation and not (said.is_regenerating and now > said.generation):
        yield Wrong("lost", f"generation {said.generation} became {now}")


def _goes_on(store: Store, size: int) -> Iterator[Wrong]:
    """Let a gateway send everything again: all of it is held then."""
    history = histories(5 * size)[0]
    letters = [Letter(history.gateway, "touch", body) for body in history.bodies]
    [stream] = store.take(letters, utc_ns=MORNING_UTC_NS)
    receipt = store.receipt(stream, utc_ns=MORNING_UTC_NS)
    if receipt.upto != len(history.bodies):
        yield Wrong("lost", f"{history.gateway}: sent everything again, and {receipt.upto} is receipted")
