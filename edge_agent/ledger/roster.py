"""Whole rows of workers, companies, credentials and sites: asked for and written in bulk. Compares nothing."""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields

from edge_agent.core.people import Company, Site
from edge_agent.core.touch import CredentialRef, Worker

Execute = Callable[[str, tuple[object, ...]], sqlite3.Cursor]
"""That of a transaction, or of a connection that only reads."""
Line = tuple[object, ...]
"""A row as it lies in the file; its columns as `COLUMNS` names them."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "companies": (*(each.name for each in fields(Company)), "origin"),
    "workers": (*(each.name for each in fields(Worker)), "origin"),
    "credentials": ("ref", "worker", "kind", "state", "origin"),
    "sites": (*(each.name for each in fields(Site)), "origin"),
}
_NAMES = {"companies": "company", "workers": "worker", "credentials": "credential", "sites": "site"}
_KEYS = {"companies": "id", "workers": "id", "credentials": "ref, worker", "sites": "id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the ledger holds of what a roster speaks of. Two that are equal were taken of equal ledgers."""

    companies: Mapping[str, Line] = field(default_factory=dict)
    """All of them, by id: there are few."""
    workers: Mapping[str, Line] = field(default_factory=dict)
    """Those asked for, by id."""
    renumbered: Mapping[str, str] = field(default_factory=dict)
    """技能者ID to id of those among them who have another id."""
    credentials: Mapping[tuple[str, str], Line] = field(default_factory=dict)
    """Those asked for, by reference and worker."""
    sites: Mapping[str, Line] = field(default_factory=dict)
    """All of them, by id."""


def known(execute: Execute, *, workers: Collection[str] | None, refs: Collection[str]) -> Known:
    """
    Return what the ledger holds.

    Args:
        execute: Whom to ask.
        workers: Of these workers, by id or 技能者ID; None: of all.
        refs: Of these credentials.

    """
    found = _lines(execute, "workers", _OF_ALL if workers is None else _OF_THESE, workers)
    renumbered = execute(_RENUMBERED, (_json(workers),)).fetchall() if workers is not None else []
    ids = [str(each) for _, each in renumbered if each not in found]
    return Known(
        companies=_by_id(_lines(execute, "companies", _OF_ALL, None)),
        workers=_by_id(found) | _by_id(_lines(execute, "workers", _OF_THESE, ids)),
        renumbered=dict(renumbered) if workers is not None else _all_renumbered(found),
        credentials={(str(line[0]), str(line[1])): line for line in _lines(execute, "credentials", _OF_REFS, refs)},
        sites=_by_id(_lines(execute, "sites", _OF_ALL, None)),
    )


def write(execute: Execute, kind: str, lines: Iterable[Line]) -> None:
    """Enter these rows, or put them in the place of those with the same key."""
    columns = COLUMNS[kind]
    sql = f"INSERT OR REPLACE INTO {_NAMES[kind]} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our names
    for line in lines:
        execute(sql, line)


def pages(execute: Execute, kind: str, *, size: int = 500) -> Iterator[list[Line]]:
    """Yield all rows, some at once, each page in a read of its own: a slow taker holds up no checkpoint."""
    key = _KEYS[kind]
    places = [COLUMNS[kind].index(name) for name in key.split(", ")]
    after: tuple[object, ...] = ("",) * len(places)
    marks = ", ".join("?" * len(places))
    sql = f"SELECT {', '.join(COLUMNS[kind])} FROM {_NAMES[kind]} WHERE ({key}) > ({marks}) ORDER BY {key} LIMIT ?"  # noqa: S608 - our names
    while page := execute(sql, (*after, size)).fetchall():
        yield page
        after = tuple(page[-1][place] for place in places)


def find(execute: Execute, kind: str, call: str) -> list[Line]:
    """Return the rows with this id, number in CCUS, or name."""
    sql = f"SELECT {', '.join(COLUMNS[kind])} FROM {_NAMES[kind]} WHERE id = ? OR (ccus <> '' AND ccus = ?) OR name = ?"  # noqa: S608 - our names
    return execute(f"{sql} ORDER BY id LIMIT 100", (call, call, call)).fetchall()


def credentials_of(execute: Execute, worker: str) -> list[Line]:
    """Return a worker's credentials."""
    sql = f"SELECT {', '.join(COLUMNS['credentials'])} FROM credential WHERE worker = ? ORDER BY kind, ref"  # noqa: S608 - our names
    return execute(sql, (worker,)).fetchall()


def waiting_of(execute: Execute, refs: Collection[CredentialRef]) -> dict[CredentialRef, int]:
    """Return how many touches of each of these credentials wait; none of those of which none does."""
    return dict(execute(_WAITING, (_json(refs),)).fetchall())


def file_mark(execute: Execute) -> str:
    """Return the mark of the roster file that was taken in last; empty: none."""
    row = execute("SELECT mark FROM roster_file", ()).fetchone()
    return str(row[0]) if row else ""


def set_file_mark(execute: Execute, mark: str) -> None:
    """Keep which roster file was taken in."""
    execute("INSERT OR REPLACE INTO roster_file (id, mark) VALUES (1, ?)", (mark,))


def _lines(execute: Execute, kind: str, which: str, keys: Collection[str] | None) -> list[Line]:
    if keys is not None and not keys:
        return []
    columns = ", ".join(f"found.{name}" for name in COLUMNS[kind])
    sql = f"SELECT {columns} FROM {_NAMES[kind]} AS found {which}"  # noqa: S608 - our names
    return execute(sql, () if keys is None else (_json(keys),)).fetchall()


def _by_id(lines: Sequence[Line]) -> dict[str, Line]:
    return {str(line[0]): line for line in lines}


def _all_renumbered(lines: Sequence[Line]) -> dict[str, str]:
    place = COLUMNS["workers"].index("ccus")
    return {str(line[place]): str(line[0]) for line in lines if line[place] not in {"", line[0]}}


def _json(keys: Collection[str] | None) -> str:
    return json.dumps(list(keys or ()))


_OF_ALL = ""
_OF_THESE = "JOIN json_each(?) AS asked ON asked.value = found.id"
_OF_REFS = "JOIN json_each(?) AS asked ON asked.value = found.ref"
_RENUMBERED = """
    SELECT worker.ccus, worker.id FROM json_each(?) AS asked CROSS JOIN worker ON worker.ccus = asked.value
    WHERE worker.ccus <> worker.id AND worker.ccus <> ''
"""
_WAITING = """
    SELECT waiting.credential, count(*) FROM json_each(?) AS asked CROSS JOIN waiting ON credential = asked.value
    WHERE state = 'waiting' GROUP BY waiting.credential
"""
