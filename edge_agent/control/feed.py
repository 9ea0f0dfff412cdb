"""Hand every recorded touch to whoever watches. A slow watcher misses some and is told how many; nobody else waits."""

from collections import deque
from threading import Condition, Lock

from edge_agent.intake import Recorded

KEPT = 1000


class Watcher:
    """One pair of eyes."""

    def __init__(self) -> None:
        self._waiting: deque[Recorded] = deque()
        self._missed = 0
        self._changed = Condition()

    def put(self, recorded: Recorded) -> None:
        """Add a touch; never blocks for long."""
        with self._changed:
            if len(self._waiting) >= KEPT:
                self._missed += 1
            else:
                self._waiting.append(recorded)
            self._changed.notify()

    def take(self, timeout_s: float) -> tuple[list[Recorded], int]:
        """Return what came within the time, and how many touches were missed before it."""
        with self._changed:
            if not self._waiting:
                self._changed.wait(timeout_s)
            taken, missed = list(self._waiting), self._missed
            self._waiting.clear()
            self._missed = 0
        return taken, missed


class Feed:
    """From the intake to all watchers."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._watchers: list[Watcher] = []

    def put(self, recorded: Recorded) -> None:
        """Hand the touch to all who watch."""
        with self._lock:
            watchers = tuple(self._watchers)
        for watcher in watchers:
            watcher.put(recorded)

    def watch(self) -> Watcher:
        """Return a new watcher, which sees everything from now on."""
        watcher = Watcher()
        with self._lock:
            self._watchers.append(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Forget a watcher."""
        with self._lock:
            self._watchers.remove(watcher)
