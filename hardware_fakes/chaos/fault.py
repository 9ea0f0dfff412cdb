"""What a fault is, and the list of them. Which there are stands in `faults`; when they come, in `plan`."""

import contextlib
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from hardware_fakes.chaos.stage import Stage

Happens = Callable[[Stage, random.Random], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that happens to a site."""

    name: str
    happens: Happens
    """Begins at entering, ends at leaving. Both from the thread that runs the site."""
    parts: frozenset[str]
    """What of the site it needs for itself: two faults with a part in common do not meet."""
    lasts_s: tuple[float, float]
    weight: float
    missing: str | None
    """Why it cannot be had here; None if it can."""


FAULTS: list[Fault] = []
"""All that were declared; `faults` declares them."""


def fault(
    name: str,
    *parts: str,
    lasts_s: tuple[float, float],
    weight: float = 1.0,
    missing: str | None = None,
) -> Callable[[Callable[[Stage, random.Random], Iterator[None]]], Happens]:
    """Add what is decorated to the list: a generator that begins the fault, yields, and ends it."""

    def register(generator: Callable[[Stage, random.Random], Iterator[None]]) -> Happens:
        happens = contextlib.contextmanager(generator)
        FAULTS.append(
            Fault(
                name=name,
                happens=happens,
                parts=frozenset(parts),
                lasts_s=lasts_s,
                weight=weight,
                missing=missing,
            )
        )
        return happens

    return register
