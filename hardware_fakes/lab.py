"""A box, its readers, a broker and the office in one folder: the daemon and the receiver are real processes."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from drivers.contract import AnswerKind
from edge_agent.control.client import NotRunning, ask
from edge_agent.core.credential import credential_ref
from hardware_fakes.site import Holder
from hardware_fakes.slot import Slot

GATEWAY = "gw-lab"
SITE = "13-0042"
KEY = b"laboratory key: no card of any site is known by it"
LAMP = {kind: bytes([0xE0, 0x00, 0x00, 0x29, 0x01, number]) for number, kind in enumerate(AnswerKind, start=1)}
"""The escape command that shows each answer: what the worker sees, the slot records."""
SAVED = frozenset(AnswerKind) - {AnswerKind.NOT_SAVED, AnswerKind.REFUSED}
"""Answers that promise: it is on disk."""
START_TIMEOUT_S = 20.0


class Broker(Protocol):
    """Mosquitto, or the one inside this program."""

    @property
    def port(self) -> int:
        """Where it listens; the same after a restart."""
        ...

    def settings(self, name: str) -> dict[str, str | int | bool]:
        """Return the table [broker] for a client of this name."""
        ...

    def start(self) -> object:
        """Start it."""
        ...

    def stop(self) -> None:
        """Stop it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One reader of the box."""

    name: str
    role: str
    slot: Slot
    driver: str = ""
    """Another than the laboratory's own."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """More settings of this reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One event the office holds."""

    seq: int
    epoch: str
    card: str
    meaning: str
    body: bytes


