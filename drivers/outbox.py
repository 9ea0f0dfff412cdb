"""What a child has still to be told, in order, handed over as fast as it reads. Knows neither messages nor pipes."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from threading import Lock


class Outbox:
    """
    Lines that wait for room in a pipe. Its methods may be called from any thread, and never wait.

    A *course* is what the child must know before anything else, such as all templates. It is drawn line by line while
    there is room, so that however long it is, nothing is held twice.
    """

    def __init__(self, tell: Callable[[bytes], bool], *, most: int = 256) -> None:
        """
        Begin empty.

        Args:
            tell: Hands a line over, whole or not at all; False where there is no room. BrokenPipeError: never again.
            most: So many lines wait behind the course; more are refused.

        """
        self._tell = tell
        self._most = most
        self._lock = Lock()
        self._course: Iterator[bytes] = iter(())
        self._waiting: deque[bytes] = deque()
        self._head: bytes | None = None
        """The line for which there was no room."""
        self._is_closed = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits for room."""
        return self._head is None

    def begin(self, course: Iterable[bytes]) -> None:
        """Tell this before what waits. What is left of the course before is dropped."""
        with self._lock:
            self._course = iter(course)
        self.flush()

    def put(self, line: bytes) -> bool:
        """
        Tell the line when its turn comes; False where too much waits already: it is dropped.

        Raises:
            BrokenPipeError: Nobody listens any more.

        """
        with self._lock:
            if self._is_closed:
                raise BrokenPipeError
            if len(self._waiting) >= self._most:
                return False
            self._waiting.append(line)
            self._hand_over()
        return True

    def flush(self) -> None:
        """Hand over as much as there is room for."""
        with self._lock:
            try:
                self._hand_over()
            except BrokenPipeError:  # whoever listens at the child's other end finds out why
                self._close()

    def close(self) -> None:
        """Hand nothing over from now on: what `tell` writes to may soon be something else."""
        with self._lock:
            self._close()

    def _hand_over(self) -> None:
        while not self._is_closed and (self._head or self._draw()):
            if not self._tell(self._head or b""):
                return
            self._head = None

    def _draw(self) -> bool:
        self._head = next(self._course, None) or (self._waiting.popleft() if self._waiting else None)
        return self._head is not None

    def _close(self) -> None:
        self._is_closed = True
        self._course, self._head = iter(()), None
        self._waiting.clear()
