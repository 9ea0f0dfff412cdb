"""The whole gallery at once: turned by a new secret, packed for another site, taken in from one. Sees no face."""

import base64
import binascii
import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from edge_agent.control.server import Answers, BadRequest
from edge_agent.control.wish import text
from edge_agent.face_desk.register import Register
from edge_agent.gallery.gallery import Gallery
from edge_agent.gallery.merge import Merged, merged
from edge_agent.gallery.once import Once
from edge_agent.gallery.pack import PASSPHRASE_MAX, Contents, Header, header_of, pack, unpack
from edge_agent.gallery.record import FACE_ID_BYTES, SEED_BYTES, Person
from edge_agent.signing import SigningKey
from spool.file import SpoolUnavailable

Wish = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packs:
    """Renews, packs and unpacks. From any thread."""

    register: Register
    once: Once
    gateway: str
    signing: Callable[[], SigningKey]
    """Returns the box's key; raises KeyUnavailable."""

    @property
    def _gallery(self) -> Gallery:
        return self.register.gallery

    def renew(self, by: str) -> Answers:
        """Turn every template by a new secret: what was taken from this box before is worthless with it."""
        gallery, new = self._gallery, os.urandom(SEED_BYTES)
        before = self._usable()
        yield {"turning": len(before)}
        people = self._turned(before, old=gallery.seed(), new=new)
        gallery.exchange(people, seed=new, instead_of=before, entry=gallery.entry(by, "renewed"))
        yield {"renewed": len(people)}

    def hand_out(self, wish: Wish, by: str) -> Answers:
        """Yield the pack of everybody in base64, sealed with `passphrase`; keeps that it was handed out."""
        gallery, people = self._gallery, self._usable()
        if not people:
            raise BadRequest("no face is enrolled on this box")
        content = pack(
            people,
            seed=gallery.seed(),
            prime=gallery.prime,
            gateway=self.gateway,
            made=gallery.now(),
            passphrase=_passphrase(wish),
            key=self.signing(),
        )
        workers = tuple(each.worker for each in people)
        gallery.note(gallery.entry(by, "packed", workers, detail=text(wish, "to", most=200)))
        yield {"people": len(people), "key": self.signing().public, "pack": base64.b64encode(content).decode()}

    def take_in(self, wish: Wish, by: str) -> Answers:
        """Take in a `pack` that `from_key` has signed; without `from_key`, tell whose it says it is."""
        content = _content(wish)
        header = header_of(content)
        if not (signer := text(wish, "from_key").lower()):
            yield _told(header)
            return
        contents = unpack(content, prime=self._gallery.prime, signer=signer, passphrase=_passphrase(wish))
        yield {"turning": len(contents.people)}
        yield self._merge(header, contents, by)

    def own_key(self) -> Answers:
        """Yield the public key that signs this box's packs."""
        yield {"key": self.signing().public, "gateway": self.gateway}

    def _merge(self, header: Header, contents: Contents, by: str) -> Mapping[str, object]:
        gallery, before, seed = self._gallery, self._usable(), self._gallery.seed()
        theirs = [self._as_ours(each, header) for each in self._turned(contents.people, old=contents.seed, new=seed)]
        stays, today = gallery.roster([each.worker for each in theirs]), gallery.today()
        here = {worker for worker, stay in (stays or {}).items() if not (today and stay.is_over(today))}
        came = merged(before, theirs, here=here, log=gallery.entries())
        if came.taken:
            entry = gallery.entry(by, "unpacked", came.taken, detail=f"from {header.gateway}, made {header.made}")
            gallery.exchange(came.people, seed=seed, instead_of=before, entry=entry)
            with contextlib.suppress(SpoolUnavailable):  # the register's tending does it then
                self.register.in_step()
        return {"taken": len(came.taken), **_counts(came)}

    def _usable(self) -> list[Person]:
        gallery = self._gallery
        if gallery.trouble:
            raise BadRequest(gallery.trouble)
        if gallery.damaged:
            # They would be left behind, silently.
            raise BadRequest(f"first mend or remove what cannot be opened: {'; '.join(gallery.damaged)}")
        return gallery.people()

    def _turned(self, people: Sequence[Person], *, old: bytes, new: bytes) -> list[Person]:
        flat = [face for person in people for face in person.faces()]
        vectors = iter(self.once.turned(flat, old=old, new=new))
        return [_with(person, [next(vectors) for _ in person.templates]) for person in people]

    def _as_ours(self, person: Person, header: Header) -> Person:
        # Another site's face ids stay there: nothing links the two boxes' credentials.
        return msgspec.structs.replace(
            person,
            face_id=os.urandom(FACE_ID_BYTES),
            missed_since="",
            templates=tuple(
                msgspec.structs.replace(each, source=f"pack of {header.gateway}"[:256]) for each in person.templates
            ),
        )


def _with(person: Person, vectors: Sequence[bytes]) -> Person:
    turned = zip(person.templates, vectors, strict=True)
    templates = tuple(msgspec.structs.replace(each, vector=vector) for each, vector in turned)
    return msgspec.structs.replace(person, templates=templates)


def _counts(came: Merged) -> dict[str, int]:
    return {
        "other_model": came.other_model,
        "not_here": came.not_here,
        "erased": came.erased,
        "same": came.same,
    }


def _told(header: Header) -> Mapping[str, object]:
    return {
        "signed_by": header.key,
        "gateway": header.gateway,
        "prime": header.prime,
        "made": header.made,
        "people": header.people,
    }


def _passphrase(wish: Wish) -> str:
    return text(wish, "passphrase", most=PASSPHRASE_MAX, needed=True)


def _content(wish: Wish) -> bytes:
    told = wish.get("pack")
    try:
        return base64.b64decode(told, validate=True) if isinstance(told, str) else b""
    except (binascii.Error, ValueError):
        raise BadRequest("pack: the file's bytes in base64") from None
