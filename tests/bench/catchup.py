"""A month's backlog brought to the office: spooled -> receipted, against a C program and the script everybody writes first.

All three read the same kind of spool and speak to the same broker without TLS. The C floor stops at the broker's PUBACK;
the naive script too; ours is not done before the receiver has committed everything and said so.
"""

import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import paho.mqtt.client as paho
from measure import Figure, disk

from edge_agent.clock import SystemClock
from edge_agent.config import settings
from edge_agent.core import message
from edge_agent.core.topics import Topics
from edge_agent.uplink.link import Box, Uplink
from edge_agent.uplink.mqtt import Endpoint
from hardware_fakes import mosquitto
from spool.journal import Journal, Transaction
from spool.outbox import Outbox

EVENTS, NAIVE_EVENTS = 100_000, 2_000
BATCH, WINDOW = 200, 20
GATEWAY, TOPIC = "gw-bench", "floor/up"
TIMEOUT_S = 120.0


def measure() -> list[Figure]:
    missing = mosquitto.available() or (None if shutil.which("cc") else "no C compiler")
    if missing:
        return [Figure(name="catching up", value=None, unit="", note=missing)]
    with disk() as folder, mosquitto.Mosquitto(folder / "broker", tls=False, acl=False) as broker:
        floor = _build(folder)
        if not floor:
            return [
                Figure(
                    name="catching up",
                    value=None,
                    unit="",
                    note="libsqlite3-dev is missing: the C floor cannot be built",
                )
            ]
        filled = _filled(folder / "filled", EVENTS)
        runs = [
            # A topic root of its own for each run: the broker keeps the receipts of the run before.
            (_floor(floor, _copy(filled), broker.port), _ours(folder, _copy(filled), broker.port, root=f"gate/{run}"))
            for run in range(3)
        ]
        floor_s, ours_s = (sorted(times)[1] for times in zip(*runs, strict=True))
        naive_s = _naive(_filled(folder / "naive", NAIVE_EVENTS), broker.port)
    floor_rate, ours_rate, naive_rate = EVENTS / floor_s, EVENTS / ours_s, NAIVE_EVENTS / naive_s
    return [
        Figure(name="C floor: 100,000 events -> PUBACK and mark", value=floor_rate, unit="events/s"),
        Figure(name="naive script: publish, wait, mark, one by one", value=naive_rate, unit="events/s"),
        Figure(name="100,000 spooled events -> receipted (agent and receiver)", value=ours_rate, unit="events/s"),
        Figure(
            name="ours / C floor",
            value=ours_rate / floor_rate,
            unit="×",
            goal=">= 0.4",
            is_met=ours_rate >= 0.4 * floor_rate,
        ),
        Figure(
            name="ours / naive",
            value=ours_rate / naive_rate,
            unit="×",
            goal=">= 50",
            is_met=ours_rate >= 50 * naive_rate,
        ),
    ]


def _build(folder: Path) -> Path | None:
    program = folder / "floor"
    made = subprocess.run(
        ["cc", "-O2", "-o", program, Path(__file__).with_name("floor.c"), "-lsqlite3"], capture_output=True
    )
    return program if made.returncode == 0 else None


def _filled(folder: Path, events: int) -> Path:
    folder.mkdir()
    with Journal(folder / "spool.db") as journal:
        journal.write(lambda tx: _append(tx, journal.epoch, events))
    db = sqlite3.connect(folder / "spool.db")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return folder / "spool.db"


def _append(tx: Transaction, epoch: str, events: int) -> None:
    prev = message.genesis(epoch)
    for seq in range(1, events + 1):
        data = message.TouchData(
            epoch=epoch, seq=seq, site="13-0042", reader="gate-1", method="card", role="toggle", meaning=("entry", "exit")[seq % 2],
            standing="accepted", person=message.PersonData(ccus=f"{10**13 + seq * 7919 % 10**12}"),
            evidence=message.Evidence(card="hmac:" + message.chain_hash(seq.to_bytes(4, "big")), technology="felica"),
            day="2026-11-24", boot="b3c1e2d4-0000-4000-8000-000000000000", boot_ms=seq * 300, clock="ntp", err_ms=20, prev=prev,
        )  # fmt: skip
        body = message.encode(message.touch_event(gateway=GATEWAY, time="2026-11-24T07:41:03.127+09:00", data=data))
        tx.append(body, seq=seq, recorded_utc_ns=None)
        prev = message.chain_hash(body)


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


def _naive(spool: Path, port: int) -> float:
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


def _ours(folder: Path, spool: Path, port: int, *, root: str) -> float:
    office = folder / "office.db"
    for path in folder.glob("office.db*"):
        path.unlink()
    config = folder / "receiver.toml"
    config.write_text(
        f'[receiver]\ndatabase = "{office}"\n[broker]\nhost = "127.0.0.1"\nport = {port}\ntls = false\n'
        f'topic_root = "{root}"\n',
        encoding="utf-8",
    )
    with (folder / "receiver.log").open("ab") as log:
        receiver = subprocess.Popen(
            [sys.executable, "-m", "edge_agent", "receive", "--config", config], stdout=log, stderr=log
        )
    try:
        _wait_for_receiver(folder / "receiver.log")
        with Journal(spool) as journal:
            uplink = Uplink(
                endpoint=Endpoint(host="127.0.0.1", port=port, client_id=GATEWAY, tls=False), topics=Topics(root), gateway=GATEWAY,
                journal=journal, spool_path=spool, clock=SystemClock(), settings=settings.Uplink(), session="bench",
                birth=lambda: Box(agent="bench", sites=("13-0042",), readers=()),
            )  # fmt: skip
            outbox = Outbox(spool)
            began = time.perf_counter()
            uplink.start()
            while outbox.depth().pending:
                time.sleep(0.005)
                if time.perf_counter() - began > TIMEOUT_S:
                    raise RuntimeError(f"{outbox.depth()} {uplink.status()}")
            took = time.perf_counter() - began
            uplink.stop()
            outbox.close()
    finally:
        receiver.terminate()
        receiver.wait(10)
    return took


def _wait_for_receiver(log: Path) -> None:
    deadline = time.monotonic() + 20
    while "connected" not in log.read_text(encoding="utf-8"):
        if time.monotonic() > deadline:
            raise RuntimeError(log.read_text(encoding="utf-8"))
        time.sleep(0.02)
    log.write_text("", encoding="utf-8")
