"""
A backlog brought to the office: spooled -> receipted, against a C program and the script everybody writes first.

All read the same kind of spool and speak to the same broker without TLS. The C floor and the naive script stop at the
broker's PUBACK; ours is not done before the receiver has committed everything and said so. The agent alone, as if the
broker's word were enough, is measured beside it: it does what the floor does, and deflates.
"""

import contextlib
import shutil
import sqlite3
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import Literal

import paho.mqtt.client as paho
from measure import Figure, disk

from edge_agent.clock import SystemClock
from edge_agent.config import settings
from edge_agent.core import wire
from edge_agent.core.parts import Evidence
from edge_agent.core.topics import Topics
from edge_agent.uplink.link import Box, Uplink
from edge_agent.uplink.mqtt import Endpoint
from hardware_fakes import mosquitto
from hardware_fakes.history import History
from spool.journal import Journal
from spool.outbox import Outbox
from spool.transaction import Transaction

EVENTS, NAIVE_EVENTS, MANY = 100_000, 2_000, 1_000_000
SLICE = 50_000
BATCH, WINDOW, RUNS = 200, 20, 3
GATEWAY, TOPIC = "gw-bench", "floor/up"
TIMEOUT_S = 300.0


def measure() -> list[Figure]:
    missing = mosquitto.available() or (None if shutil.which("cc") else "no C compiler")
    if missing:
        return [Figure(name="catching up", value=None, unit="", note=missing)]
    with disk() as folder, mosquitto.Mosquitto(folder / "broker", tls=False, acl=False) as broker:
        floor = _build(folder)
        if not floor:
            missing = "the C floor cannot be built; libsqlite3-dev?"
            return [Figure(name="catching up", value=None, unit="", note=missing)]
        spool = filled(folder / "filled", EVENTS)
        runs = [_run(floor, folder, spool, broker.port, run) for run in range(RUNS)]
        naive_s = naive(filled(folder / "naive", NAIVE_EVENTS), broker.port)
        many = filled(folder / "many", MANY)
        alone_many_s = _catch_up(_copy(many), broker.port, root="many/alone", receipt="broker")
        ours_many_s = _with_receiver(folder, _copy(many), broker.port, root="many/ours")
    floor_s, alone_s, ours_s = (median(times) for times in zip(*runs, strict=True))
    floor_rate, alone_rate, ours_rate, naive_rate = (
        EVENTS / floor_s, EVENTS / alone_s, EVENTS / ours_s, NAIVE_EVENTS / naive_s,
    )  # fmt: skip
    return [
        Figure(name="C floor: 100,000 events -> PUBACK and mark", value=floor_rate, unit="events/s"),
        Figure(name="naive script: publish, wait, mark, one by one", value=naive_rate, unit="events/s"),
        Figure(name="agent alone: 100,000 events -> PUBACK and mark", value=alone_rate, unit="events/s"),
        Figure(name="agent and receiver: 100,000 spooled -> receipted", value=ours_rate, unit="events/s"),
        Figure(name="agent alone: 1,000,000 events -> PUBACK and mark", value=MANY / alone_many_s, unit="events/s"),
        Figure(name="agent and receiver: 1,000,000 -> receipted", value=MANY / ours_many_s, unit="events/s"),
        Figure(name="agent alone / C floor", value=alone_rate / floor_rate, unit="×"),
        _ratio("agent and receiver / C floor", ours_rate / floor_rate, at_least=0.4),
        _ratio("agent and receiver / naive script", ours_rate / naive_rate, at_least=50),
    ]


def _ratio(name: str, value: float, *, at_least: float) -> Figure:
    return Figure(name=name, value=value, unit="×", goal=f">= {at_least:g}", is_met=value >= at_least)


def _run(floor: Path, folder: Path, filled: Path, port: int, run: int) -> tuple[float, float, float]:
    # A topic root of its own for each run: the broker keeps the receipts of the run before.
    return (
        _floor(floor, _copy(filled), port),
        _catch_up(_copy(filled), port, root=f"alone/{run}", receipt="broker"),
        _with_receiver(folder, _copy(filled), port, root=f"gate/{run}"),
    )


