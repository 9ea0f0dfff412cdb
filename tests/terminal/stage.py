"""Plays whole visits at a terminal, at 10 frames a second unless said, and keeps what was said."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from pretend import MS, SEED, Life, S, Seen, Sight, Template, direction, face_id, table

from models.face import Vector
from models.gate import PROBE, Limits
from models.outcome import Advice, Confirmed, Outcome, Recognised, Taken
from models.terminal import Terminal, TerminalMode
from models.turn import matrix, to_bytes, turned

T = TypeVar("T", Recognised, Advice, Confirmed, Taken)
TURN = matrix(SEED)


def template(of: int, vector: Vector | None = None, *, wearing: str = "bare") -> Template:
    known = direction(of) if vector is None else vector
    return Template(face_id=face_id(of), vector=to_bytes(turned(known, TURN)), wearing=wearing)


@dataclass
class Stage:
    mode: TerminalMode = "face"
    known: Sequence[int] = (1, 2, 3)
    life: Life = field(default_factory=Life)
    limits: Limits = PROBE
    step_ns: int = 100 * MS

    def __post_init__(self) -> None:
        self.sight = Sight()
        self.now_ns = 100 * S
        self.said: list[tuple[int, Outcome]] = []
        self.lives: list[Life] = []
        self.terminal = Terminal(
            sight=self.sight, calibration=table(), mode=self.mode, liveness=self._born, limits=self.limits
        )
        self.terminal.secret(SEED)
        for who in self.known:
            self.terminal.know(template(who))
        self.tick()

    def _born(self) -> Life:
        self.lives.append(Life(self.life.word, self.life.why, self.life.wants_look))
        return self.lives[-1]

    def frame(self, *people: Seen) -> list[Outcome]:
        self.now_ns += self.step_ns
        return self._heard(self.terminal.look(self.sight.shot(self.now_ns, *people)))

    def tick(self, after_ns: int = 0) -> list[Outcome]:
        self.now_ns += after_ns
        return self._heard(self.terminal.tick(self.now_ns))

    def stand(self, *people: Seen, s: float) -> list[Outcome]:
        return [each for _ in range(round(s * S / self.step_ns)) for each in self.frame(*people)]

    def empty(self, s: float) -> list[Outcome]:
        return self.stand(s=s)

    def verify(self, who: int, *, number: int = 1, within_s: float = 2.5) -> None:
        self.terminal.verify(number, face_id(who), self.now_ns + round(within_s * S))

    def heard(self, kind: type[T]) -> list[T]:
        return [each for _, each in self.said if isinstance(each, kind)]

    def advice(self) -> list[str]:
        return [each.kind for each in self.heard(Advice)]

    def recognised(self) -> list[int]:
        return [int.from_bytes(each.face_id, "big") for each in self.heard(Recognised)]

    def _heard(self, outcomes: list[Outcome]) -> list[Outcome]:
        self.said += [(self.now_ns, each) for each in outcomes]
        return outcomes


def alike(vector: Vector, other: Vector, *, cosine: float) -> Vector:
    """A direction in the plane of both, with this cosine to the first, away towards the second."""
    across = other - (other @ vector) * vector
    mixed = cosine * vector + (1 - cosine**2) ** 0.5 * across / np.linalg.norm(across)
    return np.asarray(mixed / np.linalg.norm(mixed), dtype=np.float32)
