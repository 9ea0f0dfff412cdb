"""Rows of the ledger as a spreadsheet's: heads and cells in a language, and CSV of them. Asks nobody."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from edge_agent.roster.columns import SHEETS, Field
from edge_agent.roster.records import KINDS
from edge_agent.roster.values import NUMBER, Kind, Value
from edge_agent.words import Language

Lines = Iterable[Mapping[str, Value]]

_COLUMNS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    # What the ledger calls it, and table and field of the column it is written under.
    "workers": (
        ("ccus", "workers", "ccus"),
        ("id", "workers", "id"),
        *((name, "workers", name) for name in ("name", "kana")),
        ("company", "companies", "id"),
        *((name, "workers", name) for name in ("job", "level", "kentaikyo", "is_insured", "language")),
        *((name, "workers", name) for name in ("valid_from", "valid_to")),
    ),
    "credentials": (
        ("worker", "credentials", "id"),
        ("kind", "credentials", "kind"),
        ("ref", "credentials", "number"),
        ("state", "credentials", "state"),
    ),
    "companies": tuple((each.name, "companies", each.name) for each in SHEETS["companies"]),
    "sites": tuple((each.name, "sites", each.name) for each in SHEETS["sites"]),
}


class NotWritable(Exception):
    """The encoding lacks a character. The message says of how many rows."""


def heads(kind: str, language: Language) -> list[str]:
    """Return the names of the columns of an export."""
    return [_field(kind, table, name).head.text(language) for _, table, name in _COLUMNS[kind]]


def cells(kind: str, lines: Lines, language: Language) -> Iterator[list[str]]:
    """Yield each row as text which, read again, changes nothing."""
    writers = [(name, partial(_kind_of(table, field).write)) for name, table, field in _COLUMNS[kind]]
    for line in lines:
        # A worker's id is written only where it is not the 技能者ID: people need not see it twice.
        is_plain = kind == "workers" and line["id"] == line["ccus"]
        yield ["" if is_plain and name == "id" else write(line[name], language) for name, write in writers]


def csv_bytes(heads: Sequence[str], rows: Iterable[Sequence[str]], *, encoding: str) -> bytes:
    """
    Return a CSV file, as Excel wants it.

    Raises:
        NotWritable: This encoding cannot write it.

    """
    text = io.StringIO(newline="")
    csv.writer(text).writerows([heads, *rows])
    try:
        return text.getvalue().encode(encoding)
    except UnicodeEncodeError as exc:
        lost = sum(_is_lost(line, encoding) for line in text.getvalue().splitlines())
        raise NotWritable(f"{lost} rows hold characters that {encoding} does not have; use utf-8-sig") from exc


def _is_lost(line: str, encoding: str) -> bool:
    return line.encode(encoding, "replace").decode(encoding) != line


def _field(kind: str, table: str, name: str) -> Field:
    return next(each for each in SHEETS[kind] if each.table == table and each.name == name)


def _kind_of(table: str, name: str) -> Kind:
    return NUMBER if (table, name) == ("credentials", "number") else KINDS[table][name]
