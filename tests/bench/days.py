"""The office's reports over a million events: one site-day by index, all of them in one pass."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from measure import Figure, disk

from edge_agent.core.calendar import moment_ns
from edge_agent.core.parts import PersonData
from edge_agent.receiver.days import person_days
from edge_agent.receiver.export import Events
from edge_agent.receiver.reading import Reading, Wanted
from edge_agent.receiver.store import Store
from edge_agent.receiver.unpack import Letter
from hardware_fakes.history import History, batch

EVENTS, SITES, A_DAY = 1_000_000, 4, 1_000
"""A thousand touches a day on each of four sites: about eight months."""
JUDGED = 20
"""Each of so many is by telephone, and judged."""
FIRST = date(2026, 1, 1)
NOW_NS = moment_ns("2027-01-01T00:00:00.000+09:00") or 0
RUNS, BATCH = 5, 200


def measure() -> list[Figure]:
    with disk() as folder:
        path = folder / "events.db"
        fill(path, EVENTS)
        one = Wanted(site="site-1", first=FIRST + timedelta(100), last=FIRST + timedelta(100))
        month = Wanted(site="site-1", first=FIRST + timedelta(100), last=FIRST + timedelta(130))
        return [
            _below("one site-day of 1,000,000 events: person-days", _best_s(lambda: _days(path, one)), at_most=1.0),
            _below("one site-day of 1,000,000 events: list", _best_s(lambda: _list(path, one)), at_most=1.0),
            Figure(name="one site-month: person-days", value=_best_s(lambda: _days(path, month)), unit="s"),
            Figure(name="one site-day by the command, from its start", value=_command_s(path, one), unit="s"),
            Figure(name="list of 1,000,000 events", value=_best_s(lambda: _list(path, Wanted()), 1), unit="s"),
            Figure(name="a scan of the same rows by SQLite alone", value=_best_s(lambda: _scan(path), 1), unit="s"),
        ]


def fill(path: Path, events: int) -> None:
    with Store(path, utc_s=1) as store:
        for number in range(SITES):
            gateway, epoch = f"gw-{number}", f"{number:016x}"
            bodies = _bodies(History(gateway, epoch), f"site-{number}", events // SITES)
            for packed in _letters(gateway, bodies):
                store.take(packed, utc_ns=NOW_NS)


def _bodies(history: History, site: str, events: int) -> Iterator[bytes]:
    waiting: list[int] = []
    for number in range(events):
        passed, at = divmod(number, A_DAY)
        half, worker = divmod(at, A_DAY // 2)
        is_call = number % JUDGED == 0
        day = FIRST + timedelta(passed)
        yield history.append(
            site=site,
            meaning="exit" if half else "entry",
            method="phone" if is_call else "card",
            standing="pending" if is_call else "accepted",
            because=["phone"] if is_call else [],
            person=PersonData(ccus=f"{worker:014d}", company=f"company-{worker % 20}"),
            day=day.isoformat(),
            time=f"{day}T{17 if half else 7:02d}:{worker % 60:02d}:{worker // 60:02d}.127+09:00",
        )
        waiting += [len(history.bodies)] if is_call else []
        if len(waiting) == A_DAY // JUDGED:
            yield history.judge(*waiting)
            waiting = []
        if len(history.bodies) > 1:
            history.bodies[-2] = b""  # a million of them are half a gigabyte


def _letters(gateway: str, bodies: Iterator[bytes]) -> Iterator[list[Letter]]:
    while some := list(islice(bodies, 10 * BATCH)):
        yield [Letter(gateway, "batchz", batch(some[at : at + BATCH])) for at in range(0, len(some), BATCH)]


def _days(path: Path, wanted: Wanted) -> None:
    with Reading(path) as reading:
        rows, _ = person_days(reading, wanted, now_ns=NOW_NS)
    if len(rows) < A_DAY // 2:
        raise RuntimeError(f"{len(rows)} person-days")


def _list(path: Path, wanted: Wanted) -> None:
    with Events(path) as events:
        events.days(wanted)


def _scan(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("SELECT sum(length(body)) FROM held").fetchone()
    db.close()


def _command_s(path: Path, wanted: Wanted) -> float:
    words = ["--site", wanted.site, "--from", str(wanted.first), "--to", str(wanted.last), "--json"]
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "edge_agent", "receive", "days", "--database", path, *words],
        capture_output=True, check=True,
    )  # fmt: skip
    took_s = time.perf_counter() - began
    if not json.loads(done.stdout)["days"]:
        raise RuntimeError("no days")
    return took_s


def _best_s(act: Callable[[], None], runs: int = RUNS) -> float:
    return min(_timed_s(act) for _ in range(runs))


def _timed_s(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _below(name: str, value: float, *, at_most: float) -> Figure:
    return Figure(name=name, value=value, unit="s", goal=f"<= {at_most:g}", is_met=value <= at_most)
