"""A roster beside the ledger, field by field. Pure: writes nothing, asks nobody."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from edge_agent.core.touch import CredentialRef
from edge_agent.ledger.roster import Known, Line
from edge_agent.roster.calls import Companies, Refs, plain_name
from edge_agent.roster.columns import SHEETS, TABLES
from edge_agent.roster.fields import by_name
from edge_agent.roster.mistakes import RosterMistake
from edge_agent.roster.plan import DEFAULTS, ENDED, PLACES, Change, How, Plan, origins
from edge_agent.roster.records import Records, given
from edge_agent.roster.values import CLEAR, Value
from edge_agent.words import Phrase
from edge_agent.words.sentences import phrase

HEADS: Mapping[tuple[str, str], Phrase] = {
    (field.table, field.name): field.head for told in SHEETS.values() for field in told
} | {("workers", "company"): by_name("companies")["name"].head}
"""Table and field to the column's name."""


@dataclass(frozen=True, slots=True)
class _Place:
    sheet: str
    row: int


@dataclass(slots=True)
class _Draft:
    """What the roster says of one row of the ledger, and where."""

    place: _Place
    said: dict[str, Value] = field(default_factory=dict)
    places: dict[str, _Place] = field(default_factory=dict)
    """Only of fields said elsewhere than at `place`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A credential, as a row of the roster gives it."""

    ref: CredentialRef
    worker: str
    kind: str
    state: str | None
    place: _Place
    column: Phrase


