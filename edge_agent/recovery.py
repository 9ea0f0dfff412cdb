"""Begin a new epoch: save what is in a damaged or forked spool, set it aside, tell the receiver. Decides nothing else.

Two passes over what can be read. The first counts: the epoch's first event says how many follow, and which numbers are
lost. The second writes every event without a receipt under its new number, with the identity it had as `was`.
"""

import contextlib
import logging
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Literal

import msgspec

from edge_agent.chain import append
from edge_agent.core import events, parts, wire
from edge_agent.core.attendance import Presence
from edge_agent.core.replay import Replay
from edge_agent.core.touch import NS_PER_MS, PersonKey, Stamp
from edge_agent.ledger.presence import set_presence
from spool.file import SpoolUnavailable, only_writer
from spool.migrate import Steps
from spool.renewal import Successor, set_aside, succeed
from spool.salvage import Found, Wreck
from spool.transaction import Transaction

log = logging.getLogger(__name__)

Reason = Literal["damaged", "forked"]
SET_ASIDE_MAX = 8
"""A dying disk must not be filled with what it spoils."""
BATCH = 2000
NAMED_RANGES = 64
PEOPLE = "presence"
TOLD_EVERY = 100_000
PLAUSIBLE = 1000
"""How far behind the last good event a number without one is believed to have been given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """What came of it."""

    epoch: str
    before: str
    """The epoch that ended; empty where not even its name could be read."""
    carried: int
    lost: int
    aside: Path
    """Where the old file lies now."""


def renew(
    spool: Path,
    *,
    reason: Reason,
    gateway: str,
    at: Stamp,
    owner_steps: Mapping[str, Steps],
    beat: Callable[[], None] = lambda: None,
) -> Renewed:
    """
    Put a new spool in the place of this one, with everything in it that is not receipted yet.

    Whatever interrupts it, the old file is whole and in its place, or set aside whole. Nobody has it open.

    Args:
        spool: The file.
        reason: Why its epoch ends.
        gateway: This box.
        at: Now.
        owner_steps: The tables of the site.
        beat: Called now and then, at least each second or so. What it raises ends the work; it then starts over.

    Raises:
        SpoolUnavailable: There is no room, too many files were set aside, or the disk refuses. To be tried again.

    """
    with only_writer(spool):
        _assert_few_aside(spool)
        with Wreck(spool, beat=beat) as wreck:
            found = _survey(wreck, beat)

            def fill(new: Successor) -> None:
                first = partial(_first, reason=reason, found=found, epoch=new.epoch, at=at)
                with new.batch() as tx:
                    append(tx, first, gateway=gateway, epoch=new.epoch, at=at)
                numbers = _carry_all(new, wreck, found, beat)
                _settle_people(new, found.replay.people, numbers)
                _copy_tables(new, wreck, numbers)

            name = f"{reason}-{found.epoch or 'unknown'}"
            epoch, aside = succeed(spool, aside=name, owner_steps=owner_steps, fill=fill)
    return Renewed(epoch=epoch, before=found.epoch, carried=found.carried, lost=found.lost_count, aside=aside)


def _assert_few_aside(spool: Path) -> None:
    if len(set_aside(spool)) >= SET_ASIDE_MAX:
        raise SpoolUnavailable(
            f"{spool}: {SET_ASIDE_MAX} spools were set aside beside it already: is this disk failing, or a copy?"
            " Replace it. To go on all the same, move them to another place; they may hold the only copy of touches"
        )


@dataclass(slots=True)
class _Survey:
    """What is there."""

    epoch: str
    upto: int
    """Behind it everything is carried."""
    floor: int
    """Up to it nothing counts as lost."""
    last: int = 0
    head: str = ""
    carried: int = 0
    lost: list[tuple[int, int]] = field(default_factory=list)
    lost_count: int = 0
    replay: Replay = field(default_factory=Replay)

    def see(self, kept: "_Kept") -> None:
        """Note an event; numbers rise."""
        self.miss(self.last + 1, kept.seq - 1)
        self.epoch = self.epoch or kept.event.data.epoch
        self.last, self.head = kept.seq, kept.hash
        self.carried += kept.is_carried and kept.seq > self.upto
        self.replay.see(kept.event)

    def end(self, last: int) -> None:
        """Note how far numbers were given."""
        if last > self.last:
            self.miss(self.last + 1, last)
            self.last, self.head = last, ""

    def miss(self, first: int, last: int) -> None:
        """Note numbers under which there is nothing, as far as they have no receipt."""
        first = max(first, self.floor + 1)
        if first <= last:
            self.lost_count += last - first + 1
            self.lost += [(first, last)][: NAMED_RANGES - len(self.lost)]


@dataclass(frozen=True, slots=True)
class _Kept:
    """An event that is as it was committed."""

    event: events.Event
    hash: str
    recorded_utc_ns: int | None

    @property
    def seq(self) -> int:
        """Its number."""
        return self.event.data.seq

    @property
    def is_carried(self) -> bool:
        """Tombstones stay: what they stand for comes along as an event."""
        return not isinstance(self.event, events.WithheldEvent)


class Renumbering:
    """Which number an event has now. Kept as runs: numbers without a gap keep their distance."""

    def __init__(self) -> None:
        self._runs: list[tuple[int, int, int]] = []

    def add(self, old: int, new: int) -> None:
        """Hear of the next event's number. Both rise."""
        first, first_new, size = self._runs[-1] if self._runs else (0, 0, 0)
        if (old - first, new - first_new) == (size, size):
            self._runs[-1] = (first, first_new, size + 1)
        else:
            self._runs.append((old, new, 1))

    def now(self, old: int | None) -> int | None:
        """Return the number now; None for an event that did not come along."""
        place = bisect_right(self._runs, old or 0, key=itemgetter(0))
        if old is None or not place:
            return None
        first, first_new, size = self._runs[place - 1]
        return first_new + old - first if old < first + size else None


