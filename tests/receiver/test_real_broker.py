"""The receiver as a process, at the real Mosquitto with TLS and access rules; and what is left when it is killed."""

import contextlib
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_agent.clock import SystemClock
from edge_agent.core.message import Receipt, decode_receipt
from edge_agent.core.topics import Topics
from edge_agent.core.touch import NS_PER_S
from edge_agent.receiver.audit import audit
from edge_agent.receiver.store import Store
from edge_agent.receiver.unpack import Stream
from edge_agent.uplink.mqtt import Arrived, Endpoint, Session
from hardware_fakes.history import EPOCH, History, batch
from hardware_fakes.mosquitto import Mosquitto, available

pytestmark = [pytest.mark.mosquitto, pytest.mark.timeout(120)]

TOPICS = Topics("gate/1")
WAIT_S = 20.0
KILLS = 6
CLOCK = SystemClock()


def now_s() -> float:
    return CLOCK.boot_ns() / NS_PER_S


@pytest.fixture
def broker(tmp_path: Path, require: Callable[[str | None], None]) -> Iterator[Mosquitto]:
    require(available())
    with Mosquitto(tmp_path / "broker") as broker:
        yield broker


class Gateway:
    """A box's end of the line: sends, and remembers every receipt it has heard."""

    def __init__(self, broker: Mosquitto, name: str = "gw-1") -> None:
        self.name = name
        self.receipts: list[Receipt] = []
        settings = broker.settings(name)
        self._session = Session.open(Endpoint(client_id=name, **settings), now=now_s)  # type: ignore[arg-type]
        self._session.subscribe(TOPICS.receipt(name))

    @property
    def upto(self) -> int:
        return self.receipts[-1].upto if self.receipts else 0

    def send(self, leaf: str, payload: bytes) -> None:
        self._session.publish(TOPICS.up(self.name, leaf), payload)
        self.hear(0)

    def hear(self, timeout_s: float) -> None:
        for happened in self._session.poll(timeout_s):
            if isinstance(happened, Arrived):
                self.receipts.append(decode_receipt(happened.payload))

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = now_s() + WAIT_S
        while not condition():
            assert now_s() < deadline, "not in time"
            self.hear(0.05)

    def close(self) -> None:
        self._session.close()


