"""Write events and tables for people and programs: CSV that no spreadsheet executes, JSON lines, tables."""

import csv
import re
from collections.abc import Iterable, Sequence
from typing import TextIO

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from edge_agent.receiver.days import DayRow, TotalRow
from edge_agent.receiver.export import Heard, Row, SiteDay
from edge_agent.receiver.waiting import WaitingRow

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet."""
WIDEST = 1000
KINDS = (SiteDay, Heard, DayRow, TotalRow, WaitingRow)
COUNTS = frozenset(name for kind in KINDS for name, type_ in kind.__annotations__.items() if type_ in {int, int | None})
MINUTE = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\S+$")
"""A time; people read it to the minute."""


def write_csv(rows: Iterable[msgspec.Struct], out: TextIO, kind: type[msgspec.Struct] = Row) -> None:
    """Write a header and one line a row."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(kind.__struct_fields__)
    for row in rows:
        writer.writerow([cell(value) for value in msgspec.structs.astuple(row)])


def write_json(rows: Iterable[Row], out: TextIO) -> None:
    """Write one object a line."""
    out.writelines(msgspec.json.encode(row).decode() + "\n" for row in rows)


def cell(value: object) -> object:
    """Return a CSV cell that means the value, and nothing else, to a spreadsheet."""
    if value is None:
        return ""
    if isinstance(value, list):
        value = " ".join(value)
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA) else value


def show(days: Iterable[SiteDay], gateways: Iterable[Heard], console: Console) -> None:
    """Print what came, and how the gateways stand: tables for people, tab-separated lines for a pipe."""
    show_sections([("what came", *_lines(SiteDay, days)), ("gateways", *_lines(Heard, gateways))], console)


def show_sections(sections: Iterable[tuple[str, Sequence[str], list[list[str]]]], console: Console) -> None:
    """Print a table for each heading, its fields and its lines; tab-separated lines for a pipe."""
    for heading, fields, lines in sections:
        if console.is_terminal and not console.is_dumb_terminal:
            # A terminal too narrow wraps the lines; rich would cut off what stands in them.
            console.width = WIDEST
            console.print(_table(heading, fields, lines))
        else:
            # Not through rich: it would turn tabs into spaces.
            console.file.writelines("\t".join(line) + "\n" for line in [fields, *lines])


def _lines(kind: type[msgspec.Struct], rows: Iterable[msgspec.Struct]) -> tuple[Sequence[str], list[list[str]]]:
    lines = [["–" if value is None else str(value) for value in msgspec.structs.astuple(row)] for row in rows]
    return kind.__struct_fields__, lines


def _table(heading: str, fields: Sequence[str], lines: Iterable[list[str]]) -> Table:
    table = Table(title=heading, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for field in fields:
        table.add_column(field, justify="right" if field in COUNTS else "left", no_wrap=True)
    for line in lines:
        table.add_row(*(MINUTE.sub(r"\1 \2", text) for text in line))
    return table


def as_json(days: Iterable[SiteDay], gateways: Iterable[Heard]) -> str:
    """Return the same as one JSON object."""
    return msgspec.json.encode({"days": list(days), "gateways": list(gateways)}).decode()
