"""The faces that may be seen: templates in memory, turned, of one model. Keeps nothing; forgets everything at once."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.face import Vector
from models.match import Owners, Scores, Templates, one_to_one, per_person
from models.turn import SIZE, Matrix, NoVector, matrix, of_bytes, turned

TEMPLATES_MAX = 3000
TEMPLATES_OF_ONE_MAX = 8
"""Each more is one more chance to be taken for somebody else."""


class Template(Protocol):
    """The drivers' `FaceTemplate`, or a line of the pipe."""

    @property
    def face_id(self) -> bytes:
        """Whose."""
        ...

    @property
    def model(self) -> str:
        """What made it."""
        ...

    @property
    def vector(self) -> bytes:
        """128 float16, turned."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many are known, and who is not and why."""

    people: int
    templates: int
    of_other_models: int
    """People who must be enrolled anew: only templates of another model or alignment are known of them."""
    refused: int
    """Templates that are none, that came before the secret, or one too many."""


class Known:
    """Who may be seen. Bounded: 3000 templates are 1.5 MB."""

    def __init__(self, identity: str) -> None:
        """Compare with templates of this model alone."""
        self._identity = identity
        self._matrix: Matrix | None = None
        self.forget()

    def secret(self, seed: bytes) -> None:
        """Turn by this seed from now on; what was turned by another is worthless, and forgotten."""
        self._matrix = matrix(seed)
        self.forget()

    def forget(self) -> None:
        """Forget every template."""
        self._templates = np.zeros((0, SIZE), dtype=np.float32)
        self._owners: Owners = np.zeros(0, dtype=np.intp)
        self._new: list[tuple[int, Vector]] = []
        self._people: dict[bytes, int] = {}
        self._ids: list[bytes] = []
        self._counts: list[int] = []
        self._strange: set[bytes] = set()
        self._refused = 0

    def know(self, template: Template) -> None:
        """Take a template; one that cannot be used is counted."""
        if template.model != self._identity:
            self._note_strange(template.face_id)
            return
        try:
            vector = of_bytes(template.vector)
        except NoVector:
            self._refused += 1
            return
        if self._matrix is None or sum(self._counts) >= TEMPLATES_MAX:
            self._refused += 1
            return
        self._take(template.face_id, vector)

    def tally(self) -> Tally:
        """Return how many are known."""
        return Tally(
            people=len(self._ids),
            templates=sum(self._counts),
            of_other_models=len(self._strange - self._people.keys()),
            refused=self._refused,
        )

    @property
    def people(self) -> int:
        """How many people may be seen."""
        return len(self._ids)

    def is_known(self, face_id: bytes) -> bool:
        """Return whether there is a template to compare with."""
        return face_id in self._people

    def is_strange(self, face_id: bytes) -> bool:
        """Return whether there are only templates of another model."""
        return face_id in self._strange and face_id not in self._people

    def id_of(self, person: int) -> bytes:
        """Return the id of a person by number."""
        return self._ids[person]

    def turned(self, vector: Vector) -> Vector:
        """Return a vector as templates are: turned. Nothing is known before the secret, so nothing is compared."""
        if self._matrix is None:
            raise RuntimeError("no secret yet: ask `people` first")
        return turned(vector, self._matrix)

    @property
    def has_secret(self) -> bool:
        """Whether templates can be taken at all."""
        return self._matrix is not None

    def scores(self, probe: Vector) -> Scores:
        """Return everybody's best cosine with a turned probe: (people,)."""
        self._stack()
        return per_person(probe, self._templates, self._owners, people=self.people)

    def score(self, probe: Vector, face_id: bytes) -> float:
        """Return one person's best cosine with a turned probe; -1 for somebody not known."""
        return one_to_one(probe, self._of(face_id))

    def nearest_other(self, person: int) -> float:
        """Return the best cosine between this person's templates and those of anybody else; -1 without others."""
        own = self._of(self._ids[person])
        others = self._templates[self._owners != person]
        return float((others @ own.T).max(initial=-1.0))

    def others(self, own: bytes | None) -> Templates:
        """Return all templates but this person's."""
        self._stack()
        return np.asarray(self._templates[self._owners != self._people.get(own or b"", -1)], dtype=np.float32)

    def _of(self, face_id: bytes) -> Templates:
        self._stack()
        return np.asarray(self._templates[self._owners == self._people.get(face_id, -1)], dtype=np.float32)

    def _take(self, face_id: bytes, vector: Vector) -> None:
        person = self._people.setdefault(face_id, len(self._ids))
        if person == len(self._ids):
            self._ids.append(face_id)
            self._counts.append(0)
        if self._counts[person] >= TEMPLATES_OF_ONE_MAX:
            self._refused += 1
            return
        self._counts[person] += 1
        self._new.append((person, vector))

    def _note_strange(self, face_id: bytes) -> None:
        if len(self._strange) < TEMPLATES_MAX:
            self._strange.add(face_id)
        else:
            self._refused += 1

    def _stack(self) -> None:
        # All at once when they are needed: a gallery comes template by template.
        if self._new:
            self._templates = np.vstack([self._templates, *(vector for _, vector in self._new)], dtype=np.float32)
            self._owners = np.concatenate([self._owners, [person for person, _ in self._new]]).astype(np.intp)
            self._new.clear()
