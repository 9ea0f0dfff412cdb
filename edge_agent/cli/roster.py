"""`edge-agent roster`: workers, companies, cards and sites from spreadsheets into the running agent, and back."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import Progress

from edge_agent.cli.common import add_socket, complain
from edge_agent.cli.desk import NoPassword, add_user, signed
from edge_agent.control.client import NotRunning, Refused, ask
from edge_agent.roster.columns import TABLES, TITLES
from edge_agent.roster.mistakes import RosterError, RosterMistake
from edge_agent.roster.reading import Choice, read_roster
from edge_agent.roster.writing import NotWritable, cells, csv_bytes, heads
from edge_agent.words import Language

GOOD, FAILED, WRONG_USE = 0, 1, 2
PATIENCE_S = 300.0
_SHOWN_MAX = 1000


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = commands.add_parser("roster", help="workers, companies, cards and sites", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, meaning in (("import", "take in a CSV or XLSX file"), ("diff", "say what an import would change")):
        action = actions.add_parser(name, help=meaning, description=meaning)
        action.add_argument("file", type=Path, metavar="FILE")
        if name == "import":
            action.add_argument("--dry-run", action="store_true", help="change nothing; say what would change")
        action.add_argument("--complete", action="store_true", help="whoever is not listed has left the site")
        action.add_argument("--move", action="store_true", help="a card may go from one worker to another")
        action.add_argument("--sheet", default="", metavar="NAME", help="only this sheet of a workbook")
        action.add_argument(
            "--kind", default="", choices=TABLES, help="what the table lists; default: its columns tell"
        )
        add_user(action)
    out = actions.add_parser("export", help="write a CSV or XLSX file", description="write a CSV or XLSX file")
    out.add_argument("--kind", default="workers", choices=(*TABLES, "all"), help="`all` only as xlsx; default: workers")
    out.add_argument("--format", default="csv", choices=("csv", "xlsx"), help="default: csv")
    out.add_argument(
        "--encoding", default="utf-8-sig", choices=("utf-8-sig", "utf-8", "cp932"), help="of CSV; cp932 is Shift_JIS"
    )
    out.add_argument("--headers", default="ja", choices=[each.value for each in Language], help="default: ja")
    out.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    add_user(out)
    show = actions.add_parser("show", help="one worker, company or site", description="what is known, and from where")
    which = show.add_mutually_exclusive_group(required=True)
    for name in ("worker", "company", "site"):
        which.add_argument(f"--{name}", metavar="WHO", help="id, number in CCUS, or name")
    add_socket(show)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; return 0 if good, 1 if it failed or was refused, 2 for wrong use."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "import": _import, "diff": _import, "export": _export, "show": _show,
    }  # fmt: skip
    try:
        return actions[args.action](args)
    except BrokenPipeError:
        raise
    except (NoPassword, NotRunning, Refused, NotWritable) as exc:
        complain(exc)
    except RosterError as exc:
        _complain_of(args, exc)
    except OSError as exc:
        complain(f"{exc.filename or args.output}: {exc.strerror}")
    return FAILED


def _import(args: argparse.Namespace) -> int:
    is_dry = args.action == "diff" or args.dry_run
    who = signed(args)
    with _progress() as progress:
        task = progress.add_task("reading", total=None)
        choice = Choice(sheet=args.sheet, kind=args.kind)
        records = read_roster(args.file, choice, moved=lambda rows: progress.update(task, completed=rows))
        progress.update(task, description="comparing" if is_dry else "entering")
        answers = list(
            ask(
                args.socket,
                "roster-import",
                timeout_s=PATIENCE_S,
                records=msgspec.to_builtins(records),
                dry_run=is_dry,
                complete=args.complete,
                move=args.move,
                changes=is_dry,
                **who,
            )
        )
    if not answers:
        raise Refused("the agent gave no answer; it may be stopping")
    mistakes = [msgspec.convert(each["mistake"], RosterMistake) for each in answers if "mistake" in each]
    if mistakes:
        raise RosterError(str(args.file), mistakes)
    changes = [change for each in answers for change in each.get("changes", ())]
    _tell(args, changes, answers[-1] | {"dry_run": is_dry})
    return GOOD


def _export(args: argparse.Namespace) -> int:
    language = Language(args.headers)
    kinds = TABLES if args.kind == "all" else (args.kind,)
    if args.format == "csv" and len(kinds) > 1:
        complain("--kind all is a workbook: add --format xlsx")
        return WRONG_USE
    if args.format == "xlsx" and args.output is None:
        complain("a workbook needs a file: add --output FILE.xlsx")
        return WRONG_USE
    who = signed(args)
    with _progress() as progress:
        tables = {kind: list(cells(kind, _lines(args, kind, progress, who), language)) for kind in kinds}
    if args.format == "xlsx":
        from edge_agent.roster.workbook import write_workbook  # noqa: PLC0415 - costs 20 MiB

        write_workbook(
            args.output, [(TITLES[kind].text(language), heads(kind, language), rows) for kind, rows in tables.items()]
        )
        return GOOD
    content = csv_bytes(heads(args.kind, language), tables[args.kind], encoding=args.encoding)
    if args.output is None:
        sys.stdout.buffer.write(content)
    else:
        args.output.write_bytes(content)
    return GOOD


def _lines(args: argparse.Namespace, kind: str, progress: Progress, who: dict[str, object]) -> Iterator[dict[str, Any]]:
    task = progress.add_task(kind, total=None)
    fields: list[str] = []
    for answer in ask(args.socket, "roster-export", timeout_s=PATIENCE_S, kind=kind, **who):
        fields = answer.get("fields", fields)
        for row in answer.get("rows", ()):
            progress.advance(task)
            yield dict(zip(fields, row, strict=True))


def _show(args: argparse.Namespace) -> int:
    name, call = next((name, getattr(args, name)) for name in ("worker", "company", "site") if getattr(args, name))
    found = list(ask(args.socket, "roster-show", **{name: call}))
    if not found:
        complain(f"no such {name}")
        return FAILED
    console = Console(soft_wrap=True)
    for each in found:
        if args.json:
            console.out(json.dumps(each, ensure_ascii=False), highlight=False)
            continue
        for field, value in each.items():
            if field not in {"origin", "credentials"}:
                origin = " ".join(each["origin"].get(field, ()))
                console.out(f"{field:<13} {_said(value):<30} {origin}".rstrip(), highlight=False)
        for held in each.get("credentials", ()):
            console.out(f"{held['kind']:<13} {held['ref'][5:13]:<30} {held['state']}", highlight=False)
    return GOOD


def _tell(args: argparse.Namespace, changes: list[dict[str, Any]], summary: dict[str, Any]) -> None:
    if args.json:
        lines = [json.dumps(each, ensure_ascii=False) for each in (*changes, summary)]
    else:
        lines = [*_told_changes(changes), *_told_summary(summary)]
    print("\n".join(lines))  # noqa: T201 - the answer; rich would take its time over ten thousand lines


def _told_changes(changes: list[dict[str, Any]]) -> Iterator[str]:
    for change in changes[:_SHOWN_MAX]:
        yield from _change_lines(change)
    if len(changes) > _SHOWN_MAX:
        yield f"... and {len(changes) - _SHOWN_MAX} more; --json shows all"


def _told_summary(summary: dict[str, Any]) -> Iterator[str]:
    for kind, counts in summary["counts"].items():
        if any(counts.values()):
            yield f"{kind}: {', '.join(f'{count} {what}' for what, count in counts.items())}"
    if summary["waiting"]:
        yield f"{summary['waiting']} touches waited for these; {summary['named']} are named"
    if summary["dry_run"]:
        yield "nothing was changed"


def _change_lines(change: dict[str, Any]) -> Iterator[str]:
    yield f"{change['what']:<8} {change['kind']} {change['id']} {change['name']}".rstrip()
    if change["what"] in {"added", "moved"}:
        return
    for field, (old, new, origin) in change["fields"].items():
        since = f"  (was from {' '.join(origin)})" if origin else ""
        yield f"         {field}: {_said(old)} -> {_said(new)}{since}"


def _said(value: object) -> str:
    return "–" if value in {None, ""} else str(value)


def _complain_of(args: argparse.Namespace, exc: RosterError) -> None:
    if not args.json:
        complain(exc)
        return
    for mistake in exc.mistakes:
        print(json.dumps(msgspec.to_builtins(mistake), ensure_ascii=False))  # noqa: T201 - the answer


@contextmanager
def _progress() -> Iterator[Progress]:
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        yield progress
