"""What is kept of a worker's face: told, handed out, erased; and the whole gallery erased. Enrols nobody."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from edge_agent.control.server import Answers, BadRequest
from edge_agent.control.wish import text
from edge_agent.face_desk.register import Register
from edge_agent.gallery.gallery import Gallery
from edge_agent.gallery.record import Entry, Person, Template, Why

Wish = Mapping[str, object]

WHAT_IT_IS = (
    "Everything this box keeps about this worker's face. There is no picture: each template is 128 numbers of 16 bits"
    " (float16, little-endian, unit length) that a model computed from the face and that were then turned by a secret"
    " of this site; without that secret they mean nothing elsewhere. Entries without `workers` concern everybody."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Answers requests for disclosure and erasure. From any thread."""

    register: Register

    @property
    def _gallery(self) -> Gallery:
        return self.register.gallery

    def everybody(self) -> Answers:
        """Yield each person in short; last what is wrong with the gallery, if anything."""
        for person in self._gallery.people():
            yield _short(person)
        yield {
            "prime": self._gallery.prime,
            "people": len(self._gallery.people()),
            "trouble": self._gallery.trouble,
            "damaged": list(self._gallery.damaged),
        }

    def who_has(self, wish: Wish) -> Answers:
        """Yield what is kept of `worker`, and what was done with it; no vectors."""
        worker = text(wish, "worker", needed=True)
        person, entries = self._gallery.person(worker), self._gallery.entries(worker)
        yield {
            "worker": worker,
            "is_kept": person is not None,
            **(_short(person) if person else {}),
            "looks": [_look(each) for each in person.templates] if person else [],
            "consents": [msgspec.structs.asdict(each) for each in person.consents] if person else [],
            "log": [_entry(each) for each in entries],
        }

    def hand_out(self, wish: Wish, by: str) -> Answers:
        """Yield everything about `worker`, with the vectors; keeps that it was handed out."""
        worker = text(wish, "worker", needed=True)
        person = self._kept(worker)
        self._gallery.note(self._gallery.entry(by, "exported", (worker,), detail="disclosure"))
        yield {
            "what": WHAT_IT_IS,
            "prime": self._gallery.prime,
            "handed_out_at": self._gallery.now(),
            "worker": worker,
            "face_id": person.face_id.hex(),
            "model": person.model,
            "templates": [
                {**_look(each), "vector": base64.b64encode(each.vector).decode()} for each in person.templates
            ],
            "consents": [msgspec.structs.asdict(each) for each in person.consents],
            "log": [_entry(each) for each in self._gallery.entries(worker)],
        }

    def erase(self, wish: Wish, by: str, *, why: Why) -> Answers:
        """Erase everything about `worker`."""
        worker = text(wish, "worker", needed=True)
        if not self.register.erase(worker, by=by, why=why):
            raise BadRequest(f"worker {worker}: no face is kept on this box")
        yield {"erased": worker, "why": why}

    def empty(self, wish: Wish, by: str) -> Answers:
        """Erase everything; `prime` must be the contractor's name, so that nobody does it by mistake."""
        if text(wish, "prime") != self._gallery.prime:
            raise BadRequest(f"prime: type {self._gallery.prime!r} to erase every face of this contractor on this box")
        yield {"erased": self.register.empty(by=by), "prime": self._gallery.prime}

    def _kept(self, worker: str) -> Person:
        if self._gallery.trouble:
            raise BadRequest(self._gallery.trouble)
        if (person := self._gallery.person(worker)) is None:
            raise BadRequest(f"worker {worker}: no face is kept on this box")
        return person


def _short(person: Person) -> dict[str, object]:
    consent = person.consents[-1] if person.consents else None
    return {
        "worker": person.worker,
        "templates": [each.wearing for each in person.templates],
        "model": person.model,
        "taken_at": max((each.taken_at for each in person.templates), default=""),
        "notice": consent.notice if consent else "",
        "agreed_at": consent.at if consent else "",
    }


def _look(template: Template) -> dict[str, object]:
    return {name: value for name, value in msgspec.structs.asdict(template).items() if name != "vector"}


def _entry(entry: Entry) -> dict[str, object]:
    # Who else was in a pack is not this worker's business.
    return {name: value for name, value in msgspec.structs.asdict(entry).items() if name != "workers"}
