"""A box whose readers are touched and whose desk is asked in one line each. Real intake, ledger, desk; no network."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from drivers.contract import AnswerKind, Medium, ReaderName, Sighting
from edge_agent.config.user import User
from edge_agent.core import events
from edge_agent.core.attendance import Policy, Presence, Role
from edge_agent.core.credential import credential_ref
from edge_agent.core.people import Credential
from edge_agent.core.rules import Rules
from edge_agent.core.touch import NS_PER_S, CredentialRef, PersonKey, Worker, WorkerId
from edge_agent.desk.office import Office
from edge_agent.desk.requests import handlers
from edge_agent.door import Door
from edge_agent.identity import Book
from edge_agent.intake import Intake, SiteRules
from edge_agent.ledger.people import bind, put_worker
from edge_agent.ledger.presence import presence
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.ledger.waiting import Waiting, one
from edge_agent.timekeeping import Timekeeping
from edge_agent.uplink.link import Uplink
from edge_agent.users import Users
from hardware_fakes.clock import FakeClock
from spool.journal import Journal
from spool.outbox import Outbox

KEY = b"k" * 32
PASSWORD = "correct horse battery"  # noqa: S105 - of people who do not exist
RULES = SiteRules(
    gateway="gw-1",
    site="13-0042",
    policy=Policy(repeat_window_ns=60 * NS_PER_S),
    cut_off_min=240,
    roles={
        ReaderName("gate"): Role.TOGGLE,
        ReaderName("in"): Role.IN,
        ReaderName("out"): Role.OUT,
        ReaderName("tap"): Role.TAP,
    },
)


class Quiet:
    """An uplink without a line: it only counts how often it was woken."""

    woken = 0

    def wake(self) -> None:
        """Count."""
        self.woken += 1


class DeskBox:
    """Everything of a box that people at its desk can reach."""

    def __init__(self, folder: Path, clock: FakeClock | None = None, users: tuple[User, ...] = ()) -> None:
        """Begin with an empty spool in the folder."""
        self.clock = clock or FakeClock()
        self.path = folder / "spool.db"
        self.users = Users(users, self.clock)
        self.uplink = Quiet()
        self.open()

    def open(self) -> None:
        """Open the spool, as a start does."""
        self.journal = Journal(self.path, owner_steps={"ledger": LEDGER_STEPS})
        book = Book(key=KEY, rules=Rules())
        self.intake = Intake(
            journal=self.journal, clock=self.clock, identities=book, rules=RULES, committed=lambda _recorded: None
        )
        self.timekeeping = Timekeeping(journal=self.journal, clock=self.clock, gateway="gw-1", cut_off_min=240)
        self.door = Door(self.clock)
        self.door.open(self.intake, cast("Uplink", self.uplink), self.journal)
        office = Office(door=self.door, clock=self.clock, users=self.users, rules=RULES, spool=self.path)
        self.handlers = handlers(office)

    def close(self) -> None:
        """Close the spool."""
        self.journal.close()

    def ask(self, do: str, **wish: object) -> list[dict[str, Any]]:
        """Ask the desk, as the approver unless told otherwise."""
        whole: Mapping[str, object] = {"user": "prime", "password": PASSWORD, **wish}
        return [dict(answer) for answer in self.handlers[do](whole)]

    def touch(self, token: bytes, reader: str = "gate", *, medium: Medium = Medium.CARD) -> int:
        """Let this card, or telephone, be seen; return the touch's number."""
        sighting = Sighting(
            reader=ReaderName(reader), medium=medium, token=token, technology="", seen_ns=self.clock.boot_ns()
        )
        if self.intake.record(sighting).kind is AnswerKind.NOT_SAVED:
            raise RuntimeError("not saved")
        return self.journal.write(lambda tx: tx.head().seq)

    def ref(self, token: bytes, medium: Medium = Medium.CARD) -> CredentialRef:
        """Return how that card is called."""
        return credential_ref(KEY, token, medium.value)

    def worker(self, number: str, *tokens: bytes, company: str = "c1", medium: Medium = Medium.CARD) -> Worker:
        """Enter a worker, with these cards."""
        worker = Worker(id=WorkerId(number), ccus=number, name=f"name of {number}", company=company)

        def work(tx: Any) -> None:  # noqa: ANN401 - a transaction
            put_worker(tx, worker, origin="{}")
            for token in tokens:
                given = Credential(ref=self.ref(token, medium), worker=worker.id, kind=medium.value)
                bind(tx, given, origin="{}")

        self.journal.write(work)
        return worker

    def waits(self, seq: int, epoch: str = "") -> Waiting | None:
        """Return what the ledger says of a touch."""
        return self.journal.write(lambda tx: one(tx, epoch or self.journal.epoch, seq))

    def presence(self, key: str) -> Presence:
        """Return where somebody is."""
        return self.journal.write(lambda tx: presence(tx, PersonKey(key)))

    def bodies(self) -> list[bytes]:
        """Return all events as they lie on disk."""
        with contextlib.closing(Outbox(self.path)) as outbox:
            return [entry.body for entry in outbox.after(0, limit=1_000_000)]

    def events(self) -> list[events.Event]:
        """Return all events."""
        return [events.decode_event(body) for body in self.bodies()]
