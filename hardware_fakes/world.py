"""A box and an office in one process, stepped by the test: real spool, intake, courier, service and store.

Only the clock, the cards and the broker are made up. No threads: nothing happens that the test did not ask for.
"""

import contextlib
import shutil
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from drivers.contract import AnswerKind, Medium, ReaderName, Sighting
from edge_agent.core.attendance import Policy, Role
from edge_agent.core.calendar import rfc3339
from edge_agent.core.topics import Topics
from edge_agent.core.touch import NS_PER_S, CredentialRef, Person, Worker, WorkerId
from edge_agent.intake import Intake, Recorded, SiteRules
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.notify import Notify
from edge_agent.portable.export import export
from edge_agent.portable.frames import Header
from edge_agent.portable.receipts import checked, parsed
from edge_agent.portable.source import Source
from edge_agent.receiver.delivery import Delivery
from edge_agent.receiver.service import Service
from edge_agent.receiver.store import Store
from edge_agent.recovery import Reason, renew
from edge_agent.signing import SigningKey
from edge_agent.timekeeping import Timekeeping
from edge_agent.uplink.checkpoint import Notary
from edge_agent.uplink.conversation import Conversation
from edge_agent.uplink.courier import Courier
from edge_agent.uplink.echo import Echo
from edge_agent.uplink.hearing import Hearing
from edge_agent.uplink.news import News
from edge_agent.uplink.presence import Box as Said
from edge_agent.uplink.presence import Presence, Pulse
from edge_agent.uplink.reasons import BrokerClosed, BrokerError, BrokerLost
from edge_agent.uplink.shelf import Shelf
from edge_agent.uplink.tally import Tally
from hardware_fakes.clock import FakeClock
from hardware_fakes.crew import Known
from hardware_fakes.memory_broker import MemoryBroker, MemorySession
from spool.file import SpoolDamaged
from spool.journal import Journal
from spool.log import assert_log_whole
from spool.renewal import finish

GATEWAY = "gw-1"
WINDOW_S = 60
RETENTION_DAYS = 30
CARDS = [bytes([number]) * 4 for number in range(1, 4)]
"""The roster knows all but the last."""
POISON = b"\x66" * 4
"""A card over which the broker chokes."""
ROLES = {ReaderName("in"): Role.IN, ReaderName("out"): Role.OUT, ReaderName("gate"): Role.TOGGLE}
Identity = tuple[str, int]
OWNER_STEPS = {"ledger": LEDGER_STEPS}


def credential_ref(token: bytes) -> CredentialRef:
    """Return what stands for a card: here anybody can read it."""
    return CredentialRef("hmac:" + token.hex().ljust(32, "0"))


class Silence(News):
    """No news of the network."""

    def __init__(self) -> None:
        """Listen to nothing."""
        self._socket = None


class Crew:
    """A roster."""

    def who(self, card: CredentialRef) -> Person:
        """Return the holder."""
        for number, token in enumerate(CARDS[:-1]):
            if credential_ref(token) == card:
                return Person(credential=card, worker=Worker(id=WorkerId(f"1000000000000{number}")))
        return Person(credential=card)


@dataclass(slots=True)
class Row:
    """One row of a spool's file."""

    seq: int
    body: bytes
    recorded_utc_ns: int | None


