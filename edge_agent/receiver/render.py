"""Write events and tables for people and programs: CSV that no spreadsheet executes, JSON lines, tables."""

import csv
from collections.abc import Iterable
from typing import TextIO

import msgspec
from rich.console import Console
from rich.table import Table

from edge_agent.receiver.export import Heard, Row, SiteDay

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet."""


def write_csv(rows: Iterable[Row], out: TextIO) -> None:
    """Write a header and one line an event."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Row.__struct_fields__)
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
    for heading, kind, rows in (("what came", SiteDay, days), ("gateways", Heard, gateways)):
        table = Table(*kind.__struct_fields__, title=heading, title_justify="left")
        lines = [["–" if value is None else str(value) for value in msgspec.structs.astuple(row)] for row in rows]
        if console.is_terminal:
            for line in lines:
                table.add_row(*line)
            console.print(table)
        else:
            # Not through rich: it would turn tabs into spaces.
            console.file.writelines("\t".join(line) + "\n" for line in [list(kind.__struct_fields__), *lines])


def as_json(days: Iterable[SiteDay], gateways: Iterable[Heard]) -> str:
    """Return the same as one JSON object."""
    return msgspec.json.encode({"days": list(days), "gateways": list(gateways)}).decode()
