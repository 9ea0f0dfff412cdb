"""Whom a row means: companies by whatever they are called, credentials by their number. Changes nothing."""

import unicodedata
from collections.abc import Iterator, Mapping

from edge_agent.core.touch import CredentialRef
from edge_agent.ledger.roster import COLUMNS, Line
from edge_agent.roster import tokens
from edge_agent.roster.records import Records, given
from edge_agent.roster.values import Value


def workers_asked(records: Records) -> list[str]:
    """Return every number by which the roster calls a worker."""
    found: set[str] = set()
    for kind in ("workers", "credentials"):
        for table in records.of(kind):
            places = [place for place, name in enumerate(table.fields, 1) if name in {"id", "ccus", "own"}]
            found.update(str(row[place]) for row in table.rows for place in places if row[place])
    return sorted(found)


class Refs:
    """The reference of each number: a keyed hash, made once."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._made: dict[tuple[str, str], CredentialRef] = {}

    def __call__(self, sort: str, number: str) -> CredentialRef:
        """Return the reference of this number."""
        made = self._made.get((sort, number))
        if made is None:
            made = self._made[sort, number] = tokens.ref_of(self._key, sort, number)
        return made

    def asked(self, records: Records) -> list[CredentialRef]:
        """Return the reference of everything a roster gives to somebody."""
        return sorted(
            {
                self(sort, number)
                for kind in ("workers", "credentials")
                for table in records.of(kind)
                for row in table.rows
                for sort, number in _numbers(given(table, row))
            }
        )


def _numbers(said: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    if said.get("number"):
        yield str(said.get("kind") or "card"), str(said["number"])
    for sort in ("card", "phone"):
        if said.get(sort):
            yield sort, str(said[sort])


class Companies:
    """Companies by whatever people call them."""

    def __init__(self, known: Mapping[str, Line]) -> None:
        self._ids = set(known)
        self._ccus: dict[str, str] = {}
        self._names: dict[str, set[str]] = {}
        ccus, name = COLUMNS["companies"].index("ccus"), COLUMNS["companies"].index("name")
        self._ccus_of: dict[str, str] = {}
        for key, line in known.items():
            self._note(key, ccus=str(line[ccus]), name=str(line[name]))

    def enter(self, said: dict[str, Value]) -> str | None:
        """
        Return the id of the company a row tells of, and put it into the row; None where several are meant.

        One that is called by its name keeps the spelling it has.
        """
        ccus, name = str(said.get("ccus") or ""), str(said.get("name") or "")
        key = str(said.get("id") or self._ccus.get(ccus) or (ccus if ccus in self._ids else ""))
        if not key:
            found = self._by_name(name, ccus)
            if len(found) > 1 and not ccus:
                return None
            if len(found) == 1:
                del said["name"]
                key = found[0]
        key = key or ccus or name
        self._note(key, ccus=ccus, name=name)
        said["id"] = key
        return key

    def find(self, call: str) -> str | None:
        """Return the company's id; the call itself where nobody is called so; None where several are."""
        if call in self._ids:
            return call
        if call in self._ccus:
            return self._ccus[call]
        found = self._names.get(plain_name(call), set())
        if len(found) > 1:
            return None
        return next(iter(found), call)

    def _by_name(self, name: str, ccus: str) -> list[str]:
        """Companies of that name, without those that have another 事業者ID."""
        found = self._names.get(plain_name(name), ())
        return [key for key in found if not ccus or self._ccus_of.get(key, "") in {"", ccus}]

    def _note(self, key: str, *, ccus: str, name: str) -> None:
        self._ids.add(key)
        if ccus:
            self._ccus[ccus] = key
            self._ccus_of[key] = ccus
        if name:
            self._names.setdefault(plain_name(name), set()).add(key)


def plain_name(name: str) -> str:
    """Return a company's name without what does not tell names apart: width, case, spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
