"""Whose badges are to be printed: from the ledger, or from a CSV file. Prints nothing."""

import contextlib
import csv
import io
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_agent.config.files import Unusable, read_file
from edge_agent.config.mistake import shown_path
from edge_agent.core.touch import WorkerId
from spool.file import SpoolUnavailable, open_reader

SIZE_MAX_B = 16 << 20
_COLUMNS = {
    "id": "worker", "worker": "worker", "ccus_id": "worker", "技能者id": "worker",
    "name": "name", "氏名": "name",
    "company": "company", "会社": "company", "所属": "company", "事業者": "company",
}  # fmt: skip


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


def from_csv(path: Path) -> list[Holder]:
    """
    Return everybody in a CSV file: columns id (or 技能者ID), name (氏名), company (所属); others are left alone.

    Raises:
        NoHolders: It cannot be used. The message says why.

    """
    try:
        content = read_file(path, limit_b=SIZE_MAX_B)
    except Unusable as exc:
        raise NoHolders(f"{shown_path(path)}: {exc}") from exc
    rows = csv.reader(io.StringIO(_decoded(path, content), newline=""))
    try:
        columns = [_COLUMNS.get(unicodedata.normalize("NFKC", cell).strip().casefold(), "") for cell in next(rows, [])]
        if "worker" not in columns:
            raise NoHolders(f"{shown_path(path)}: the first row names no column id (or 技能者ID)")
        return [
            _holder(path, number, dict(zip(columns, row, strict=False)))
            for number, row in enumerate(rows, 2)
            if any(row)
        ]
    except csv.Error as exc:
        raise NoHolders(f"{shown_path(path)}: row {rows.line_num}: not CSV: {exc}") from exc


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


def _holder(path: Path, row: int, cells: dict[str, str]) -> Holder:
    worker = unicodedata.normalize("NFKC", cells.get("worker", "")).strip()
    if not worker:
        raise NoHolders(f"{shown_path(path)}: row {row}: no id")
    return Holder(worker=WorkerId(worker), name=cells.get("name", "").strip(), company=cells.get("company", "").strip())


def _decoded(path: Path, content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        with contextlib.suppress(UnicodeDecodeError):
            return content.decode(encoding)
    raise NoHolders(f"{shown_path(path)}: is neither UTF-8 nor Shift_JIS; save it as CSV UTF-8")


_ALL = """
    SELECT worker.id, worker.name, coalesce(nullif(company.name, ''), worker.company), worker.company
    FROM worker LEFT JOIN company ON company.id = worker.company ORDER BY worker.company, worker.id
"""
