"""
Over a line of a construction site: 60 ms there and back, 5 Mbit/s. Ours against the script everybody writes first.

A live touch is measured from its commit to the broker's PUBACK, on an idle line and while 50,000 events drain over it.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catchup import GATEWAY, filled, naive
from measure import Figure, disk, percentile

from edge_agent.clock import SystemClock
from edge_agent.config import settings
from edge_agent.core.topics import Topics
from edge_agent.uplink.courier import Courier
from edge_agent.uplink.link import Box, Uplink
from edge_agent.uplink.mqtt import Endpoint
from hardware_fakes import mosquitto
from hardware_fakes.proxy import Line, in_process
from spool.journal import Journal
from spool.outbox import Outbox
from spool.transaction import Transaction

DELAY_S, BYTES_PER_S = 0.03, 5e6 / 8
DRAINED, CAUGHT_UP, NAIVE = 50_000, 20_000, 40
TOUCHES, EVERY_S = 60, 0.1
TIMEOUT_S = 120.0


def measure() -> list[Figure]:
    missing = mosquitto.available()
    if missing:
        return [Figure(name="a line of 60 ms and 5 Mbit/s", value=None, unit="", note=missing)]
    line = Line(delay_s=DELAY_S, bytes_per_s=BYTES_PER_S)
    with (
        disk() as folder,
        mosquitto.Mosquitto(folder / "broker", tls=False, acl=False) as broker,
        in_process(broker.port, line) as port,
    ):
        naive_rate = NAIVE / naive(filled(folder / "naive", NAIVE), port)
        ours_rate = CAUGHT_UP / _drain(filled(folder / "ours", CAUGHT_UP), port)
        idle_ms = _live(filled(folder / "idle", 1), port)
        busy_ms = _live(filled(folder / "busy", DRAINED), port)
    idle, busy = percentile(idle_ms, 0.99), percentile(busy_ms, 0.99)
    return [
        Figure(name="60 ms, 5 Mbit/s: naive script", value=naive_rate, unit="events/s"),
        Figure(name=f"60 ms, 5 Mbit/s: agent, {CAUGHT_UP:,} events", value=ours_rate, unit="events/s"),
        Figure(name="60 ms, 5 Mbit/s: agent / naive script", value=ours_rate / naive_rate, unit="×"),
        Figure(name="live touch -> PUBACK over an idle line: p50", value=percentile(idle_ms, 0.5), unit="ms"),
        Figure(name="live touch -> PUBACK over an idle line: p99", value=idle, unit="ms"),
        Figure(name=f"the same while {DRAINED:,} events drain: p50", value=percentile(busy_ms, 0.5), unit="ms"),
        Figure(name=f"the same while {DRAINED:,} events drain: p99", value=busy, unit="ms"),
        Figure(name="p99 draining / idle", value=busy / idle, unit="×", goal="<= 3", is_met=busy <= 3 * idle),
    ]  # fmt: skip


@contextmanager
def _agent(spool: Path, port: int) -> Iterator[tuple[Journal, Outbox, Uplink]]:
    with Journal(spool) as journal, contextlib.closing(Outbox(spool)) as outbox:
        uplink = Uplink(
            endpoint=Endpoint(host="127.0.0.1", port=port, client_id=GATEWAY, tls=False),
            topics=Topics("line"),
            gateway=GATEWAY,
            journal=journal,
            spool_path=spool,
            clock=SystemClock(),
            settings=settings.Uplink(receipt="broker"),
            session="bench",
            birth=lambda: Box(agent="bench", sites=("13-0042",), readers=()),
        )
        uplink.start()
        try:
            yield journal, outbox, uplink
        finally:
            uplink.stop()


def _drain(spool: Path, port: int) -> float:
    began = time.perf_counter()
    with _agent(spool, port) as (_, outbox, uplink):
        while outbox.depth().pending:
            time.sleep(0.005)
            if time.perf_counter() - began > TIMEOUT_S:
                raise RuntimeError(str(uplink.status()))
        return time.perf_counter() - began


def _live(spool: Path, port: int) -> list[float]:
    """Return how long live touches took, while the backlog of this spool drains or, if there is none, without."""
    with _agent(spool, port) as (journal, _, uplink), watched() as pubacks:
        while not uplink.status().is_connected:
            time.sleep(0.01)
        time.sleep(0.5)
        committed = dict(touch(journal, uplink) for _ in range(TOUCHES))
        time.sleep(1)
        return [(pubacks[seq] - began) * 1e3 for seq, began in committed.items()]


def touch(journal: Journal, uplink: Uplink) -> tuple[int, float]:
    def append(tx: Transaction) -> int:
        seq = tx.head().seq + 1
        tx.append(os.urandom(180).hex().encode(), seq=seq, recorded_utc_ns=None)
        return seq

    seq = journal.write(append)
    began = time.perf_counter()
    uplink.wake()
    time.sleep(EVERY_S)
    return seq, began


@contextmanager
def watched() -> Iterator[dict[int, float]]:
    """When the PUBACK of each live touch came."""
    published, pubacks = Courier.published, {}

    def watch(courier: Courier, number: int, code: int, now_ns: int) -> None:
        send = courier._flights.get(number)
        if send is not None and send.is_live:
            pubacks[send.first] = time.perf_counter()
        published(courier, number, code, now_ns)

    Courier.published = watch  # type: ignore[method-assign]  # a bench may look inside
    try:
        yield pubacks
    finally:
        Courier.published = published  # type: ignore[method-assign]  # put back
