"""Gallery and ledger in step: who has a face has its credential, who has left the site has neither. Sees no face."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from edge_agent.clock import Clock
from edge_agent.core.calendar import site_day
from edge_agent.core.credential import credential_ref
from edge_agent.core.people import Credential
from edge_agent.core.touch import CredentialRef, WorkerId
from edge_agent.door import Door
from edge_agent.gallery.gallery import Gallery, GalleryUnavailable
from edge_agent.gallery.record import Why
from edge_agent.gallery.stay import Roster, Stay
from edge_agent.ledger import people
from spool.file import SpoolUnavailable
from spool.transaction import Transaction

log = logging.getLogger(__name__)

KIND = "face"
TEND_S = 3600.0


def roster_of(spool: Path) -> Roster:
    """Return who asks this spool's roster; None of it, where it cannot be read or knows nobody at all."""

    def stays(workers: Collection[str]) -> Mapping[str, Stay] | None:
        try:
            found = people.stays(spool, workers)
        except SpoolUnavailable:
            return None
        return None if found is None else {worker: Stay(*days) for worker, days in found.items()}

    return stays


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """
    What has to happen in both. From any thread.

    The gallery is changed first: whatever dies between the two, `tend` finishes it.
    """

    gallery: Gallery
    door: Door
    clock: Clock
    key: Callable[[], bytes]
    """Returns the key of references."""

    def bind(self, worker: str, *, by: str) -> None:
        """
        Give the worker the credential of their face.

        Raises:
            SpoolUnavailable: Not yet: `tend` does it later.

        """
        face_id = self.gallery.face_of(worker)
        if face_id is None:
            return
        credential = Credential(ref=self._ref(face_id), worker=WorkerId(worker), kind=KIND)
        origin = self._origin(by)
        self.door.commit(lambda tx, _epoch: people.bind(tx, credential, origin=origin))

    def erase(self, worker: str, *, by: str, why: Why) -> bool:
        """
        Erase a worker's face and its credential; tell whether there was a face.

        Raises:
            GalleryUnavailable: It was not erased.
            SpoolUnavailable: The face is erased; its credential follows by `tend`.

        """
        was_there = self.gallery.erase(worker, by=by, why=why)
        self.door.commit(lambda tx, _epoch: _release(tx, lambda _ref, owner: owner == worker))
        return was_there

    def empty(self, *, by: str) -> int:
        """
        Erase everybody's; return how many there were.

        Raises:
            GalleryUnavailable: Not all is erased.
            SpoolUnavailable: The faces are erased; the credentials follow by `tend`.

        """
        count = self.gallery.empty(by=by)
        self.door.commit(lambda tx, _epoch: _release(tx, lambda _ref, _owner: True))
        return count

    def tend(self) -> None:
        """Erase who has left the site, and bring the ledger in step. What fails is logged, and done the next time."""
        try:
            for worker in self.gallery.gone():
                self.erase(worker, by="roster", why="roster")
                log.info("face erased: no longer on the roster")
            self.in_step()
        except (GalleryUnavailable, SpoolUnavailable) as exc:
            log.warning("faces cannot be tended", extra={"error": str(exc)})
        self.gallery.roster_changed()

    def in_step(self) -> None:
        """
        Give every face its credential; take away those without a face, if every file could be read.

        Raises:
            SpoolUnavailable: Nothing was changed.

        """
        if self.gallery.trouble:
            return
        faces = {(self._ref(each.face_id), each.worker) for each in self.gallery.people() if each.templates}
        origin = self._origin("gallery")
        is_whole = not self.gallery.damaged

        def work(tx: Transaction) -> None:
            there: set[tuple[CredentialRef, str]] = set(people.of_kind(tx, KIND))
            for ref, worker in faces - there:
                people.bind(tx, Credential(ref=ref, worker=WorkerId(worker), kind=KIND), origin=origin)
            if is_whole:
                _release(tx, lambda ref, worker: (ref, worker) not in faces)

        self.door.commit(lambda tx, _epoch: work(tx))

    def _ref(self, face_id: bytes) -> CredentialRef:
        return credential_ref(self.key(), face_id, KIND)

    def _origin(self, by: str) -> str:
        day = site_day(self.clock.stamp(), cut_off_min=0)
        return people.origin(f"enrolled by {by}", day.isoformat() if day else "")


def _release(tx: Transaction, is_meant: Callable[[CredentialRef, str], bool]) -> None:
    for ref, worker in people.of_kind(tx, KIND):
        if is_meant(ref, worker):
            people.release(tx, ref, worker)


@dataclass(slots=True)
class Tending:
    """Tends the register at the start and every hour: days end also while nobody imports a roster."""

    register: Register
    _stop: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = Thread(target=self._run, name="faces", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, after what is under way."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        self.register.tend()
        while not self._stop.wait(TEND_S):
            self.register.tend()
