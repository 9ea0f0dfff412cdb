"""Which faults come when: drawn from the seed alone, so that a run can be had again. Starts nothing."""

import random
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

CALM_S = 2.0
"""Nothing happens so long at the beginning."""
EVERY_S = (1.0, 3.6)
"""Between the beginnings of two faults."""
BREATH_S = 1.0
"""A part is left alone so long after a fault."""


class Kind(Protocol):
    """What the draw must know of a fault."""

    @property
    def weight(self) -> float:
        """How likely it is drawn, compared with the others."""
        ...

    @property
    def parts(self) -> frozenset[str]:
        """What of the site it needs for itself."""
        ...

    @property
    def lasts_s(self) -> tuple[float, float]:
        """The shortest and longest it may last."""
        ...


K = TypeVar("K", bound=Kind)


def draw(kinds: Sequence[K], *, seed: int, length_s: float) -> Iterator[tuple[float, float, K]]:
    """Yield (begin, length, fault), times in seconds, in order. What came often comes less; none comes at the end."""
    rng = random.Random(f"faults {seed}")
    busy_until: dict[str, float] = {}
    times_drawn = dict.fromkeys(range(len(kinds)), 0)
    at_s = CALM_S
    while at_s < length_s - CALM_S:
        free = [n for n, kind in enumerate(kinds) if all(busy_until.get(p, 0.0) <= at_s for p in kind.parts)]
        if free:
            weights = [kinds[n].weight / (1 + times_drawn[n]) ** 2 for n in free]
            [number] = rng.choices(free, weights)
            kind = kinds[number]
            times_drawn[number] += 1
            lasts_s = rng.uniform(*kind.lasts_s)
            busy_until.update(dict.fromkeys(kind.parts, at_s + lasts_s + BREATH_S))
            yield at_s, lasts_s, kind
        at_s += rng.uniform(*EVERY_S)
