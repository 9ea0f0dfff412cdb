"""The morning rush on a slow disk: eight readers at once, shared syncs against a commit for each touch."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Lock, Thread

from door import WORKERS, door
from measure import Figure, disk

from edge_agent.ledger.steps import LEDGER_STEPS
from spool.journal import Journal

READERS, RUSH_S = 8, 4.0
BURST, BURSTS, SINGLES = 50, 30, 1500
BODY = b"x" * 720
KB = 1024


def measure() -> list[Figure]:
    if not shutil.which("cc"):
        return [Figure(name="the rush on a slow disk", value=None, unit="", note="no C compiler")]
    with disk() as folder:
        shim = folder / "slowsync.so"
        source = Path(__file__).with_name("slowsync.c")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", shim, source, "-ldl", "-lpthread"], check=True)
        figures = [figure for ms in (5, 50) for figure in _rush(folder / f"{ms}ms", shim, ms)]
        return figures + _written(_child(folder / "written", shim, 5, "written"))


def _rush(folder: Path, shim: Path, ms: int) -> list[Figure]:
    rates = _child(folder, shim, ms, "rush")
    ratio = rates["shared"] / rates["each"]
    where = f"{READERS} readers, {ms} ms a sync"
    return [
        Figure(name=f"{where}: a commit for each", value=rates["each"], unit="touches/s"),
        Figure(name=f"{where}: durable touches", value=rates["shared"], unit="touches/s"),
        Figure(name=f"{where}: ours / a commit for each", value=ratio, unit="×", goal=">= 3", is_met=ratio >= 3),
    ]


def _written(written: dict[str, float]) -> list[Figure]:
    single, burst = written["single"] / KB, written["burst"] / KB
    return [
        Figure(name="written to disk for a touch that comes alone", value=single, unit="KB", goal="<= 15",
               is_met=single <= 15),
        Figure(name=f"written to disk for a touch in a burst of {BURST}", value=burst, unit="KB", goal="<= 4",
               is_met=burst <= 4),
    ]  # fmt: skip


def _child(folder: Path, shim: Path, ms: int, what: str) -> dict[str, float]:
    folder.mkdir()
    environment = {**os.environ, "LD_PRELOAD": str(shim), "SLOWSYNC_US": str(ms * 1000)}
    command = [sys.executable, __file__, what, folder]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return {str(name): float(value) for name, value in json.loads(done.stdout).items()}


# ---------------------------------------------------------------- in the child, on the slow disk


def _rates(folder: Path) -> dict[str, float]:
    with Journal(folder / "spool.db", owner_steps={"ledger": LEDGER_STEPS}) as journal:
        return {"each": _rate(_each(folder / "each.db")), "shared": _rate(door(journal))}


def _each(path: Path) -> Callable[[int], None]:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE entry (seq INTEGER PRIMARY KEY, body BLOB)")
    lock = Lock()

    def insert(_number: int) -> None:
        with lock:
            db.execute("INSERT INTO entry (body) VALUES (?)", (BODY,))

    return insert


def _rate(work: Callable[[int], None]) -> float:
    done = [0] * READERS
    until = time.perf_counter() + RUSH_S

    def reader(number: int) -> None:
        while time.perf_counter() < until:
            work(number + READERS * done[number])
            done[number] += 1

    _together([lambda number=number: reader(number) for number in range(READERS)])
    return sum(done) / RUSH_S


def _bytes(folder: Path) -> dict[str, float]:
    with Journal(folder / "spool.db", owner_steps={"ledger": LEDGER_STEPS}) as journal:
        work = door(journal)
        for number in range(WORKERS):  # everybody has been here once
            work(number)
        before = _write_bytes()
        for number in range(SINGLES):
            work(number)
        between = _write_bytes()
        for burst in range(BURSTS):
            _burst(work, burst)
        after = _write_bytes()
    return {"single": (between - before) / SINGLES, "burst": (after - between) / (BURST * BURSTS)}


def _burst(work: Callable[[int], None], burst: int) -> None:
    gate = Barrier(BURST)

    def one(number: int) -> None:
        gate.wait()
        work(number * 7 + burst)

    _together([lambda number=number: one(number) for number in range(BURST)])


def _together(works: list[Callable[[], None]]) -> None:
    threads = [Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _write_bytes() -> int:
    [line] = [line for line in Path("/proc/self/io").read_text().splitlines() if line.startswith("write_bytes")]
    return int(line.split()[1])


if __name__ == "__main__":
    print(json.dumps({"rush": _rates, "written": _bytes}[sys.argv[1]](Path(sys.argv[2]))))
