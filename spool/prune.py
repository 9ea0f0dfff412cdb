"""What may be forgotten, oldest first. Costs what it forgets, however much is kept; commits nothing."""

import sqlite3
from collections.abc import Callable

Execute = Callable[[str, tuple[object, ...]], sqlite3.Cursor]


class Pruning:
    """
    Where the oldest events lie that may go. What it remembers of them stays true when a transaction is undone.

    Never gone: what is not receipted, what is quarantined, and the newest event, which is the head of the chain.
    """

    def __init__(self) -> None:
        self._before = 0
        """Up to here there is nothing but quarantine."""
        self._old = 0
        """Everything up to here is older than `_older_than_utc_ns`."""
        self._undated = 0
        """From `_old` to here no event has a date that could be believed."""
        self._older_than_utc_ns = 0

    def old(self, execute: Execute, *, older_than_utc_ns: int, rows: int) -> int:
        """Forget at most so many receipted events that are older; return how many (I3)."""
        self._find_old(execute, older_than_utc_ns, rows)
        return self._forget(execute, self._old, rows)

    def receipted(self, execute: Execute, *, rows: int) -> int:
        """Forget at most so many receipted events of any age; return how many (I3, in need)."""
        return self._forget(execute, 2**62, rows)

    def released(self, after: int) -> None:
        """Hear that events behind this number are in quarantine no more."""
        self._before = min(self._before, after)

    def _find_old(self, execute: Execute, older_than_utc_ns: int, rows: int) -> None:
        if older_than_utc_ns < self._older_than_utc_ns:  # the clock was put back
            self._old = self._undated = 0
        self._older_than_utc_ns = older_than_utc_ns
        seen = execute(
            "SELECT seq, recorded_utc_ns FROM entry WHERE seq > ? ORDER BY seq LIMIT ?",
            (max(self._old, self._undated), rows),
        ).fetchall()
        # Age is told by events whose clock could be believed: what came before an old one is old.
        old = [seq for seq, utc_ns in seen if utc_ns is not None and utc_ns < older_than_utc_ns]
        self._old = old[-1] if old else self._old
        if seen and all(utc_ns is None for _, utc_ns in seen):
            self._undated = seen[-1][0]

    def _forget(self, execute: Execute, upto: int, rows: int) -> int:
        found = execute(_FORGETTABLE, (self._before, upto, rows)).fetchall()
        if not found:
            return 0
        first, last = found[0][0], found[-1][0]
        self._before = first - 1
        execute(_FORGET_SIGNED, (first, last))
        return execute(_FORGET, (first, last)).rowcount


_FORGETTABLE = """
    SELECT seq FROM entry
    -- One bound, not three: SQLite searches by one, and would step over the whole backlog for the others.
    WHERE seq > ? AND seq <= min(?, (SELECT upto FROM receipt), (SELECT max(seq) - 1 FROM entry))
      AND seq NOT IN (SELECT seq FROM quarantine)
    ORDER BY seq LIMIT ?
"""
_FORGET = "DELETE FROM entry WHERE seq BETWEEN ? AND ? AND seq NOT IN (SELECT seq FROM quarantine)"
# The newest signature stays: it is what the next one is compared with.
_FORGET_SIGNED = "DELETE FROM checkpoint WHERE seq BETWEEN ? AND ? AND seq < (SELECT max(seq) FROM checkpoint)"