class Box:
    """The gateway: what is in `folder` survives, the rest does not."""

    def __init__(self, folder: Path, clock: FakeClock, broker: MemoryBroker) -> None:
        self.clock, self.broker = clock, broker
        self.folder = self.keys = folder
        self.at_commit: Callable[[], None] | None = None
        """Called inside the transaction of the next touch, before its COMMIT."""
        self.at_answer: Callable[[], None] | None = None
        """Called after the COMMIT of the next touch, before anybody is answered."""
        self.open()

    @property
    def path(self) -> Path:
        """The spool's file."""
        return self.folder / "spool.db"

    def open(self) -> None:
        """Start the program; a damaged file is renewed first, as the daemon does it."""
        try:
            finish(self.path)
            assert_log_whole(self.path)
            self.journal = Journal(self.path, owner_steps=OWNER_STEPS)
        except SpoolDamaged:
            self._renew("damaged")
            self.journal = Journal(self.path, owner_steps=OWNER_STEPS)
        self.timekeeping = Timekeeping(journal=self.journal, clock=self.clock, gateway=GATEWAY, cut_off_min=240)
        self.timekeeping.beat()
        self.intake = Intake(
            journal=self.journal,
            clock=self.clock,
            identities=Known(Crew().who, credential_ref),
            committed=self._committed,
            rules=SiteRules(
                gateway=GATEWAY,
                site="13-0042",
                policy=Policy(repeat_window_ns=WINDOW_S * NS_PER_S),
                cut_off_min=240,
                roles=ROLES,
            ),
        )
        self._write, self.journal.write = self.journal.write, self._watched_write  # type: ignore[method-assign,assignment]  # a fault point
        self.shelf = Shelf(
            self.path, gateway=GATEWAY, journal=self.journal, clock=self.clock, retention_days=RETENTION_DAYS
        )
        self.session: MemorySession | None = None
        self.talk: Conversation | None = None
        depth = self.shelf.depth()
        if depth is None:
            raise RuntimeError(self.shelf.error)
        self.shelf.kept(depth)
        tally = Tally(
            epoch=self.journal.epoch, upto=depth.upto, generation=depth.generation, last=depth.last,
            receipt="receiver", receipt_timeout_s=60,
        )  # fmt: skip
        self.courier = Courier(tally, last=depth.last, backlog_bytes=1_500, batch_events=3)
        self.hearing = Hearing(
            epoch=self.journal.epoch, courier=self.courier, shelf=self.shelf, echo=Echo(), clock=self.clock
        )
        self.notary = Notary(
            key_path=self.keys / "signing.key", gateway=GATEWAY, epoch=self.journal.epoch, shelf=self.shelf,
            clock=self.clock, every_s=60,
        )  # fmt: skip

    def touch(self, token: bytes, reader: str) -> AnswerKind:
        """Put a card on a reader; return what the worker sees."""
        sighting = Sighting(
            reader=ReaderName(reader), medium=Medium.CARD, token=token, technology="felica",
            seen_ns=self.clock.boot_ns(),
        )  # fmt: skip
        return self.intake.record(sighting).kind

    # ---------------------------------------------------------------- the uplink, one turn at a time

    def connect(self) -> None:
        """Connect to the broker, and greet."""
        self.session = self.broker.connect()
        presence = Presence(
            gateway=GATEWAY, session="s", epoch=self.journal.epoch, receipt="receiver",
            box=lambda: Said(agent="0", sites=("13-0042",), readers=()), started_ns=0,
        )  # fmt: skip
        self._woken, self._waker = socket.socketpair()
        self._woken.settimeout(0)
        self.talk = Conversation(
            session=self.session,  # type: ignore[arg-type]  # made of memory
            courier=self.courier, shelf=self.shelf, hearing=self.hearing, notary=self.notary, news=Silence(),
            presence=presence,
            pulse=Pulse(every_s=1e9, now_ns=self.clock.boot_ns()), topics=Topics("gate/1"), clock=self.clock,
            woken=self._woken,
        )  # fmt: skip
        self._talking(self.talk.greet)

    def turn(self) -> None:
        """Let it do what there is to do."""
        if self.timekeeping.beat():
            self.courier.appended(self.shelf.last() or 0)
        if self.talk:
            self._talking(self.talk.turn)
        if self.courier.tally.is_forked:
            self.renew()

    def quarantined(self) -> set[int]:
        """Return which numbers are not sent any more."""
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as db:
            return {seq for (seq,) in db.execute("SELECT seq FROM quarantine")}

    def hang_up(self) -> None:
        """Cut the line."""
        if self.session:
            self.session.end(BrokerLost("cut"))
            self.turn()

    def _talking(self, step: Callable[[], None]) -> None:
        try:
            step()
        except BrokerError as exc:
            has_proof = self.talk is not None and self.talk.has_proof
            self.courier.disconnected(is_reaction=isinstance(exc, BrokerClosed) and has_proof)
            self.shelf.flush(self.courier)
            self._leave()

    def _leave(self) -> None:
        if self.session:
            self.session.close()
            self._woken.close()
            self._waker.close()
        self.session = self.talk = None

    def hear_by_hand(self, line: str, key: str) -> None:
        """Take a receipt that came on a stick."""
        receipt = checked(parsed(line.encode()), key=key, spool=self.path, epoch=self.journal.epoch)
        if receipt is not None:
            self.courier.appended(self.shelf.last() or 0)
            self.hearing.receipt(receipt, is_fresh=False)
            self.shelf.flush(self.courier)

    def export(self, file: Path) -> bool:
        """Write what is not receipted onto a stick; return whether there is anything."""
        key = SigningKey.load(self.keys / "signing.key")
        with Source(self.path) as source:
            if not source.count(source.upto):
                return False
            header = Header(
                gateway=GATEWAY, epoch=source.epoch, key=key.public, after=source.upto, upto=source.upto,
                gen=source.generation, made=rfc3339(self.clock.stamp().utc_ns),
            )  # fmt: skip
            export(source, file, header=header, key=key)
        return True

    # ---------------------------------------------------------------- ends

    def copy_to(self, folder: Path) -> None:
        """Copy the files as the kernel has them: what a killed process leaves behind."""
        folder.mkdir()
        for name in ("spool.db", "spool.db-wal"):
            if (self.folder / name).exists():
                shutil.copy(self.folder / name, folder / name)

    def close(self) -> None:
        """Stop it."""
        self._leave()
        self.shelf.close()
        self.journal.close()

    def renew(self) -> None:
        """Begin a new epoch: the receiver knows another history of this one."""
        self.close()
        self._renew("forked")
        self.open()

    def spoil(self) -> None:
        """Let the disk lose the file's first page while the box is off."""
        self.close()
        with self.path.open("r+b") as file:
            file.write(bytes(4096))
        self.open()

    def die_into(self, folder: Path) -> None:
        """Go on with the files in this folder, as a process that was killed and started again."""
        self.close()
        self.folder = folder
        self.at_commit = self.at_answer = None
        self.open()

    def rows(self) -> list[Row]:
        """Return what is in the file, as anybody beside the program reads it."""
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as db:
            return [Row(*row) for row in db.execute("SELECT seq, body, recorded_utc_ns FROM entry ORDER BY seq")]

    def _renew(self, reason: Reason) -> None:
        renewed = renew(self.path, reason=reason, gateway=GATEWAY, at=self.clock.stamp(), owner_steps=OWNER_STEPS)
        for part in renewed.aside.parent.glob(renewed.aside.name + "*"):
            part.unlink()  # as a technician would; there may be eight

    def _committed(self, _recorded: Recorded) -> None:
        if self.at_answer:
            self.at_answer()

    def _watched_write(self, work: Callable[..., object]) -> object:
        def watched(tx: object) -> object:
            result = work(tx)
            if self.at_commit:
                self.at_commit()
            return result

        return self._write(watched)


