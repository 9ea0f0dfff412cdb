"""Hand every touch and hint to whoever watches. A slow watcher misses some and is told how many; nobody else waits."""

from collections import deque
from threading import Condition, Lock

from drivers.contract import Hint
from edge_agent.intake import Recorded

News = Recorded | Hint
"""A touch that is on disk; or what somebody before a camera should do, of which nothing is kept."""

KEPT = 1000


class Watcher:
    """One pair of eyes."""

    def __init__(self) -> None:
        self._waiting: deque[News] = deque()
        self._missed = 0
        self._changed = Condition()

    def put(self, news: News) -> None:
        """Add it; never blocks for long."""
        with self._changed:
            if len(self._waiting) >= KEPT:
                self._missed += 1
            else:
                self._waiting.append(news)
            self._changed.notify()

    def take(self, timeout_s: float) -> tuple[list[News], int]:
        """Return what came within the time, and how much was missed before it."""
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

    def put(self, news: News) -> None:
        """Hand it to all who watch."""
        with self._lock:
            watchers = tuple(self._watchers)
        for watcher in watchers:
            watcher.put(news)

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
