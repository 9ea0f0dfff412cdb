"""`edge-agent models eval`: how well are faces recognised in pictures of your own? Measures; changes nothing."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from edge_agent.cli.common import complain
from models.calibration import Calibration, Uncalibrated
from models.errors import ModelError
from models.evaluate import Shipped, Verified
from models.identification import Identified
from models.manifest import FP32, INT8
from models.metrics import Accuracy, Rate
from models.pairs import TableWrong, read_pairs, read_people
from models.report import Report, report_of
from models.shelf import Shelf
from models.trials import told
from models.variants import sight_of

GOOD, FAILED, WRONG_USE = 0, 1, 2
_AS_SHIPPED = {
    "threshold": "threshold",
    "fmr": "FMR",
    "fnmr": "FNMR",
    "far": "FAR, with who has no face",
    "frr": "FRR, with who has no face",
}


def run(args: argparse.Namespace) -> int:
    """Measure; return 0 if it could be done, 1 if models or pictures do not allow it, 2 for a wrong table."""
    try:
        report = _report(args)
    except TableWrong as exc:
        complain(exc)
        return WRONG_USE
    except (ModelError, Uncalibrated) as exc:
        complain(exc)
        return FAILED
    console = Console(soft_wrap=True)
    if args.json:
        console.out(json.dumps(plain(report), indent=2, ensure_ascii=False), highlight=False)
    else:
        _show(report, console)
    if report.pictures.failed.errors == report.pictures.count:
        complain("no picture has a face that could be used: nothing was measured")
        return FAILED
    return GOOD


def _report(args: argparse.Namespace) -> Report:
    if not args.pairs and not args.identify:
        raise TableWrong(["give --pairs or --identify, or both; see: edge-agent models eval --help"])
    if args.rows and not args.identify:
        raise TableWrong(["--rows needs --identify: who is in which picture"])
    pairs = read_pairs(args.pairs, args.root or args.pairs.parent) if args.pairs else []
    people = read_people(args.identify, args.root or args.identify.parent) if args.identify else []
    sight = sight_of(Shelf(args.models_dir), args.mode, recipe="" if args.int8 is None else INT8 if args.int8 else FP32)
    with _moved("looking at the pictures") as moved:
        return report_of(
            sight,
            pairs,
            people,
            shipped=_shipped(sight.identity),
            has_rows=args.rows,
            now_ns=time.perf_counter_ns,
            moved=moved,
        )


def _shipped(identity: str) -> Shipped | None:
    """Return what decides at a gate between one look and a template of one; None where that is not calibrated."""
    calibration = Calibration.load()
    try:
        row = calibration.row(identity, 1, 1, "1:1")
    except Uncalibrated:
        return None
    return Shipped(row=row.id, threshold=row.threshold)


@contextmanager
def _moved(doing: str) -> Iterator[Callable[[int], None]]:
    """Show how far it is; the function handed out takes how many are left."""
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(doing, total=None)

        def moved(left: int) -> None:
            done = progress.tasks[task].completed + 1
            progress.update(task, completed=done, total=done + left)

        yield moved


def plain(value: object) -> Any:  # noqa: ANN401 - what JSON can hold
    """Return the report as JSON's own kinds of values."""
    if isinstance(value, Rate):
        return {"value": value.value, "errors": value.errors, "trials": value.trials, "at_most": value.at_most}
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    return value


def _show(report: Report, console: Console) -> None:
    seen = report.pictures
    console.out(f"model      {report.model}", highlight=False)
    pace = f"{seen.median_ms:.1f} ms each (median), {seen.per_s:.1f} a second" if seen.median_ms and seen.per_s else ""
    console.out(f"pictures   {seen.count}; {pace}", highlight=False)
    console.out(f"no face    {seen.failed}", highlight=False)
    for path, why in seen.failures.items():
        console.out(f"           {path}: {why}", highlight=False)
    if report.overall:
        console.print(_verified({"all pairs": report.overall, **report.groups}))
    if report.identification:
        console.print(_identified(report.identification))
    for row in report.rows:
        console.out(told(report.model, row), highlight=False)


def _verified(columns: dict[str, Verified]) -> Table:
    table = Table("one to one", *columns, title=None)
    shown = list(columns.values())
    table.add_row("genuine, impostor pairs", *(f"{each.genuine}, {each.impostor}" for each in shown))
    table.add_row("of them without a face", *(str(each.not_compared) for each in shown))
    folds = "accuracy_ten_folds"
    table.add_row("accuracy, best threshold", *(_accuracy(each.accuracy, each, "accuracy") for each in shown))
    table.add_row("accuracy, ten folds", *(_accuracy(each.accuracy_ten_folds, each, folds) for each in shown))
    table.add_row("EER", *(each.why_not["eer"] if each.eer is None else f"{each.eer:.2%}" for each in shown))
    for rate in shown[0].at_fmr:
        table.add_row(f"FNMR at FMR {float(rate):.2%}", *(_at_fmr(each, rate) for each in shown))
    for kind, meaning in _AS_SHIPPED.items():
        table.add_row(f"as shipped: {meaning}", *(_as_shipped(each, kind) for each in shown))
    return table


def _identified(found: Identified) -> Table:
    table = Table("one among many", f"{found.gallery} enrolled")
    table.add_row("could not be enrolled", str(found.failed_to_enrol))
    table.add_row("rank-1", _share(found.rank_1, found.rank_1_misses) or found.why_not["rank_1"])
    at = "" if found.threshold is None else f" at {found.threshold:.3f}; FPIR {found.fpir}"
    table.add_row("DIR at FPIR 1 %", (_share(found.dir_at_fpir, found.dir_misses) or found.why_not["dir_at_fpir"]) + at)
    return table


def _share(share: float | None, missed: Rate | None) -> str:
    return "" if share is None or missed is None else f"{share:.2%} (missed: {missed})"


def _accuracy(accuracy: Accuracy | None, of: Verified, name: str) -> str:
    if accuracy is None:
        return of.why_not[name]
    spread = f" +- {accuracy.deviation:.2%}" if accuracy.deviation else ""
    return f"{accuracy.mean:.2%}{spread} at {accuracy.threshold:.3f}"


def _at_fmr(of: Verified, rate: str) -> str:
    at = of.at_fmr[rate]
    return of.why_not[f"at_fmr {rate}"] if at is None else f"{at.fnmr} at {at.threshold:.3f}"


def _as_shipped(of: Verified, kind: str) -> str:
    if of.at_shipped is None:
        return of.why_not["at_shipped"]
    value: Rate | float = getattr(of.at_shipped, kind)
    return f"{value:.3f}" if isinstance(value, float) else str(value)