class Office:
    """The receiver: a real store behind a real service, stepped by hand."""

    def __init__(self, folder: Path, clock: FakeClock, broker: MemoryBroker) -> None:
        self.folder, self.clock, self.broker = folder, clock, broker
        self.session: MemorySession | None = None
        self.open()

    def open(self) -> None:
        """Start the program."""
        self.store = Store(self.folder / "events.db", utc_s=self.clock.stamp().utc_ns // NS_PER_S)
        self.service = Service(
            store=self.store, connect=self.broker.connect, topics=Topics("gate/1"), share="", receipt_every_ms=10,
            clock=self.clock, notify=Notify(),
        )  # fmt: skip
        self.key = SigningKey(b"the office's key of a made-up office"[:32])
        self.session = None

    def take_stick(self, file: Path) -> str:
        """Import a file; return the receipts for the box."""
        delivery = Delivery(file, store=self.store, clock=self.clock, key=self.key)
        while (streams := delivery.step()) is not None:
            for stream in streams:
                self.service._owed.owe(stream)
        return delivery.done.receipts

    def connect(self) -> None:
        """Connect to the broker, and greet."""
        self.session = self.broker.connect()
        self._talking(self.service._greet)

    def turn(self) -> None:
        """Let it do what there is to do."""

        def answer_and_hear(session: MemorySession) -> None:
            self.service._answer(session)
            self.service._hear(session, 0)
            self.service._answer(session)

        self.clock.advance(0.05)
        self._talking(answer_and_hear)

    def _talking(self, step: Callable[[MemorySession], None]) -> None:
        if self.session is None:
            return
        try:
            step(self.session)
        except BrokerError:
            self.session = None

    def copy_to(self, folder: Path) -> None:
        """Copy the files as the kernel has them."""
        folder.mkdir()
        for name in ("events.db", "events.db-wal"):
            if (self.folder / name).exists():
                shutil.copy(self.folder / name, folder / name)

    def close(self) -> None:
        """Stop it."""
        if self.session:
            self.session.close()
        with self.service._woken, self.service._waker:
            self.store.close()

    def die_into(self, folder: Path) -> None:
        """Go on with the files in this folder, as a process that was killed and started again."""
        self.close()
        self.folder = folder
        self.open()

    def held(self) -> dict[Identity, bytes]:
        """Return every event's bytes by its identity."""
        sql = "SELECT epoch, seq, body FROM held JOIN stream ON stream.id = held.stream WHERE body IS NOT NULL"
        with contextlib.closing(sqlite3.connect(f"file:{self.folder}/events.db?mode=ro", uri=True)) as db:
            return {(epoch, seq): body for epoch, seq, body in db.execute(sql)}

    def counted(self) -> list[bytes]:
        """Return the touches, as everybody else reads them."""
        with contextlib.closing(sqlite3.connect(f"file:{self.folder}/events.db?mode=ro", uri=True)) as db:
            return [body.encode() for (body,) in db.execute("SELECT body FROM event")]
