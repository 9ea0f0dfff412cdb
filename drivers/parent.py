"""The parent, as its child process sees it: is told what happens, answers, and is not outlived. Knows no device."""

import os
import sys
from collections.abc import Callable
from threading import Lock, Thread

from drivers.wire.lines import Alive, Failed, Garbage, Hello, Message, Seen, Shown, Splitter, clipped, line_of, parse

_PIECE = 4096


class Parent:
    """Whoever reads our standard output and writes our standard input. Its methods may be called from any thread."""

    def __init__(self, *, answered: Callable[[Shown], None] = lambda _: None) -> None:
        """
        Greet it. From now on what libraries print goes to the log, not into the conversation.

        Args:
            answered: Called from a thread of its own with each answer.

        """
        self._out = os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._lock = Lock()
        self._answered = answered
        self._say(Hello())
        Thread(target=self._listen, name="parent", daemon=True).start()

    def tell_seen(self, seen: Seen) -> None:
        """Tell a sighting."""
        self._say(seen)

    def tell_alive(self, *, is_open: bool, device: str, detail: str) -> None:
        """Give a sign of life: once a second, whatever else is told."""
        self._say(Alive(is_open=is_open, device=clipped(device), detail=clipped(detail)))

    def tell_failed(self, failed: Failed) -> None:
        """Give up; end after it."""
        self._say(Failed(how=failed.how, why=clipped(failed.why)))

    def _say(self, message: Message) -> None:
        try:
            with self._lock:
                os.write(self._out, line_of(message))
        except BrokenPipeError:
            _end()

    def _listen(self) -> None:
        lines = Splitter()
        while piece := os.read(sys.stdin.fileno(), _PIECE):
            for line in lines.feed(piece):
                try:
                    message = parse(line)
                except Garbage:
                    continue
                if isinstance(message, Shown):
                    self._answered(message)
        _end()


def _end() -> None:
    # At once: another thread may hang in a device's driver, and there is nothing to clean up that the kernel does not.
    os._exit(0)
