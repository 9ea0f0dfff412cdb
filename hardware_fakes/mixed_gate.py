"""A gate with every way in on its real driver stack: a card reader, a contactless chip, a telephone, a scanner, a hand.

The daemon runs in this process, on a clock that jumps: a day takes minutes, and every touch has its script's time.
"""

import queue
from collections.abc import Callable, Mapping
from datetime import date
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from drivers.wire import phone
from edge_agent.config.load import load_agent
from edge_agent.config.toml import written
from edge_agent.control.client import NotRunning, ask
from edge_agent.core.touch import NS_PER_S
from edge_agent.holders import Holder
from edge_agent.issuing import issue
from edge_agent.run import run
from edge_agent.signing import SigningKey
from edge_agent.users import hashed
from hardware_fakes.card import Card
from hardware_fakes.clock import MORNING_UTC_NS, SkippingClock
from hardware_fakes.lab import SITE, Lab
from hardware_fakes.mixed_day import Comer, Step, Way
from hardware_fakes.modem import FakeModem
from hardware_fakes.pn532 import PN532
from hardware_fakes.serial_reader import FakeLineReader
from hardware_fakes.slot import Slot

DAY = date(2026, 11, 24)
MIDNIGHT_UTC_NS = MORNING_UTC_NS - 8 * 3600 * NS_PER_S
USERS = {"foreman": "editor", "prime": "approver"}
PASSWORD = "a laboratory's password"  # noqa: S105 - nobody's
PATIENCE_S = 6.0
TRIES = 3
READERS = ("pcsc-1", "nfc-1", "phone-1", "qr-1")


class MixedGate:
    """The box, its devices, and the hands before it."""

    def __init__(self, lab: Lab, slot: Slot, *, begins_min: int) -> None:
        self.lab = lab
        self._slot = slot
        self._clock = SkippingClock(utc_ns=MIDNIGHT_UTC_NS + begins_min * 60 * NS_PER_S)
        self._chip = PN532(lab.folder / "nfc")
        self._modem = FakeModem(lab.folder / "modem")
        self._scanner = FakeLineReader(lab.folder / "scanner")
        self._key = SigningKey.load(lab.folder / "badge.key")
        self._badges: dict[int, str] = {}
        self._stop = Event()
        self._said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._daemon = Thread(target=self._run, name="daemon", daemon=True)
        self._watcher = Thread(target=self._watch, name="watcher", daemon=True)
        with (lab.folder / "config.toml").open("a", encoding="utf-8") as config:
            config.write(self._tables())

    def __enter__(self) -> Self:
        """Start the daemon; return once every reader is open."""
        self._daemon.start()
        self.lab.wait_for(self._is_open, what="every reader is open")
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, and take the devices away."""
        self._stop.set()
        self._daemon.join(20)
        for device in (self._chip, self._modem, self._scanner):
            device.close()

    def play(self, step: Step) -> dict[str, Any]:
        """Let somebody come or go at the script's time; return what the box said of it."""
        self.skip_to(step.minute, step.second)
        if step.way == "hand":
            return self.by_hand(step)
        return self.touch(step.way, step.comer)

    def touch(self, way: Way, comer: Comer) -> dict[str, Any]:
        """
        Let somebody touch, again if nothing comes of it; return what the box said.

        Raises:
            TimeoutError: The box took no notice.

        """
        gestures: Mapping[str, Callable[[Comer], Callable[[], None]]] = {
            "pcsc": self._by_card,
            "nfc": self._by_chip,
            "phone": self._by_phone,
            "qr": self._by_badge,
        }
        while not self._said.empty():
            self._said.get()
        for _ in range(TRIES):
            end = gestures[way](comer)
            try:
                return self._said.get(timeout=PATIENCE_S)
            except queue.Empty:
                continue
            finally:
                end()
        raise TimeoutError(f"{way}: the box took no notice of {comer}")

    def by_hand(self, step: Step, *, why: str = "forgot the card") -> dict[str, Any]:
        """Let the foreman type it, at that time."""
        return self.ask(
            "entry-add",
            user="foreman",
            worker=step.comer.id,
            meaning=step.meaning,
            at=clock_text(step.minute, step.second),
            why=why,
        )[-1]

    def ask(self, do: str, *, user: str = "prime", **wish: object) -> list[dict[str, Any]]:
        """Ask the running agent as one of its users."""
        return list(ask(self.lab.socket, do, timeout_s=30.0, user=user, password=PASSWORD, **wish))

    def skip_to(self, minute: int, second: int = 0) -> None:
        """Let it be this time of the day."""
        self._clock.skip_to(MIDNIGHT_UTC_NS + (minute * 60 + second) * NS_PER_S)

    def badge(self, comer: Comer, *, valid_days: int = 365) -> str:
        """Return the text of somebody's badge, printed once."""
        if comer.number not in self._badges:
            issued_s = MIDNIGHT_UTC_NS // NS_PER_S
            holder = Holder(worker=comer.id, name="", company=comer.company)  # type: ignore[arg-type]  # plain texts
            printed = issue(holder, key=self._key, issued_s=issued_s, today=DAY, valid_days=valid_days, site=SITE)
            self._badges[comer.number] = printed.text
        return self._badges[comer.number]

    def _by_card(self, comer: Comer) -> Callable[[], None]:
        self._slot.insert(Card.felica(comer.card))
        return self._slot.remove

    def _by_chip(self, comer: Comer) -> Callable[[], None]:
        self._chip.put(Card.felica(comer.card))
        return self._chip.take

    def _by_phone(self, comer: Comer) -> Callable[[], None]:
        self._modem.call(phone.normal(comer.phone))
        return self._modem.hang_up

    def _by_badge(self, comer: Comer) -> Callable[[], None]:
        self._scanner.send_line(self.badge(comer).encode())
        return lambda: None

    def _run(self) -> None:
        run(load_agent(self.lab.folder / "config.toml"), stop=self._stop, clock=self._clock)

    def _watch(self) -> None:
        try:
            for said in ask(self.lab.socket, "watch", timeout_s=None):
                if "seq" in said:
                    self._said.put(said)
        except NotRunning:
            return

    def _is_open(self) -> bool:
        states = {each["name"]: each["state"] for each in self.lab.status().get("readers", [])}
        return all(states.get(name) == "open" for name in READERS)

    def _tables(self) -> str:
        ports = {"nfc-1": ("nfc", "nfc"), "phone-1": ("modem", "modem"), "qr-1": ("serial", "scanner")}
        readers = [
            _table(
                "[[reader]]",
                name=name,
                driver=driver,
                port=str(self.lab.folder / port),
                medium="qr" if port == "scanner" else "card",
            )
            for name, (driver, port) in ports.items()
        ]
        users = [
            _table("[[user]]", name=name, role=role, password_hash=hashed(PASSWORD)) for name, role in USERS.items()
        ]
        badge = _table("[badge]", keys=[self._key.public])
        return "\n".join(["", *readers, *users, badge])


def clock_text(minute: int, second: int = 0) -> str:
    """Return a time of the day as people type it."""
    return f"{DAY.isoformat()} {minute // 60:02d}:{minute % 60:02d}:{second:02d}"


def _table(head: str, **values: object) -> str:
    return "\n".join([head, *(f"{key} = {written(value)}" for key, value in values.items()), ""])
