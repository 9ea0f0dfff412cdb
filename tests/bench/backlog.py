"""A million undelivered events in the spool: what a touch, a start, memory and a prune cost then."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from door import door
from footprint import rss_mib
from measure import Figure, disk, percentile

from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.uplink.shelf import PRUNE_ROWS
from hardware_fakes.broker import Broker
from hardware_fakes.history import History
from hardware_fakes.lab import Gate, Lab
from hardware_fakes.slot import Slot
from spool.journal import Journal
from spool.transaction import Transaction

EVENTS, SLICE = 1_000_000, 10_000
TOUCHES, PRUNED = 3_000, 100_000
YEAR_EVENTS = 240_000
"""Five hundred workers, in and out, 240 days."""
SHARES = (("p50", 0.5), ("p99", 0.99))
SECOND_NS = 1_000_000_000
NOW_NS = 1_795_000_000 * SECOND_NS


def measure() -> list[Figure]:
    with disk() as folder:
        for name in ("empty", "full"):
            (folder / name / "state").mkdir(parents=True)
        full = folder / "full" / "state" / "spool.db"
        filled_s = _timed(lambda: _fill(full))
        event_bytes = full.stat().st_size / EVENTS
        return [
            Figure(name="filling the spool in bulk", value=EVENTS / filled_s, unit="events/s"),
            Figure(name=f"a year of {YEAR_EVENTS:,} touches on disk", value=event_bytes * YEAR_EVENTS / 1e6, unit="MB"),
            *_daemon(folder),
            *_touches(folder / "empty" / "spool.db", full),
            *_prune(full),
        ]


def _fill(path: Path) -> None:
    with Journal(path, owner_steps={"ledger": LEDGER_STEPS}) as journal:
        template = History("gw-1", journal.epoch).append(seq=999_999_999)
        for first in range(1, EVENTS + 1, SLICE):
            journal.write(lambda tx, first=first: _append(tx, template, first))


def _append(tx: Transaction, template: bytes, first: int) -> None:
    for seq in range(first, first + SLICE):
        body = template.replace(b"999999999", b"%09d" % seq)
        tx.append(body, seq=seq, recorded_utc_ns=NOW_NS + (seq - EVENTS) * 30 * SECOND_NS)


def _daemon(folder: Path) -> list[Figure]:
    (empty_s, empty_mib), (full_s, full_mib) = (_started(folder / name) for name in ("empty", "full"))
    ratio = full_mib / empty_mib
    return [
        Figure(name="the daemon starts with an empty spool, until it answers", value=empty_s, unit="s"),
        Figure(name=f"the daemon starts with {EVENTS:,} undelivered events", value=full_s, unit="s", goal="<= 1.5",
               is_met=full_s <= 1.5),
        Figure(name="memory of the daemon, empty spool", value=empty_mib, unit="MiB"),
        Figure(name=f"memory of the daemon, {EVENTS:,} / empty", value=ratio, unit="×", goal="<= 1.1",
               is_met=ratio <= 1.1),
    ]  # fmt: skip


def _started(folder: Path) -> tuple[float, float]:
    with Slot(folder / "gate-1.sock") as slot:
        gates = [Gate(name="gate-1", role="toggle", slot=slot)]
        with Lab(folder, gates=gates, people=[], broker=Broker(), driver="simulated", agent={"lab": True}) as lab:
            took = _timed(lab.start_agent)
            time.sleep(3)
            mib = rss_mib(lab.pid("agent"))
            lab.stop("agent")
            lab.start_agent()  # a daemon's life: its file was migrated long ago, and it ended cleanly
            time.sleep(3)
            mib = rss_mib(lab.pid("agent"))
            lab.stop("agent")
    return took, mib


def _touches(empty: Path, full: Path) -> list[Figure]:
    steps = {"ledger": LEDGER_STEPS}
    with Journal(empty, owner_steps=steps) as few, Journal(full, owner_steps=steps) as many:
        doors, taken_s = (door(few), door(many)), ([], [])
        for number in range(TOUCHES):  # in turn, so that the machine's moods hit both
            for work, taken in zip(doors, taken_s, strict=True):
                taken.append(_timed(lambda work=work, number=number: work(number)))
    return [_ratio(name, *(percentile(taken, share) for taken in taken_s)) for name, share in SHARES]


def _ratio(name: str, empty_s: float, full_s: float) -> Figure:
    ratio = full_s / empty_s
    name = f"touch {name}: {EVENTS:,} undelivered / empty"
    return Figure(name=name, value=ratio, unit="×", goal="<= 1.2", is_met=ratio <= 1.2)


def _prune(path: Path) -> list[Figure]:
    with Journal(path, owner_steps={"ledger": LEDGER_STEPS}) as journal:
        work = door(journal)
        quiet_s = [_timed(lambda number=number: work(number)) for number in range(TOUCHES)]
        journal.set_receipt(upto=PRUNED, generation=1, heard_utc_ns=None)
        busy_s, pruned = _while_pruning(journal, work)
    quiet_ms, busy_ms = percentile(quiet_s, 0.99) * 1e3, percentile(busy_s, 0.99) * 1e3
    ratio = busy_ms / quiet_ms
    return [
        Figure(name="touch p99 while nothing is pruned", value=quiet_ms, unit="ms"),
        Figure(name=f"touch p99 while {pruned:,} events are pruned", value=busy_ms, unit="ms"),
        Figure(name="touch p99: pruning / not", value=ratio, unit="×", goal="<= 3", is_met=ratio <= 3),
    ]


def _while_pruning(journal: Journal, work: Callable[[int], None]) -> tuple[list[float], int]:
    done, pruned = Event(), [0]

    def prune() -> None:
        while count := journal.prune(older_than_utc_ns=NOW_NS, slice_rows=PRUNE_ROWS):
            pruned[0] += count
            time.sleep(0.02)  # ten times as often as the uplink does
        done.set()

    thread = Thread(target=prune)
    thread.start()
    taken_s = []
    while not done.is_set():
        taken_s.append(_timed(lambda: work(len(taken_s))))
        time.sleep(0.001)
    thread.join()
    return taken_s, pruned[0]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
