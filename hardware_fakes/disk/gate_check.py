"""Compare what a box promised with what its folder holds: whatever befell it. Promises nothing itself."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.core import events, wire
from edge_agent.core.attendance import Inside, Never, Outside, Presence
from edge_agent.core.events import TouchEvent
from edge_agent.ledger.presence import presence
from hardware_fakes.disk.gate_life import SPOOL, UPGRADED, Box
from spool.file import SpoolError
from spool.journal import Journal
from spool.migrate import Steps
from spool.transaction import Transaction


@dataclass(slots=True)
class Promised:
    """What was said up to some moment."""

    epoch: str = ""
    accepted: dict[int, bytes] = field(default_factory=dict)
    receipting: int = 0
    receipted: int = 0
    quarantined: set[int] = field(default_factory=set)
    pruning: int = 0
    pruned: int = 0

    def hear(self, mark: bytes) -> None:
        """Take one more mark."""
        facts = json.loads(mark)
        match facts["said"]:
            case "accepted":
                self.accepted[facts["seq"]] = facts["body"].encode()
            case "quarantined":
                self.quarantined.add(facts["seq"])
            case "opened":
                self.epoch = facts["epoch"]
            case said:
                setattr(self, said, facts["upto"])


def promised(marks: Iterable[bytes]) -> Promised:
    """Return what all these marks promise."""
    sum_ = Promised()
    for mark in marks:
        sum_.hear(mark)
    return sum_


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that is not as it was promised."""

    kind: str
    """`lost`, `corrupt` or `invented`."""
    says: str


def check(
    folder: Path,
    said: Promised,
    *,
    history: Mapping[int, bytes] | None = None,
    steps: Mapping[str, Steps] = UPGRADED,
) -> list[Wrong]:
    """
    Open the folder as the product does, and return what is wrong.

    Args:
        folder: Where the spool lies.
        said: What had been promised.
        history: Every number's bytes, where the story is known further than `said`; a number may be there already.
        steps: The tables' owners, newest version.

    """
    try:
        journal = Journal(folder / SPOOL, owner_steps=steps)
    except SpoolError as exc:
        return [Wrong("corrupt", f"does not open: {exc}")]
    with journal:
        wrong = list(journal.write(lambda tx: list(_wrong(tx, said, {**said.accepted, **(history or {})}))))
        if said.epoch and said.accepted and journal.epoch != said.epoch:
            wrong.append(Wrong("lost", f"epoch {said.epoch} became {journal.epoch}"))
    return wrong + list(_goes_on(folder, steps))


def _wrong(tx: Transaction, said: Promised, history: Mapping[int, bytes]) -> Iterator[Wrong]:
    verdict = tx.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        yield Wrong("corrupt", str(verdict))
        return
    held = {int(seq): bytes(body) for seq, body in tx.execute("SELECT seq, body FROM entry ORDER BY seq")}
    refused = {int(seq) for (seq,) in tx.execute("SELECT seq FROM quarantine")}
    upto = int(tx.execute("SELECT upto FROM receipt").fetchone()[0])
    yield from _lost(said, set(held), refused, upto)
    yield from _altered(held, history)
    yield from _unchained(held)
    if not held or set(range(1, max(held) + 1)) <= set(history):
        yield from _misplaced(tx, [history[seq] for seq in range(1, max(held, default=0) + 1)])


def _lost(said: Promised, held: set[int], refused: set[int], upto: int) -> Iterator[Wrong]:
    may_be_gone = set(range(1, said.pruning + 1)) - said.quarantined
    missing = set(said.accepted) - held - may_be_gone
    if missing:
        yield Wrong("lost", f"accepted and not there: {sorted(missing)}")
    holes = set(range(1, max(held, default=0) + 1)) - held - may_be_gone
    if holes:
        yield Wrong("lost", f"numbers with nothing under them: {sorted(holes)}")
    back = {seq for seq in held if seq <= said.pruned} - refused - {max(held)} if held else set()
    if back:
        yield Wrong("lost", f"pruned and there again: {sorted(back)}")
    if not said.receipted <= upto <= max(said.receipted, said.receipting):
        yield Wrong("lost", f"receipt {upto}, promised {said.receipted}")
    if not said.quarantined <= refused:
        yield Wrong("lost", f"quarantine of {sorted(said.quarantined - refused)}")


def _altered(held: Mapping[int, bytes], history: Mapping[int, bytes]) -> Iterator[Wrong]:
    for seq, body in held.items():
        if history.get(seq, body) != body:
            yield Wrong("invented", f"other bytes under {seq}")


def _unchained(held: Mapping[int, bytes]) -> Iterator[Wrong]:
    for seq, body in held.items():
        data = events.decode_event(body).data
        before = held.get(seq - 1)
        prev = wire.genesis(data.epoch) if seq == 1 else wire.chain_hash(before) if before else data.prev
        if (data.seq, data.prev) != (seq, prev):
            yield Wrong("invented", f"{seq} does not follow the one before")


def _misplaced(tx: Transaction, bodies: list[bytes]) -> Iterator[Wrong]:
    """Play all events again: everybody must be where the table says."""
    expected: dict[str, tuple[str, int, int]] = {}
    for body in bodies:
        match events.decode_event(body):
            case TouchEvent() as event:
                person = event.data.person.id or event.data.evidence.credential or ""
                expected[person] = _after(expected.get(person, ("Never", 0, 0)), event)
            case _:
                pass  # says nothing of where anybody is
    found = {row[0]: _place(presence(tx, row[0])) for row in tx.execute("SELECT person FROM presence")}
    if found != expected:
        yield Wrong("corrupt", "presence is not what the events say")


def _after(place: tuple[str, int, int], event: TouchEvent) -> tuple[str, int, int]:
    where, since, tapped = place
    match event.data.meaning:
        case "entry":
            return "Inside", event.data.seq, tapped
        case "exit":
            return "Outside", event.data.seq, tapped
        case "tap":
            return where, since, event.data.seq
        case _:
            return place


def _place(state: Presence) -> tuple[str, int, int]:
    since = 0 if isinstance(state, Never) else state.since.seq or 0
    assert isinstance(state, Never | Inside | Outside)  # noqa: S101 - the union has these three
    return type(state).__name__, since, (state.tapped.seq or 0) if state.tapped else 0


def _goes_on(folder: Path, steps: Mapping[str, Steps]) -> Iterator[Wrong]:
    """Start anew and touch: the next number, chained to the last."""
    told: list[bytes] = []
    with contextlib.ExitStack() as stack:
        box = Box(folder, lambda *_, **facts: told.append(facts.get("body", "").encode()), steps=steps, boot=9)
        stack.callback(box.close)
        head = box.journal.write(lambda tx: tx.head())
        box.touch(0)
        event = events.decode_event(told[-1])
        prev = wire.chain_hash(head.body) if head.body else wire.genesis(box.journal.epoch)
        if (event.data.seq, event.data.prev) != (head.seq + 1, prev):
            yield Wrong("invented", f"the next touch got {event.data.seq} behind {head.seq}")
