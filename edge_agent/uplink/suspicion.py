"""Find the one event a broker chokes on: halve the message that was under way whenever the connection broke. Pure."""

from dataclasses import dataclass, replace

STRIKES = 3
"""Connections in a row that ended with the same message at the head of the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """One of the events from `first` to `last` may be poison. They are sent `size` at a time, with nothing else."""

    first: int
    last: int
    size: int
    strikes: int

    @property
    def is_certain(self) -> bool:
        """Whether it is this one event."""
        return self.size == 1 and self.strikes >= STRIKES

    def covers(self, first: int) -> bool:
        """Tell whether a message that begins here is under suspicion."""
        return self.first <= first <= self.last

    def struck(self, first: int, last: int, count: int) -> "Suspicion":
        """Return the suspicion after a connection broke with this message at the head of the line."""
        if not self.covers(first):
            return suspect(first, last, count)
        again = replace(self, first=first, strikes=self.strikes + 1)
        if again.strikes < STRIKES or again.size == 1:
            return again
        return replace(again, size=max(1, min(count, self.size) // 2), strikes=0)

    def cleared(self, last: int) -> "Suspicion | None":
        """Return what is left of it after everything up to `last` got through; None if nothing is."""
        if last < self.first:
            return self
        return replace(self, first=last + 1, strikes=0) if last < self.last else None


def suspect(first: int, last: int, count: int) -> Suspicion:
    """Return the first suspicion of a message."""
    return Suspicion(first=first, last=last, size=count, strikes=1)
