"""A roster of a real size through the socket, and a touch among ever more workers: the last must not be felt."""

import contextlib
import io
import json
import time
from pathlib import Path
from statistics import median

from measure import Figure, disk

from drivers.contract import Medium, ReaderName, Sighting
from edge_agent.cli import main
from edge_agent.clock import SystemClock
from edge_agent.control.server import Server
from edge_agent.core.rules import Rules
from edge_agent.identity import Book
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.roster_desk import RosterDesk
from spool.journal import Journal

KEY = b"k" * 32
WORKERS = 10_000
SIZES = (10, 1_000, 10_000, 100_000)
LOOKUPS = 2_000
GOAL_S = 3.0
FLAT = 3.0
HEAD = "氏名,ふりがな,技能者ID,会社名,事業者ID,次数,職種,レベル,カード,電話\n"


class Door:
    """The one way in that the roster uses."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def commit(self, work):
        return self._journal.write(lambda tx: work(tx, self._journal.epoch))


def measure() -> list[Figure]:
    figures, lookups = [], {}
    for size in SIZES:
        with disk() as folder, box(folder) as journal:
            _write(folder, size)
            entered = _timed(lambda folder=folder: _run(folder, "import"))
            if size == WORKERS:
                _write(folder, size, job="左官")
                figures += [_figure("import", entered), _figure("diff", _timed(lambda f=folder: _run(f, "diff")))]
            lookups[size] = _lookup_s(journal, size)
    few = lookups[SIZES[0]]
    return [
        *figures,
        Figure(name=f"identify among {SIZES[0]} workers: median", value=few * 1e6, unit="µs"),
        *(
            Figure(name=f"identify among {size:,} / among {SIZES[0]}", value=each / few, unit="×",
                   goal=f"<= {FLAT:g}", is_met=each / few <= FLAT)
            for size, each in lookups.items() if size != SIZES[0]
        ),
    ]  # fmt: skip


@contextlib.contextmanager
def box(folder: Path):
    with Journal(folder / "spool.db", owner_steps={"ledger": LEDGER_STEPS}) as journal:
        clock = SystemClock(host_keeps_time=True)
        desk = RosterDesk(spool=folder / "spool.db", door=Door(journal), clock=clock, key=KEY)
        server = Server(folder / "s.sock", handlers={**desk.handlers(), "users": lambda _wish: [{"is_anybody": False}]})
        server.start()
        yield journal
        server.stop()


def _write(folder: Path, size: int, job: str = "とび") -> None:
    (folder / "list.csv").write_text(HEAD + "".join(_row(n, job) for n in range(size)), encoding="cp932")


def _row(n: int, job: str) -> str:
    company = f"山田組{n % 300},{10**13 + n % 300},{n % 300 % 4}"
    phone = f"090-{n // 10_000:04}-{n % 10_000:04}"
    return f"建設 太郎{n},けんせつ たろう,{2 * 10**13 + n},{company},{job},白,{n:016x},{phone}\n"


def _run(folder: Path, action: str) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = main(["roster", action, str(folder / "list.csv"), "--json", "--socket", str(folder / "s.sock")])
    if code or not json.loads(said.getvalue().splitlines()[-1])["done"]:
        raise RuntimeError(f"{action} failed")


def _lookup_s(journal: Journal, size: int) -> float:
    book, at = Book(key=KEY, rules=Rules()), SystemClock(host_keeps_time=True).stamp()
    taken = []

    def look(number: int) -> None:
        token = (number * 7919 % size).to_bytes(8, "big")
        card = Sighting(reader=ReaderName("g"), medium=Medium.CARD, token=token, technology="felica", seen_ns=0)
        journal.write(lambda tx: taken.append(_timed(lambda: book.identify(tx, card, at, site="s", day=None))))

    for number in range(LOOKUPS):
        look(number)
    return median(taken)


def _timed(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _figure(what: str, seconds: float) -> Figure:
    name = f"roster {what} of {WORKERS:,} workers with companies and cards"
    return Figure(name=name, value=seconds, unit="s", goal=f"< {GOAL_S:g}", is_met=seconds < GOAL_S)
