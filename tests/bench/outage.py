"""
How long after the network came back the first event is at the broker: a cable between two network namespaces.

The cable is pulled for so long that the agent has noticed and rests between two tries; a touch then waits. The same
with a deaf agent, that hears nothing of the kernel's news, is measured beside it.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from line import touch
from measure import Figure, percentile

from edge_agent.clock import SystemClock
from edge_agent.config import settings
from edge_agent.core.topics import Topics
from edge_agent.core.touch import NS_PER_S
from edge_agent.uplink import link
from edge_agent.uplink.link import Box, Uplink
from edge_agent.uplink.mqtt import Endpoint
from hardware_fakes import network
from spool.journal import Journal

ROUNDS, AWAY_S, LIMIT_S = 5, 9.0, 60.0
NAME = "network back -> first event at the broker"


def measure() -> list[Figure]:
    missing = network.available()
    if missing:
        return [Figure(name=NAME, value=None, unit="s", goal="<= 1", note=missing)]
    told, deaf = _rounds(is_deaf=False), _rounds(is_deaf=True)
    worst = max(told)
    return [
        Figure(name=f"{NAME}: p50 of {ROUNDS}", value=percentile(told, 0.5), unit="s"),
        Figure(name=f"{NAME}: worst of {ROUNDS}", value=worst, unit="s", goal="<= 1", is_met=worst <= 1),
        Figure(name=f"the same without the kernel's news: worst of {ROUNDS}", value=max(deaf), unit="s"),
    ]


def _rounds(*, is_deaf: bool) -> list[float]:
    here, there = multiprocessing.get_context("spawn").Pipe()
    child = multiprocessing.get_context("spawn").Process(target=run, args=(there, is_deaf), daemon=True)
    child.start()
    there.close()
    taken_s = here.recv()
    child.join(10)
    assert isinstance(taken_s, list)
    return taken_s


def run(told: Connection, is_deaf: bool, rounds: int = ROUNDS) -> None:  # noqa: FBT001 - the arguments of a process
    """Measure in a process of its own, and tell."""
    with tempfile.TemporaryDirectory() as name, network.Cable(Path(name) / "broker") as cable:
        link.STEADY_NS = NS_PER_S  # the rounds are short
        if is_deaf:
            link.News.heard = lambda _: False  # type: ignore[method-assign]  # a process of its own
        with Journal(Path(name) / "spool.db") as journal:
            uplink = _agent(journal, Path(name) / "spool.db")
            uplink.start()
            told.send([_round(cable, journal, uplink) for _ in range(rounds)])
            uplink.stop()


def _round(cable: network.Cable, journal: Journal, uplink: Uplink) -> float:
    _wait_for(lambda: uplink.status().is_connected)
    touch(journal, uplink)
    cable.unplug()
    seq, _ = touch(journal, uplink)
    time.sleep(AWAY_S)
    assert not uplink.status().is_connected
    began = time.perf_counter()
    cable.plug()
    _wait_for(lambda: uplink.status().is_connected)
    _wait_for(lambda: uplink.status().upto >= seq)
    return time.perf_counter() - began


def _wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError("not in time")
        time.sleep(0.005)


def _agent(journal: Journal, spool: Path) -> Uplink:
    return Uplink(
        endpoint=Endpoint(host=network.THERE, port=network.PORT, client_id="gw-bench", tls=False, keepalive_s=1),
        topics=Topics("outage"),
        gateway="gw-bench",
        journal=journal,
        spool_path=spool,
        clock=SystemClock(),
        settings=settings.Uplink(receipt="broker"),
        session="bench",
        birth=lambda: Box(agent="bench", sites=("13-0042",), readers=()),
    )