def _survey(wreck: Wreck, beat: Callable[[], None]) -> _Survey:
    people = _people(wreck)
    highest = max(wreck.highest, wreck.last if wreck.last <= wreck.highest + PLAUSIBLE else 0)
    # A receipt for what nobody knows of is not the one that was written: all is carried, and the receiver has it.
    upto = wreck.upto if wreck.upto <= highest + PLAUSIBLE else 0
    # Who is where as of the receipt stands in the table, if that can be read; else whatever is kept is replayed.
    after = upto if len(people) == wreck.count(PEOPLE) else 0
    epoch = wreck.epoch if re.fullmatch("[0-9a-f]{16}", wreck.epoch) else ""
    told = upto or wreck.told_upto()
    floor = told if told <= highest + PLAUSIBLE else 0
    found = _Survey(epoch=epoch, upto=upto, floor=floor, last=after, replay=Replay(people))
    for batch in _batches(_chosen(wreck, after=after)):
        beat()
        for kept in batch:
            found.see(kept)
    found.end(max(floor, highest))
    return found


def _chosen(wreck: Wreck, *, after: int) -> Iterator[_Kept]:
    """Yield the events that are as they were committed, in order, one for each number."""
    read = ((seq, [kept for one in found if (kept := _kept(seq, one))]) for seq, found in wreck.entries(after=after))
    before = ""
    for (_, candidates), (_, following) in pairwise(chain(read, [(0, [])])):
        if candidates:
            kept = candidates[0] if len(candidates) == 1 else _linked(before, candidates, following)
            before = kept.hash
            yield kept


def _kept(seq: int, found: Found) -> _Kept | None:
    try:
        event = events.decode_event(found.body)
    except wire.Unreadable:
        return None
    return _Kept(event, wire.chain_hash(found.body), found.recorded_utc_ns) if event.data.seq == seq else None


