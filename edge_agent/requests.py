"""Everything the control socket answers, put together. Answers nothing itself."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from drivers.contract import Hint, ReaderName
from drivers.face import FaceReader
from drivers.wire import phone
from edge_agent import enrolment
from edge_agent.assembly import SIGNING_KEY_FILE, rules_of
from edge_agent.clock import Clock
from edge_agent.config import settings
from edge_agent.config.secrets import read_secret
from edge_agent.control.server import Handler
from edge_agent.core.calendar import minutes
from edge_agent.core.touch import CredentialRef, Worker, WorkerId
from edge_agent.desk import requests as desk
from edge_agent.desk.office import Office, known_worker
from edge_agent.door import Door
from edge_agent.enrolment import Enrolment
from edge_agent.face_desk import requests as face_desk
from edge_agent.face_desk.enrol import Enrol
from edge_agent.face_desk.packs import Packs
from edge_agent.face_desk.register import Register, Tending, roster_of
from edge_agent.face_desk.rights import Rights
from edge_agent.gallery.gallery import Gallery
from edge_agent.gallery.key import gallery_key
from edge_agent.gallery.once import Once
from edge_agent.gallery.taking import Taking
from edge_agent.ledger import people
from edge_agent.naming import SLICE_TOUCHES, name_waiting
from edge_agent.receipts import HandedReceipts
from edge_agent.revocation import Revocation
from edge_agent.roster_desk import RosterDesk
from edge_agent.second_look import SecondLook
from edge_agent.signing import SigningKey
from edge_agent.sites import Sites
from edge_agent.status import Status
from edge_agent.users import Users
from spool.transaction import Transaction


class Requests:
    """What people ask the running agent for, and who of them may."""

    def __init__(
        self,
        config: settings.AgentConfig,
        *,
        door: Door,
        clock: Clock,
        spool: Path,
        gallery: Gallery,
        cameras: Mapping[str, FaceReader],
        hear_hint: Callable[[Hint], None],
    ) -> None:
        """Put it together; `cameras` are the readers that know faces, by name."""
        self._config = config
        self._door = door
        self._clock = clock
        self._spool = spool
        self._users = Users(config.user, clock)
        self._office = Office(door=door, clock=clock, users=self._users, rules=rules_of(config), spool=spool)
        self._cameras = cameras
        second_look = SecondLook(
            record=door.record,
            witnesses={
                ReaderName(each.name): cameras[each.confirmed_by]
                for each in config.reader
                if each.confirmed_by in cameras
            },
            within_s=config.face.verify_s,
            key=self._key,
            owner=partial(people.owner, spool),
            face_of=gallery.face_of,
            hear_hint=hear_hint,
        )
        self.enrolment = Enrolment(door=door, clock=clock, key=self._key, name=self._name, record=second_look.record)
        """Stands before the door: readers hand their sightings to it."""
        self._register = Register(gallery=gallery, door=door, clock=clock, key=self._key)
        self.tending = Tending(self._register)
        """To be started with the readers: erases faces of who has left the site."""

    def handlers(self, status: Status) -> dict[str, Handler]:
        """Return what the control socket answers."""
        may_edit = partial(self._users.check, right="edit")
        return {
            **status.handlers(),
            **self._receipts().handlers(),
            **self._revocation().handlers(),
            **self._roster().handlers(),
            **self._sites().handlers(),
            **desk.handlers(self._office),
            **self._faces(),
            **enrolment.handlers(self.enrolment, may_edit=may_edit, token=_token, key=self._key),
        }

    def _key(self) -> bytes:
        return read_secret(self._config.agent.card_key_file)

    def _receipts(self) -> HandedReceipts:
        config = self._config
        return HandedReceipts(
            gateway=config.agent.gateway, spool=self._spool, receiver_key=config.uplink.receiver_key, door=self._door
        )

    def _revocation(self) -> Revocation:
        return Revocation(key=self._key, clock=self._clock, door=self._door, may=self._users.check)

    def _roster(self) -> RosterDesk:
        return RosterDesk(
            spool=self._spool,
            door=self._door,
            clock=self._clock,
            key=self._key(),
            cut_off_min=self._office.rules.cut_off_min,
            named=self._named,
            may=self._users.check,
            changed=self._register.tend,
        )

    def _faces(self) -> dict[str, Handler]:
        config, now_ns = self._config, self._clock.boot_ns
        once = Once(models_dir=Path(config.face.models_dir), now_ns=now_ns)
        return face_desk.handlers(
            Enrol(
                register=self._register,
                taking=Taking(once=once, cameras=lambda: self._cameras, now_ns=now_ns),
                notice=config.face.notice,
            ),
            Rights(register=self._register),
            Packs(
                register=self._register,
                once=once,
                gateway=config.agent.gateway,
                signing=lambda: SigningKey.load(self._spool.with_name(SIGNING_KEY_FILE)),
            ),
            may_edit=partial(self._users.check, right="edit"),
        )

    def _sites(self) -> Sites:
        return Sites(
            gateway=self._config.agent.gateway,
            configured=self._config.site.id,
            door=self._door,
            clock=self._clock,
            may_edit=partial(self._users.check, right="edit"),
        )

    def _name(self, ref: CredentialRef, worker: Worker, by: str) -> int:
        """Name what waits for the owner of a credential, a slice a transaction: somebody may stand at the gate."""
        named, last = 0, SLICE_TOUCHES
        while last == SLICE_TOUCHES:
            last = self._door.commit(lambda tx, epoch: self._name_slice(tx, epoch, ref, worker, by))
            named += last
        return named

    def _named(self, tx: Transaction, epoch: str, ref: CredentialRef, worker: WorkerId) -> int:
        named, last = 0, SLICE_TOUCHES
        while last == SLICE_TOUCHES:
            last = self._name_slice(tx, epoch, ref, known_worker(tx, worker), "roster")
            named += last
        return named

    def _name_slice(self, tx: Transaction, epoch: str, ref: CredentialRef, worker: Worker, by: str) -> int:
        # Rule: what several use tells of nobody in particular; somebody has to say whose each touch was.
        if sum(held.state == "active" for held in people.holders(tx, ref)) > 1:
            return 0
        word = self._office.word(epoch, by=by, at=self._clock.stamp())
        return name_waiting(tx, ref, worker, word)


def gallery_of(config: settings.AgentConfig, *, clock: Clock, spool: Path) -> Gallery:
    """Return whom cameras may know."""
    return Gallery.open(
        spool.with_name("gallery"),
        prime=config.face.prime,
        key=lambda: gallery_key(config.face),
        roster=roster_of(spool),
        clock=clock,
        cut_off_min=minutes(config.site.day_cut_off),
    )


def _token(kind: str, text: str) -> bytes:
    """Return a credential's token as somebody wrote it; ValueError says what is wrong with it."""
    if kind == "phone":
        return phone.normal(text).encode()
    if kind == "card":
        try:
            return bytes.fromhex(text.replace(":", "").replace("-", ""))
        except ValueError as exc:
            raise ValueError("number: a card's number is written in hex digits, such as 012E4CD8A3B5F607") from exc
    return text.encode()