class Lab:
    """Everything in one folder. Start the broker first, stop everything by leaving the block."""

    def __init__(
        self,
        folder: Path,
        *,
        gates: Sequence[Gate],
        people: Sequence[Holder],
        broker: Broker,
        driver: str,
        agent: Mapping[str, object] | None = None,
        site: Mapping[str, object] | None = None,
        uplink: Mapping[str, object] | None = None,
        reader: Mapping[str, object] | None = None,
        more: Sequence[tuple[str, Mapping[str, object]]] = (),
    ) -> None:
        """
        Write the files of the box and of the office.

        Args:
            folder: Where everything lies; short, for the sockets in it.
            gates: The readers; each slot must be served already.
            people: Whose cards the roster knows, as far as they are enrolled.
            broker: Started and stopped by the caller.
            driver: `pcsc` behind a real pcscd, or `simulated`.
            agent: More settings of the table of this name; likewise the others.
            site: See there.
            uplink: See there.
            reader: See there; for every reader.
            more: Further tables: `[face]`, or a `[[reader]]` that is no gate with cards.

        """
        self.folder = folder
        self.gates = list(gates)
        self.broker = broker
        self.socket = folder / "control.sock"
        self.spool = Path(str((agent or {}).get("state_dir", folder / "state"))) / "spool.db"
        self.office = folder / "office" / "events.db"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        root = "lab/gate/1" if (agent or {}).get("lab") else "gate/1"
        _write_secret(folder / "card.key", KEY)
        roster = "".join(f"{h.card.hex()},{h.ccus_id},{h.name}\n" for h in people if h.is_enrolled)
        (folder / "roster.csv").write_text("card,ccus_id,name\n" + roster, encoding="utf-8")
        tables: list[tuple[str, Mapping[str, object]]] = [
            (
                "[agent]",
                {
                    "gateway": GATEWAY,
                    "host_keeps_time": True,
                    "state_dir": str(self.spool.parent),
                    "control_socket": str(self.socket),
                    "card_key_file": str(folder / "card.key"),
                    **(agent or {}),
                },
            ),
            ("[site]", {"id": SITE, "roster_file": str(folder / "roster.csv"), **(site or {})}),
            ("[broker]", broker.settings(GATEWAY)),
            ("[uplink]", {"reconnect_max_s": 1.0, **(uplink or {})}),
            *(("[[reader]]", self._reader(gate, driver) | dict(reader or {})) for gate in gates),
            *more,
        ]
        _write_toml(folder / "config.toml", tables)
        office = {"database": str(self.office)}
        office_broker = broker.settings("receiver") | {"topic_root": root}
        _write_toml(folder / "receiver.toml", [("[receiver]", office), ("[broker]", office_broker)])

    def start_agent(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the daemon, with more in its environment if wanted, and return once it answers on its socket."""
        self._start("agent", "run", "--config", str(self.folder / "config.toml"), environment=environment)
        self.wait_for(lambda: bool(self.status()), what="the agent answers")

    def start_receiver(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the office, with more in its environment if wanted; it connects by itself."""
        self.office.parent.mkdir(exist_ok=True)
        self._start("receiver", "receive", "--config", str(self.folder / "receiver.toml"), environment=environment)

    def stop(self, name: str, number: signal.Signals = signal.SIGTERM, *, timeout_s: float = 15.0) -> int:
        """End `agent` or `receiver`, and return its exit code."""
        process = self._processes.pop(name)
        process.send_signal(number)
        return process.wait(timeout_s)

    def pid(self, name: str) -> int:
        """Return the process id of `agent` or `receiver`."""
        return self._processes[name].pid

    def log(self, name: str) -> str:
        """Return what `agent` or `receiver` has logged."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def status(self) -> dict[str, Any]:
        """Return the agent's status; empty while it does not answer."""
        try:
            return next(iter(ask(self.socket, "status", timeout_s=5.0)))
        except (NotRunning, StopIteration):
            return {}

    def watch(self) -> Iterator[dict[str, Any]]:
        """Yield the touches the agent records, until it stops."""
        with contextlib.suppress(NotRunning):
            yield from (said for said in ask(self.socket, "watch", timeout_s=None) if "seq" in said)

    def received(self) -> list[Received]:
        """Return what the office holds, in order."""
        if not self.office.exists():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{self.office}?mode=ro", uri=True)) as db:
            rows = db.execute(_RECEIVED).fetchall()
        return [Received(seq=s, epoch=e, card=c, meaning=m, body=_bytes(b)) for s, e, c, m, b in rows]

    def wait_for(self, condition: Callable[[], bool], *, what: str, timeout_s: float = START_TIMEOUT_S) -> None:
        """
        Wait until the condition holds.

        Raises:
            RuntimeError: It did not in time, or a process ended; with the ends of all logs.

        """
        deadline = time.monotonic() + timeout_s
        while not condition():
            dead = [name for name, process in self._processes.items() if process.poll() is not None]
            if dead or time.monotonic() > deadline:
                logs = "".join(f"\n--- {file.name}\n{file.read_text()[-1500:]}" for file in self.folder.glob("*.log"))
                raise RuntimeError(f"not so: {what}" + (f"; ended: {', '.join(dead)}" if dead else "") + logs)
            time.sleep(0.02)

    @staticmethod
    def card(number: bytes) -> str:
        """Return how the card of this number is called outside the box."""
        return str(credential_ref(KEY, number))

    def __enter__(self) -> Self:
        """Nothing runs yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what still runs."""
        for name in list(self._processes):
            if self._processes[name].poll() is None:
                self.stop(name, signal.SIGKILL)

    def _reader(self, gate: Gate, driver: str) -> dict[str, object]:
        driver = gate.driver or driver
        match = str(gate.slot.path) if driver == "simulated" else f"*{gate.name}*"
        lamp = {kind.value: [LAMP[kind].hex(" ")] for kind in AnswerKind}
        return {"name": gate.name, "driver": driver, "role": gate.role, "match": match, "lamp": lamp, **gate.settings}

    def _start(self, name: str, *words: str, environment: Mapping[str, str] | None) -> None:
        command = [sys.executable, "-m", "edge_agent", *words]
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            )


_RECEIVED = """
    SELECT seq, epoch, body ->> '$.data.evidence.credential', body ->> '$.data.meaning', body FROM event
    ORDER BY epoch, seq
"""


def answers(slot: Slot) -> list[AnswerKind]:
    """Return what the workers at this slot have been shown, oldest first."""
    shown = {command: kind for kind, command in LAMP.items()}
    return [shown[command] for command in list(slot.escapes) if command in shown]


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def _write_secret(file: Path, content: bytes) -> None:
    file.touch(mode=0o600)
    file.write_bytes(content)


def _write_toml(file: Path, tables: Sequence[tuple[str, Mapping[str, object]]]) -> None:
    lines = [
        line
        for head, values in tables
        for line in (head, *(f"{key} = {_toml(value)}" for key, value in values.items()))
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case dict():
            return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
        case _:
            text = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{text}"'