def _linked(before: str, candidates: Sequence[_Kept], following: Sequence[_Kept]) -> _Kept:
    """Return the candidate the chain goes through; the first if it does not tell."""
    asked = {kept.event.data.prev for kept in following}
    return max(candidates, key=lambda kept: (kept.hash in asked, kept.event.data.prev == before))


def _first(seq: int, prev: str, *, reason: Reason, found: _Survey, epoch: str, at: Stamp) -> events.EpochData:
    return events.EpochData(
        epoch=epoch,
        seq=seq,
        prev=prev,
        reason=reason,
        before=events.Before(epoch=found.epoch, last=found.last, head=found.head),
        carried=found.carried,
        lost=found.lost,
        lost_count=found.lost_count,
        boot=at.boot,
        boot_ms=at.boot_ns // NS_PER_MS,
        clock=at.trust.value,
    )


def _carry_all(new: Successor, wreck: Wreck, found: _Survey, beat: Callable[[], None]) -> Renumbering:
    numbers, done = Renumbering(), 0
    for batch in _batches(kept for kept in _chosen(wreck, after=found.upto) if kept.is_carried):
        beat()
        with new.batch() as tx:
            for kept in batch:
                numbers.add(kept.seq, _carry(tx, kept, new.epoch))
        done += len(batch)
        if done % TOLD_EVERY == 0:
            log.info("saving events", extra={"saved": done, "of": found.carried})
    if done != found.carried:
        raise SpoolUnavailable("the disk reads the same events differently each time; trying again")
    return numbers


def _carry(tx: Transaction, kept: _Kept, epoch: str) -> int:
    head, data = tx.head(), kept.event.data
    # Rule: an event keeps the identity it had first. It is by that one that the receiver knows it, whatever arrived of
    # the epochs between.
    was = data.was or parts.Was(epoch=data.epoch, seq=data.seq, hash=kept.hash)
    prev = wire.chain_hash(head.body or b"")
    event = events.renumbered(kept.event, epoch=epoch, seq=head.seq + 1, prev=prev, was=was)
    tx.append(wire.encode(event), seq=head.seq + 1, recorded_utc_ns=kept.recorded_utc_ns)
    return head.seq + 1


def _people(wreck: Wreck) -> dict[str, Presence]:
    people: dict[str, Presence] = {}
    for person, state in wreck.rows(PEOPLE, ["person", "state"], key=["person"]):
        with contextlib.suppress(msgspec.DecodeError, TypeError):
            people[person] = _PRESENCE.decode(state)
    return people


def _settle_people(new: Successor, people: Mapping[str, Presence], numbers: Renumbering) -> None:
    with new.batch() as tx:
        for person, state in people.items():
            set_presence(tx, PersonKey(person), _renumbered(state, numbers))


def _renumbered(state: Presence, numbers: Renumbering) -> Presence:
    moved = {
        name: replace(moment, seq=numbers.now(moment.seq))
        for name in ("since", "tapped")
        if (moment := getattr(state, name, None))
    }
    return msgspec.structs.replace(state, **moved)


def _copy_tables(new: Successor, wreck: Wreck, numbers: Renumbering) -> None:
    """Copy the site's other tables. A `seq` without an `epoch` beside it is the number of an event of this file."""
    for table, (columns, key) in new.owner_tables().items():
        there = [column for column in wreck.columns(table) if column in columns]
        if table == PEOPLE or not there:
            continue
        has_numbers = "seq" in there and "epoch" not in there
        with new.batch():
            for row in wreck.rows(table, there, key=key):
                values = dict(zip(there, row, strict=True))
                if has_numbers and (seq := numbers.now(values["seq"])) is None:
                    continue
                new.put(table, values | {"seq": seq} if has_numbers else values)


def _batches(kept: Iterable[_Kept]) -> Iterator[list[_Kept]]:
    rest = iter(kept)
    while batch := list(islice(rest, BATCH)):
        yield batch


_PRESENCE = msgspec.json.Decoder(Presence)