def _build(folder: Path) -> Path | None:
    program = folder / "floor"
    made = subprocess.run(
        ["cc", "-O2", "-o", program, Path(__file__).with_name("floor.c"), "-lsqlite3"], capture_output=True, check=False
    )
    return program if made.returncode == 0 else None


def filled(folder: Path, events: int) -> Path:
    folder.mkdir()
    with Journal(folder / "spool.db") as journal:
        history = History(GATEWAY, journal.epoch)
        for first in range(1, events + 1, SLICE):
            journal.write(partial(_append, history=history, seqs=range(first, min(events, first + SLICE - 1) + 1)))
    db = sqlite3.connect(folder / "spool.db")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return folder / "spool.db"


def _append(tx: Transaction, *, history: History, seqs: range) -> None:
    for seq in seqs:
        # Cards differ, so that deflate is not flattered.
        card = "hmac:" + wire.chain_hash(seq.to_bytes(4, "big"))
        body = history.append(evidence=Evidence(credential=card, technology="felica"), boot_ms=seq * 300)
        tx.append(body, seq=seq, recorded_utc_ns=None)
        if seq > 1:
            history.bodies[seq - 2] = b""  # a million of them are half a gigabyte


def _copy(spool: Path) -> Path:
    copy = spool.with_name("copy.db")
    for path in spool.parent.glob("copy.db*"):
        path.unlink()
    shutil.copy(spool, copy)
    return copy


def _floor(program: Path, spool: Path, port: int) -> float:
    done = subprocess.run(
        [program, spool, str(port), TOPIC, str(BATCH), str(WINDOW)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def naive(spool: Path, port: int) -> float:
    db = sqlite3.connect(spool, isolation_level=None)
    db.execute("PRAGMA synchronous=FULL")
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="naive")
    client.connect("127.0.0.1", port)
    client.loop_start()
    while not client.is_connected():
        time.sleep(0.001)
    began = time.perf_counter()
    for seq, body in db.execute("SELECT seq, body FROM entry ORDER BY seq").fetchall():
        client.publish(TOPIC, body, 1).wait_for_publish()
        db.execute("UPDATE receipt SET upto = ?", (seq,))
    took = time.perf_counter() - began
    client.disconnect()
    client.loop_stop()
    db.close()
    return took


def _with_receiver(folder: Path, spool: Path, port: int, *, root: str) -> float:
    office, config, log = folder / "office.db", folder / "receiver.toml", folder / "receiver.log"
    for path in folder.glob("office.db*"):
        path.unlink()
    broker = f'host = "127.0.0.1"\nport = {port}\ntls = false\ntopic_root = "{root}"\n'
    config.write_text(f'[receiver]\ndatabase = "{office}"\n[broker]\n{broker}', encoding="utf-8")
    with log.open("wb") as said:
        command = [sys.executable, "-m", "edge_agent", "receive", "--config", config]
        receiver = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        _wait_for_receiver(log)
        return _catch_up(spool, port, root=root, receipt="receiver")
    finally:
        receiver.terminate()
        receiver.wait(10)


def _catch_up(spool: Path, port: int, *, root: str, receipt: Literal["receiver", "broker"]) -> float:
    with Journal(spool) as journal, contextlib.closing(Outbox(spool)) as outbox:
        uplink = Uplink(
            # A client of its own for each run: else the broker hands over receipts of the run before.
            endpoint=Endpoint(host="127.0.0.1", port=port, client_id=root.replace("/", "-"), tls=False),
            topics=Topics(root),
            gateway=GATEWAY,
            journal=journal,
            spool_path=spool,
            clock=SystemClock(),
            settings=settings.Uplink(receipt=receipt),
            session="bench",
            birth=lambda: Box(agent="bench", sites=("13-0042",), readers=()),
        )
        began = time.perf_counter()
        uplink.start()
        while outbox.depth().pending:
            time.sleep(0.005)
            if time.perf_counter() - began > TIMEOUT_S:
                raise RuntimeError(f"{outbox.depth()} {uplink.status()}")
        took = time.perf_counter() - began
        uplink.stop()
    return took


def _wait_for_receiver(log: Path) -> None:
    deadline = time.monotonic() + 20
    while "connected" not in log.read_text(encoding="utf-8"):
        if time.monotonic() > deadline:
            raise RuntimeError(log.read_text(encoding="utf-8"))
        time.sleep(0.02)
