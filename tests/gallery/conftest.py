"""A box with a gallery, a ledger and a desk; the program that looks at faces is played by a script of the test."""

import base64
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.control.server import BadRequest
from edge_agent.core.touch import Worker, WorkerId
from edge_agent.face_desk.enrol import Enrol
from edge_agent.face_desk.packs import Packs
from edge_agent.face_desk.register import Register, roster_of
from edge_agent.face_desk.requests import handlers
from edge_agent.face_desk.rights import Rights
from edge_agent.gallery.gallery import Gallery
from edge_agent.gallery.once import Once
from edge_agent.gallery.taking import Taking
from edge_agent.ledger import people
from edge_agent.ledger.steps import LEDGER_STEPS
from edge_agent.signing import SigningKey
from hardware_fakes.clock import FakeClock
from spool.file import SpoolUnavailable
from spool.journal import Journal

DAY_S = 86_400
TARO, HANAKO, JIRO = "11112222333344", "55556666777788", "99990000111122"
KEY = bytes(range(32))
CARD_KEY = b"k" * 32
LOOKER = Path(__file__).with_name("looker.py")


class StubDoor:
    """Commits into a real spool, unless it is shut."""

    def __init__(self, journal):
        self.journal = journal
        self.is_shut = False

    def commit(self, work):
        if self.is_shut:
            raise SpoolUnavailable("the spool is being renewed")
        return self.journal.write(lambda tx: work(tx, self.journal.epoch))


class FaceBox:
    """Everything of a box that has to do with enrolled faces."""

    def __init__(self, folder: Path, *, gateway: str = "gw-1", prime: str = "prime-one", key: bytes = KEY) -> None:
        self.folder, self.prime, self.key = folder, prime, key
        folder.mkdir(exist_ok=True)
        self.clock = FakeClock()
        self.spool = folder / "spool.db"
        self.journal = Journal(self.spool, owner_steps={"ledger": LEDGER_STEPS})
        self.door = StubDoor(self.journal)
        self.cameras = {}
        self.is_editor = True
        self.open()
        self.once = Once(models_dir=folder / "models", now_ns=self.clock.boot_ns, command=(sys.executable, str(LOOKER)))
        rights = Rights(register=self.register)
        packs = Packs(
            register=self.register,
            once=self.once,
            gateway=gateway,
            signing=lambda: SigningKey.load(folder / "signing.key"),
        )
        taking = Taking(once=self.once, cameras=lambda: self.cameras, now_ns=self.clock.boot_ns)
        enrol = Enrol(register=self.register, taking=taking, notice="2")
        self.handlers = handlers(enrol, rights, packs, may_edit=self._may_edit)

    def open(self) -> None:
        self.gallery = Gallery.open(
            self.folder / "gallery",
            prime=self.prime,
            key=lambda: self.key,
            roster=roster_of(self.spool),
            clock=self.clock,
        )
        self.register = Register(
            gallery=self.gallery,
            door=self.door,
            clock=self.clock,
            key=lambda: CARD_KEY,
        )

    def hire(self, *workers: str, first: str = "", last: str = "") -> None:
        for each in workers:
            worker = Worker(id=WorkerId(each), valid_from=first, valid_to=last)
            self.journal.write(lambda tx, worker=worker: people.put_worker(tx, worker, origin="{}"))

    def ask(self, do: str, **wish: object) -> list[dict]:
        return list(self.handlers[do](wish))

    def refused(self, do: str, **wish: object) -> str:
        with pytest.raises(BadRequest) as caught:
            self.ask(do, **wish)
        return str(caught.value)

    def enrol(self, worker: str, *pictures: bytes, wearing: str = "bare") -> dict:
        return self.ask("face-enroll", worker=worker, wearing=wearing, consent="2", photos=[b64(p) for p in pictures])[
            -1
        ]

    def credentials(self) -> list[tuple[str, str]]:
        return self.journal.write(lambda tx: people.of_kind(tx, "face"))

    def files(self) -> Iterator[bytes]:
        """Every byte below the state folder, file by file."""
        for path in self.folder.rglob("*"):
            if path.is_file():
                yield path.read_bytes()

    def holds(self, needle: bytes) -> bool:
        return any(needle in content for content in self.files())

    def close(self) -> None:
        self.journal.close()

    def _may_edit(self, _wish: object) -> str:
        if not self.is_editor:
            raise BadRequest("only editor or approver may do that")
        return "clerk"


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[FaceBox]:
    box = FaceBox(tmp_path / "state")
    box.hire(TARO, HANAKO, JIRO)
    yield box
    box.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[FaceBox]:
    """Another site's box of the same prime contractor, with a key of its own."""
    other = FaceBox(tmp_path / "other", gateway="gw-2", key=b"K" * 32)
    other.hire(TARO, HANAKO)
    yield other
    other.close()
