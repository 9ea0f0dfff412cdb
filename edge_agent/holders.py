"""Whose badges are to be printed: from the ledger, or from a list. Prints nothing."""

import contextlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_agent.config.mistake import shown_path
from edge_agent.core.touch import WorkerId
from edge_agent.roster.mistakes import RosterError
from edge_agent.roster.reading import read_roster
from spool.file import SpoolUnavailable, open_reader


class NoHolders(Exception):
    """Nobody's badge can be printed. The message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A worker as a badge shows them."""

    worker: WorkerId
    name: str
    company: str
    """Name."""
    company_id: str = ""


def from_spool(spool: Path) -> list[Holder]:
    """
    Return everybody the box knows, by company and then by id. The agent may run beside it.

    Raises:
        SpoolUnavailable: The file cannot be read.

    """
    with contextlib.closing(open_reader(spool)) as db:
        try:
            rows = db.execute(_ALL).fetchall()
        except sqlite3.Error as exc:
            raise SpoolUnavailable(f"{spool}: cannot be read ({exc}); did the agent ever run here?") from exc
    return [Holder(worker=WorkerId(row[0]), name=row[1], company=row[2], company_id=row[3]) for row in rows]


def from_list(path: Path) -> list[Holder]:
    """
    Return everybody in a list of workers, CSV or XLSX, as `edge-agent roster import` takes it.

    Raises:
        NoHolders: It cannot be used. The message says why.

    """
    try:
        tables = read_roster(path).of("workers")
    except RosterError as exc:
        raise NoHolders(str(exc)) from exc
    people = [dict(zip(table.fields, row[1:], strict=True)) for table in tables for row in table.rows]
    if not people:
        raise NoHolders(f"{shown_path(path)}: lists no workers")
    return [_holder(person) for person in people]


def chosen(holders: Sequence[Holder], *, workers: Iterable[str], company: str) -> list[Holder]:
    """
    Return these workers, in this order; else all of this company, by id or name; else all.

    Raises:
        NoHolders: Somebody is not there.

    """
    by_id = {each.worker: each for each in holders}
    if wanted := [WorkerId(worker) for worker in dict.fromkeys(workers)]:
        if missing := [worker for worker in wanted if worker not in by_id]:
            raise NoHolders(f"not in the roster: {', '.join(missing)}")
        return [by_id[worker] for worker in wanted]
    found = [each for each in by_id.values() if not company or company in {each.company, each.company_id}]
    if not found:
        raise NoHolders(f"nobody of {company!r} in the roster" if company else "the roster is empty")
    return found


def _holder(person: Mapping[str, object]) -> Holder:
    worker = WorkerId(str(person.get("id") or person.get("ccus") or ""))
    return Holder(worker=worker, name=str(person.get("name") or ""), company=str(person.get("company") or ""))


_ALL = """
    SELECT worker.id, worker.name, coalesce(nullif(company.name, ''), worker.company), worker.company
    FROM worker LEFT JOIN company ON company.id = worker.company ORDER BY worker.company, worker.id
"""