class Office:
    """`edge-agent receive`, started and ended as often as the test wants."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        self.database = folder / "office" / "events.db"
        self._config = folder / "receiver.toml"
        lines = [f'{key} = "{value}"' for key, value in broker.settings("receiver").items() if isinstance(value, str)]
        self._config.write_text(
            f'[receiver]\ndatabase = "{self.database}"\nreceipt_every_ms = 10\n'
            f"[broker]\nport = {broker.port}\n" + "\n".join(lines) + "\n"
        )
        self._log = folder / "receiver.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "edge_agent", "receive", "--config", str(self._config)]
            self._process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdout=log, stderr=log)

    def end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(WAIT_S)

    def log(self) -> str:
        return self._log.read_text()

    def bodies(self, gateway: str = "gw-1") -> dict[int, bytes]:
        if not self.database.exists():
            return {}
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'event'").fetchone():
                return {}  # killed before it had made its tables
            rows = db.execute("SELECT seq, body FROM event WHERE gateway = ?", (gateway,)).fetchall()
        return {seq: body.encode() for seq, body in rows}


@pytest.fixture
def office(tmp_path: Path, broker: Mosquitto) -> Iterator[Office]:
    office = Office(tmp_path, broker)
    yield office
    with contextlib.suppress(AssertionError):
        office.end(signal.SIGKILL)


@pytest.fixture
def gateway(broker: Mosquitto) -> Iterator[Gateway]:
    gateway = Gateway(broker)
    yield gateway
    gateway.close()


def test_events_are_receipted_over_tls_and_sigterm_ends_it_well(office: Office, gateway: Gateway) -> None:
    history = History().grow(30)
    office.start()
    gateway.wait_for(lambda: "broker connected" in office.log())
    gateway.send("touch", history.body(1))
    gateway.send("batchz", batch(history.bodies[1:]))
    gateway.wait_for(lambda: gateway.upto == 30)

    assert 0 == office.end(signal.SIGTERM)
    assert dict(enumerate(history.bodies, 1)) == office.bodies()
    assert [] == list(audit(office.database))


def test_the_receipt_is_there_at_connect(office: Office, gateway: Gateway, broker: Mosquitto) -> None:
    """A gateway that comes back must learn what is committed before it sends."""
    office.start()
    gateway.wait_for(lambda: "broker connected" in office.log())
    gateway.send("touch", History().grow(1).body(1))
    gateway.wait_for(lambda: gateway.upto == 1)
    office.end(signal.SIGTERM)
    later = Gateway(broker)
    later.wait_for(lambda: later.upto == 1)
    later.close()

    assert 1 == later.upto


def test_a_broker_that_forgot_its_retained_messages_is_told_again(
    office: Office, gateway: Gateway, broker: Mosquitto
) -> None:
    office.start()
    gateway.wait_for(lambda: "broker connected" in office.log())
    gateway.send("touch", History().grow(1).body(1))
    gateway.wait_for(lambda: gateway.upto == 1)
    gateway.close()
    broker.kill()
    broker.restart()
    later = Gateway(broker)
    later.wait_for(lambda: later.upto == 1)
    later.close()

    assert 1 == later.upto


def test_a_gateway_cannot_speak_for_another(office: Office, gateway: Gateway) -> None:
    """The broker's access rules and the receiver both see to it."""
    stolen = History("gw-2").grow(1)
    office.start()
    gateway.wait_for(lambda: "broker connected" in office.log())
    gateway._session.publish(TOPICS.up("gw-2", "touch"), stolen.body(1))
    gateway.send("touch", stolen.body(1))
    gateway.wait_for(lambda: bool(gateway.receipts))

    assert [(1, "schema")] == [(nack.seq, nack.code) for nack in gateway.receipts[-1].nack]
    assert {} == office.bodies("gw-2")


def test_nothing_receipted_is_missing_after_kills(office: Office, gateway: Gateway) -> None:
    """I1: whatever a receipt has covered at any moment is there, byte for byte, however the receiver died."""
    chance = random.Random(7)
    history = History()
    rounds = 0
    for _ in range(KILLS):
        office.start()
        before, until = len(gateway.receipts), now_s() + chance.uniform(0.7, 1.6)
        while now_s() < until:
            history.grow(20)
            gateway.send("touch", history.body(len(history.bodies) - 19))
            gateway.send("batchz", batch(history.bodies[-19:]))
            gateway.hear(0.005)
        office.end(signal.SIGKILL)
        gateway.hear(0.2)
        rounds += len(gateway.receipts) > before
        held = office.bodies()
        for receipt in gateway.receipts[before:]:
            for first, last in [(1, receipt.upto), *receipt.more]:
                assert all(held.get(seq) == history.body(seq) for seq in range(first, last + 1))
    office.start()
    deadline = now_s() + WAIT_S
    while gateway.upto < len(history.bodies):
        assert now_s() < deadline, office.log()[-2000:]
        for first in range(gateway.upto, len(history.bodies), 200):
            gateway.send("batchz", batch(history.bodies[first : first + 200]))
        gateway.hear(0.3)

    assert rounds >= KILLS // 2, "the kills came too early to mean anything"
    assert 0 == office.end(signal.SIGTERM)
    assert dict(enumerate(history.bodies, 1)) == office.bodies()
    assert [] == list(audit(office.database))
    with Store(office.database, utc_s=1) as store:
        assert len(history.bodies) == store.receipt(Stream("gw-1", EPOCH), utc_ns=0).upto
