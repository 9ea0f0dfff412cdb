"""Where a card wants a face as well: the camera is asked before the touch is recorded. Decides and records nothing."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from drivers.contract import Answer, FaceLook, Hint, HintKind, Medium, ReaderName, Sighting
from edge_agent.core import badge
from edge_agent.core.credential import credential_ref
from edge_agent.core.touch import CredentialRef, WorkerId
from spool.file import SpoolUnavailable


class Camera(Protocol):
    """What looks at faces."""

    def verify(self, face_id: bytes | None, within_s: float) -> FaceLook:
        """Return whether that is who stands before it, within the time and a little. Never raises; None: nobody is."""
        ...


class SecondLook:
    """Stands before the door. From any thread: each reader waits for its own look only."""

    def __init__(
        self,
        *,
        record: Callable[[Sighting], Answer],
        witnesses: Mapping[ReaderName, Camera],
        within_s: float,
        key: Callable[[], bytes],
        owner: Callable[[CredentialRef], WorkerId | None],
        face_of: Callable[[WorkerId], bytes | None],
        hear_hint: Callable[[Hint], None],
    ) -> None:
        """
        Take note.

        Args:
            record: The door.
            witnesses: Reader to the camera that confirms it; readers without one are not listed.
            within_s: How long a card waits for the face.
            key: Returns the key of references.
            owner: Returns whose credential that is, if it is one person's; may raise SpoolUnavailable.
            face_of: Returns under which id somebody's face is enrolled.
            hear_hint: Is told that somebody should look into the camera.

        """
        self._record = record
        self._witnesses = witnesses
        self._within_s = within_s
        self._key = key
        self._owner = owner
        self._face_of = face_of
        self._hear_hint = hear_hint

    def record(self, sighting: Sighting) -> Answer:
        """Return what to tell the worker, after the camera was asked where one confirms this reader."""
        witness = self._witnesses.get(sighting.reader)
        worker = self._worker(sighting) if witness else None
        if witness is None or worker is None:
            # Of a credential nobody has named there is no face to compare with.
            return self._record(sighting)
        return self._record(replace(sighting, look=self._look(witness, worker, sighting)))

    def _look(self, witness: Camera, worker: WorkerId, sighting: Sighting) -> FaceLook:
        face_id = self._face_of(worker)
        if face_id:
            self._hear_hint(Hint(reader=sighting.reader, kind=HintKind.LOOK_HERE, at_ns=sighting.seen_ns))
        return witness.verify(face_id, self._within_s)

    def _worker(self, sighting: Sighting) -> WorkerId | None:
        if sighting.medium is Medium.QR and badge.claims(sighting.token):
            return _on_badge(sighting.token)
        if not sighting.token:
            return None
        try:
            return self._owner(credential_ref(self._key(), sighting.token, sighting.medium.value))
        except SpoolUnavailable:
            return None  # logged by the spool; the door will say that nothing is saved


def _on_badge(token: bytes) -> WorkerId | None:
    # Whether it is genuine is asked within the touch; here it only says whose face to look for.
    try:
        return badge.read(token.decode())[0].worker
    except (badge.NotABadge, UnicodeDecodeError):
        return None