class Comparison:
    """One roster beside one ledger. To be made once, and asked once."""

    def __init__(self, records: Records, known: Known, refs: Refs, how: How) -> None:
        self._records = records
        self._known = known
        self._refs = refs
        self._how = how
        self._mistakes: list[RosterMistake] = []
        self._changes: list[Change] = []
        self._same: Counter[str] = Counter()
        self._drafts: dict[str, dict[str, _Draft]] = {kind: {} for kind in TABLES}
        self._held: list[_Held] = []
        self._companies = Companies(known.companies)
        self._ccus = {**known.renumbered}
        self._origins: dict[tuple[str, ...], str] = {}

    def plan(self) -> Plan:
        """Return what changes."""
        self._take_companies()
        self._take_workers()
        self._take_credentials()
        self._take_sites()
        for kind in ("companies", "workers", "sites"):
            self._compare(kind)
        self._bind()
        if self._how.is_complete:
            self._end_others()
        return Plan(changes=tuple(self._changes), mistakes=tuple(dict.fromkeys(self._mistakes)), same=self._same)

    # ---------------------------------------------------------------- whom a row means

    def _take_companies(self) -> None:
        rows = list(self._rows("companies"))
        for place, said in rows:
            if key := self._companies.enter(said):
                self._draft("companies", key, place, said)
            else:
                self._wrong(place, HEADS["companies", "name"], phrase("roster.two-companies"))
        for draft in self._drafts["companies"].values():
            if draft.said.get("parent"):
                draft.said["parent"] = self._company(
                    draft.places.get("parent", draft.place), draft.said["parent"], "parent"
                )

    def _take_workers(self) -> None:
        for place, said in self._rows("workers"):
            cards = {sort: number for sort in ("card", "phone") if (number := said.pop(sort, None))}
            worker = self._worker(said)
            said.pop("own", None)
            if said.get("ccus"):
                self._claim(str(said["ccus"]), worker, place)
            if said.get("company"):
                said["company"] = self._company(place, said["company"], "company")
            said["id"] = worker
            self._draft("workers", worker, place, said)
            for sort, number in cards.items():
                column = HEADS["credentials", sort]
                held = _Held(
                    ref=self._refs(sort, str(number)), worker=worker, kind=sort, state=None, place=place, column=column
                )
                self._held.append(held)

    def _take_credentials(self) -> None:
        column = by_name("credentials")["number"].head
        for place, said in self._rows("credentials"):
            worker = self._worker(said)
            if worker not in self._known.workers and worker not in self._drafts["workers"]:
                self._wrong(place, Phrase(en="", ja=""), phrase("roster.no-worker"))
                continue
            sort = str(said.get("kind") or "card")
            ref = self._refs(sort, str(said["number"]))
            state = said.get("state") or None
            self._held.append(
                _Held(ref=ref, worker=worker, kind=sort, state=state and str(state), place=place, column=column)
            )

    def _take_sites(self) -> None:
        by_ccus = {line[1]: key for key, line in self._known.sites.items() if line[1]}
        for place, said in self._rows("sites"):
            ccus = str(said.get("ccus") or "")
            key = str(said.get("id") or by_ccus.get(ccus) or ccus)
            self._draft("sites", key, place, {**said, "id": key})

    def _worker(self, said: Mapping[str, Value]) -> str:
        """Rule: the 技能者ID is the id; a worker who had none, and an id for that, keeps the id."""
        if said.get("id"):
            return str(said["id"])
        ccus, own = str(said.get("ccus") or ""), str(said.get("own") or "")
        if not ccus:
            return own
        if ccus in self._ccus:
            return self._ccus[ccus]
        if own and ccus not in self._known.workers and self._is_without_ccus(own, ccus):
            return own
        return ccus

    def _is_without_ccus(self, own: str, ccus: str) -> bool:
        line = self._known.workers.get(own)
        if line is not None:
            return line[1] in {"", ccus}
        draft = self._drafts["workers"].get(own)
        return draft is not None and draft.said.get("ccus") in {None, CLEAR, ccus}

    def _claim(self, ccus: str, worker: str, place: _Place) -> None:
        """A 技能者ID is one worker's."""
        holder = self._ccus.get(ccus) or (ccus if self._has_ccus(ccus) else worker)
        if holder != worker:
            self._wrong(place, by_name("workers")["ccus"].head, phrase("roster.same-ccus"))
        elif worker != ccus:
            self._ccus[ccus] = worker

    def _has_ccus(self, ccus: str) -> bool:
        line, draft = self._known.workers.get(ccus), self._drafts["workers"].get(ccus)
        return (line is not None and line[1] == ccus) or (draft is not None and draft.said.get("ccus") == ccus)

    def _company(self, place: _Place, call: Value, field_name: str) -> str:
        found = self._companies.find(str(call))
        if found is None:
            column = HEADS["companies", "name" if field_name == "company" else field_name]
            self._wrong(place, column, phrase("roster.two-companies"))
        return found or str(call)

    # ---------------------------------------------------------------- what becomes of it

    def _rows(self, kind: str) -> Iterator[tuple[_Place, dict[str, Value]]]:
        for table in self._records.of(kind):
            for row in table.rows:
                yield _Place(table.sheet, int(row[0] or 0)), given(table, row)

    def _draft(self, kind: str, key: str, place: _Place, said: dict[str, Value]) -> None:
        draft = self._drafts[kind].get(key)
        if draft is None:
            self._drafts[kind][key] = _Draft(place, said)
            return
        for name, value in said.items():
            if _differ(name, draft.said.setdefault(name, value), value):
                other = draft.places.get(name, draft.place).row
                column = HEADS.get((kind, name), Phrase(en="", ja=""))
                self._wrong(place, column, phrase("roster.otherwise", other=other))
            elif name not in draft.places:
                draft.places[name] = place

    def _compare(self, kind: str) -> None:
        lines: Mapping[str, Line] = getattr(self._known, kind)
        for key, draft in self._drafts[kind].items():
            before = lines.get(key)
            said = draft.said
            if kind == "workers" and before is not None and "valid_to" not in said and f'"{ENDED}"' in str(before[-1]):
                said = {**said, "valid_to": CLEAR}
            self._merge(kind, "changed" if before else "added", before, said)

    def _merge(self, kind: str, what: str, before: Line | None, said: Mapping[str, Value], *marks: str) -> None:
        places, defaults = PLACES[kind], DEFAULTS[kind]
        after = list(before or defaults)
        changed = []
        for name, value in said.items():
            place = places[name]
            new = defaults[place] if value == CLEAR else value
            if before is None or new != after[place]:
                after[place] = new
                changed.append(name)
        if before is not None and not changed:
            self._same[kind] += 1
            return
        after[-1] = self._origin(before, tuple(changed), marks)
        self._changes.append(Change(kind=kind, what=what, before=before, after=tuple(after)))

    def _origin(self, before: Line | None, changed: tuple[str, ...], marks: tuple[str, ...]) -> str:
        told = [self._records.source, self._how.day, *marks]
        if before is not None:
            return json.dumps(origins(before) | dict.fromkeys(changed, told), ensure_ascii=False)
        if changed not in self._origins:  # that of all new rows of a sheet is the same
            self._origins[changed] = json.dumps(dict.fromkeys(changed, told), ensure_ascii=False)
        return self._origins[changed]

    def _end_others(self) -> None:
        place = PLACES["workers"]["valid_to"]
        for key, line in self._known.workers.items():
            is_over = line[place] and str(line[place]) <= self._how.yesterday
            if key not in self._drafts["workers"] and not is_over:
                self._merge("workers", "ended", line, {"valid_to": self._how.yesterday}, ENDED)

    # ---------------------------------------------------------------- credentials

    def _bind(self) -> None:
        now = dict(self._known.credentials)
        rows: dict[tuple[str, str], int] = {}
        states: dict[tuple[str, str], str] = {}
        owners: dict[str, set[str]] = {}
        for (ref, worker), line in now.items():
            if line[3] == "active":
                owners.setdefault(ref, set()).add(worker)
        # What is lost or replaced first: a card is then free for another.
        for held in sorted(self._held, key=lambda each: each.state in {None, "active"}):
            key = (held.ref, held.worker)
            if held.state and states.setdefault(key, held.state) != held.state:
                self._wrong(held.place, held.column, phrase("roster.otherwise", other=rows[key]))
                continue
            before = now.get(key)
            state = held.state or (str(before[3]) if before else "active")
            others = owners.get(held.ref, set()) - {held.worker}
            is_taken = state == "active" and others and (before is None or before[3] != "active")
            if is_taken and held.kind != "phone" and not self._move(held, others, now, rows):
                continue
            what = "moved" if is_taken and held.kind != "phone" else "changed" if before else "added"
            self._give(held, state, what, now)
            rows.setdefault(key, held.place.row)
            ours = owners.setdefault(held.ref, set())
            if what == "moved":
                ours.clear()
            ours.add(held.worker) if state == "active" else ours.discard(held.worker)

    def _move(
        self,
        held: _Held,
        others: Collection[str],
        now: dict[tuple[str, str], Line],
        rows: Mapping[tuple[str, str], int],
    ) -> bool:
        """Take the card from whoever has it, if that may be; return whether it is free now."""
        if twice := [rows[held.ref, other] for other in others if (held.ref, other) in rows]:
            self._wrong(held.place, held.column, phrase("roster.card-twice", other=min(twice)))
            return False
        if not self._how.may_move:
            self._wrong(held.place, held.column, phrase("roster.card-moved"))
            return False
        for other in others:
            line = now[held.ref, other]
            self._merge("credentials", "changed", line, {"state": "replaced"})
            now[held.ref, other] = self._changes[-1].after
        return True

    def _give(self, held: _Held, state: str, what: str, now: dict[tuple[str, str], Line]) -> None:
        key = (str(held.ref), held.worker)
        before = now.get(key)
        said: dict[str, Value] = {"state": state}
        if before is None:
            said = {"ref": key[0], "worker": key[1], "kind": held.kind, "state": state}
        count = len(self._changes)
        self._merge("credentials", what, before, said)
        if len(self._changes) > count:
            now[key] = self._changes[-1].after

    def _wrong(self, place: _Place, column: Phrase, says: Phrase) -> None:
        self._mistakes.append(RosterMistake(sheet=place.sheet, row=place.row, column=column, says=says))


def _differ(name: str, one: Value, other: Value) -> bool:
    if name == "name" and isinstance(one, str) and isinstance(other, str):
        return plain_name(one) != plain_name(other)
    return one != other
