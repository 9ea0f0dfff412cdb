"""What the tests of the uplink share: a spool to fill, a link to run, an office that receives. No daemon of its own."""

import contextlib
import json
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from edge_agent.clock import Clock, SystemClock
from edge_agent.config import settings
from edge_agent.core.message import Nack, ReaderState, Receipt
from edge_agent.core.topics import Topics
from edge_agent.core.touch import NS_PER_S
from edge_agent.core.wire import encode
from edge_agent.uplink.link import Box, Uplink
from edge_agent.uplink.mqtt import Arrived, BrokerError, Endpoint, Session
from hardware_fakes.faulty_broker import FaultyBroker
from spool.journal import Journal
from spool.outbox import Outbox

GATEWAY = "gw-1"
TOPICS = Topics("gate/1")
DEADLINE_S = 20.0


def now_s() -> float:
    return SystemClock().boot_ns() / NS_PER_S


def eventually(is_so: Callable[[], object], *, within_s: float = DEADLINE_S) -> bool:
    """Wait until it is so; return whether it is."""
    deadline = now_s() + within_s
    while not is_so():
        if now_s() > deadline:
            return False
        threading.Event().wait(0.005)
    return True


def an_event(seq: int) -> bytes:
    return json.dumps({"n": seq, "fill": f"{seq * 7919 % 100_003:x}" * 20}).encode()


def number_of(event: dict[str, Any]) -> int:
    """Return the number of one of our small events, or of a real one: a tombstone."""
    return int(event["n"] if "n" in event else event["data"]["seq"])


@dataclass
class Gateway:
    """A box with a spool and a link."""

    folder: Path
    journal: Journal = field(init=False)
    readers: tuple[ReaderState, ...] = ()
    truth: dict[int, bytes] = field(default_factory=dict)
    link: Uplink | None = None

    def __post_init__(self) -> None:
        self.journal = Journal(self.folder / "spool.db")

    def record(self, count: int = 1, make: Callable[[int], bytes] = an_event) -> None:
        """Commit so many touches, and tell the link."""

        def append(tx: Any) -> None:
            seq = tx.head().seq
            for number in range(seq + 1, seq + count + 1):
                self.truth[number] = make(number)
                tx.append(self.truth[number], seq=number, recorded_utc_ns=1)

        self.journal.write(append)
        if self.link is not None:
            self.link.wake()

    def connect(
        self,
        broker: dict[str, Any],
        *,
        spool_path: Path | None = None,
        key_path: Path | None = None,
        clock: Clock | None = None,
        **changes: Any,
    ) -> Uplink:
        wishes: dict[str, Any] = {"reconnect_max_s": 0.2, "health_s": 86400.0}
        self.link = Uplink(
            endpoint=Endpoint(client_id=GATEWAY, **({"keepalive_s": 5} | broker)),
            topics=TOPICS,
            gateway=GATEWAY,
            journal=self.journal,
            spool_path=spool_path or self.folder / "spool.db",
            clock=clock or SystemClock(),
            settings=settings.Uplink(**(wishes | changes)),
            birth=lambda: Box(agent="0.1.0", sites=("13-0042",), readers=self.readers),
            session="session-1",
            key_path=key_path,
        )
        self.link.start()
        return self.link

    def upto(self) -> int:
        """Return how far the spool knows the receiver to be."""
        outbox = Outbox(self.folder / "spool.db")
        with contextlib.closing(outbox):
            return outbox.depth().upto

    def quarantine(self) -> list[tuple[int, str]]:
        return self.journal.write(lambda tx: tx.execute("SELECT seq, code FROM quarantine ORDER BY seq").fetchall())

    def signatures(self) -> list[int]:
        rows = self.journal.write(lambda tx: tx.execute("SELECT seq FROM checkpoint ORDER BY seq").fetchall())
        return [seq for (seq,) in rows]

    def close(self) -> None:
        if self.link is not None:
            self.link.stop()
        self.journal.close()


class Office:
    """A receiver of thirty lines: commits to a dictionary, publishes receipts."""

    def __init__(self, broker: dict[str, Any], *, epoch: str, generation: int = 1) -> None:
        self.store: dict[int, bytes] = {}
        self.batches = 0
        self.lives: list[int] = []
        self.states: list[str] = []
        self.healths: list[dict[str, Any]] = []
        self.checkpoints: list[dict[str, Any]] = []
        self.bad: set[int] = set()
        self.generation = generation
        self._endpoint = Endpoint(client_id="receiver", **broker)
        self._epoch = epoch
        self._stop = threading.Event()
        self.is_listening = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> "Office":
        self._thread.start()
        assert self.is_listening.wait(DEADLINE_S)
        return self

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(DEADLINE_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(BrokerError):
                session = Session.open(self._endpoint, now=now_s)
                try:
                    self._receive(session)
                finally:
                    session.close()
            self._stop.wait(0.1)

    def _receive(self, session: Session) -> None:
        session.subscribe(TOPICS.every_up())
        said = self.receipt()
        while not self._stop.is_set():
            for happened in session.poll(0.05):
                if isinstance(happened, Arrived):
                    self._take(happened)
            self.is_listening.set()
            receipt = self.receipt()
            if receipt != said and session.in_flight < 10:
                session.publish(TOPICS.receipt(GATEWAY), encode(receipt), retain=True)
                said = receipt

    def _take(self, arrived: Arrived) -> None:
        leaf = arrived.topic.rsplit("/", 1)[1]
        if leaf == "state":
            self.states.append(json.loads(arrived.payload)["state"])
        elif leaf == "health":
            self.healths.append(json.loads(arrived.payload))
        elif leaf == "checkpoint":
            self.checkpoints.append(json.loads(arrived.payload))
        elif leaf == "touch":
            number = number_of(json.loads(arrived.payload))
            self.lives.append(number)
            self.store.setdefault(number, arrived.payload)
        else:
            self.batches += 1
            for event in json.loads(zlib.decompress(arrived.payload)):
                self.store.setdefault(number_of(event), json.dumps(event).encode())

    def receipt(self) -> Receipt:
        upto = 0
        while upto + 1 in self.store:
            upto += 1
        above = sorted(seq for seq in tuple(self.store) if seq > upto)
        return Receipt(
            epoch=self._epoch,
            gen=self.generation,
            upto=upto,
            more=[(above[0], above[-1])] if above and above[-1] - above[0] == len(above) - 1 else [],
            nack=[Nack(seq=seq, code="schema") for seq in sorted(self.bad & self.store.keys())],
            t="2026-11-24T08:00:00.000+09:00",
        )


@pytest.fixture(name="eventually")
def _eventually() -> Callable[..., bool]:
    return eventually


@pytest.fixture
def broker() -> Iterator[FaultyBroker]:
    with FaultyBroker() as running:
        yield running


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Gateway]:
    made = Gateway(tmp_path)
    yield made
    made.close()


@pytest.fixture
def open_office() -> Iterator[Callable[..., Office]]:
    offices: list[Office] = []

    def start(broker: dict[str, Any], **how: Any) -> Office:
        offices.append(Office(broker, **how).start())
        return offices[-1]

    yield start
    for office in offices:
        office.stop()
