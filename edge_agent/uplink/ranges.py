"""Sets of event numbers as ranges: what is to be sent, what waits for a receipt. Small however long the backlog."""

from collections.abc import Iterable, Iterator

Range = tuple[int, int]
"""Both ends included."""


class Ranges:
    """A set of whole numbers that mostly come in runs. Costs what it has runs, not what it has numbers."""

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        self._runs: list[Range] = []
        for first, last in ranges:
            self.add(first, last)

    def add(self, first: int, last: int) -> None:
        """Take in the numbers from `first` to `last`; none if that is backwards."""
        if first > last:
            return
        kept: list[Range] = []
        for a, b in self._runs:
            if b < first - 1 or a > last + 1:
                kept.append((a, b))
            else:
                first, last = min(a, first), max(b, last)
        kept.append((first, last))
        kept.sort()
        self._runs = kept

    def discard(self, first: int, last: int) -> bool:
        """Take out the numbers from `first` to `last`; return whether there were any."""
        if first > last:
            return False
        kept: list[Range] = []
        for a, b in self._runs:
            if b < first or a > last:
                kept.append((a, b))
                continue
            if a < first:
                kept.append((a, first - 1))
            if b > last:
                kept.append((last + 1, b))
        has_changed = kept != self._runs
        self._runs = kept
        return has_changed

    def take_over(self, other: "Ranges") -> None:
        """Move everything out of `other` into this set."""
        for first, last in other:
            self.add(first, last)
        other.clear()

    def fill(self) -> None:
        """Become one run without holes."""
        if self._runs:
            self._runs = [(self._runs[0][0], self._runs[-1][1])]

    def clear(self) -> None:
        """Become empty."""
        self._runs = []

    @property
    def first_run(self) -> Range | None:
        """The run with the smallest numbers; None if empty."""
        return self._runs[0] if self._runs else None

    def overlaps(self, first: int, last: int) -> bool:
        """Tell whether any number from `first` to `last` is in it."""
        return any(a <= last and b >= first for a, b in self._runs)

    def __contains__(self, number: int) -> bool:
        return any(a <= number <= b for a, b in self._runs)

    def __iter__(self) -> Iterator[Range]:
        return iter(tuple(self._runs))

    def __len__(self) -> int:
        return len(self._runs)

    def __repr__(self) -> str:
        return f"Ranges({self._runs})"
