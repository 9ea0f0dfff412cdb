"""Play a site's day through the real path and account for every touch. The command line's `demo`."""

import argparse
import contextlib
import io
import json
import random
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from edge_agent.core import events, wire
from hardware_fakes import mosquitto, pcscd
from hardware_fakes.broker import Broker as InProcessBroker
from hardware_fakes.lab import Broker, Gate, Lab, Received
from hardware_fakes.player import Player
from hardware_fakes.site import Gesture, crew, day
from hardware_fakes.slot import Slot

ROLES = {"north-in": "in", "north-out": "out", "south": "toggle", "hut": "toggle"}
OUTAGE = (0.40, 0.60)
"""Parts of the day between which the broker is away."""
DRAIN_TIMEOUT_S = 60.0
MAX_WORKERS = 2000
OPENS_MIN = 7 * 60
"""The site opens at seven."""
SHOWN = 10
REFRESH_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The last line: what was promised, and what arrived."""

    accepted: int
    """Touches whose workers were told that they are saved."""
    received: int
    """Events the office holds."""
    lost: int
    doubled: int
    is_chain_intact: bool
    readers: str
    broker: str
    seconds: float

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        return self.accepted > 0 and not self.lost and not self.doubled and self.is_chain_intact


def play(args: argparse.Namespace) -> int:
    """Play the day the command line asks for; return 0 if nothing was lost or doubled, 1 if so, 2 for wrong use."""
    wrong = _wrong_use(args)
    if wrong:
        print(f"edge-agent demo: {wrong}", file=sys.stderr)  # noqa: T201 - the command line speaks
        return 2
    console = Console(stderr=args.json, soft_wrap=True)
    # Below /tmp whatever TMPDIR says: paths of Unix sockets have at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="edge-demo-", dir="/tmp") as folder:
        demo = _Demo(args, Path(folder), console)
        account = demo.play()
    console.print(_verdict(account))
    if args.picture and demo.keepsake:
        _save(demo.keepsake, args.picture)
    if args.json:
        print(json.dumps(asdict(account)))  # noqa: T201 - the command line speaks
    return 0 if account.is_good else 1


def _wrong_use(args: argparse.Namespace) -> str:
    if not 1 <= args.workers <= MAX_WORKERS:
        return f"--workers {args.workers}: 1 to {MAX_WORKERS}"
    if not args.minutes > 0 or not args.speed > 0:
        return "--minutes and --speed are greater than 0"
    return ""


class _Demo:
    def __init__(self, args: argparse.Namespace, folder: Path, console: Console) -> None:
        self._args = args
        self._folder = folder
        self._console = console
        self._is_live = (console.is_terminal or bool(args.picture)) and not args.json
        self._length_s = args.minutes * 60
        self._people = crew(args.workers, seed=args.seed)
        self._recent: deque[dict[str, Any]] = deque(maxlen=SHOWN)
        self._outage = "up"
        self._deepest = 0
        self.keepsake: Group | None = None
        """The screen when the backlog was deepest."""

    def play(self) -> Account:
        began_s = time.monotonic()
        with contextlib.ExitStack() as stack:
            gates = [
                Gate(name=name, role=role, slot=stack.enter_context(Slot(self._folder / f"{name}.sock")))
                for name, role in ROLES.items()
            ]
            readers, driver = self._readers(stack, gates)
            broker_name, broker = self._broker(stack)
            lab = stack.enter_context(self._lab(gates, broker, driver))
            lab.start_receiver()
            lab.start_agent()
            lab.wait_for(lambda: _are_open(lab.status()), what="all readers are open")
            players = self._day(stack, lab, broker)
            self._drain(lab)
            code = lab.stop("agent")
            lab.stop("receiver")
            received = lab.received()
        if code:
            self._console.print(f"the agent ended with code {code}")
        saved = _saved(players)
        arrived = Counter(event.card for event in received)
        return Account(
            accepted=saved.total(),
            received=len(received),
            lost=(saved - arrived).total(),
            doubled=(arrived - saved).total(),
            is_chain_intact=_is_intact(received),
            readers=readers,
            broker=broker_name,
            seconds=round(time.monotonic() - began_s, 1),
        )

    def _readers(self, stack: contextlib.ExitStack, gates: Sequence[Gate]) -> tuple[str, str]:
        missing = "asked for with --simulated" if self._args.simulated else pcscd.available()
        if missing:
            self._console.print(f"card readers: simulated inside the program ({missing})", markup=False)
            return "simulated", "simulated"
        stack.enter_context(pcscd.Pcscd(self._folder / "pcscd", {gate.name: gate.slot for gate in gates}))
        self._console.print(f"card readers: {len(gates)} behind the real pcscd")
        return "pcscd", "pcsc"

    def _broker(self, stack: contextlib.ExitStack) -> tuple[str, Broker]:
        missing = "asked for with --simulated" if self._args.simulated else mosquitto.available()
        if missing:
            self._console.print(f"broker: inside the program, MQTT 3.1.1 without TLS ({missing})", markup=False)
            return "in-process", stack.enter_context(InProcessBroker())
        self._console.print("broker: the real Mosquitto, TLS with client certificates, access rules")
        return "mosquitto", stack.enter_context(mosquitto.Mosquitto(self._folder / "broker", root="lab/gate/1"))

    def _lab(self, gates: Sequence[Gate], broker: Broker, driver: str) -> Lab:
        # The site's time runs faster: so do its windows.
        window_s = min(3600.0, max(0.3, 180.0 / self._args.speed))
        return Lab(
            self._folder, gates=gates, people=self._people, broker=broker, driver=driver, agent={"lab": True},
            site={"repeat_window_s": window_s, "name": "デモ現場"}, reader={"reread_window_s": 0.0},
            uplink={"receipt_timeout_s": 5.0},
        )  # fmt: skip

    def _day(self, stack: contextlib.ExitStack, lab: Lab, broker: Broker) -> list[Player]:
        stop = Event()
        stack.callback(stop.set)
        Thread(target=self._watch, args=(lab,), name="watcher", daemon=True).start()
        start_s = time.monotonic() + 0.3
        by_gate = self._shares(lab.gates)
        players = [
            Player(gate, by_gate[gate.name], start_s=start_s, speed=self._args.speed, stop=stop) for gate in lab.gates
        ]
        for player in players:
            player.start()
        with self._screen(lab, start_s) as refresh:
            while any(player.is_alive() for player in players):
                self._break_and_mend(broker, self._passed(start_s))
                refresh()
                time.sleep(REFRESH_S)
            self._break_and_mend(broker, 1.0)
            refresh()
        return players

    def _shares(self, gates: Sequence[Gate]) -> dict[str, list[Gesture]]:
        rng = random.Random(f"gates {self._args.seed}")
        shares: dict[str, list[Gesture]] = {gate.name: [] for gate in gates}
        chosen = {}
        for gesture in day(self._people, length_s=self._length_s, seed=self._args.seed):
            if not gesture.is_again:  # who is unsure tries the same reader again
                fitting = [gate.name for gate in gates if gate.role in {gesture.direction, "toggle"}]
                chosen[gesture.holder.card] = rng.choice(fitting)
            shares[chosen[gesture.holder.card]].append(gesture)
        return shares

    def _break_and_mend(self, broker: Broker, passed: float) -> None:
        begins, ends = OUTAGE
        if self._outage == "up" and begins <= passed < ends:
            broker.stop()
            self._outage = "away"
        elif self._outage == "away" and passed >= ends:
            broker.start()
            self._outage = "back"

    def _drain(self, lab: Lab) -> None:
        lab.wait_for(
            lambda: lab.status().get("spool", {}).get("pending") == 0,
            what="everything is receipted", timeout_s=DRAIN_TIMEOUT_S,
        )  # fmt: skip

    def _watch(self, lab: Lab) -> None:
        for said in lab.watch():
            self._recent.append(said)

    def _passed(self, start_s: float) -> float:
        return float((time.monotonic() - start_s) * self._args.speed / self._length_s)

    @contextlib.contextmanager
    def _screen(self, lab: Lab, start_s: float) -> Iterator[Any]:
        if self._is_live:
            with Live(console=self._console, auto_refresh=False) as live:
                yield lambda: live.update(self._picture(lab.status(), start_s), refresh=True)
            return
        told = -1

        def tell() -> None:
            nonlocal told
            tenth = int(self._passed(start_s) * 10)
            if tenth > told:
                told = tenth
                self._console.print(self._line(lab.status(), start_s), markup=False, highlight=False)

        yield tell

    def _line(self, status: dict[str, Any], start_s: float) -> str:
        spool = status.get("spool", {})
        broker = (
            "away" if self._outage == "away" else "connected" if status.get("uplink", {}).get("is_connected") else "…"
        )
        return (
            f"{self._site_time(start_s)}  on site {spool.get('inside', '?'):>4}  touches {spool.get('last', '?'):>5}"
            f"  undelivered {spool.get('pending', '?'):>5}  broker {broker}"
        )

    def _picture(self, status: dict[str, Any], start_s: float) -> Group:
        table = Table("time", "reader", "", "who", box=None, padding=(0, 2))
        colours = {"entry": "green", "exit": "blue", "tap": "green", "repeat": "bright_black"}
        for said in list(self._recent):
            who = said["name"] or Text("unknown card: recorded, to be confirmed", style="yellow")
            table.add_row(
                said["time"][11:19], said["reader"], Text(said["meaning"], style=colours[said["meaning"]]), who
            )
        pending = status.get("spool", {}).get("pending", 0)
        self._deepest = max(self._deepest, pending)
        bar = "█" * round(40 * pending / max(self._deepest, 40))
        style = "bold red" if self._outage == "away" else "bold"
        picture = Group(Text(self._line(status, start_s), style=style), Text(f"backlog {bar}", style="yellow"), table)
        if pending >= self._deepest and self._outage == "away":
            self.keepsake = picture
        return picture

    def _site_time(self, start_s: float) -> str:
        minutes = OPENS_MIN + max(0.0, min(1.0, self._passed(start_s))) * self._args.minutes
        return f"{int(minutes // 60) % 24:02d}:{int(minutes % 60):02d}"


def _save(picture: Group, path: Path) -> None:
    paper = Console(record=True, width=92, file=io.StringIO(), force_terminal=True)
    paper.print(picture)
    paper.save_svg(str(path), title="make demo")


def _saved(players: Sequence[Player]) -> Counter[str]:
    saved: Counter[str] = Counter()
    for player in players:
        for number, count in player.tally.saved.items():
            saved[Lab.card(number)] += count
    return saved


def _are_open(status: dict[str, Any]) -> bool:
    readers = status.get("readers", [])
    return bool(readers) and all(reader["state"] == "open" for reader in readers)


def _is_intact(received: Sequence[Received]) -> bool:
    """Tell whether each event carries the hash of the one before, from the first on."""
    prev = {event.epoch: wire.genesis(event.epoch) for event in received}
    for number, event in enumerate(received, start=1):
        if events.decode_event(event.body).data.prev != prev[event.epoch] or event.seq != number:
            return False
        prev[event.epoch] = wire.chain_hash(event.body)
    return True


def _verdict(account: Account) -> Text:
    chain = "intact" if account.is_chain_intact else "BROKEN"
    line = (
        f"touches accepted {account.accepted} · events received {account.received} · lost {account.lost}"
        f" · doubled {account.doubled} · chain {chain} · {account.seconds:.0f} s"
    )
    return Text(line, style="bold green" if account.is_good else "bold red")
