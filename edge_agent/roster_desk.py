"""The roster over the control socket: taken in, handed out, shown. Compares nothing itself, parses no file."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from edge_agent.clock import Clock
from edge_agent.control.server import Answers, BadRequest
from edge_agent.door import Door
from edge_agent.ledger import roster as ledger
from edge_agent.ledger.roster import COLUMNS, Line
from edge_agent.roster.choices import MARK, TRUTH
from edge_agent.roster.columns import TABLES
from edge_agent.roster.entering import Entered, Named, Roster, how_now, nobody_named, waiting_for
from edge_agent.roster.mistakes import RosterError
from edge_agent.roster.plan import Change, Plan, origin
from edge_agent.roster.records import KINDS, Malformed, records
from spool.file import SpoolUnavailable, open_reader, unavailable

Wish = Mapping[str, object]
May = Callable[[Wish, str], object]
"""Raises BadRequest where whoever asks may not do that."""
_CHANGES_AT_ONCE = 200


def nothing_follows() -> None:
    """Leave it at that."""


def everybody_may(_wish: Wish, _right: str) -> None:
    """Let in whoever the socket has let in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterDesk:
    """What the control socket answers about the roster."""

    spool: Path
    door: Door
    clock: Clock
    key: bytes
    cut_off_min: int = 0
    named: Named = nobody_named
    # The one place where it is decided who may: `users.check(wish, "edit")` goes here.
    may: May = everybody_may
    changed: Callable[[], None] = nothing_follows
    """Hears that a roster was entered: who has left the site may have something here that goes with them."""

    def handlers(self) -> Mapping[str, Callable[[Wish], Answers]]:
        """Return what the control socket answers."""
        return {"roster-import": self.take, "roster-export": self.hand_out, "roster-show": self.show}

    def take(self, wish: Wish) -> Answers:
        """
        Take in `records`, all or nothing. Yields mistakes, or, where `changes` is wished, changes; last the summary.

        `dry_run`: write nothing. `complete`: who is not listed has ended. `move`: cards may change hands.
        """
        self.may(wish, "edit")
        roster = self._roster(wish)
        try:
            with self._reader() as db:
                known = roster.known(db.execute)
                plan = roster.plan(known)
                entered = Entered(plan=plan, waiting=sum(waiting_for(db.execute, plan).values()), named=0)
            if not wish.get("dry_run"):
                entered = self.door.commit(lambda tx, epoch: roster.enter(tx, epoch, (known, plan), self.named))
                self.changed()
        except RosterError as exc:
            return self._mistaken(exc)
        except SpoolUnavailable as exc:
            raise BadRequest(str(exc)) from exc
        return self._told(entered, with_changes=bool(wish.get("changes")))

    def hand_out(self, wish: Wish) -> Answers:
        """Yield the fields of a `kind`, then its rows, some at once."""
        self.may(wish, "edit")
        kind = str(wish.get("kind"))
        if kind not in TABLES:
            raise BadRequest(f"no such kind: {kind!r}; there are: {', '.join(TABLES)}")
        return self._pages(kind)

    def show(self, wish: Wish) -> Answers:
        """Return a `worker`, `company` or `site` of that id, number in CCUS, or name, with the origin of each field."""
        for name, kind in (("worker", "workers"), ("company", "companies"), ("site", "sites")):
            if name in wish:
                with self._reader() as db:
                    return [_shown(kind, line, db) for line in ledger.find(db.execute, kind, str(wish[name]))]
        raise BadRequest("say which worker, company or site")

    def _roster(self, wish: Wish) -> Roster:
        try:
            told = records(wish.get("records"))
        except Malformed as exc:
            raise BadRequest(str(exc)) from exc
        how = how_now(
            self.clock.stamp(),
            is_complete=bool(wish.get("complete")),
            may_move=bool(wish.get("move")),
            cut_off_min=self.cut_off_min,
        )
        return Roster(told, key=self.key, how=how)

    @contextlib.contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(open_reader(self.spool)) as db:
                yield db
        except sqlite3.Error as exc:
            raise BadRequest(str(unavailable(f"{self.spool}: cannot be read", exc))) from exc
        except SpoolUnavailable as exc:
            raise BadRequest(str(exc)) from exc

    def _pages(self, kind: str) -> Iterator[Mapping[str, object]]:
        columns = COLUMNS[kind][:-1]
        yield {"fields": columns}
        with self._reader() as db:
            for page in ledger.pages(db.execute, kind):
                yield {"rows": [_plain(kind, line) for line in page]}

    def _mistaken(self, exc: RosterError) -> Iterator[Mapping[str, object]]:
        for mistake in exc.mistakes:
            yield {"mistake": asdict(mistake)}
        yield {"done": False, "mistakes": len(exc.mistakes)}

    def _told(self, entered: Entered, *, with_changes: bool) -> Iterator[Mapping[str, object]]:
        if with_changes:
            yield from _changes(entered.plan)
        counts = entered.plan.counts()
        yield {"done": True, "counts": counts, "waiting": entered.waiting, "named": entered.named}


def _changes(plan: Plan) -> Iterator[Mapping[str, object]]:
    for first in range(0, len(plan.changes), _CHANGES_AT_ONCE):
        yield {"changes": [_change(each) for each in plan.changes[first : first + _CHANGES_AT_ONCE]]}


def _change(change: Change) -> Mapping[str, object]:
    kinds = KINDS[change.kind]
    fields = {}
    for name, old, new in change.fields:
        if name in {"ref", "worker"}:  # told below
            continue
        was = origin(change.before, name) if change.before else []
        fields[name] = [_truth(kinds, name, old), _truth(kinds, name, new), was]
    told: dict[str, object] = {"kind": change.kind, "what": change.what, "fields": fields}
    if change.kind == "credentials":
        return told | {"id": change.after[1], "name": f"{change.after[2]} {str(change.after[0])[5:13]}"}
    return told | {"id": change.after[0], "name": change.after[COLUMNS[change.kind].index("name")]}


def _shown(kind: str, line: Line, db: sqlite3.Connection) -> Mapping[str, object]:
    told: dict[str, object] = dict(zip(COLUMNS[kind], _plain(kind, line), strict=False))
    told["origin"] = {name: origin(line, name) for name in COLUMNS[kind] if origin(line, name)}
    if kind == "workers":
        held = ledger.credentials_of(db.execute, str(line[0]))
        told["credentials"] = [{"kind": each[2], "ref": each[0], "state": each[3]} for each in held]
    return told


def _plain(kind: str, line: Line) -> list[object]:
    kinds = KINDS[kind]
    return [_truth(kinds, name, value) for name, value in zip(COLUMNS[kind][:-1], line[:-1], strict=True)]


def _truth(kinds: Mapping[str, object], name: str, value: object) -> object:
    is_truth = kinds.get(name) is TRUTH or kinds.get(name) is MARK
    return bool(value) if is_truth and value is not None else value
