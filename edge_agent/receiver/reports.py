"""`edge-agent receive days|waiting`: who was where and how long, and what somebody has to look at. Decides nothing."""

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

import msgspec
from rich.console import Console

from edge_agent.clock import SystemClock
from edge_agent.core.calendar import jst_date
from edge_agent.core.touch import Stamp
from edge_agent.receiver import render
from edge_agent.receiver.arguments import add_output, add_reading, add_wanted, add_whose, output, wanted
from edge_agent.receiver.days import DayRow, TotalRow, person_days
from edge_agent.receiver.reading import Reading
from edge_agent.receiver.waiting import WaitingRow, waiting
from edge_agent.words import Language, Phrase

UNKNOWN_RATE = Phrase(en="unknown denominator", ja="分母不明")
HIDDEN = frozenset({"seconds", "first_in_time", "last_out_time", "epoch"})
"""Columns for programs: a table for people has them in another form."""


def add_actions(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the actions."""
    days = add_reading(actions, "days", "person-days and hours, by person, site and day; totals and touch rates")
    days.add_argument("--totals", action="store_true", help="with --csv: the totals instead of the persons")
    waits = add_reading(actions, "waiting", "touches that wait for somebody, or are odd, and until when")
    for parser in (days, waits):
        add_wanted(parser)
        add_whose(parser)
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="one JSON object")
        form.add_argument("--csv", action="store_true", help="one line a row")
        add_output(parser)


def show_days(args: argparse.Namespace, database: Path) -> int:
    """Print person-days and totals; return 0."""
    with Reading(database) as reading:
        rows, sums = person_days(reading, wanted(args), now_ns=_now().utc_ns)
    if args.csv:
        chosen: tuple[type[msgspec.Struct], list[msgspec.Struct]] = (
            (TotalRow, [*sums]) if args.totals else (DayRow, [*rows])
        )
        return _write(args, lambda out: render.write_csv(chosen[1], out, chosen[0]))
    if args.json:
        return _write(args, lambda out: out.write(_json({"days": rows, "totals": sums})))
    return _write(args, lambda out: _show(out, {"person-days": (DayRow, rows), "totals": (TotalRow, sums)}))


def show_waiting(args: argparse.Namespace, database: Path) -> int:
    """Print what has to be looked at; return 0."""
    now = _now()
    with Reading(database) as reading:
        rows = waiting(reading, wanted(args), today=jst_date(now.utc_ns), language=Language.of_terminal())
    if args.csv:
        return _write(args, lambda out: render.write_csv(rows, out, WaitingRow))
    if args.json:
        return _write(args, lambda out: out.write(_json({"waiting": rows})))
    return _write(args, lambda out: _show(out, {"waiting": (WaitingRow, rows)}))


def _now() -> Stamp:
    return SystemClock().stamp()


def _json(told: object) -> str:
    return msgspec.json.encode(told).decode() + "\n"


def _write(args: argparse.Namespace, write: Callable[[TextIO], object]) -> int:
    with output(args) as out:
        write(out)
    return 0


def _show(out: TextIO, sections: Mapping[str, tuple[type[msgspec.Struct], Sequence[msgspec.Struct]]]) -> None:
    render.show_sections(
        [(heading, *_lines(kind, rows)) for heading, (kind, rows) in sections.items()],
        Console(file=out, soft_wrap=True),
    )


def _lines(kind: type[msgspec.Struct], rows: Iterable[msgspec.Struct]) -> tuple[list[str], list[list[str]]]:
    fields = [field for field in kind.__struct_fields__ if field not in HIDDEN]
    return fields, [[_text(field, getattr(row, field)) for field in fields] for row in rows]


def _text(field: str, value: object) -> str:
    if field == "touch_rate_percent":
        return UNKNOWN_RATE.text(Language.of_terminal()) if value is None else f"{value} %"
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list):
        return " ".join(value)
    return "–" if value is None else str(value)
